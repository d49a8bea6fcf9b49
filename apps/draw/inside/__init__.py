"""Look inside: the drawing on its way through the network, cell by cell."""
