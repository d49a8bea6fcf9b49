// Ink to MNIST's geometry. A port of nn/reading/geometry.py, which gives the reasons.

import { clip, crop, picture, profiles, range, roundEven, sum } from "./picture.js";
import { BILINEAR, BOX, resize } from "./resize.js";

export const SIDE = 28;
const INNER = 20;
const CENTRE = 14;
const FINE = 4; // sub-pixels per pixel while strokes are thickened or thinned
const THINNEST = 2.0;
const WIDEST = 3.4; // pixels of the 20 × 20 box
const ENLARGED = 40;
const STEEPER = 2.0;
export const BLOTCH = 7.0; // anything wider is not a stroke

/** All the ink of a picture as one MNIST image (28, 28), all 0 if there is none. */
export function toMnist(ink) {
  if (isMnist(ink)) return ink;
  let box = inkBox(ink);
  if (!box) return picture(SIDE, SIDE);
  let fine = saturated(square(ink, box, INNER * FINE));
  const isSmall = Math.max(box[2] - box[0], box[3] - box[1]) < ENLARGED;
  if (isSmall) fine = { ...fine, data: fine.data.map((value) => clip((value - 0.5) * STEEPER + 0.5, 0, 1)) };
  const change = wantedChange(fine);
  if (!isSmall && change === 0) return centred(square(ink, box, INNER));
  if (change !== 0) fine = thickened(fine, change);
  box = inkBox(fine);
  return box ? centred(square(fine, box, INNER)) : picture(SIDE, SIDE);
}

/**
 * Where the ink begins and ends, in fractions of pixels: [left, top, right, bottom]; null if
 * nothing reaches one half.
 */
export function inkBox(ink) {
  const { rows, columns } = profiles(ink);
  const across = extent(columns);
  if (!across) return null;
  const down = extent(rows);
  return [across[0], down[0], across[1], down[1]];
}

function extent(profile) {
  const inside = range(profile, (value) => value >= 0.5);
  if (!inside) return null;
  const [first, last] = inside;
  return [first + 1 - profile[first] - (profile[first - 1] ?? 0), last + profile[last] + (profile[last + 1] ?? 0)];
}

/**
 * Mean stroke width in pixels: twice the area over the length of the outline, 2 Σ ink / Σ |∇ink|.
 */
export function strokeWidth({ data, height, width }) {
  const at = (y, x) => (y < 0 || x < 0 || y >= height || x >= width ? 0 : data[y * width + x]);
  let outline = 0;
  for (let y = -1; y < height; y++) {
    for (let x = -1; x < width; x++) {
      const here = at(y, x);
      const down = at(y + 1, x) - here;
      const across = at(y, x + 1) - here;
      if (down !== 0 || across !== 0) outline += Math.sqrt(across * across + down * down);
    }
  }
  return outline > 0 ? (2 * sum(data)) / outline : 0;
}

/** Whether a picture has MNIST's geometry already. */
export function isMnist(ink) {
  if (ink.height !== SIDE || ink.width !== SIDE) return false;
  const { rows, columns } = profiles(ink);
  const down = range(rows, (value) => value > 0);
  if (!down) return false;
  const across = range(columns, (value) => value > 0);
  const longer = Math.max(down[1] - down[0], across[1] - across[0]) + 1;
  const [y, x] = centreOfMass(ink);
  const isCentred = Math.abs(y - CENTRE) < 0.75 && Math.abs(x - CENTRE) < 0.75;
  return INNER - 1 <= longer && longer <= INNER + 1 && isCentred;
}

/** The smallest square around a box, its shorter side centred, resampled to (side, side). */
function square(ink, [left, top, right, bottom], side) {
  const long = Math.max(right - left, bottom - top, 1);
  const x = (left + right - long) / 2;
  const y = (top + bottom - long) / 2;
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const part = crop(ink, y0, x0, Math.ceil(y + long), Math.ceil(x + long));
  const filter = long > 2 * side ? BOX : BILINEAR;
  const out = resize(part, side, filter, [x - x0, y - y0, x - x0 + long, y - y0 + long]);
  out.data.forEach((value, k) => (out.data[k] = clip(value, 0, 1)));
  return out;
}

