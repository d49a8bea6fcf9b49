"""Random numbers that a test has chosen, for the kernels that draw digits.

A hand whose normal numbers are all 0 is called calm: it varies nothing.
"""

from nn.kernels import curve, pen, strokes


class Dice:
    """The numbers that come next: the uniform ones have to be used up exactly; the normal ones go on
    with 0, and are counted.
    """

    def __init__(self, uniform, normal):
        self.uniforms, self.normals, self.normals_drawn = list(uniform), list(normal), 0

    def uniform(self, state):
        """The next number of [0, 1)."""
        assert self.uniforms, "one number too many is drawn"
        return self.uniforms.pop(0)

    def between(self, state, low, high):
        """The next number of [low, high)."""
        return low + (high - low) * self.uniform(state)

    def normal(self, state):
        """The next normal number."""
        self.normals_drawn += 1
        return self.normals.pop(0) if self.normals else 0.0

    def normal_within(self, state, limit):
        """The same, limited to ± `limit`."""
        return min(max(self.normal(state), -limit), limit)


def throw(monkeypatch, uniform=(), normal=()):
    """Let the kernels that draw digits run as plain Python with these numbers; returns the dice."""
    dice = Dice(uniform, normal)
    for module in (strokes, curve, pen):
        for name, function in list(vars(module).items()):
            plain = getattr(function, "py_func", None)
            if plain and plain.__module__ in (strokes.__name__, curve.__name__, pen.__name__):
                monkeypatch.setattr(module, name, plain)
    for name in ("uniform", "between", "normal", "normal_within"):
        monkeypatch.setattr(strokes, name, getattr(dice, name))
    return dice
