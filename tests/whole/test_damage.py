"""Every file of a run is damaged, bit by bit and cut short, and every verb that reads it is asked.

What a verb answers is what it answered before, or a sentence that says what happened; it is never a wrong number
without a word, and never a stack trace.
"""

from __future__ import annotations

import contextlib
import io
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dlrun.cli.route import route
from tests.helpers.runs import Notes
from tests.report.make import grid, planned
from tests.run.stops import signalled_after
from tests.whole.equal import assert_same_run

OVERRIDES = ["dataset=digits", "model=dense", "model.hidden=[4]", "batch_size=500", "epochs=2", "threads=1",
             "device=cpu", "early_stop=patience", "early_stop.monitor=val/loss"]
SAYS = ("edited by hand", "edited or damaged", "damaged", "not readable", "unreadable", "unverified", "unfinished",
        "checksum", "is missing")


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


def ask(arguments: list[str]) -> Answer:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = route(arguments)
    return Answer(code, out.getvalue(), err.getvalue())


def assert_right_or_said(before: Answer, now: Answer, where: object) -> None:
    assert "Traceback" not in now.out + now.err, where
    if now.code == 2:
        assert "problem" in now.err, where
    elif now != before:
        assert any(word in now.out + now.err for word in SAYS), (where, now)


def damages(data: bytes, flips: int, cuts: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Copies of a file with one bit flipped, cut short, and of other content."""
    draw = random.Random(seed)
    for bit in draw.sample(range(8 * len(data)), min(flips, 8 * len(data))):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        yield f"bit {bit}", bytes(changed)
    for size in {0, *draw.sample(range(len(data)), min(cuts, len(data)))}:
        yield f"cut to {size}", data[:size]
    yield from (("a list", b"[]"), ("a mapping", b"{}"), ("zeros", bytes(len(data))))


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("finished")
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8) * 4).save(place / "picture.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        assert ask(OVERRIDES).code == 0
        yield place


def verbs(run: Path) -> list[list[str]]:
    return [OVERRIDES, ["predict", str(run), "picture.png"], ["report", "runs"], ["runs"], ["diff", str(run), str(run)]]


def damaged_and_asked(run: Path, asked: list[list[str]], flips: int, cuts: int) -> int:
    """How many answers there were."""
    before = [ask(arguments) for arguments in asked]
    assert all(answer.code == 0 for answer in before), before
    count = 0
    for seed, file in enumerate(sorted(path for path in run.rglob("*") if path.is_file())):
        if file.suffix == ".png" or file.name.startswith("events"):
            continue
        whole = file.read_bytes()
        for how, data in damages(whole, flips, cuts, seed):
            file.write_bytes(data)
            for arguments, answer in zip(asked, before):
                assert_right_or_said(answer, ask(arguments), (file.name, how, arguments[0]))
                count += 1
        file.write_bytes(whole)
    assert [ask(arguments) for arguments in asked] == before
    return count


def run_in(place: Path) -> Path:
    return next((place / "runs").glob("*/*/config.yaml")).parent.relative_to(place)


def test_answers_about_a_finished_run_whose_files_are_damaged(finished: Path) -> None:
    assert damaged_and_asked(run_in(finished), verbs(run_in(finished)), flips=1, cuts=0) > 100


@pytest.mark.faults
def test_answers_about_a_finished_run_whose_files_are_damaged_thousandfold(finished: Path) -> None:
    count = damaged_and_asked(run_in(finished), verbs(run_in(finished)), flips=100, cuts=30)
    print(f"\n{count} answers, 0 silent differences, 0 stack traces")
    assert count > 5_000


@pytest.mark.parametrize(("flips", "cuts"), [(2, 1), pytest.param(300, 100, marks=pytest.mark.faults)])
def test_answers_about_a_sweep_whose_plan_is_damaged(tmp_path: Path, monkeypatch, flips: int, cuts: int) -> None:
    monkeypatch.chdir(tmp_path)
    runs = tmp_path / "runs"
    grid(runs)
    planned(runs, "mine", [(10 + seed, seed, {"optimizer": "adam"}, {}, None) for seed in range(3)],
            {"optimizer": ["adam"]})
    sweep = Path("runs/sweeps/mine")
    assert damaged_and_asked(sweep, [["report", str(sweep), "into=tables"], ["report", "runs"]], flips, cuts) > 10


def resumes(go: Callable, place: Path, cut: Path, flips: int, cuts: int) -> int:
    """The interrupted run in `cut`, resumed with each of its files damaged: equal bits, a note, or a sentence."""
    whole = run_in(place / "whole")
    count = 0
    first = next(cut.glob("runs/*/*/config.yaml")).parent
    for seed, file in enumerate(sorted(path for path in first.rglob("*") if path.is_file())):
        if file.suffix == ".png" or file.name.startswith("events"):
            continue
        for how, data in damages(file.read_bytes(), flips, cuts, seed):
            shutil.rmtree("runs", ignore_errors=True)
            shutil.copytree(cut / "runs", "runs")
            (Path("runs") / file.relative_to(cut / "runs")).write_bytes(data)
            notes = Notes()
            count += 1
            from dlrun.config.problem import ConfigError

            try:
                folder = go(*OVERRIDES, recorders=[notes]).folder
            except ConfigError:
                continue
            try:
                assert_same_run(place / "whole" / whole, folder)
            except AssertionError:
                assert any(word in " ".join(notes.notes) for word in SAYS), (file.name, how)
    return count


@pytest.mark.faults
def test_an_interrupted_run_whose_files_are_damaged_resumes_to_the_same_bits_or_says_so(go, tmp_path: Path,
                                                                                                monkeypatch) -> None:
    for name, stop in (("whole", None), ("cut", 4)):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        with contextlib.nullcontext() if stop is None else signalled_after(stop):
            go(*OVERRIDES)
    monkeypatch.chdir(tmp_path)
    count = resumes(go, tmp_path, tmp_path / "cut", flips=20, cuts=8)
    print(f"\n{count} resumed runs")
    assert count > 200
