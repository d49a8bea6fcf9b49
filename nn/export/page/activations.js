// The activations, element by element; each takes the numbers and the arguments of its layer. Those
// of nn/layers with the same names give the reasons.

const sigmoid = (value) => 1 / (1 + Math.exp(-value));

export const ACTIVATIONS = {
  ELU: (z, { alpha }) => z.map((value) => (value > 0 ? value : alpha * Math.expm1(value))),
  GELU: (z) => z.map((value) => (value * (1 + erf(value * Math.SQRT1_2))) / 2),
  LeakyReLU: (z, { negative_slope }) => z.map((value) => (value > 0 ? value : negative_slope * value)),
  Linear: (z) => z,
  ReLU: (z) => z.map((value) => Math.max(value, 0)),
  Sigmoid: (z) => z.map(sigmoid),
  SiLU: (z) => z.map((value) => value * sigmoid(value)),
  Softmax: softmax,
  Softplus: (z) => z.map((value) => Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value)))),
  Tanh: (z) => z.map(Math.tanh),
};

function softmax(z) {
  const greatest = z.reduce((a, b) => Math.max(a, b));
  const powers = z.map((value) => Math.exp(value - greatest));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}

/** The error function, to 1.5e-7 (Abramowitz and Stegun, 7.1.26). */
function erf(value) {
  const size = Math.abs(value);
  const t = 1 / (1 + 0.3275911 * size);
  const sum = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(value) * (1 - sum * Math.exp(-size * size));
}
