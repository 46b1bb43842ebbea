"""Users' tables, arrays, texts and series of every kind: each becomes the values it was made of, or a sentence."""

from __future__ import annotations

import csv
import io
import re
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.config.problem import ConfigError
from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.read import read
from dlrun.data.source import RawDataset
from dlrun.inference.load import Loaded, load_run
from dlrun.preflight.preflight import preflight
from tests.data.made_arrays import made_arrays
from tests.data.made_cells import made_cells
from tests.data.made_files import MadeFile
from tests.data.made_series import made_series
from tests.data.made_tables import made_tables
from tests.data.made_texts import made_texts
from tests.data.test_made_pictures import ask
from tests.helpers.fault_figures import store

MADE = {"tables": [*made_tables(), *made_cells()], "arrays": made_arrays(), "texts": made_texts(),
        "series": made_series()}
SHORT = ["max_steps=2", "epochs=1", "batch_size=4", "validation=0", "dataset.test=0", "threads=1", "device=cpu"]
SMALL = ["model=dense", "model.hidden=[4]"]


def placed(made: MadeFile, folder: Path) -> list[str]:
    """The overrides of two steps on a made file, which is there now."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / made.name).write_bytes(made.data)
    model = [] if any(override.startswith("model=") for override in made.chosen) else SMALL
    cells = ["dataset.indicator=false", "dataset.dates=false"] if "dataset=csv" in made.chosen else []
    return [*model, *SHORT, *made.chosen, *cells, f"dataset.path='{folder / made.name}'"]


def found_in(source: RawDataset) -> tuple[Any, Any]:
    """Inputs and targets as the made files have them: a text as it reads, texts as lists of words."""
    words = source.words
    if words and source.data is not None:
        return [[words[place] for place in source.data[slice(*span)]] for span in source.x], source.y
    return ("".join(words[place] for place in source.x) if words else source.x), source.y


def same(found: Any, made: Any) -> bool:
    """Whether arrays have equal values, and so many; NaN is NaN."""
    if made is None or found is None or isinstance(made, (str, list)) and isinstance(found, (str, list)):
        return found is made or found == made
    made = np.asarray(made, found.dtype)
    return found.shape == made.shape and np.array_equal(found, made, equal_nan=found.dtype.kind == "f")


def wrong(made: MadeFile, folder: Path) -> str:
    """What is wrong with the answers about a made file; empty where nothing is."""
    overrides = placed(made, folder)
    code, out, err = ask(*overrides, f"output_dir={folder / 'runs'}")
    if made.says not in out + err:
        return f"it is not said that {made.says}: {out + err}"
    if made.x is None:
        return "" if code == 2 and "1 problem" in err else f"it is not refused: {code} {out} {err}"
    if code != 0:
        return f"it is not trained: {code} {err}"
    notes: list[str] = []
    x, y = found_in(read(preflight(overrides).config.dataset, "", notes.append))
    if notes and not made.says:
        return f"there is a note: {notes}"
    if not same(x, made.x) or not same(y, made.y):
        return f"it is read as {x[:4]} {y}, not as {made.x[:4]} {made.y}"
    run = next((folder / "runs").glob("*/*/config.yaml")).parent
    return PREDICT[made.chosen[0]](made, load_run(run), run, folder)


def _predict_table(made: MadeFile, loaded: Loaded, run: Path, folder: Path) -> str:
    code, out, err = ask("predict", str(run), str(folder / made.name))
    if isinstance(made.new, str):
        return "" if code == 2 and made.new in err else f"it is predicted: {code} {out} {err}"
    new = made.x if made.new is None else made.new
    if code != 0 or len(rows_of(out)) != len(new):
        return f"it is not predicted: {code} {out} {err}"
    _, rows = preprocessing.of_table(loaded.kept, folder / made.name, lambda note: None)
    there = ~np.isnan(new)  # a missing number is the training's mean
    good = np.array_equal(rows.x[there], new[there]) and np.isfinite(rows.x).all()
    return "" if good else f"it is predicted as {rows.x[:4]}, not {new[:4]}"


def _predict_arrays(made: MadeFile, loaded: Loaded, run: Path, folder: Path) -> str:
    new = made.x if made.new is None else made.new
    code, archive, err = ask("predict", str(run), str(folder / made.name))
    if code != 0 or len(rows_of(archive)) != len(new):
        return f"the archive is not predicted: {code} {archive} {err}"
    if new.ndim == 4:
        rows = preprocessing.of_arrays(loaded.kept, new.transpose(0, 2, 3, 1))
        return "" if np.array_equal(rows.x, new) and len(loaded.outputs(rows)) == len(new) else "other pixels"
    header = ",".join(f"x{place}" for place in range(new.shape[1]))
    lines = [",".join("" if cell != cell else repr(float(cell)) for cell in row) for row in new]
    (folder / "new.csv").write_text("\n".join([header, *lines]) + "\n")
    code, out, err = ask("predict", str(run), str(folder / "new.csv"))
    if code != 0 or [row[1:] for row in rows_of(out)] != [row[1:] for row in rows_of(archive)]:
        return f"its table is not predicted as the archive is: {code} {out} {archive} {err}"
    there = ~np.isnan(new)
    _, rows = preprocessing.of_table(loaded.kept, folder / "new.csv", lambda note: None)
    return "" if np.array_equal(rows.x[there], new[there]) else f"it is predicted as {rows.x[:4]}"


def _predict_text(made: MadeFile, loaded: Loaded, run: Path, folder: Path) -> str:
    code, out, err = ask("predict", str(run), str(folder / made.name))
    if code != 2 or "see  dlrun generate" not in err:
        return f"the next letters are predicted: {code} {out} {err}"
    code, out, err = ask("generate", str(run), f"prompt={made.x[:3]}", "tokens=2")
    vocabulary = preprocessing.vocabulary(loaded.kept)
    again = vocabulary.decode(vocabulary.encode(made.x))
    good = code == 0 and made.x[:3].strip() in out and again == made.x
    return "" if good else f"it is not continued: {code} {out!r} {err} {again[:50]!r}"


def _predict_labelled(made: MadeFile, loaded: Loaded, run: Path, folder: Path) -> str:
    encoding = "latin-1" if "Latin-1" in made.says else "utf-8"
    (folder / "new.txt").write_bytes("\n".join(made.new).encode(encoding) + b"\n")
    code, out, err = ask("predict", str(run), str(folder / "new.txt"))
    if code != 0 or len(rows_of(out)) != len(made.new):
        return f"it is not predicted: {code} {out} {err}"
    vocabulary = preprocessing.vocabulary(loaded.kept)
    found = [vocabulary.cut(text) for text in made.new]
    return "" if found == made.x else f"its words are {found}"


def _predict_series(made: MadeFile, loaded: Loaded, run: Path, folder: Path) -> str:
    code, out, err = ask("predict", str(run), str(folder / made.name))
    if code != 2 or "this run was trained on series data" not in err:
        return f"the file is predicted: {code} {out} {err}"
    windows = preprocessing.of_series(loaded.kept, made.x)
    return "" if len(loaded.outputs(windows)) == len(made.x) - 2 else "other windows"


def rows_of(out: str) -> list[list[str]]:
    """The rows below the header of CSV."""
    return list(csv.reader(io.StringIO(out, newline="")))[1:]


PREDICT: dict[str, Callable[[MadeFile, Loaded, Path, Path], str]] = {
    "dataset=csv": _predict_table, "dataset=npz": _predict_arrays, "dataset=text": _predict_text,
    "dataset=labelled_text": _predict_labelled, "dataset=series": _predict_series}


@pytest.mark.parametrize("family", sorted(MADE))
def test_a_made_file_is_read_as_it_is_meant_or_there_is_a_sentence(family: str, folder: Path) -> None:
    for number, made in enumerate(MADE[family][::19]):
        overrides, notes = placed(made, folder / str(number)), []
        if made.x is None:
            with pytest.raises(ConfigError, match=re.escape(made.says)):
                read(preflight(overrides).config.dataset, "", notes.append)
            continue
        x, y = found_in(read(preflight(overrides).config.dataset, "", notes.append))
        assert same(x, made.x) and same(y, made.y), made.name
        assert made.says in "\n".join(notes) and bool(notes) == bool(made.says), (made.name, notes)


@pytest.mark.faults
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("family", sorted(MADE))
def test_all_made_files_are_trained_on_and_predicted_or_there_is_a_sentence(family: str, folder: Path) -> None:
    """Each by the commands: two steps, then `predict`; what was read is compared with the values it was made of."""
    began, bad, traces = time.monotonic(), [], []
    for number, made in enumerate(MADE[family]):
        try:
            if why := wrong(made, folder / str(number)):
                bad.append((ascii(made.name), why))
        except Exception:
            traces.append((ascii(made.name), traceback.format_exc()))
        if (folder / "ran").exists():
            bad.append((ascii(made.name), "it ran code"))
            (folder / "ran").unlink()
    store("made files", part=family, what="made tables, arrays, texts and series (encodings, marks, numbers, headers, "
          "gaps, times, archives, lies, damages): trained two steps and predicted as the values that they were made "
          "of, or a sentence", count=len(MADE[family]), wrong=len(bad), traces=len(traces),
          seconds=time.monotonic() - began)
    assert len(MADE[family]) >= 50 and not bad and not traces, (bad, [trace for _, trace in traces[:3]])
