"""What was found in a run's rows is said before it trains, once, and is in its folder, its result and reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dlrun.record.console import Console
from dlrun.record.folder import RunFolder
from dlrun.report.collect import collect
from dlrun.report.footnotes import notes_of

TEXT = "the column \"site\" has one value in all training rows"


@pytest.fixture
def sites(tmp_path: Path) -> list[str]:
    rows = [f"north,{number * 17 % 29 / 7:.2f},{'ab'[number % 2]}" for number in range(60)]
    (tmp_path / "sites.csv").write_text("\n".join(["site,size,kind", *rows]) + "\n")
    return ["dataset=csv", "dataset.path=sites.csv", "dataset.target=kind", "model=dense", "model.hidden=[4]",
            "optimizer=adam", "batch_size=16", "epochs=1", "early_stop=none"]


def test_it_is_said_before_training_and_lies_in_folder_result_and_report(
        go: Any, sites: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    done = go(*sites, recorders=[Console()])
    out = capsys.readouterr().out
    assert out.count(TEXT) == 1 and out.index(TEXT) < out.index("epoch"), "not again at the end"
    stored = RunFolder(done.folder).origin()["data"]["remarks"]
    assert {"kind": "constant_columns", "text": TEXT, "words": ["dataset.drop=['site']"]} in stored
    assert [remark for remark in done.result["remarks"] if remark in stored] == stored
    notes = list(notes_of(collect([done.folder]).tables[0]))
    assert f"Of the data: {TEXT}." in notes
    go(*sites)
    assert TEXT in capsys.readouterr().out, "a run that was done before says it with its result"


def test_of_a_kfold_run_it_is_said_once_for_all_folds(go: Any, sites: list[str],
                                                      capsys: pytest.CaptureFixture[str]) -> None:
    done = go(*sites, "validation={kind: kfold, k: 2}", recorders=[Console()])
    assert capsys.readouterr().out.count(TEXT) == 1
    assert sum(remark["text"] == TEXT for remark in done.result["remarks"]) == 1


def test_of_few_photographs_it_is_said_what_would_help_and_not_again_what_is_done(go: Any, tmp_path: Path) -> None:
    np.savez(tmp_path / "few.npz", x=np.random.default_rng(0).integers(0, 256, (60, 32, 32, 3)).astype(np.uint8),
             y=np.arange(60) % 2)
    few = ("dataset=npz", "dataset.path=few.npz", "model=cnn", "model.filters=[2]", "model.hidden=[2]", "epochs=1",
           "batch_size=20", "early_stop=none")
    for more, words in (((), ["augment=photographs", "model=pretrained"]), (("augment=flip",), ["model=pretrained"])):
        remarks = go(*few, *more).result["remarks"]
        assert [one["words"] for one in remarks if one["kind"] == "few_photographs"] == [words]
