// A drawing and a network to a number. A port of nn/reading/recognition.py, which gives the
// reasons.

import { calibrated } from "./calibration.js";
import { bestGrouping, MARGIN, possibleSpans } from "./choice.js";
import { isCorrected } from "./corrections.js";
import { doubtful } from "./doubts.js";
import { BLOTCH, SIDE, strokeWidth, toMnist } from "./geometry.js";
import { profiles, range } from "./picture.js";
import { cutUp, takeApart } from "./segmentation.js";

const SURE_FROM = 0.8;
const FAINT = Math.fround(0.15);
const FULL = Math.fround(0.75);
const MOST_GREY = 0.7;
const LARGE = 24;
const BROADEST_SURE = 6.0;
const WIDEST_PEN = 4.2;
const THIN_PEN = 3.0;

/**
 * Read the digits of a drawing, row by row, from left to right.
 *
 * `network.predict(image)` gives the ten probabilities of a (28, 28) picture, `network.card` what
 * is known of the training. `strokes` are the movements of the pen, where they are known (see
 * `takeApart`).
 *
 * Returns the `digits`, their `number` as text with a space between rows, and the `verdict`:
 * "sure", "unsure" or "blank". Each digit has box, image, digit, probability, probabilities, row,
 * verdict and `doubt`: why it is unsure, by its "probability", the "grouping" of its ink, or the
 * "picture", which may show something else.
 */
export function readNumber(network, ink, strokes = []) {
  const rows = takeApart(ink, strokes);
  if (!rows.length) return { digits: [], number: "", verdict: "blank" };
  const temperature = network.card.temperature ?? 1;
  const sureFrom = network.card.sure_from ?? SURE_FROM;
  const look = (image) => calibrated(network.predict(image), temperature);
  const isThing = mayShowAThing(ink) && !(Math.max(...look(ink)) >= sureFrom);
  const chosen = rows.map((row) => bestDigits(row, look));
  const digits = chosen.flatMap((row, k) => {
    return row.map(({ first, last, box, image, digit, probability, probabilities, margin, isOdd }) => {
      const isBroad = strokeWidth(image) > BROADEST_SURE; // as the dot of a fat brush is
      let doubt = isThing || isBroad || isCorrected(image, digit) ? "picture" : null;
      if (margin < MARGIN || isOdd) doubt = "grouping";
      if (probability < sureFrom) doubt = "probability";
      return { box, image, digit, probability, probabilities, row: k, doubt, verdict: doubt ? "unsure" : "sure" };
    });
  });
  if (!digits.length) return { digits, number: "", verdict: "blank" };
  const written = chosen.filter((row) => row.length).map((row) => row.map(({ digit }) => digit).join(""));
  const verdict = digits.every((digit) => digit.verdict === "sure") ? "sure" : "unsure";
  return { digits, number: written.join(" "), verdict };
}

/**
 * The digits of a row that read best together. Ink that is connected is only cut up if that could
 * change anything.
 */
function bestDigits(row, look) {
  const spans = possibleSpans(row).map(([first, last]) => {
    const { box, image } = row.digit(first, last);
    const probabilities = look(image);
    const probability = Math.max(...probabilities);
    return { first, last, box, image, probabilities, probability, digit: probabilities.indexOf(probability) };
  });
  const grouping = bestGrouping(row, spans);
  if (!row.mayTouch || grouping.isSettled) return judged(row, grouping.spans);
  const parts = cutUp(row);
  return parts.length > row.length ? bestDigits(parts, look) : judged(row, grouping.spans);
}

/** Spans without marks, and whether each `isOdd`: it may be something else whatever the network thinks of it. */
function judged(row, spans) {
  const digits = spans.filter((span) => !span.isMark);
  const doubted = doubtful(row, digits);
  return digits.map((span) => ({ ...span, isOdd: doubted.has(span) }));
}

/** Whether a picture of the network's own size may show a thing rather than a drawing. */
function mayShowAThing(ink) {
  if (ink.height !== SIDE || ink.width !== SIDE) return false;
  const inked = ink.data.filter((value) => value > FAINT);
  const extent = ({ rows, columns }) => {
    const [down, across] = [rows, columns].map((values) => range(values, (value) => value > FAINT));
    return Math.max(down[1] - down[0], across[1] - across[0]) + 1;
  };
  if (!inked.length) return false;
  const pen = strokeWidth(toMnist(ink));
  if (extent(profiles(ink)) < LARGE) return pen > BLOTCH;
  const at = (first, step) => Array.from({ length: SIDE }, (_, k) => ink.data[first + k * step]).some((value) => value > FAINT);
  const reaches = (at(0, 1) && at(SIDE * (SIDE - 1), 1)) || (at(0, SIDE) && at(SIDE - 1, SIDE));
  const grey = inked.filter((value) => value < FULL).length / inked.length;
  return grey > MOST_GREY || pen > WIDEST_PEN || (reaches && pen > THIN_PEN);
}
