"""No file that dlrun writes is forgotten by the tests that damage them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults.damages import files_of
from tests.faults.written import FILES, WRITERS, kind_of, writing_modules


def test_every_module_that_writes_is_known() -> None:
    assert writing_modules() == set(WRITERS), "tests/faults/written.py says which files a module writes"


def test_a_file_of_no_known_kind_is_found(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("seed: 0\n")
    assert len(files_of(tmp_path)) == 1
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "averaged.pt").write_text("")
    with pytest.raises(AssertionError, match=r"checkpoints/averaged.pt"):
        files_of(tmp_path)


def test_a_run_writes_files_of_known_kinds_only(go) -> None:
    folder = go("dataset=iris", "model=dense", "model.hidden=[3]", "epochs=1", "projector=true", "histograms=true",
                "validation={kind: kfold, k: 2, final: true}").folder
    kinds = {re.sub(r"^(folds/\d+|final)/", "", path.relative_to(folder).as_posix()) for path in files_of(folder)}
    assert {"config.yaml", "metrics.jsonl", "fitted.json", "projector/features.tsv", "pictures/confusion.png"} <= kinds
    assert not kind_of("checkpoints/last.pt.bak") and all(kind_of(place) for place in kinds) and FILES
