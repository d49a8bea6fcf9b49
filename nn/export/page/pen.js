// Strokes to ink, anti-aliased. A port of apps/draw/drawing/raster.py, which gives the equations.

export const SHEET_WIDTH = 640;
export const SHEET_HEIGHT = 480;
const LONGEST_PIECE = 48; // pixels
const FLATNESS = 0.1; // pixels that a chord may leave its curve

/** The sheet as pixels, `scale` of them to a sheet unit; 255 is full ink. */
export class Raster {
  constructor(scale) {
    this.scale = scale;
    this.width = Math.max(1, Math.round(SHEET_WIDTH * scale));
    this.height = Math.max(1, Math.round(SHEET_HEIGHT * scale));
    this.ink = new Uint8Array(this.width * this.height);
  }

  /** Draw strokes (each with `points`, `width` and `erases`) afresh. */
  render(strokes) {
    this.ink.fill(0);
    for (const stroke of strokes) {
      const pen = new Pen(this, stroke.width, stroke.erases);
      stroke.points.forEach((point) => pen.advance(point));
      pen.finish();
    }
  }
}

/** One stroke that grows on a raster; its methods return the box of pixels that changed. */
export class Pen {
  constructor(raster, width, erases) {
    this.raster = raster;
    this.radius = Math.max(0.5, (width * raster.scale) / 2);
    this.erases = erases;
    this.last = null;
    this.middle = null;
    this.underTail = null;
  }

  /** Go on to a point (sheet units), and show the stroke up to it. */
  move(point) {
    const lifted = this.liftTail();
    return union(lifted, union(this.advance(point), this.layTail()));
  }

  /** Draw what the point makes final: a curve between the middles of its neighbours. */
  advance([x, y]) {
    const point = [x * this.raster.scale, y * this.raster.scale];
    if (!this.last) {
      this.last = this.middle = point;
      return this.line(point, point);
    }
    const middle = halfway(this.last, point);
    const changed = this.curve(this.middle, this.last, middle);
    this.last = point;
    this.middle = middle;
    return changed;
  }

  /** Make the tail, from the last middle to the last point, final. */
  finish() {
    this.underTail = null;
    return this.last ? this.line(this.middle, this.last) : null;
  }

  layTail() {
    const box = this.around([this.middle, this.last]);
    this.underTail = { box, before: rowsOf(this.raster, box).map((row) => row.slice()) };
    return this.line(this.middle, this.last);
  }

  liftTail() {
    if (!this.underTail) return null;
    const { box, before } = this.underTail;
    rowsOf(this.raster, box).forEach((row, k) => row.set(before[k]));
    this.underTail = null;
    return box;
  }

  line(start, end) {
    return this.curve(start, halfway(start, end), end);
  }

  /** A quadratic Bézier curve as chords. */
  curve(start, control, end) {
    const bend = Math.hypot(start[0] - 2 * control[0] + end[0], start[1] - 2 * control[1] + end[1]);
    const length = distance(start, control) + distance(control, end);
    const count = Math.max(1, Math.ceil(Math.sqrt(bend / (4 * FLATNESS))), Math.ceil(length / LONGEST_PIECE));
    const points = [start];
    for (let step = 1; step <= count; step++) {
      const t = step / count;
      const [a, b, c] = [(1 - t) * (1 - t), 2 * t * (1 - t), t * t];
      points.push([a * start[0] + b * control[0] + c * end[0], a * start[1] + b * control[1] + c * end[1]]);
    }
    return this.chain(points);
  }

  /** Stamp the pieces between points, several short ones at a time. */
  chain(points) {
    let changed = null;
    for (let first = 0, last; first < points.length - 1; first = last) {
      last = first + 1;
      while (last < points.length - 1 && distance(points[first], points[last + 1]) <= LONGEST_PIECE) last++;
      const pieces = points.slice(first, last + 1);
      const box = this.around(pieces);
      stamp(this.raster, box, pieces, this.radius, this.erases);
      changed = union(changed, box);
    }
    return changed;
  }

  /** The raster's pixels that a chain of pieces can touch: [left, top, right, bottom]. */
  around(points) {
    const reach = this.radius + 1;
    const within = (value, size) => Math.min(Math.max(value, 0), size);
    const { width, height } = this.raster;
    const across = points.map(([x]) => x);
    const down = points.map(([, y]) => y);
    return [
      Math.floor(within(Math.min(...across) - reach, width)),
      Math.floor(within(Math.min(...down) - reach, height)),
      Math.ceil(within(Math.max(...across) + reach, width)),
      Math.ceil(within(Math.max(...down) + reach, height)),
    ];
  }
}

/** The smallest box around two boxes, either of which may be null. */
export function union(a, b) {
  if (!a || !b) return a ?? b;
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
}

/**
 * Draw a chain of capsules into the pixels `box`: coverage = clip(radius + ½ − distance, 0, 1).
 */
function stamp({ ink, width }, [left, top, right, bottom], points, radius, erases) {
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      let nearest = Infinity;
      for (let k = 1; k < points.length; k++) {
        nearest = Math.min(nearest, squaredDistance(x + 0.5, y + 0.5, points[k - 1], points[k]));
      }
      const covered = Math.trunc(Math.min(Math.max(255 * radius + 128 - 255 * Math.sqrt(nearest), 0), 255));
      const at = y * width + x;
      ink[at] = erases ? Math.min(ink[at], 255 - covered) : Math.max(ink[at], covered);
    }
  }
}

/** From a point to the nearest point of a piece. */
function squaredDistance(x, y, [ax, ay], [bx, by]) {
  const dx = bx - ax;
  const dy = by - ay;
  const squared = dx * dx + dy * dy;
  const t = squared > 1e-6 ? Math.min(Math.max(((x - ax) * dx + (y - ay) * dy) / squared, 0), 1) : 0;
  const across = x - ax - t * dx;
  const down = y - ay - t * dy;
  return across * across + down * down;
}

function rowsOf({ ink, width }, [left, top, right, bottom]) {
  const rows = [];
  for (let y = top; y < bottom; y++) rows.push(ink.subarray(y * width + left, y * width + right));
  return rows;
}

function halfway(a, b) {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}

function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
