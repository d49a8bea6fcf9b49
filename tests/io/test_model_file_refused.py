"""Model files that are damaged, tampered with or no model files at all are refused in a sentence,
and nothing in them is run.
"""

import contextlib
import io
import json
import os
import zipfile

import numpy as np
import pytest
from damage import flips
from tiny_models import FORMAT, VERSION, same, tiny_model

from nn.errors import InputError
from nn.io.archive import read_archive, write_archive
from nn.layers import MaxPooling2D, ReLU
from nn.models import Sequential, load_model


def refused(path):
    with pytest.raises(InputError) as error:
        load_model(path)
    message = str(error.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def rewritten(path, change):
    """Read the members of a model file, let `change` alter them (a dict of bytes), and write them
    with a fresh zip directory.
    """
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def npy(array, allow_pickle=False):
    content = io.BytesIO()
    np.save(content, array, allow_pickle=allow_pickle)
    return content.getvalue()


def raw_npy(header):
    """A .npy member with any text as its header."""
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()


def with_header(change):
    def apply(members):
        header = json.loads(str(np.load(io.BytesIO(members["header.npy"]))))
        change(header)
        members["header.npy"] = npy(np.array(json.dumps(header)))

    return apply


def test_truncated_at_any_byte_is_refused(tiny):
    for length in reversed(range(tiny.stat().st_size)):
        os.truncate(tiny, length)
        refused(tiny)


def test_flipped_bit_at_any_byte_is_refused_or_reads_back_equal(tiny):
    original = load_model(tiny)
    for _ in flips(tiny):
        with contextlib.suppress(InputError):
            model = load_model(tiny)
            assert same(model, original)
            assert model.card == original.card


def test_appended_and_prepended_bytes_are_refused_or_read_back_equal(tiny, tmp_path):
    content = tiny.read_bytes()
    for changed in (content + b"more", b"before" + content, content + content):
        (tmp_path / "long.npz").write_bytes(changed)
        with contextlib.suppress(InputError):
            assert same(load_model(tmp_path / "long.npz"), load_model(tiny))


class Evil:
    def __reduce__(self):
        return (os.system, ("touch pwned",))


@pytest.mark.parametrize("name", ["header", "dense/kernel", "foreign"])
def test_pickles_are_refused_and_not_run(tiny, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    rewritten(tiny, lambda members: members.update({f"{name}.npy": npy(np.array([Evil()], object), allow_pickle=True)}))
    refused(tiny)
    assert not (tmp_path / "pwned").exists()


def test_pickle_instead_of_a_member_is_refused(tiny):
    import pickle

    rewritten(tiny, lambda members: members.update({"dense/kernel.npy": pickle.dumps([1, 2])}))
    refused(tiny)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda members: members.pop("header.npy"), "header"),
        (lambda members: members.pop("dense/kernel.npy"), ""),
        (lambda members: members.update({"more.npy": npy(np.zeros(3))}), ""),
        (lambda members: members.update({"readme.txt": b"hello"}), "readme.txt"),
        (lambda members: members.update({"../evil.npy": npy(np.zeros(3))}), ""),
        (lambda members: members.update({"dense/kernel.npy": npy(np.zeros((4, 3), np.float32))}), "checksum"),
        (lambda members: members.update({"header.npy": npy(np.array("[]"))}), ""),
        (lambda members: members.update({"header.npy": npy(np.array("{" * 100_000))}), ""),
        (lambda members: members.update({"header.npy": npy(np.array("[" * 100_000))}), ""),
        (lambda members: members.update({"header.npy": npy(np.array('{"format": NaN}'))}), ""),
        (lambda members: members.update({"header.npy": npy(np.array("9" * 10_000))}), ""),
        (lambda members: members.update({"header.npy": npy(np.array(3.0))}), "header"),
        (with_header(lambda header: header.update(format="something else")), "kind"),
        (with_header(lambda header: header.update(version=2)), "version"),
        (with_header(lambda header: header.update(sha256={})), "checksum"),
        (with_header(lambda header: header.update(card=[1])), "card"),
        (with_header(lambda header: header.pop("layers")), "layers"),
        (with_header(lambda header: header.update(layers=[])), "layers"),
        (with_header(lambda header: header.update(layers=header["layers"] * 400)), "layers"),
        (with_header(lambda header: header.update(layers=["Dense"])), "layer"),
        (with_header(lambda header: header["layers"][0].update(type="LSTM")), "LSTM"),
        (with_header(lambda header: header["layers"][0].update(type="Layer")), "Layer"),
        (with_header(lambda header: header["layers"][0].update(type="__class__")), "__class__"),
        (with_header(lambda header: header["layers"][0].update(type=["Dense"])), "Dense"),
        (with_header(lambda header: header["layers"][0]["config"].update(units=-1)), "Dense"),
        (with_header(lambda header: header["layers"][0]["config"].update(units="3")), "Dense"),
        (with_header(lambda header: header["layers"][0]["config"].update(units=2**40)), ""),
        (with_header(lambda header: header["layers"][0]["config"].update(colour="red")), "Dense"),
        (with_header(lambda header: header["layers"][0]["config"].update(activation="step")), "Dense"),
        (with_header(lambda header: header["layers"][0]["config"].update(kernel_initializer={"class": ["x"]})), "Dense"),
        (
            with_header(
                lambda header: header["layers"][0]["config"].update(kernel_initializer={"class": "HeNormal", "seed": -1})
            ),
            "seed",
        ),
        (with_header(lambda header: header["layers"][0]["config"].update(kernel_regularizer={"l1": "x", "l2": 0})), "l1"),
        (with_header(lambda header: header["layers"][0]["config"].update(use_bias=False)), "dense/bias"),
        (
            with_header(lambda header: header["layers"][1].update(type="Reshape", config={"name": "r", "target_shape": [2**62]})),
            "Reshape",
        ),
        (with_header(lambda header: header["layers"][1].update(type="BatchNormalization", config={"name": "b"})), "b/"),
        (
            with_header(lambda header: header["layers"][1].update(type="ZeroPadding2D", config={"name": "z", "padding": 2**62})),
            "images",
        ),
        (with_header(lambda header: header["layers"][1]["config"].update(rate=1.5)), "Dropout"),
        (with_header(lambda header: header["layers"][1]["config"].update(name="dense")), "name"),
        (with_header(lambda header: header["layers"][1]["config"].update(name=7)), ""),
        (with_header(lambda header: header["layers"][1]["config"].update(name=["dense"])), "name"),
        (with_header(lambda header: header["layers"][0]["config"].update(input_shape=["x"])), "Dense"),
        (with_header(lambda header: header["layers"][0]["config"].update(input_shape=[0.5])), "Dense"),
        (with_header(lambda header: header["layers"][0]["config"].update(input_shape=[2**62])), "one input shape"),
        (with_header(lambda header: header["layers"][1]["config"].update(input_shape=[2**62])), "one input shape"),
        (with_header(lambda header: header["layers"][0]["config"].update(units=[3, 4])), "Dense"),
        (with_header(lambda header: header.update(input_shape=[10**299] * 3)), ""),
        (with_header(lambda header: header.update(card={"number": 10**400})), "digits"),
        (with_header(lambda header: header.update(input_shape=[5])), "dense/kernel"),
        (with_header(lambda header: header.update(input_shape=[4, 4])), ""),
        (with_header(lambda header: header.update(input_shape=[-4])), "shape"),
        (with_header(lambda header: header.update(input_shape=[2**70])), ""),
        (with_header(lambda header: header.update(input_shape=4)), "shape"),
        (with_header(lambda header: header.update(input_shape=[True])), "shape"),
    ],
)
def test_tampered_file_is_refused(tiny, change, says):
    rewritten(tiny, change)
    assert says in refused(tiny)


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': (",
        "{'descr': " + "-" * 9_000 + "1}",
        "{'descr': " + "(" * 500 + ")" * 500 + "}",
        "{'descr': 1is 2}",
        "{'descr': '\\d'}",
        "{'descr': '\0'}",
        "{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (0,), }\n",
        "{'descr': '|S0', 'fortran_order': False, 'shape': (4, 3), }\n",
        "{'descr': '|O', 'fortran_order': False, 'shape': (4, 3), }\n",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4, 3), }\n",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (4, 3), }\n",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-4, -3), }\n",
        f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({'9' * 30}, 0), }}\n",
        "",
    ],
)
@pytest.mark.parametrize("member", ["dense/kernel.npy", "header.npy"])
def test_array_header_is_not_read_as_python(tiny, recwarn, member, header):
    rewritten(tiny, lambda members: members.update({member: raw_npy(header) + bytes(48)}))
    refused(tiny)
    assert not recwarn.list


