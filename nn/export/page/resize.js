// Resampling as Pillow does it (`Image.resize` with a box), for pictures of floating-point
// numbers.

import { picture } from "./picture.js";

export const BOX = { support: 0.5, weigh: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) };
export const BILINEAR = { support: 1, weigh: (x) => Math.max(0, 1 - Math.abs(x)) };

/**
 * The rectangle (left, top, right, bottom) of a picture, in fractions of pixels, resampled to
 * (side, side).
 */
export function resize(source, side, filter, [left, top, right, bottom]) {
  const across = weights(source.width, left, right, side, filter);
  const down = weights(source.height, top, bottom, side, filter);
  const narrow = picture(source.height, side);
  for (let y = down[0].first; y < down[side - 1].first + down[side - 1].factors.length; y++) {
    across.forEach(({ first, factors }, x) => {
      let value = 0;
      const at = y * source.width + first;
      for (let k = 0; k < factors.length; k++) value += source.data[at + k] * factors[k];
      narrow.data[y * side + x] = value;
    });
  }
  const out = picture(side, side);
  down.forEach(({ first, factors }, y) => {
    for (let x = 0; x < side; x++) {
      let value = 0;
      for (let k = 0; k < factors.length; k++) value += narrow.data[(first + k) * side + x] * factors[k];
      out.data[y * side + x] = value;
    }
  });
  return out;
}

/**
 * For each of `count` output pixels: the first input pixel that it looks at, and the factors from
 * there on.
 */
function weights(size, begin, end, count, filter) {
  // Pillow keeps the box in single precision.
  begin = Math.fround(begin);
  const scale = Math.fround(Math.fround(end) - begin) / count;
  const stretch = Math.max(scale, 1);
  const support = filter.support * stretch;
  return Array.from({ length: count }, (_, k) => {
    const centre = begin + (k + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const last = Math.min(size, Math.trunc(centre + support + 0.5));
    const factors = new Float64Array(last - first);
    let total = 0;
    for (let x = first; x < last; x++) total += factors[x - first] = filter.weigh((x - centre + 0.5) / stretch);
    if (total !== 0) factors.forEach((factor, x) => (factors[x] = factor / total));
    return { first, factors };
  });
}
