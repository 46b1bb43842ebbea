"""The page of a comparison."""

from __future__ import annotations

import json
import re
from pathlib import Path

from dlrun.config.schema.books import read_book
from dlrun.report.book_page import as_page
from dlrun.report.experiments import keep, kept
from dlrun.report.measurements import POINTS, Folders
from dlrun.report.verdicts import verdicts_on
from tests.helpers.comparisons import BOOK, plan


def page(folder: Path, epochs: int = 0, **more: object) -> str:
    book = read_book({**BOOK, "claims": [{"says": "adam > sgd", "check": "adam > sgd"}], **more})
    made = plan(folder)
    train(folder, epochs)
    folders = Folders(made, "gulli/C3", "full")
    folders.keep_curves(["test/accuracy"])
    verdicts = verdicts_on(book, folders.measurements, folders.values_of, "test/accuracy")
    return as_page(book, folders.measurements, verdicts, folders.values_of)


def train(folder: Path, epochs: int) -> None:
    """Give each run of `plan` so many epochs, the third seed one less."""
    for run in folder.glob("*/?"):
        seed = int(run.name)
        rows = [{"epoch": epoch, "val/accuracy": 0.9 + seed / 100 + epoch / 10000, "train/loss": 1 / epoch,
                 "train/lr": 0.1, "seconds": 1.0} for epoch in range(1, epochs + 1 - (seed == 2))]
        (run / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_the_book_s_value_is_drawn_on_the_runs(tmp_path: Path) -> None:
    text = page(tmp_path, 3)
    assert text.count('class="printed" d=') == 2 + 1  # two cells and the key
    assert text.count('<circle class="run" cx=') == 6 + 1
    assert "reproduced" in text and "better by 0.73" in text and "holds" in text


def test_what_a_file_says_is_escaped_and_nothing_is_fetched(tmp_path: Path) -> None:
    text = page(tmp_path, title="<script>alert(1)</script>", notes="a & b <i>")
    assert "<script" not in text and "&lt;script&gt;" in text and "a &amp; b &lt;i&gt;" in text
    assert "http" not in text.replace("http-equiv", "")


def test_curves_of_all_seeds_are_kept_and_drawn(tmp_path: Path) -> None:
    text = page(tmp_path, 100)
    assert text.count("<polyline") == 2 * 2, "two rows, validation accuracy and training loss"
    assert text.count("<polygon") == 2 * 2 and "learning curves" in text and "book-dots" not in text
    folders = Folders(plan(tmp_path / "again"), "gulli/C3", "full")
    train(tmp_path / "again", 100)
    folders.keep_curves(["test/accuracy"])
    file = keep(tmp_path, "gulli/C3", folders.measurements)
    assert re.search(r"\n +\"mean\": \[[\d., ]+\],?\n", file.read_text()), "a list of numbers is one line"
    (found,) = kept(tmp_path, "gulli/C3").values()
    assert list(found.curves) == ["sgd", "adam"] and list(found.curves["sgd"]) == ["val/accuracy", "train/loss"]
    curve = found.curves["sgd"]["val/accuracy"]
    assert list(curve) == ["epoch", "mean", "low", "high", "runs"]
    assert {len(values) for values in curve.values()} == {len(curve["epoch"])} and 30 < len(curve["epoch"]) <= POINTS
    assert (curve["epoch"][0], curve["epoch"][-1]) == (1, 100)
    assert (curve["mean"][0], curve["low"][0], curve["high"][0], curve["runs"][0]) == (0.9101, 0.9001, 0.9201, 3)
    assert (curve["mean"][-1], curve["runs"][-1]) == (0.915, 2), "of the two seeds that have come to it"


def test_runs_that_do_not_count_have_no_curve(tmp_path: Path) -> None:
    made = plan(tmp_path)
    train(tmp_path, 3)
    for file in (tmp_path / "sgd").glob("?/result.json"):
        file.write_text(json.dumps({**json.loads(file.read_text()), "status": "diverged"}))
    folders = Folders(made, "gulli/C3", "full")
    folders.keep_curves(["test/accuracy"])
    assert list(folders.measurements.curves) == ["adam"]


def test_without_curves_all_rows_are_drawn_on_one_scale(tmp_path: Path) -> None:
    text = page(tmp_path)
    assert "learning curves" not in text
    (drawn,) = re.findall(r'<svg class="chart book-dots".*?</svg>', text)
    assert drawn.count('<circle class="run"') == 6 and drawn.count('<path class="printed"') == 2
    assert drawn.count('<rect class="room"') == 2 and ">sgd<" in drawn and ">adam<" in drawn
    at = [float(x) for x in re.findall(r'class="mean" x1="([\d.]+)"', drawn)]
    assert at[0] < at[1], "0.943 of sgd lies left of 0.979 of adam"


def test_the_scale_of_a_share_ends_at_0_and_1(tmp_path: Path) -> None:
    printed = [{"row": "adam", "metric": "test/accuracy", "value": 0.5, "unit": "%", "decimals": 1},
               {"row": "sgd", "metric": "test/accuracy", "value": 99.9, "unit": "%", "decimals": 1}]
    ends = re.findall(r'text-anchor="(?:end|start)">(-?[\d.]+)</text></svg>|text-anchor="end">(-?[\d.]+)</text>',
                      page(tmp_path, 3, printed=printed).partition("learning curves")[0])
    numbers = [float(one or other) for one, other in ends]
    assert len(numbers) == 4 and min(numbers) == 0.0 and max(numbers) == 100.0
