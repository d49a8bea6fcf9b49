"""What scripts written for Keras call on a model besides `fit`, `evaluate` and `predict`;
`Sequential` inherits it.
"""

from __future__ import annotations

import os
from typing import Any

from nn.errors import InputError
from nn.io import model_file
from nn.utils import keras_files, keras_json
from nn.utils.keras_model.batches import ModelBatches
from nn.utils.symbols import is_own


class ModelHabits(ModelBatches):
    """Keras' other methods of a model: here those for files, in its bases the others."""

    def save_weights(self, filepath: str | os.PathLike[str], overwrite: bool = True, save_format: str | None = None) -> None:
        """Write the weights: Keras' format for names that end in .h5 (`nn/utils/keras_files.py`),
        else a model file. The folder is made if there is none, as TensorFlow does.
        """
        keras_files.check_free(filepath, overwrite, save_format)
        os.makedirs(os.path.dirname(filepath) or ".", exist_ok=True)
        if keras_files.is_foreign(filepath):
            keras_files.save_weights(self, filepath)
        else:
            keras_files.check_ending(filepath)
            model_file.save(self, filepath, {})

    def load_weights(self, filepath: str | os.PathLike[str], by_name: bool = False, skip_mismatch: bool = False) -> None:
        """Take the weights from a file that `save_weights` or `save`, or Keras' `save_weights`,
        wrote.
        """
        if by_name or skip_mismatch:
            raise InputError("load_weights: by_name and skip_mismatch are not supported; expected False")
        self._built()
        if keras_files.is_foreign(filepath):
            arrays = keras_files.load_weights(self, filepath)
        else:
            saved = model_file.load(filepath, [type(layer) for layer in self.layers if is_own(layer)])
            arrays = list(saved.arrays.values())
        self.set_weights(arrays)

    def get_config(self) -> dict[str, Any]:
        """The architecture."""
        return {"name": self.name, **model_file.describe(self)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """A model from what `get_config` returned, with new weights."""
        layers, shape = model_file.layers_from(config, "from_config")
        model = cls(layers)
        model.build(shape)
        return model

    def to_json(self, **options: Any) -> str:
        """The architecture without the weights, for `model_from_json`."""
        return keras_json.to_json(self, **options)

    def to_yaml(self) -> str:
        """Refused, as in Keras."""
        raise InputError("to_yaml: not supported; use to_json()")
