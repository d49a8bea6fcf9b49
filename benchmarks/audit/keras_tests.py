"""Which tests run for a mutant of what serves Keras' habits (`mutant_tests.py` has the others)."""

_FILES = ["tests/utils/test_keras_files.py", "tests/utils/test_keras_file_layouts.py"]
_LAYERS = ["tests/utils/test_keras_layers_values.py"]
_HABITS = ["tests/utils/test_model_habits.py", "tests/utils/test_keras_habits.py"]
_CHAINS = ["tests/utils/test_model_chains.py", "tests/utils/test_model_classes.py"]
# Of models, their layers and their files.
MODELS: dict[str, list[str]] = {
    "nn/utils/keras_files.py": _FILES,
    "nn/utils/keras_hdf5.py": _FILES,
    "nn/utils/keras_json.py": ["tests/utils/test_keras_json.py", "tests/utils/test_keras_files.py", "-k", "not come_back"],
    "nn/utils/keras_compiled.py": [
        "tests/utils/test_keras_compiled.py",
        "tests/utils/test_keras_files.py",
        "-k",
        "not come_back",
    ],
    **{f"nn/utils/keras_layers/{name}.py": _LAYERS for name in ("noise", "permute", "transposed", "up_sampling")},
    "nn/utils/keras_model/__init__.py": ["tests/utils/test_model_habits.py", *_FILES],
    "nn/utils/keras_model/batches.py": _HABITS,
    "nn/utils/keras_model/layers.py": _HABITS,
    "nn/utils/symbols.py": ["tests/utils/test_symbols.py", "tests/utils/test_model_chains.py"],
    "nn/utils/functional.py": [*_CHAINS, "tests/utils/test_channels.py", "-k", "not files and not learns"],
    "nn/utils/model_inputs.py": ["tests/utils/test_model_inputs.py"],
    "nn/utils/weights.py": ["tests/utils/test_weights.py"],
    "nn/utils/arrays.py": ["tests/utils/test_arrays.py"],
    "nn/utils/__init__.py": ["tests/utils/test_utils.py"],
}
TESTS: dict[str, list[str]] = {**MODELS}
