// Which ink may belong to which digit. A port of nn/reading/segmentation.py, which gives the
// reasons.

import { isMnist, SIDE, strokeWidth } from "./geometry.js";
import { componentOf, connected, intoRows, stacked, withoutSpecks, withoutUnderlines } from "./grouping.js";
import { areaOf, blockMaxima, crop, mask, profiles, range, roundEven } from "./picture.js";
import { heightOf, Pieces, widthOf } from "./pieces.js";
import { crossed, findSeams, isStraight } from "./seams.js";

const INK = Math.fround(0.35); // of full ink, from which a pixel belongs to a component
const COARSE = 160; // pixels along the longer side of the mask that is taken apart
const MOST_PIECES = 24; // of a row
const MOST_STROKES = 40; // of a drawing; with more, only what is connected counts

/**
 * Take a drawing (ink from 0 to 1) apart into rows of pieces, from top to bottom.
 *
 * `strokes` are the movements of the pen that left the ink, where they are known: each with its
 * `points` [x, y] and the pen's `width`, in pixels.
 */
export function takeApart(ink, strokes = []) {
  if (isMnist(ink)) {
    const whole = mask(ink.height, ink.width);
    whole.data.fill(1);
    return [new Pieces(ink, { step: 1, top: 0, left: 0 }, [{ mask: whole, component: 0, part: 0 }], whole)];
  }
  const { rows, columns } = profiles(ink);
  const down = range(rows, (value) => value >= INK);
  if (!down) return [];
  const across = range(columns, (value) => value >= INK);
  const part = crop(ink, down[0], across[0], down[1] + 1, across[1] + 1);
  const step = Math.max(1, roundEven(Math.max(part.height, part.width / 2) / COARSE));
  const grid = { step, top: down[0], left: across[0] };
  const coarse = blockMaxima(part, step);
  let inked = mask(coarse.height, coarse.width);
  coarse.data.forEach((value, k) => (inked.data[k] = value >= INK ? 1 : 0));
  const pen = strokeWidth(coarse);
  const known = knownStrokes(strokes, grid, inked);
  if (known.length) {
    // Ink that no stroke accounts for, a pixel here and there, belongs to whatever is around it.
    inked = mask(coarse.height, coarse.width);
    for (const each of known) each.mask.data.forEach((value, k) => (inked.data[k] |= value));
  }
  const kept = known.length ? withoutSpecks(known, pen) : connected(inked, pen);
  // Strokes of the pen are apart already, and a picture of the network's own size holds one digit.
  const mayTouch = !known.length && Math.max(ink.height, ink.width) > SIDE;
  return intoRows(withoutUnderlines(kept, pen)).map((row) => new Pieces(ink, grid, piecesOf(row, pen), inked, mayTouch));
}

/** The same row with its pieces cut at seams where digits may touch. */
export function cutUp({ ink, grid, pieces, inked }) {
  const groups = pieces.map(({ mask, component, pen }) => ({ ...componentOf(mask), component, pen }));
  const tallest = Math.max(...groups.map(heightOf));
  groups.sort((a, b) => b.area - a.area);
  const out = [];
  for (const group of groups) out.push(...parts(group, out.length < MOST_PIECES ? tallest : null));
  return new Pieces(ink, grid, out, inked, false);
}

/** The pieces of one row. */
function piecesOf(components, pen) {
  const groups = stacked(components).sort((a, b) => b.area - a.area).slice(0, MOST_PIECES);
  return groups.flatMap((group, component) => parts({ ...group, component, pen }, null));
}

/**
 * The parts of a component between its seams, where the row's tallest is `tallest` high; without
 * that, the whole.
 */
function parts(group, tallest) {
  const { component, pen } = group;
  const [height, width] = [heightOf(group), widthOf(group)];
  const own = crop(group.mask, group.top, group.left, group.bottom, group.right);
  const seams = tallest === null ? [] : findSeams(own, tallest, pen);
  const pieces = [];
  let begin = new Int32Array(height);
  for (const seam of [...seams, new Int32Array(height).fill(width)]) {
    const between = mask(height, width);
    for (let y = 0; y < height; y++) {
      for (let x = begin[y]; x < seam[y]; x++) between.data[y * width + x] = own.data[y * width + x];
    }
    if (!between.data.includes(1)) continue;
    const whole = crop(between, -group.top, -group.left, group.mask.height - group.top, group.mask.width - group.left);
    const part = pieces.length;
    const cut = part ? crossed(own, begin) : 0;
    pieces.push({ mask: whole, component, pen, part, crossed: cut, isStraight: isStraight(between, pen) });
    begin = seam;
  }
  return pieces;
}

/**
 * Each stroke of the pen as a component of the ink that is there; none if they do not account for
 * it.
 */
function knownStrokes(strokes, grid, inked) {
  if (!strokes.length || strokes.length > MOST_STROKES) return [];
  const masks = strokes.map((stroke) => drawn(stroke, grid, inked));
  const left = inked.data.reduce((total, value, k) => total + (value && !masks.some((each) => each.data[k]) ? 1 : 0), 0);
  if (left > 0.02 * areaOf(inked)) return [];
  return masks.filter((each) => each.data.includes(1)).map(componentOf);
}

/**
 * The ink of one stroke on the coarse grid, one pixel wider on each side than the pen, so that
 * its soft edge belongs to it.
 */
function drawn({ points, width }, { step, top, left }, inked) {
  const out = mask(inked.height, inked.width);
  const radius = width / 2 / step + 1;
  const disc = [];
  for (let dy = -Math.trunc(radius); dy <= radius; dy++) {
    for (let dx = -Math.trunc(radius); dx <= radius; dx++) if (Math.hypot(dy, dx) <= radius) disc.push([dy, dx]);
  }
  const path = thinned(points.map(([x, y]) => [(x - left) / step - 0.5, (y - top) / step - 0.5]), radius / 6);
  const stampDisc = (x, y) => {
    const [row, column] = [Math.floor(y + 0.5), Math.floor(x + 0.5)];
    for (const [dy, dx] of disc) {
      const at = (row + dy) * out.width + column + dx;
      const isInside = row + dy >= 0 && row + dy < out.height && column + dx >= 0 && column + dx < out.width;
      if (isInside && inked.data[at]) out.data[at] = 1;
    }
  };
  path.forEach(([x, y], k) => {
    if (k === 0) return stampDisc(x, y);
    const [beforeX, beforeY] = path[k - 1];
    const [dx, dy] = [x - beforeX, y - beforeY];
    const count = Math.max(Math.ceil((Math.max(Math.abs(dx), Math.abs(dy)) * 3) / radius), 1);
    for (let n = 1; n <= count; n++) stampDisc(beforeX + (n / count) * dx, beforeY + (n / count) * dy);
  });
  return out;
}

/** A path without the points that move on by too little to make a difference; its end stays. */
function thinned(path, unit) {
  let [along, last] = [0, -1];
  return path.filter(([x, y], k) => {
    if (k > 0) along += Math.hypot(x - path[k - 1][0], y - path[k - 1][1]);
    const isNew = Math.floor(along / unit) !== last;
    last = Math.floor(along / unit);
    return isNew || k === path.length - 1;
  });
}
