"""Picture files as users have them: each is read as it is meant, and trained on, or there is a sentence about it."""

from __future__ import annotations

import contextlib
import csv
import io
import time
import traceback
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dlrun.cli.route import route
from dlrun.config.problem import ConfigError
from dlrun.data.new_pictures import of_images
from dlrun.data.read import read
from dlrun.data.sets.image_folder import ImageFolder
from dlrun.inference.load import load_run
from tests.data.made_pictures import SIDE, Made, made_pictures, saved
from tests.helpers.fault_figures import store

MADE = made_pictures()


def folder_of(made: Made, folder: Path) -> Path:
    """Two classes of whole pictures, among which the made one is; where it lies."""
    for kind, shade in (("cat", 0), ("dog", 200)):
        (folder / kind).mkdir(parents=True)
        for number in range(2):
            pixels = np.full((SIDE, SIDE, 3), shade + number, np.uint8)
            (folder / kind / f"{number}.bmp").write_bytes(saved(Image.fromarray(pixels), "bmp"))
    for name, data in ((made.name, made.data), *([made.several] if made.several else ())):
        (folder / "cat" / name).write_bytes(data)
    return folder / "cat" / made.name


def place(made: Made) -> int:
    """The row that it becomes."""
    return sorted(["0.bmp", "1.bmp", made.name]).index(made.name)


@pytest.mark.parametrize("made", MADE[::6], ids=lambda made: ascii(made.name))
def test_a_made_picture_is_read_as_it_is_meant_or_there_is_a_sentence(made: Made, tmp_path: Path, said: list) -> None:
    folder_of(made, tmp_path / "p")
    cfg = ImageFolder(path=str(tmp_path / "p"), size=(SIDE,))
    if made.refused:
        with pytest.raises(ConfigError, match=made.says):
            read(cfg, "", said.append)
        return
    source = read(cfg, "", said.append)
    assert any(made.says in line for line in said)
    assert len(source.y) == 5 - (made.pixels is None)
    if made.pixels is not None:
        assert np.array_equal(source.x[place(made)].transpose(1, 2, 0), made.pixels)


@pytest.mark.faults
def test_all_made_pictures_are_trained_on_and_predicted_or_there_is_a_sentence(folder: Path) -> None:
    """Each by the commands: two steps, then `predict` of the file, whose inputs are compared."""
    began, wrong, traces = time.monotonic(), [], []
    for number, made in enumerate(MADE):
        path = folder_of(made, folder / str(number))
        try:
            if why := _wrong(made, path, folder / str(number)):
                wrong.append((ascii(made.name), why))
        except Exception:  # a stack trace, as a user would see it
            traces.append((ascii(made.name), traceback.format_exc()))
    store("made pictures", what="made picture files (formats, modes, depths, sizes, orientations, damages, names): "
          "trained two steps and predicted as an independent reading has them, or a sentence", count=len(MADE),
          wrong=len(wrong), traces=len(traces), seconds=time.monotonic() - began)
    assert len(MADE) >= 100 and not wrong and not traces, (wrong, [trace for _, trace in traces[:3]])


def _wrong(made: Made, path: Path, folder: Path) -> str:
    """What is wrong with the answers about a made picture; empty where nothing is."""
    code, out, err = ask("dataset=image_folder", f"dataset.path={folder}", f"dataset.size={SIDE}", "model=dense",
                         "model.hidden=[4]", "max_steps=2", "epochs=2", "batch_size=4", "validation=0",
                         "dataset.test=0", "threads=1", "device=cpu", f"output_dir={folder / 'runs'}")
    if made.says not in out + err:
        return f"it is not said that {made.says}: {out + err}"
    if made.refused:
        return "" if code == 2 and "1 problem" in err else f"it is not refused: {code} {err}"
    if code != 0:
        return f"it is not trained: {code} {err}"
    run = next((folder / "runs").glob("*/*/config.yaml")).parent
    code, out, err = ask("predict", str(run), str(path))
    if made.pixels is None:
        return "" if code == 2 and "1 problem" in err else f"it is predicted: {code} {out} {err}"
    if code != 0 or len(list(csv.reader(io.StringIO(out)))) != 2:
        return f"it is not predicted: {code} {out} {err}"
    new = of_images(load_run(run).kept, [path]).x[0].transpose(1, 2, 0)
    source = read(ImageFolder(path=str(folder), size=(SIDE,)), "", lambda line: None)
    row = source.x[place(made)].transpose(1, 2, 0)
    return "" if np.array_equal(row, made.pixels) and np.array_equal(new, made.pixels) else "it has other pixels"


def ask(*arguments: str) -> tuple[int, str, str]:
    """Exit code, and what goes to the streams of a terminal that knows UTF-8."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = route(list(arguments))
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    return code, *texts
