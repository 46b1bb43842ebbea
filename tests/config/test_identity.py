"""A run's id changes with what can change its result, and with nothing else."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from dlrun.config import identity as module
from dlrun.config.check.allow import allow_typed
from dlrun.config.check.check import check
from dlrun.config.compose.compose import compose
from dlrun.config.identity import identity, prefix_identity, run_name
from dlrun.config.own_code import own_code
from dlrun.config.problem import ConfigError
from dlrun.config.schema.fields import file, number, rules
from dlrun.config.schema.optimizer import Optimizer
from dlrun.config.schema.root import Config, Root
from dlrun.engine.optimizers.adam import Adam
from dlrun.registry import register


def config(*overrides: str) -> Config:
    allow_typed(overrides)
    composition, problems = compose(overrides)
    assert composition is not None and not problems, problems
    return check(composition.plain)


SAME = ["device=cpu", "threads=1", "resident=false", "output_dir=elsewhere", "data_dir=/data", "name=mine",
        "force=true", "verbosity=0", "checkpoint_seconds=1", "log_every=10", "histograms=true", "graph=true",
        "allow=[x]", "book={chapter: 1}", "seed=0", "model.hidden=[128]", "model.hidden=128", "dataset.name=other",
        "validation={size: 0.2}"]
OTHER = ["seed=1", "epochs=21", "batch_size=64", "max_steps=10", "steps_per_epoch=5", "max_seconds=5",
         "train_size=500", "test_size=50", "validation=0", "validation=0.1", "validation={take: random}", "test_at=[3]",
         "evaluate_train=true", "interpolation=true", "precision=bf16", "optimizer.lr=0.01", "optimizer=sgd",
         "optimizer.clip_norm=1", "schedule=cosine", "schedule.warmup=10", "early_stop=patience",
         "early_stop.monitor=val/accuracy", "model=dense", "model.dropout=0.1", "model.init=torch", "dataset.test=0.3",
         "dataset=mnist", "augment=shift", "shuffle=false", "task=regress", "callbacks=watches",
         "phases=[{epoch: 2, lr: 0.01}]", "fork='3f9c1e02aa@2'", "fork='3f9c1e02aa@3'", "fork='3f9c1e02ab@2'"]


@register("callback", "watches")
class Watches:
    """A name and a source are all that an id knows of a callback."""


@pytest.mark.parametrize("word", SAME)
def test_what_cannot_change_the_result_leaves_the_id(word: str, folder: Path) -> None:
    assert identity(config(word)) == identity(config())


def test_what_can_change_the_result_changes_the_id_each_to_another(folder: Path) -> None:
    ids = {word: identity(config(word)) for word in ["seed=0", *OTHER]}
    assert len(set(ids.values())) == len(ids), ids


def test_patience_counts(folder: Path) -> None:
    assert identity(config("early_stop=patience")) != identity(config("early_stop=patience", "early_stop.patience=6"))


def test_every_root_key_is_declared_here_as_counting_or_not(folder: Path) -> None:
    counting = {word.split("=")[0].split(".")[0] for word in OTHER} | {"callbacks"}  # tests/engine/test_callbacks.py
    for key, rule in rules(Root).items():
        assert (key in counting) == rule.identity, key


def test_the_words_chosen_do_not_count_but_the_values(folder: Path) -> None:
    lenet = config("model=lenet")
    cnn = config("model=cnn", "model.filters=[20,50]", "model.kernel=5", "model.hidden=500")
    assert identity(lenet) == identity(cnn)
    assert run_name(lenet) != run_name(cnn)
    assert identity(config("optimizer=momentum")) == identity(config("optimizer=sgd", "optimizer.momentum=0.9"))


def test_a_field_that_is_added_later_keeps_old_ids_at_its_default(folder: Path) -> None:
    @dataclass(frozen=True)
    class Later(Adam):
        decay: float = number(0.5, "Something that comes later.", low=0)

    Later.__module__ = Adam.__module__  # it stands for dlrun's own code
    old = config()
    values = {key: getattr(old.optimizer, key) for key in rules(Adam)}
    new = dataclasses.replace(old, optimizer=Later(**values))
    assert identity(new) == identity(old)
    assert identity(dataclasses.replace(old, optimizer=Later(**values, decay=0.6))) != identity(old)


@dataclass(frozen=True)
class Before(Optimizer):
    """An optimizer before its default changed."""

    kind = "adam"
    decay: float = number(0.5, "Something.", low=0)


@dataclass(frozen=True)
class After(Optimizer):
    """The same when its default has changed; old ids know the old one as the value that is not hashed."""

    kind = "adam"
    decay: float = number(0.7, "Something.", low=0, identity_default=0.5)


@dataclass(frozen=True)
class Revised(Before):
    """The same when its values have come to mean something else."""

    revision = 2


def test_a_changed_default_renames_only_the_runs_whose_meaning_has_changed(
        folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for schema in (Before, After, Revised):
        monkeypatch.setattr(schema, "__module__", "dlrun.engine.optimizers.adam")
    whole = config()

    def of(optimizer: Optimizer) -> str:
        return identity(dataclasses.replace(whole, optimizer=optimizer))

    assert of(After(decay=0.5)) == of(Before())  # the same value has the same id, typed or not
    assert of(After(decay=0.6)) == of(Before(decay=0.6))
    assert of(After()) == of(Before(decay=0.7)) != of(Before())  # what the command means now has moved, and so its id


def test_a_new_revision_of_a_kind_renames_its_runs_and_no_others(
        folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for schema in (Before, Revised):
        monkeypatch.setattr(schema, "__module__", "dlrun.engine.optimizers.adam")
    whole = config()
    assert Revised.revision == 2 and identity(dataclasses.replace(whole, optimizer=Revised())) != identity(
        dataclasses.replace(whole, optimizer=Before()))
    assert identity(dataclasses.replace(whole, optimizer=Before())) == identity(whole)  # revision 1 is not hashed


def test_a_new_version_of_the_schema_gives_other_ids(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = identity(config())
    monkeypatch.setattr(module, "SCHEMA_VERSION", module.SCHEMA_VERSION + 1)
    assert identity(config()) != before


def test_a_files_content_counts_and_its_place_does_not(folder: Path, write) -> None:
    write({"a.csv": "x,y\n1,0\n2,1\n", "deep/b.csv": "x,y\n1,0\n2,1\n", "c.csv": "x,y\n1,0\n2,2\n"})

    def of(path: str) -> str:
        return identity(config("dataset=csv", f"dataset.path={path}", "dataset.target=y", "model=dense"))

    assert of("a.csv") == of("deep/b.csv") == of(str(folder / "a.csv")) != of("c.csv")


def test_a_folders_names_and_contents_count_and_its_place_does_not(folder: Path, write) -> None:
    write({"a/cat/1.png": b"1", "a/dog/1.png": b"2", "b/cat/1.png": b"1", "b/dog/1.png": b"2", "c/cat/1.png": b"1",
           "c/god/1.png": b"2"})

    def of(path: str) -> str:
        return identity(config("dataset=image_folder", f"dataset.path={path}"))

    assert of("a") == of("b") != of("c")


@pytest.mark.parametrize("left", [".DS_Store", "cat/Thumbs.db", "cat/desktop.ini"])
def test_what_a_desktop_leaves_in_a_folder_does_not_count(left: str, folder: Path, write) -> None:
    write({"a/cat/1.png": b"1", "a/dog/1.png": b"2"})
    before = identity(config("dataset=image_folder", "dataset.path=a"))
    write({f"a/{left}": b"x"})
    assert identity(config("dataset=image_folder", "dataset.path=a")) == before
    write({"a/cat/Thumbs.png": b"x"})
    assert identity(config("dataset=image_folder", "dataset.path=a")) != before


@dataclass(frozen=True)
class WithFiles(Optimizer):
    """A kind whose options name files, under keys of its own."""

    kind = "adam"
    table: str | None = file(None, "A file.")
    more: str = file((), "Files.", several=True, identity=False)


def test_every_option_that_names_files_counts_by_their_content(
        folder: Path, write, monkeypatch: pytest.MonkeyPatch) -> None:
    write({"a.txt": "1", "deep/b.txt": "1", "c.txt": "2"})
    monkeypatch.setattr(WithFiles, "__module__", "dlrun.engine.optimizers.adam")
    whole = config()

    def of(**values: object) -> str:
        return identity(dataclasses.replace(whole, optimizer=WithFiles(**values)))

    assert of(table="a.txt") == of(table="deep/b.txt") != of(table="c.txt")
    assert of(more=("a.txt", "c.txt")) == of(more=("deep/b.txt", "c.txt")) != of(more=("c.txt", "a.txt"))
    assert of() == identity(whole)


VECTORS = {"a.txt": "the 1 2\n", "deep/b.txt": "the 1 2\n", "c.txt": "the 1 3\n", "data/d.txt": "the 1 2\n"}
IN_LISTS = ["model=sequential model.layers=[{embedding: {dim: 2, vectors: FILE}},flatten,{dense: out}]",
            "model=sequential model.layers=[{residual: [{embedding: {dim: 2, vectors: FILE}}]},{dense: out}]",
            *(f"model=autoencoder model.{part}=[{{embedding: {{dim: 2, vectors: FILE}}}}]"
              for part in ("encoder", "decoder")),
            *(f"model=gan model.{part}=[{{embedding: {{dim: 2, vectors: FILE}}}}]"
              for part in ("generator", "discriminator"))]


@pytest.mark.parametrize("overrides", ["model=lstm model.vectors=FILE", "model=conv1d model.vectors=FILE", *IN_LISTS])
def test_word_vectors_count_by_their_content_and_not_by_their_place(overrides: str, folder: Path, write) -> None:
    write(VECTORS)

    def of(name: str) -> str:
        model, _, rest = overrides.replace("FILE", name).partition(" ")
        return identity(config(model, rest, "data_dir=data"))

    assert of("a.txt") == of("deep/b.txt") == of(str(folder / "a.txt")) == of("d.txt") != of("c.txt")
    assert of("nowhere.txt") not in (of("elsewhere.txt"), of("a.txt"))


def test_word_vectors_are_those_that_the_run_will_read(folder: Path, write, monkeypatch) -> None:
    write({"a.txt": "the 1 2\n", "data/a.txt": "the 9 9\n", "data/b.txt": "the 9 9\n", "home/c.txt": "the 9 9\n"})
    monkeypatch.setenv("HOME", str(folder / "home"))

    def of(name: str) -> str:
        return identity(config("model=lstm", f"model.vectors='{name}'", "data_dir=data"))

    assert of("b.txt") == of("~/c.txt") != of("a.txt")  # the one that is typed goes before the one of the data folder


RATES = ["optimizer.lr_of={A}", "phases=[{epoch: 2, optimizer: {lr_of: {A}}}]",
         "task=adversarial model=gan task.generator_optimizer={lr_of: {A}}"]


@pytest.mark.parametrize("words", RATES)
def test_the_order_of_names_of_which_the_first_that_fits_counts_is_part_of_the_id(words: str, folder: Path) -> None:
    def of(rates: str) -> str:
        first, _, rest = words.replace("{A}", rates).partition(" model=gan ")
        return identity(config(*([first, "model=gan", rest] if rest else [first])))

    assert of("{dense_*: 0.1, dense_1: 0.2}") != of("{dense_1: 0.2, dense_*: 0.1}")


def test_rates_in_sorted_order_have_the_id_that_they_had(folder: Path) -> None:
    assert identity(config("optimizer.lr_of={a: 0.1, b: 0.2}")) == "7ed569f27e"
    assert identity(config("optimizer.lr_of={dense_1: 0.1}")) == "e154e3f25b"
    assert identity(config("phases=[{epoch: 2, optimizer: {kind: sgd, lr_of: {a: 0.1}}}]")) == "b42db35918"
    own = "task.generator_optimizer={kind: sgd, lr: 0.1}"
    assert identity(config("task=adversarial", "model=gan", own)) == "a9ccd2016a"
    assert identity(config("optimizer.lr_of={1: 0.1}")) == "73252da5ab"


def test_names_that_are_numbers_are_hashed_as_texts(folder: Path) -> None:
    plain = compose(["optimizer.lr_of={1: 0.1, a: 0.2}"])[0].plain
    phases = compose(["phases=[{epoch: 2, optimizer: {lr_of: {1: 0.1, a: 0.2}}}]"])[0].plain
    as_texts = {**plain, "optimizer": {**plain["optimizer"], "lr_of": {"1": 0.1, "a": 0.2}}}
    assert identity(check(plain)) == identity(check(as_texts)) != identity(check(phases)) != identity(config())


def test_a_name_as_a_number_and_as_a_text_is_refused(folder: Path) -> None:
    plain = compose([])[0].plain
    plain["optimizer"]["lr_of"] = {1: 0.1, "1": 0.2}
    with pytest.raises(ConfigError, match="optimizer.lr_of"):
        check(plain)


def test_arguments_of_a_class_may_have_names_of_several_types(folder: Path, write) -> None:
    write({"configs/model/mine.yaml": "_target_: net.Net\nsizes: {1: 3, a: 4}\n", "net.py": "class Net: pass\n"})
    assert identity(config("model=mine", "allow=net")) != identity(config("model=mine", "allow=net", "model.sizes.a=5"))


@pytest.mark.parametrize("words", [["phases=[{epoch: 2, optimizer: {kind: own_sgd}}]"],
                                   ["task=adversarial", "model=gan", "task.generator_optimizer={kind: own_sgd}"]])
def test_an_optimizer_of_ones_own_counts_by_its_source_wherever_it_is_named(
        words: list[str], folder: Path, write, monkeypatch: pytest.MonkeyPatch) -> None:
    write({"own.py": "from dlrun.engine.optimizers.sgd import Sgd\nfrom dlrun.registry import register\n\n\n"
                     "@register('optimizer', 'own_sgd')\nclass Own(Sgd):\n    pass\n"})
    monkeypatch.syspath_prepend(str(folder))
    chosen = config(*words, "allow=own")
    before = identity(chosen)
    assert list(own_code(chosen)) == ["own"]
    with open("own.py", "a") as module_text:
        module_text.write("# changed\n")
    assert identity(chosen) != before


def test_a_users_class_counts_by_the_content_of_its_module(folder: Path, write) -> None:
    write({"configs/model/mine.yaml": "_target_: net.Net\nwidth: 3\n", "net.py": "class Net: pass\n"})
    before = identity(config("model=mine", "allow=net"))
    wider = identity(config("model=mine", "allow=net", "model.width=4"))
    write({"net.py": "class Net: width = 3\n"})
    assert len({before, wider, identity(config("model=mine", "allow=net"))}) == 3


def test_ids_are_equal_in_two_processes(folder: Path) -> None:
    code = ("from tests.config.test_identity import config, identity; "
            "print(identity(config('model=dense', 'optimizer.lr=0.01', 'early_stop=patience')))")
    root = str(Path(__file__).parents[2])
    said = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True,
                           env={"PYTHONHASHSEED": seed, "PATH": "", "PYTHONPATH": root}).stdout.strip()
            for seed in ("1", "2")}
    assert said == {identity(config("model=dense", "optimizer.lr=0.01", "early_stop=patience"))}


def test_an_id_is_ten_hexadecimal_digits(folder: Path) -> None:
    text = identity(config())
    assert len(text) == 10 and int(text, 16) >= 0


@pytest.mark.parametrize("word", ["epochs=50", "test_at=[3]"])
def test_the_prefix_leaves_out_how_far_a_run_goes(word: str, folder: Path) -> None:
    assert prefix_identity(config(word)) == prefix_identity(config()) is not None


@pytest.mark.parametrize("word", ["seed=1", "optimizer.lr=0.01", "batch_size=64", "early_stop=patience"])
def test_the_prefix_keeps_what_changes_the_steps(word: str, folder: Path) -> None:
    assert prefix_identity(config(word)) != prefix_identity(config())


@pytest.mark.parametrize("word", ["schedule=cosine", "max_steps=10", "max_seconds=10"])
def test_there_is_no_prefix_where_the_steps_depend_on_the_length(word: str, folder: Path) -> None:
    assert prefix_identity(config(word)) is None


@pytest.mark.parametrize(("overrides", "name"), [
    ([], "digits-cnn-adam"), (["model=lenet", "optimizer=sgd"], "digits-lenet-sgd"),
    (["name=mine/first"], "mine/first"),
    (["dataset=csv", "dataset.path=/x/my wines.csv", "dataset.target=y", "model=dense"], "my_wines-dense-adam"),
])
def test_the_name_is_that_of_the_chosen_options(overrides: list[str], name: str, folder: Path) -> None:
    assert run_name(config(*overrides)) == name
