"""Every file that dlrun writes is damaged, bit by bit and cut short, and every command that reads it is asked.

What a command answers is what it answered before, or a sentence that says what happened; it is never a wrong number
without a word, and never a stack trace.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.faults.case_process import command, forked, preload
from tests.faults.damages import SAYS, asked_of_damaged, damages, files_of, restore
from tests.faults.made_data import made_data
from tests.helpers.cases import Cases
from tests.run.stops import signalled_after
from tests.whole.equal import assert_same_run

TINY = ["epochs=2", "batch_size=12", "train_size=24", "test_size=8", "threads=1", "device=cpu"]
STOPPING = ["early_stop=patience", "early_stop.monitor=val/loss"]  # so that there is a best.pt
WHOLE = ["train_size=null", "test_size=null"]
DENSE = ["model=dense", "model.hidden=[4]"]
FINISHED = {  # by family: the form of its data, its overrides, what it predicts or writes
    "dense": ("table-classes", [*DENSE, *STOPPING], ["predict", "RUN", "new.csv"]),
    "regress": ("table-number", [*DENSE, *STOPPING], ["predict", "RUN", "new.csv"]),
    "cnn": ("npz-image-classes", ["model=cnn", *STOPPING], ["predict", "RUN", "new.png"]),
    "lstm": ("tokens-classes", ["model=lstm", "model.units=4", *STOPPING], ["predict", "RUN", "new.txt"]),
    "writer": ("tokens-next", ["model=lstm", "model.units=4", *WHOLE], ["generate", "RUN", "tokens=9"]),
    "vae": ("npz-image-none", ["model=vae"], ["generate", "RUN", "count=4", "out=made.png"]),
    "gan": ("npz-image-classes", ["model=gan"], ["generate", "RUN", "count=4", "out=made.png"]),
    "kfold": ("table-classes", [*DENSE, "validation={kind: kfold, k: 2, final: true}", "train_size=null"],
              ["predict", "RUN", "new.csv"]),
    "drawn": ("table-classes", [*DENSE, "projector=true", "histograms=true", "interpolation=true", "task.metrics=[f1]"],
              ["predict", "RUN", "new.csv"]),
    "labels": ("table-labels", DENSE, ["predict", "RUN", "new.csv"]),
    "several": ("table-several", DENSE, ["predict", "RUN", "new.csv"]),
    "quantile": ("table-number", [*DENSE, "task=quantile"], ["predict", "RUN", "new.csv"]),
    "codes": ("npz-image-none", ["model=conv_autoencoder"], ["predict", "RUN", "new.png"]),
    "pca": ("npz-table-none", ["model=pca", "model.code=2"], ["predict", "RUN", "five.csv"]),
    "pictures": ("image-classes", ["model=cnn", *WHOLE, *STOPPING], ["predict", "RUN", "new.png"]),
    "series": ("series-number", ["model=lstm", "model.units=4", *WHOLE],
               ["evaluate", "RUN", "resamples=20"]),
    "diverged": ("table-number", [*DENSE, "optimizer=sgd", "optimizer.lr=1e30"], ["predict", "RUN", "new.csv"]),
}
FEWER = {"kfold": 4, "drawn": 2}  # of the others' flips and cuts a part: the same files, several times
FORMS = ("labels", "several", "quantile", "codes", "pca", "pictures", "series")  # of these what the form is about
RESUMED = {"dense": 3, "gan": 3, "kfold": 5}


def run_of(place: Path) -> Path:
    return next(place.glob("runs/*/*/config.yaml")).parent


def started(place: Path, words: list[str], code: int = 0) -> None:
    ended = forked(command(*words), seconds=300, folder=place)
    assert ended.code == code, ended.printed


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLRUN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "new.csv").write_text("a,b,word\n0.5,-1,cat\n0.1,2,the\n")
    (tmp_path / "five.csv").write_text("x0,x1,x2,x3,x4\n1,2,3,4,5\n0.1,0.2,0.3,0.4,0.5\n")
    (tmp_path / "new.txt").write_text("the cat ran\nno noise at all\n")
    Image.fromarray(np.arange(144, dtype=np.uint8).reshape(12, 12)).save(tmp_path / "new.png")
    preload()
    return made_data(tmp_path / "data", rows=48)


def finished(cases: Cases, data: dict[str, list[str]], family: str, flips: int, cuts: int,
             names: tuple[str, ...] = ("*",)) -> None:
    form, words, use = FINISHED[family]
    words = [*data[form], *TINY, *words]
    place = Path.cwd()
    started(place, words, code=int(family == "diverged"))
    run = run_of(place).relative_to(place)
    # The run's own command comes last: it may write a file again.
    commands = [[str(run) if word == "RUN" else word for word in use], ["report", "runs"], ["runs"],
                ["diff", str(run), str(run)], words]
    asked_of_damaged(cases, family, run, commands, flips, cuts, writes=["made.png"], names=names,
                     code=int(family == "diverged"))


def test_answers_about_a_finished_run_whose_files_are_damaged(data: dict[str, list[str]]) -> None:
    cases = Cases()
    finished(cases, data, "dense", flips=1, cuts=0, names=("result.json", "fitted.json", "best.pt"))
    cases.close(least=15)


@pytest.mark.faults
@pytest.mark.timeout(10_800)
@pytest.mark.parametrize("family", FINISHED)
def test_answers_about_finished_runs_of_each_family(data: dict[str, list[str]], family: str) -> None:
    cases = Cases("finished", "bits flipped and cuts of each file of a finished run, answered by its command, "
                  "`predict` or `generate`, `report`, `runs`, `diff`", family)
    names = ("fitted.json", "config.yaml", "last.pt", "manifest.json") if family in FORMS else ("*",)
    finished(cases, data, family, 40 // FEWER.get(family, 1), 12 // FEWER.get(family, 1), names=names)
    cases.close(least=150)


@pytest.mark.faults
@pytest.mark.timeout(10_800)
@pytest.mark.parametrize("kind", ["grid", "search"])
def test_answers_about_sweeps(data: dict[str, list[str]], kind: str) -> None:
    cases = Cases("sweeps", "bits flipped and cuts of each file of a sweep and of a search, answered by its command, "
                  "`report`, and the page and the tables that it writes", kind)
    place = Path.cwd()
    words = ["-m", *data["table-classes"], *DENSE, *TINY, "launcher=inline", "sweep.name=mine", "optimizer=sgd,adam",
             "seed=1,2"]
    if kind == "search":
        words = [*words[:-2], "optimizer.lr=tag(log, interval(1e-3,1e-1))", "search=random", "n_trials=3"]
    started(place, words)
    sweep = Path("runs/sweeps/mine")
    tables = sweep / "tables"
    asked_of_damaged(cases, kind, sweep, [["report", str(sweep), f"into={tables}"], ["report", "runs"], words], 40, 15,
                     writes=[str(tables / "table.csv"), str(tables / "table.md"), str(tables / "table.tex")])
    cases.close(least=150)


def resumed(cases: Cases, data: dict[str, list[str]], family: str, flips: int, cuts: int, names: str = "*",
            others: bool = True) -> None:
    """An interrupted run, resumed with each of its files (of these `names`) damaged."""
    form, words, _ = FINISHED[family]
    words = [*data[form], *TINY, *words, "checkpoint_seconds=0"]
    place = Path.cwd()
    for name in ("whole", "cut", "now"):
        (place / name).mkdir()
    started(place / "whole", words)

    def stopped() -> None:
        with signalled_after(RESUMED[family]):
            command(*words)()

    assert forked(stopped, seconds=300, folder=place / "cut").code == 143
    shutil.copytree(place / "cut" / "runs", place / "now" / "runs")
    run = run_of(place / "now")
    kept = {path: path.read_bytes() for path in files_of(run, ())}
    for seed, file in enumerate(file for file in files_of(run) if file.match(names)):
        few = file.suffix == ".png" or file.name.startswith("events")
        for how, content in damages(kept[file], flips // 10 if few else flips, cuts // 10 if few else cuts, seed):
            case = f"{family}: {file.relative_to(run)} {how}"
            if not cases.new(case) or not others and not how.startswith(("bit", "cut")):
                continue
            file.write_bytes(content)
            ended = forked(command(*words), seconds=300, folder=place / "now")
            cases.add(case, *_verdict(place / "whole", place / "now", ended))
            restore(run, kept)


def _verdict(whole: Path, now: Path, ended) -> tuple[str, str]:
    if "Traceback" in ended.printed or ended.code not in (0, 2):
        return "", f"exit code {ended.code}: {ended.printed[-600:]}"
    if ended.code == 2:
        return "" if "problem" in ended.err else ended.printed[-300:], ""
    try:
        assert_same_run(run_of(whole), run_of(now))
    except Exception as error:  # also what is raised where a file that is compared cannot be read
        said = any(word in ended.printed for word in SAYS)
        return "" if said else f"other bits without a word: {str(error)[:200]}", ""
    return "", ""


def test_an_interrupted_run_whose_files_are_damaged_resumes_or_says_so(data: dict[str, list[str]]) -> None:
    cases = Cases()
    resumed(cases, data, "dense", flips=1, cuts=0, names="last.pt", others=False)
    cases.close(least=2)


@pytest.mark.faults
@pytest.mark.timeout(10_800)
@pytest.mark.parametrize("family", RESUMED)
def test_interrupted_runs_of_each_kind(data: dict[str, list[str]], family: str) -> None:
    cases = Cases("interrupted", "bits flipped and cuts of each file of an interrupted run, which is resumed: equal "
                  "bits, a note, or a sentence", family)
    resumed(cases, data, family, flips=20, cuts=10)
    cases.close(least=100)


@pytest.mark.faults
@pytest.mark.timeout(10_800)
def test_a_longer_run_beside_a_damaged_shorter_one(data: dict[str, list[str]]) -> None:
    cases = Cases("shorter", "bits flipped and cuts of each file of a shorter run, from which a longer one resumes: "
                  "equal bits, a note, or a sentence")
    place = Path.cwd()
    words = [*data["table-classes"], *TINY, *DENSE]
    for name in ("whole", "now"):
        (place / name).mkdir()
    started(place / "whole", [*words, "epochs=3"])
    started(place / "now", words)
    short = run_of(place / "now")
    kept = {path: path.read_bytes() for path in files_of(short, ())}
    for seed, file in enumerate(path for path in files_of(short) if path.suffix != ".png"):
        for how, content in damages(kept[file], 20, 10, seed):
            case = f"{file.relative_to(short)} {how}"
            if not cases.new(case):
                continue
            file.write_bytes(content)
            ended = forked(command(*words, "epochs=3"), seconds=300, folder=place / "now")
            for longer in (path.parent for path in place.glob("now/runs/*/*/config.yaml")):
                if longer != short:
                    shutil.move(longer, place / "longer" / "runs" / "name" / "id")
            cases.add(case, *_verdict(place / "whole", place / "longer", ended))
            shutil.rmtree(place / "longer", ignore_errors=True)
            restore(short, kept)
    cases.close(least=100)
