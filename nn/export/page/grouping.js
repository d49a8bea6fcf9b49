// How ink hangs together: specks, strokes that lie over one another, rows of writing. A port of
// nn/reading/grouping.py.

import { label } from "./components.js";
import { heightOf, widthOf } from "./pieces.js";
import { areaOf, mask, maskBox } from "./picture.js";

const SPECK = 0.12; // of the largest component's extent
const MOST_COMPONENTS = 48;
const FLAT = 0.3;
const ROW_OVERLAP = 0.3;
const FAR_OVERLAP = 0.6;
const BROKEN = 0.06;
const NEIGHBOURS = 2.0;
const SLENDERNESS = 3.0; // of a line under a number: its width over its height
const LONG = 1.2;
const COVERING = 0.8;
const AIR = 0.03;

const extentOf = (component) => Math.max(widthOf(component), heightOf(component));

/** Some ink seen as one: its mask, and its box. */
export function componentOf(ink) {
  return { mask: ink, area: areaOf(ink), ...maskBox(ink) };
}

/** The connected components of a mask that are large enough to be read, the largest first. */
export function connected(inked, pen) {
  const { height, width } = inked;
  const { labels, count } = label(inked.data, height, width);
  const masks = Array.from({ length: count }, () => mask(height, width));
  labels.forEach((value, k) => {
    if (value) masks[value - 1].data[k] = 1;
  });
  const large = withoutSpecks(masks.map(componentOf), pen);
  return large.sort((a, b) => b.area - a.area).slice(0, MOST_COMPONENTS);
}

/** What is neither tiny beside the largest, nor a dot of the pen that is small beside it. */
export function withoutSpecks(components, pen) {
  const largest = Math.max(...components.map(extentOf));
  const smallest = Math.max(SPECK * largest, Math.min(1.8 * pen, 0.3 * largest));
  return components.filter((component) => extentOf(component) >= smallest);
}

/** What is left without the lines that were drawn under all else, or under a row. */
export function withoutUnderlines(components, pen) {
  let kept = [...components];
  for (;;) {
    const line = kept.find((each) => isUnderline(each, kept, pen));
    if (!line) return kept;
    kept = kept.filter((each) => each !== line);
  }
}

function isUnderline(line, components, pen) {
  const others = components.filter((each) => each !== line);
  const highest = Math.max(0, ...others.map(heightOf));
  if (highest < 3 * pen || widthOf(line) < Math.max(SLENDERNESS * heightOf(line), LONG * highest)) return false;
  const near = others.filter((each) => {
    return heightOf(each) > FLAT * highest && Math.min(each.right, line.right) > Math.max(each.left, line.left);
  });
  const air = Math.max(1, AIR * highest);
  const over = near.filter((each) => each.bottom + air <= line.top);
  const under = near.filter((each) => each.top >= line.bottom + air);
  if (!over.length || over.length + under.length < near.length) return false;
  const across = Math.max(...over.map((each) => each.right)) - Math.min(...over.map((each) => each.left));
  return widthOf(line) >= COVERING * across;
}

/**
 * Join components that lie over one another, as the strokes of one digit do, until none are left.
 */
export function stacked(components) {
  const left = [...components];
  const tallest = Math.max(...left.map(heightOf));
  for (let i = 0; i < left.length; ) {
    const other = left.findIndex((each, j) => j > i && isOneDigit(left[i], each, tallest));
    if (other < 0) {
      i++;
    } else {
      const joined = mask(left[i].mask.height, left[i].mask.width, left[i].mask.data.slice());
      left[other].mask.data.forEach((value, k) => (joined.data[k] |= value));
      left[i] = componentOf(joined);
      left.splice(other, 1);
      i = 0;
    }
  }
  return left;
}

/**
 * Whether at least half of the narrower one lies over or under the other, unless they stand side
 * by side and lean.
 */
function isOneDigit(a, b, tallest) {
  const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  if (across < 0.5 * Math.min(widthOf(a), widthOf(b))) return false;
  const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  const shorter = Math.min(heightOf(a), heightOf(b));
  return !(shorter >= 0.35 * tallest && down >= 0.6 * shorter && areSideBySide(a, b));
}

/** Whether one is left of the other in every row that both reach. */
function areSideBySide(a, b) {
  const { width } = a.mask;
  let [both, leftOf, rightOf] = [false, true, true];
  for (let y = Math.max(a.top, b.top); y < Math.min(a.bottom, b.bottom); y++) {
    const [first, second] = [a, b].map((each) => each.mask.data.subarray(y * width, (y + 1) * width));
    if (first.indexOf(1) < 0 || second.indexOf(1) < 0) continue;
    both = true;
    leftOf &&= first.lastIndexOf(1) < second.indexOf(1);
    rightOf &&= second.lastIndexOf(1) < first.indexOf(1);
  }
  return both && (leftOf || rightOf);
}

/**
 * The rows of writing, from top to bottom: digits that reach the same heights, with the marks
 * that are nearest to them.
 */
export function intoRows(components) {
  const least = FLAT * Math.max(...components.map(heightOf));
  const tall = components.filter((each) => heightOf(each) >= least);
  let rows = tall.map((each) => [each]);
  const rowOf = (component) => rows.find((row) => row.includes(component));
  for (const a of tall) {
    for (const b of tall) {
      const [one, other] = [rowOf(a), rowOf(b)];
      if (one === other || !(areBeside(a, b) || areBroken(one, other))) continue;
      one.push(...other);
      rows = rows.filter((row) => row !== other);
    }
  }
  for (const flat of components.filter((each) => heightOf(each) < least)) {
    const away = rows.map((row) => Math.min(...row.map((each) => distanceOf(flat, each))));
    rows[away.indexOf(Math.min(...away))].push(flat);
  }
  const middle = (row) => row.reduce((total, each) => total + each.top + each.bottom, 0) / row.length;
  return rows.sort((a, b) => middle(a) - middle(b));
}

/** Whether two components are neighbours in one row, or lie within one another. */
function areBeside(a, b) {
  const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  const across = Math.max(a.left, b.left) - Math.min(a.right, b.right);
  const [lower, taller] = [heightOf(a), heightOf(b)].sort((x, y) => x - y);
  return down >= (across <= NEIGHBOURS * taller ? ROW_OVERLAP : FAR_OVERLAP) * lower;
}

/**
 * Whether two single components, one over the other, are so close that they are rather parts of
 * one digit.
 */
function areBroken(one, other) {
  if (one.length > 1 || other.length > 1) return false;
  const [a, b] = [one[0], other[0]];
  const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const down = Math.max(a.top, b.top) - Math.min(a.bottom, b.bottom);
  return across >= 0.3 * Math.min(widthOf(a), widthOf(b)) && down <= BROKEN * (heightOf(a) + heightOf(b));
}

/** Between two boxes, 0 where they overlap. */
function distanceOf(a, b) {
  const across = Math.max(a.left, b.left) - Math.min(a.right, b.right);
  const down = Math.max(a.top, b.top) - Math.min(a.bottom, b.bottom);
  return Math.hypot(Math.max(across, 0), Math.max(down, 0));
}
