"""What fuzzing found worth keeping (`python -m benchmarks.audit.corpus`): one input for each way
in which a reader can end.
"""

import warnings
import zipfile
from pathlib import Path

import pytest

from nn.datasets.idx import read_idx
from nn.errors import InputError
from nn.models import load_model
from nn.reading import find_digits, read_image, to_ink
from nn.train import checkpoint

READERS = {
    "idx": read_idx,
    "model": load_model,
    "checkpoint": checkpoint.load,
    "image": lambda path: find_digits(to_ink(read_image(path))),
}


@pytest.mark.parametrize("target", READERS)
def test_every_kept_input_is_read_or_refused_in_one_sentence(target, tmp_path):
    with zipfile.ZipFile(Path(__file__).parent / "corpus" / f"{target}.zip") as archive:
        inputs = {name: archive.read(name) for name in archive.namelist()}
    read, refused = [], {}
    for name, content in inputs.items():
        (tmp_path / name).write_bytes(content)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                READERS[target](tmp_path / name)
                read.append(name)
            except InputError as error:
                refused[name] = str(error)
    assert read
    assert len(refused) == len(inputs) - len(read) > 0
    for name, sentence in refused.items():
        assert sentence.startswith(str(tmp_path / name))
        assert "\n" not in sentence
