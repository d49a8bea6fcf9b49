"""How a training runs: the textbook engine, and the fused engine that computes the same several
times faster.
"""

# What `fit(engine=...)` and `nn.train --engine` take: `fused.py`, the default, and `textbook.py`.
ENGINES = ("fused", "layers")