def test_numbers_that_are_no_characters_are_refused(tiny):
    header = raw_npy("{'descr': '<U1', 'fortran_order': False, 'shape': (), }\n") + b"\xff\xff\xff\x7f"
    rewritten(tiny, lambda members: members.update({"header.npy": header}))
    refused(tiny)


def test_padding_that_makes_an_image_huge_is_refused(tmp_path):
    Sequential([MaxPooling2D((9, 9), strides=1, padding="same", input_shape=(9, 9, 1))]).save(tmp_path / "same.npz")
    assert load_model(tmp_path / "same.npz").output_shape == (9, 9, 1)
    rewritten(tmp_path / "same.npz", with_header(lambda header: header["layers"][0]["config"].update(pool_size=[10**5, 10**5])))
    assert "more than" in refused(tmp_path / "same.npz")


def test_layers_that_are_small_each_but_not_together_are_refused(tmp_path):
    Sequential([ReLU(input_shape=(1000, 1000))]).save(tmp_path / "one.npz")
    load_model(tmp_path / "one.npz")
    rewritten(tmp_path / "one.npz", with_header(lambda header: header.update(layers=many_layers(20))))
    assert "more than" in refused(tmp_path / "one.npz")


def many_layers(count):
    return [{"type": "ReLU", "config": {"name": f"layer{number}"}} for number in range(count)]


