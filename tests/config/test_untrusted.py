"""Files from elsewhere cost no more than their size, are waited for by nobody, and put no secret into a name."""

from __future__ import annotations

import gzip
import io
import json
import os
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from dlrun.cli.route import route
from dlrun.config.problem import ConfigError
from dlrun.config.regular_file import read_inflated, read_regular
from dlrun.data.formats import object_arrays
from dlrun.data.formats.idx import idx
from dlrun.data.read import read
from dlrun.data.sets.npz import Npz
from dlrun.models.vectors import load_vectors
from dlrun.record.plan import Job, Plan, store

fifo = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")


def refused(capsys, *arguments: str) -> str:
    """What a refusal says; it takes no more than three seconds."""
    start = time.monotonic()
    assert route(list(arguments)) == 2
    assert time.monotonic() - start < 3
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join([f'*{chr(97 + i)}'] * 9)}]\n" for i in range(8))


@pytest.mark.parametrize("text, said", [
    (BOMB, "aliases stand for more than 100,000 values"),
    ("kind: dense\nhidden: &a [*a]\n", "aliases stand for more"),
    ("kind: dense\nhidden: " + "[" * 5000 + "]" * 5000 + "\n", "nested too deeply"),
    ("# " + "x" * 2_000_000 + "\nkind: dense\n", "at most 1,000,000"),
])
def test_a_file_of_options_that_explodes_is_refused(write, capsys, text: str, said: str) -> None:
    write({"configs/model/mine.yaml": text})
    assert said in refused(capsys, "model=mine")
    write({"experiments/x.yaml": text})
    assert said in refused(capsys, "experiment=x")


@pytest.mark.parametrize("file, text, said", [
    ("config.yaml", BOMB, "its aliases stand for more than 100,000 values"),
    ("config.yaml", "a: " + "[" * 100_000, "it is nested too deeply"),  # libyaml's reader would end the process
    ("fitted.json", "[" * 100_000, "it is nested too deeply"),
    *((file, "[" * 100_000, "it is nested too deeply")
      for file in ("result.json", "metrics.jsonl", "provenance.json", "manifest.json")),
])
def test_a_run_folder_that_explodes_is_refused(go, capsys, file: str, text: str, said: str) -> None:
    folder = go("dataset=iris", "model=softmax", "max_steps=1", "epochs=1").folder
    (folder / "manifest.json").unlink()  # it guards against slips, not against people
    (folder / file).write_text(text)
    Path("new.csv").write_text("a\n1\n")
    if file in ("config.yaml", "fitted.json"):
        assert said in refused(capsys, "predict", str(folder), "new.csv")
    assert route(["report", "runs"]) in (0, 2) and route(["runs"]) == 0
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("file", ["plan.json", "jobs.jsonl", "trials.json"])
def test_a_sweeps_folder_that_explodes_is_refused(folder: Path, capsys, file: str) -> None:
    plan = Plan("mine", folder / "runs", {}, [1], [Job(1, "0" * 10, "a/" + "0" * 10, 1, {}, (), {"seed": 1})],
                options={"search": "random", "n_trials": 1})
    store(plan)
    (plan.folder / file).write_text("[" * 100_000)
    assert "it is nested too deeply" in refused(capsys, "report", "runs/sweeps/mine")


def test_aliases_that_stand_for_a_few_values_are_read(write, capsys) -> None:
    write({"configs/model/mine.yaml": "kind: dense\nhidden: &sizes [4, 4]\nactivation: relu\n",
           "configs/model/other.yaml": "kind: dense\nhidden: &sizes [4, 4]\nlabel: *sizes\n"})
    assert route(["summary", "model=mine", "dataset=digits"]) == 0
    assert "label" in refused(capsys, "model=other")


@fifo
def test_a_pipe_is_not_waited_for(write, folder: Path, capsys) -> None:
    write({"configs/model/mine.yaml": "kind: dense\n", "configs/dataset/other.yaml": "kind: digits\n"})
    os.mkfifo(folder / "configs" / "model" / "pipe.yaml")
    assert "no such model" in refused(capsys, "model=pipe")
    assert route(["list", "models"]) == 0 and route(["summary", "model=mine", "dataset=digits"]) == 0
    os.mkfifo(folder / "table.csv")
    assert "this is a pipe" in refused(capsys, "dataset=csv", "dataset.path=table.csv", "dataset.target=y")
    with pytest.raises(OSError, match="no regular file"):
        read_regular(folder / "table.csv")


