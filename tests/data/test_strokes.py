"""Pen strokes in ndjson files: the points that were drawn come back from the steps."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.config.problem import ConfigError
from dlrun.data.dataset_info import dataset_info
from dlrun.data.read import read
from dlrun.data.sets.strokes import Strokes

# As the files at storage.googleapis.com/quickdraw_dataset/full/simplified have them.
HOUSE = {"word": "house", "countrycode": "DE", "timestamp": "2017-03-02 23:25:10.07453 UTC", "recognized": True,
         "key_id": "5201136883597312", "drawing": [[[10, 10, 90, 90], [50, 110, 110, 50]], [[0, 50, 100], [50, 0, 50]]]}
DOT = {"word": "dot", "drawing": [[[7.5], [8.25], [0.0]]]}  # as the raw files have it, with a time


def written(path: Path, *rows: Any) -> str:
    text = "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return str(path)


def refused(cfg: Strokes) -> str:
    with pytest.raises(ConfigError) as caught:
        read(cfg, "", lambda note: None)
    (problem,) = caught.value.problems
    return f"{problem.given}: {problem.expected}"


@pytest.mark.parametrize("padding", ("pre", "post"))
def test_the_points_of_a_drawing_come_back_from_its_steps(tmp_path, padding):
    path = {"house": written(tmp_path / "a.ndjson", HOUSE, HOUSE), "dot": written(tmp_path / "b.ndjson.gz", "", DOT)}
    source = read(Strokes(path=path, length=10, padding=padding), "", print)
    assert source.data_spec.classes == ("dot", "house") and source.y.tolist() == [0, 1, 1]
    assert source.x.shape == (3, 3, 10) and source.x.dtype == np.float32
    there = slice(3, None) if padding == "pre" else slice(0, 7)
    dx, dy, up = source.x[1][:, there]
    points = np.concatenate([np.array(stroke, float).T for stroke in HOUSE["drawing"]])
    assert np.allclose(np.cumsum(np.stack([dx, dy], 1), 0) * 110 + points[0], points, atol=1e-4)  # 110 high
    assert up.tolist() == [0, 0, 0, 1, 0, 0, 1]
    assert not source.x[1][:, :3 if padding == "pre" else 0].any() and np.abs(source.x[1]).sum() == np.abs(
        source.x[1][:, there]).sum()
    assert source.x[0].sum() == 1 and source.x[0, 2, -1 if padding == "pre" else 0] == 1  # a dot: the pen rises


def test_a_folder_has_a_class_a_file_and_a_file_alone_has_words(tmp_path, said):
    (tmp_path / "draw").mkdir()
    written(tmp_path / "draw" / "full_simplified_house.ndjson", HOUSE, HOUSE, HOUSE)
    written(tmp_path / "draw" / "the dot.ndjson", DOT, DOT)
    (tmp_path / "draw" / "readme.txt").write_text("no drawing")
    cfg = Strokes(path=str(tmp_path / "draw"), length=4, rows=2)
    info = dataset_info(cfg, "")
    source = read(cfg, "", said.append)
    assert info.data_spec == source.data_spec and info.rows == {"train": len(source.x)} == {"train": 4}
    assert source.data_spec.classes == ("house", "the dot")
    assert "2 of 4 drawings have more than 4 steps and are cut behind" in said[-1]
    both = Strokes(path=written(tmp_path / "both.ndjson", HOUSE, DOT))
    assert read(both, "", print).data_spec.classes == ("dot", "house") == dataset_info(both, "").data_spec.classes
    assert 'line 1 has no "word"' in refused(Strokes(path=written(tmp_path / "c.ndjson", {"drawing": [[[1], [2]]]})))


@pytest.mark.parametrize(("drawing", "says"), (
    (None, "there are no strokes"), ([], "there are no strokes"), ([[]], "stroke 1 has no lists of x and y"),
    ([[[1, 2], [3]]], "stroke 1 has 2 x and 1 y"), ([[[1], [2]], [[], []]], "stroke 2 has no lists of x and y"),
    ([[[1], ["2"]]], "stroke 1 holds something else than numbers"), ([[[True], [1]]], "something else than numbers"),
    ([[[1, 2], [3, 1e999]]], "a number is not finite"), ([[[10**400], [1]]], "a number is not finite"),
    ([[[1, 2], [3, 4], [5]]], "2 y and 1 times"), ("circle", "there are no strokes")))
def test_what_is_no_drawing_is_a_sentence_with_its_line(tmp_path, drawing, says):
    said = refused(Strokes(path=written(tmp_path / "a.ndjson", HOUSE, {"word": "x", "drawing": drawing})))
    assert "line 2: expected" in said and says in said and len(said) < 300


def test_an_empty_file_a_table_and_a_damaged_archive_are_sentences(tmp_path):
    assert "has no drawings" in refused(Strokes(path=written(tmp_path / "a.ndjson")))
    assert "line 1: expected an object of JSON" in refused(Strokes(path=written(tmp_path / "b.ndjson", "x,y")))
    (tmp_path / "c.ndjson.gz").write_bytes(gzip.compress(b"{}" * 99)[:-9])
    assert "it is damaged" in refused(Strokes(path=str(tmp_path / "c.ndjson.gz")))
    (tmp_path / "d.ndjson").write_bytes(b'{"word": "\xff"}')
    assert "line 1: expected UTF-8" in refused(Strokes(path=str(tmp_path / "d.ndjson")))
    (tmp_path / "none").mkdir()
    assert "expected files of drawings" in refused(Strokes(path=str(tmp_path / "none")))


def test_a_file_that_stands_for_a_data_set_is_told_by_its_first_line(tmp_path: Path) -> None:
    """QuickDraw's files and tables of JSON lines have the same ending."""
    from dlrun.config.compose.unknown import unknown_option

    (tmp_path / "cat.ndjson").write_text('{"word": "cat", "drawing": [[[0, 9], [0, 9]]]}\n')
    (tmp_path / "rows.ndjson").write_text('{"a": 1, "drawing": "no"}\n')
    said = [unknown_option("dataset", str(tmp_path / name)) for name in ("cat.ndjson", "rows.ndjson", "none.ndjson")]
    assert [text.split("dataset=")[1].split()[0] for text in said] == ["strokes", "jsonl", "jsonl"]


