"""Test rows that lie apart (`dataset.test_path`): read by the same rules as the training rows, or refused."""

from __future__ import annotations

import wave
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dlrun.config.check.check import check
from dlrun.config.compose.compose import compose
from dlrun.config.identity import essence, identity
from dlrun.config.problem import ConfigError
from dlrun.config.schema.holdout import Holdout
from dlrun.config.schema.kfold import KFold
from dlrun.data.prepare import prepare
from dlrun.data.prepared import PreparedData
from dlrun.data.preprocessing_state import plain
from dlrun.data.sets.csv import Csv
from dlrun.data.sets.image_folder import ImageFolder
from dlrun.data.sets.labelled_text import LabelledText
from dlrun.data.sets.npz import Npz
from dlrun.data.sets.series import Series
from dlrun.data.sets.sounds import Sounds
from dlrun.data.sets.text import Text
from dlrun.inference.labelled import labelled
from dlrun.preflight.preflight import preflight

TRAIN = "size,colour,kind\n" + "".join(f"{place},{'red' if place % 3 else 'blue'},{'ab'[place % 2]}\n"
                                      for place in range(20))
TEST = "kind,extra,colour,size\nb,1,green,7\na,2,blue,\nb,3,red,5\n"


def prepared(dataset: Any, validation: Any = None, said: Any = lambda line: None) -> PreparedData:
    return prepare(dataset, "", validation=validation, train_size=None, seed=0, say=said)


@pytest.fixture
def tables(tmp_path: Path) -> Any:
    def write(test: str = TEST, train: str = TRAIN, **cfg: Any) -> Csv:
        (tmp_path / "train.csv").write_text(train)
        (tmp_path / "later").mkdir(exist_ok=True)
        (tmp_path / "later" / "train.csv").write_text(test)  # both files may have one name
        return Csv(path=str(tmp_path / "train.csv"), test_path=str(tmp_path / "later" / "train.csv"),
                   **{"target": "kind", "scale": "standard", **cfg})

    return write


def test_rows_of_another_table_are_read_with_the_words_and_scale_of_the_training(tables: Any) -> None:
    said: list[str] = []
    found = prepared(tables(), Holdout(4), said.append)
    assert [len(split) for split in (found.train, found.val, found.test)] == [16, 4, 3]  # type: ignore[arg-type]
    assert found.data_spec.features == ("size", "colour=blue", "colour=red")
    mean = found.train.x[:, 0].mean()
    assert found.test is not None and found.scale.offset[0] == pytest.approx(mean)
    assert found.test.x == pytest.approx(np.array([[7, 0, 0], [mean, 1, 0], [5, 0, 1]]))  # green is unknown
    assert found.test.y.tolist() == [1, 0, 1]  # type: ignore[union-attr]
    assert "the 3 test rows are those of train.csv" in said and len(found.files) == 2
    assert any("'green'" in line and "unknown" in line for line in said)


def test_numbers_labels_and_several_targets_are_read_in_their_units(tables: Any) -> None:
    train = "x,y,z\n" + "".join(f"{place},{place * 2.5},{place % 2}\n" for place in range(12))
    found = prepared(tables("z,x,y\n1,3,4.25\n0,4,\n", train, target="y", target_scale="none", drop=("z",)))
    assert found.test is not None and found.test.y.tolist() == [4.25]  # type: ignore[union-attr]
    both = prepared(tables("z,x,y\n1,3,4.25\n0,4,8\n", train, target=("y", "z"), target_scale="none"))
    assert both.test is not None and both.test.y.tolist() == [[4.25, 1], [8, 0]]  # type: ignore[union-attr]


