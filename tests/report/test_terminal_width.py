"""Tables on narrow terminals."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from dlrun.report.collect import collect
from dlrun.report.terminal import print_report
from tests.report.make import made, planned


class Terminal(io.StringIO):
    """What is printed to a terminal; its colours are left out."""

    def isatty(self) -> bool:
        return True


GRID = [(width, depth, seed) for width in (8, 32) for depth in (1, 2) for seed in range(3)]


def sweep(runs: Path, done: int) -> Path:
    """A sweep over two axes and three seeds, of which the first `done` seeds of each row are trained."""
    jobs = []
    for number, (width, depth, seed) in enumerate(GRID, 1):
        settings = {"model.hidden": [width], "optimizer.momentum": depth}
        jobs.append((number, seed, settings, settings, ""))
        if seed < done:
            made(runs, number, 0.9 + 0.01 * seed, seed=seed, model__hidden=[width], optimizer__momentum=depth)
    return planned(runs, "mine", jobs, {"model.hidden": [[8], [32]], "optimizer.momentum": [1, 2]})


def printed(path: Path, columns: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    print_report(collect([path]), stream)
    return re.sub("\033\\[[0-9;]*m", "", stream.getvalue()).splitlines()


def test_a_narrow_terminal_has_the_reasons_below_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = sweep(tmp_path / "runs", done=1)
    wide, narrow = (printed(path, columns, monkeypatch) for columns in (200, 80))
    assert max(map(len, narrow)) <= 80
    assert wide[3].split()[-4:] == ["not", "in", "the", "mean"] and wide[4].endswith("best  not started (seeds 1, 2)")
    assert not any("mean" in line for line in narrow[3:5])  # its head, which folds
    assert next(line for line in narrow if line.startswith("[8]")).split()[-2:] == ["0.10", "best"]
    assert "not in the mean: [32] 2: not started (seeds 1, 2)" in narrow
    sentence = "One run a row so far: no interval can be given; seeds of theirs are still to be trained."
    assert sentence in wide and "seeds=5" not in "".join(wide)


def test_a_narrow_terminal_goes_without_what_the_rows_took(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = sweep(tmp_path / "runs", done=3)
    wide, narrow = (printed(path, columns, monkeypatch) for columns in (200, 80))
    assert "seconds" in wide[3] and "too narrow" not in "".join(wide)
    assert max(map(len, narrow)) <= 80 and not any("seconds" in line for line in narrow[3:5])
    row = next(line for line in narrow if line.startswith("[8]"))
    assert row.split() == ["[8]", "1", "91.00", "+-", "2.48", "1.00", "3", "best"]
    assert "without seconds, for which this terminal is too narrow" in narrow
