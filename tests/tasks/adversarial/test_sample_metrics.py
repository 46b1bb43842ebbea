"""Sample-quality metrics of a GAN: what is counted, what it costs the run (nothing), and that a collapse is said."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch

from dlrun.assembly.build_run import build_run
from dlrun.assembly.components import RunComponents
from dlrun.assembly.machine import choose
from dlrun.diagnostics.sample_classifier import make_sample_classifier
from dlrun.preflight.preflight import preflight
from dlrun.record.console import Console
from dlrun.record.folder import RunFolder
from dlrun.record.recorder import Recorder
from dlrun.tasks.adversarial import Adversarial, sample_metrics
from dlrun.tasks.adversarial.mode_collapse import mode_collapse
from dlrun.tasks.adversarial.sample_metrics import SAMPLES, GanSampleMetrics, nearest
from tests.run.stops import signalled_after
from tests.whole.equal import assert_same_run, rows, state

SMALL = ["model=gan", "model.generator_hidden=[16]", "model.discriminator_hidden=[16]", "epochs=4", "verbosity=0"]


@pytest.fixture(scope="module")
def components() -> RunComponents:
    checked = preflight([*SMALL, "threads=1", "device=cpu"])
    return build_run(checked, choose(checked.config, None), lambda line: None)


@pytest.fixture(scope="module")
def looks(components: RunComponents, tmp_path_factory: pytest.TempPathFactory) -> GanSampleMetrics:
    said: list[str] = []
    folder = RunFolder(tmp_path_factory.mktemp("samples")).make()
    made = GanSampleMetrics(components.view(folder, Recorder(), 0, nullcontext),
                            lambda: make_sample_classifier(components, folder.sample_classifier, said.append))
    assert made.classifier is not None and made.classifier.accuracy > 0.95
    assert "classifier that is right on 9" in said[0]
    return made


def test_the_nearest_other_row_by_hand() -> None:
    points = torch.tensor([[0.0, 0.0], [3.0, 4.0], [3.0, 3.0], [3.0, 3.0]])
    assert nearest(points).tolist() == [pytest.approx(18 ** 0.5), 1.0, 0.0, 0.0]


def measured(looks: GanSampleMetrics, monkeypatch: pytest.MonkeyPatch, made: torch.Tensor) -> dict[str, float]:
    monkeypatch.setattr(sample_metrics, "sample", lambda model, z: made)
    return looks()


def test_real_rows_in_place_of_samples_look_varied(components, looks, monkeypatch) -> None:
    found = measured(looks, monkeypatch, components.train.range(300, 300 + SAMPLES)[0])
    assert found["classes"] == 10 and found["sure"] > 0.9 and found["duplicates"] < 0.15


def test_rows_of_two_classes_are_two_classes(components, looks, monkeypatch) -> None:
    x, y = components.train.range(0, components.train.count)
    assert measured(looks, monkeypatch, x[(y == 3) | (y == 7)][:SAMPLES])["classes"] == 2


def test_half_of_the_rows_twice_are_duplicates(components, looks, monkeypatch) -> None:
    x, _ = components.train.range(0, SAMPLES)
    whole = measured(looks, monkeypatch, x)["duplicates"]
    half = measured(looks, monkeypatch, torch.cat([x[:128], x[:64], x[:64] + 1e-4]))["duplicates"]
    assert whole < 0.15 and 0.75 <= half < 0.85


def test_measuring_samples_changes_no_bit_of_training(go, quick_classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = go(*SMALL, "output_dir=watched")
    monkeypatch.setattr(Adversarial, "sample_metrics", lambda *about: None)
    alone = go(*SMALL, "output_dir=alone")
    a, b = state(watched.folder), state(alone.folder)
    assert all(torch.equal(value, b[key]) for key, value in a.items() if key.startswith("/parts/model"))
    without = [{k: v for k, v in row.items() if not k.startswith("samples/")} for row in rows(watched.folder)]
    assert without == rows(alone.folder) != rows(watched.folder)


def test_an_interrupted_run_is_judged_the_same(go, quick_classifier) -> None:
    whole = go(*SMALL, "output_dir=whole")
    with signalled_after(30):
        assert go(*SMALL, "output_dir=parted").result["status"] == "interrupted"
    parted = go(*SMALL, "output_dir=parted")
    assert_same_run(whole.folder, parted.folder)
    assert whole.result["samples"] == {k.split("/")[1]: v for k, v in rows(parted.folder)[-1].items()
                                       if k.startswith("samples/")}


def test_a_run_without_labels_counts_duplicates_alone(go, tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("a,b,c\n" + "\n".join(f"{i % 7},{i % 5},{i % 3}" for i in range(60)))
    outcome = go(*SMALL, "dataset=csv", "dataset.path=points.csv", "dataset.target=c", "dataset.targets=number")
    assert set(outcome.result["samples"]) == {"duplicates"}
    assert not RunFolder(outcome.folder).sample_classifier.exists()


def test_a_collapsed_run_says_so(go, quick_classifier, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = go(*SMALL, "task.generator_optimizer={lr: 1e-9}", "verbosity=1", recorders=[Console()])
    assert outcome.result["status"] == "finished" and outcome.result["collapsed"] is True
    sentence = "collapsed: since epoch 1 more than half of the generator's samples are duplicates"
    assert outcome.result["stop_reason"].endswith(sentence) and sentence in capsys.readouterr().out
    assert json.loads((outcome.folder / "result.json").read_text())["collapsed"] is True


def table(*looks: tuple[float, int, float]) -> list[dict[str, float]]:
    return [{"epoch": number, "samples/duplicates": alike, "samples/classes": classes, "samples/sure": sure}
            for number, (alike, classes, sure) in enumerate(looks, 1)]


YOUNG, WELL, ALIKE, FEW = (1.0, 0, 0.1), (0.1, 9, 0.7), (0.6, 8, 0.7), (0.1, 2, 0.8)


def test_three_looks_in_a_row_at_the_end_make_a_collapse() -> None:
    assert mode_collapse(table(YOUNG, YOUNG, YOUNG, WELL), 10) is None
    assert mode_collapse(table(WELL, ALIKE, ALIKE), 10) is None
    assert "since epoch 3 more than half" in (mode_collapse(table(ALIKE, WELL, ALIKE, ALIKE, ALIKE), 10) or "")
    few = mode_collapse(table(WELL, FEW, FEW, FEW), 10)
    assert few is not None and "since epoch 2 the generator's samples are of 2 of 10" in few


def test_mush_is_no_collapse_and_neither_are_two_classes_of_two() -> None:
    assert mode_collapse(table(*[(0.1, 1, 0.2)] * 5), 10) is None
    assert mode_collapse(table(*[FEW] * 5), 2) is None
    assert mode_collapse([{"epoch": 1, "train/loss": 1.0}], 10) is None and mode_collapse([], 10) is None
