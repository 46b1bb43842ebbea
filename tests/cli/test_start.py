"""Help, lists, summaries, wrong keys and completion answer at once, without loading torch."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from dlrun.cli.main import main
from tests.helpers.forked import Forked
from tests.helpers.forked import dlrun as in_forked

PATH = os.pathsep.join(filter(None, sys.path))
PROBE = """
import sys, time
from dlrun.cli.main import main
code = main(sys.argv[1:])
print("SECONDS", time.process_time(), file=sys.stderr)
print("MODULES", sum(name.partition(".")[0] == "dlrun" for name in sys.modules), file=sys.stderr)
heavy = [name for name in ("torch", "torchvision", "sklearn", "scipy", "matplotlib", "tensorboard", "pandas")
         if name in sys.modules]
print("HYDRA" if "hydra" in sys.modules or "omegaconf" in sys.modules else "PLAIN", file=sys.stderr)
print("HEAVY", *heavy, file=sys.stderr)
sys.exit(code)
"""


def dlrun(folder: Path, *arguments: str, probe: str = PROBE, **env: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, which says at its end what it has imported."""
    home = {"DLRUN_CACHE": str(folder / "cache"), "PYTHONPATH": PATH, "COLUMNS": "100"}
    return subprocess.run([sys.executable, "-c", probe, *arguments], cwd=folder, env={**os.environ, **home, **env},
                          capture_output=True, text=True, timeout=60)


Answered = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answered]:
    """A command in an empty folder without data; each is started once for all tests that ask about it."""
    folder = tmp_path_factory.mktemp("empty")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DLRUN_DATA", raising=False)
        yield cache(lambda *arguments: dlrun(folder, *arguments))
    assert {path.name for path in folder.iterdir()} <= {"cache"}


def _command(value: object) -> str | None:
    """The name of a case: its command."""
    return " ".join(value) if isinstance(value, list) else None


LIGHT = [
    (["--help"], 0, "dlrun trains neural networks"),
    (["list"], 0, "optimizer=adam"),
    (["list", "models"], 0, "model=lenet"),
    (["summary"], 0, "53,002 parameters"),
    (["explain"], 0, "optimizer.lr"),
    (["summary", "dataset=mnist", "model=dense"], 0, "118,282 parameters"),
    (["modle=cnn"], 2, "did you mean  model=cnn"),
    (["model.dropuot=0.2"], 2, "did you mean  model.dropout=0.2"),
    (["dataset=iris", "model=cnn"], 2, "cnn expects images"),
    (["-m", "seed=1,x"], 2, "seed=x"),
    (["--cfg", "job"], 0, "batch_size: 128"),
    (["report"], 2, "dlrun report FOLDER"),
    (["runs"], 2, "no such folder"),
    (["diff", "a"], 2, "dlrun diff RUN RUN"),
    (["predict", "nowhere", "x.csv"], 2, "neither a folder"),
    (["generate", "."], 2, "no folder of a trained run: config.yaml is missing"),
]


@pytest.mark.parametrize(("arguments", "code", "says"), LIGHT, ids=_command)
def test_it_answers_without_torch_and_at_once(arguments: list[str], code: int, says: str, answered: Answered) -> None:
    done = answered(*arguments)
    assert done.returncode == code, done.stderr
    assert says in done.stdout + done.stderr
    *_, seconds, _, _, heavy = done.stderr.splitlines()
    assert heavy == "HEAVY", done.stderr
    assert float(seconds.removeprefix("SECONDS ")) < 2  # of processor time: 0.1 to 0.4, but for a busy machine


PLAIN = [["--help"], ["list"], ["summary", "dataset=mnist", "model=dense"], ["modle=cnn"],
         ["optimizer.lr=fast", "batch_size=0"], ["dataset=iris", "model=cnn"],
         ["report"], ["runs"]]


@pytest.mark.parametrize("arguments", PLAIN, ids=_command)
def test_what_needs_no_hydra_does_not_load_it(arguments: list[str], answered: Answered) -> None:
    assert answered(*arguments).stderr.splitlines()[-2:] == ["PLAIN", "HEAVY"]


MOST = [  # what a start costs, in files of dlrun's own: counted, plus a tenth; seconds depend on the machine
    (["--help"], 30), (["list"], 36), (["modle=cnn"], 135), (["optimizer.lr=fast", "batch_size=0"], 135)]


