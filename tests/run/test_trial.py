"""speed=auto and pack=auto: tried once on a machine, kept, and the same path from then on."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from dlrun.preflight import trials
from dlrun.preflight.preflight import preflight
from dlrun.preflight.steps import run_steps
from dlrun.preflight.trials import Trial
from dlrun.record.recorder import Recorder
from dlrun.run import trial as tries
from tests.helpers.compiler import needs_compiler
from tests.whole.equal import assert_same_run

DENSE = ["dataset=digits", "model=dense", "model.hidden=[12]", "model.dropout=0.2", "batch_size=25", "epochs=3",
         "train_size=640", "early_stop=none", "device=cpu", "threads=1"]
AUTO = [*DENSE, "speed=auto"]


@pytest.fixture(autouse=True)
def own_trials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(trials, "cache_dir", lambda: tmp_path / "cache")
    monkeypatch.setattr("dlrun.preflight.speed.FEWEST", 50)
    monkeypatch.setattr(tries, "BLOCK_SECONDS", 0.002)
    return tmp_path / "cache" / "trials"


class Notes(Recorder):
    """What the console would say at the start."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def start(self, run) -> None:
        self.said = list(run.notes)


def path_of(outcome) -> str:
    return json.loads((outcome.folder / "provenance.json").read_text())["speed_path"].split(",")[0].split(" by ")[0]


def never(*given, **more):
    raise AssertionError("a trial was made")


def test_what_pays() -> None:
    assert Trial(100e-6, 10e-6, begin=1.0).pays(20_000) and not Trial(100e-6, 10e-6, begin=1.0).pays(10_000)
    assert Trial(100e-6, 90e-6).pays(1) and not Trial(100e-6, 95e-6).pays(10**9), "a tenth at least"


def test_a_trial_is_kept_for_the_user_alone_and_never_replaced(own_trials: Path) -> None:
    checked = preflight(DENSE)
    assert trials.find("packed", checked) is None
    assert trials.keep("packed", checked, Trial(3.0, 1.0)) == Trial(3.0, 1.0)
    assert trials.keep("packed", checked, Trial(1.0, 3.0)) == Trial(3.0, 1.0), "another process was faster"
    assert trials.find("packed", checked) == Trial(3.0, 1.0)
    assert stat.S_IMODE(own_trials.stat().st_mode) == 0o700
    assert [path.suffix for path in own_trials.iterdir()] == [".json"], "nothing half-written"


def test_a_trial_is_of_all_that_decides_a_steps_seconds_and_of_nothing_else() -> None:
    trials.keep("packed", preflight(DENSE), Trial(3.0, 1.0))
    for same in ("seed=3", "optimizer.lr=0.1", "model.dropout=0.4", "epochs=9", "validation=0.1", "threads=2",
                 "validation={kind: kfold, k: 3}", "speed=auto", "pack=auto", "output_dir=elsewhere"):
        assert trials.find("packed", preflight([*DENSE, same])), same
    for other in ("batch_size=32", "model.hidden=[13]", "optimizer=sgd", "model.dropout=0", "optimizer.clip_norm=1",
                  "model.activation=tanh", "model.batch_norm=true"):
        assert trials.find("packed", preflight([*DENSE, other])) is None, other
    assert trials.find("compiled", preflight(DENSE)) is None


@needs_compiler
def test_the_second_command_takes_the_path_of_the_first_without_a_trial(go, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = Notes()
    first = go(*AUTO, "output_dir=first", recorders=[notes])
    [said] = [note for note in notes.said if note.startswith("speed=auto: ")]
    checked = preflight(AUTO)
    found, steps = trials.find("compiled", checked), run_steps(checked.config, checked.rows["train"])
    assert found and path_of(first) == ("compiled" if found.pays(steps) else "eager") and f"{found.share:.2f}" in said
    monkeypatch.setattr(tries, "_compiled", never)
    again = go(*AUTO, "output_dir=again")
    assert path_of(again) == path_of(first)
    assert_same_run(first.folder, again.folder)


@needs_compiler
@pytest.mark.parametrize(("kept", "path"), [(Trial(1.0, 0.1), "compiled"), (Trial(1.0, 1.1), "eager"),
                                            (Trial(1.0, 0.1, begin=1e3), "eager")])
def test_what_was_tried_decides_and_changes_no_bit(kept: Trial, path: str, go, monkeypatch) -> None:
    monkeypatch.setattr(tries, "_fastest", lambda works: [work() and value for work, value in
                                                          zip(works, (kept.plain, kept.other))])
    monkeypatch.setattr(tries, "_used", iter([0.0, kept.begin]).__next__)
    tried = go(*AUTO, "output_dir=tried")
    assert path_of(tried) == path
    chosen = go(*DENSE, f"speed={'compiled' if path == 'compiled' else 'plain'}", "output_dir=chosen")
    assert_same_run(tried.folder, chosen.folder)


@needs_compiler
def test_a_run_goes_on_as_it_began_whatever_a_trial_would_say_now(go, monkeypatch, own_trials: Path) -> None:
    from tests.run.stops import signalled_after

    trials.keep("compiled", preflight(AUTO), Trial(1.0, 2.0))
    with signalled_after(40):
        assert go(*AUTO, "output_dir=parts").result["status"] == "interrupted"
    for kept in own_trials.iterdir():
        kept.unlink()
    monkeypatch.setattr(tries, "_compiled", never)
    assert path_of(go(*AUTO, "output_dir=parts")) == "eager"
    assert not list(own_trials.iterdir())


@needs_compiler
@pytest.mark.parametrize("damage", [lambda text: text[:40], lambda text: text.replace('"plain": ', '"plain": 1'),
                                    lambda text: ""])
def test_a_damaged_trial_is_made_again_with_a_sentence(damage, go, own_trials: Path) -> None:
    go(*AUTO, "output_dir=first")
    [place] = own_trials.iterdir()
    place.write_text(damage(place.read_text()))
    notes = Notes()
    go(*AUTO, "output_dir=second", recorders=[notes])
    assert [note for note in notes.said if note.startswith(str(place)) and note.endswith("the trial is made again")]
    assert trials.find("compiled", preflight(AUTO))


def test_without_a_compiler_nothing_is_kept_and_steps_are_plain(go, tmp_path, monkeypatch, own_trials: Path) -> None:
    monkeypatch.setenv("CC", str(tmp_path / "gone"))
    notes = Notes()
    assert path_of(go(*AUTO, recorders=[notes])) == "eager"
    assert [note for note in notes.said if note.startswith("steps are not compiled: ")]
    assert not own_trials.exists()


def test_folds_are_a_pack_where_a_trial_says_so(go, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [*DENSE, "validation={kind: kfold, k: 4}", "epochs=1", "pack=auto"]
    first = go(*words, "output_dir=first")
    found = trials.find("packed", preflight(words))
    assert found
    place = first.folder / "folds/0/provenance.json"
    assert ("pack" in json.loads(place.read_text())) == found.pays(1)
    monkeypatch.setattr(tries, "_packed", never)
    again = go(*words, "output_dir=again")
    assert_same_run(first.folder, again.folder)