@fifo
def test_pictures_that_are_pipes_or_lead_nowhere_are_left_out(go, tmp_path: Path) -> None:
    from PIL import Image

    for name in ("one", "two"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for number in range(6):
            Image.fromarray(np.full((8, 8), 40 * number, np.uint8)).save(tmp_path / "pictures" / name / f"{number}.png")
    os.mkfifo(tmp_path / "pictures" / "one" / "pipe.png")
    (tmp_path / "pictures" / "two" / "gone.png").symlink_to(tmp_path / "pictures" / "two" / "nothing.png")
    outcome = go("dataset=image_folder", f"dataset.path={tmp_path / 'pictures'}", "dataset.size=8", "model=dense",
                 "epochs=1")
    assert sum(outcome.result["rows"].values()) == 12


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def array(shape: tuple[int, ...], data: bytes = b"", dtype: str = "|u1") -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": dtype, "fortran_order": False, "shape": shape})
    return stream.getvalue() + data


@pytest.mark.parametrize("x", [
    array((10**12,)), array((5,), b"123"), b"no array", b"", array((2**62, 2**62)), array((3,), b"123456"),
    b"\x93NUMPY\x01\x00\xff\xff{", b"\x93NUMPY\x09\x00", array((2,), b"ab", "|O")])
def test_arrays_that_are_not_what_they_say_are_refused(tmp_path: Path, x: bytes) -> None:
    path = zipped(tmp_path / "a.npz", {"x.npy": x, "y.npy": array((5,), b"01010")})
    with pytest.raises(ConfigError, match="dataset.path"):
        read(Npz(path=str(path)), "", print)


def test_damaged_archives_are_refused(tmp_path: Path) -> None:
    good = zipped(tmp_path / "a.npz", {"x.npy": array((50,), bytes(range(50))), "y.npy": array((50,), b"01" * 25)})
    data = good.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(300):
        place = int(rng.integers(len(data)))
        damaged = bytearray(data)
        damaged[place] ^= 1 << int(rng.integers(8))
        good.write_bytes(damaged if rng.random() < 0.7 else data[:place])
        try:
            read(Npz(path=str(good)), "", print)
            object_arrays.arrays(good, "dataset=imdb")
        except ConfigError:
            pass


def test_packed_files_unpack_to_what_fits(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(bytes(1000)))
    assert read_inflated(path, 1000) == bytes(1000)
    with pytest.raises(ValueError, match="more than 999 bytes"):
        read_inflated(path, 999)
    path.write_bytes(gzip.compress(bytes(1000))[:-9])
    with pytest.raises(ValueError, match="damaged"):
        read_inflated(path, 1000)
    with pytest.raises(ConfigError, match="IDX"):
        idx(path)
    path.write_bytes(gzip.compress(b"a 1 2\n" + b"x" * 3_000_000))
    with pytest.raises(ConfigError, match="1,000,000 characters"):
        load_vectors(path, ["a"], 2)
    path.write_bytes(gzip.compress(b"a 1 2\n" * 1000)[:-20])
    with pytest.raises(ConfigError, match="can't be read"):
        load_vectors(path, ["a"], 2)


@pytest.mark.parametrize("typed", [
    ["name=${oc.env:DLRUN_SECRET}"], ["name=x-${oc.env:DLRUN_SECRET}"],
    ["name=${data_dir}", "data_dir=${oc.env:DLRUN_SECRET}"], ["model=mine"]])
def test_a_secret_of_the_environment_enters_no_name(write, folder: Path, capsys, monkeypatch, typed) -> None:
    monkeypatch.setenv("DLRUN_SECRET", "hunter2")
    write({"configs/model/mine.yaml": "kind: dense\nname: ${oc.env:DLRUN_SECRET}\n"})
    said = refused(capsys, "dataset=digits", "epochs=1", *typed)
    assert "a name can't be made of a variable of the environment" in said
    assert not (folder / "runs").exists()


def test_the_variables_that_settings_come_from_are_named(write, go, monkeypatch) -> None:
    monkeypatch.setenv("DLRUN_RATE", "0.25")
    write({"configs/optimizer/mine.yaml": "kind: sgd\nlr: ${oc.decode:${oc.env:DLRUN_RATE}}\n"})
    outcome = go("dataset=digits", "model=dense", "optimizer=mine", "epochs=1", "max_steps=1")
    assert json.loads((outcome.folder / "provenance.json").read_text())["environment"] == ["DLRUN_RATE"]
    assert outcome.result["config"]["optimizer.lr"] == 0.25
