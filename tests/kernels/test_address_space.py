"""With too little memory to load the compiler, a command says so in one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux limits the address space")
@pytest.mark.parametrize("megabytes", [500, 600])
def test_too_little_address_space_is_one_sentence(tmp_path, megabytes):
    import resource

    # One thread each, so that the libraries take the same on every machine.
    few = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "nn.train", "--epochs", "1", "--train-limit", "640"],
        cwd=tmp_path,
        env={**os.environ, **few, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20,) * 2),
    )
    assert done.returncode == 2
    assert "there is not enough memory" in done.stderr
    assert "the compiler needs 512 MB" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
