// The rules by which ink hangs together, on a coarse mask; nn/reading/grouping.py in JavaScript.

import { label } from "./components.js";
import { strokeWidth } from "./geometry.js";
import { range, roundEven, sum } from "./picture.js";

export const INK = 0.35;
const SPECK = 0.12; // of the largest part's extent
const MOST_PARTS = 48;
const MOST_PIECES = 24;
const EVEN_CUTS_FROM = 0.9; // in heights of the drawing
const EVEN_CUT = 0.2;
const CUT_FROM = 0.6;
const WIDE_PEN = 0.25;
const MOST_CROSSED = 2;

const extentOf = (part) => Math.max(part.right - part.left, part.bottom - part.top);
const greatest = (values) => values.reduce((a, b) => Math.max(a, b));

/**
 * Number the pieces of a coarse picture from left to right.
 *
 * Returns `pieces`, with 0 for no ink, 1, 2, ... for the pieces and −1 for specks, and `cuts`, a map from k to the strokes
 * that the cut between pieces k and k + 1 (counted from 0) goes through.
 */
export function group(coarse) {
  const { height, width } = coarse;
  const { labels, count } = label(coarse.data.map((value) => value >= Math.fround(INK)), height, width);
  const pen = strokeWidth(coarse);
  let groups = stacked(withoutSpecks(partsOf(labels, count, width), pen), labels, width);
  groups = groups.sort((a, b) => b.area - a.area).slice(0, MOST_PIECES);
  groups.sort((a, b) => a.left + a.right - (b.left + b.right));
  const tallest = greatest(groups.map((part) => part.bottom - part.top));
  const pieces = labels.map((value) => (value > 0 ? -1 : 0));
  const cuts = new Map();
  let number = 0;
  for (const part of groups) {
    const mask = maskOf(part, labels, height, width);
    let begin = part.left;
    for (const cut of necks(mask, part, tallest, pen)) {
      // A second cut through one gap has nothing before it.
      if (!mark(pieces, mask, begin, part.left + cut, number + 1)) continue;
      number += 1;
      cuts.set(number - 1, crossed(mask, part.left + cut));
      begin = part.left + cut;
    }
    number += 1;
    mark(pieces, mask, begin, width, number);
  }
  return { pieces, cuts };
}

/** Give the pixels of a mask between two columns a number; returns whether there are any. */
function mark(pieces, mask, from, to, number) {
  let any = false;
  for (let y = 0; y < mask.height; y++) {
    for (let x = from; x < to; x++) {
      if (!mask.data[y * mask.width + x]) continue;
      pieces[y * mask.width + x] = number;
      any = true;
    }
  }
  return any;
}

function maskOf(part, labels, height, width) {
  const data = new Uint8Array(labels.length);
  for (let y = part.top; y < part.bottom; y++) {
    for (let k = y * width + part.left; k < y * width + part.right; k++) {
      if (labels[k] > 0 && part.labels.has(labels[k])) data[k] = 1;
    }
  }
  return { height, width, data };
}

/** One part for each component: its labels, box and area. */
function partsOf(labels, count, width) {
  const parts = Array.from({ length: count }, (_, k) => {
    return { labels: new Set([k + 1]), left: Infinity, top: Infinity, right: 0, bottom: 0, area: 0 };
  });
  labels.forEach((value, k) => {
    if (value === 0) return;
    const part = parts[value - 1];
    const x = k % width;
    const y = (k - x) / width;
    part.left = Math.min(part.left, x);
    part.right = Math.max(part.right, x + 1);
    part.top = Math.min(part.top, y);
    part.bottom = Math.max(part.bottom, y + 1);
    part.area += 1;
  });
  return parts;
}

function joined(a, b) {
  return {
    labels: new Set([...a.labels, ...b.labels]),
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
    area: a.area + b.area,
  };
}

/** Drop what is tiny beside the largest part, and dots of the pen that are small beside it. */
function withoutSpecks(parts, pen) {
  const largest = greatest(parts.map(extentOf));
  const smallest = Math.max(SPECK * largest, Math.min(1.8 * pen, 0.3 * largest));
  const kept = parts.filter((part) => extentOf(part) >= smallest);
  return kept.sort((a, b) => b.area - a.area).slice(0, MOST_PARTS);
}

