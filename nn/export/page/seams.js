// Where connected ink might be two digits that touch. A port of nn/reading/seams.py, which
// explains the method.

import { areaOf } from "./picture.js";

const SIDEWAYS = 0.3; // pixels of ink
const CUT_FROM = 0.6; // narrower than this, in heights of the row, nothing is cut
const WIDE_PEN = 0.25; // a pen wider than this, in heights of the row, drew no strokes that could be told apart
const APART = 0.2; // least distance of two seams, in heights of the row
const MOST_CROSSED = 2;
const LEAST_SHARE = 0.1; // of a component's ink must lie on each side
const SIMPLE_SHARE = 0.85;

/**
 * Seams, each with a column for every row, through a component's mask, left to right; none
 * crosses another.
 */
export function findSeams(part, tallest, pen) {
  const { data, height, width } = part;
  if (width < CUT_FROM * tallest || pen > WIDE_PEN * tallest || isSimpleStroke(part, pen)) return [];
  const above = cheapest(data, height, width, false);
  const below = cheapest(data, height, width, true);
  const middle = middleRow(part);
  const costs = new Float32Array(width);
  for (let x = 0, k = middle * width; x < width; x++, k++) costs[x] = Math.fround(above[k] + below[k]) - data[k];
  const isLowest = (cost, x) => !(cost > costs[x - 1]) && !(cost > costs[x + 1]);
  const lowest = [...costs.keys()].filter((x) => isLowest(costs[x], x)).sort((a, b) => costs[a] - costs[b]);
  const area = areaOf(part);
  const found = [];
  for (const column of lowest) {
    if (found.some((seam) => Math.abs(column - seam[middle]) < APART * tallest)) continue;
    const seam = traced(above, below, height, width, middle, column);
    const share = inkBefore(part, seam) / area;
    if (LEAST_SHARE < share && share < 1 - LEAST_SHARE && crossed(part, seam) <= MOST_CROSSED) found.push(seam);
    if (found.length > (2 * width) / tallest) break;
  }
  const sorted = found.map(() => new Int32Array(height));
  for (let y = 0; y < height; y++) {
    const columns = found.map((seam) => seam[y]).sort((a, b) => a - b);
    columns.forEach((column, k) => (sorted[k][y] = column));
  }
  return sorted;
}

/** Whether nearly every column has a single short run of ink: a line or an arc. */
function isSimpleStroke({ data, height, width }, pen) {
  let simple = 0;
  for (let x = 0; x < width; x++) {
    let [runs, total] = [0, 0];
    for (let y = 0; y < height; y++) {
      const value = data[y * width + x];
      total += value;
      if (value && !(y > 0 && data[(y - 1) * width + x])) runs++;
    }
    if (runs === 1 && total <= 2.5 * pen) simple++;
  }
  return simple / width >= SIMPLE_SHARE;
}

/**
 * Whether the ink lies within a pen's width of a straight line, by the spread across its main
 * direction.
 */
export function isStraight({ data, width }, pen) {
  const points = [];
  data.forEach((value, k) => {
    if (value) points.push([k % width, Math.floor(k / width)]);
  });
  if (points.length < 2) return true;
  const [mx, my] = [0, 1].map((axis) => points.reduce((total, point) => total + point[axis], 0) / points.length);
  let [xx, xy, yy] = [0, 0, 0];
  for (const [x, y] of points) {
    xx += (x - mx) * (x - mx);
    xy += (x - mx) * (y - my);
    yy += (y - my) * (y - my);
  }
  // The smaller eigenvalue of the covariance.
  const across = ((xx + yy) / 2 - Math.hypot((xx - yy) / 2, xy)) / (points.length - 1);
  return across <= (1.2 * pen) ** 2 / 12 + 0.5;
}

/** How many strokes a seam goes through: runs of ink on both of its sides. */
export function crossed({ data, height, width }, seam) {
  let [strokes, was] = [0, false];
  for (let y = 0; y < height; y++) {
    const left = data[y * width + Math.max(seam[y] - 1, 0)];
    const is = Boolean(left && data[y * width + Math.min(seam[y], width - 1)]);
    if (is && !was) strokes++;
    was = is;
  }
  return strokes;
}

/** The median of the rows that have ink, rounded down. */
function middleRow({ data, height, width }) {
  const inked = [];
  for (let y = 0; y < height; y++) {
    if (data.subarray(y * width, (y + 1) * width).includes(1)) inked.push(y);
  }
  const half = inked.length >> 1;
  return inked.length % 2 ? inked[half] : Math.floor((inked[half - 1] + inked[half]) / 2);
}

function inkBefore({ data, height, width }, seam) {
  let total = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < Math.min(seam[y], width); x++) total += data[y * width + x];
  }
  return total;
}

/** The cheapest way from the top, or from the bottom, to each pixel. */
function cheapest(ink, height, width, fromBelow) {
  const out = new Float32Array(height * width);
  const sideways = Math.fround(SIDEWAYS);
  for (let k = 0; k < height; k++) {
    const row = (fromBelow ? height - 1 - k : k) * width;
    const before = fromBelow ? row + width : row - width;
    for (let x = 0; x < width; x++) {
      if (k === 0) {
        out[row + x] = ink[row + x];
        continue;
      }
      const left = x > 0 ? out[before + x - 1] : Infinity;
      const right = x < width - 1 ? out[before + x + 1] : Infinity;
      const moved = Math.fround(Math.min(left, right) + sideways);
      out[row + x] = Math.min(moved, out[before + x]) + ink[row + x];
    }
  }
  return out;
}

/** The cheapest seam through a pixel: its column in each row. */
function traced(above, below, height, width, row, column) {
  const seam = new Int32Array(height).fill(column);
  const follow = (costs, rows) => {
    let j = column;
    for (const i of rows) {
      const here = j;
      const at = i * width + here;
      let least = costs[at];
      if (here > 0 && costs[at - 1] + SIDEWAYS < least) {
        j = here - 1;
        least = costs[at - 1] + SIDEWAYS;
      }
      if (here < width - 1 && costs[at + 1] + SIDEWAYS < least) j = here + 1;
      seam[i] = j;
    }
  };
  follow(above, Array.from({ length: row }, (_, k) => row - 1 - k));
  follow(below, Array.from({ length: height - row - 1 }, (_, k) => row + 1 + k));
  return seam;
}
