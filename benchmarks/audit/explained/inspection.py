"""Of inspection, attribution and teaching."""

FAR = "the Gaussian is far below rounding there, ten times the picture's side away"
BELLS = "(np.arange(-10 * side, 10 * side + 1) / deviation) ** 2).sum()  "

EXPLAINED: tuple[tuple[str, str, str], ...] = (
    ("nn/inspection/attribution.py", "[way > 0]  ->  way >= 0", "a way of 0 stays 0 with and without the limits"),
    ("nn/inspection/attribution.py", f"{BELLS}[10]  ->  11", FAR),
    ("nn/inspection/attribution.py", f"{BELLS}[1]  ->  2", FAR),
    ("nn/inspection/attribution.py", f"{BELLS}[10 * side + 1]  ->  10 * side - 1", FAR),
    ("nn/inspection/attribution.py", f"{BELLS}[10 * side]  ->  10 + side", FAR),
    (
        "nn/reading/calibration.py",
        "[(np.log(0.2), np.log(5.0))]  ->  (np.log(5.0), np.log(0.2))",
        "the search is symmetric and may begin at either end",
    ),
    ("nn/reading/calibration.py", "range(40):  [40]  ->  41", "40 steps leave 1e-8 of the range already"),
    (
        "nn/reading/calibration.py",
        "[loss(left) < loss(right)]  ->  loss(left) <= loss(right)",
        "where both are equal the minimum is between them, and both intervals contain it",
    ),
    ("apps/draw/teaching/kept_drawings.py", "optimize=True)  [True]  ->  False", "the same pixels; only the file's size differs"),
    (
        "apps/draw/teaching/kept_drawings.py",
        "[(InputError, OSError)]  ->  (OSError, InputError)",
        "the order of exceptions in one clause does not matter",
    ),
)
