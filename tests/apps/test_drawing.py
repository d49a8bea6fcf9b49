import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.draw.drawing import strokes
from apps.draw.drawing.strokes import Clear, Drawing, Picture, Stroke

LINE = Stroke(((0.0, 0.0), (10.0, 10.0)), 5.0)
DOT = Stroke(((3.0, 3.0),), 8.0)


def test_undo_and_redo_walk_through_the_same_states():
    drawing = Drawing()
    states = [drawing.visible()]
    for action in (LINE, DOT, Clear(), DOT, Picture(np.ones((2, 2), np.uint8)), LINE):
        drawing.add(action)
        states.append(drawing.visible())
    for state in reversed(states[:-1]):
        assert drawing.undo()
        assert drawing.visible() == state
    assert not drawing.undo()
    for state in states[1:]:
        assert drawing.redo()
        assert drawing.visible() == state
    assert not drawing.redo()


def test_a_picture_is_a_fresh_sheet():
    drawing, picture = Drawing(), Picture(np.ones((2, 2), np.uint8))
    for action in (LINE, picture, DOT):
        drawing.add(action)
    assert drawing.visible() == (picture, DOT)


def test_a_new_stroke_after_undo_drops_what_could_be_redone():
    drawing = Drawing()
    drawing.add(LINE)
    drawing.undo()
    drawing.add(DOT)
    assert not drawing.can_redo
    assert drawing.visible() == (DOT,)


def test_blank_at_first_after_clear_and_after_undoing_everything():
    drawing = Drawing()
    assert drawing.is_blank
    drawing.add(LINE)
    assert not drawing.is_blank
    drawing.add(Clear())
    assert drawing.is_blank
    drawing.undo()
    assert not drawing.is_blank
    drawing.undo()
    assert drawing.is_blank


@given(st.lists(st.sampled_from("slcur"), max_size=60))
def test_history_agrees_with_a_list_of_states(actions):
    """The oracle keeps every state whole, as two stacks."""
    drawing, before, after, now = Drawing(), [], [], ()
    for action in actions:
        if action in "slc":
            item = {"s": LINE, "l": DOT, "c": Clear()}[action]
            before.append(now)
            after, now = [], (() if action == "c" else (*now, item))
            drawing.add(item)
        elif action == "u":
            assert drawing.undo() == bool(before)
            if before:
                after.append(now)
                now = before.pop()
        else:
            assert drawing.redo() == bool(after)
            if after:
                before.append(now)
                now = after.pop()
        assert drawing.visible() == now
        assert (drawing.can_undo, drawing.can_redo) == (bool(before), bool(after))
        assert drawing.steps == len(before)


def test_the_oldest_sheets_are_let_go_when_they_take_too_much_memory(monkeypatch):
    monkeypatch.setattr(strokes, "MOST_BYTES", 3000)
    drawing, pictures = Drawing(), [Picture(np.ones((10, 100), np.uint8)) for _ in range(6)]
    for picture in pictures:
        drawing.add(picture)
    assert drawing.steps == 3
    for picture in reversed(pictures[3:]):
        assert drawing.visible() == (picture,)
        assert drawing.undo()
    assert drawing.is_blank
    assert not drawing.undo()


def test_the_sheet_in_use_and_the_one_before_are_kept_however_large_they_are(monkeypatch):
    monkeypatch.setattr(strokes, "MOST_BYTES", 100)
    drawing = Drawing()
    for action in (LINE, DOT, Clear(), LINE, LINE):
        drawing.add(action)
    drawing.undo()
    drawing.undo()
    assert drawing.undo()
    assert drawing.visible() == (LINE, DOT)