@pytest.mark.parametrize(("arguments", "most"), MOST, ids=_command)
def test_a_start_loads_no_more_files_than_it_needs(arguments: list[str], most: int, answered: Answered) -> None:
    name, count = answered(*arguments).stderr.splitlines()[-3].split()
    assert name == "MODULES" and most / 2 < int(count) <= most, f"{count} files of dlrun"


def test_a_run_that_is_done_answers_without_torch(folder: Path) -> None:
    command = ["dataset=iris", "model=dense", "epochs=1", "max_steps=1"]
    assert Forked(in_forked, *command, cwd=folder).wait(60) == 0
    done = dlrun(folder, *command)
    assert done.returncode == 0 and "finished after epoch 1" in done.stdout, done.stdout + done.stderr
    assert done.stderr.splitlines()[-2:] == ["PLAIN", "HEAVY"]


NOT_ASKED_FOR = (  # by a run of the default command
    "hydra", "omegaconf", "dlrun.models.recurrent.module", "dlrun.run.folds", "dlrun.run.remeasure",
    "dlrun.record.console_folds", "dlrun.diagnostics.graph", "dlrun.diagnostics.interpolation",
    "dlrun.diagnostics.projector", "dlrun.diagnostics.sample_classifier", "dlrun.data.streamed_rows",
    "dlrun.data.augmentations.augment_module", "dlrun.inference.load")
RUN = PROBE.removesuffix("sys.exit(code)\n") + f"""
print("LOADED", *(name for name in {NOT_ASKED_FOR} if name in sys.modules), file=sys.stderr)
"""


def test_a_run_loads_what_it_was_asked_for(folder: Path) -> None:
    done = dlrun(folder, "epochs=1", "max_steps=1", "threads=1", "verbosity=0", probe=RUN)
    count, _, _, loaded = done.stderr.splitlines()[-4:]
    assert loaded == "LOADED" and 125 < int(count.split()[1]) <= 250, done.stderr


COMPLETE = PROBE.replace("code = main(sys.argv[1:])", """
import os
for os.environ["COMP_LINE"] in sys.argv[1:]:
    code = main(["-sc", "query=bash"])
    print("ANSWERED", code)
""")


