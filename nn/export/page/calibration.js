// Honest percentages. A port of nn/reading/calibration.py.

import { sum } from "./picture.js";

/** softmax(log p / T) of probabilities p. */
export function calibrated(probabilities, temperature) {
  const logits = Array.from(probabilities, (p) => Math.log(Math.max(p, 1e-30)) / temperature);
  const greatest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - greatest));
  const total = sum(powers);
  return Float32Array.from(powers, (power) => power / total);
}
