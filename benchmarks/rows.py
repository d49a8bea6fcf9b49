"""The rows of `python -m benchmarks all`: what each measures, by which command, and how its output
becomes the text of the table.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

BUNDLED = "nn/pretrained/mnist.npz"


@dataclass
class Output:
    """What a row's commands printed, one text for each run, and the JSON file that they wrote, if
    any.
    """

    texts: list[str] = field(default_factory=list)
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        what: the quantity that is measured.
        command: the words after `python -m`; "{seed}" makes it run once for each seed.
        quick: more words for `--quick`.
        measured: turns the output into the text of the table.
        peers: the frameworks that the command can compare with.
        writes: whether the command writes a JSON file, which `measured` then gets.
    """

    what: str
    command: str
    quick: str
    measured: Callable[[Output], str]
    peers: tuple[str, ...] = ()
    writes: bool = False

    @property
    def name(self) -> str:
        """Of the file that the benchmark of this row writes, if it is one."""
        words = self.command.split()
        if "--network" in words:
            return f"{words[1]}-{words[3]}"
        return f"{words[1]}-fast" if "--fast" in words else words[1]

    def commands(self, peers: str, seeds: int) -> Iterator[str]:
        """The words of each run."""
        named = [name for name in peers.split(",") if name.startswith(self.peers)] if self.peers else []
        words = " ".join([self.command, *(["--peers", ",".join(named)] if named else [])])
        for seed in range(seeds if "{seed}" in words else 1):
            yield words.replace("{seed}", str(seed))


# -- The texts of the table ------------------------------------------------------------------------------------------------------


def last_lines(count: int) -> Callable[[Output], str]:
    """The last lines that a command printed."""

    def measured(output: Output) -> str:
        lines = [" ".join(line.split()) for line in output.texts[-1].splitlines() if line.strip()]
        return "; ".join(lines[-count:])

    return measured


def accuracies(output: Output) -> str:
    """The test accuracies that `nn.train` printed, and their mean."""
    values = [100 * float(re.findall(r"test accuracy ([\d.]+)", text)[-1]) for text in output.texts]
    mean = f": mean {statistics.mean(values):.2f} %" if len(values) > 1 else ""
    return ", ".join(f"{value:.2f}" for value in values) + f" %{mean}"


def largest_error(output: Output) -> str:
    """The largest relative error that `nn.gradcheck` printed, of all seeds."""
    found = re.findall(r"(\d\.\d+e-\d+)  \w+$", "\n".join(output.texts), re.MULTILINE)
    seeds = f", the worst of seeds 0 to {len(output.texts) - 1}" if len(output.texts) > 1 else ""
    return f"{max(map(float, found)):.1e}{seeds}"


def epoch(output: Output) -> str:
    """Best seconds of each contender, and those of the arithmetic alone."""
    times = ", ".join(f"{row['name']} {row['best']:.2f} s" for row in output.body["rows"])
    return f"{times}{_ratio(output.body['ratio'])}; dense arithmetic {output.body['arithmetic']['seconds']:.2f} s"


def recipe(output: Output) -> str:
    """The default recipe's time in terms of the classic one's."""
    return f"{output.body['rows'][-1]['ratio']:.2f} times the classic recipe's time"


def accuracy_time(output: Output) -> str:
    """Median seconds of each contender."""
    times = ", ".join(f"{row['name']} {row['median']:.1f} s" for row in output.body["rows"])
    return f"{times}{_ratio(output.body['ratio'], 'median')}"


def inference(output: Output) -> str:
    """The fastest way of each contender: all images at their best, one image at its median."""
    texts = []
    for kind, what, key in (("all", "10,000 images", "best"), ("one", "one image", "median")):
        fastest: dict[str, float] = {}
        for row in output.body[kind]["rows"]:
            fastest[row["name"]] = min(row[key], fastest.get(row["name"], row[key]))
        times = ", ".join(f"{name} {1000 * seconds:.3g} ms" for name, seconds in fastest.items())
        texts.append(f"{what} ({key}): {times}{_ratio(output.body[kind]['ratio'])}")
    return "; ".join(texts)


def start(output: Output) -> str:
    """Every row of `start`."""
    return "; ".join(f"{row['what']} {row['value']:.3g} {row['unit']}" for row in output.body["rows"])


def scaling(output: Output) -> str:
    """The speed-up by the most threads."""
    rows, same = output.body["threads"]["rows"], output.body["threads"]["same_bits"]
    bits = "the same bits" if same else "NOT the same bits"
    return f"{rows[-1]['threads']} threads are {rows[-1]['speedup']:.2f} times as fast as one; {bits}"


def shapes(output: Output) -> str:
    """How often our convolution is faster, and the worst ratio."""
    if "summary" not in output.body:
        return f"{len(output.body['rows'])} shapes, no peer"
    summary = output.body["summary"]
    return f"faster in {summary['faster']} of {summary['of']}, at worst {summary['worst']:.2f} times PyTorch's time"


def bounds(output: Output) -> str:
    """The sum, and the three longest operations with their bounds."""
    longest = "; ".join(f"{row['name']} {row['us']:.3g} (bound {row['bound']:.3g})" for row in output.body["rows"][:3])
    return f"{sum(row['us'] for row in output.body['rows']):.0f} µs an image; {longest}"


