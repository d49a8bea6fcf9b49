"""Of what serves Keras' habits, and of reading data sets."""

from benchmarks.audit.explained.words import ORDER

ONE_GIVEN = "exactly one of the shapes is given"
SEEDS = "any large number of seeds will do"

EXPLAINED: tuple[tuple[str, str, str], ...] = (
    ("nn/datasets/arguments.py", "(ValueError, TypeError)]  ->  ", ORDER),
    ("nn/datasets/idx.py", "(MemoryError, ValueError)]  ->  ", ORDER),
    ("nn/datasets/idx.py", "copy=False).reshape(-1).view(np.uint8)  [False]  ->  True", "a copy has the same bytes"),
    ("nn/datasets/idx.py", "bytearray(1))):  [1]  ->  2", "any byte after the last element is one too many"),
    ("nn/utils/inputs.py", "(shape, input_shape)", ONE_GIVEN),
    ("nn/utils/inputs.py", "(batch_input_shape, batch_shape)", ONE_GIVEN),
    ("nn/utils/keras_monitors.py", "stacklevel=2)  [2]  ->  3", "either line is one of this package"),
    ("nn/utils/keras_monitors.py", "('', 'val_'):  [('', 'val_')]  ->  ", ORDER),
    ("nn/utils/keras_monitors.py", "(LookupError, ValueError)]  ->  ", ORDER),
    (
        "nn/utils/preprocessing/generator.py",
        "rounds: int=1, seed: int | None=None) -> None:  [1]  ->  2",
        "Keras' argument for augment=True, which is refused",
    ),
    ("nn/utils/preprocessing/generator.py", "<= 0.5", "one of 2⁵³ random numbers is exactly a half"),
    (
        "nn/utils/preprocessing/image.py",
        "(UnidentifiedImageError, Image.DecompressionBombError, SyntaxError, ValueError)]  ->  ",
        ORDER,
    ),
    ("nn/utils/preprocessing/image.py", "(array.max() or 1) * 255  [1]  ->  2", "where the maximum is 0, so is what is divided"),
    (
        "nn/utils/scikit_learn.py",
        "deep: bool=True) -> dict[str, Any]:  [True]  ->  False",
        "scikit-learn's argument; there is nothing deeper here",
    ),
    ("nn/utils/generators.py", "self.batch_size = len(self.first[0])  [0]  ->  1", "a batch has as many labels as inputs"),
    ("nn/utils/generators.py", "shuffle=False, **options)  [False]  ->  True", "the order of the samples is not used"),
    ("nn/utils/tensorflow/names.py", "if seed is None else seed)  [2]  ->  3", SEEDS),
    ("nn/utils/tensorflow/names.py", "if seed is None else seed)  [31]  ->  32", SEEDS),
)
