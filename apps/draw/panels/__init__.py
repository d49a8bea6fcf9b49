"""Panels that lie over the window: the help, the lessons, the files, and notices."""
