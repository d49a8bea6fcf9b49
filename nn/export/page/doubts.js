// Which digits of the best grouping may be something else by their shape and place, whatever the
// network thinks of them. A port of nn/reading/doubts.py, which gives the reasons.

import { mayBeASlash } from "./choice.js";
import { areCrossedOut } from "./corrections.js";
import { sum } from "./picture.js";
import { heightOf, widthOf } from "./pieces.js";

const WIDEST_SURE = 1.25; // width over height
const LOWEST_SURE = 0.4; // of the highest digit beside it
const SMALLER = 0.8; // than the digit before it
const RAISED = 0.3; // above the foot of that digit, in its heights
const BOW = 0.06; // of a bracket, in its heights
const EVEN_WIDTH = 1.6; // the widest row of a stroke without flag, over the usual one

/**
 * Those of a row's digits, from left to right, that may be something else. Each has `first`,
 * `last` and what it was read as, `digit`.
 */
export function doubtful(row, digits) {
  return new Set([
    ...digits.filter((span) => mayBeTwo(row, span) || mayBeASlash(row, span.first, span.last)),
    ...lowDigits(row, digits),
    ...raisedDigits(row, digits),
    ...partsOfALetter(row, digits),
    ...brackets(row, digits),
    ...crossedOut(row, digits),
  ]);
}

const hullOf = (row, { first, last }) => row.hull(first, last);

/** Whether a digit is so wide that its parts, if it has any, may be digits too. */
function mayBeTwo(row, span) {
  const box = hullOf(row, span);
  return span.last - span.first > 1 && widthOf(box) > WIDEST_SURE * heightOf(box);
}

/** What is much lower than the highest. */
function lowDigits(row, digits) {
  const heights = digits.map((span) => heightOf(hullOf(row, span)));
  return digits.filter((_, k) => heights[k] < LOWEST_SURE * Math.max(...heights));
}

/** What stands above the foot of the digit before it, as an exponent does. */
function raisedDigits(row, digits) {
  return digits.filter((span, k) => {
    if (k === 0) return false;
    const [base, box] = [hullOf(row, digits[k - 1]), hullOf(row, span)];
    return heightOf(box) < SMALLER * heightOf(base) && base.bottom - box.bottom > RAISED * heightOf(base);
  });
}

/** Two ones that were cut apart: nobody joins them, but a V, an M or a U has two such strokes. */
function partsOfALetter(row, digits) {
  const pairs = digits.slice(1).map((other, k) => [digits[k], other]);
  return pairs.flatMap(([one, other]) => {
    const areCut = one.last === other.first && row.gap(one.last - 1) === null;
    return areCut && one.digit === 1 && other.digit === 1 ? [one, other] : [];
  });
}

/** A one behind others that is bowed as a bracket is. */
function brackets(row, digits) {
  const last = digits.at(-1);
  const isBowed = digits.length > 1 && last.digit === 1 && bow(row.mask(last.first, last.last)) > BOW;
  return isBowed ? [last] : [];
}

/**
 * How far the middle of an upright stroke lies to the right of a straight line from end to end, in its
 * heights; 0 if it has a flag, a foot or a bar.
 */
function bow({ data, height, width }) {
  const widths = [];
  const middles = [];
  for (let y = 0; y < height; y++) {
    const inked = [];
    for (let x = 0; x < width; x++) if (data[y * width + x]) inked.push(x);
    if (!inked.length) continue;
    widths.push(inked.length);
    middles.push(sum(inked) / inked.length);
  }
  const sorted = [...widths].sort((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  if (sorted.at(-1) > EVEN_WIDTH * ((sorted[Math.floor(half)] + sorted[Math.ceil(half)]) / 2)) return 0;
  const end = Math.ceil(middles.length / 8);
  const [top, bottom] = [sum(middles.slice(0, end)) / end, sum(middles.slice(-end)) / end];
  let most = 0;
  middles.forEach((middle, k) => {
    const away = middle - top - ((bottom - top) * k) / Math.max(1, middles.length - 1);
    if (Math.abs(away) > Math.abs(most)) most = away;
  });
  return most / height;
}

/** What is connected with its neighbours, with a line through all of them. */
function crossedOut(row, digits) {
  const runs = [];
  for (const span of digits) {
    const before = runs.at(-1)?.at(-1);
    if (before?.last === span.first && row.gap(span.first - 1) === null) runs.at(-1).push(span);
    else runs.push([span]);
  }
  const pen = row.pieces[0].pen;
  return runs.flatMap((run) => {
    return run.length > 1 && areCrossedOut(row.mask(run[0].first, run.at(-1).last), pen) ? run : [];
  });
}
