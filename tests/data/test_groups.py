"""Rows of one group (`dataset.group`) are in one part alone; parts are alike in rows and classes all the same."""

from __future__ import annotations

import dataclasses
import re
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dlrun.config.problem import ConfigError
from dlrun.config.schema.holdout import Holdout
from dlrun.config.schema.kfold import KFold
from dlrun.data.dataset_info import dataset_info
from dlrun.data.group_split import folds, taken
from dlrun.data.prepare import prepare
from dlrun.data.sets.csv import Csv
from dlrun.data.sets.image_folder import ImageFolder
from dlrun.data.sets.npz import Npz
from dlrun.data.sets.sounds import Sounds
from dlrun.preflight.preflight import preflight

RNG = np.random.default_rng(0)
GROUPS = RNG.integers(0, 40, 300)
CLASSES = (RNG.random(300) < 0.15 + 0.5 * (GROUPS % 3 == 0)).astype(np.int64)  # groups differ in their classes


@pytest.fixture
def table(tmp_path: Path) -> Any:
    def write(**cfg: Any) -> Csv:
        lines = [f"{number},p{group},{'ab'[kind]}" for number, (group, kind) in enumerate(zip(GROUPS, CLASSES))]
        (tmp_path / "t.csv").write_text("\n".join(["x,patient,kind", *lines]) + "\n")
        return Csv(path=str(tmp_path / "t.csv"), **{"target": "kind", "group": "patient", "scale": "none", **cfg})

    return write


def parts(dataset: Any, validation: Any = None, seed: int = 0) -> dict[str, np.ndarray]:
    """The numbers of the rows in each part, which stand in the column x."""
    found = prepare(dataset, "", validation=validation, train_size=None, seed=seed, say=lambda line: None)
    assert found.data_spec.features == ("x",)
    rows = {name: split.x[:, 0].astype(int) for name, split in found.splits.items()}
    for name, split in found.splits.items():
        assert split.groups is not None and len(np.unique(split.groups)) == len(np.unique(GROUPS[rows[name]]))
    return rows


@pytest.mark.parametrize("seed", range(4))
def test_no_group_is_in_two_parts_and_classes_keep_their_proportions(table: Any, seed: int) -> None:
    cfg = table(split_seed=seed)
    rows = parts(cfg, Holdout(0.2, "random"), seed)
    assert sorted(np.concatenate(list(rows.values()))) == list(range(300))
    groups = {name: set(GROUPS[numbers]) for name, numbers in rows.items()}
    assert not groups["train"] & groups["test"] and not groups["val"] & (groups["train"] | groups["test"])
    assert len(rows["test"]) == pytest.approx(60, abs=6) and len(rows["val"]) == pytest.approx(48, abs=6)
    for numbers in rows.values():
        assert CLASSES[numbers].mean() == pytest.approx(CLASSES.mean(), abs=0.05)
    counted = dataset_info(cfg, "", validation=Holdout(0.2, "random"), seed=seed).split
    assert counted == {name: len(numbers) for name, numbers in rows.items()}


def test_other_seeds_draw_other_groups_and_the_same_seed_the_same(table: Any) -> None:
    tests = [tuple(parts(table(split_seed=seed))["test"]) for seed in (0, 0, 1)]
    assert tests[0] == tests[1] != tests[2]
    values = [tuple(parts(table(), Holdout(0.2, "random"), seed)["val"]) for seed in (0, 1)]
    assert values[0] != values[1]


@pytest.mark.parametrize("shuffle", [False, True])
def test_folds_have_whole_groups_and_each_row_is_in_one(table: Any, shuffle: bool) -> None:
    rest = parts(table())["train"]
    found = [parts(table(), KFold(k=4, shuffle=shuffle, fold=fold))["val"] for fold in range(4)]
    assert sorted(np.concatenate(found)) == sorted(rest)
    groups = [group for rows in found for group in set(GROUPS[rows])]
    assert len(set(groups)) == len(groups)
    for rows in found:
        assert len(rows) == pytest.approx(len(rest) / 4, abs=4)
        assert CLASSES[rows].mean() == pytest.approx(CLASSES[rest].mean(), abs=0.05)


