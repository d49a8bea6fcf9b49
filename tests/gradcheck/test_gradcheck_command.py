"""python -m nn.gradcheck: its table, its plot, and its cases, which fail only with a fault."""

import subprocess
import sys

import numba
import numpy as np
import pytest

from nn.errors import InputError
from nn.gradcheck import __main__ as command
from nn.gradcheck import cases, network, plot
from nn.gradcheck.report import NAME_WIDTH
from nn.layers import Conv2D, Dropout


def test_command_prints_a_row_for_each_tensor_and_returns_0(capsys):
    assert command.main(["--layer", "dense", "--seed", "2"]) == 0
    output = capsys.readouterr().out
    for text in ("Dense, 5 to 4", "kernel", "bias", "rel.error", "ok", "3 of 3 right", "seed 2"):
        assert text in output
    assert "Conv2D" not in output


def test_the_names_of_all_cases_fit_into_their_column():
    assert [name for case in cases.CASES if len(name := f"{case.layer}, {case.what}") > NAME_WIDTH] == []


def test_command_verbose_shows_the_worst_entry(capsys):
    assert command.main(["--layer", "RELU", "--verbose"]) == 0
    assert "worst: x[" in capsys.readouterr().out


def test_command_returns_1_and_names_what_is_wrong(capsys, monkeypatch):
    monkeypatch.setattr(Dropout, "backward", lambda self, dout, cache: (2 * dout, {}))
    assert command.main(["--layer", "dropout"]) == 1
    output = capsys.readouterr().out
    assert "WRONG" in output
    assert "wrong: Dropout, frozen mask" in output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--layer", "Conv3D"], "expected one of Dense, Conv2D"),
        (["--plot", "/nowhere/v.png"], "--plot"),
        (["--plot", "v.xyz"], "png"),
    ],
)
def test_command_refuses_bad_input_in_one_sentence(arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pytest.importorskip("matplotlib", reason="the plot needs matplotlib (the extra 'report')")
    with pytest.raises(InputError, match=said):
        command.main(arguments)
    assert list(tmp_path.iterdir()) == []


def test_plot_without_matplotlib_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(InputError, match="pip install matplotlib"):
        command.main(["--layer", "flatten", "--plot", str(tmp_path / "v.png")])


def test_plot_is_written_and_named(tmp_path, monkeypatch, capsys):
    pytest.importorskip("matplotlib", reason="the plot needs matplotlib (the extra 'report')")
    monkeypatch.setattr(plot, "WIDTHS", np.logspace(-1, -11, 6))
    assert command.main(["--layer", "flatten", "--plot", str(tmp_path / "v.svg")]) == 0
    assert (tmp_path / "v.svg").read_text().startswith("<?xml")
    assert f"written: {tmp_path / 'v.svg'}" in capsys.readouterr().out


def test_curves_are_v_shaped(monkeypatch):
    monkeypatch.setattr(plot, "WIDTHS", np.array([1e-1, 1e-4, 1e-12]))
    truncation, best, round_off = plot.curves(0)["Softmax, central difference"]
    assert best < 1e-7 < 1e-5 < truncation
    assert best < 1e-5 < round_off


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="the network takes minutes without the compiler")
def test_every_case_passes(monkeypatch):
    monkeypatch.setattr(network, "ENTRIES", 6)
    for case in cases.CASES:
        report = case.run(1)
        assert report.passed, str(report)
        assert report.tolerance == (1e-6 if case.layer == "Network" else 1e-7)


def test_network_check_finds_a_fault_in_one_layer(monkeypatch):
    if numba.config.DISABLE_JIT:
        pytest.skip("the network takes minutes without the compiler")
    right = Conv2D.backward

    def wrong(self, dout, cache):
        dx, grads = right(self, dout, cache)
        return dx, grads | {"kernel": grads["kernel"] * (1 + 1e-4)}

    monkeypatch.setattr(Conv2D, "backward", wrong)
    monkeypatch.setattr(network, "ENTRIES", 4)
    assert [tensor.name for tensor in network.check_entries(0).tensors if tensor.error > 1e-5] == [
        "conv2d/kernel",
        "conv2d_1/kernel",
    ]


def test_usage_errors_exit_with_2():
    result = subprocess.run([sys.executable, "-m", "nn.gradcheck", "--layer", "none"], capture_output=True, text=True)
    assert result.returncode == 2
    assert result.stderr.startswith("nn.gradcheck: --layer: expected one of")
    assert result.stderr.count("\n") == 1
