"""`python -m nn.exercise`: functions to write yourself, and a judge that says what is wrong with
them.

`base.py` says what an exercise is, `judge.py` how it is judged. Each family has a file with its
stubs, its cases and the mistakes that people make there. The solutions are the project's own
layers, losses and optimizers.
"""
