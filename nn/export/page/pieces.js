// The pieces of a row of writing, and any run of them as one digit. A port of
// nn/reading/pieces.py.

import { toMnist } from "./geometry.js";
import { crop, mask, maskBox } from "./picture.js";

export const heightOf = (box) => box.bottom - box.top;
export const widthOf = (box) => box.right - box.left;

/**
 * A row of writing taken apart, left to right; any run of neighbouring pieces can be asked for as
 * one digit.
 *
 * A piece has its `mask` on the coarse grid, the `component` that it is part of, as which `part`,
 * the width of its `pen`, the number of strokes `crossed` by the cut before it, and whether it `isStraight`. The `grid`
 * says how coarse masks lie on the drawing: blocks of `step` pixels from (`top`, `left`) on.
 * `inked` is the coarse mask of all ink. `mayTouch` says whether a piece may still hold several
 * digits that touch.
 */
export class Pieces {
  constructor(ink, grid, pieces, inked, mayTouch = false) {
    Object.assign(this, { ink, grid, inked, mayTouch });
    const placed = pieces.map((piece) => ({ ...piece, box: maskBox(piece.mask) }));
    this.pieces = placed.sort((a, b) => a.box.left + a.box.right - (b.box.left + b.box.right));
    this.length = pieces.length;
    this.boxes = this.pieces.map(({ box }) => ({
      left: grid.left + box.left * grid.step,
      top: grid.top + box.top * grid.step,
      right: Math.min(grid.left + box.right * grid.step, ink.width),
      bottom: Math.min(grid.top + box.bottom * grid.step, ink.height),
    }));
    this.height = Math.max(...this.boxes.map(heightOf));
  }

  /** The box around pieces first .. last − 1. */
  hull(first, last) {
    const boxes = this.boxes.slice(first, last);
    return {
      left: Math.min(...boxes.map((box) => box.left)),
      top: Math.min(...boxes.map((box) => box.top)),
      right: Math.max(...boxes.map((box) => box.right)),
      bottom: Math.max(...boxes.map((box) => box.bottom)),
    };
  }

  /**
   * Between piece k and piece k + 1, in heights of the tallest piece (negative: overlap); null if
   * they are connected.
   */
  gap(k) {
    if (this.pieces[k].component === this.pieces[k + 1].component) return null;
    return (this.boxes[k + 1].left - this.boxes[k].right) / this.height;
  }

  /**
   * The strokes crossed by each cut that parts pieces first .. last − 1 from what is left of them
   * in their component.
   */
  cuts(first, last) {
    const run = this.pieces.slice(first, last);
    const isInside = (component, part) => run.some((piece) => piece.component === component && piece.part === part);
    return run.filter((piece) => piece.part && !isInside(piece.component, piece.part - 1)).map((piece) => piece.crossed);
  }

  /** Whether pieces first .. last − 1 are connected to ink beyond them. */
  isCut(first, last) {
    const inside = new Set(this.pieces.slice(first, last).map((piece) => piece.component));
    return this.pieces.some((piece, k) => (k < first || k >= last) && inside.has(piece.component));
  }

  /** The coarse ink of pieces first .. last − 1, within the box around them. */
  mask(first, last) {
    const ink = this.joined(first, last);
    const box = maskBox(ink);
    return crop(ink, box.top, box.left, box.bottom, box.right);
  }

  /** The same over the whole grid. */
  joined(first, last) {
    const ink = mask(this.inked.height, this.inked.width);
    for (const piece of this.pieces.slice(first, last)) piece.mask.data.forEach((value, k) => (ink.data[k] |= value));
    return ink;
  }

  /** Pieces first .. last − 1 as one digit: its box, and its ink alone as an MNIST image. */
  digit(first, last) {
    const box = this.hull(first, last);
    const { step, top, left } = this.grid;
    const own = this.joined(first, last);
    const ink = crop(this.ink, box.top, box.left, box.bottom, box.right);
    for (let y = 0, k = 0; y < ink.height; y++) {
      const row = Math.floor((box.top + y - top) / step) * own.width;
      for (let x = 0; x < ink.width; x++, k++) {
        const at = row + Math.floor((box.left + x - left) / step);
        if (this.inked.data[at] && !own.data[at]) ink.data[k] = 0;
      }
    }
    return { box, image: toMnist(ink) };
  }
}
