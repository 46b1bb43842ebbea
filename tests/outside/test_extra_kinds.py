"""A package outside dlrun adds a data set, a task, a layer, a model, ...: listed, trained, resumed, swept, reported."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dlrun
from dlrun import registry
from dlrun.cli.main import main
from dlrun.config.identity import identity
from dlrun.preflight.preflight import preflight
from tests.helpers.runs import last_weights
from tests.outside.package import MODULES, forget, install, install_editable, remove
from tests.run.stops import signalled_after
from tests.whole.equal import assert_same_run, state

ALL = ["dataset=ripples", "model=fuzzy", "task=within", "optimizer=heavy", "callbacks=[watchful]",
       "task.metrics=[worst]", "batch_size=20", "epochs=6"]  # 8 steps an epoch: its callback ends it after 19


@pytest.fixture
def site(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of the path into which the package is installed."""
    place = folder / "venv" / "site-packages"
    place.mkdir(parents=True)
    monkeypatch.syspath_prepend(str(place))
    install(place)
    yield place
    forget()


@pytest.fixture
def printed(capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """What a command prints, which has to end well."""

    def call(*words: str) -> str:
        code = main(list(words))
        out, err = capfd.readouterr()
        assert code == 0, err
        return out

    return call


def test_a_run_trains_measures_draws_and_resumes_with_all_of_them(site: Path, go: Any, printed) -> None:
    whole = go(*ALL, "output_dir=whole")
    assert whole.folder.parent.name == "ripples-fuzzy-heavy"
    assert whole.result["steps"] == 19 and "the eleventh update" in whole.result["stop_reason"]
    assert whole.result["metrics"]["hits"] == {
        "label": "rows that are hit", "unit": "", "direction": "max", "share": True}
    errors = np.loadtxt(whole.folder / "pictures" / "errors.txt")
    assert len(errors) == 60 and whole.result["test"]["hits"] == pytest.approx((np.abs(errors) <= 0.25).mean())
    assert whole.result["test"]["worst"] == pytest.approx(np.abs(errors).max(), abs=1e-5)
    assert [key for key in state(whole.folder) if key.endswith("/speed")]
    with signalled_after(14):
        assert go(*ALL, "output_dir=parted").result["status"] == "interrupted"
    assert_same_run(whole.folder, go(*ALL, "output_dir=parted").folder)
    new = Path("new.csv")
    new.write_text("x,y\n0.1,0.2\n-0.4,0.9\n")
    lines = printed("predict", str(whole.folder), str(new)).splitlines()
    assert lines[0] == "input,height" and [line.split(",")[0] for line in lines[1:]] == ["new.csv:2", "new.csv:3"]
    into, hidden_bias, out, bias = (value.numpy() for value in last_weights(whole.folder).values())
    by_hand = np.tanh(np.array([[0.1, 0.2], [-0.4, 0.9]]) @ into.T + hidden_bias) @ out.T + bias
    assert [float(line.split(",")[1]) for line in lines[1:]] == pytest.approx(by_hand[:, 0].tolist(), rel=1e-4)


def test_its_loss_takes_the_place_of_that_of_a_task_of_dlruns(site: Path, go: Any) -> None:
    command = ["dataset=ripples", "model=linear", "task=regress", "task.loss=gentle", "epochs=2"]
    run = dlrun.open(go(*command).folder)
    x, y = np.array([[0.1, 0.2], [-0.4, 0.9], [2.0, -3.0]], np.float32), np.array([0.5, -0.5, 9.0], np.float32)
    measured = run.evaluate(x, y)
    assert measured["loss"] == pytest.approx(np.log(np.cosh(run.predict(x).astype(float) - y)).mean(), rel=1e-4)
    first = identity(preflight(command).config)
    install(site, "1.1")
    assert identity(preflight(command).config) != first


def test_a_sweep_over_its_options_is_reported_with_its_metric_also_where_it_is_gone(site: Path, printed,
                                                                                   quick_workers: None) -> None:
    printed("-m", *ALL, "epochs=1", "model.units=4,8", "task.tolerance=0.2,0.4", "name=pond", "workers=1", "device=cpu",
            "threads=1")
    with_it = printed("report", "runs")
    lines = with_it.splitlines()
    head, *table = [line for line in lines if line.startswith(("  model.units", "  4 ", "  8 "))]
    assert "test rows that are hit, %" in head and len(table) == 4
    hits = [float(line.split()[2]) for line in table]
    best = next(line for line in table if line.endswith("best"))
    assert float(best.split()[2]) == max(hits) > min(hits), "more of it is better"
    remove(site)
    assert MODULES not in sys.modules and "fuzzy" not in registry.names("model")
    assert printed("report", "runs") == with_it


def test_it_is_listed_with_its_own_sentences_and_not_imported(site: Path, printed) -> None:
    told = printed("list")
    for kind, sentence in {
            "dataset=ripples": "Heights of ripples around the middle of a pond; drawn.",
            "task=within": "A number for each row, by the log-cosh loss; rows whose error is small are hits.",
            "worst": "The largest error of any row.",
            "gentle": "log cosh of the error: a square near 0, a line further out.",
            "optimizer=heavy": "Gradient descent with a heavy ball (Polyak, 1964).",
            "fuzz": "Each value is multiplied by a random factor near 1 while training."}.items():
        (line,) = [line.strip() for line in told.splitlines() if line.split()[:1] == [kind]]
        assert line.removeprefix(kind).strip() == f"{sentence} (extra_kinds 1.0)"
    assert MODULES not in sys.modules


def test_the_id_changes_with_its_version_and_with_nothing_else_of_it(site: Path) -> None:
    def ids() -> list[str]:
        return [identity(preflight([*ALL[:5], *more]).config) for more in (
            [], ["optimizer=adam", "callbacks=[]", "model=dense", "task=regress"],
            ["model=sequential", "model.layers=[{dense: 4}, {fuzz: 0.2}, {dense: out}]"])]

    first = ids()
    assert len(set(first)) == 3
    modules = install(site)
    for file in modules.rglob("*.py"):
        os.utime(file, (0, 0))
    (modules / ".DS_Store").write_bytes(b"x")
    (site / ".hidden").mkdir()
    with (modules / "model.py").open("a") as file:
        file.write("# patched by the packagers of a Linux\n")
    assert ids() == first
    install(site, "1.1")
    assert not set(ids()) & set(first)
    plain = identity(preflight(["dataset=digits"]).config)
    remove(site)
    assert identity(preflight(["dataset=digits"]).config) == plain


def test_the_id_of_an_editable_install_changes_with_its_source_and_not_with_its_version(
        site: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in the folder of the project itself, which is on the path by its installation."""
    monkeypatch.syspath_prepend(str(folder))
    modules = install_editable(site, folder)

    def ids() -> tuple[str, str]:
        forget()
        return (identity(preflight(ALL[:5]).config),
                identity(preflight(["dataset=digits", "optimizer=heavy"]).config))

    first = ids()
    for file in modules.rglob("*.py"):
        os.utime(file, (0, 0))
    (info,) = site.glob(f"{MODULES}-*.dist-info")
    info.rename(info.with_name(f"{MODULES}-1.1.dist-info"))
    assert ids() == first
    with (modules / "optimizer_module.py").open("a") as file:  # beside the file of the kind itself
        file.write("# faster\n")
    second = ids()
    assert not set(first) & set(second)
    (modules / "new.py").write_text("")
    assert not set(ids()) & {*first, *second}
