"""`python -m nn.study NAME`: small experiments along the README's way through the code, each ending in a picture."""
