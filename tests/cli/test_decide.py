"""`dlrun decide`: paired seeds, as many as it needs, and an answer that says what it rests on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dlrun.cli import decide as module
from dlrun.cli.decide import Decision, decide
from dlrun.cli.route import route
from dlrun.report.repeated import look

COMMON = "dataset=digits model=dense model.hidden=[4] epochs=1 threads=1 device=cpu launcher=inline verbosity=0"


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)

    def call(*words: str, code: int = 0, common: str = COMMON) -> dict:
        capsys.readouterr()
        assert route(["decide", *words, f"common={common}", "json=true"]) == code
        found = json.loads(capsys.readouterr().out)
        return found.get("data") or {"problems": found["problems"]}

    return call


def test_a_clear_winner_is_known_at_the_first_look_by_the_validation_measure(asked) -> None:
    found = asked("optimizer.lr=0.05", "optimizer.lr=1e-7", "max_seeds=8")
    assert found["best"] == "optimizer.lr=0.05" and found["seeds"] == 5 and found["metric"] == "val/accuracy"
    pair, = found["pairs"]
    results = {(run["config"]["optimizer.lr"], run["config"]["seed"]): run["val"]["accuracy"] for run in map(
        json.loads, (path.read_text() for path in Path("runs").glob("*/*/result.json")))}
    assert len(results) == 10
    assert pair["difference"] == pytest.approx(sum(results[0.05, seed] - results[1e-7, seed] for seed in range(5)) / 5)
    assert found["settings"][0]["values"] == {str(seed): results[0.05, seed] for seed in range(5)}


def test_what_was_trained_is_not_trained_again_and_a_diverged_seed_is_said_and_not_averaged(asked) -> None:
    found = asked("optimizer.lr=0.01", "optimizer=sgd optimizer.lr=1e30", "max_seeds=2", "metric=val/loss", code=0)
    assert found["best"] is None and found["settings"][1]["values"] == {}
    assert "diverged" in found["settings"][1]["lost"]["0"] and found["pairs"][0]["n"] == 0
    before = {path: path.stat().st_mtime_ns for path in Path("runs").glob("*/*/result.json")}
    asked("optimizer.lr=0.01", "optimizer.lr=0.02", "max_seeds=2", "metric=test/loss")
    assert all(path.stat().st_mtime_ns == made for path, made in before.items())


@pytest.mark.parametrize(("words", "says"), [
    (["optimizer=sgd", "optimizer=sgd"], "two settings that differ"), (["optimizer=sgd"], "SETTING SETTING"),
    (["modle=cnn", "model=dense"], "did you mean"), (["seed=1", "epochs=1", "max_seeds=1"], "max_seeds=1")])
def test_a_mistake_is_refused_before_anything_is_trained(asked, words: list[str], says: str) -> None:
    problems = asked(*words, code=2)["problems"]
    assert any(says in one["expected"] or says in one["given"] for one in problems) and not Path("runs").exists()


def _drawn(monkeypatch: pytest.MonkeyPatch, means: dict[str, float]) -> list[tuple[int, list[str]]]:
    """Runs whose values are drawn in place of trained; what was asked for, look by look."""
    import random

    seen: list[tuple[int, list[str]]] = []

    def train(found: Decision, going, common, seeds: int) -> int:
        seen.append((seeds, list(going)))
        found.metric = "val/accuracy"
        for name in going:
            found.values[name] = {seed: means[name] + random.Random(f"{name}{seed}").gauss(0, 1)
                                  for seed in range(seeds)}
        return 0

    monkeypatch.setattr(module, "_train", train)
    return seen


def test_losers_get_no_more_seeds_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = _drawn(monkeypatch, {"a=1": 0.0, "a=2": 0.1, "a=3": -9.0})
    found = decide(["a=1", "a=2", "a=3"], [], "", 18, None, lambda decision: None)
    assert [seeds for seeds, _ in seen] == [5, 8, 12, 18] and seen[0][1] == ["a=1", "a=2", "a=3"]
    assert all(going == ["a=1", "a=2"] for _, going in seen[1:]) and found.losers == {"a=3"}
    assert found.ended == "max_seeds=18 are used up" and found.pairs["a=1", "a=3"].n == 5
    values = [found.values["a=1"][seed] - found.values["a=2"][seed] for seed in range(18)]
    assert found.pairs["a=1", "a=2"] == look(values, found.level)


def test_a_tolerance_ends_it_and_a_smaller_loss_is_better(monkeypatch: pytest.MonkeyPatch) -> None:
    _drawn(monkeypatch, {"a=1": 0.0, "a=2": 0.0})
    found = decide(["a=1", "a=2"], [], "", 50, 3.0, lambda decision: None)
    assert found.ended == "what is left is known to less than 3" and found.seeds < 50
    lower = Decision(["a", "b"], "val/loss", False, 0.05, pairs={("a", "b"): look([1.0, 1.1, 0.9], 0.05)})
    assert lower.better(("a", "b")) == "b" and lower.losers == {"a"}
