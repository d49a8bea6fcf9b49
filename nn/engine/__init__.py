"""How a training runs: the textbook engine, and the fused engine that computes the same several times faster."""
