import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from nn import predict
from nn.datasets import mnist
from nn.layers import Conv2D, Dense, Flatten, MaxPooling2D
from nn.models import Sequential
from nn.reading import Box, recognition


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.npz"
    layers = [
        Conv2D(2, 5, activation="relu", input_shape=(28, 28, 1)),
        MaxPooling2D(4),
        Flatten(),
        Dense(10, activation="softmax"),
    ]
    Sequential(layers, seed=3).save(path)
    return path


@pytest.fixture
def read(command, model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: command("nn.predict", "--model", model, *words)


@pytest.fixture
def images(tmp_path):
    """A digit white on black, one black on white, three side by side, an empty sheet, and
    something else.
    """
    _, (x, _) = mnist.load_data()
    Image.fromarray(x[0]).save(tmp_path / "dark.png")
    Image.fromarray(255 - x[1]).resize((200, 200)).save(tmp_path / "light.png")
    row = np.full((90, 220), 255, np.uint8)
    for place in range(3):
        row[30:58, 20 + 64 * place : 48 + 64 * place] = 255 - x[place]
    Image.fromarray(row).save(tmp_path / "three.png")
    Image.fromarray(np.full((50, 50), 255, np.uint8)).save(tmp_path / "blank.png")
    (tmp_path / "bad.png").write_text("no image")
    return tmp_path


def test_json_has_an_object_a_line_in_the_order_given(read, images):
    ended = read("--json", "light.png", "blank.png", "dark.png", "three.png")
    assert ended.code == 0
    light, blank, dark, three = map(json.loads, ended.out.splitlines())
    assert [each["file"] for each in (light, blank, dark, three)] == ["light.png", "blank.png", "dark.png", "three.png"]
    for one in (light, dark):
        assert list(one) == ["file", "digit", "probability", "probabilities", "verdict", "number", "model"]
        assert one["digit"] == int(np.argmax(one["probabilities"]))
        assert one["probability"] == max(one["probabilities"])
        assert sum(one["probabilities"]) == pytest.approx(1, abs=1e-5)
        assert one["verdict"] in ("sure", "unsure")
        assert one["number"] == str(one["digit"])
    assert (blank["digit"], blank["verdict"], blank["number"]) == (None, "blank", "")
    assert [len(each["probabilities"]) for each in three["digits"]] == [10] * 3
    assert three["number"] == "".join(str(each["digit"]) for each in three["digits"])


def test_a_bad_image_does_not_keep_the_others_from_being_read(read, images):
    ended = read("dark.png", "bad.png", "none.png", "light.png")
    assert ended.code == 2
    assert [line.partition(":")[0] for line in ended.out.splitlines()] == ["dark.png", "light.png"]
    assert len(ended.err.splitlines()) == 3
    assert "reading with" in ended.err.splitlines()[0]
    lines = read("--json", "dark.png", "bad.png", "light.png").out.splitlines()
    assert ["error" in json.loads(line) for line in lines] == [False, True, False]


def test_no_kernel_is_compiled_or_loaded(read, images, monkeypatch):
    monkeypatch.setattr(Sequential, "_run_kernels", lambda *_: pytest.fail("waited for the compiler"))
    assert read("dark.png").code == 0


@pytest.mark.parametrize("words", [(), ("--what",), ("dark.png", "--model", "none.npz"), ("dark.png", "--model", "bad.png")])
def test_bad_input(read, images, words):
    ended = read(*words)
    assert ended.code == 2
    assert len(ended.err.strip().splitlines()) == 1
    assert not ended.out


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.mkdir(), "folder"),
        (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 40), ""),
    ],
)
def test_unreadable_images(read, tmp_path, write, says):
    write(tmp_path / "image.png")
    ended = read("image.png")
    assert ended.code == 2
    assert "image.png" in ended.err
    assert says in ended.err


def reading(*digits):
    made = []
    for probabilities, verdict in digits:
        rest = (1 - sum(probabilities.values())) / (10 - len(probabilities))
        row = np.array([probabilities.get(digit, rest) for digit in range(10)])
        best = int(row.argmax())
        made.append(
            recognition.ReadDigit(Box(0, 0, 5, 5), np.zeros((5, 5)), np.zeros((28, 28)), best, float(row[best]), row, verdict)
        )
    return recognition.Reading(tuple(made))


def test_words_for_people():
    assert predict.in_words(reading(({7: 0.982}, "sure"))) == "7 (98.2%)"
    assert predict.in_words(reading(({7: 0.61, 1: 0.35}, "unsure"))) == "unsure: probably 7 (61.0%), or 1 (35.0%)"
    assert predict.in_words(reading(({7: 0.6}, "unsure"))) == "unsure: probably 7 (60.0%)"
    assert predict.in_words(reading(({7: 0.49}, "unsure"))) == "unsure: perhaps 7 (49.0%), only a guess"
    assert predict.in_words(reading(({4: 0.99}, "sure"), ({2: 0.98}, "sure"))) == "42  (4 (99.0%), 2 (98.0%))"
    doubtful = predict.in_words(reading(({4: 0.99}, "sure"), ({2: 0.6, 7: 0.3}, "unsure")))
    assert doubtful == "42, unsure of digit 2  (4 (99.0%), unsure: probably 2 (60.0%), or 7 (30.0%))"
    assert predict.in_words(reading()) == "blank, no digit found"


def test_words_say_why_a_digit_is_doubtful_and_what_was_left_out():
    one = replace(reading(({5: 0.99}, "unsure")).digits[0], doubt="grouping")
    assert predict.in_words(recognition.Reading((one,))) == "unsure: probably 5, if its ink is one digit"
    one = replace(one, doubt="picture")
    assert predict.in_words(recognition.Reading((one,))) == "unsure: probably 5, if this is one whole digit"
    sure = reading(({5: 0.99}, "sure")).digits
    words = predict.in_words(recognition.Reading(sure, (Box(0, 0, 3, 3),)))
    assert words == "5 (99.0%), 1 mark left out (point, comma, dash or slash)"


def test_rows_of_writing_have_a_space_between_them():
    first, second = reading(({1: 0.99}, "sure"), ({2: 0.99}, "sure")).digits
    found = predict.as_json(recognition.Reading((first, replace(second, row=1))))
    assert found["number"] == "1 2"


def test_debug_writes_a_picture_of_one_image(read, images):
    assert read("dark.png", "--debug", "steps.png").code == 0
    with Image.open(images / "steps.png") as steps:
        assert steps.height == 280 + 2 * 12
    assert read("dark.png", "light.png", "--debug", "steps.png").code == 2
