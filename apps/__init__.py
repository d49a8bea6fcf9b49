"""Programs on top of `nn`: the drawing window."""
