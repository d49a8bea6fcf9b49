"""The sheet: strokes, their pixels on the screen, and their pixels for the network."""
