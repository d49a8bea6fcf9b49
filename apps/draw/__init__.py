"""The drawing window: draw digits, see them read.

    keyboard, mouse ──> app ──> session ──> canvas ──> drawing (strokes, undo)
                         │         │           └─────> raster  (anti-aliased ink)
                         │         └──> recognizer (a thread; nn reads the ink)
                         └──> views, widgets, layout, theme (Pygame)

Everything in the upper two rows but `app` itself knows no Pygame and runs without a display.
"""
