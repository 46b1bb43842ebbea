"""The page: it stands alone, escapes what runs say, stays small, and its curves are the runs' own numbers."""

from __future__ import annotations

import base64
import html
import json
import math
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dlrun.record.axis_scale import AxisScale, scale_of
from dlrun.report.charts import setting_chart
from dlrun.report.collect import collect
from dlrun.report.curves import curves, thinned
from dlrun.report.files import write_files
from dlrun.report.svg import evenly_logarithmic
from dlrun.report.table import Table
from tests.report.make import grid, made


def page(path: Path, into: Path) -> str:
    write_files(collect([path]), into)
    return (into / "report.html").read_text(encoding="utf-8")


class Tags(HTMLParser):
    """Elements with their attributes; raises where one is closed that is not the last open one."""

    VOID = {"meta", "br", "wbr"}

    def __init__(self, text: str):
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_needs_nothing_from_elsewhere(runs: Path, tmp_path: Path) -> None:
    grid(runs)
    text = page(runs, tmp_path)
    tags = Tags(text)
    assert not {"link", "img", "iframe", "base", "object"} & {tag for tag, _ in tags.seen}
    assert not [attrs for _, attrs in tags.seen if {"src", "href", "xlink:href", "srcset"} & set(attrs)]
    assert "url(" not in text and "@import" not in text and "http" not in text.replace("http-equiv", "")
    assert "default-src 'none'" in text and "prefers-color-scheme: dark" in text


def test_what_runs_say_is_text_and_never_markup(runs: Path, tmp_path: Path) -> None:
    evil = '"><script>alert(1)</script><b x="'
    grid(runs)
    folder = made(runs, 40, None, "failed", result={"error": evil}, model__activation=evil)
    (folder / "traceback.txt").write_text(f"Traceback\n{evil}\n")
    made(runs, 41, 0.9, model__activation=evil + "2", result={"data_label": evil}, provenance={"platform": evil})
    text = page(runs, tmp_path)
    scripts = [tag for tag, _ in Tags(text).seen if tag == "script"]
    assert len(scripts) == 1 and "<script>alert" not in text and "&lt;script&gt;alert(1)" in text


def test_the_page_shows_table_curves_settings_failures_and_where_they_come_from(runs: Path, tmp_path: Path) -> None:
    grid(runs)
    made(runs, 40, None, "diverged", result={"stop_reason": "the loss is NaN at step 20"}, seed=9)
    text = page(runs, tmp_path)
    for part in ("95.50 ± 1.24", "−4.50 ± 1.24", "val accuracy, %", "Learning curves", "Settings against",
                 "Runs without a result", "diverged: the loss is NaN at step 20", "2.13.0", "07ac6d60c6", "ab" * 32,
                 "2026-01-02", "higher is better"):
        assert part in text, part
    kinds = [attrs.get("class") for tag, attrs in Tags(text).seen if tag == "svg"]
    assert kinds.count("strip") == 2 and kinds.count("chart") == 4 + 1  # four measures, one setting


def swatches(text: str) -> list[tuple[str, str]]:
    """The rows of the first table with their style, in order."""
    return re.findall(r'<span class="swatch (c\d d\d)"></span>([^<]*)</td>', text)


