// Ink that was corrected: crossed out by a line, or written over. A port of
// nn/reading/corrections.py, which gives the reasons.

import { label } from "./components.js";
import { strokeWidth } from "./geometry.js";
import { crop, mask, maskBox, roundEven, sum } from "./picture.js";
import { heightOf, widthOf } from "./pieces.js";
import { isStraight } from "./seams.js";

const COVERED = 0.96; // of the columns of what a line crosses out
const STEEPEST = 0.8;
const LINE_OVER = 0.08; // of the height of several digits
const FLATTEST = 0.35;
const ENDS = 0.15; // of a single digit's width
const SLOPES = 33;
const WITHOUT_BAR = [3, 5, 8];
const MOST_AREAS = 3; // that a digit encloses
const HELD = 0.2;
const LEAST_INSIDE = 9;

/** Whether a straight line goes through the ink, a mask, of several digits. */
export function areCrossedOut(ink, pen) {
  return lineThrough(ink, pen, STEEPEST, roundEven(LINE_OVER * ink.height)) !== null;
}

/** Whether a digit, as MNIST would show it (28, 28), looks crossed out, written over or ringed. */
export function isCorrected(image, digit) {
  const ink = mask(image.height, image.width, Uint8Array.from(image.data, (value) => (value > 0.5 ? 1 : 0)));
  const pen = strokeWidth(image);
  // The areas without ink, in a frame of blank pixels: 1 outside, then what the ink encloses.
  const wide = crop(ink, -1, -1, ink.height + 1, ink.width + 1);
  const { labels, count } = label(wide.data.map((value) => 1 - value), wide.height, wide.width);
  if (digit === 0 && isRing(ink, labels, pen)) return true;
  return encloseTooMuch(labels, count) || (WITHOUT_BAR.includes(digit) && isBarred(ink, pen));
}

/** Whether a line goes through the middle of a digit (28, 28). */
function isBarred(ink, pen) {
  if (!ink.data.includes(1)) return false;
  const box = maskBox(ink);
  const own = crop(ink, box.top, box.left, box.bottom, box.right);
  const middle = lineThrough(own, pen, FLATTEST, roundEven(ENDS * widthOf(box)));
  return middle !== null && middle / heightOf(box) >= 0.25 && middle / heightOf(box) <= 0.75;
}

/** Whether the areas without ink (30, 30) are more, of two pixels at least, than any digit has. */
function encloseTooMuch(areas, count) {
  const sizes = new Int32Array(count + 1);
  for (const number of areas) sizes[number]++;
  return sizes.subarray(2).filter((size) => size > 1).length > MOST_AREAS;
}

/** Whether a 0 (28, 28) has something inside, a pen's width from its rim, that is no straight bar. */
function isRing(ink, areas, pen) {
  const { height, width } = ink;
  const reach = roundEven(pen);
  const isFilled = (y, x) => y >= 0 && x >= 0 && y < height && x < width && areas[(y + 1) * (width + 2) + x + 1] !== 1;
  const isInside = (y, x) => {
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) if (!isFilled(y + dy, x + dx)) return false;
    }
    return true;
  };
  const held = mask(height, width);
  let inside = 0;
  for (let y = 0, k = 0; y < height; y++) {
    for (let x = 0; x < width; x++, k++) {
      if (!isInside(y, x)) continue;
      inside++;
      held.data[k] = ink.data[k];
    }
  }
  return sum(held.data) > HELD * inside && inside >= LEAST_INSIDE && !isStraight(held, pen);
}

/**
 * The row in which a straight line through ink is halfway, if there is one and nothing else lies
 * in the first and the last columns, `ends` each; else null.
 */
function lineThrough({ data, height, width }, pen, steepest, ends) {
  const points = [];
  for (let y = 0, k = 0; y < height; y++) {
    for (let x = 0; x < width; x++, k++) if (data[k]) points.push([y, x]);
  }
  const margin = Math.ceil(steepest * width) + 1; // a line may begin above or below the ink
  let [most, slope, start] = [0, 0, 0];
  for (let k = 0; k < SLOPES; k++) {
    const each = k * ((2 * steepest) / (SLOPES - 1)) - steepest;
    const counts = new Int32Array(height + 2 * margin);
    for (const [y, x] of points) counts[Math.round(y - each * x) + margin]++;
    const greatest = counts.reduce((a, b) => Math.max(a, b));
    if (greatest > most) [most, slope, start] = [greatest, each, counts.indexOf(greatest) - margin];
  }
  if (most < COVERED * width) return null;
  const breadth = 0.8 * pen * Math.hypot(1, slope) + 1;
  const outside = points.filter(([, x]) => Math.min(x, width - 1 - x) < ends);
  return outside.every(([y, x]) => Math.abs(y - slope * x - start) <= breadth) ? start + (slope * width) / 2 : null;
}