def completions(folder: Path, *lines: str) -> list[list[str]]:
    """The words that are offered at the end of each line, all by one process."""
    done = dlrun(folder, *lines, probe=COMPLETE)
    *answers, end = done.stdout.split("ANSWERED 0\n")
    assert done.returncode == 0 and len(answers) == len(lines) and not end, done.stderr
    assert done.stderr.splitlines()[-1] == "HEAVY"
    return [answer.split() for answer in answers]


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What is offered after each line in an empty folder."""
    lines = ["dlrun model=c", "dlrun optimizer.", "dlrun optimizer=sgd optimizer.m", "dlrun optimizer=adam optimizer.m",
             "dlrun "]
    return dict(zip(lines, completions(tmp_path_factory.mktemp("empty"), *lines)))


def test_completion_offers_the_words_of_a_group(offered: dict[str, list[str]]) -> None:
    words = offered["dlrun model=c"]
    assert {"model=cnn", "model=convnet"} <= set(words)
    assert all(word.startswith("model=c") for word in words)


def test_completion_offers_the_keys_of_a_group_that_no_file_names(offered: dict[str, list[str]]) -> None:
    assert {"optimizer.lr=", "optimizer.beta1=", "optimizer.clip_norm="} <= set(offered["dlrun optimizer."])


def test_completion_follows_the_word_that_was_chosen(offered: dict[str, list[str]]) -> None:
    assert "optimizer.momentum=" in offered["dlrun optimizer=sgd optimizer.m"]
    assert "optimizer.momentum=" not in offered["dlrun optimizer=adam optimizer.m"]


def test_completion_offers_root_keys_and_groups(offered: dict[str, list[str]]) -> None:
    words = offered["dlrun "]
    assert {"batch_size=", "seed=", "model=", "optimizer."} <= set(words)
    assert "experiment" in {word.rstrip("=") for word in words}


def test_completion_offers_a_users_experiments_and_options(folder: Path, write) -> None:
    write({"experiments/mine.yaml": "# mine\nepochs: 3\n", "experiments/book/ch1.yaml": "# a book's\nepochs: 4\n",
           "configs/optimizer/slow.yaml": "# slow\nkind: sgd\nlr: 0.0001\n"})
    all_of_them, of_the_book, slow = completions(folder, "dlrun experiment=", "dlrun experiment=book/",
                                                 "dlrun optimizer=sl")
    assert "experiment=mine" in all_of_them
    assert any(word.startswith("experiment=book") for word in all_of_them)
    assert "experiment=book/ch1" in of_the_book
    assert slow == ["optimizer=slow"]


def test_a_users_experiments_and_options_are_listed_with_their_sentence(folder: Path, write) -> None:
    write({"experiments/book/ch1.yaml": "# a book's\nepochs: 4\n",
           "configs/optimizer/slow.yaml": "# slow\nkind: sgd\n"})
    said = dlrun(folder, "list").stdout
    assert [line.split() for line in said.splitlines() if "ch1" in line] == [["experiment=book/ch1", "a", "book's"]]
    assert [line.split() for line in said.splitlines() if "slow" in line] == [["optimizer=slow", "slow"]]


def test_a_list_of_everything_has_a_line_a_book_and_the_book_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    count = len(list((Path(__file__).parents[2] / "experiments" / "gulli").glob("*.yaml")))
    assert main(["list"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if "experiment=" in line]
    assert ["experiment=gulli/...", str(count), "experiments:", "dlrun", "list", "experiments", "gulli"] in lines
    assert len(lines) < 12
    assert main(["list", "experiments", "gulli"]) == 0
    assert sum(line.startswith("  experiment=gulli/") for line in capsys.readouterr().out.splitlines()) == count


def test_completion_offers_verbs_their_keys_and_run_folders(folder: Path, write) -> None:
    write({"runs/digits-cnn-adam/0a1b/result.json": "{}", "runs/sweeps/x/plan.json": "{}"})
    verbs, keys, folders, profiles, models = completions(
        folder, "dlrun rep", "dlrun report ", "dlrun report runs/digits-cnn-adam/", "dlrun book profile=q",
        "dlrun summary model=cn")
    assert "report" in verbs
    assert {"metric=", "versus=", "runs/digits-cnn-adam/"} <= set(keys) and "model=" not in keys
    assert folders == ["runs/digits-cnn-adam/0a1b"]
    assert profiles == ["profile=quick"]
    assert "model=cnn" in models


def test_completion_is_installed_by_a_bash_script(answered: Answered) -> None:
    done = answered("-sc", "install=bash")
    assert done.returncode == 0
    script = subprocess.run(["bash", "-n"], input=done.stdout, text=True, capture_output=True)
    assert script.returncode == 0, script.stderr
    assert "complete " in done.stdout and "dlrun" in done.stdout


HYDRA = [
    (["--cfg", "job"], "kind: adam"),
    (["--cfg", "job", "--resolve", "optimizer=sgd"], "kind: sgd"),
    (["--cfg=job", "--package", "optimizer"], "beta1: 0.9"),
    (["--cfg", "hydra"], "sweeper:"),
    (["--info", "defaults"], "model/cnn"),
    (["--info", "searchpath"], "dlrun"),
    (["--info"], "Hydra"),
    (["--hydra-help"], "Hydra"),
    (["--version"], "dlrun 1."),
]


@pytest.mark.parametrize(("arguments", "says"), HYDRA, ids=_command)
def test_hydras_own_flags_are_answered_by_hydra(arguments: list[str], says: str, folder: Path) -> None:
    process = Forked(in_forked, *arguments, cwd=folder)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert says in out


def test_the_configuration_that_is_shown_is_complete(answered: Answered) -> None:
    import yaml

    from dlrun.config.schema.fields import defaults
    from dlrun.config.schema.root import Root
    from dlrun.engine.optimizers.adam import Adam

    shown = yaml.safe_load(answered("--cfg", "job").stdout)
    assert set(defaults(Root)) <= set(shown)
    assert set(defaults(Adam)) | {"kind"} == set(shown["optimizer"])


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    for arguments, begins in (("list", "datasets"), ("-sc install=bash", "export"), ("--cfg job", "seed")):
        line = f"{sys.executable} -m dlrun.cli.main {arguments} | head -1"
        done = subprocess.run(line, shell=True, cwd=folder, text=True,
                              capture_output=True, env={**os.environ, "PYTHONPATH": PATH})
        assert done.stdout.startswith(begins) and not done.stderr, done.stderr
