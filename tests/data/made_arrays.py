"""NumPy files of every dtype, order, version, compression, damage and lie."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tests.data.made_files import MadeFile

ROWS = 8
X = np.arange(ROWS * 3).reshape(ROWS, 3) * 0.5 - 2
Y = np.arange(ROWS) % 2
PIXELS = np.arange(ROWS * 6 * 5 * 3).reshape(ROWS, 6, 5, 3).astype(np.uint8)
MEMBERS = (("x.npy", X), ("y.npy", Y))


def made_arrays() -> list[MadeFile]:
    """All of them; the same ones at each call."""
    return [made for make in (_inputs, _targets, _pictures, _names, _archives, _headers, _singles) for made in make()]


class Touch:
    """Makes the file `ran` when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return open, ("ran", "w")


def npy(array: np.ndarray, version: tuple[int, int] | None = None) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version, allow_pickle=True)
    return stream.getvalue()


def zipped(*members: tuple[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", how) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    return zipped(*((f"{name}.npy", npy(array)) for name, array in arrays.items()))


def header(text: str, data: bytes, version: int = 1) -> bytes:
    """An array by hand: a header of this text before the data."""
    line = text.encode() + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(line)) + line + data


def read(name: str, data: bytes, x: np.ndarray = X, y: Any = Y, says: str = "", chosen: Sequence[str] = ()) -> MadeFile:
    return MadeFile(name if "." in name else f"{name}.npz", data, ("dataset=npz", *chosen), np.asarray(x), y, says)


def refused(name: str, data: bytes, says: str, chosen: Sequence[str] = ()) -> MadeFile:
    return MadeFile(name if "." in name else f"{name}.npz", data, ("dataset=npz", *chosen), says=says)


def _inputs() -> Iterator[MadeFile]:
    whole = np.arange(ROWS * 3).reshape(ROWS, 3)
    for dtype in "<f2 >f2 <f4 >f4 <f8 >f8 g i1 <i2 >i2 <i4 >i4 <i8 >i8 u1 <u2 >u2 <u4 >u4 <u8 >u8 ?".split():
        values = X if np.dtype(dtype).kind == "f" else whole
        stored = values.astype(dtype)
        name = dtype.translate({60: "little ", 62: "big ", 63: "truth"})
        yield read(f"x {name}", npz(x=stored, y=Y), (values != 0 if dtype == "?" else values).astype(np.float32))
    yield read("fortran", npz(x=np.asfortranarray(X), y=Y), X.astype(np.float32))
    yield read("steps", npz(x=np.repeat(X, 2, 1)[:, ::2], y=Y), X.astype(np.float32))
    yield read("one dimension", npz(x=X[:, 0], y=Y), X[:, :1].astype(np.float32))
    yield read("one column", npz(x=X[:, :1], y=Y), X[:, :1].astype(np.float32))
    yield read("large numbers", npz(x=X * 1e37, y=Y), (X * 1e37).astype(np.float32))
    gaps = np.where(whole == 4, np.nan, X)
    yield read("missing", npz(x=gaps, y=Y), gaps.astype(np.float32))
    for name, x, says in (
            ("infinite", np.where(whole == 4, np.inf, X), "row 1 of x is not finite"),
            ("beyond 32 bits", X * 1e200, "not finite"),
            ("complex", X + 1j, "expected numbers; x is complex128"),
            ("texts", X.astype(str), "expected numbers; x is <U"),
            ("bytes", X.astype("S"), "expected numbers; x is |S"),
            ("dates", whole.astype("M8[D]"), "expected numbers; x is datetime64"),
            ("spans", whole.astype("m8[s]"), "expected numbers; x is timedelta64"),
            ("records", np.zeros(ROWS, "f4,i4"), "expected numbers; x is"),
            ("objects", X.astype(object), "Python objects, which can run code"),
            ("code", np.array([Touch()] * ROWS, object), "Python objects, which can run code"),
            ("no rows", X[:0], "has no rows"), ("no columns", X[:, :0], "x has the shape (8, 0)"),
            ("a number", np.array(3.0), "has no rows"),
            ("five dimensions", np.zeros((ROWS, 1, 1, 1, 1), np.uint8), "x has the shape"),
            ("one row less", X[1:], "expected one class or number for each")):
        yield refused(name, npz(x=x, y=Y), says)


def _targets() -> Iterator[MadeFile]:
    x = X.astype(np.float32)
    for dtype in "i1 >i2 <i4 >i8 u1 >u2 <u8".split():
        yield read(f"classes {dtype.translate({60: 'little ', 62: 'big '})}", npz(x=X, y=(Y * 7 + 3).astype(dtype)), x)
    numbers = np.arange(ROWS) / 4 - 1
    for dtype in "<f2 >f4 <f8 g".split():
        yield read(f"numbers {dtype.translate({60: 'little ', 62: 'big '})}", npz(x=X, y=numbers.astype(dtype)), x,
                   numbers)
    yield read("words", npz(x=X, y=np.array(["q", "ä"] * 4)), x)
    yield read("truth", npz(x=X, y=Y == 1), x)
    yield read("below zero", npz(x=X, y=-Y), x, 1 - Y)
    yield read("largest", npz(x=X, y=np.where(Y == 1, 2**64 - 1, 0).astype(np.uint64)), x)
    yield read("a column", npz(x=X, y=Y[:, None]), x)
    yield read("labels", npz(x=X, y=np.stack([Y, 1 - Y], 1)), x, np.stack([Y, 1 - Y], 1))
    yield read("several", npz(x=X, y=np.stack([numbers, numbers + 1], 1)), x, np.stack([numbers, numbers + 1], 1))
    yield read("none", npz(x=X), x, None, chosen=["model=pca", "model.code=1"])
    yield read("integers as numbers", npz(x=X, y=Y * 7), x, Y * 7, chosen=["dataset.targets=number"])
    for name, y, says in (
            ("nan", np.where(Y == 1, np.nan, 1), "a target is not a finite number"),
            ("inf", np.where(Y == 1, np.inf, 1.0), "not a finite number"),
            ("one class", Y * 0, "has 1 different values"), ("objects", Y.astype(object), "y"),
            ("bytes", Y.astype("S"), "y is |S21"),
            ("complex", Y + 1j, "y is complex128"),
            ("too many", np.arange(ROWS + 1), "expected one class or number for each of the 8 rows"),
            ("three dimensions", np.zeros((ROWS, 2, 2)), "y is float64 (8, 2, 2)"),
            ("a number", np.array(1), "y is int64 ()"),
            ("no columns", np.zeros((ROWS, 0)), "y is float64 (8, 0)"), ("too large", Y * 1e300, "target")):
        yield refused(f"target {name}", npz(x=X, y=y), says)
    yield refused("words as numbers", npz(x=X, y=np.array(["q", "p"] * 4)), "holds texts; expected numbers",
                  ["dataset.targets=number"])
    yield refused("measures as classes", npz(x=np.zeros((1500, 1)), y=np.arange(1500) / 3), "1,500 different values",
                  ["dataset.targets=classes"])


def _pictures() -> Iterator[MadeFile]:
    first = PIXELS.transpose(0, 3, 1, 2)
    for name, stored, x in (
            ("channels last", PIXELS, first), ("channels first", np.ascontiguousarray(first), first),
            ("grey", PIXELS[..., 0], first[:, :1]),
            ("one channel", PIXELS[..., :1], first[:, :1]), ("fortran pictures", np.asfortranarray(PIXELS), first),
            ("a pixel", PIXELS[:, :1, :1], first[:, :, :1, :1])):
        yield read(name, npz(x=stored, y=Y), x)
    shades = (PIXELS / 255).astype(np.float32)
    yield read("float pictures", npz(x=shades, y=Y), shades.transpose(0, 3, 1, 2))
    yield read("wide float pictures", npz(x=PIXELS / 255, y=Y), shades.transpose(0, 3, 1, 2))
    four = np.concatenate([PIXELS, PIXELS[..., :1]], 3)
    yield read("four channels", npz(x=four, y=Y), four.transpose(0, 3, 1, 2))
    for name, x, says in (
            ("bright pictures", PIXELS / 9, "expected 0 to 1"), ("dark pictures", PIXELS / 255 - 1, "expected 0 to 1"),
            ("wide pictures", PIXELS.astype(np.int64),
            "expected pictures as uint8"),
            ("signed pictures", PIXELS.astype(np.int8), "expected pictures as uint8"),
            ("two channels", PIXELS[..., :2], "x has the shape"),
            ("no pixels", PIXELS[:, :0], "x")):
        yield refused(name, npz(x=x, y=Y), says)


def _names() -> Iterator[MadeFile]:
    x = X.astype(np.float32)
    yield read("unnamed", npz(arr_0=X, arr_1=Y), x)
    yield read("chosen", npz(inputs=X, targets=Y, x=Y), x, chosen=["dataset.x=inputs", "dataset.y=targets"])
    yield read("train alone", npz(x_train=X, y_train=Y), x)
    yield replace(read("own test", npz(x_train=X, y_train=Y, x_test=X[:2], y_test=Y[:2]), x), new=x[:2])
    yield read("others beside", npz(x=X, y=Y, z=X, weights=np.array([Touch()], object)), x)
    for name, arrays, says in (
            ("capital", {"X": X, "Y": Y}, "there are X, Y"), ("other names", {"inputs": X, "targets": Y},
            "expected the arrays x_train, y_train"),
            ("targets alone", {"y": Y}, "has no targets to learn"),
            ("half targets", {"x_train": X, "y_train": Y, "x_test": X}, "y_test is missing"),
            ("two widths", {"x_train": X, "y_train": Y, "x_test": X[:, :2], "y_test": Y},
            "they must agree, rows aside"),
            ("two types", {"x_train": X, "y_train": Y, "x_test": X.astype(int), "y_test": Y},
            "they must agree, rows aside")):
        yield refused(name, npz(**arrays), says)


def _archives() -> Iterator[MadeFile]:
    x, members = X.astype(np.float32), [(name, npy(array)) for name, array in MEMBERS]
    for name, how in (("deflated", zipfile.ZIP_DEFLATED), ("bzip2", zipfile.ZIP_BZIP2), ("lzma", zipfile.ZIP_LZMA)):
        yield read(name, zipped(*members, how=how), x)
    yield read("a text beside", zipped(*members, ("readme.txt", b"hello")), x)
    yield read("a folder beside", zipped(*members, ("folder/", b"")), x)
    whole = zipped(*members)
    for name, data, says in (
            ("something before", b"#!/bin/sh\n" + whole, "expected a NumPy .npz or .npy file"),
            ("empty", b"", "expected a NumPy .npz or .npy file"),
            ("text", b"1,2,3\n", "expected a NumPy .npz or .npy file"),
            ("pickled", pickle.dumps(Touch()), "expected a NumPy .npz or .npy file"),
            ("no members", zipped(), "there are none"),
            ("cut", whole[:len(whole) // 2], "expected a NumPy .npz or .npy file"),
            ("cut at its end", whole[:-4], "expected a NumPy .npz or .npy file"),
            ("wrong sum", whole.replace(npy(X)[-24:], bytes(24), 1), "can't be read"),
            ("texts without arrays", zipped(("x.npy", b"hello")), "x can't be read"),
            ("nothing within", zipped(("x.npy", b"")), "x can't be read"),
            ("magic alone", zipped(("x.npy", b"\x93NUMPY")), "x can't be read"),
            ("cut array", zipped(("x.npy", npy(X)[:-8]), members[1]),
            "x can't be read (it says 192 bytes (8, 3), and has 184)"),
            ("longer array", zipped(("x.npy", npy(X) + bytes(8)), members[1]), "x can't be read (it says 192 bytes"),
            ("cut targets", zipped(members[0], ("y.npy", npy(Y)[:-8])), "y can't be read"),
            ("locked", _locked(whole), "can't be read"),
            ("packed otherwise", _with(whole, 8, struct.pack("<H", 97)), "can't be read")):
        yield refused(name, data, says)
    bomb = header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000), }", bytes(1 << 22))
    yield refused("bomb", zipped(("x.npy", bomb), members[1], how=zipfile.ZIP_DEFLATED),
                  "x can't be read (it says 8,000,000,000,000 bytes")
    yield refused("bomb of targets", zipped(members[0], ("y.npy", bomb), how=zipfile.ZIP_DEFLATED), "y can't be read")


def _with(archive: bytes, place: int, value: bytes) -> bytes:
    """An archive whose entries say something else: `place` in the local header, two further in the directory."""
    changed = bytearray(archive)
    for mark, more in ((b"PK\x03\x04", 0), (b"PK\x01\x02", 2)):
        at = changed.find(mark)
        changed[at + place + more : at + place + more + len(value)] = value
    return bytes(changed)


def _locked(archive: bytes) -> bytes:
    return _with(archive, 6, struct.pack("<H", 1))


def _headers() -> Iterator[MadeFile]:
    x, y, numbers = X.astype(np.float32), ("y.npy", npy(Y)), X.astype("<f8").tobytes()
    for version in (1, 2, 3):
        yield read(f"version {version}", zipped(("x.npy", npy(X, (version, 0))), y), x)
    right = "{'descr': '<f8', 'fortran_order': False, 'shape': (8, 3), }"
    yield read("by hand", zipped(("x.npy", header(right, numbers)), y), x)
    yield read("blanks", zipped(("x.npy", header(right + " " * 3000, numbers)), y), x)
    yield read("python 2", zipped(("x.npy", header(right.replace("8, 3", "8L, 3L"), numbers)), y), x)
    lies = {
        "a call": "__import__('os').system('touch ran')",
        "a class": "{'descr': open('ran', 'w'), 'fortran_order': False, 'shape': (8, 3), }",
        "no shape": "{'descr': '<f8', 'fortran_order': False, }", "a fourth": right.replace("}", "'z': 1}"),
        "a word": right.replace("<f8", "oops"),
        "below zero": right.replace("8, 3", "-8, -3"),
        "too large": right.replace("8, 3", "10**9, 10**9").replace("10**9", "1" + "0" * 18),
        "more rows": right.replace("8, 3", "9, 3"), "fewer rows": right.replace("8, 3", "7, 3"), "half": right[:30],
        "nothing": "",
        "a text as shape": right.replace("(8, 3)", "'8, 3'"), "truth as shape": right.replace("8, 3", "True, 24"),
        "fractions": right.replace("8, 3", "8.0, 3.0"), "deep": "(" * 300 + ")" * 300, "long": right + " " * 70000}
    for name, text in lies.items():
        version = 2 if len(text) > 60000 else 1
        yield refused(f"header {name}", zipped(("x.npy", header(text, numbers, version)), y), "x can't be read")
    yield refused("version 9", zipped(("x.npy", header(right, numbers, 9)), y), "x can't be read")
    yield refused("objects by hand", zipped(("x.npy", header(right.replace("<f8", "|O"), pickle.dumps(Touch()))), y),
                  "Python objects")
    yield refused("objects as targets", zipped(("x.npy", npy(X)), ("y.npy", npy(np.array([Touch()] * 8, object)))), "y")


def _singles() -> Iterator[MadeFile]:
    """Files of one array, without targets."""
    coded = ["model=pca", "model.code=1"]
    for name, data in (("plain.npy", npy(X)), ("big.npy", npy(X.astype(">f8"))),
            ("fortran.npy", npy(np.asfortranarray(X))),
                       ("version 3.npy", npy(X, (3, 0))), ("half.npy", npy(X.astype(np.float16))),
                       ("named as an archive", npy(X))):
        yield read(name, data, X.astype(np.float32), None, chosen=coded)
    whole, numbers = npy(X), X.astype("<f8").tobytes()
    lie = header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000), }", numbers)
    for name, data, says in (
            ("cut.npy", whole[:-8], "expected a NumPy .npz or .npy file"),
            ("lie.npy", lie, "expected a NumPy .npz or .npy file"),
            ("empty.npy", b"", "expected a NumPy .npz or .npy file"),
            ("objects.npy", npy(np.array([Touch()] * 8, object)), "expected a NumPy"),
            ("call.npy", header("__import__('os').system('touch ran')", numbers), "expected a NumPy"),
            ("text.npy", b"1,2\n", "expected a NumPy"),
            ("pickled.npy", pickle.dumps(Touch()), "expected a NumPy"),
            ("a number.npy", npy(np.array(1.0)), "has no rows"),
            ("no rows.npy", npy(X[:0]), "has no rows"), ("texts.npy", npy(X.astype(str)), "expected numbers")):
        yield refused(name, data, says, coded)
