"""Of reading: from ink to separate digits."""

from benchmarks.audit.explained.words import SPEED

MUTUAL = "the relation is mutual, so the two may be exchanged"
LEFT_OUT = "rows that only one of them reaches are left out two lines further down, too"
NOT_TAKEN = "a block beyond the box, of which no pixel is taken"
FRAME = "more white around the ink than it needs"
NOTHING = "further out the disc covers nothing"

EXPLAINED: tuple[tuple[str, str, str], ...] = (
    ("nn/reading/arrays.py", "if step > 1:  [step > 1]  ->  step >= 1", SPEED),
    ("nn/reading/components.py", "stride = width + 3  [3]  ->  4", "the rows only lie further apart"),
    ("nn/reading/components.py", "[rows - 1]  ->  rows + 1", "each run is joined with those below instead of those above"),
    ("nn/reading/components.py", "[(j, k)]  ->  (k, j)", MUTUAL),
    ("nn/reading/grouping.py", "->  (b.mask[rows], a.mask[rows])", MUTUAL),
    ("nn/reading/grouping.py", "->  (second[both], first[both])", MUTUAL),
    ("nn/reading/grouping.py", "->  (other[0], one[0])", MUTUAL),
    ("nn/reading/grouping.py", "rows = slice(max(a.top, b.top), min(a.bottom, b.bottom))", LEFT_OUT),
    (
        "nn/reading/pieces.py",
        "->  across < (1.2 * self.pen) ** 2 / 12 + 0.5",
        "a measured spread equals the limit by chance only",
    ),
    ("nn/reading/pieces.py", "slice(columns.min(), columns.max() + 1))  [1]  ->  2", NOT_TAKEN),
    ("nn/reading/geometry.py", "padded = framed(ink, 1)", FRAME),
    (
        "nn/reading/geometry.py",
        "[(np.flatnonzero(ink.max(axis=1) > 0), np.flatnonzero(ink.max(axis=0) > 0))]",
        "the longer of both is taken",
    ),
    (
        "nn/reading/geometry.py",
        "if part.shape != (y1 - y0, x1 - x0):  [(y1 - y0, x1 - x0)]",
        "then a square that lacks nothing is copied",
    ),
    ("nn/reading/geometry.py", "[level > 0.9]  ->  level >= 0.9", "no float32 equals 0.9"),
    ("nn/reading/geometry.py", "margin = int(np.ceil(max(change, 0))) + 1  [0]  ->  1", FRAME),
    ("nn/reading/geometry.py", "margin = int(np.ceil(max(change, 0))) + 1  [1]  ->  2", FRAME),
    (
        "nn/reading/geometry.py",
        "if change < 0:  [change < 0]  ->  change <= 0",
        "moving by nothing is the same in both directions",
    ),
    ("nn/reading/geometry.py", "for dy in range(-reach, reach + 1):  [1]  ->  2", NOTHING),
    ("nn/reading/geometry.py", "for dx in range(-reach, reach + 1):  [1]  ->  2", NOTHING),
    ("nn/reading/geometry.py", "[coverage <= 0]  ->  coverage < 0", SPEED),
    ("nn/reading/geometry.py", "coverage == 1 else moved * np.float32(coverage), out=out)  [1]  ->  2", SPEED),
)
