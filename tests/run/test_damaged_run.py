"""Damaged files of a run: it ends with the bits of one that was left alone, or says what happened."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dlrun.config.problem import ConfigError
from dlrun.data import verified_array
from dlrun.engine import checkpoint
from dlrun.inference.load import load_run
from dlrun.record.folder import RunFolder
from dlrun.record.recorder import Recorder
from tests.helpers.runs import OVERRIDES, Notes
from tests.run.stops import signalled_after
from tests.whole.equal import assert_same_run

THREE = [*OVERRIDES, "epochs=3", "checkpoint_seconds=0"]  # five steps an epoch, a checkpoint after each
STOPPING = ["early_stop=patience", "early_stop.monitor=val/loss", "validation=0.2"]


def flip(path: Path, share: float = 0.5) -> None:
    data = bytearray(path.read_bytes())
    data[int(len(data) * share)] ^= 4
    path.write_bytes(data)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory) -> Path:
    """The folder of runs that holds one stopped in its third epoch."""
    from dlrun.preflight.preflight import preflight
    from dlrun.record.recorder import Recorder
    from dlrun.run.run import run

    place = tmp_path_factory.mktemp("stopped")
    for name, stop in (("whole", None), ("cut", 12)):
        words = [*THREE, "threads=1", "device=cpu", f"output_dir={place / name}"]
        if stop is None:
            run(preflight(words), ["dlrun", *words], [Recorder()])
        else:
            with signalled_after(stop):
                run(preflight(words), ["dlrun", *words], [Recorder()])
    return place


@pytest.fixture
def cut(stopped: Path, tmp_path: Path) -> RunFolder:
    shutil.copytree(stopped / "cut", tmp_path / "runs")
    return RunFolder(next((tmp_path / "runs").glob("*/*/config.yaml")).parent)


def resumed(go, stopped: Path) -> list[str]:
    """The notes of a start that ends as the whole run does."""
    notes = Notes()
    assert_same_run(next((stopped / "whole").glob("*/*/config.yaml")).parent, go(*THREE, recorders=[notes]).folder)
    return notes.notes


def test_a_damaged_checkpoint_gives_way_to_the_one_before(go, stopped: Path, cut: RunFolder) -> None:
    for damage in (flip, lambda path: path.write_bytes(path.read_bytes()[:3000]), Path.unlink):
        shutil.rmtree(cut.path)
        shutil.copytree(next((stopped / "cut").glob("*/*/config.yaml")).parent, cut.path)
        damage(cut.last)
        assert "resuming from the checkpoint before" in " ".join(resumed(go, stopped))
        assert not cut.previous.exists(), "a finished run keeps one"


def test_two_damaged_checkpoints_are_a_sentence(go, cut: RunFolder) -> None:
    flip(cut.last)
    flip(cut.previous, 0.9)
    before = {path: path.read_bytes() for path in cut.checkpoints.iterdir()}
    with pytest.raises(ConfigError, match=r"checksum is wrong.*the one before.*no better.*force=true"):
        go(*THREE)
    cut.previous.unlink()
    with pytest.raises(ConfigError, match=r"no checkpoint before it; force=true"):
        go(*THREE)
    assert cut.last.read_bytes() == before[cut.last]
    assert go(*THREE, "force=true").result["status"] == "finished"


ROWS: dict[str, Callable[[Path], object]] = {
    "deleted": Path.unlink,
    "emptied": lambda path: path.write_text(""),
    "a row short": lambda path: path.write_text("".join(path.read_text().splitlines(keepends=True)[:1])),
    "another number": lambda path: path.write_text(path.read_text().replace("0.", "1.", 1)),
    "no JSON": lambda path: path.write_text("{" + path.read_text()),
    "first row gone": lambda path: path.write_text("".join(path.read_text().splitlines(keepends=True)[1:])),
}


@pytest.mark.parametrize("damage", ROWS)
def test_lost_rows_of_metrics_come_back(go, stopped: Path, cut: RunFolder, damage: str) -> None:
    assert len(cut.metrics.read_text().splitlines()) == 2
    ROWS[damage](cut.metrics)
    assert "metrics.jsonl was damaged" in " ".join(resumed(go, stopped))


def test_rows_that_an_older_checkpoint_does_not_have_are_missed(go, cut: RunFolder) -> None:
    content = checkpoint.read(cut.last)
    del content["metrics_and_seconds"]
    checkpoint.save(cut.last, content)
    whole = cut.metrics.read_text()
    cut.metrics.write_text(whole.splitlines(keepends=True)[1])
    with pytest.raises(ConfigError, match="it has 1 of the 2 rows"):
        go(*THREE)
    cut.metrics.write_text(whole)
    assert go(*THREE).result["status"] == "finished"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00"])
def test_a_damaged_provenance_stops_no_run(go, stopped: Path, cut: RunFolder, text: str) -> None:
    cut.provenance.write_text(text)
    assert "provenance.json was damaged" in " ".join(resumed(go, stopped))
    cut.provenance.write_text(text)
    assert go(*THREE).found, "nor the answer of a finished one"


def test_an_edited_provenance_is_named(go, stopped: Path, cut: RunFolder) -> None:
    cut.provenance.write_text(cut.provenance.read_text().replace('"seed": ', '"seed":  '))
    assert "provenance.json: it is not what the run wrote" in " ".join(resumed(go, stopped))


@pytest.mark.parametrize("text", ["{}", "[]", "3", "", "{\"status\": \"finishe`\"}"])
def test_a_result_that_is_none_is_a_sentence(go, cut: RunFolder, text: str) -> None:
    cut.result_file.write_text(text)
    with pytest.raises(ConfigError, match=r"(?s)result.json.*delete it to resume from the checkpoint"):
        go(*THREE)
    cut.result_file.unlink()
    cut.result_file.mkdir()
    with pytest.raises(ConfigError, match="it is a folder"):
        go(*THREE)


def test_a_damaged_shorter_neighbour_stops_no_longer_run(go) -> None:
    short = RunFolder(go(*OVERRIDES, "epochs=1").folder)
    flip(short.last)
    notes = Notes()
    longer = go(*OVERRIDES, "epochs=2", recorders=[notes])
    assert "is not resumed from (last.pt: its checksum is wrong" in " ".join(notes.notes)
    assert_same_run(go(*OVERRIDES, "epochs=2", "output_dir=alone").folder, longer.folder)


def outputs(folder: Path) -> np.ndarray:
    loaded = load_run(folder)
    from dlrun.inference.new_rows import inputs_of

    return loaded.outputs(inputs_of(loaded.kept, np.arange(64 * 3).reshape(3, 1, 8, 8).astype(np.uint8) % 17)).numpy()


def test_predictions_are_those_of_the_measured_weights_whatever_happened_to_best_pt(go) -> None:
    words = [*OVERRIDES, *STOPPING, "epochs=4", "optimizer.lr=0.3"]  # so that the best epoch is not the last
    folder = RunFolder(go(*words).folder)
    expected, whole = outputs(folder.path), folder.best.read_bytes()
    content = checkpoint.read(folder.last)
    assert content["parts"]["best"]["epoch"] < content["epoch"]
    other = go(*words, "seed=5").folder / "checkpoints" / "best.pt"
    for damage in (folder.best.unlink, lambda: folder.best.write_bytes(whole[:100]),
                   lambda: folder.best.write_bytes(other.read_bytes())):
        damage()
        assert np.array_equal(outputs(folder.path), expected)
    folder.manifest.unlink()  # an older run's
    assert np.array_equal(outputs(folder.path), expected)
    shutil.copyfile(other.with_name("last.pt"), folder.last)
    with pytest.raises(ConfigError, match="it belongs to run"):
        outputs(folder.path)


def test_a_resumed_end_writes_best_pt_again(go) -> None:
    words = [*OVERRIDES, *STOPPING, "epochs=2"]
    folder = RunFolder(go(*words).folder)
    whole = checkpoint.read(folder.best)
    for damage in (folder.best.unlink, lambda: flip(folder.best)):
        damage()
        folder.result_file.unlink()
        assert go(*words).result["status"] in ("finished", "stopped")
        again = checkpoint.read(folder.best)
        assert again["epoch"] == whole["epoch"]
        assert all(np.array_equal(value, whole["model"][name]) for name, value in again["model"].items())


@pytest.mark.parametrize("name", ["config.yaml", "fitted.json", "checkpoints/last.pt"])
def test_predictions_refuse_a_run_whose_files_were_changed(go, name: str) -> None:
    folder = go(*OVERRIDES, "epochs=1").folder
    path = folder / name
    whole = path.read_bytes()
    flip(path, 0.7)
    with pytest.raises(ConfigError, match=r"(not what the run wrote|checksum is wrong).*force=true") as wrong:
        outputs(folder)
    assert wrong.value.problems[0].given == str(path)
    for data in (b"", b"[]", b"{}", whole[:len(whole) // 2]):
        path.write_bytes(data)
        (folder / "manifest.json").unlink(missing_ok=True)
        with pytest.raises(ConfigError):
            outputs(folder)


@pytest.mark.parametrize("words", [[], ["validation={kind: kfold, k: 2}"]], ids=["run", "folds"])
def test_force_that_is_killed_while_it_clears_leaves_no_finished_run(go, monkeypatch, words: list[str]) -> None:
    import os

    words = [*OVERRIDES, "epochs=1", *words]
    whole = go(*words, "output_dir=whole").folder
    real = os.unlink

    class Killed(BaseException):
        pass

    stop, ended = 0, False
    while not ended:
        stop += 1
        shutil.rmtree("runs", ignore_errors=True)
        shutil.copytree("whole", "runs")
        count = [0]

        def killed(*given, count=count, stop=stop, **more) -> None:
            count[0] += 1
            if count[0] > stop:
                raise Killed
            real(*given, **more)

        from dlrun.record import folder as room

        place = RunFolder(Path("runs") / whole.parent.name / whole.name)
        with monkeypatch.context() as patch:
            patch.setattr(os, "unlink", killed)
            try:
                room.clear(place)
                ended = True
            except Killed:
                pass
        for result in place.path.rglob("result.json"):
            files = json.loads((whole / result.relative_to(place.path).parent / "manifest.json").read_text())["files"]
            assert all((result.parent / name).is_file() for name in files), (stop, result)
    assert stop > 5


def test_a_finished_run_on_a_read_only_disk_answers_its_command(go, monkeypatch) -> None:
    import errno

    from dlrun.record import lock

    words = [*OVERRIDES, "epochs=1"]
    first = go(*words)

    def read_only(path: str, flags: int) -> int:
        raise OSError(errno.EROFS, "Read-only file system", path)

    monkeypatch.setattr(lock, "own_handle", read_only)
    again = go(*words)
    assert again.found and again.result == first.result
    with pytest.raises(ConfigError, match="Read-only file system"):
        go(*words, "force=true")
    with pytest.raises(ConfigError, match="Read-only file system"):
        go(*words, "seed=3")


def test_a_changed_file_of_a_finished_run_is_named(go, capsys) -> None:
    words = [*OVERRIDES, "epochs=1"]
    folder = RunFolder(go(*words).folder)
    capsys.readouterr()
    go(*words)
    assert "edited" not in capsys.readouterr().out
    text = folder.result_file.read_text()
    folder.result_file.write_text(text.replace('"accuracy": 0.', '"accuracy": 0.9'))
    go(*words)
    assert f"{folder.result_file}: it is not what the run wrote (edited by hand, or damaged)" in capsys.readouterr().out


def test_a_run_on_a_damaged_cache_is_trained_on_the_source(go, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("DLRUN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(verified_array, "LARGE", 1)
    rows = "".join(f"{n % 7},{n % 5},{n % 2}\n" for n in range(200))
    (tmp_path / "t.csv").write_text("a,b,y\n" + rows)
    words = ["dataset=csv", "dataset.path=t.csv", "dataset.target=y", "model=dense", "epochs=2"]
    whole = go(*words, "output_dir=whole").folder
    [array] = (tmp_path / "cache").rglob("x.npy")
    flip(array, 0.9)
    notes = Notes()
    again = go(*words, "output_dir=again", recorders=[notes])
    assert any(str(array) in note and "decoded again" in note for note in notes.notes)
    assert_same_run(whole, again.folder)


@pytest.mark.parametrize("name", ["result.json", "metrics.jsonl"])
def test_a_fold_whose_files_were_changed_is_in_no_mean(go, name: str) -> None:
    words = [*OVERRIDES, "epochs=1", "validation={kind: kfold, k: 2}"]
    folder = RunFolder(go(*words).folder)
    folder.result_file.unlink()  # as if killed between the last fold and the end
    changed = folder.fold(1).path / name
    changed.write_text(changed.read_text().replace("0.", "0.1", 1))
    with pytest.raises(ConfigError, match=r"delete the folder .* to train fold 1 again") as wrong:
        go(*words)
    assert wrong.value.problems[0].given == str(changed)
    shutil.rmtree(folder.fold(1).path)
    assert_same_run(go(*words, "output_dir=whole").folder, go(*words).folder)


class Told(Recorder):
    """What a user is told in the middle of a run."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, text: str) -> None:
        self.said.append(text)


