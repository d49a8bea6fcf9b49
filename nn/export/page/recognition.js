// A drawing and a network to a number; nn/reading/recognition.py in JavaScript, where the reasons are written.

import { calibrated } from "./calibration.js";
import { bestGrouping, possibleSpans } from "./choice.js";
import { SIDE, strokeWidth } from "./geometry.js";
import { takeApart } from "./segmentation.js";

const SURE_FROM = 0.8;
const MARGIN = 0.25;
const FAINT = Math.fround(0.15);
const FULL = Math.fround(0.75);
const MOST_GREY = 0.7;
const WIDEST_PEN = 4.2;
const THIN_PEN = 3.0;

/**
 * Read the digits of a drawing, row by row, from left to right.
 *
 * `network.predict(image)` gives the ten probabilities of a (28, 28) picture, `network.card` what is known of the training.
 * `strokes` are the movements of the pen, where they are known (see `takeApart`).
 *
 * Returns the `digits` (each with box, image, digit, probability, probabilities, margin, row and verdict), their `number` as
 * text with a space between rows, and the `verdict`: "sure", "unsure" or "blank".
 */
export function readNumber(network, ink, strokes = []) {
  const rows = takeApart(ink, strokes);
  if (!rows.length) return { digits: [], number: "", verdict: "blank" };
  const temperature = network.card.temperature ?? 1;
  const sureFrom = network.card.sure_from ?? SURE_FROM;
  const look = (image) => calibrated(network.predict(image), temperature);
  const spans = rows.map((row) => {
    return possibleSpans(row).map(([first, last]) => {
      const { box, image } = row.digit(first, last);
      const probabilities = look(image);
      const probability = Math.max(...probabilities);
      return { first, last, box, image, probabilities, probability, digit: probabilities.indexOf(probability) };
    });
  });
  const isDoubtful = needsSecondLook(ink, spans.at(-1).at(-1).image) && !(Math.max(...look(ink)) >= sureFrom);
  const chosen = rows.map((row, k) => bestGrouping(row, spans[k]).filter((span) => !span.isMark));
  const digits = chosen.flatMap((row, k) => {
    return row.map(({ box, image, digit, probability, probabilities, margin }) => {
      const isSure = !isDoubtful && probability >= sureFrom && margin >= MARGIN;
      return { box, image, digit, probability, probabilities, margin, row: k, verdict: isSure ? "sure" : "unsure" };
    });
  });
  if (!digits.length) return { digits, number: "", verdict: "blank" };
  const written = chosen.filter((row) => row.length).map((row) => row.map(({ digit }) => digit).join(""));
  const verdict = digits.every((digit) => digit.verdict === "sure") ? "sure" : "unsure";
  return { digits, number: written.join(" "), verdict };
}

/** Whether a picture of the network's own size may show a thing rather than a drawing. */
function needsSecondLook(ink, image) {
  if (ink.height !== SIDE || ink.width !== SIDE) return false;
  const inked = ink.data.filter((value) => value > FAINT);
  if (!inked.length) return false;
  const pen = strokeWidth(image);
  const at = (first, step) => Array.from({ length: SIDE }, (_, k) => ink.data[first + k * step]).some((value) => value > FAINT);
  const reaches = (at(0, 1) && at(SIDE * (SIDE - 1), 1)) || (at(0, SIDE) && at(SIDE - 1, SIDE));
  const grey = inked.filter((value) => value < FULL).length / inked.length;
  return grey > MOST_GREY || pen > WIDEST_PEN || (reaches && pen > THIN_PEN);
}
