"""What the benchmarks of the window and of the reading draw, and with what."""
