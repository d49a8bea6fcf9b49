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
    "nn/utils/model_inputs.py": ["tests/utils/test_model_inputs.py", "tests/test_models_fit.py"],
    "nn/utils/weights.py": ["tests/utils/test_weights.py"],
    "nn/utils/arrays.py": ["tests/utils/test_arrays.py"],
    "nn/utils/__init__.py": ["tests/utils/test_utils.py"],
}

_NAMES = "tests/utils/test_keras_names.py"
_TENSORFLOW = "tests/utils/test_tensorflow_names.py"
_CHANNELS = "tests/utils/test_channels.py"
_BATCHES = "tests/utils/batches/test_generators.py"
_CALLBACKS = "tests/utils/callbacks/test_keras_callbacks.py"
_OLDER = "tests/utils/test_older_keras.py"
_IDX = [
    "tests/datasets/test_idx.py",
    "tests/datasets/test_idx_damage.py",
    "-k",
    "by_hand or lacks or gzip_of or dot or size or whole or packed or no_idx_file or lying or trailing or rank",
]
_KERAS_FILE = ["tests/datasets/test_keras_file.py", "-k", "not (command or default_name or no_model or window)"]

# Of everything else, and of reading data sets.
OTHERS: dict[str, list[str]] = {
    "nn/utils/keras_activations.py": [_NAMES, "-k", "activations"],
    "nn/utils/keras_backend.py": [_NAMES, _TENSORFLOW, "-k", "backend or rate_is_read"],
    "nn/utils/keras_callbacks.py": [_CALLBACKS],
    "nn/utils/keras_metrics.py": [_NAMES, "-k", "metrics"],
    "nn/utils/keras_monitors.py": [
        "tests/utils/callbacks/test_keras_monitors.py",
        "tests/utils/callbacks/test_model_checkpoint.py",
    ],
    "nn/utils/keras_names.py": [_NAMES],
    "nn/utils/keras_regularizers.py": [_NAMES, "-k", "regularizers"],
    "nn/utils/keras_schedules.py": [_TENSORFLOW, "-k", "schedules or refused"],
    "nn/utils/older_keras.py": [_OLDER],
    "nn/utils/channels.py": [_CHANNELS],
    "nn/utils/generators.py": ["tests/utils/batches/test_batches.py", _BATCHES],
    "nn/utils/inputs.py": [_OLDER],
    "nn/utils/pictures.py": ["tests/utils/test_pictures.py"],
    "nn/utils/preprocessing/generator.py": ["tests/utils/preprocessing/test_image_generator.py"],
    "nn/utils/preprocessing/image.py": ["tests/utils/preprocessing/test_images_of_files.py"],
    "nn/utils/preprocessing/warp.py": ["tests/utils/preprocessing/test_image_generator.py", _BATCHES],
    "nn/utils/tensorflow/environment.py": [_TENSORFLOW],
    "nn/utils/tensorflow/names.py": [_TENSORFLOW],
    "nn/utils/tensorflow/optimizers.py": [_TENSORFLOW],
    "nn/utils/tf_data.py": ["tests/utils/batches/test_tf_data.py", _TENSORFLOW, "-k", "data or refused"],
    "nn/utils/scikit_learn.py": ["tests/utils/test_scikit_learn.py"],
    "nn/datasets/keras_file.py": _KERAS_FILE,
    "nn/datasets/loading.py": [
        "tests/datasets/test_collections.py",
        "tests/datasets/test_keras_file.py",
        "-k",
        "of_another or belong or dot or archive_is or pixel or no_images",
    ],
    "nn/datasets/idx.py": _IDX,
    "nn/datasets/arguments.py": ["tests/datasets/test_arguments.py"],
}
TESTS: dict[str, list[str]] = {**MODELS, **OTHERS}