/** Strokes that became faint because they are thinner than a pixel: back to full ink. */
function saturated(fine) {
  const greatest = fine.data.reduce((a, b) => Math.max(a, b));
  const inked = fine.data.filter((value) => value > Math.fround(0.3 * greatest)).sort();
  if (!inked.length) return fine;
  const level = inked[Math.floor((3 * inked.length) / 4)];
  if (level > 0.9) return fine;
  return { ...fine, data: fine.data.map((value) => Math.min(value / level, 1)) };
}

/** How many sub-pixels each rim of the stroke should move outwards; 0 if its width is MNIST's. */
function wantedChange(fine) {
  const width = strokeWidth(fine) / FINE;
  if (width <= 0 || (THINNEST <= width && width <= WIDEST) || width > BLOTCH) return 0;
  const wanted = width < THINNEST ? THINNEST : WIDEST;
  const change = (FINE * (wanted - width)) / 2 / (1 - wanted / INNER);
  return clip(change, -FINE * WIDEST, (FINE * WIDEST) / 2);
}

/** Move every rim by `change` sub-pixels: grey dilation (or erosion) with a disc. */
function thickened(fine, change) {
  const margin = Math.ceil(Math.max(change, 0)) + 1;
  const padded = crop(fine, -margin, -margin, fine.height + margin, fine.width + margin);
  if (change > 0) return dilated(padded, change);
  const invert = (image) => ({ ...image, data: image.data.map((value) => 1 - value) });
  return invert(dilated(invert(padded), -change));
}

/**
 * Grey dilation with a soft-rimmed disc: the maximum over offsets of picture · coverage(offset).
 */
function dilated(image, radius) {
  const { height, width } = image;
  const reach = Math.ceil(radius);
  const wide = edged(image, reach);
  const out = image.data.slice();
  for (let dy = -reach; dy <= reach; dy++) {
    for (let dx = -reach; dx <= reach; dx++) {
      const coverage = Math.fround(Math.min(1, radius + 1 - Math.hypot(dy, dx)));
      if (coverage <= 0) continue;
      for (let y = 0, k = 0; y < height; y++) {
        let from = (y + reach + dy) * wide.width + reach + dx;
        for (const end = k + width; k < end; k++, from++) {
          const value = Math.fround(wide.data[from] * coverage);
          if (value > out[k]) out[k] = value;
        }
      }
    }
  }
  return picture(height, width, out);
}

/** A picture with a margin that repeats its edge. */
function edged({ data, height, width }, margin) {
  const out = picture(height + 2 * margin, width + 2 * margin);
  for (let y = 0, k = 0; y < out.height; y++) {
    const row = clip(y - margin, 0, height - 1) * width;
    for (let x = 0; x < out.width; x++, k++) out.data[k] = data[row + clip(x - margin, 0, width - 1)];
  }
  return out;
}

function centreOfMass({ data, height, width }) {
  let total = 0;
  let down = 0;
  let across = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = data[y * width + x];
      total += value;
      down += value * y;
      across += value * x;
    }
  }
  return [down / total, across / total];
}

/**
 * The (20, 20) picture inside (28, 28), moved by whole pixels so that its centre of mass is at
 * index 14, 14.
 */
function centred(small) {
  if (!small.data.some((value) => value !== 0)) return picture(SIDE, SIDE);
  const [y, x] = centreOfMass(small);
  const top = clip(roundEven(CENTRE - y), 0, SIDE - INNER);
  const left = clip(roundEven(CENTRE - x), 0, SIDE - INNER);
  return crop(small, -top, -left, SIDE - top, SIDE - left);
}
