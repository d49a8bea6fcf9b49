"""Reading in the background, and the cards that show what was read."""
