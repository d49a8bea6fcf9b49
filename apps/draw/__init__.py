"""The drawing window: draw digits, see them read, look inside, ask why, teach, watch a network
learn.

    keys, pointer, focus ──> app, actions ──> session ──> drawing (strokes, undo, ink)
                                │               └──> recognizer (a thread; `reader` calls nn)
                                ├──> study ──> why, teaching (a thread and a helper process)
                                ├──> screens: reading, inside, learning (a helper process)
                                └──> panels, front (help, lessons, files, tooltips, focus)

The way from the pen to the answer:

    pointer.py                 an event of the mouse, a finger or a pen
       │  Session.pen_down, pen_move, pen_up (drawing/tools.py)
    drawing/canvas.py          keeps and draws the stroke, and counts up its `version`
       │  app.py, in every frame: Session.update, which calls Session._exchange (session.py)
    reading/recognizer.py      `submit` hands ink and strokes to the recognizer's thread
       │  in that thread: `read` (reading/reader.py)
    nn/reading/recognition.py  `read_number`: which ink is which digit, and what it says

and back to the window:

    reading/recognizer.py      keeps the `Answer`, and wakes the main loop
       │  app.py, in the next frame: Session._exchange, which calls `take`
    session.py                 `reading` is the answer, and `changes` says that it is new
       │  app.py, in the same frame: `draw`
    screen.py                  the cards of ReadingScreen show it; sheet_view.py frames the digits

To add a screen, see `screen.py`; to add a card, see `cards.py`.

`session`, `study`, `drawing`, `teaching` (except its card) and `learning.watch` do not import
Pygame and run without a display. `docs/window.md` shows what all of this looks like.
"""
