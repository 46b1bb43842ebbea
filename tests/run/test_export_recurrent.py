"""`dlrun export` of recurrent networks: hundreds of steps, padding, a state carried over, and a file that is wrong."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from dlrun.cli.route import route
from dlrun.models.recurrent import exported
from tests.run.test_export import _no_trace_logs

__all__ = ["_no_trace_logs"]
STEPS = 240
WORDS = "sun rain snow wind fog hail".split()


def series(tmp_path: Path, steps: int = STEPS) -> tuple[list[str], np.ndarray]:
    """A number far from zero for each array of steps; and arrays that nobody has trained on."""
    rng = np.random.default_rng(0)
    x = rng.normal(20, 3, (40, steps, 2)).astype(np.float32)
    np.savez(tmp_path / "sums.npz", x_train=x, y_train=300 + x[:, -9:, 0].sum(1))
    new = rng.normal(20, 3, (3, steps, 2)).astype(np.float32)
    np.savez(tmp_path / "new.npz", x=new)
    return ["dataset=npz", f"dataset.path={tmp_path / 'sums.npz'}", "dataset.layout=series", "task=regress",
            "optimizer.lr=0.05", "max_steps=3"], new


def predicted(folder: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> np.ndarray:
    capsys.readouterr()
    assert route(["predict", str(folder), str(file)]) == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    return np.array([[float(cell) for cell in row if cell.replace(".", "").replace("-", "").isdigit()]
                     for row in rows[1:]])


def test_torchs_file_of_240_steps_forecasts_what_predict_does(go, tmp_path: Path, capsys) -> None:
    words, new = series(tmp_path)
    folder = go(*words, "model=gru", "model.units=[4]", "model.bidirectional=concat",
                "model.recurrent_dropout=0.3").folder
    begun = time.process_time()
    assert route(["export", str(folder)]) == 0
    assert time.process_time() - begun < 60, "written step by step it takes minutes"
    made, = torch.export.load(str(folder / "export" / "model.pt2")).module()(torch.from_numpy(new.transpose(0, 2, 1)))
    said = predicted(folder, tmp_path / "new.npz", capsys)[:, -1]
    assert np.allclose(made.numpy().ravel(), said, rtol=1e-4) and np.ptp(said) > 0, said


def texts(tmp_path: Path) -> list[str]:
    rng = np.random.default_rng(1)
    rows = [" ".join(rng.choice(WORDS, rng.integers(1, 9))) for _ in range(60)]
    table = ["text,kind", *(f"{row},{'wet' if 'rain' in row else 'dry'}" for row in rows)]
    (tmp_path / "weather.csv").write_text("\n".join(table) + "\n")
    (tmp_path / "new.csv").write_text("\n".join(table[:6]) + "\n")
    return ["dataset=labelled_text", f"dataset.path={tmp_path / 'weather.csv'}", "dataset.text=text",
            "dataset.target=kind"]


def test_onnxruntime_skips_the_padding_that_the_run_skips(go, tmp_path: Path, capsys) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    from dlrun.inference.export import sample
    from dlrun.inference.load import load_run

    folder = go(*texts(tmp_path), "model=lstm", "model.units=[4]", "model.mask=true", "model.bidirectional=concat",
                "max_steps=3").folder
    assert route(["export", str(folder), "format=onnx"]) == 0
    session = onnxruntime.InferenceSession(str(folder / "export" / "model.onnx"))
    found = sample(load_run(folder), print)
    lengths = (found.x != 0).sum(1)
    assert lengths.min() < lengths.max(), "rows of one length have no padding"
    for rows in (found.x, found.x[:1]):
        made, = session.run(None, {"rows": rows.numpy()})
        assert np.allclose(made, found.outputs["probabilities"][:len(rows)], atol=1e-5)


def test_a_file_with_other_outputs_is_not_kept(go, tmp_path: Path, capsys, monkeypatch) -> None:
    words, _ = series(tmp_path, steps=5)
    folder = go(*words, "model=rnn", "model.units=[4]").folder
    monkeypatch.setitem(exported.ACTIVATIONS, "tanh", torch.sigmoid)
    assert route(["export", str(folder)]) == 2
    said = capsys.readouterr().err
    assert "gives other" in said and "than the run" in said and not list((folder / "export").glob("model*")), said


def test_a_state_that_is_carried_over_is_refused_before_anything_is_written(go, tmp_path: Path, capsys) -> None:
    words, _ = series(tmp_path, steps=5)
    folder = go(*words, "model=rnn", "model.units=[4]", "model.stateful=true", "shuffle=false", "batch_size=4").folder
    assert route(["export", str(folder), "format=[safetensors,torch]"]) == 2
    said = capsys.readouterr().err
    assert "format=torch" in said and "stateful=false" in said and not (folder / "export").exists(), said
