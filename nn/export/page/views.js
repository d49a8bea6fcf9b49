// The cards: the answer in words and in large, ten bars, what the network sees, and the first
// layer's maps.

const NO_BREAK = "\u00a0";
const MOST_LABELS = 4; // digits on the sheet that have room for a percentage each
const WORTH_TELLING = 0.01; // a probability of the runner-up
const NTH = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"];

/** A probability as people read it; 100 % is kept for what rounds to it generously. */
export function percent(probability) {
  return `${probability < 0.9995 ? Math.min(99, Math.round(100 * probability)) : 100} %`;
}

/** An element with attributes and children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** The page's title: it starts with what was read. */
export function titleOf(reading, name) {
  if (!reading || reading.verdict === "blank") return name;
  if (reading.verdict === "unsure") return `? - ${name}`;
  const [first, ...others] = reading.digits;
  return others.length ? `${reading.number} - ${name}` : `${reading.number} (${percent(first.probability)}) - ${name}`;
}

/** The reading in one sentence, for a screen reader. */
export function sentenceOf(reading) {
  if (reading.verdict === "blank") return "No digit yet.";
  if (reading.verdict === "unsure") return `Probably ${spelled(reading)}, ${doubtOf(reading)}.`;
  const [first, ...others] = reading.digits;
  return others.length ? `The number ${spelled(reading)}.` : `${reading.number}, ${percent(first.probability)}.`;
}

function spelled({ number }) {
  return [...number].join(" ");
}

function doubtOf({ digits }) {
  const unsure = digits.flatMap(({ verdict }, k) => (verdict === "unsure" ? [k] : []));
  if (unsure.length > 1) return "several digits are not sure";
  if (digits.length > 1) return `the ${nth(unsure[0])} digit is not sure`;
  const [{ doubt, probability }] = digits;
  if (doubt === "grouping") return "if its ink is one digit";
  return doubt === "picture" ? "if this is one whole digit" : `${percent(probability)}, which is not sure`;
}

function nth(k) {
  return NTH[k] ?? `${k + 1}th`;
}

/** Show the answer; `reading` is null while nothing has been read yet. */
export function showAnswer(card, reading, hasInk) {
  const giant = card.querySelector(".giant");
  const [head, rest] = card.querySelectorAll(".words > *");
  card.dataset.verdict = reading?.verdict ?? "blank";
  giant.textContent = "";
  if (!hasInk) {
    [head.textContent, rest.textContent] = ["Nothing drawn yet", "The answer appears while you draw."];
  } else if (!reading) {
    [head.textContent, rest.textContent] = ["Reading…", ""];
  } else if (reading.verdict === "blank") {
    [head.textContent, rest.textContent] = ["No digit yet", "There are only specks of ink."];
  } else if (reading.verdict === "unsure") {
    giant.textContent = "?";
    [head.textContent, rest.textContent] = [`Probably ${reading.number}`, doubtOf(reading)];
  } else {
    showNumber(giant, head, rest, reading);
  }
  giant.style.setProperty("--figures", Math.max(1, giant.textContent.length));
  card.classList.toggle("several", giant.textContent.length > 1);
}

function showNumber(giant, head, rest, { number, digits }) {
  giant.textContent = number;
  if (digits.length === 1) {
    head.textContent = percent(digits[0].probability);
    rest.textContent = runnerUp(digits[0].probabilities);
  } else {
    head.textContent = "";
    const each = digits.map(({ digit, probability }) => `${digit} ${percent(probability)}`.replaceAll(" ", NO_BREAK));
    rest.textContent = each.join("   ");
  }
}

function runnerUp(probabilities) {
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
  const chance = probabilities[order[1]];
  return chance >= WORTH_TELLING ? `then ${order[1]}, ${percent(chance)}` : "nothing else comes close";
}

/** Ten rows, each a digit, its bar and its percentage. */
export function makeBars(list) {
  for (let digit = 0; digit < 10; digit++) {
    const bar = make("span", { class: "bar", "aria-hidden": "true" }, make("span"));
    list.append(make("li", {}, make("span", { class: "figure" }, String(digit)), bar, make("output", {}, "")));
  }
}

