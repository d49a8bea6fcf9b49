"""Of Keras' models and files."""

from benchmarks.audit.explained.words import CHANCE, ORDER

UNUSED_ARGUMENT = "an argument of Keras that is taken and not used"
FAIR = "noise that is as often positive as negative"

EXPLAINED: tuple[tuple[str, str, str], ...] = (
    ("nn/utils/keras_json.py", "(RecursionError, ValueError)", ORDER),
    ("nn/utils/keras_json.py", "(ValueError, TypeError)", ORDER),
    ("nn/utils/keras_json.py", "('batch_input_shape', 'batch_shape')", "no version of Keras writes both"),
    ("nn/utils/keras_json.py", "->  name.endswith('_regularizer') or isinstance", "no other argument is written as a dictionary"),
    ("nn/utils/keras_files.py", "try:  [(zipfile.BadZipFile, ", ORDER),
    ("nn/utils/keras_hdf5.py", "try:  [(KeyError, OSError, ", ORDER),
    ("nn/utils/keras_hdf5.py", "('_layer_checkpoint_dependencies', 'layers')", ORDER),
    ("nn/utils/keras_compiled.py", "try:  [(InputError, ValueError, ", ORDER),
    ("nn/utils/keras_compiled.py", "try:  [(ValueError, AttributeError, ", ORDER),
    ("nn/utils/keras_layers/noise.py", "->  rng.random((len(x), 1, 1, x.shape[3])) > self.rate", CHANCE),
    ("nn/utils/keras_layers/noise.py", "->  x - np.random.default_rng(rng).normal(0", FAIR),
    (
        "nn/utils/keras_layers/permute.py",
        "(0, *self.dims)))), {})  [0]  ->  1",
        "the sort keeps the first of two equal axes first",
    ),
    ("nn/utils/keras_model/batches.py", "verbose: int=0)", UNUSED_ARGUMENT),
    (
        "nn/utils/keras_model/layers.py",
        "expand_nested: bool=False, show_trainable: bool=False) -> None:  [False]",
        UNUSED_ARGUMENT,
    ),
    ("nn/utils/weights.py", "array.min(initial=0) < 0:  [0]  ->  1", "neither the 1 nor the 0 of an empty array is negative"),
    ("nn/utils/weights.py", "source.targets(np.arange(len(source)), 0)  [0]  ->  1", "a sample keeps its class in every epoch"),
    ("nn/utils/arrays.py", "np.where(norms == 0, 1, norms)  [1]  ->  2", "zeros stay zeros, whatever divides them"),
    ("nn/utils/__init__.py", "astype(dtype, copy=False)", "a copy more holds the same rows"),
    ("nn/utils/functional.py", "for method in ('train_step', 'test_step', 'predict_step')", ORDER),
    ("nn/utils/functional.py", "->  (narrow, wide)", ORDER),
    (
        "nn/utils/functional.py",
        "->  self.call is not None or not self.layers",
        "a built model is not built anew, and its chain is its layers",
    ),
)