def test_wrong_weights_with_right_checksums_are_refused(tmp_path):
    model = tiny_model()
    path = tmp_path / "model.npz"
    for array, says in (
        (np.full((4, 3), np.nan, np.float32), "finite"),
        (np.full((4, 3), np.inf, np.float32), "finite"),
        (np.full((4, 3), 1e39), "finite"),
        (np.zeros((3, 4), np.float32), "shape"),
        (np.zeros((4, 3), np.int32), "float"),
        (np.zeros((4, 3), np.float16), "float"),
    ):
        model.save(path)
        header, arrays = read_archive(path, FORMAT, VERSION)
        write_archive(path, header, {**arrays, "dense/kernel": array})
        assert says in refused(path)


def test_duplicate_members_are_refused(tiny):
    with zipfile.ZipFile(tiny, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("dense/kernel.npy", npy(np.zeros((4, 3), np.float32)))
    assert "once" in refused(tiny)


def test_compression_bomb_is_refused_before_it_is_inflated(tiny, tmp_path):
    with zipfile.ZipFile(tiny) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["dense/kernel.npy"] = npy(np.zeros(5_000_000, np.float32))
    with zipfile.ZipFile(tiny, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert tiny.stat().st_size < 100_000
    assert "uncompressed" in refused(tiny)


def test_member_that_claims_more_than_the_file_holds_is_refused(tiny):
    lying = b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little")
    lying += f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({2**40},), }}".ljust(117).encode() + b"\n"
    rewritten(tiny, lambda members: members.update({"dense/kernel.npy": lying}))
    refused(tiny)


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x05\x06" + b"\0" * 18, b"\x93NUMPY", b"x" * 5000])
def test_foreign_files_are_refused(tmp_path, content):
    (tmp_path / "foreign").write_bytes(content)
    refused(tmp_path / "foreign")


def test_plain_npz_of_somebody_else_is_refused(tmp_path):
    np.savez(tmp_path / "else.npz", a=np.arange(3))
    assert "header" in refused(tmp_path / "else.npz")


def test_missing_file_folder_and_pipe_are_refused(tmp_path):
    assert "No such file" in refused(tmp_path / "none.npz")
    assert "folder" in refused(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert "pipe" in refused(tmp_path / "pipe")
    with pytest.raises(InputError):
        load_model("null\0character")
