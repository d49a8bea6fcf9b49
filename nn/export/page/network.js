// The network: its weights, and the forward pass of every layer that a page can hold.

const REMEMBERED = 60; // images

/**
 * The network that the page carries. `described` holds `layers` (type, output shape, and their
 * arguments), `card` and `precision`; `weights` is base64 of all parameters, one after another,
 * each layer's kernel before its bias.
 */
export function buildNetwork(described, weights) {
  const values = decoded(weights, described.precision);
  let used = 0;
  const take = (size) => values.subarray(used, (used += size));
  const layers = described.layers.map((layer) => {
    if (!layer.kernel_shape) return layer;
    const size = layer.kernel_shape.reduce((a, b) => a * b);
    return { ...layer, kernel: take(size), bias: take(layer.kernel_shape.at(-1)) };
  });
  const seen = new Map(); // what the last images led to: while one draws on, most digits stay as they are
  const outputs = (image) => {
    const key = image.data.join();
    const all = seen.get(key) ?? run(layers, image.data);
    seen.delete(key);
    seen.set(key, all);
    if (seen.size > REMEMBERED) seen.delete(seen.keys().next().value);
    return all;
  };
  const mapped = lastOfFirstMaps(layers);
  return {
    card: described.card,
    /** The ten probabilities of a (28, 28) picture. */
    predict: (image) => outputs(image).at(-1),
    /**
     * What the first convolution, with the activation after it, makes of a picture; null without
     * such a layer.
     */
    firstMaps(image) {
      if (mapped < 0) return null;
      const [height, width, count] = layers[mapped].output_shape;
      return { height, width, count, data: outputs(image)[mapped] };
    },
  };
}

function lastOfFirstMaps(layers) {
  const first = layers.findIndex((layer) => layer.type === "Conv2D");
  return first >= 0 && layers[first + 1]?.type === "ReLU" ? first + 1 : first;
}

/** base64 to numbers, from single or half precision (both little-endian). */
function decoded(text, precision) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let k = 0; k < bytes.length; k++) bytes[k] = characters.charCodeAt(k);
  const view = new DataView(bytes.buffer);
  const size = precision === "half" ? 2 : 4;
  const values = new Float32Array(bytes.length / size);
  for (let k = 0; k < values.length; k++) {
    values[k] = size === 2 ? fromHalf(view.getUint16(2 * k, true)) : view.getFloat32(4 * k, true);
  }
  return values;
}

/**
 * IEEE half precision: a sign, five bits of exponent, ten of fraction. Infinities do not occur.
 */
function fromHalf(bits) {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : (fraction / 1024) * 2 ** -14);
}

/** The outputs of all layers, in order. */
function run(layers, image) {
  let x = image;
  return layers.map((layer) => (x = FORWARD[layer.type](layer, x)));
}

const FORWARD = {
  Conv2D: (layer, x) => activate(layer.activation, conv2d(layer, x)),
  Dense: (layer, x) => activate(layer.activation, dense(layer, x)),
  MaxPooling2D: (layer, x) => maxPool(layer, x),
  ReLU: (layer, x) => activate("relu", x.slice()),
  Softmax: (layer, x) => activate("softmax", x.slice()),
  Dropout: (layer, x) => x, // only training drops anything
  Flatten: (layer, x) => x, // the numbers are in that order already
};

function activate(name, z) {
  if (name === "relu") return z.map((value) => Math.max(value, 0));
  if (name !== "softmax") return z;
  const greatest = z.reduce((a, b) => Math.max(a, b));
  const powers = z.map((value) => Math.exp(value - greatest));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}

/** out[o] = bias[o] + Σ_i x[i] · kernel[i, o]. */
function dense({ kernel, bias }, x) {
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
function conv2d({ kernel, kernel_shape, bias, strides, before, input_shape, output_shape }, x) {
  const [height, width, channels] = input_shape;
  const [rows, columns, filters] = output_shape;
  const out = new Float32Array(rows * columns * filters);
  const patch = new NonZero(kernel.length / filters);
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, at += filters) {
      patch.count = 0;
      for (let ki = 0; ki < kernel_shape[0]; ki++) {
        const y = i * strides[0] + ki - before[0];
        if (y < 0 || y >= height) continue;
        for (let kj = 0; kj < kernel_shape[1]; kj++) {
          const column = j * strides[1] + kj - before[1];
          if (column < 0 || column >= width) continue;
          const from = (y * width + column) * channels;
          const row = (ki * kernel_shape[1] + kj) * channels;
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
 * The greatest value of every window, channel by channel; what lies outside the image never wins.
 */
function maxPool({ pool_size, strides, before, input_shape, output_shape }, x) {
  const [height, width, channels] = input_shape;
  const [rows, columns] = output_shape;
  const out = new Float32Array(rows * columns * channels).fill(-Infinity);
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, at += channels) {
      for (let a = 0; a < pool_size[0]; a++) {
        const y = i * strides[0] + a - before[0];
        if (y < 0 || y >= height) continue;
        for (let b = 0; b < pool_size[1]; b++) {
          const column = j * strides[1] + b - before[1];
          if (column < 0 || column >= width) continue;
          const from = (y * width + column) * channels;
          for (let c = 0; c < channels; c++) if (x[from + c] > out[at + c]) out[at + c] = x[from + c];
        }
      }
    }
  }
  return out;
}
