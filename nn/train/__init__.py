"""`python -m nn.train`: the command, its checkpoints, the files of a run and the live curves."""

from typing import Any


def __getattr__(name: str) -> Any:
    """The names of TensorFlow's module `tf.train` that are kept elsewhere."""
    from nn.utils.keras_names import member

    return member("nn.train", name)