def kernels(output: Output) -> str:
    """The last rung of each ladder."""
    last = {row["ladder"]: row for row in output.body["rows"]}
    return "; ".join(f"{name} {row['us_per_image']:.3g} µs an image" for name, row in last.items())


def engines(output: Output) -> str:
    """How far the engines' weights and accuracies are apart, and how much longer the layers take."""
    return "; ".join(
        f"{row['recipe']} recipe: weights differ by {row['difference']:.1e}, accuracy fused {row['fused']:.1f} %, "
        f"layers {row['layers']:.1f} %; the layers take {row['times']:.1f} times as long"
        for row in output.body["rows"]
    )


def window(output: Output) -> str:
    """Starts, frame and answer times of each view, and the idle share of a core."""
    text = output.texts[-1]
    starts = re.findall(r"^((?:first|next) start) .*? ([\d.]+) s, .*? ([\d.]+) s", text, re.MULTILINE)
    times = r"median ([\d.]+), p99 ([\d.]+)"
    views = re.findall(rf"^(drawing[^:]*):.*?frame to frame\s+{times}.*?answer shown\s+{times}", text, re.MULTILINE | re.DOTALL)
    texts = [f"{name}: window {opened} s, prediction {answer} s" for name, opened, answer in starts]
    texts += [f"{name}: frames {middle}, {most} ms, answers {first}, {last} ms" for name, middle, most, first, last in views]
    return "; ".join([*texts, *re.findall(r"^idle: .*$", text, re.MULTILINE)])


def _ratio(ratio: dict[str, Any] | None, key: str = "best") -> str:
    return f" ({ratio[key]:.2f} of {ratio['peer']}'s time)" if ratio else ""


# -- The table -------------------------------------------------------------------------------------------------------------------

BOTH = ("torch", "keras")
TRAIN = "nn.train --seed {seed} --out {folder}/model.npz"
# What is timed comes first: it needs a machine that does nothing else, and what follows does not.
ROWS = (
    Row("training epoch", "benchmarks epoch --limit 30000 --epochs 3", "--limit 1280 --epochs 1", epoch, BOTH, writes=True),
    *(
        Row(
            f"training epoch, {what}",
            f"benchmarks epoch --network {name} --limit 12800 --epochs 3",
            "--limit 1280 --epochs 1",
            epoch,
            BOTH,
            writes=True,
        )
        for name, what in (
            ("batch-norm", "batch normalization and Adam"),
            ("colour", "images of 32x32x3"),
            ("lenet", "LeNet-5 and Adam"),
        )
    ),
    Row(
        "epoch of the default recipe",
        "benchmarks recipe --limit 30000 --epochs 3",
        "--limit 1280 --epochs 1",
        recipe,
        writes=True,
    ),
    Row("predictions", "benchmarks inference", "--rounds 1 --single 10", inference, BOTH, writes=True),
    Row("threads", "benchmarks scaling --no-curves", "--limit 1280 --epochs 1", scaling, writes=True),
    Row("start and memory", "benchmarks start --repeats 3", "--repeats 1 --epochs 2", start, BOTH, writes=True),
    Row("drawing window: median, 99th percentile", "benchmarks window --seconds 20", "--seconds 1", window),
    Row("shapes of convolution", "benchmarks shapes --rounds 3", "--rounds 1", shapes, ("torch",), writes=True),
    Row("ladder, one thread", "benchmarks kernels --rounds 5", "--images 2 --rounds 1", kernels, writes=True),
    Row("operations of a training, one thread", "benchmarks limits", "--rounds 1 --steps 2", bounds, writes=True),
    Row(
        "from process start to 99 % test accuracy",
        "benchmarks accuracy-time --seeds 1",
        "--seeds 1 --limit 1280 --percent 20",
        accuracy_time,
        BOTH,
        writes=True,
    ),
    Row(
        "from process start to the end of one epoch by the fast recipe",
        "benchmarks accuracy-time --fast --seeds 3",
        "--seeds 1 --limit 1280",
        accuracy_time,
        BOTH,
        writes=True,
    ),
    Row("the two engines", "benchmarks engines", "--steps 2 --limit 1280", engines, writes=True),
    Row("test accuracy, default recipe", TRAIN, "--epochs 1 --train-limit 1280", accuracies),
    Row("test accuracy, classic recipe", f"{TRAIN} --classic", "--epochs 1 --train-limit 1280", accuracies),
    Row("test accuracy, one epoch", f"{TRAIN} --fast", "--train-limit 1280", accuracies),
    Row("accuracy and loss of the bundled weights", f"nn.evaluate {BUNDLED}", "", last_lines(1)),
    Row("largest relative error of a gradient", "nn.gradcheck --seed {seed}", "--layer Dense", largest_error),
    Row("digits and other drawings: sure, unsure, blank", "benchmarks doubt", "--count 5", last_lines(7)),
    Row("answers that change", "benchmarks invariance", "--count 2", last_lines(9)),
    Row("numbers of several digits", "benchmarks numbers", "--count 2", last_lines(4)),
    Row("lessons", "benchmarks teaching", "--repeats 1", last_lines(2)),
)
DRAWN = Row("real pen strokes", "benchmarks drawn {strokes}", "--limit 20", last_lines(1))
