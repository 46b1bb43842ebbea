"""result.json and provenance.json with entries of other types, as an editor or another program leaves them.

Each is a sentence, or harmless: no entry stops a report on the runs beside it, or the answer of the run's own command.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dlrun.record.console import Console, show_result
from dlrun.record.folder import RunFolder
from dlrun.record.stored import Damaged
from tests.faults.damages import ask
from tests.helpers.cases import Cases
from tests.report.make import made, note_checksums

OTHERS = (None, "abc", [1], {"a": 1}, [{"a": [2]}], -1, 1e308, 10**400, True)
READ = ("seed", "epochs", "dataset.kind", "task.kind", "optimizer.name", "optimizer.lr")  # of the settings in a result
TABLES = {"test_per_class": {name: {"precision": 0.5, "recall": 1.0, "f1": 0.7, "rows": 3} for name in "ab"},
          "test_confusion": [[3, 0], [1, 2]], "rows": {"train": 9, "val": 2, "test": 6}, "primary_metric": "accuracy",
          "baseline": {"model": "majority", "says": "the largest class", "accuracy": 0.5},
          "metrics": {"accuracy": {"label": "accuracy", "unit": "", "direction": "max", "share": True}},
          "test_at": {"2": {"accuracy": 0.5}}, "samples": {"duplicates": 0.1}, "folds": [{"status": "finished"}] * 2,
          "remarks": [{"kind": "still_falling", "text": "the loss still fell", "words": ["epochs=9"]}],
          **{f"{split}_std": {"loss": 0.1, "accuracy": 0.2} for split in ("train", "val", "test")}}


def edits(content: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Copies with one entry of another type, gone, or under another name."""
    for place in places(content):
        for other in (*OTHERS, "gone", "renamed"):
            changed = copy.deepcopy(content)
            inner: Any = changed
            for key in place[:-1]:
                inner = inner[key]
            if other in ("gone", "renamed"):
                value = inner.pop(place[-1])
                if other == "renamed" and isinstance(inner, dict):
                    inner[f"{place[-1]}x"] = value
            else:
                inner[place[-1]] = other
            yield f"{'/'.join(map(str, place))} {other!r}", changed


def places(content: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all entries; of the settings those that reports read."""
    for key, value in content.items() if isinstance(content, dict) else enumerate(content):
        if above != ("config",) or key in READ:
            yield *above, key
            if isinstance(value, (dict, list)):
                yield from places(value, (*above, key))

ORIGIN = {"own_code": {"mine.layers": "cd" * 32},
          "data": {"hash": "ab" * 32, "label": "", "files": {"rows.csv": "ef" * 32},
                   "remarks": [{"words": ["one row"]}]}}


def stopped_by(folder: Path, commands: list[list[str]]) -> str:
    """What a changed run stops, with its stack trace; empty for nothing."""
    try:
        for arguments in commands:
            answer = ask(arguments)
            if answer.code not in (0, 2):
                return f"{arguments[0]}: exit code {answer.code}: {answer.printed[-300:]}"
        with contextlib.suppress(Damaged), contextlib.redirect_stdout(io.StringIO()):
            result = RunFolder(folder).result()
            assert result is not None
            for verbosity in (0, 1, 2):
                console = Console()
                console._verbosity = verbosity
                show_result(result, folder, console)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def asked_of_edits(cases: Cases, place: Path, every: int, first: int = 0) -> None:
    made(place / "runs", 1, seed=1)
    folder = made(place / "runs", 2, result=TABLES, provenance=ORIGIN)
    commands = [["report", str(place / "runs"), f"into={place / 'tables'}"], ["runs", f"output_dir={place / 'runs'}"],
                ["diff", *map(str, sorted(folder.parent.iterdir()))]]
    for name in ("result.json", "provenance.json"):
        whole = (folder / name).read_text()
        for how, changed in list(edits(json.loads(whole)))[first::every]:
            if cases.new(f"{name}: {how}"):
                (folder / name).write_text(json.dumps(changed))
                note_checksums(folder)
                cases.add(f"{name}: {how}", "", stopped_by(folder, commands))
        (folder / name).write_text(whole)


def test_some_edited_entries_stop_nothing(tmp_path: Path) -> None:
    cases = Cases()
    asked_of_edits(cases, tmp_path, every=151)
    cases.close(least=8)


def test_an_entry_of_another_type_is_said_where_it_is_read(tmp_path: Path) -> None:
    folder = made(tmp_path / "runs", 2, result={"rows": {"train": "many"}})
    with pytest.raises(Damaged, match="it is no result .expected a whole number at rows.train, it has 'many'"):
        RunFolder(folder).result()
    for part, place in (({"folds": [{}, {"rows": {"train": "many"}}]}, "folds.1..rows.train"),
                        ({"final": {"rows": {"train": "many"}}}, "final.rows.train")):
        (folder / "result.json").write_text(json.dumps({"status": "finished", "config": {"seed": 0}, **part}))
        with pytest.raises(Damaged, match=f"it is no result .expected a whole number at {place}, it has 'many'"):
            RunFolder(folder).result()
    listed = ask(["runs", f"output_dir={tmp_path / 'runs'}"])
    assert listed.code == 0 and "unreadable" in listed.out and "it is no result" in listed.out


@pytest.mark.parametrize("wrong, place", [
    ({"own_code": ["mine.layers"]}, "a mapping at own_code"), ({"own_code": {"mine": 3}}, "a text at own_code.mine"),
    ({"data": {"files": ["rows.csv"]}}, "a mapping at data.files")])
def test_hashes_of_files_that_are_none_are_said_where_they_are_read(
        tmp_path: Path, wrong: dict[str, Any], place: str) -> None:
    folder = made(tmp_path / "runs", 2, provenance=wrong)
    with pytest.raises(Damaged, match=f"expected {place}"):
        RunFolder(folder).origin()
    assert stopped_by(folder, [["report", str(tmp_path / "runs"), f"into={tmp_path / 'tables'}"]]) == ""


@pytest.mark.faults
def test_no_edited_entry_stops_a_report_or_an_answer(tmp_path: Path) -> None:
    cases = Cases("edited", "entries of result.json and provenance.json of other types, gone, or renamed: `report`, "
                  "`runs`, `diff` and the run's own command answer")
    asked_of_edits(cases, tmp_path, every=1)
    cases.close(least=1000)
