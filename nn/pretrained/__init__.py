"""The bundled weights, and `python -m nn.pretrained`, the command that makes them."""
