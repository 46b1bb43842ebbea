"""An iterative method that kill -9 ends at any moment goes on by the same command, and ends with the same bits."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.helpers.forked import CONTEXT
from tests.helpers.runs import files

# what takes a second or two on a network for 8 x 8 pixels: long enough to be killed several times
KILLS = {"tsne": 1}  # what is kept of it are the features: once
METHODS = {
    "filters": ["filters=16", "steps=60", "size=48", "layer=[conv_1,conv_2]"],
    "style_transfer": ["photo.png", "style=style.png", "rounds=40", "steps=4", "size=96"],
    "deep_dream": ["photo.png", "steps=60", "size=128"],
    "tsne": ["part=train", "count=1149", "perplexity=5"],
}


def attempt(words: list[str], folder: str, log: str) -> None:
    """The command, which keeps what it has after each step."""
    from dlrun.cli.route import route
    from dlrun.inspection import unfinished
    from dlrun.inspection.methods import filters_module

    os.chdir(folder)
    with open(log, "a") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
    unfinished.KEEP_SECONDS, filters_module.ROWS = 0.0, 1
    assert route(words) == 0


def start(words: list[str], place: Path):
    process = CONTEXT.Process(target=attempt, args=(words, str(place), str(place / "log")))
    process.start()
    return process


def stamp(folder: Path) -> int:
    """When what it has was written last; 0 where there is nothing."""
    kept = folder / "unfinished.pt"
    return kept.stat().st_mtime_ns if kept.is_file() else 0


@pytest.mark.timeout(280)
@pytest.mark.parametrize("method", [pytest.param(name, marks=pytest.mark.slow if name == "deep_dream" else ())
                                    for name in METHODS])
def test_a_method_killed_at_random_moments_ends_with_the_same_bits(method: str, digits: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("photo", "style"):
        Image.fromarray(rng.integers(0, 256, (96, 96), np.uint8)).save(tmp_path / f"{name}.png")
    whole = Path(shutil.copytree(digits, tmp_path / "runs" / "whole" / digits.name))
    words = [str(digits), method, *METHODS[method]]
    undisturbed = start(["inspect", str(whole), *words[1:]], tmp_path)
    undisturbed.join()
    assert undisturbed.exitcode == 0, (tmp_path / "log").read_text()
    (tmp_path / "log").unlink()
    made, dice, killed = digits / "inspect" / method, random.Random(), 0
    while killed < KILLS.get(method, 4):
        before, process = stamp(made), start(["inspect", *words], tmp_path)
        while stamp(made) == before and process.is_alive():
            time.sleep(0.001)
        process.join(dice.uniform(0.0, 0.03))
        if not process.is_alive():
            break
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        killed += 1
    assert killed >= min(2, KILLS.get(method, 4)), "it ended before it was killed: make it longer"
    end = start(["inspect", *words], tmp_path)
    end.join()
    assert end.exitcode == 0, (tmp_path / "log").read_text()
    assert "goes on" in (tmp_path / "log").read_text()
    assert files(made) == files(whole / "inspect" / method), "the same bits, and no half of a killed write"
