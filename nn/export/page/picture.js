// Pictures and the small array helpers that the other files share.

/** A picture: `data` holds height × width numbers, row by row. */
export function picture(height, width, data = new Float32Array(height * width)) {
  return { height, width, data };
}

/** A picture of 0 and 1. */
export function mask(height, width, data = new Uint8Array(height * width)) {
  return { height, width, data };
}

/** The box of a mask's ones; its right and bottom are one past the last. */
export function maskBox({ data, height, width }) {
  const box = { left: width, top: height, right: 0, bottom: 0 };
  for (let y = 0, k = 0; y < height; y++) {
    for (let x = 0; x < width; x++, k++) {
      if (!data[k]) continue;
      if (x < box.left) box.left = x;
      if (x >= box.right) box.right = x + 1;
      if (y < box.top) box.top = y;
      box.bottom = y + 1;
    }
  }
  return box;
}

/**
 * The part of a picture from (top, left) up to, not including, (bottom, right); 0 outside the
 * picture.
 */
export function crop(source, top, left, bottom, right) {
  const size = (bottom - top) * (right - left);
  const out = picture(bottom - top, right - left, new source.data.constructor(size));
  const from = Math.max(left, 0);
  const to = Math.min(right, source.width);
  for (let y = Math.max(top, 0); y < Math.min(bottom, source.height); y++) {
    const row = source.data.subarray(y * source.width + from, y * source.width + to);
    out.data.set(row, (y - top) * out.width + from - left);
  }
  return out;
}

/** The greatest value of every row and of every column. */
export function profiles({ data, height, width }) {
  const rows = new Float32Array(height);
  const columns = new Float32Array(width);
  for (let y = 0, k = 0; y < height; y++) {
    for (let x = 0; x < width; x++, k++) {
      const value = data[k];
      if (value > rows[y]) rows[y] = value;
      if (value > columns[x]) columns[x] = value;
    }
  }
  return { rows, columns };
}

/** The first and the last index whose value passes the test, or null. */
export function range(values, test) {
  const first = values.findIndex(test);
  return first < 0 ? null : [first, values.findLastIndex(test)];
}

/** The greatest value of every block of step × step pixels. */
export function blockMaxima({ data, height, width }, step) {
  const out = picture(Math.ceil(height / step), Math.ceil(width / step));
  for (let y = 0, k = 0; y < height; y++) {
    const row = Math.floor(y / step) * out.width;
    for (let x = 0; x < width; x++, k++) {
      const at = row + Math.floor(x / step);
      if (data[k] > out.data[at]) out.data[at] = data[k];
    }
  }
  return out;
}

/** How many ones a mask has. */
export function areaOf({ data }) {
  return sum(data);
}

export function sum(values) {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** To the nearest whole number, halves to the even one, as Python rounds. */
export function roundEven(value) {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}

export function clip(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