export function showBars(list, shown) {
  [...list.children].forEach((row, digit) => {
    const probability = shown ? shown.probabilities[digit] : 0;
    row.classList.toggle("wins", shown?.digit === digit);
    row.classList.toggle("sure", shown?.digit === digit && shown.verdict === "sure");
    row.querySelector(".bar > span").style.width = `${100 * probability}%`;
    row.querySelector("output").textContent = shown ? percent(probability) : "";
  });
}

export function barsTitle(count, selected) {
  if (count < 2) return "Probabilities";
  return `Probabilities of the ${nth(selected)} digit`;
}

/** The network's input, a button for each digit; `choose(k)` is called for the k-th. */
export function showSeen(place, digits, selected, choose, colours) {
  const images = digits.length ? digits.map((digit) => digit.image) : [{ height: 28, width: 28, data: new Float32Array(784) }];
  while (place.children.length > images.length) place.lastChild.remove();
  while (place.children.length < images.length) {
    const number = place.children.length;
    const button = make("button", { type: "button" }, make("canvas", { width: 28, height: 28 }));
    button.onclick = () => choose(number);
    place.append(button);
  }
  [...place.children].forEach((button, k) => {
    const digit = digits[k];
    button.disabled = digits.length < 2;
    button.setAttribute("aria-pressed", String(digits.length > 1 && k === selected));
    button.setAttribute("aria-label", digit ? `Digit ${k + 1}: ${digit.digit}, ${percent(digit.probability)}` : "Nothing");
    paint(button.firstChild, images[k].data, [0, 1], colours);
  });
}

/** The first layer's maps, a small canvas for each, all in one scale. */
export function showMaps(place, { height, width, count, data }, colours) {
  while (place.children.length < count) place.append(make("canvas", { width, height }));
  place.setAttribute("aria-label", `${count} maps of ${height} by ${width} values`);
  const least = data.reduce((a, b) => Math.min(a, b), 0);
  const most = data.reduce((a, b) => Math.max(a, b), 0);
  [...place.children].forEach((canvas, c) => {
    const map = data.filter((_, k) => k % count === c);
    paint(canvas, map, [least, most], colours);
  });
}

/** Values as a picture that fills its canvas: `least` in one colour, `most` in the other. */
function paint(canvas, values, [least, most], [low, high]) {
  const context = canvas.getContext("2d");
  const pixels = context.createImageData(canvas.width, canvas.height);
  values.forEach((value, k) => {
    const part = Math.min(Math.max((value - least) / (most - least || 1), 0), 1);
    for (let c = 0; c < 3; c++) pixels.data[4 * k + c] = low[c] + part * (high[c] - low[c]);
    pixels.data[4 * k + 3] = 255;
  });
  context.putImageData(pixels, 0, 0);
}

/** A frame with its reading around each digit on the sheet, where there are several. */
export function showFrames(place, digits, selected, width, height) {
  place.replaceChildren();
  if (digits.length < 2) return;
  digits.forEach(({ box, digit, probability, verdict }, k) => {
    const name = verdict === "sure" ? `${digit}` : `${digit}?`;
    const label = digits.length > MOST_LABELS ? name : `${name} ${percent(probability)}`;
    const frame = make("span", { class: verdict }, make("b", {}, label));
    frame.classList.toggle("chosen", k === selected);
    frame.style.left = `${(100 * box.left) / width}%`;
    frame.style.top = `${(100 * box.top) / height}%`;
    frame.style.width = `${(100 * (box.right - box.left)) / width}%`;
    frame.style.height = `${(100 * (box.bottom - box.top)) / height}%`;
    place.append(frame);
  });
}

/** What the page carries, in a few words and a table of layers. */
export function showAbout(place, { layers, parameters, card, has_maps }) {
  const counted = parameters.toLocaleString("en");
  const right = card["test accuracy"];
  const accuracy = typeof right === "number" ? ` It read ${(100 * right).toFixed(2)} % of its test images correctly.` : "";
  place.append(make("p", {}, `A ${has_maps ? "convolutional " : ""}network of ${counted} parameters.${accuracy}`));
  const rows = layers.map((layer) => {
    const name = layer.activation ? `${layer.type}, ${layer.activation.type}` : layer.type;
    return make("tr", {}, make("td", {}, name), make("td", {}, layer.output_shape.join(" × ")));
  });
  const head = make("tr", {}, make("th", { scope: "col" }, "Layer"), make("th", { scope: "col" }, "Output"));
  place.append(make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)));
  place.append(make("p", {}, "Everything runs in this page. Nothing that you draw leaves it."));
}