def test_a_damaged_checkpoint_of_a_fold_that_is_done_is_named_and_changes_no_number(go) -> None:
    words = [*OVERRIDES, "epochs=1", "validation={kind: kfold, k: 2}"]
    folder = RunFolder(go(*words).folder)
    whole = folder.result_file.read_text()
    folder.result_file.unlink()  # as if killed between the last fold and the end
    flip(folder.fold(0).last)
    told = Told()
    result = go(*words, recorders=[told]).result
    assert all(result[part] == json.loads(whole)[part] for part in ("train", "val", "test"))
    [note] = [line for line in told.said if "not what the run wrote" in line]
    assert note.startswith(str(folder.fold(0).last)) and "to train fold 0 again" in note


def test_a_damaged_classifier_of_samples_is_trained_again(go, quick_classifier) -> None:
    words = ["dataset=digits", "model=gan", "batch_size=500", "epochs=2"]
    whole = go(*words, "output_dir=whole").folder
    with signalled_after(3):
        folder = RunFolder(go(*words).folder)
    flip(folder.sample_classifier)
    notes = Notes()
    assert_same_run(whole, go(*words, recorders=[notes]).folder)
    said = " ".join(notes.notes)
    assert "judge.pt was damaged" in said and "the classes of samples are counted" in said


def test_a_neighbour_of_an_older_dlrun_that_lost_rows_stops_no_longer_run(go) -> None:
    import torch

    short = RunFolder(go(*OVERRIDES, "epochs=2").folder)
    content = checkpoint.read(short.last)
    del content["metrics_and_seconds"]
    torch.save(content, short.last)  # as an older dlrun wrote it
    short.manifest.unlink()
    rows = short.metrics.read_text().splitlines(keepends=True)
    short.metrics.write_text(rows[1])
    notes = Notes()
    assert go(*OVERRIDES, "epochs=3", recorders=[notes]).result["status"] == "finished"
    assert "is not resumed from (metrics.jsonl: it has 1 of the 2 rows" in " ".join(notes.notes)
    short.metrics.write_text("".join(rows))
    again = Notes()
    go(*OVERRIDES, "epochs=4", "output_dir=runs", recorders=[again])
    assert "resuming from epoch" in " ".join(again.notes)
