// A drawing and a network to a number; nn/reading/recognition.py in JavaScript, where the reasons are written.

import { calibrated } from "./calibration.js";
import { SIDE } from "./geometry.js";
import { sum } from "./picture.js";
import { takeApart } from "./segmentation.js";

const SURE_FROM = 0.8;
const SURE_IF_CUT = 0.9; // for digits cut out of connected ink
const MOST_PIECES_IN_A_DIGIT = 16;
const WIDEST_DIGIT = 1.5; // in heights of the tallest piece
const WIDEST_UNCUT = 2.5;
const WIDEST_GAP = 0.4;
// Costs are in log probability.
const JOIN_COST = 0.1;
const JOIN_COST_PER_GAP = 1.5;
const CUT_COST = 0.5;
const CUT_COST_PER_STROKE = 1.0;
const SMALL = 0.7;
const SMALL_COST = 4.0;
const LEVEL = 0.15;
const UNEVEN_COST = 1.0;

/**
 * Read the digits of a drawing, left to right.
 *
 * `network.predict(image)` gives the ten probabilities of a (28, 28) picture, `network.card` what is known of the training.
 * Returns the `digits` (each with box, image, digit, probability, probabilities and verdict), their `number` as text, and the
 * `verdict`: "sure", "unsure" or "blank".
 */
export function readNumber(network, ink) {
  const pieces = takeApart(ink);
  if (!pieces.length) return { digits: [], number: "", verdict: "blank" };
  const temperature = network.card.temperature ?? 1;
  const sureFrom = network.card.sure_from ?? SURE_FROM;
  const spans = spansOf(pieces).map(([first, last]) => {
    const { box, image } = pieces.digit(first, last);
    const probabilities = calibrated(network.predict(image), temperature);
    return { first, last, box, image, probabilities, believed: Math.log(Math.max(...probabilities)) };
  });
  let isDoubtful = false;
  if (ink.height === SIDE && ink.width === SIDE) {
    isDoubtful = !(Math.max(...calibrated(network.predict(ink), temperature)) >= sureFrom);
  }
  const digits = bestGrouping(pieces, spans).map(({ first, last, box, image, probabilities }) => {
    const probability = Math.max(...probabilities);
    const isCut = pieces.seamsAround(first, last).some((seam) => seam.cut);
    const isSure = !isDoubtful && probability >= Math.max(sureFrom, isCut ? SURE_IF_CUT : 0);
    const digit = probabilities.indexOf(probability);
    return { box, image, digit, probability, probabilities, verdict: isSure ? "sure" : "unsure" };
  });
  const verdict = digits.every((digit) => digit.verdict === "sure") ? "sure" : "unsure";
  return { digits, number: digits.map((each) => each.digit).join(""), verdict };
}

/** The runs of pieces, [first, one past the last], that may be one digit; a single piece always may. */
function spansOf(pieces) {
  const spans = [];
  for (let first = 0; first < pieces.length; first++) {
    const most = Math.min(pieces.length, first + MOST_PIECES_IN_A_DIGIT);
    for (let last = first + 1; last <= most; last++) {
      const inner = pieces.seams.slice(first, last - 1);
      const hull = pieces.hull(first, last);
      const width = (hull.right - hull.left) / pieces.height;
      if (inner.length && (width > WIDEST_UNCUT || inner.some((seam) => seam.gap > WIDEST_GAP))) break;
      if (!inner.length || width <= WIDEST_DIGIT || isOneComponent(pieces, first, last)) spans.push([first, last]);
    }
  }
  return spans;
}

/** Whether pieces first .. last − 1 are one whole component. */
function isOneComponent(pieces, first, last) {
  const inside = pieces.seams.slice(first, last - 1);
  return inside.every((seam) => seam.cut) && !pieces.seamsAround(first, last).some((seam) => seam.cut);
}

/** The spans that cover all pieces with the highest sum of log probabilities less costs (Bellman's recursion). */
function bestGrouping(pieces, spans) {
  const isBetter = (a, b) => !b || a.total > b.total;
  for (const span of [...spans].sort((a, b) => a.last - b.last)) {
    let best = null;
    for (const before of spans) {
      if (before.last !== span.first || before.total === undefined) continue;
      const total = before.total - unevenness(pieces, before, span);
      if (isBetter({ total }, best)) best = { total, before };
    }
    if (!best && span.first > 0) continue;
    span.total = span.believed - cost(pieces, span) + (best ? best.total : 0);
    span.before = best?.before;
  }
  let here = null;
  for (const span of spans) {
    if (span.last === pieces.length && span.total !== undefined && isBetter(span, here)) here = span;
  }
  const chosen = [];
  for (; here; here = here.before) chosen.unshift(here);
  return chosen;
}

/** What speaks against a span being one digit, before any network looks at it. */
function cost(pieces, { first, last }) {
  let total = 0;
  for (const seam of pieces.seams.slice(first, last - 1)) {
    if (!seam.cut) total += JOIN_COST + JOIN_COST_PER_GAP * Math.max(seam.gap, 0);
  }
  const strokes = first > 0 ? pieces.seams[first - 1].cut : 0;
  if (strokes) total += CUT_COST + CUT_COST_PER_STROKE * (strokes - 1);
  const hull = pieces.hull(first, last);
  return total + SMALL_COST * Math.max(0, SMALL - (hull.bottom - hull.top) / pieces.height);
}

/** What speaks against two neighbours being digits of one row: they begin and end at different heights. */
function unevenness(pieces, one, other) {
  const a = pieces.hull(one.first, one.last);
  const b = pieces.hull(other.first, other.last);
  const steps = [Math.abs(a.top - b.top) / pieces.height, Math.abs(a.bottom - b.bottom) / pieces.height];
  return UNEVEN_COST * sum(steps.map((step) => Math.max(0, step - LEVEL)));
}
