// The page: the sheet, the tools, and what is shown of every reading.

import { BRUSHES, FIRST_BRUSH, followKeys, followPointer } from "./controls.js";
import { Drawing } from "./drawing.js";
import { SHEET_HEIGHT, SHEET_WIDTH } from "./pen.js";
import { makeReader, Reader, serve } from "./reader.js";
import {
  barsTitle,
  makeBars,
  sentenceOf,
  showAbout,
  showAnswer,
  showBars,
  showFrames,
  showMaps,
  showSeen,
  titleOf,
} from "./views.js";

const NAME = "Draw a digit";

class App {
  constructor(described, weights, program) {
    this.described = described;
    this.drawing = new Drawing();
    this.reading = null; // what was read last, null while the sheet is empty
    this.readVersion = 0; // the version of the drawing that it was read from
    this.chosen = null; // the digit that was chosen to be looked at
    this.isFrameAsked = false;
    this.brushIndex = FIRST_BRUSH;
    this.reader = new Reader(program, described, weights, (version, reading) => this.take(version, reading));
    this.sheet = find("sheet");
    makeBars(find("bars"));
    showAbout(find("about"), described);
    this.connect();
    this.setTheme(matchMedia("(prefers-color-scheme: dark)").matches);
    this.fit();
  }

  connect() {
    const changed = () => this.changed();
    const brush = () => BRUSHES[this.brushIndex];
    followPointer(this.sheet, this.drawing, brush, changed);
    followKeys(this.sheet, find("cursor"), this.drawing, brush, changed);
    for (const action of ["clear", "undo", "redo"]) find(action).onclick = () => this.perform(action);
    find("theme").onclick = () => this.perform("theme");
    find("brush").max = BRUSHES.length - 1;
    find("brush").oninput = (event) => this.setBrush(Number(event.target.value));
    this.setBrush(FIRST_BRUSH);
    addEventListener("keydown", (event) => this.press(event));
    matchMedia("(prefers-color-scheme: dark)").onchange = ({ matches }) => this.setTheme(matches);
    new ResizeObserver(() => this.fit()).observe(this.sheet);
  }

  press(event) {
    const control = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    const plain = { c: "clear", delete: "clear", backspace: "clear", t: "theme", "[": "thinner", "]": "wider" };
    const withControl = { z: event.shiftKey ? "redo" : "undo", y: "redo" };
    const action = event.altKey ? undefined : (control ? withControl : plain)[key];
    if (!action) return;
    event.preventDefault();
    this.perform(action);
  }

  perform(action) {
    if (action === "theme") this.setTheme(!this.isDark);
    else if (action === "thinner") this.setBrush(this.brushIndex - 1);
    else if (action === "wider") this.setBrush(this.brushIndex + 1);
    else this.drawing[action]();
    this.changed();
  }

  setBrush(index) {
    this.brushIndex = Math.min(Math.max(index, 0), BRUSHES.length - 1);
    find("brush").value = this.brushIndex;
    find("brush").setAttribute("aria-valuetext", `${BRUSHES[this.brushIndex]} of ${SHEET_WIDTH}`);
    find("dot").style.setProperty("--size", BRUSHES[this.brushIndex] / SHEET_WIDTH);
  }

  setTheme(isDark) {
    this.isDark = isDark;
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => {
      const digits = style.getPropertyValue(name).trim().slice(1);
      return [0, 2, 4].map((k) => parseInt(digits.slice(k, k + 2), 16));
    };
    this.ink = colour("--ink");
    this.tiles = [colour("--desk"), this.ink];
    const { width, height } = this.drawing.screen;
    this.drawing.damage = [0, 0, width, height];
    this.changed();
    this.showReading();
  }

  /** The sheet's canvas gets the pixels that it has on the screen. */
  fit() {
    const scale = (this.sheet.clientWidth * devicePixelRatio) / SHEET_WIDTH;
    if (!scale || scale === this.drawing.screen.scale) return;
    this.drawing.resize(scale);
    this.sheet.width = this.drawing.screen.width;
    this.sheet.height = this.drawing.screen.height;
    this.changed();
  }

  /** Paint and ask for a reading, once a frame. */
  changed() {
    if (this.isFrameAsked) return;
    this.isFrameAsked = true;
    requestAnimationFrame(() => {
      this.isFrameAsked = false;
      this.update();
    });
  }

  update() {
    const { drawing } = this;
    drawing.paint(this.sheet.getContext("2d"), this.ink);
    find("undo").disabled = !drawing.canUndo;
    find("redo").disabled = !drawing.canRedo;
    find("clear").disabled = !drawing.strokes().length && !drawing.stroke;
    if (drawing.stroke) this.chosen = null;
    if (!drawing.hasInk) {
      this.reading = null;
      this.readVersion = drawing.version;
    } else if (this.asked !== drawing.version) {
      this.reader.ask(drawing.version, drawing.reading, drawing.pulls());
    }
    this.asked = drawing.version;
    this.showReading();
  }

  take(version, reading) {
    // The sheet may have been cleared meanwhile.
    if (version < this.readVersion) return;
    this.readVersion = version;
    this.reading = reading;
    this.showReading();
  }

  /** The digit that is looked at: the chosen one, else the one beside the newest stroke's end. */
  get selected() {
    const digits = this.reading?.digits ?? [];
    if (this.chosen !== null && this.chosen < digits.length) return this.chosen;
    const end = (this.drawing.stroke ?? this.drawing.strokes().at(-1))?.points.at(-1);
    if (!end) return digits.length - 1;
    const away = digits.map(({ box }) => Math.hypot((box.left + box.right) / 2 - end[0], (box.top + box.bottom) / 2 - end[1]));
    return away.indexOf(Math.min(...away));
  }

  showReading() {
    const { reading, drawing, selected } = this;
    const digits = reading?.digits ?? [];
    const shown = digits[selected];
    document.title = titleOf(reading, NAME);
    find("took").textContent = digits.length ? `Reading · ${Math.max(1, Math.round(reading.milliseconds))} ms` : "Reading";
    showAnswer(find("answer"), reading, drawing.hasInk);
    showBars(find("bars"), shown);
    find("bars-title").textContent = barsTitle(digits.length, selected);
    const choose = (number) => {
      this.chosen = number;
      this.showReading();
    };
    showSeen(find("seen"), digits, selected, choose, this.tiles);
    showFrames(find("digits"), digits, selected, SHEET_WIDTH, SHEET_HEIGHT);
    find("maps-card").hidden = !this.described.has_maps;
    find("maps").hidden = !shown?.maps;
    if (shown?.maps && (shown.maps !== this.mapped || this.tiles !== this.mappedIn)) {
      [this.mapped, this.mappedIn] = [shown.maps, this.tiles];
      showMaps(find("maps"), shown.maps, this.tiles);
    }
    // A screen reader hears what was read when the pen is lifted, not every guess on the way.
    const isSettled = !drawing.stroke && this.readVersion === drawing.version;
    const sentence = reading ? sentenceOf(reading) : "";
    if ((isSettled || !reading) && find("spoken").textContent !== sentence) find("spoken").textContent = sentence;
  }
}

function find(id) {
  return document.getElementById(id);
}

if (typeof document === "undefined") {
  serve(globalThis);
} else {
  const weights = find("weights").textContent;
  const described = JSON.parse(find("network").textContent);
  new App(described, weights, find("program").textContent);
  // For programs, and for the console: read ink (bytes, 255 is full ink; row by row) as the page
  // does.
  let read;
  globalThis.readDigits = (ink, height, width, strokes) => {
    read ??= makeReader(described, weights);
    return read({ ink, height, width, strokes });
  };
}
