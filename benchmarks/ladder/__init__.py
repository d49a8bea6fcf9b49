"""The ladder from the textbook loops to the finished kernels: its rungs, checked and timed."""
