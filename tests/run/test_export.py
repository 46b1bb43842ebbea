"""`dlrun export`: files that load without dlrun say what the run says, of rows as the data has them."""

from __future__ import annotations

import csv
import io
import logging
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from dlrun.cli.route import route
from tests.cli.test_use import flowers

__all__ = ["flowers"]
DIGITS = ["dataset=digits", "model=dense", "model.hidden=[16]", "epochs=2"]
USE = re.compile("```python\n(.*?)```", re.DOTALL)  # of a model card
OUTSIDE = """
import sys, numpy, torch
assert not any(name.partition(".")[0] == "dlrun" for name in sys.modules)
rows = torch.from_numpy(numpy.load("rows.npy"))
numpy.save("made.npy", torch.export.load("model.pt2").module()(rows)[0].numpy())
assert not any(name.partition(".")[0] == "dlrun" for name in sys.modules)
"""


@pytest.fixture(autouse=True)
def _no_trace_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch writes all that it traces to a logger that pytest would read."""
    monkeypatch.setattr(logging.getLogger("torch.__trace"), "propagate", False)


def predicted(folder: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    """What `dlrun predict` says of the rows of a file."""
    capsys.readouterr()
    assert route(["predict", str(folder), str(file)]) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


def pictures(count: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 17, (count, 8, 8, 1), np.uint8)


def test_torchs_file_gives_the_probabilities_that_predict_gives_for_any_number_of_rows(
        go, tmp_path, capsys, monkeypatch) -> None:
    folder = go(*DIGITS).folder
    assert route(["export", str(folder)]) == 0
    assert "of its rows: differs by at most 0 in probabilities" in capsys.readouterr().out
    (use,) = USE.findall((folder / "export" / "README.md").read_text())
    found: dict[str, torch.Tensor] = {}
    with monkeypatch.context() as there:
        there.chdir(folder / "export")
        exec(use, found)
    assert found["probabilities"].shape == (1, 10) and torch.isclose(found["probabilities"].sum(), torch.tensor(1.0))
    program = torch.export.load(str(folder / "export" / "model.pt2")).module()
    for count in (1, 5):
        stored = pictures(count)
        np.savez(tmp_path / "new.npz", x=np.rint(stored * (255 / 16)).astype(np.uint8))  # pictures of 256 levels
        rows = predicted(folder, tmp_path / "new.npz", capsys)
        made, = program(torch.from_numpy(stored.transpose(0, 3, 1, 2).copy()))
        said = np.array([[float(row[f"p({place})"]) for place in range(10)] for row in rows])
        assert np.abs(made.detach().numpy() - said).max() < 1e-4, "predict prints four digits"


@pytest.mark.slow
def test_holes_of_a_table_are_filled_and_numbers_come_in_their_unit(go, flowers: Path, tmp_path, capsys) -> None:
    lines = flowers.read_text().splitlines()
    table = tmp_path / "prices.csv"
    numbers = np.random.default_rng(0).normal(300_000, 50_000, len(lines) - 1)
    table.write_text("\n".join([lines[0] + ",price", *(f"{line},{price:.0f}" for line, price
                                                       in zip(lines[1:], numbers))]))
    folder = go("dataset=csv", f"dataset.path={table}", "dataset.target=price", "model=dense", "model.hidden=[4]",
                "epochs=5").folder
    assert route(["export", str(folder), "into=elsewhere"]) == 0
    program = torch.export.load("elsewhere/model.pt2").module()
    said = [float(row["price"]) for row in predicted(folder, table, capsys)]
    from dlrun.inference.load import load_run

    columns = load_run(folder).data_spec.features
    cells = [dict(zip(("size", "colour", "kind"), line.split(","))) for line in lines[1:]]
    numbers_of = {"size": lambda row: float(row["size"] or "nan"), "size is missing": lambda row: not row["size"]}
    rows = np.array([[numbers_of[name](row) if name in numbers_of else name.rpartition("=")[2] in row.values()
                      for name in columns] for row in cells], np.float32)
    assert np.isnan(rows).any()
    made, = program(torch.from_numpy(rows))
    assert np.allclose(made.detach().numpy(), said, rtol=1e-4)


@pytest.mark.slow
def test_onnxruntime_gives_equal_classes_on_real_rows(go, capsys) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    from sklearn.datasets import load_digits

    from dlrun.inference.load import load_run

    folder = go(*DIGITS).folder
    assert route(["export", str(folder), "format=onnx"]) == 0
    assert "run with onnxruntime" in capsys.readouterr().out
    session = onnxruntime.InferenceSession(str(folder / "export" / "model.onnx"))
    stored = load_digits().images[:, None].astype(np.uint8)
    made, = session.run(None, {"rows": stored})
    run = load_run(folder)
    from dlrun.data.prepared import Split

    assert (made.argmax(1) == run.outputs(Split(stored, None)).argmax(1).numpy()).all() and len(made) == 1797


def test_safetensors_hold_the_weights_under_their_names(go) -> None:
    numpy_reader = pytest.importorskip("safetensors.numpy")
    folder = go(*DIGITS).folder
    assert route(["export", str(folder), "format=safetensors"]) == 0
    found = numpy_reader.load_file(str(folder / "export" / "model.safetensors"))
    own = torch.load(folder / "checkpoints" / "last.pt", weights_only=True)["parts"]["model"]
    assert found.keys() == own.keys() and all(np.array_equal(found[name], own[name].numpy()) for name in own)


@pytest.mark.slow
def test_the_card_has_data_recipe_measures_with_interval_and_limits(go, capsys) -> None:
    outcome = go(*DIGITS)
    assert route(["export", str(outcome.folder)]) == 0
    card = (outcome.folder / "export" / "README.md").read_text()
    for text in ("digits; 1,149 train / 288 val / 360 test rows", "model.hidden=[16]", "On 360 test rows",
                 "| accuracy |", "not over seeds", "seed 0 on one split", "model.pt2", "uint8 (rows, 1, 8, 8)"):
        assert text in card, card
    assert f"{100 * outcome.result['test']['accuracy']:.1f} %" in card


def test_a_run_that_was_killed_is_exported_and_its_card_says_so(go, capsys) -> None:
    folder = go(*DIGITS).folder
    (folder / "result.json").unlink()
    assert route(["export", str(folder)]) == 0
    card = (folder / "export" / "README.md").read_text()
    for text in (f"# {folder.parent.name} {folder.name}\n", "this run has no result yet", "Nothing was measured",
                 "- digits; SHA-256", "`model.hidden`: [16]", "seed 0 on one split"):
        assert text in card, card


def test_of_a_run_without_its_origin_the_card_says_nothing(go, capsys) -> None:
    folder = go(*DIGITS).folder
    (folder / "provenance.json").unlink()
    assert route(["export", str(folder)]) == 0
    card = (folder / "export" / "README.md").read_text()
    assert "Trained by dlrun: finished after" in card and "not known" in card and "```\n\n```" not in card


@pytest.mark.parametrize("name", ["result.json", "provenance.json"])
def test_a_damaged_file_is_named_before_anything_is_written(go, capsys, name: str) -> None:
    folder = go(*DIGITS).folder
    (folder / name).write_text("{")
    assert route(["export", str(folder)]) == 2
    assert name in capsys.readouterr().err and not (folder / "export").exists()


def test_what_cannot_be_exported_is_refused(go, capsys, quick_classifier) -> None:
    folder = go("dataset=digits", "model=gan", "max_steps=1", "epochs=1").folder
    assert route(["export", str(folder)]) == 2
    assert "see  dlrun generate" in capsys.readouterr().err and not (folder / "export").exists()
    assert route(["export", str(folder), "format=onx"]) == 2
    assert "did you mean  onnx" in capsys.readouterr().err


def test_a_format_that_fails_leaves_those_before_it_unwritten(go, tmp_path: Path, capsys, monkeypatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("no such operator")

    monkeypatch.setattr(torch.export, "save", fails)
    folder, into, earlier = go(*DIGITS).folder, tmp_path / "new", tmp_path / "earlier"
    earlier.mkdir()
    (earlier / "model.pt2").write_text("of another run")
    for place in (into, earlier):
        assert route(["export", str(folder), "format=[safetensors,torch]", f"into={place}"]) == 2
        assert "no such operator" in capsys.readouterr().err
    assert not into.exists()
    assert [file.name for file in earlier.iterdir()] == ["model.pt2"]
    assert (earlier / "model.pt2").read_text() == "of another run"


@pytest.mark.slow
def test_torchs_file_loads_in_a_process_without_dlrun(go, tmp_path: Path) -> None:
    folder = go(*DIGITS).folder
    assert route(["export", str(folder), f"into={tmp_path / 'out'}"]) == 0
    np.save(tmp_path / "out" / "rows.npy", pictures(3).transpose(0, 3, 1, 2).copy())
    subprocess.run([sys.executable, "-c", OUTSIDE], cwd=tmp_path / "out", check=True)
    assert np.allclose(np.load(tmp_path / "out" / "made.npy").sum(1), 1, atol=1e-5)