def test_a_row_keeps_its_colour_whatever_the_measure_and_the_legend_has_the_order_of_the_table(
        runs: Path, tmp_path: Path) -> None:
    for number, (lr, accuracy) in enumerate([(0.1, 0.5), (0.01, 0.9), (0.001, 0.7)], 1):
        made(runs, number, accuracy, optimizer__lr=lr)  # the longest run is the last
    pages = []
    for metric in ("test/accuracy", "seconds"):
        write_files(collect([runs], metric), tmp_path)
        pages.append((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert swatches(pages[0]) == swatches(pages[1]) == [("c0 d0", "0.001"), ("c1 d0", "0.01"), ("c2 d0", "0.1")]
    for text in pages:
        legend = re.findall(r'data-row="\d"><span class="swatch (c\d d\d)"></span>([^<]*)</button>', text)
        assert legend == swatches(text)
        assert re.findall(r'class="row (c\d d\d)" data-row="(\d)"', text)[:3] == [
            ("c2 d0", "2"), ("c1 d0", "1"), ("c0 d0", "0")]  # the first rows lie on top


def test_what_runs_remark_of_themselves_is_below_the_table(runs: Path, tmp_path: Path) -> None:
    found = {"kind": "still_falling", "text": "the <b>loss</b> was still falling", "words": ["epochs=80"]}
    for seed in range(3):
        made(runs, 1 + seed, 0.9, seed=seed, result={"remarks": [found] if seed else []})
    text = page(runs, tmp_path)
    assert "Remark in 2 of 3 runs: the &lt;b&gt;loss&lt;/b&gt; was still falling; try  epochs=80." in text


def test_what_else_differs_is_a_table_and_the_sentence_is_not_there(runs: Path, tmp_path: Path) -> None:
    grid(runs)
    text = page(runs, tmp_path)
    assert "Rows differ also in: " not in text
    rows = re.findall(r'<tr><th scope="row">(adam|sgd)</th><td class="long">([\d.]+)</td>', text)
    assert dict(rows) == {"adam": "0.001", "sgd": "0.01"}


def test_the_pictures_are_those_of_the_best_run(runs: Path, tmp_path: Path) -> None:
    grid(runs)
    png = b"\x89PNG of %s"
    for folder in runs.glob("*/*"):
        (folder / "pictures").mkdir()
        (folder / "pictures" / "confusion.png").write_bytes(png % folder.name.encode())
    text = page(runs, tmp_path)
    (best,) = (run for run in runs.glob("*/*") if json.loads((run / "result.json").read_text())["test"].get(
        "accuracy") == 0.96)
    assert re.findall('src="data:image/png;base64,([^"]*)"', text) == [
        base64.b64encode(png % best.name.encode()).decode()]
    assert "Pictures of the best run" in text and "img-src data:" in text


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_picture_that_is_a_link_or_a_pipe_is_neither_shown_nor_waited_for(runs: Path, tmp_path: Path) -> None:
    grid(runs)
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    for folder in runs.glob("*/*"):
        (folder / "pictures").mkdir()
        (folder / "pictures" / "a.png").symlink_to(secret)
        os.mkfifo(folder / "pictures" / "b.png")
        (folder / "pictures" / "c.png").write_bytes(b"drawn")
        (folder / "pictures" / "large.png").write_bytes(bytes(400_000))
    assert re.findall('src="data:image/png;base64,([^"]*)"', page(runs, tmp_path)) == [
        base64.b64encode(b"drawn").decode()]
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x.png").write_text("hunter2")
    for folder in runs.glob("*/*"):
        (folder / "pictures").rename(folder / "before")
        (folder / "pictures").symlink_to(tmp_path / "elsewhere")
    assert "Pictures of the best run" not in page(runs, tmp_path)


def test_a_rate_that_was_searched_by_its_logarithm_has_such_an_axis(runs: Path) -> None:
    for number, rate in enumerate([0.02, 0.03, 0.05], 1):
        made(runs, number, 0.5, optimizer__lr=rate)
    (table,) = collect([runs]).tables

    def places(table: Table) -> list[float]:
        return [float(x) for x in re.findall(r'<circle class="dot" cx="([\d.]+)"', setting_chart(table, 0))]

    low, middle, high = places(replace(table, axes=replace(table.axes, log=frozenset({"optimizer.lr"}))))
    assert (middle - low) / (high - low) == pytest.approx(math.log(1.5) / math.log(2.5), abs=0.01)
    assert all(map(evenly_logarithmic, ([0.1, 0.01], [256, 64, 128], [0.1, 0.03, 0.01])))
    assert not any(map(evenly_logarithmic, ([1, 2, 3, 4], [64, 128], [0, 1, 10], [5])))


def test_the_command_can_be_typed_again_as_it_is_printed(runs: Path, tmp_path: Path) -> None:
    from dlrun.record.plan import load, store
    from tests.report.make import planned

    made(runs, 1)
    sweep = planned(runs, "mine", [(1, 0, {}, {}, None)], {})
    command = ("dlrun", "-m", "zip(optimizer.lr=0.1,0.01; batch_size=64,256)", "model.hidden=[8, 8]")
    store(replace(load(sweep), command=command))
    printed = re.search("<code>(dlrun -m .*?)</code>", page(sweep, tmp_path))
    assert printed is not None and tuple(shlex.split(html.unescape(printed[1]))) == command


def test_200_runs_of_1000_epochs_take_less_than_two_megabytes(runs: Path, tmp_path: Path) -> None:
    for number in range(200):
        made(runs, number + 1, 0.5 + number / 1000, epochs=1000, seed=number % 2,
             optimizer__lr=1e-4 * (1 + number // 2))
    text = page(runs, tmp_path)
    assert len(text.encode()) < 2_000_000
    assert text.count("<polyline") >= 400  # a curve for each of 100 rows, in four pictures


def test_a_curve_is_the_mean_of_its_seeds_with_their_range(runs: Path) -> None:
    for seed, values in enumerate([(1.0, 4.0), (3.0, 2.0), (2.0,)]):
        folder = made(runs, seed + 1, seed=seed)
        rows = [{"epoch": e, "val/loss": value} for e, value in enumerate(values, 1)]
        (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (row,) = collect([runs]).tables[0].rows
    curve = curves(row.runs, ["val/loss", "val/none"], 100)
    assert list(curve) == ["val/loss"]
    assert curve["val/loss"].points == ((1, 2.0, 1.0, 3.0, 3), (2, 3.0, 2.0, 4.0, 2))


def test_thinned_epochs_keep_their_ends_and_most_of_the_first_ones() -> None:
    assert thinned(range(11), 6) == [0, 2, 5, 10]  # 0, 5, 10 and 0, sqrt(11) - 1, 10
    assert thinned([1, 2, 3], 5) == thinned([1, 2, 3], 3) == [1, 2, 3]
    many = thinned(range(1, 1001), 120)
    assert 90 < len(many) <= 120 and many == sorted(set(many)) and (many[0], many[-1]) == (1, 1000)
    assert many[:8] == [1, 2, 3, 4, 5, 6, 7, 8] and max(b - a for a, b in zip(many, many[1:])) <= 18


@pytest.mark.parametrize(("low", "high", "log", "ticks"), [
    (0, 1, False, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (7, 32, False, [10, 15, 20, 25, 30]), (0.95, 0.98, False, None),
    (1e-4, 1, True, [1e-4, 1e-3, 1e-2, 1e-1, 1]), (0.03, 2, True, None), (5, 5, False, [5])])
def test_ticks_are_round_and_inside(low: float, high: float, log: bool, ticks: list[float] | None) -> None:
    found = AxisScale(low, high, 0, 100, log).ticks()
    assert 1 <= len(found) <= 8 and all(low * 0.99 <= tick <= high * 1.01 for tick in found)
    if ticks is not None:
        assert found == pytest.approx(ticks)
    assert all(re.fullmatch(r"[1235]0*|", f"{tick:.0e}".split("e")[0]) for tick in found if log)


def test_a_scale_maps_its_ends_to_its_pixels() -> None:
    scale = AxisScale(1e-3, 10, 40, 240, log=True)
    assert [scale(v) for v in (1e-3, 0.1, 10)] == pytest.approx([40, 140, 240])
    assert 0 < scale_of([3.0], 0, 100)(3.0) < 100


def test_a_page_of_runs_that_have_nothing_yet_is_a_page(runs: Path, tmp_path: Path) -> None:
    made(runs, 1, None, "failed", epochs=1, result={"error": "x", "parameters": None, "val": {}})
    text = page(runs, tmp_path)
    Tags(text)
    assert "failed: x" in text


@pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium here")
def test_a_click_on_a_column_sorts_by_it(runs: Path, tmp_path: Path) -> None:
    for number, accuracy in enumerate([0.9, 0.1, 0.5], 1):
        made(runs, number, accuracy, optimizer__lr=number)
    made(runs, 4, None, "failed", result={"error": "x"}, optimizer__lr=4.0)
    text = page(runs, tmp_path)
    click = """<script>
    [...document.querySelectorAll("th button")].find(head => head.textContent.includes("accuracy")).click();
    document.title = document.querySelector("tbody").textContent.match(/\\d+\\.\\d\\d|failed/g);</script>"""
    (tmp_path / "clicked.html").write_text(text.replace("</body>", click + "</body>"), encoding="utf-8")
    done = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/c",
                           "--dump-dom", f"file://{tmp_path}/clicked.html"], capture_output=True, text=True, timeout=60)
    title = re.search("<title>(.*?)</title>", done.stdout)
    assert title is not None
    order = [part for part in title[1].split(",") if part in ("10.00", "50.00", "90.00", "failed")]
    assert list(dict.fromkeys(order)) == ["10.00", "50.00", "90.00", "failed"]


@pytest.mark.parametrize("values", [[0.001, 1e308], [-1e308, 1e308], [1e-320, 5.0], [1.0, 10**400]],
                         ids=["huge", "far apart", "tiny", "beyond floats"])
def test_settings_of_any_size_are_drawn(runs: Path, tmp_path: Path, values: list[float]) -> None:
    for number, value in enumerate(values):
        made(runs, number, optimizer__lr=value)
    assert "optimizer.lr" in page(runs, tmp_path)
    for log in (False, min(values) > 0):
        scale = scale_of(values, 0, 100, log)
        assert 0 <= scale(min(values)) < scale(max(values)) <= 100
