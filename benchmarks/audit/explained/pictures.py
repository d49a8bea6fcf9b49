"""Of reading: from a file to ink."""

STARTS = "the search starts at ink, where it cannot end"
NEVER = "no float32 is exactly 0.08, and other limits are met by chance only"
SAMPLE = "another sample of the same values, for speed: its median differs by chance only"

EXPLAINED: tuple[tuple[str, str, str], ...] = (
    (
        "nn/reading/clutter.py",
        "max(width - 1, 1)).astype(int)  [1]  ->  2",
        "of a picture two pixels wide, in which no line climbs",
    ),
    (
        "nn/reading/clutter.py",
        "astype(int) + offsets]  ->",
        "looks from below: differs only where ink above and below is equally near",
    ),
    ("nn/reading/clutter.py", "[index < start]  ->  index <= start", STARTS),
    ("nn/reading/clutter.py", "[index > start]  ->  index >= start", STARTS),
    ("nn/reading/images.py", "[(Image.DecompressionBombError, MemoryError)]", "the order of two types"),
    ("nn/reading/ink.py", "float(grey.max() - grey.min()) <= MIN_CONTRAST", NEVER),
    (
        "nn/reading/ink.py",
        "[grey.max() - grey.min()]  ->",
        "spares time: without contrast nothing is deep enough later",
    ),
    ("nn/reading/ink.py", "[200]  ->  201", SAMPLE),
    ("nn/reading/ink.py", "->  peak <= M", NEVER),
    ("nn/reading/ink.py", "->  peak <= max(", NEVER),
    ("nn/reading/ink.py", "depth.size // 50000]  [1]  ->  2", SAMPLE),
    ("nn/reading/ink.py", "[50000]  ->  50001", SAMPLE),
    ("nn/reading/ink.py", "->  noise >= 0.02 * peak", NEVER),
    ("nn/reading/images.py", "UNUSED * ceiling):  [255]  ->  256", "no ceiling lies between 255 and 1023"),
)
