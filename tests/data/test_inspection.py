"""What is said of rows before training: equal ones in several parts, contradictions, leaking columns, rare classes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.config.schema.holdout import Holdout
from dlrun.data import inspection
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.inspection import inspect, not_compared
from dlrun.data.prepare import prepare
from dlrun.data.prepared import PreparedData, Split
from dlrun.data.scale import NONE
from dlrun.data.sets.csv import Csv
from dlrun.data.sets.reuters import Reuters
from dlrun.data.subsample import subsample
from dlrun.data.suspicious_columns import suspicious_columns

OPTIONS = {"task.class_weights": None, "dataset.drop": [], "dataset.stratify": True, "validation.size": 0.2}


def prepared_file(file: Path, lines: list[str], target: str, **cfg: Any) -> PreparedData:
    file.write_text("\n".join(lines) + "\n")
    return prepare(Csv(path=str(file), target=target, **cfg), "", validation=Holdout(0.2, "end"), train_size=None,
                   seed=0, say=lambda line: None, digests=True)


def said(found: PreparedData, **options: Any) -> dict[str, str]:
    return {remark.kind: remark.line for remark in inspect(found, OPTIONS | options)}


def labels(**counts: list[int]) -> PreparedData:
    """A data set of which only the classes of its rows are of interest."""
    classes = tuple("abcdefgh"[:len(counts["train"])]) if len(counts["train"]) != 2 else ("healthy", "ill")
    splits = {name: Split(np.zeros((sum(own), 1, 2, 2), np.uint8), np.repeat(np.arange(len(own)), own))
              for name, own in counts.items()}
    spec = DatasetSpec((1, 2, 2), "image", "classes", classes)
    return PreparedData(spec, splits["train"], splits.get("val"), splits.get("test"), NONE, repr(counts), "", {}, [])


def test_rows_that_were_seen_are_counted_as_a_comparison_of_all_texts_counts_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    cells = [(f"{rng.integers(12)},{rng.integers(12)}", "ab"[rng.integers(2)]) for _ in range(400)]
    found = prepared_file(tmp_path / "t.csv", ["x,y,kind", *(f"{x},{kind}" for x, kind in cells)], "kind",
                          dates=False, indicator=False)
    rows = {name: [(tuple(x), y) for x, y in zip(split.x.astype(int).tolist(), split.y.tolist())]
            for name, split in found.splits.items() if split.y is not None}
    assert {name: len(own) for name, own in rows.items()} == {"train": 256, "val": 64, "test": 80}
    before = rows["train"] + rows["val"]
    again = [row for row in rows["test"] if any(row[0] == other[0] for other in before)]
    other = [row for row in again if row not in before]
    lines = said(found)
    assert lines["seen_test_rows"] == (f"{len(again)} of 80 test rows are training or validation rows as well, "
                                       f"{len(other)} of them only with another class; no column has more than 12 "
                                       "different values, so equal rows are to be expected") and other
    count = sum(any(row[0] == one[0] for one in rows["train"]) for row in rows["val"])
    assert lines["seen_val_rows"].startswith(f"{count} of 64 validation rows are training rows as well")
    kinds: dict[str, set[str]] = {}
    for x, kind in cells:
        kinds.setdefault(x, set()).add(kind)
    both = sum(len(kinds[x]) == 2 for x, _ in cells)
    assert lines["contradicting_rows"].startswith(f"{both} of 400 rows are equal to one of another class")


def test_of_test_rows_that_are_not_measured_nothing_is_counted(tmp_path: Path) -> None:
    lines = ["x,kind", *(f"{number % 150},{'ab'[number % 150 // 75]}" for number in range(300))]
    found = prepared_file(tmp_path / "t.csv", lines, "kind")
    assert found.test is not None and found.test.digests is not None
    fewer = subsample(found, 30)
    assert fewer.test is not None and fewer.test.digests is not None
    pairs = found.test.digests.reshape(30, 2).tolist()
    assert all(one in pair for one, pair in zip(fewer.test.digests.tolist(), pairs))
    assert " of 60 test rows" in said(found)["seen_test_rows"] and " of 30 test rows" in said(fewer)["seen_test_rows"]


def test_reuters_has_the_duplicates_that_python_counts_in_kerass_file(real: Any) -> None:
    data_dir = real("keras/reuters.npz").parent.parent
    found = prepare(Reuters(), str(data_dir), validation=Holdout(1000, "start"), train_size=None, seed=0,
                    say=lambda line: None, digests=True)
    assert said(found)["seen_test_rows"] == ("237 of 2,246 test rows are training or validation rows as well, 126 of "
                                             "them only with another class")


def test_digests_of_a_large_set_are_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "KEPT_BYTES", 100)
    computed: list[int] = []
    digests = inspection._digests
    monkeypatch.setattr(inspection, "_digests",
                        lambda data, x: computed.append(len(x)) or digests(data, x))  # type: ignore[func-returns-value]
    lines = ["x,kind", *(f"{number % 150},{'ab'[number % 150 // 75]}" for number in range(300))]
    first = prepared_file(tmp_path / "t.csv", lines, "kind", split_seed=0)
    other = prepared_file(tmp_path / "t.csv", lines, "kind", split_seed=1)
    assert computed == [300]
    for found in (first, other):
        assert found.test is not None and found.test.digests is not None and found.train.digests is not None
        both = np.concatenate([found.train.x, found.test.x])
        numbers = np.concatenate([found.train.digests, found.test.digests])
        assert all(np.ptp(both[numbers == number]) == 0 for number in numbers) and len(np.unique(numbers)) == len(
            np.unique(both))


def test_more_bytes_than_are_compared_are_skipped_and_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch
                                                                 ) -> None:
    monkeypatch.setattr(inspection, "MOST_BYTES", 1000)
    monkeypatch.setattr(inspection, "_compared", {})
    lines = ["x,kind", *(f"{number % 150},{'ab'[number % 150 // 75]}" for number in range(300))]
    found = prepared_file(tmp_path / "t.csv", lines, "kind")
    assert "seen_test_rows" not in said(found)
    assert not_compared(found) == "rows that several parts share are not looked for: they take more than 0 GiB"


COLUMNS = {
    "site": lambda number, kind: "north",
    "id": lambda number, kind: str(number + 1),
    "nr": lambda number, kind: str(number * 7919 % 100_003),  # a number without gaps it is not, but it is called one
    "code": lambda number, kind: str(7 * kind + 2),
    "grade": lambda number, kind: "ABC"[kind],
    "year": lambda number, kind: str(1990 + number % 30),
    "size": lambda number, kind: f"{np.random.RandomState(number).randn() + kind:.4f}",
}


def test_constant_columns_ids_and_copies_of_the_target_are_named_and_no_others(tmp_path: Path) -> None:
    lines = [",".join([*COLUMNS, "kind"])]
    lines += [",".join([*(make(number, number // 60) for make in COLUMNS.values()), "xyz"[number // 60]])
              for number in range(180)]
    found = Counter((kind, words) for kind, _, words in suspicious_columns(
        prepared_file(tmp_path / "t.csv", lines, "kind", dates=False)))
    assert found == Counter({("constant_columns", ("dataset.drop=['site']",)): 1,
                             ("id_column", ("dataset.drop=['id']",)): 1, ("id_column", ("dataset.drop=['nr']",)): 1,
                             ("tells_target", ("dataset.drop=['code']",)): 1,
                             ("tells_target", ("dataset.drop=['grade']",)): 1})


def test_an_id_that_follows_the_classes_is_told_from_one_that_does_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for sorted_, leaks in ((True, True), (False, False)):
        kinds = np.repeat([0, 1], 60) if sorted_ else rng.permutation(np.repeat([0, 1], 60))
        lines = ["id,size,kind", *(f"{n},{rng.random():.4f},{'ab'[kind]}" for n, kind in enumerate(kinds))]
        text = said(prepared_file(tmp_path / f"{sorted_}.csv", lines, "kind"))["id_column"]
        assert text.startswith('"id" looks like the number of a row: no two are equal')
        assert ("neighbours are of one class in 99 % (50 % by chance): it gives the target away" in text) is leaks


def test_a_number_in_another_unit_tells_the_target_and_one_with_noise_does_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    metres = rng.uniform(1, 9, 100)
    for noise, tells in ((0, True), (0.01, False)):
        feet = metres * 3.28084 + noise * rng.normal(size=100)
        lines = ["metres,feet", *(f"{a:.6f},{b:.6f}" for a, b in zip(metres, feet))]
        found = said(prepared_file(tmp_path / f"{tells}.csv", lines, "feet"))
        text = "\"metres\" alone tells the target of every row; try  dataset.drop=['metres']"
        assert found == ({"tells_target": text} if tells else {})


def test_a_part_of_one_class_and_classes_missing_from_a_part_are_said() -> None:
    found = inspect(labels(train=[200, 200, 200], val=[0, 0, 100], test=[50, 0, 50]), OPTIONS)
    assert [remark.text for remark in found] == ["all validation rows are of class c", "no test row is of class b"]
    assert found[0].words == ("validation={take: random, stratify: true}",) and found[1].words == ()
    assert inspect(labels(train=[200, 200], val=[0, 3]), OPTIONS) == []
    without = inspect(labels(train=[20, 20], test=[20, 0]), OPTIONS | {"dataset.stratify": False})
    assert [remark.words for remark in without] == [("dataset.stratify=true",)]


def test_a_class_with_few_rows_asks_for_weights_unless_it_has_them() -> None:
    rare = labels(train=[384, 16])
    assert said(rare)["rare_class"] == "class ill has 4 % of the training rows; try  task.class_weights=balanced"
    assert said(rare, **{"task.class_weights": "balanced"}) == {}
    assert said(labels(train=[10] * 8)) == {}, "12.5 % is the even share"


def test_bags_of_words_have_no_columns_that_are_looked_at(tmp_path: Path) -> None:
    from dlrun.data.sets.labelled_text import LabelledText

    file = tmp_path / "texts.txt"
    file.write_text("".join(f"{'ab'[n % 2]}\tword{n % 7} word{n % 11}\n" for n in range(100)))
    found = prepare(LabelledText(path=str(file), form="multi_hot", num_words=10), "", validation=Holdout(0.2, "end"),
                    train_size=None, seed=0, say=lambda line: None, digests=True)
    assert found.data_spec.input_kind == "table"
    assert not {"constant_columns", "id_column", "tells_target"} & {remark.kind for remark in inspect(found, OPTIONS)}
