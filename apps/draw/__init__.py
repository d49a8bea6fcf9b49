"""The drawing window: draw digits, see them read, look inside, ask why, teach.

    keyboard, mouse ──> app ──> session ──> canvas ──> drawing (strokes, undo)
                         │         │           └─────> raster  (anti-aliased ink)
                         │         └──> recognizer (a thread; nn reads the ink and follows it through the layers)
                         ├──> study ──> why, lessons (a thread each; nn explains, and is taught by `teacher`)
                         └──> screens ──> views, widgets, layout, theme (Pygame)

Everything in the upper three rows but `app` itself knows no Pygame and runs without a display. A screen is what stands around the
sheet: the reading (`screen.py`), or the inside of the network (`inside_screen.py`, with its layout, bands, marks and card).
"""