def test_files_of_sketch_rnn_have_the_drawings_that_numpy_reads(tmp_path: Path) -> None:
    """Written and read by NumPy with its pickles; first the steps by hand."""
    rng = np.random.default_rng(0)

    def some(count: int) -> np.ndarray:
        made = np.empty(count, object)
        for place in range(count):
            pen = np.zeros((5, 1), np.int16)
            pen[[2, -1]] = 1
            made[place] = np.concatenate([rng.integers(-20, 21, (5, 2)).astype(np.int16), pen], 1)
        return made

    for name in ("sketchrnn_cat", "sketchrnn_dog"):
        np.savez(tmp_path / f"{name}.npz", train=some(6), valid=some(3), test=some(2))
    source = read(Strokes(path=str(tmp_path), length=5), "", lambda line: None)
    assert source.data_spec.classes == ("cat", "dog")
    assert source.x_val is not None and source.x_test is not None and source.y is not None
    assert [len(part) for part in (source.x, source.x_val, source.x_test)] == [12, 6, 4]
    row = np.load(tmp_path / "sketchrnn_dog.npz", allow_pickle=True)["train"][2].astype(float)
    points = row[:, :2].cumsum(0)
    wanted = np.zeros((5, 3))
    wanted[1:, :2] = row[1:, :2] / np.ptp(points, axis=0).max()
    wanted[:, 2] = row[:, 2]
    assert np.allclose(source.x[8].T, wanted, atol=1e-6) and source.y.tolist() == [0] * 6 + [1] * 6
    assert dataset_info(Strokes(path=str(tmp_path)), "").rows == {"train": 12, "val": 6, "test": 4}


class _Runs:
    def __reduce__(self) -> Any:
        return print, ("run",)


@pytest.mark.parametrize(("row", "expected"), [
    (_Runs(), "print does not belong into"), ([1, 2], "no array of integers"), (np.zeros((2, 3)), "no array of"),
    (np.array([[1, 2, 7]]), "something else than 0 and 1"), (np.ones((10_001, 3), np.int16), "10,000 at most"),
    (np.array([[_Runs()] * 3], object), "print does not belong into")])
def test_anything_else_in_such_a_file_is_refused_and_runs_nothing(tmp_path: Path, row: Any, expected: str,
                                                                capsys: pytest.CaptureFixture[str]) -> None:
    rows = np.empty(1, object)
    rows[0] = row
    np.savez(tmp_path / "cat.npz", train=rows)
    assert expected in refused(Strokes(path=str(tmp_path)))
    assert capsys.readouterr().out == ""


def test_an_array_of_a_gigantic_shape_is_not_made(tmp_path: Path) -> None:
    import pickle

    class Huge:
        def __reduce__(self) -> Any:
            return np.empty(0).__reduce__()[0], (np.ndarray, (1 << 40,), b"b")

    rows = np.empty(1, object)
    rows[0] = Huge()
    np.savez(tmp_path / "cat.npz", train=np.frombuffer(pickle.dumps(rows), np.uint8))
    with open(tmp_path / "raw.npy", "wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": (1,)})
        file.write(pickle.dumps(rows))
    import zipfile

    with zipfile.ZipFile(tmp_path / "cat.npz", "w") as archive:
        archive.write(tmp_path / "raw.npy", "train.npy")
    assert "another shape than (0,)" in refused(Strokes(path=str(tmp_path)))
