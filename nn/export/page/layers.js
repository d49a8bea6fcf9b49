// The forward pass of every layer: x holds the numbers of one sample, the last axis running
// fastest, as everywhere in this project. The activations are in activations.js.

import { ACTIVATIONS } from "./activations.js";

/** What a layer makes of its input, with the activation that it ends in, if there is one. */
export function forward(layer, x) {
  const out = FORWARD[layer.type](x, layer);
  return layer.activation ? FORWARD[layer.activation.type](out, layer.activation) : out;
}

const unchanged = (x) => x;

const FORWARD = {
  ...ACTIVATIONS,
  Activation: unchanged, // what it does follows, as after a sum
  AveragePooling2D: averagePool,
  BatchNormalization: normalize,
  Conv2D: conv2d,
  Dense: dense,
  Dropout: unchanged, // only training drops anything
  Flatten: unchanged, // the numbers are in that order already
  GlobalAveragePooling2D: globalAverage,
  GlobalMaxPooling2D: globalMax,
  MaxPooling2D: maxPool,
  Reshape: unchanged,
  ZeroPadding2D: pad,
};

/** out[o] = bias[o] + Σ_i x[i] · kernel[i, o]. */
function dense(x, { kernel, bias }) {
  const out = new Float32Array(bias.length);
  const inputs = new NonZero(x.length);
  for (let i = 0; i < x.length; i++) inputs.add(x[i], i);
  inputs.multiply(kernel, bias, out, 0);
  return out;
}

/**
 * out[i, j] = bias + Σ_{ki, kj, c} x[i · SH + ki, j · SW + kj, c] · kernel[ki, kj, c]; 0 outside
 * the image.
 */
function conv2d(x, { kernel, bias, size, strides, before, input_shape, output_shape }) {
  const [height, width, channels] = input_shape;
  const [rows, columns, filters] = output_shape;
  const out = new Float32Array(rows * columns * filters);
  const patch = new NonZero(kernel.length / filters);
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, at += filters) {
      patch.count = 0;
      for (let ki = 0; ki < size[0]; ki++) {
        const y = i * strides[0] + ki - before[0];
        if (y < 0 || y >= height) continue;
        for (let kj = 0; kj < size[1]; kj++) {
          const column = j * strides[1] + kj - before[1];
          if (column < 0 || column >= width) continue;
          const from = (y * width + column) * channels;
          const row = (ki * size[1] + kj) * channels;
          for (let c = 0; c < channels; c++) patch.add(x[from + c], row + c);
        }
      }
      patch.multiply(kernel, bias, out, at);
    }
  }
  return out;
}

/**
 * The inputs of a sum without the zeros, of which ReLU makes many: values, and the kernel's rows
 * that they belong to.
 */
class NonZero {
  constructor(most) {
    this.count = 0;
    this.values = new Float32Array(most);
    this.rows = new Int32Array(most);
  }

  add(value, row) {
    if (value === 0) return;
    this.values[this.count] = value;
    this.rows[this.count++] = row;
  }

  /**
   * out[at + f] = bias[f] + Σ_k values[k] · kernel[rows[k], f], eight sums at a time: they stay
   * in registers.
   */
  multiply(kernel, bias, out, at) {
    const { count, values, rows } = this;
    const filters = bias.length;
    let f = 0;
    for (; f + 8 <= filters; f += 8) {
      let a = 0, b = 0, c = 0, d = 0, e = 0, g = 0, h = 0, i = 0;
      for (let k = 0; k < count; k++) {
        const value = values[k];
        const w = rows[k] * filters + f;
        a += value * kernel[w];
        b += value * kernel[w + 1];
        c += value * kernel[w + 2];
        d += value * kernel[w + 3];
        e += value * kernel[w + 4];
        g += value * kernel[w + 5];
        h += value * kernel[w + 6];
        i += value * kernel[w + 7];
      }
      out[at + f] = a + bias[f];
      out[at + f + 1] = b + bias[f + 1];
      out[at + f + 2] = c + bias[f + 2];
      out[at + f + 3] = d + bias[f + 3];
      out[at + f + 4] = e + bias[f + 4];
      out[at + f + 5] = g + bias[f + 5];
      out[at + f + 6] = h + bias[f + 6];
      out[at + f + 7] = i + bias[f + 7];
    }
    for (; f < filters; f++) {
      let sum = bias[f];
      for (let k = 0; k < count; k++) sum += values[k] * kernel[rows[k] * filters + f];
      out[at + f] = sum;
    }
  }
}

/**
 * Call `visit(to, from)` for every pixel of the output and every pixel of the image in its
 * window: where the first channel of each is.
 */
function eachInWindows({ size, strides, before, input_shape, output_shape }, visit) {
  const [height, width, channels] = input_shape;
  const [rows, columns] = output_shape;
  for (let i = 0, to = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, to += channels) {
      for (let a = 0; a < size[0]; a++) {
        const y = i * strides[0] + a - before[0];
        if (y < 0 || y >= height) continue;
        for (let b = 0; b < size[1]; b++) {
          const column = j * strides[1] + b - before[1];
          if (column >= 0 && column < width) visit(to, (y * width + column) * channels);
        }
      }
    }
  }
}

/**
 * The greatest value of every window, channel by channel; what lies outside the image never wins.
 */
function maxPool(x, layer) {
  const [rows, columns, channels] = layer.output_shape;
  const out = new Float32Array(rows * columns * channels).fill(-Infinity);
  eachInWindows(layer, (to, from) => {
    for (let c = 0; c < channels; c++) if (x[from + c] > out[to + c]) out[to + c] = x[from + c];
  });
  return out;
}

/** The mean of every window, channel by channel, of the pixels that lie inside the image. */
function averagePool(x, layer) {
  const [rows, columns, channels] = layer.output_shape;
  const out = new Float32Array(rows * columns * channels);
  const counts = new Uint32Array(out.length);
  eachInWindows(layer, (to, from) => {
    for (let c = 0; c < channels; c++) {
      out[to + c] += x[from + c];
      counts[to + c]++;
    }
  });
  return out.map((total, k) => total / counts[k]);
}

/** The mean of every channel. */
function globalAverage(x, { input_shape }) {
  const [height, width, channels] = input_shape;
  const totals = new Float64Array(channels);
  for (let k = 0; k < x.length; k++) totals[k % channels] += x[k];
  return Float32Array.from(totals, (total) => total / (height * width));
}

/** The greatest value of every channel. */
function globalMax(x, { input_shape }) {
  const channels = input_shape[2];
  const out = new Float32Array(channels).fill(-Infinity);
  for (let k = 0; k < x.length; k++) out[k % channels] = Math.max(out[k % channels], x[k]);
  return out;
}

/** A border of zeros: `before` is how much of it is above and to the left. */
function pad(x, { before, input_shape, output_shape }) {
  const [height, width, channels] = input_shape;
  const [rows, columns] = output_shape;
  const out = new Float32Array(rows * columns * channels);
  const row = width * channels;
  for (let y = 0; y < height; y++) {
    out.set(x.subarray(y * row, (y + 1) * row), ((before[0] + y) * columns + before[1]) * channels);
  }
  return out;
}

/** γ (x - mean) / √(variance + ε) + β, channel by channel. */
function normalize(x, { gamma, beta, moving_mean, moving_variance, epsilon }) {
  const channels = gamma.length;
  const factor = gamma.map((value, c) => value / Math.sqrt(moving_variance[c] + epsilon));
  return x.map((value, k) => factor[k % channels] * (value - moving_mean[k % channels]) + beta[k % channels]);
}
