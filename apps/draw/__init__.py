"""The drawing window: draw digits, see them read, look inside.

    keyboard, mouse ──> app ──> session ──> canvas ──> drawing (strokes, undo)
                         │         │           └─────> raster  (anti-aliased ink)
                         │         └──> recognizer (a thread; nn reads the ink and follows it through the layers)
                         └──> screens ──> views, widgets, layout, theme (Pygame)

Everything in the upper two rows but `app` itself knows no Pygame and runs without a display. A screen is what stands around the
sheet: the reading (`screen.py`), or the inside of the network (`inside_screen.py`, with its layout, bands, marks and card).
"""