def test_a_group_that_is_larger_than_the_part_is_taken_where_there_is_no_other() -> None:
    order = np.arange(10)
    mask = taken(np.array([0] * 6 + [1] * 4), None, 1, order, "dataset.group")
    assert mask.tolist() == [False] * 6 + [True] * 4
    assert 0 < taken(np.arange(10) // 5, None, 9, order, "dataset.group").sum() < 10
    with pytest.raises(ConfigError, match="one group alone"):
        taken(np.zeros(10, int), None, 2, order, "dataset.group")
    with pytest.raises(ConfigError, match="there are 2 groups"):
        folds(np.arange(10) // 5, None, 3, order)


@pytest.mark.parametrize("cell, key, expected", [
    ("", "patient", "line 3 has no value"), ("p1", "patien", "did you mean"), ("p1", "kind", "this is the target")])
def test_a_row_without_a_group_and_a_wrong_column_are_refused(table: Any, cell: str, key: str, expected: str) -> None:
    cfg = table()
    lines = Path(cfg.path).read_text().splitlines()
    Path(cfg.path).write_text("\n".join([*lines[:2], f"1,{cell},a", *lines[3:]]) + "\n")
    with pytest.raises(ConfigError, match=expected):
        Csv(path=cfg.path, target="kind", group=key).info("")


def test_a_group_among_test_rows_that_lie_apart_is_refused(table: Any, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("x,patient,kind\n1,q1,a\n2,p3,b\n")
    with pytest.raises(ConfigError, match='"p3"'):
        table(test_path=str(tmp_path / "new.csv")).info("")
    (tmp_path / "new.csv").write_text("x,patient,kind\n1,q1,a\n2,q3,b\n")
    assert parts_of_new(table(test_path=str(tmp_path / "new.csv"))) == {"train": 300, "test": 2}


def parts_of_new(dataset: Any) -> dict[str, int]:
    found = prepare(dataset, "", validation=None, train_size=None, seed=0, say=lambda line: None)
    return {name: len(split) for name, split in found.splits.items()}


def test_an_array_of_the_file_names_the_groups(tmp_path: Path) -> None:
    x = np.arange(300.0)[:, None]
    np.savez(tmp_path / "a.npz", x=x, y=CLASSES, patient=np.array([f"p{group}" for group in GROUPS]),
             few=GROUPS[:5])
    cfg = Npz(path=str(tmp_path / "a.npz"), group="patient", scale="none")
    found = prepare(cfg, "", validation=Holdout(0.2), train_size=None, seed=0, say=lambda line: None)
    groups = [set(GROUPS[split.x[:, 0].astype(int)]) for split in found.splits.values()]
    assert sum(map(len, groups)) == len(set.union(*groups)) == len(set(GROUPS))
    np.savez(tmp_path / "b.npz", x_train=x, y_train=CLASSES, x_test=x, y_test=CLASSES, who=GROUPS, who_test=GROUPS + 39)
    with pytest.raises(ConfigError, match='group "39" has rows in train and in test'):
        Npz(path=str(tmp_path / "b.npz"), group="who").info("")
    for name, expected in (("few", "one value for each"), ("patiend", "did you mean")):
        with pytest.raises(ConfigError, match=expected):
            Npz(path=str(tmp_path / "a.npz"), group=name).info("")


def test_a_run_knows_its_rows_before_it_starts(table: Any) -> None:
    cfg = table()
    checked = preflight(["dataset=csv", f"dataset.path={cfg.path}", "dataset.target=kind", "dataset.group=patient",
                         "model=dense"])
    rows = parts(table(), Holdout(0.2))
    assert checked.rows == {name: len(numbers) for name, numbers in rows.items()}


@pytest.mark.parametrize("kind", ("pictures", "sounds"))
def test_files_whose_names_share_what_a_pattern_finds_are_in_one_part(kind: str, tmp_path: Path) -> None:
    """Each file holds the number of its patient, so that the parts can be told by their content."""
    for number in range(24):
        place = tmp_path / "ab"[number % 2] / f"p{number // 4}-{number}"
        place.parent.mkdir(exist_ok=True)
        if kind == "pictures":
            Image.new("L", (4, 4), 10 * (number // 4)).save(place.with_suffix(".png"))
        else:
            with wave.open(str(place.with_suffix(".wav")), "wb") as file:
                file.setparams((1, 1, 100, 0, "NONE", ""))
                file.writeframes(bytes([100 + number // 4] * 100))
    folder = str(tmp_path)
    made: Any = (ImageFolder(path=folder, channels=1, size=(4,), group="^p[0-9]+") if kind == "pictures" else
                 Sounds(path=folder, form="wave", rate=100, group="^(p[0-9]+)-"))
    asked: dict[str, Any] = {"validation": Holdout(0.25), "train_size": None, "seed": 0, "say": lambda line: None}
    prepared = prepare(made, "", **asked)
    patients = [{*np.asarray(split.x).reshape(len(split), -1)[:, 0].tolist()} for split in prepared.splits.values()]
    assert [len(split) for split in prepared.splits.values()] == [16, 4, 4] and sum(map(len, patients)) == 6
    for pattern, expected in (("^x", "finds nothing in p0-0"), ("(", "expected a regular expression")):
        with pytest.raises(ConfigError, match=re.escape(expected)):
            prepare(dataclasses.replace(made, group=pattern), "", **asked)
