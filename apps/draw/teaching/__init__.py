"""Lessons: corrected drawings, the training on them, and the card that shows it."""