@pytest.mark.parametrize("test, expected", [
    ("size,kind\n1,a\n", '"colour"'), ("size,colour\n1,red\n", '"kind"'),
    ("size,colour,kind\n1,red,c\n", "'c' in line 2"), ("size,colour,kind\nbig,red,a\n", "'big' in line 2"),
])
def test_columns_classes_and_cells_that_do_not_fit_are_refused(tables: Any, test: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        tables(test).info("")
    (problem,) = caught.value.problems
    assert problem.given.startswith("dataset.test_path=") and expected in problem.expected


def test_folds_are_cut_from_the_training_rows_alone(tables: Any) -> None:
    whole = prepared(tables())
    for fold in range(4):
        found = prepared(tables(), KFold(k=4, fold=fold))
        assert found.val is not None and found.test is not None and len(found.val) == 5
        assert np.array_equal(found.test.x[:1], whole.test.x[:1])  # type: ignore[union-attr]
    assert sorted(whole.train.x[:, 0]) == list(range(20)) and list(whole.train.x[:, 0]) != list(range(20))


def command(cfg: Csv, *more: str) -> list[str]:
    return ["dataset=csv", f"dataset.path={cfg.path}", "dataset.target=kind", f"dataset.test_path={cfg.test_path}",
            "model=dense", *more]


@pytest.mark.parametrize("option", ["test=0.3", "split_seed=seed", "split_seed=1", "stratify=false"])
def test_options_of_drawn_test_rows_are_refused_beside_it(tables: Any, option: str) -> None:
    with pytest.raises(ConfigError) as caught:
        preflight(command(tables(), f"dataset.{option}"))
    assert [one.given for one in caught.value.problems] == [f"dataset.{option}"]
    assert "dataset.test_path" in caught.value.problems[0].expected


def test_the_id_is_of_the_content_of_the_test_rows_and_not_of_their_place(tables: Any, tmp_path: Path) -> None:
    def id_of(overrides: list[str]) -> str:
        composition, _ = compose(overrides)
        assert composition is not None
        return identity(check(composition.plain))

    first = id_of(command(tables()))
    (tmp_path / "moved.csv").write_text(TEST)
    cfg = tables()
    moved = [word.replace(str(cfg.test_path), str(tmp_path / "moved.csv")) for word in command(cfg)]
    assert id_of(moved) == first
    assert id_of(command(tables(TEST.replace("5", "6")))) != first
    assert id_of([word for word in command(cfg) if "test_path" not in word]) != first


@pytest.mark.parametrize("names", [("x", "y"), ("x_train", "y_train")])
def test_arrays_of_another_file_are_the_test_rows(tmp_path: Path, names: tuple[str, str]) -> None:
    x, y = np.arange(24.0).reshape(12, 2), np.arange(12) % 3
    np.savez(tmp_path / "a.npz", **dict(zip(names, (x, y))))
    np.savez(tmp_path / "b.npz", x=-x[:4], y=y[2:6])
    found = prepared(Npz(path=str(tmp_path / "a.npz"), test_path=str(tmp_path / "b.npz")))
    assert found.test is not None and np.array_equal(found.test.x, -x[:4])
    assert found.test.y.tolist() == [2, 0, 1, 2]  # type: ignore[union-attr]
    for wrong, expected in (({"x": x, "y": y + 1}, '"3"'), ({"x": x[:, :1], "y": y}, "must agree"),
                            ({"z": x}, "expected targets"), ({"u": x, "v": y}, "x_test")):
        np.savez(tmp_path / "b.npz", **wrong)
        with pytest.raises(ConfigError, match=expected):
            Npz(path=str(tmp_path / "a.npz"), test_path=str(tmp_path / "b.npz")).info("")


@pytest.mark.parametrize("in_memory", [True, False])
def test_single_arrays_have_test_arrays_beside_them(tmp_path: Path, in_memory: bool) -> None:
    x, y = np.arange(24.0).reshape(12, 2), np.arange(12) % 3
    for name, array in (("x", x), ("y", y), ("tx", -x[:4]), ("ty", y[:4])):
        np.save(tmp_path / f"{name}.npy", array)
    named = {key: str(tmp_path / f"{name}.npy") for key, name in (
        ("path", "x"), ("targets_path", "y"), ("test_path", "tx"), ("test_targets_path", "ty"))}
    found = prepared(Npz(**named, in_memory=in_memory, scale="none"))
    assert found.test is not None and found.test.y.tolist() == [0, 1, 2, 0]  # type: ignore[union-attr]
    rows = found.test.x if found.test.stream is None else found.test.stream.at(np.arange(4))[0]
    assert np.array_equal(rows, -x[:4])


def test_files_of_classes_have_test_files_of_the_same_classes(tmp_path: Path) -> None:
    for place, name in enumerate(("cat", "dog", "cat_test", "dog_test")):
        np.save(tmp_path / f"{name}.npy", np.full((4, 3), place, np.float32))
    train, test = ({kind: str(tmp_path / f"{kind}{end}.npy") for kind in ("cat", "dog")} for end in ("", "_test"))
    found = prepared(Npz(path=train, test_path=test))
    assert found.test is not None and found.test.x[:, 0].tolist() == [2] * 4 + [3] * 4
    with pytest.raises(ConfigError, match="expected a file for each of the classes cat, dog"):
        Npz(path=train, test_path=test["cat"]).info("")


def test_pictures_of_another_folder_are_the_test_rows(tmp_path: Path) -> None:
    for folder, grey in (("mine/a", 10), ("mine/b", 20), ("new/a", 30), ("new/b", 40)):
        (tmp_path / folder).mkdir(parents=True)
        for place in range(3):
            Image.new("L", (4, 4), grey + place).save(tmp_path / folder / f"{place}.png")
    cfg = ImageFolder(path=str(tmp_path / "mine"), test_path=str(tmp_path / "new"), size=(4,), channels=1)
    found = prepared(cfg)
    assert cfg.info("").rows == {"train": 6, "test": 6} and found.test is not None
    assert found.test.x[:, 0, 0, 0].tolist() == [30, 31, 32, 40, 41, 42]
    assert "the 6 test rows are those of new/" in found.notes
    (tmp_path / "new" / "b").rename(tmp_path / "new" / "c")
    with pytest.raises(ConfigError, match=r"(?s)dataset\.test_path.*c/ is not a class"):
        cfg.info("")


def test_sounds_of_another_folder_are_the_test_rows(tmp_path: Path) -> None:
    for folder in ("mine/a", "mine/b", "new/a", "new/b"):
        (tmp_path / folder).mkdir(parents=True)
        with wave.open(str(tmp_path / folder / "1.wav"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes((np.sin(np.arange(400)) * 9000).astype("<i2").tobytes())
    found = prepared(Sounds(path=str(tmp_path / "mine"), test_path=str(tmp_path / "new"), form="wave", seconds=0.05))
    assert found.test is not None and found.test.y.tolist() == [0, 1] and len(found.train) == 2  # type: ignore[union-attr]


def test_texts_of_another_file_are_the_test_rows(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("good\tvery nice\nbad\tnot nice\n" * 5)
    (tmp_path / "b.tsv").write_text("bad\tnot very strange\n")
    cfg = LabelledText(path=str(tmp_path / "a.tsv"), test_path=str(tmp_path / "b.tsv"))
    found = prepared(cfg)
    assert found.vocabulary is not None and "strange" not in found.vocabulary.words
    assert found.test is not None and found.test.y.tolist() == [0] and len(found.train) == 10  # type: ignore[union-attr]
    (tmp_path / "b.tsv").write_text("worse\tnot very strange\n")
    with pytest.raises(ConfigError, match="'worse' is no class"):
        prepared(cfg)


def test_steps_of_another_file_are_the_test_steps_and_no_window_crosses_into_them(tmp_path: Path) -> None:
    wave = np.sin(np.arange(60) / 4).round(4)
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text("level,hour\n" + "".join(f"{value},{step}\n" for step, value in enumerate(wave[:40])))
    new.write_text("extra,hour,level\n" + "".join(f"7,{step},{value if step != 50 else ''}\n"
                                                  for step, value in enumerate(wave) if step >= 40))
    words = {"path": str(old), "target": "level", "lookback": 4, "scale": "none", "target_scale": "none"}
    found = prepared(Series(**words, test_path=str(new)), Holdout(10))
    whole = tmp_path / "whole.csv"
    whole.write_text("level,hour\n" + "".join(f"{value if step != 50 else ''},{step}\n"
                                              for step, value in enumerate(wave)))
    same = prepared(Series(**(words | {"path": str(whole)}), test=20), Holdout(10))  # the same steps in one file
    assert found.test is not None and len(found.test) == 15  # 16 windows, one without its target
    for name, split in same.splits.items():
        own = found.splits[name]
        assert np.array_equal(own.x, split.x) and np.array_equal(own.rows, split.rows)
        assert np.array_equal(own.y, split.y)  # type: ignore[arg-type]
    checked = preflight(["dataset=series", f"dataset.path={old}", f"dataset.test_path={new}", "dataset.target=level",
                         "dataset.lookback=4", "model=gru"])
    assert checked.rows == {"train": 28, "val": 4, "test": 15}
    with pytest.raises(ConfigError, match="nothing is drawn"):
        preflight(["dataset=series", f"dataset.path={old}", f"dataset.test_path={new}", "dataset.target=level",
                   "dataset.lookback=4", "dataset.test=5", "model=gru"])
    new.write_text("level,wind\n1,2\n2,3\n")
    with pytest.raises(ConfigError, match='no column "hour"'):
        prepared(Series(**words, test_path=str(new)))


def test_a_further_series_is_read_with_the_marks_of_the_training(tmp_path: Path) -> None:
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text("level;flow\n" + "".join(f"2.48{step % 10},5;0,25\n" for step in range(40)))
    new.write_text("level;flow\n" + "".join(f"2.48{step % 10};{step % 3}\n" for step in range(20)))
    cfg = Series(path=str(old), target="level", lookback=4)
    kept = plain(prepared(cfg))
    for read in (lambda: prepared(replace(cfg, test_path=str(new))),
                 lambda: labelled(kept, cfg, str(new), "", lambda note: None)):
        with pytest.raises(ConfigError, match=r"2\.480 is 2\.48 with a decimal point and 2480 with a decimal comma "
                                              r"\(the training's file has a decimal comma\)"):
            read()
    new.write_text("level;flow\n" + "".join(f"2480,{step % 10};{step % 3}\n" for step in range(20)))
    assert labelled(kept, cfg, str(new), "", lambda note: None).split.x[:2, 0].tolist() == pytest.approx([2480, 2480.1])


@pytest.mark.parametrize("kind, train, older, newer", [
    ("csv", "on,a,y\n" + "True,1,p\nFalse,2,q\n" * 12, "on,a,y\nTrue,1,p\n", "on,a,y\n1,1,p\n"),
    ("jsonl", '{"on":"true","a":1,"y":"p"}\n{"on":"false","a":2,"y":"q"}\n' * 12,
     '{"on":"true","a":1,"y":"p"}\n', '{"on":true,"a":1,"y":"p"}\n'),
    ("series", "y\n" + "1\n2\n" * 20, "y\n" + "1\n" * 9, "y,late\n" + "1,?\n" * 3 + "1,5\n" * 6)])
def test_a_run_is_of_the_revision_of_the_test_file_that_is_there_now(tmp_path: Path, kind: str, train: str, older: str,
                                                                     newer: str) -> None:
    """In one process, whichever file was there before; `newer` was once read otherwise."""
    old, new = tmp_path / f"old.{kind}", tmp_path / f"new.{kind}"
    old.write_text(train)
    more = ["dataset.lookback=2"] if kind == "series" else ["validation={take: random}"]
    revisions = []
    for text in (older, newer, older):
        new.write_text(text)
        config = preflight([f"dataset={kind}", f"dataset.path={old}", f"dataset.test_path={new}", "dataset.target=y",
                            "model=dense", *more]).config
        revisions.append(essence(config)["dataset"].get("revision", 1))
    assert revisions[0] == revisions[2] == 1 < revisions[1]


def test_columns_that_the_training_steps_do_not_have_cut_and_refuse_nothing_in_the_test_steps(tmp_path: Path) -> None:
    """A dropped column and one more that begin late; dropped times that are not in order."""
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text("at,level,late\n" + "".join(f"2020-01-{31 - step:02},{step / 4},{step}\n" for step in range(30)))
    new.write_text("late,level,at,more\n" + "".join(
        f"{step if step > 4 else ''},{step / 4},2020-01-{31 - step:02},{step if step > 6 else '?'}\n"
        for step in range(20)))
    cfg = Series(path=str(old), target="1", lookback=4, drop=("0", "late"))
    source = replace(cfg, test_path=str(new)).read("", lambda note: None)
    assert source.x_test is not None and source.x_test[:, 0].tolist() == [step / 4 for step in range(20)]
    assert source.revision > 1, "a run that lost these steps is another run"
    said: list[str] = []
    assert len(labelled(plain(prepared(cfg)), cfg, str(new), "", said.append).split) == 16 and not said
    new.write_text(new.read_text().replace(",?\n", ",1\n").replace("\n,", "\n1,"))
    assert replace(cfg, test_path=str(new)).read("", lambda note: None).revision == 1
    new.write_text("level\n" + "1\n" * 9)
    assert len(labelled(plain(prepared(cfg)), cfg, str(new), "", said.append).split) == 5, "dropped ones need not be"
    with pytest.raises(ConfigError, match=r"2020-01-30 stands after 2020-01-31; expected lines in the order of time"):
        new.write_text("level,when\n1,2020-01-31\n2,2020-01-30\n3,2020-01-29\n")
        replace(cfg, test_path=str(new)).read("", lambda note: None)


@pytest.mark.parametrize("unit", ("character", "word", "bpe"))
def test_a_text_of_another_file_is_the_test_text_in_the_words_of_the_training(unit: str, tmp_path: Path) -> None:
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    old.write_text("the cat sat on the mat. " * 40)
    new.write_text("the cat sat on the queue. " * 10)
    asked: dict[str, Any] = {"unit": unit, "length": 5, "stride": 1, "num_words": 300 if unit == "bpe" else None}
    found = prepared(Text(path=str(old), test_path=str(new), **asked))
    alone = prepared(Text(path=str(old), test=0.0, **asked))
    assert found.test is not None and found.vocabulary is not None and alone.vocabulary is not None
    assert np.array_equal(found.train.x, alone.train.x)
    if unit == "bpe":
        assert found.vocabulary.words == alone.vocabulary.words
    else:  # and one more id, for what the training text has not
        ids = found.vocabulary.ids
        text = new.read_text() if unit == "character" else [*new.read_text().replace(".", "").split()]
        assert found.test.x.tolist() == [ids.get(part, found.vocabulary.unknown) for part in text]
        assert found.vocabulary.unknown in found.test.x
    rows = preflight(["dataset=text", f"dataset.path={old}", f"dataset.test_path={new}", f"dataset.unit={unit}",
                      "dataset.length=5", "model=lstm", "dataset.num_words=300"]).rows
    assert rows["test"] > 0
