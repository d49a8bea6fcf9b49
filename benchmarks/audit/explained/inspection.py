"""Of inspection, attribution and teaching, and of models."""

from benchmarks.audit.explained.words import SPEED

CLAUSE = "the order of exceptions in one clause does not matter"
EPOCHS = "the number of epochs goes through and is not used here"
FAR = "the Gaussian is far below rounding so far away from the middle"
BELLS = "(np.arange(-10 * side, 10 * side + 1) / deviation) ** 2).sum()  "

EXPLAINED: tuple[tuple[str, str, str], ...] = (
    ("nn/inspection/attribution.py", "[way > 0]  ->  way >= 0", "a way of 0 stays 0 with and without the limits"),
    ("nn/inspection/attribution.py", f"{BELLS}[10]  ->  11", FAR),
    ("nn/inspection/attribution.py", f"{BELLS}[1]  ->  2", FAR),
    ("nn/inspection/attribution.py", f"{BELLS}[10 * side + 1]  ->  10 * side - 1", FAR),
    ("nn/inspection/attribution.py", f"{BELLS}[10 * side]  ->  10 + side", FAR),
    ("nn/reading/calibration.py", "range(40):  [40]  ->  41", "40 steps leave 1e-8 of the range already"),
    ("apps/draw/teaching/kept_drawings.py", "optimize=True)  [True]  ->  False", "the same pixels; only the file's size differs"),
    (
        "apps/draw/teaching/kept_drawings.py",
        "[(InputError, OSError)]  ->  (OSError, InputError)",
        CLAUSE,
    ),
    ("apps/draw/teaching/lessons.py", "try:  [(InputError, OSError, ArithmeticError)]", CLAUSE),
    (
        "apps/draw/teaching/training.py",
        "blank = Kept(Path(), 0, np.zeros(IMAGE_SHAPE[:2], np.float32))  [0]  ->  1",
        "the model that this lesson makes is not used",
    ),
    ("nn/engine/predicting.py", "None, False)  [False]  ->  True", "the kernels run in any case, and their result is not used"),
    ("nn/engine/predicting.py", "[size <= CHUNK]  ->  size < CHUNK", SPEED),
    (
        "nn/utils/model_inputs.py",
        "(not isinstance(first, Rescaling)):  [0]  ->  1",
        "only for an empty array, and 1 is not above 1 either",
    ),
    ("nn/models.py", "fit_options(harmless, 1, 'evaluate')  [1]  ->  2", EPOCHS),
    ("nn/models.py", "fit_options(harmless, 1, 'predict')  [1]  ->  2", EPOCHS),
    (
        "nn/models.py",
        "def predict(self, x: Any, batch_size: int | None=None, verbose: int | str=0",
        "it changes nothing; predict prints nothing",
    ),
)
