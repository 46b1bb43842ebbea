"""`dlrun predict` and `dlrun generate`: a finished run used with nothing but its folder."""

from __future__ import annotations

import csv
import io
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dlrun.cli.route import route
from dlrun.inference.load import load_run
from dlrun.models.composite import latents, sample


@pytest.fixture
def flowers(tmp_path: Path) -> Path:
    """Two classes that a word and a number tell apart; some numbers are missing."""
    rng = np.random.default_rng(1)
    lines = ["size,colour,kind"]
    for number in range(120):
        kind = number % 2
        size = f"{rng.normal(2 + kind, 0.8):.3f}" if number % 17 else ""
        lines.append(f"{size},{('red', 'blue')[int(rng.random() < 0.2 + 0.6 * kind)]},{('rose', 'iris')[kind]}")
    path = tmp_path / "flowers.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_predict_answers_for_rows_as_the_run_measured_them(go, flowers: Path, tmp_path: Path, capsys) -> None:
    outcome = go("dataset=csv", f"dataset.path={flowers}", "dataset.target=kind", "model=dense", "model.hidden=8",
                 "epochs=8", "optimizer.lr=0.02", "evaluate_train=true")
    result = outcome.result
    right = sum(round(result[split]["accuracy"] * result["rows"][rows])
                for split, rows in (("train_clean", "train"), ("val", "val"), ("test", "test")))
    elsewhere = tmp_path / "moved"  # nothing but the folder is needed
    shutil.move(str(outcome.folder), elsewhere)
    capsys.readouterr()
    assert route(["predict", str(elsewhere), str(flowers)]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    truth = [line.split(",")[2] for line in flowers.read_text().splitlines()[1:]]
    assert len(rows) == 120
    assert sum(row["class"] == kind for row, kind in zip(rows, truth)) == right
    assert all(abs(float(row["p(rose)"]) + float(row["p(iris)"]) - 1) < 1e-3 for row in rows)


def test_predict_says_the_score_where_the_truth_is_there_and_takes_the_beginning_of_an_id(
        go, flowers: Path, tmp_path: Path, capsys) -> None:
    outcome = go("dataset=csv", f"dataset.path={flowers}", "dataset.target=kind", "model=dense", "model.hidden=8",
                 "epochs=8", "optimizer.lr=0.02")
    lines = flowers.read_text().splitlines()
    (tmp_path / "part.csv").write_text("\n".join([lines[0], *lines[1:40], lines[41].rpartition(",")[0] + ","]) + "\n")
    (tmp_path / "blind.csv").write_text("\n".join(line.rpartition(",")[0] for line in lines[:9]) + "\n")
    (tmp_path / "strange.csv").write_text("\n".join([lines[0], "1,red,tulip"]) + "\n")

    def predicted(name: str) -> tuple[list[dict[str, str]], str]:
        capsys.readouterr()
        assert route(["predict", outcome.folder.name[:6], str(tmp_path / name)]) == 0
        streams = capsys.readouterr()
        return list(csv.DictReader(io.StringIO(streams.out))), streams.err

    rows, said = predicted("part.csv")
    right = sum(row["class"] == line.rpartition(",")[2] for row, line in zip(rows[:39], lines[1:40]))
    assert len(rows) == 40, "also the row without a target"
    assert "1 rows without a target are not scored" in said
    assert "39 rows with their targets: loss 0." in said and f"accuracy {100 * right / 39:.2f} %" in said
    rows, said = predicted("blind.csv")
    assert len(rows) == 8 and "targets" not in said
    rows, said = predicted("strange.csv")
    assert len(rows) == 1 and "not scored: 'tulip' in line 2" in said


def test_predict_says_the_score_of_pictures_in_folders_of_their_classes(go, tmp_path: Path, capsys) -> None:
    outcome = go("dataset=digits", "model=dense", "model.hidden=[4]", "max_steps=2", "epochs=1")
    for name in ("3", "7"):
        (tmp_path / "new" / name).mkdir(parents=True)
        Image.new("L", (8, 8)).save(tmp_path / "new" / name / "black.png")
    capsys.readouterr()
    assert route(["predict", str(outcome.folder), str(tmp_path / "new")]) == 0
    streams = capsys.readouterr()
    taken = [line.split(",")[1] for line in streams.out.splitlines()[1:]]
    share = sum(map(str.__eq__, taken, ["3", "7"])) / 2
    assert "2 rows with their targets" in streams.err and f"accuracy {100 * share:.2f} %" in streams.err
    assert route(["predict", str(outcome.folder), str(tmp_path / "new" / "3")]) == 0
    assert "targets" not in capsys.readouterr().err, "its pictures do not lie in folders of classes"


def test_predict_reads_pictures(go, tmp_path: Path, capsys) -> None:
    outcome = go("dataset=digits", "model=dense", "epochs=3")
    Image.fromarray(np.full((8, 8), 255, np.uint8)).save(tmp_path / "white.png")
    capsys.readouterr()
    assert route(["predict", str(outcome.folder), str(tmp_path / "white.png")]) == 0
    assert capsys.readouterr().out.splitlines()[0].startswith("input,class,p(0),p(1)")


def test_predict_answers_for_the_pictures_of_a_folder_or_says_what_is_wrong(go, tmp_path: Path, capsys) -> None:
    outcome = go("dataset=digits", "model=dense", "model.hidden=[4]", "max_steps=2", "epochs=1")
    for number, (size, mode) in enumerate([((8, 8), "L"), ((30, 7), "RGB"), ((64, 64), "RGBA"), ((8, 8), "1")]):
        place = tmp_path / "new" / ("deep" if number == 3 else "") / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.new(mode, size).save(place)
    (tmp_path / "new" / "notes.txt").write_text("-")

    def predicted(*places: str) -> tuple[int, list[str], str]:
        capsys.readouterr()
        code = route(["predict", str(outcome.folder), *(str(tmp_path / place) for place in places)])
        streams = capsys.readouterr()
        assert "Traceback" not in streams.err
        return code, streams.out.splitlines(), streams.err

    code, lines, notes = predicted("new", "new/0.png")
    assert code == 0 and [Path(line.split(",")[0]).name for line in lines[1:]] == [
        "0.png", "1.png", "2.png", "3.png", "0.png"]
    assert lines[1] == lines[5] and "1 files that are no pictures" in notes and "1 pictures have transparent" in notes
    (tmp_path / "empty").mkdir()
    (tmp_path / "zero.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("a text")
    os.mkfifo(tmp_path / "pipe.png")
    for place, says in (("empty", "expected a file; this is a folder, without drawings, pictures and sounds"),
                        ("none.png", "no such file"), ("zero.png", "the file is empty"),
                        ("text.png", "it is not recognised as a picture"),
                        ("pipe.png", "it can't be read (it is no regular file)")):
        code, lines, notes = predicted("new/0.png", place)
        assert code == 2 and not lines and says in notes and place in notes and "1 problem" in notes


def test_predict_of_a_network_that_only_generates_is_refused_before_a_picture_is_read(
        go, quick_classifier, tmp_path, capsys) -> None:
    outcome = go("dataset=digits", "model=gan", "max_steps=1", "epochs=1")
    (tmp_path / "zero.png").write_bytes(b"")
    assert route(["predict", str(outcome.folder), str(tmp_path / "zero.png")]) == 2
    assert "predict answers with classes, numbers and codes; see  dlrun generate" in capsys.readouterr().err


def test_generated_text_follows_the_prompt_and_the_seed(go, short_passages, capsys) -> None:
    outcome = go("dataset=python_docs", "model=lstm", "model.units=8", "max_steps=5", "train_size=2000", "epochs=1")
    texts = []
    for arguments in (["seed=1"], ["seed=1"], ["seed=2"], ["temperature=0", "seed=1"], ["temperature=0", "seed=2"]):
        capsys.readouterr()
        assert route(["generate", str(outcome.folder), "prompt=the ", "tokens=40", *arguments]) == 0
        texts.append(capsys.readouterr().out)
    assert all(text.startswith("the ") and len(text) >= len("the ") + 40 + 1 for text in texts)
    assert texts[0] == texts[1] != texts[2], "a seed is a text"
    assert texts[3] == texts[4], "the most likely token needs no dice"


def test_generated_pictures_are_a_grid_of_samples_and_lines_between_two(go, quick_classifier, tmp_path: Path) -> None:
    outcome = go("dataset=digits", "model=gan", "epochs=1")
    made = {}
    for name, arguments in (("grid", ["count=9", "seed=1"]), ("again", ["count=9", "seed=1"]),
                            ("other", ["count=9", "seed=2"]), ("lines", ["count=2", "between=5", "seed=1"])):
        path = tmp_path / f"{name}.png"
        assert route(["generate", str(outcome.folder), *arguments, f"out={path}"]) == 0
        made[name] = np.asarray(Image.open(path).convert("L"))
    assert (made["grid"] == made["again"]).all(), "a seed is a picture"
    assert made["grid"].shape == made["other"].shape and (made["grid"] != made["other"]).any()

    run = load_run(outcome.folder)
    z = latents(9, run.model, torch.Generator().manual_seed(1))
    samples = sample(run.model, z).float()
    tiles = tiles_of(made["grid"], 3, 3)
    assert len(tiles) == 9
    for tile, values in zip(tiles, samples):  # each tile is its sample, up to the enlargement and the span of grays
        assert np.corrcoef(tile.ravel(), enlarged(values[0].numpy(), tile.shape).ravel())[0, 1] > 0.99

    lines = tiles_of(made["lines"], 2, 5)
    assert len(lines) == 10
    for line in (lines[:5], lines[5:]):
        steps = [float(np.abs(a.astype(float) - b).mean()) for a, b in zip(line, line[1:])]
        ends = float(np.abs(line[0].astype(float) - line[-1]).mean())
        assert 0 < max(steps) < ends, "each picture lies between its neighbours"


def tiles_of(sheet: np.ndarray, rows: int, columns: int) -> list[np.ndarray]:
    """The pictures of a sheet, whose paper between them has one gray."""
    paper = sheet[0, 0]
    lines = runs_of((sheet != paper).any(1), rows)
    return [sheet[top:bottom, left:right] for top, bottom in lines
            for left, right in runs_of((sheet != paper).any(0), columns)]


def runs_of(inside: np.ndarray, count: int) -> list[tuple[int, int]]:
    """(first, end) of the stretches that are true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(int), [0]])))
    found = list(zip(edges[::2].tolist(), edges[1::2].tolist()))
    assert len(found) == count, found
    return found


def enlarged(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Values as they look when each is a square of pixels."""
    rows = np.arange(shape[0]) * values.shape[0] // shape[0]
    columns = np.arange(shape[1]) * values.shape[1] // shape[1]
    return values[rows][:, columns]


@pytest.mark.parametrize(("arguments", "said"), [
    (["predict"], "a run's folder, the first letters of its id or a base, then tables"),
    (["predict", "nowhere", "x.csv"], "neither a folder nor the beginning of a run's id in runs"),
    (["predict", "x.csv", "nowhere"], "no folder of a trained run: it is a file"),
    (["generate", "nowhere"], "neither a folder nor the beginning of a run's id in runs"),
    (["generate", "a", "temprature=1"], "did you mean  temperature"),
])
def test_what_cannot_be_used_is_said(arguments: list[str], said: str, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text("a\n1\n")
    assert route(arguments) == 2
    assert said in capsys.readouterr().err
