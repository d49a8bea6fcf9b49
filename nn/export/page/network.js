// The network: its weights, and what its layers make of a picture.

import { ACTIVATIONS } from "./activations.js";
import { forward } from "./layers.js";

const REMEMBERED = 60; // images

/**
 * The network that the page carries. `described` holds `layers` (type, shapes, arguments, and the
 * `arrays` that they have, each a name and a size), `card` and `precision`; `weights` is base64 of
 * all these arrays, one after another.
 */
export function buildNetwork(described, weights) {
  const values = decoded(weights, described.precision);
  let used = 0;
  const take = (size) => values.subarray(used, (used += size));
  const layers = described.layers.map((layer) => {
    return { ...layer, ...Object.fromEntries(layer.arrays.map(([name, size]) => [name, take(size)])) };
  });
  const seen = new Map(); // what the last images led to: while one draws on, most digits stay as they are
  const outputs = (image) => {
    const key = image.data.join();
    const all = seen.get(key) ?? outputsOf(layers, image.data);
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
     * What the first convolution makes of a picture, with the normalization and the activation
     * after it; null without such a layer.
     */
    firstMaps(image) {
      if (mapped < 0) return null;
      const [height, width, count] = layers[mapped].output_shape;
      return { height, width, count, data: outputs(image)[mapped] };
    },
  };
}

function lastOfFirstMaps(layers) {
  let last = layers.findIndex((layer) => layer.type === "Conv2D");
  if (last < 0) return last;
  const isActivation = ({ type, activation }) => Boolean(activation) || type in ACTIVATIONS;
  const follows = (layer) => layer?.type === "BatchNormalization" || layer?.type === "Activation" || layer?.type in ACTIVATIONS;
  while (!isActivation(layers[last]) && follows(layers[last + 1])) last++;
  return last;
}

/** The outputs of all layers, in order. */
function outputsOf(layers, image) {
  let x = image;
  return layers.map((layer) => (x = forward(layer, x)));
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
