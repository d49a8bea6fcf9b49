// The drawing: strokes, steps back and forth, their pixels on the screen and their pixels for the
// network.

import { Pen, Raster, union } from "./pen.js";

const CLEARED = Symbol("a fresh sheet");

/** What is drawn; `damage` is the box of screen pixels that changed since it was last painted. */
export class Drawing {
  constructor() {
    this.history = [];
    this.done = 0;
    this.version = 0; // counts every change of the ink
    this.reading = new Raster(1); // the network sees the same pixels whatever the size of the page
    this.screen = new Raster(1);
    this.damage = null;
    this.stroke = null;
    this.pens = [];
  }

  /** Whether a single pixel is inked. */
  get hasInk() {
    if (this.inkVersion !== this.version) {
      this.inkVersion = this.version;
      this.inked = this.strokes().length > 0 || this.stroke ? this.reading.ink.some((value) => value) : false;
    }
    return this.inked;
  }

  get canUndo() {
    return this.done > 0;
  }

  get canRedo() {
    return this.done < this.history.length;
  }

  begin(point, width, erases) {
    this.end();
    this.stroke = { points: [], width, erases };
    this.pens = [this.screen, this.reading].map((raster) => new Pen(raster, width, erases));
    this.move(point);
  }

  move(point) {
    const before = this.stroke?.points.at(-1);
    if (!this.stroke || (before && before[0] === point[0] && before[1] === point[1])) return;
    this.stroke.points.push(point);
    this.damage = union(this.damage, this.pens[0].move(point));
    this.pens[1].move(point);
    this.version++;
  }

  end() {
    if (!this.stroke) return;
    this.pens.forEach((pen) => pen.finish());
    this.add(this.stroke);
    this.stroke = null;
  }

  undo() {
    this.end();
    if (this.canUndo) this.render(this.done - 1);
  }

  redo() {
    this.end();
    if (this.canRedo) this.render(this.done + 1);
  }

  clear() {
    this.end();
    if (!this.strokes().length) return;
    this.add(CLEARED);
    this.render(this.done);
  }

  /** Draw everything again for another number of screen pixels to a sheet unit. */
  resize(scale) {
    this.end();
    this.screen = new Raster(scale);
    this.screen.render(this.strokes());
    this.damage = [0, 0, this.screen.width, this.screen.height];
  }

  add(step) {
    this.history.splice(this.done, Infinity, step);
    this.done++;
  }

  /** What lies on the sheet: the strokes since it was last fresh. */
  strokes() {
    const steps = this.history.slice(0, this.done);
    return steps.slice(steps.lastIndexOf(CLEARED) + 1);
  }

  /**
   * The movements of the pen that left the ink, with the one under way; the reading's pixels are
   * sheet units.
   */
  pulls() {
    const strokes = this.stroke ? [...this.strokes(), this.stroke] : this.strokes();
    return strokes.filter((stroke) => !stroke.erases).map(({ points, width }) => ({ points, width }));
  }

  render(done) {
    this.done = done;
    this.reading.render(this.strokes());
    this.screen.render(this.strokes());
    this.damage = [0, 0, this.screen.width, this.screen.height];
    this.version++;
  }

  /** Bring a canvas of the screen's size up to date, in a colour given as [red, green, blue]. */
  paint(context, [red, green, blue]) {
    if (!this.damage) return;
    const [left, top, right, bottom] = this.damage;
    this.damage = null;
    if (right <= left || bottom <= top) return;
    const pixels = context.createImageData(right - left, bottom - top);
    const words = new Uint32Array(pixels.data.buffer);
    const colour = (blue << 16) | (green << 8) | red;
    for (let y = top, k = 0; y < bottom; y++) {
      for (let at = y * this.screen.width + left; at < y * this.screen.width + right; at++, k++) {
        words[k] = (this.screen.ink[at] << 24) | colour;
      }
    }
    context.putImageData(pixels, left, top);
  }
}
