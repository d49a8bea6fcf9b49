// Which grouping of a row's pieces reads best, and by how much. A port of nn/reading/choice.py,
// which explains the method.

import { heightOf, widthOf } from "./pieces.js";

const MOST_PIECES_IN_A_DIGIT = 16;
const WIDEST_DIGIT = 1.5; // in heights of the tallest piece
const WIDEST_UNCUT = 2.5;
const WIDEST_GAP = 0.4;
// Costs are in log probability.
const JOIN_COST = 0.1;
const JOIN_COST_PER_GAP = 1.0;
const TALL = 0.35;
const TALL_JOIN_COST = 0.2;
const CUT_COST = 0.9;
const CUT_COST_PER_STROKE = 1.0;
const SMALL = 0.5;
const SMALL_COST = 4.0;
const LEVEL = 0.15;
const UNEVEN_COST = 1.5;
const LOWER = 0.08;
const LOWER_COST = 8.0;
const WIDE = 0.95;
const WIDE_COST = 3.3;
const MOST_FOR_WIDTH = 2.5;
export const MARGIN = 0.25;
const MARK_COST = 0.7;
const SMALL_MARK_COST = 0.15;
const DASH = 0.25;
const SLASH = 0.95;
const SLANT = 0.45;
const COMMA = 0.4;
const LOWEST = 0.65;
const STEEPEST_SLASH = 0.15;
const LEAN = 0.25;
const FLATTER = 0.38;
const FAR_OVER = 0.08;
const OVER = 0.06;
const MAYBE = 0.33;
const LEVEL_ENDS = 0.02;

/**
 * The runs of pieces, [first, one past the last], that may be one digit; a single piece always
 * may.
 */
export function possibleSpans(pieces) {
  const spans = [];
  for (let first = 0; first < pieces.length; first++) {
    const most = Math.min(pieces.length, first + MOST_PIECES_IN_A_DIGIT);
    for (let last = first + 1; last <= most; last++) {
      const gaps = between(first, last - 1).map((k) => pieces.gap(k) ?? 0);
      const width = widthOf(pieces.hull(first, last)) / pieces.height;
      if (gaps.length && (width > WIDEST_UNCUT || Math.max(...gaps) > WIDEST_GAP)) break;
      if (!gaps.length || width <= WIDEST_DIGIT || isOneComponent(pieces, first, last)) spans.push([first, last]);
    }
  }
  return spans;
}

/** Whether pieces first .. last − 1 are all that is connected there. */
function isOneComponent(pieces, first, last) {
  return between(first, last - 1).every((k) => pieces.gap(k) === null) && !pieces.isCut(first, last);
}

function between(first, last) {
  return Array.from({ length: Math.max(last - first, 0) }, (_, k) => first + k);
}

/**
 * The spans, left to right, that cover all pieces with the highest score. Each given span has
 * `first`, `last`, its best guess `digit` and the guess's `probability`; each that is returned
 * also its `margin`, and whether it `isMark`. The grouping `isSettled` if no cut could change it.
 */
export function bestGrouping(pieces, given) {
  const spans = given.map((span) => {
    const own = Math.log(span.probability) - costOf(pieces, span.first, span.last);
    const cost = markCost(pieces, span.first, span.last);
    const isMark = cost === 0 || (cost !== null && own < -MARK_COST);
    return { ...span, own: isMark ? -cost : own, isMark };
  });
  spans.sort((a, b) => a.first - b.first || a.last - b.last);
  const cost = (one, other) => (one.isMark || other.isMark ? 0 : unevenness(pieces, one, other));
  const before = bestSums(spans, (span) => span.first, (span) => span.last, cost);
  // The same from the right: mirrored, spans are in the order of their ends, the last first.
  const end = pieces.length;
  const mirrored = [...spans].sort((a, b) => b.last - a.last || b.first - a.first);
  const after = bestSums(mirrored, (span) => end - span.last, (span) => end - span.first, (one, other) => cost(other, one));
  const through = spans.filter((span) => before.has(span) && after.has(span));
  const marks = new Set(spans.filter((span) => span.isMark).map((span) => span.first));
  const sumOf = (span) => before.get(span).sum + after.get(span).sum - span.own;
  const last = spans.filter((span) => before.has(span) && span.last === end);
  let here = last.reduce((a, b) => (!a || before.get(b).sum > before.get(a).sum ? b : a), null);
  const best = here ? before.get(here).sum : 0;
  const chosen = [];
  for (; here; here = before.get(here).previous) {
    const { first, last: stop, digit, isMark } = here;
    // Spans that share only marks do not compete.
    const shared = (span) => between(Math.max(span.first, first), Math.min(span.last, stop));
    const others = through.filter((span) => shared(span).some((k) => !marks.has(k)));
    const different = others.filter((span) => span.digit !== digit || span.isMark !== isMark);
    chosen.unshift({ ...here, margin: best - Math.max(...different.map(sumOf)) });
  }
  return { spans: chosen, isSettled: best >= MARGIN - CUT_COST };
}

/**
 * For each span, in order of its begin, the highest sum of a grouping that ends with it, and the
 * span before it there.
 */
