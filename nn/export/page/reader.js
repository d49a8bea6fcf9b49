// Reading beside the pen: a worker reads the newest ink, so that drawing never waits for the
// network.

import { buildNetwork } from "./network.js";
import { picture } from "./picture.js";
import { readNumber } from "./recognition.js";

const UNIT = Math.fround(1 / 255); // as in Python, to the last bit: a box filter may take in a pixel more or less

/**
 * A function from ink (bytes, 255 is full ink) to a reading with the first layer's maps of every
 * digit.
 */
export function makeReader(described, weights) {
  const network = buildNetwork(described, weights);
  return ({ ink, height, width, strokes }) => {
    const start = performance.now();
    const drawn = picture(height, width);
    for (let k = 0; k < ink.length; k++) drawn.data[k] = ink[k] * UNIT;
    const reading = readNumber(network, drawn, strokes);
    const digits = reading.digits.map((digit) => ({ ...digit, maps: network.firstMaps(digit.image) }));
    return { ...reading, digits, milliseconds: performance.now() - start };
  };
}

/** What the worker does: it gets the network first, and then one question after another. */
export function serve(scope) {
  let read;
  scope.onmessage = ({ data }) => {
    if (data.weights) read = warmedUp(makeReader(data.described, data.weights));
    else scope.postMessage({ version: data.version, reading: read(data) });
  };
}

/**
 * The browser compiles what runs often: a few readings of a square, so that the first drawing is
 * read as fast as others.
 */
function warmedUp(read) {
  const height = 480;
  const width = 640;
  const ink = new Uint8Array(height * width);
  for (let y = 100; y < 300; y++) ink.fill(255, y * width + 100, y * width + 120);
  for (let k = 0; k < 5; k++) {
    ink[150 * width + 130 + k] = 255; // another picture each time: a known one would not be computed
    read({ ink, height, width });
  }
  return read;
}

/**
 * Reads whatever was asked last; `answer(version, reading)` gets each answer. Questions in
 * between are passed over.
 */
export class Reader {
  constructor(program, described, weights, answer) {
    this.answer = answer;
    this.wanted = null; // the newest question that was not sent yet
    this.asked = null; // the question whose answer is awaited
    const readHere = () => {
      const read = makeReader(described, weights);
      this.send = (asked) => setTimeout(() => this.take({ version: asked.version, reading: read(asked) }));
    };
    try {
      const worker = new Worker(URL.createObjectURL(new Blob([program], { type: "text/javascript" })));
      worker.onmessage = ({ data }) => this.take(data);
      worker.onerror = (event) => {
        event.preventDefault();
        readHere();
        if (this.asked) this.send(this.asked);
      };
      worker.postMessage({ described, weights });
      this.send = (asked) => worker.postMessage(asked);
    } catch {
      readHere(); // some browsers give a page from a disk no workers
    }
  }

  ask(version, { ink, height, width }, strokes) {
    this.wanted = { version, ink: ink.slice(), height, width, strokes };
    if (!this.asked) this.next();
  }

  next() {
    this.asked = this.wanted;
    this.wanted = null;
    if (this.asked) this.send(this.asked);
  }

  take({ version, reading }) {
    this.next();
    this.answer(version, reading);
  }
}
