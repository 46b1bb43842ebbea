"""`dlrun cache`: what it lists is what lies there, and cleaning leaves the user's files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dlrun.cli.main import main
from dlrun.data.array_cache import store_array

TABLE = "width,height,kind\n" + "".join(f"{i % 7},{i % 5},{'ab'[i % 2]}\n" for i in range(40))
RUN = ["dataset=csv", "dataset.path=my.csv", "dataset.target=kind", "model=dense", "epochs=1",
       "threads=1", "verbosity=0"]


@pytest.fixture
def cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with a table that was decoded, an array, a half of an entry, and a file of the user's."""
    place = folder / "cache"
    monkeypatch.setenv("DLRUN_CACHE", str(place))
    (folder / "my.csv").write_text(TABLE)
    assert main(RUN) == 0
    store_array("classifier-mnist", np.zeros(1000))
    (place / "decoded" / ".writing-abc").mkdir()
    (place / "data").mkdir()
    (place / "data" / "mnist.npz").write_bytes(b"mine")
    return place


def test_the_list_has_the_sizes_of_what_lies_there(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    before = sorted(cache.rglob("*"))
    assert main(["cache"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split()[0]: line.split()[1:3] for line in lines[1:4]}
    assert rows == {"classifier-mnist": ["1", "0.0"], "csv": ["1", "0.0"], "half-written": ["1", "0.0"]}
    total = sum(path.stat().st_size for path in before if path.is_file()) / 1e6
    assert f"3 entries, {total:,.1f} MB in {cache}" in lines and "yours and stay" in lines[-2]
    assert sorted(cache.rglob("*")) == before


def test_cleaning_removes_what_is_named_and_never_the_users_files(
        cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", "clean", "csw"]) == 2
    assert "did you mean  csv" in capsys.readouterr().err
    assert main(["cache", "clean", "csv"]) == 0 and not list(cache.glob("decoded/csv-*"))
    assert list(cache.glob("arrays/*"))
    assert main(["cache", "clean"]) == 0
    assert [path.name for path in cache.rglob("*") if path.is_file()] == ["mnist.npz"]
    assert main([*RUN, "force=true"]) == 0  # it is decoded again
    assert list(cache.glob("decoded/csv-*"))


def test_without_a_cache_nothing_is_listed_and_no_folder_made(
        folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DLRUN_CACHE", str(folder / "none"))
    assert main(["cache"]) == 0 and main(["cache", "clean"]) == 0
    assert "nothing is cached" in capsys.readouterr().out and not (folder / "none").exists()
