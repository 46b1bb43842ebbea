"""What is said of files that are missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from dlrun.config.places import cache_dir
from dlrun.data import paths


def test_the_folder_of_a_missing_set_is_named_once_and_how_to_name_another(
        folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLRUN_CACHE", str(folder / "cache"))
    own = str(cache_dir() / "data")
    for given, places in ((own, [own]), ("elsewhere", ["elsewhere", own])):
        (wrong,) = paths.absent("mnist", given, "MNIST/raw/", "no network").problems
        assert f"put MNIST/raw/ into {' or '.join(places)} (or name their folder by DLRUN_DATA);" in wrong.expected
        assert wrong.expected.count(own) == 1


def test_a_missing_file_is_answered_with_the_nearest_one(folder: Path) -> None:
    (folder / "two.csv").write_text("")
    assert paths.beside(Path("tow.csv")) == "; did you mean  two.csv"
    assert "has two.csv" in paths.beside(Path("numbers.parquet"))
