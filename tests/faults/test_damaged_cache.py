"""What dlrun keeps of data is damaged, bit by bit and cut short: the next run has the numbers of before.

Each damage is followed by a run of its own, compared with that of a whole cache.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from dlrun.data.sets._idx import FILES
from tests.faults.case_process import Ended, command, forked, preload
from tests.faults.damages import SAYS, damages, files_of, restore
from tests.faults.made_data import made_data
from tests.helpers.cases import Cases
from tests.whole.equal import assert_same_run

TINY = ["epochs=1", "batch_size=12", "train_size=24", "test_size=8", "threads=1", "device=cpu"]
KIND = ("cached", "bits flipped and cuts of each file of the cache (decoded arrays, downloads, targets of a Dataset of "
        "one's own, data that a program held), then a run: the result of before, or a sentence")
ROWS = '''
import numpy as np

class Rows:
    """A Dataset that does not say its targets."""

    def __len__(self):
        return 60

    def __getitem__(self, number):
        return np.full(4, number % 7, np.float32), number % 3

def rows():
    return Rows()
'''


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLRUN_CACHE", str(tmp_path / "cache"))
    preload()
    return tmp_path


def run_of(place: Path) -> Path:
    return next(place.glob("runs/*/*/config.yaml")).parent


def trained(words: list[str], here: Path) -> Ended:
    """A run in a process of its own, below `here`."""
    return forked(command(*words, f"output_dir={here / 'runs'}"), seconds=300)


def asked_of_damaged_cache(cases: Cases, words: list[str], place: Path, flips: int, cuts: int) -> None:
    ended = trained(words, place / "whole")
    assert ended.code == 0, ended.printed
    cache = Path(os.environ["DLRUN_CACHE"])
    kept = {path: path.read_bytes() for path in files_of(cache, ())}
    for seed, file in enumerate(kept):
        for how, content in damages(kept[file], flips, cuts, seed):
            case = f"{file.relative_to(cache)} {how}"
            if not cases.new(case):
                continue
            file.write_bytes(content)
            cases.add(case, *verdict(trained(words, place / "now"), place))
            shutil.rmtree(place / "now", ignore_errors=True)
            restore(cache, kept)


def verdict(ended: Ended, place: Path) -> tuple[str, str]:
    if "Traceback" in ended.printed or ended.code not in (0, 2):
        return "", f"exit code {ended.code}: {ended.printed[-400:]}"
    if ended.code == 2:
        return "" if "problem" in ended.err else ended.printed[-300:], ""
    try:
        assert_same_run(run_of(place / "whole"), run_of(place / "now"))
    except AssertionError as error:
        said = any(word in ended.printed for word in (*SAYS, "is not the known file"))
        return "" if said else f"another result: {str(error)[:200]}", ""
    return "", ""


@pytest.mark.faults
@pytest.mark.timeout(10_800)
@pytest.mark.parametrize("form", ["table-classes", "npz-image-classes", "tokens-classes", "series-number"])
def test_decoded_arrays(place: Path, form: str) -> None:
    cases = Cases(*KIND, form)
    words = [*made_data(place / "data", rows=48)[form], *TINY]
    words = [word for word in words if form != "series-number" or not word.startswith(("train_size", "test_size"))]
    asked_of_damaged_cache(cases, [*words, "model=lstm" if form == "tokens-classes" else "model=linear"], place, 40, 12)
    cases.close(least=100)


@pytest.mark.faults
@pytest.mark.timeout(10_800)
def test_targets_of_a_dataset_of_ones_own(place: Path) -> None:
    (place / "mine.py").write_text(ROWS)
    (place / "configs" / "dataset").mkdir(parents=True)
    (place / "configs" / "dataset" / "mine.yaml").write_text("_target_: mine.rows\nin_memory: false\n")
    sys.path.insert(0, str(place))
    cases = Cases(*KIND, "targets")
    try:
        asked_of_damaged_cache(cases, ["dataset=mine", "allow=mine", *TINY, "model=linear"], place, 120, 30)
    finally:
        sys.path.remove(str(place))
        sys.modules.pop("mine", None)
    cases.close(least=100)


@pytest.mark.faults
@pytest.mark.timeout(10_800)
def test_data_that_a_program_held(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dlrun.data import verified_array
    from dlrun.data.sets import memory

    draw = np.random.default_rng(3)
    x, y = draw.normal(size=(60, 3)).astype("float32"), np.arange(60) % 3
    for large in (verified_array.LARGE, 1):  # read whole, or mapped and verified beside the start
        monkeypatch.setattr(verified_array, "LARGE", large)
        content = memory.hold((x, y))
        memory._held.clear(), memory._copies.clear()  # what another process has: the cache alone
        cases = Cases(*KIND, f"held-{large}")
        asked_of_damaged_cache(cases, ["dataset=memory", f"dataset.content={content}", *TINY, "model=linear"], place,
                               60, 20)
        cases.close(least=150)
        shutil.rmtree(place / "whole")


@pytest.mark.faults
@pytest.mark.timeout(10_800)
def test_downloads(place: Path, monkeypatch: pytest.MonkeyPatch, real_data: Path) -> None:
    folder = place / "cache" / "data" / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for name in FILES:
        shutil.copyfile(real_data / "MNIST" / "raw" / f"{name}.gz", folder / f"{name}.gz")
    monkeypatch.delenv("DLRUN_DATA")
    cases = Cases(*KIND, "downloads")
    words = ["dataset=mnist", *TINY, "model=linear"]
    assert trained(words, place / "whole").code == 0
    decoded = place / "cache" / "decoded"
    kept = {path: path.read_bytes() for path in sorted(folder.iterdir())}
    for seed, file in enumerate(kept):
        for how, content in damages(kept[file], 12, 4, seed):
            if cases.new(f"{file.name} {how}"):
                shutil.rmtree(decoded)
                file.write_bytes(content)
                cases.add(f"{file.name} {how}", *verdict(trained(words, place / "now"), place))
                shutil.rmtree(place / "now", ignore_errors=True)
                decoded.mkdir(exist_ok=True)
                file.write_bytes(kept[file])
    cases.close(least=50)
