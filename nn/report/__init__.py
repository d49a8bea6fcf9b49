"""`python -m nn.report`: what a model has learned, in pictures, on one self-contained page.

In reading order: `measures.py` computes the values, all with `nn` itself; `histories.py` reads
what a training recorded; `curves.py` and `pictures.py` have a function for each picture (only
these and `style.py` use matplotlib); `page.py` writes the HTML; `contents.py` decides what is on
the page and in which order; `__main__.py` is the command.
"""
