// How people draw: with a mouse, a finger or a pen, and with the keyboard alone.

import { SHEET_HEIGHT, SHEET_WIDTH } from "./pen.js";

export const BRUSHES = [6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 28, 32, 36, 40, 48, 56, 64]; // sheet units
export const FIRST_BRUSH = BRUSHES.indexOf(20);
const ERASER = 2; // times the brush
const STEP = 16; // sheet units that an arrow key moves the pen
const FINE_STEP = 4;

/**
 * Draw with whatever points at the sheet; a pen's eraser and the right button erase. `changed()`
 * follows every change.
 */
export function followPointer(sheet, drawing, brush, changed) {
  let drawingWith = null;
  const place = (event) => {
    const box = sheet.getBoundingClientRect();
    const x = ((event.clientX - box.left) * SHEET_WIDTH) / box.width;
    return [x, ((event.clientY - box.top) * SHEET_HEIGHT) / box.height];
  };
  sheet.addEventListener("pointerdown", (event) => {
    if (drawingWith !== null || event.button === 1) return; // a second finger, or the palm
    drawingWith = event.pointerId;
    sheet.setPointerCapture(event.pointerId);
    const erases = event.button === 2 || event.button === 5;
    drawing.begin(place(event), brush() * (erases ? ERASER : 1), erases);
    changed();
  });
  sheet.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drawingWith) return;
    const events = event.getCoalescedEvents?.() ?? [];
    (events.length ? events : [event]).forEach((each) => drawing.move(place(each)));
    changed();
  });
  const end = (event) => {
    if (event.pointerId !== drawingWith) return;
    drawingWith = null;
    drawing.end();
    changed();
  };
  sheet.addEventListener("pointerup", end);
  sheet.addEventListener("pointercancel", end);
  sheet.addEventListener("contextmenu", (event) => event.preventDefault());
}

/**
 * Draw with the keyboard: the arrows move a pen over the focused sheet, the space bar sets it
 * down and lifts it.
 */
export function followKeys(sheet, cursor, drawing, brush, changed) {
  const at = [SHEET_WIDTH / 2, SHEET_HEIGHT / 4];
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const show = (isShown) => {
    cursor.hidden = !isShown;
    cursor.classList.toggle("down", Boolean(drawing.stroke));
    cursor.style.left = `${(100 * at[0]) / SHEET_WIDTH}%`;
    cursor.style.top = `${(100 * at[1]) / SHEET_HEIGHT}%`;
  };
  const lift = () => {
    drawing.end();
    show(false);
    changed();
  };
  sheet.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = moves[event.key];
    if (move) {
      const step = event.shiftKey ? FINE_STEP : STEP;
      at[0] = Math.min(Math.max(at[0] + step * move[0], 0), SHEET_WIDTH);
      at[1] = Math.min(Math.max(at[1] + step * move[1], 0), SHEET_HEIGHT);
      drawing.move([...at]);
    } else if (event.key === " ") {
      if (drawing.stroke) drawing.end();
      else drawing.begin([...at], brush(), false);
    } else {
      return;
    }
    event.preventDefault();
    show(true);
    changed();
  });
  sheet.addEventListener("blur", lift);
  sheet.addEventListener("pointerdown", () => show(false));
}