/** Join parts that lie over one another, as the strokes of one digit do, until none are left. */
function stacked(parts, labels, width) {
  const tallest = greatest(parts.map((part) => part.bottom - part.top));
  const firstPair = () => {
    for (let i = 0; i < parts.length; i++) {
      for (let j = i + 1; j < parts.length; j++) {
        if (isOneDigit(parts[i], parts[j], tallest, labels, width)) return [i, j];
      }
    }
    return null;
  };
  for (let pair = firstPair(); pair; pair = firstPair()) {
    const [i, j] = pair;
    parts[i] = joined(parts[i], parts[j]);
    parts.splice(j, 1);
  }
  return parts;
}

function isOneDigit(a, b, tallest, labels, width) {
  const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  const narrower = Math.min(a.right - a.left, b.right - b.left);
  const shorter = Math.min(a.bottom - a.top, b.bottom - b.top);
  if (across >= 0.5 * narrower) {
    return !(shorter >= 0.6 * tallest && down >= 0.6 * shorter && areSideBySide(a, b, labels, width));
  }
  return down < 0.35 * shorter && shorter < 0.7 * tallest && across > -0.12 * tallest;
}

/** Whether one is left of the other in every row that both reach. */
function areSideBySide(a, b, labels, width) {
  let leftOf = true;
  let rightOf = true;
  let both = false;
  for (let y = Math.max(a.top, b.top); y < Math.min(a.bottom, b.bottom); y++) {
    const row = labels.subarray(y * width, (y + 1) * width);
    const first = range(row, (value) => a.labels.has(value));
    const second = range(row, (value) => b.labels.has(value));
    if (!first || !second) continue;
    both = true;
    leftOf &&= first[1] < second[0];
    rightOf &&= second[1] < first[0];
  }
  return both && (leftOf || rightOf);
}

/** Columns, counted from the part's left, at which a wide part might be two digits that touch. */
function necks(mask, part, tallest, pen) {
  const width = part.right - part.left;
  if (width < CUT_FROM * tallest || pen > WIDE_PEN * tallest) return [];
  const profile = new Float64Array(width);
  for (let y = 0; y < mask.height; y++) {
    for (let x = 0; x < width; x++) profile[x] += mask.data[y * mask.width + part.left + x];
  }
  const total = sum(profile);
  const margin = Math.max(2, Math.min(roundEven(0.15 * tallest), roundEven(1.1 * pen)));
  const inside = [];
  for (let x = 0, before = 0; x < width - margin; x++) {
    before += profile[x];
    if (x < margin || before / total <= 0.12 || before / total >= 0.88) continue;
    if (crossed(mask, part.left + x) <= MOST_CROSSED) inside.push(x);
  }
  const rank = (x) => profile[x] + Math.abs(x - width / 2) / width;
  const thin = inside.filter((x) => profile[x] <= 1.8 * pen + 1).sort((a, b) => rank(a) - rank(b));
  let cuts = apart([], thin, 0.25 * tallest).slice(0, Math.trunc((2 * width) / tallest) + 1);
  if (width >= EVEN_CUTS_FROM * tallest) {
    const steps = roundEven(width / (EVEN_CUT * tallest));
    const even = Array.from({ length: Math.max(steps - 1, 0) }, (_, k) => roundEven((k + 1) * (width / steps)));
    cuts = apart(cuts, even.filter((x) => inside.includes(x)), 0.5 * EVEN_CUT * tallest);
  }
  return cuts.sort((a, b) => a - b);
}

/** How many strokes a cut between `column` − 1 and `column` goes through. */
function crossed(mask, column) {
  let strokes = 0;
  let was = false;
  for (let y = 0; y < mask.height; y++) {
    const at = y * mask.width + column;
    const is = Boolean(mask.data[at - 1] && mask.data[at]);
    if (is && !was) strokes += 1;
    was = is;
  }
  return strokes;
}

/** `chosen`, and of `more` in its order whatever keeps the distance from all before. */
function apart(chosen, more, distance) {
  const all = [...chosen];
  for (const column of more) {
    if (all.every((other) => Math.abs(column - other) >= distance)) all.push(column);
  }
  return all;
}