function bestSums(spans, beginOf, endOf, cost) {
  const best = new Map();
  for (const span of spans) {
    if (beginOf(span) === 0) {
      best.set(span, { sum: span.own, previous: null });
      continue;
    }
    let way = null;
    for (const [each, { sum }] of best) {
      if (endOf(each) !== beginOf(span)) continue;
      const value = sum - cost(each, span);
      // Of equal ways the one that begins later, as Python compares tuples.
      if (!way || value > way.sum || (value === way.sum && beginOf(each) > beginOf(way.previous))) {
        way = { sum: value, previous: each };
      }
    }
    if (way) best.set(span, { sum: span.own + way.sum, previous: way.previous });
  }
  return best;
}

/**
 * What speaks against pieces first .. last − 1 being one digit, before any network looks at it.
 */
function costOf(pieces, first, last) {
  let cost = 0;
  for (const k of between(first, last - 1)) {
    const gap = pieces.gap(k);
    if (gap !== null) cost += JOIN_COST + JOIN_COST_PER_GAP * Math.max(gap, 0) + tallJoin(pieces, k);
  }
  for (const strokes of pieces.cuts(first, last)) cost += CUT_COST + CUT_COST_PER_STROKE * (strokes - 1);
  const box = pieces.hull(first, last);
  cost += Math.min(WIDE_COST * Math.max(0, widthOf(box) / heightOf(box) - WIDE), MOST_FOR_WIDTH);
  return cost + SMALL_COST * Math.max(0, SMALL - heightOf(box) / pieces.height);
}

function tallJoin(pieces, k) {
  const lower = Math.min(heightOf(pieces.boxes[k]), heightOf(pieces.boxes[k + 1]));
  return lower >= TALL * pieces.height ? TALL_JOIN_COST : 0;
}

/**
 * What speaks against two neighbours being digits of one row: they end at different heights, or
 * the second begins and ends lower.
 */
function unevenness(pieces, one, other) {
  const [a, b] = [one, other].map((span) => pieces.hull(span.first, span.last));
  const [up, down] = [(b.top - a.top) / pieces.height, (b.bottom - a.bottom) / pieces.height];
  const lower = up > 0 && down > 0 ? Math.min(up, down) : 0;
  return UNEVEN_COST * Math.max(0, Math.abs(down) - LEVEL) + LOWER_COST * Math.max(0, lower - LOWER);
}

/**
 * What it costs to take a single piece between two others for a dot, a comma, a dash or a slash: 0
 * if it can be nothing else, null if it has another shape.
 */
function markCost(pieces, first, last) {
  if (!isBetween(pieces, first, last)) return null;
  const [before, box, after] = pieces.boxes.slice(first - 1, last + 1);
  const piece = pieces.pieces[first];
  if (reachesBeyond(box, before, after) && piece.isStraight && rises(piece.mask)) return 0;
  const slack = 0.2 * widthOf(box);
  if (before.right > box.left + slack || after.left < box.right - slack) return null;
  if (heightOf(box) < DASH * pieces.height || isComma(pieces, before, box, after)) return SMALL_MARK_COST;
  const slants = heightOf(box) > SLASH * pieces.height && widthOf(box) > SLANT * heightOf(box);
  return slants && piece.isStraight ? MARK_COST : null;
}

/** Whether pieces first .. last − 1 are one, with others before and after it, and connected to none. */
function isBetween(pieces, first, last) {
  return last === first + 1 && first > 0 && last < pieces.length && !pieces.isCut(first, last);
}

/** Whether a piece leans, and begins above and ends below its neighbours, as a slash does. */
function reachesBeyond(box, before, after) {
  const { least, both } = overhang(box, before, after);
  const lean = widthOf(box) / heightOf(box);
  if (lean > FLATTER) return both >= OVER && least >= -OVER / 2;
  if (lean > LEAN && least > 0 && both >= 2 * OVER) return true;
  return lean > STEEPEST_SLASH && least >= FAR_OVER;
}

/** How far a piece reaches above and below both its neighbours: the lesser of the two, and the sum. */
function overhang(box, before, after) {
  const above = Math.min(before.top, after.top) - box.top;
  const below = box.bottom - Math.max(before.bottom, after.bottom);
  return { least: Math.min(above, below) / heightOf(box), both: (above + below) / heightOf(box) };
}

/**
 * Whether pieces first .. last − 1 are a straight stroke between two digits that leans as a slash
 * does, or reaches as far as one.
 */
export function mayBeASlash(pieces, first, last) {
  if (!isBetween(pieces, first, last)) return false;
  const [box, piece] = [pieces.boxes[first], pieces.pieces[first]];
  const lean = widthOf(box) / heightOf(box);
  if (lean <= STEEPEST_SLASH || !(piece.isStraight && rises(piece.mask))) return false;
  return lean > MAYBE || overhang(box, pieces.boxes[first - 1], pieces.boxes[last]).least >= -LEVEL_ENDS;
}

function isComma(pieces, before, box, after) {
  const least = Math.min(...[before, after].map((each) => each.top + LOWEST * heightOf(each)));
  return Math.max(heightOf(box), widthOf(box)) < COMMA * pieces.height && box.top > least;
}

/** Whether the ink of a mask goes up from left to right. */
function rises({ data, width }) {
  const at = Array.from(data, (value, k) => (value ? k : -1)).filter((k) => k >= 0);
  const [rows, columns] = [at.map((k) => Math.floor(k / width)), at.map((k) => k % width)];
  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  const [row, column] = [mean(rows), mean(columns)];
  return rows.reduce((sum, value, k) => sum + (value - row) * (columns[k] - column), 0) < 0;
}
