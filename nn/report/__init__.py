"""`python -m nn.report`: what a model has learned, in pictures, on one page that needs nothing else.

Reading order: `measures.py` (the numbers, all by `nn` itself), `histories.py` (what a training wrote down), `curves.py` and
`pictures.py` (a function for each picture; only these and `style.py` know matplotlib), `page.py` (the HTML), `contents.py` (what
stands on it), `__main__.py` (the command).
"""
