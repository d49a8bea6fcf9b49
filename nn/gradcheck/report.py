"""What a gradient check reports: a verdict on each tensor, and on the layer as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from nn.gradcheck.differences import Index
from nn.layers.arguments import Shape

TOLERANCE = 1e-7

# Of the column of names; a longer name, such as a path, has a line of its own.
NAME_WIDTH = 44
HEADER = f"{'layer':<{NAME_WIDTH}} {'tensor':<16} {'entries':>12}  {'rel.error':>9}  verdict"


@dataclass
class TensorReport:
    """How many entries of one tensor were compared, and the worst of them.

    Attributes:
        name, shape, size: of the tensor.
        checked: how many entries were compared; if fewer than `size`, a random sample.
        kinks: how many of these lie exactly at a kink.
        error: the largest relative error.
        index, analytic, numeric: of the entry with that error.
        wrong: how many of the compared entries have an error that is too large.
    """

    name: str
    shape: Shape
    checked: int
    kinks: int
    error: float
    index: Index
    analytic: float
    numeric: float
    wrong: int = 0

    @property
    def size(self) -> int:
        """The number of entries."""
        return int(np.prod(self.shape))

    @property
    def worst(self) -> str:
        """The worst entry, as `kernel[0, 2]`."""
        return f"{self.name}[{', '.join(map(str, self.index))}]"

    def failure(self) -> str:
        """A sentence about the worst entry: both numbers, and how many others are wrong."""
        numbers = f"backward gives {self.analytic:.10g}, the slope of the forward pass is {self.numeric:.10g}"
        return f"the gradient of {self.worst} is wrong: {numbers}; {self.wrong} of {self.checked} compared entries are wrong"


@dataclass
class Report:
    """The verdict on one layer.

    Attributes:
        name: of the layer or of the case.
        tensors: one report for the input and one for each parameter.
        complaints: one sentence for each broken rule, such as a gradient of the wrong shape.
        tolerance: the relative error must be smaller than this.
    """

    name: str
    tensors: list[TensorReport] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    tolerance: float = TOLERANCE

    @property
    def error(self) -> float:
        """The largest relative error of all tensors."""
        return max((tensor.error for tensor in self.tensors), default=0.0)

    @property
    def passed(self) -> bool:
        """Whether all errors are below the tolerance (NaN is not) and there are no complaints."""
        return not self.complaints and bool(self.tensors) and all(tensor.error < self.tolerance for tensor in self.tensors)

    def failures(self) -> list[str]:
        """One sentence for each broken rule and for each tensor with a wrong gradient."""
        wrong = [tensor for tensor in self.tensors if not tensor.error < self.tolerance]
        return [f"{self.name}: {each}" for each in (*self.complaints, *(tensor.failure() for tensor in wrong))]

    def lines(self, verbose: bool = False) -> list[str]:
        """The rows of the table, with the worst entry of each wrong tensor; with `verbose`, of all."""
        rows, name = name_column(self.name)
        for position, tensor in enumerate(self.tensors):
            checked = f"{tensor.checked}" if tensor.checked == tensor.size else f"{tensor.checked} of {tensor.size}"
            verdict = "ok" if tensor.error < self.tolerance else "WRONG"
            verdict += f" ({tensor.kinks} at a kink)" if tensor.kinks else ""
            first = name if position == 0 else ""
            rows.append(f"{first:<{NAME_WIDTH}} {tensor.name:<16} {checked:>12}  {tensor.error:>9.1e}  {verdict}")
            if verbose or tensor.wrong:
                rows.append(f"{'':<45}worst: {tensor.worst} analytic {tensor.analytic:.12g} numeric {tensor.numeric:.12g}")
        return rows + [f"{self.name}: WRONG: {complaint}" for complaint in self.complaints]

    def __str__(self) -> str:
        return "\n".join([HEADER, *self.lines()])


def name_column(name: str) -> tuple[list[str], str]:
    """The lines above the rows of a report, and what stands in the first of these."""
    return ([], name) if len(name) <= NAME_WIDTH else ([name], "")
