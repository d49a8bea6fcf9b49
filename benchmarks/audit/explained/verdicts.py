"""Of reading: from digits to a verdict."""

from benchmarks.audit.explained.words import ROOM

CHOICE, SEAMS, SEGMENTATION = (f"nn/reading/{name}.py" for name in ("choice", "seams", "segmentation"))
CLOSER = "points or discs that lie closer than they must: smaller dents than are allowed, and more time"

EXPLAINED: tuple[tuple[str, str, str], ...] = (
    (CHOICE, "(pieces.boxes[k + 1], pieces.boxes[k])", "the smaller of two heights is the same in either order"),
    (SEAMS, "->  ((below, range(row + 1, len(above))), (above, reversed(range(row))))", "the ways up and down share no row"),
    (SEAMS, "->  line[here - 1] + SIDEWAYS <= least", "costs are float32, and the sum of one of them and 0.3 is none"),
    (SEGMENTATION, "whole = Piece(np.ones(ink.shape, bool), 0)  [0]  ->  1", "the number of an only piece is compared with none"),
    (SEGMENTATION, "axis=0).T))]) * (radius / 6)", CLOSER),
    (SEGMENTATION, "// (radius / 6)  [6]  ->  7", CLOSER),
    (SEGMENTATION, "->  np.diff(along, prepend=-np.inf) >= 0", CLOSER),
    (SEGMENTATION, "->  np.abs(way).max(axis=1) * 3 * radius", CLOSER),
    (SEGMENTATION, "thirds = np.abs(way).max(axis=1) * 3 / radius  [3]  ->  4", CLOSER),
    (SEGMENTATION, "np.maximum(np.ceil(thirds), 1).astype(np.int64)  [1]  ->  2", CLOSER),
    (SEGMENTATION, "fraction[:, None] * way[piece]])  [1]  ->  2", "the second point of the path is drawn twice"),
    (SEGMENTATION, "offsets = np.arange(-reach, reach + 1)  [1]  ->  2", "an offset that is longer than the radius"),
    (SEGMENTATION, "margin = 2 * reach  [2]  ->  3", ROOM),
    (SEGMENTATION, "(side + 2 * margin for side in shape)  [2]  ->  3", ROOM),
    (SEGMENTATION, "->  columns <= width - reach", "such a disc lies in the frame, to the right or, a row lower, to the left"),
    (SEGMENTATION, "[:, None] + down * width - across", "a disc is symmetric"),
    (SEGMENTATION, "[:, None] - down * width", "a disc is symmetric"),
    ("nn/reading/sheet.py", "->  image.height <= HEIGHT", "a picture of the sheet's height keeps its pixels in either way"),
    ("nn/pretrained/__init__.py", "->  ('sigmoid', 'softmax')", "a model ends in one of them at most"),
)
