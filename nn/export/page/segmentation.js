// Which ink belongs to which digit; nn/reading/segmentation.py in JavaScript.

import { isMnist, toMnist } from "./geometry.js";
import { group, INK } from "./grouping.js";
import { blockMaxima, crop, picture, profiles, range, roundEven } from "./picture.js";

const COARSE = 160; // pixels along the longer side of the mask that is taken apart

/** Take a drawing (ink from 0 to 1) apart into pieces; none where there is no ink, one for an image of MNIST's. */
export function takeApart(ink) {
  if (isMnist(ink)) return new Pieces(ink, picture(ink.height, ink.width, new Int32Array(ink.data.length).fill(1)));
  const { rows, columns } = profiles(ink);
  const down = range(rows, (value) => value >= Math.fround(INK));
  if (!down) return new Pieces(ink, picture(0, 0, new Int32Array(0)));
  const across = range(columns, (value) => value >= Math.fround(INK));
  const part = crop(ink, down[0], across[0], down[1] + 1, across[1] + 1);
  const step = Math.max(1, roundEven(Math.max(part.height, part.width / 2) / COARSE));
  const coarse = blockMaxima(part, step);
  const { pieces, cuts } = group(coarse);
  return new Pieces(ink, { ...coarse, data: pieces }, step, down[0], across[0], cuts);
}

/**
 * A drawing taken apart, left to right; any run of neighbouring pieces can be asked for as one digit.
 *
 * `seams[k]` lies between pieces k and k + 1: its `gap` in heights of the tallest piece (negative: overlap), and in `cut` the
 * number of strokes that the cut goes through, 0 where the pieces lie apart.
 */
class Pieces {
  constructor(ink, labels, step = 1, top = 0, left = 0, cuts = new Map()) {
    Object.assign(this, { ink, labels, step, top, left });
    this.boxes = this.findBoxes();
    this.length = this.boxes.length;
    this.height = this.boxes.reduce((most, box) => Math.max(most, box.bottom - box.top), 0);
    this.seams = this.boxes.slice(1).map((after, k) => {
      return { gap: (after.left - this.boxes[k].right) / this.height, cut: cuts.get(k) ?? 0 };
    });
  }

  findBoxes() {
    const { data, height, width } = this.labels;
    const boxes = [];
    for (let y = 0, k = 0; y < height; y++) {
      for (let x = 0; x < width; x++, k++) {
        if (data[k] <= 0) continue;
        const box = (boxes[data[k] - 1] ??= { left: x, top: y, right: x, bottom: y });
        box.left = Math.min(box.left, x);
        box.right = Math.max(box.right, x);
        box.bottom = y;
      }
    }
    const { step, top, left, ink } = this;
    return boxes.map((box) => ({
      left: left + box.left * step,
      top: top + box.top * step,
      right: Math.min(left + (box.right + 1) * step, ink.width),
      bottom: Math.min(top + (box.bottom + 1) * step, ink.height),
    }));
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

  /** The seams before and after pieces first .. last − 1, where there are neighbours. */
  seamsAround(first, last) {
    return [...this.seams.slice(Math.max(first - 1, 0), first), ...this.seams.slice(last - 1, last)];
  }

  /** Pieces first .. last − 1 as one digit: its box, and its ink alone as an MNIST image. */
  digit(first, last) {
    const box = this.hull(first, last);
    const ink = crop(this.ink, box.top, box.left, box.bottom, box.right);
    for (let y = 0, k = 0; y < ink.height; y++) {
      const row = Math.floor((box.top + y - this.top) / this.step) * this.labels.width;
      for (let x = 0; x < ink.width; x++, k++) {
        const label = this.labels.data[row + Math.floor((box.left + x - this.left) / this.step)];
        if (label !== 0 && (label <= first || label > last)) ink.data[k] = 0;
      }
    }
    return { box, image: toMnist(ink) };
  }
}
