"""`dlrun tag`: what a person says of a run lies beside it, is found by `dlrun runs`, and changes nothing of the run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dlrun.cli.main import main
from dlrun.record.folder import RunFolder, clear
from dlrun.record.manifest import changed
from dlrun.record.tags import Tags, read_tags
from tests.report.make import made


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    monkeypatch.chdir(tmp_path)
    return [made(tmp_path / "runs", 1, seed=0), made(tmp_path / "runs", 2, seed=1)]


def test_tags_and_a_note_are_added_shown_found_and_removed(two: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in two[0].rglob("*") if path.is_file()}
    assert main(["tag", two[0].name, "add=[paper,base-line]", "note=of figure 2"]) == 0
    assert main(["tag", two[0].name, "add=paper", "remove=[base-line]"]) == 0
    assert read_tags(two[0]) == Tags(("paper",), "of figure 2") and read_tags(two[1]) == Tags()
    assert {path: path.read_bytes() for path in before} == before and changed(two[0]) == []
    capsys.readouterr()
    assert main(["runs", "tag=paper"]) == 0
    shown = capsys.readouterr().out
    assert two[0].name in shown and "of figure 2" in shown and two[1].name not in shown
    assert main(["runs", "tag=paper", "json=true"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["data"]["runs"]
    assert (found["tags"], found["note"]) == (["paper"], "of figure 2")
    assert main(["tag", str(two[0]), "remove=paper", "note="]) == 0
    assert not RunFolder(two[0]).tags.exists()


def test_a_run_that_is_trained_again_keeps_its_tags(two: list[Path]) -> None:
    assert main(["tag", str(two[0]), "add=paper"]) == 0
    clear(RunFolder(two[0]))
    assert read_tags(two[0]) == Tags(("paper",)) and not RunFolder(two[0]).result_file.exists()


def test_a_run_that_is_removed_leaves_no_tags_and_no_forks(two: list[Path]) -> None:
    assert main(["tag", str(two[0]), "add=paper"]) == 0
    RunFolder(two[0]).forks.write_text('{"id": "00000000ff"}\n')
    assert main(["runs", "remove", "tag=paper", "yes=true"]) == 0
    assert not two[0].exists() and two[1].is_dir()


def test_a_folder_that_cannot_be_removed_is_said(two: list[Path], capsys: pytest.CaptureFixture[str],
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "rmdir", refused)
    assert main(["runs", "remove", f"id={two[0].name}", "yes=true"]) == 1
    assert "stays: its files are gone, but not the folder (Permission denied)" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "says"), [
    (["add=[two words]"], "add=two words  expected a word of letters"),
    (["runs"], "expected the folder of one run")])
def test_what_is_no_tag_or_no_run_is_refused_and_nothing_is_written(
        two: list[Path], words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tag", str(two[0]), *words]) == 2
    assert says in capsys.readouterr().err
    assert not RunFolder(two[0]).tags.exists()


def test_a_tag_that_no_run_has_is_an_error_with_the_nearest(two: list[Path], capsys: pytest.CaptureFixture[str]
                                                           ) -> None:
    assert main(["tag", str(two[0]), "add=paper"]) == 0
    assert main(["runs", "tag=papre"]) == 2
    assert "did you mean  paper" in capsys.readouterr().err


def test_runs_of_other_code_are_marked(two: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs"]) == 0
    out = capsys.readouterr().out
    assert out.count("finished *") == 2 and "* 2 made by other code of dlrun than this" in out


def test_a_damaged_file_of_tags_is_said_and_never_replaced(two: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    file = RunFolder(two[0]).tags
    file.write_text('{"tags": 3')
    assert main(["runs"]) == 0
    assert "tags.json is damaged" in capsys.readouterr().out
    assert main(["tag", str(two[0]), "add=paper"]) == 2
    assert "tags.json" in capsys.readouterr().err and file.read_text() == '{"tags": 3'
