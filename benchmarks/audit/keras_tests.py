"""Which tests run for a mutant of what serves Keras' habits (`mutant_tests.py` has the others)."""

NAMES = "tests/utils/test_keras_names.py"
TENSORFLOW = "tests/utils/test_tensorflow_names.py"
CHANNELS = "tests/utils/test_channels.py"
BATCHES = "tests/utils/batches/test_generators.py"
CALLBACKS = "tests/utils/callbacks/test_keras_callbacks.py"
OLDER = "tests/utils/test_older_keras.py"
IDX = [
    "tests/datasets/test_idx.py",
    "tests/datasets/test_idx_damage.py",
    "-k",
    "by_hand or lacks or gzip_of or dot or size or whole or packed or no_idx_file or lying or trailing or rank",
]
KERAS_FILE = ["tests/datasets/test_keras_file.py", "-k", "not (command or default_name or no_model or window)"]

TESTS: dict[str, list[str]] = {
    "nn/utils/keras_activations.py": [NAMES, "-k", "activations"],
    "nn/utils/keras_backend.py": [NAMES, TENSORFLOW, "-k", "backend or rate_is_read"],
    "nn/utils/keras_callbacks.py": [CALLBACKS],
    "nn/utils/keras_metrics.py": [NAMES, "-k", "metrics"],
    "nn/utils/keras_monitors.py": [
        "tests/utils/callbacks/test_keras_monitors.py",
        "tests/utils/callbacks/test_model_checkpoint.py",
    ],
    "nn/utils/keras_names.py": [NAMES],
    "nn/utils/keras_regularizers.py": [NAMES, "-k", "regularizers"],
    "nn/utils/keras_schedules.py": [TENSORFLOW, "-k", "schedules or refused"],
    "nn/utils/older_keras.py": [OLDER],
    "nn/utils/channels.py": [CHANNELS],
    "nn/utils/generators.py": ["tests/utils/batches/test_batches.py", BATCHES],
    "nn/utils/inputs.py": [OLDER],
    "nn/utils/pictures.py": ["tests/utils/test_pictures.py"],
    "nn/utils/preprocessing/generator.py": ["tests/utils/preprocessing/test_image_generator.py"],
    "nn/utils/preprocessing/image.py": ["tests/utils/preprocessing/test_image_files.py"],
    "nn/utils/preprocessing/warp.py": ["tests/utils/preprocessing/test_image_generator.py", BATCHES],
    "nn/utils/tensorflow/environment.py": [TENSORFLOW],
    "nn/utils/tensorflow/names.py": [TENSORFLOW],
    "nn/utils/tensorflow/optimizers.py": [TENSORFLOW],
    "nn/utils/tf_data.py": ["tests/utils/batches/test_tf_data.py", TENSORFLOW, "-k", "data or refused"],
    "nn/utils/scikit_learn.py": ["tests/utils/test_scikit_learn.py"],
    "nn/datasets/keras_file.py": KERAS_FILE,
    "nn/datasets/loading.py": [
        "tests/datasets/test_collections.py",
        "tests/datasets/test_keras_file.py",
        "-k",
        "of_another or belong or dot or archive_is or pixel or no_images",
    ],
    "nn/datasets/idx.py": IDX,
    "nn/datasets/arguments.py": ["tests/datasets/test_arguments.py"],
}
"""Of what serves Keras' habits."""
