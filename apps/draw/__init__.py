"""The drawing window: draw digits, see them read, look inside, ask why, teach, watch a network
learn.

    keys, pointer, focus ──> app, actions ──> session ──> drawing (strokes, undo, ink)
                                │               └──> recognizer (a thread; `reader` calls nn)
                                ├──> study ──> why, teaching (a thread and a helper process)
                                ├──> screens: reading, inside, learning (a helper process)
                                └──> panels, front (help, lessons, files, tooltips, focus)

`session`, `study`, `drawing`, `teaching` (but its view) and `learning.watch` know no Pygame and
run without a display. `docs/window.md` shows what all of this looks like.
"""
