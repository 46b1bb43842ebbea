"""The files of a report: what they hold, that they parse, that the same runs give the same bytes."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from dlrun.cli.route import route
from dlrun.report.collect import collect
from dlrun.report.files import write_files
from tests.report.make import SGD, grid, made, note_checksums, planned


def files(path: Path, into: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in write_files(collect([path]), into)}


def test_all_files_are_written_and_named(runs: Path, tmp_path: Path) -> None:
    grid(runs)
    names = [path.name for path in write_files(collect([runs]), tmp_path / "out")]
    assert sorted(names) == sorted(path.name for path in (tmp_path / "out").iterdir())
    assert {"table.csv", "table.md", "table.tex", "report.json"} <= set(names)


def test_the_csv_has_the_numbers_in_full(runs: Path, tmp_path: Path) -> None:
    values = grid(runs)
    made(runs, 40, None, "diverged", result={"stop_reason": "NaN, at step 20"}, model__dropout=0.5)
    write_files(collect([runs]), tmp_path)
    rows = list(csv.DictReader((tmp_path / "table.csv").open()))
    adam = next(row for row in rows if row["optimizer"] == "adam" and row["model.dropout"] == "0")
    assert float(adam["mean"]) == pytest.approx(np.mean(values["adam"]), rel=1e-15)
    assert float(adam["sd"]) == pytest.approx(np.std(values["adam"], ddof=1), rel=1e-12)
    assert adam["n"] == "3" and adam["best"] == "1" and adam["parameters"] == "53002"
    broken = next(row for row in rows if row["model.dropout"] == "0.5")
    assert broken["mean"] == "" and broken["not_in_the_mean"] == "diverged: NaN, at step 20"


def test_rows_on_data_that_is_not_the_published_file_have_its_label(runs: Path, tmp_path: Path) -> None:
    grid(runs)
    for seed, label in enumerate(("JPEG copy", "rebuilt", "")):
        made(runs, 40 + seed, 0.9, seed=seed, result={"data_label": label}, model__dropout=0.5)
    write_files(collect([runs]), tmp_path)
    rows = csv.DictReader((tmp_path / "table.csv").open())
    assert sorted(row["data_label"] for row in rows) == ["", "", "JPEG copy; rebuilt"]
    rows = json.loads((tmp_path / "report.json").read_text())["tables"][0]["rows"]
    assert sorted(run["data_label"] for row in rows for run in row["runs"]) == [""] * 7 + ["JPEG copy", "rebuilt"]


def test_the_same_runs_give_the_same_bytes_wherever_they_lie(runs: Path, tmp_path: Path) -> None:
    grid(runs)
    made(runs, 40, None, "failed", result={"error": "ValueError: x"})
    first = files(runs, tmp_path / "one")
    shutil.copytree(runs, tmp_path / "deep" / "er" / "runs")
    assert files(tmp_path / "deep" / "er" / "runs", tmp_path / "two") == first


def test_runs_that_took_other_times_differ_in_seconds_alone(runs: Path, tmp_path: Path) -> None:
    jobs = [(10 + seed, seed, {"optimizer": "adam"}, {}, None) for seed in range(3)]
    jobs += [(20 + seed, seed, {"optimizer": "sgd"}, SGD, None) for seed in range(3)]
    grid(runs)
    sweep = planned(runs, "mine", jobs, {"optimizer": ["adam", "sgd"]})
    first = files(sweep, tmp_path / "one")
    for place in runs.rglob("result.json"):
        result = json.loads(place.read_text())
        place.write_text(json.dumps({**result, "seconds": 7.7}))
        note_checksums(place.parent)
    second = files(sweep, tmp_path / "two")
    differing = {name for name in first if first[name] != second[name]}
    assert differing == {"table.csv", "report.json", "report.html"}

    def without_times(text: bytes) -> list[dict[str, str]]:
        return [{key: value for key, value in row.items() if "seconds" not in key}
                for row in csv.DictReader(text.decode().splitlines())]

    assert without_times(first["table.csv"]) == without_times(second["table.csv"])
    cell = r'<td class="number" data-value="[\d.]+">[^<]*</td>'  # of seconds (and of parameters)
    assert re.sub(cell, "", first["report.html"].decode()) == re.sub(cell, "", second["report.html"].decode())
    lines = [[line for line in text.decode().splitlines() if "seconds" not in line]
             for text in (first["report.json"], second["report.json"])]
    assert lines[0] == lines[1]


def test_the_json_has_every_run_by_seed(runs: Path, tmp_path: Path) -> None:
    values = grid(runs)
    write_files(collect([runs]), tmp_path)
    (table,) = json.loads((tmp_path / "report.json").read_text())["tables"]
    assert [row["labels"] for row in table["rows"]] == [{"optimizer": "adam"}, {"optimizer": "sgd"}]
    assert [run["value"] for run in table["rows"][1]["runs"]] == values["sgd"]
    assert table["rows"][1]["runs"][0]["folder"] == "digits-dense-sgd/0000000014"
    assert table["differs_besides"] == {"optimizer.lr": ["0.001", "0.01"]}


def test_markdown_keeps_its_columns_whatever_the_words_are(runs: Path, tmp_path: Path) -> None:
    made(runs, 1, None, "failed", result={"error": "ValueError: a|b <b>"})
    made(runs, 2, 0.5, model__activation="a|b")
    write_files(collect([runs]), tmp_path)
    lines = [line for line in (tmp_path / "table.md").read_text().splitlines() if line.startswith("|")]
    assert len({line.replace("\\|", "").count("|") for line in lines}) == 1
    assert r"a\|b \<b\>" in "\n".join(lines)


def test_the_latex_table_is_one_that_latex_reads(runs: Path, tmp_path: Path) -> None:
    grid(runs)
    made(runs, 40, None, "failed", result={"error": r"100% of {x}_1 & $\y$ # ~ ^"}, model__dropout=0.5)
    write_files(collect([runs]), tmp_path)
    text = (tmp_path / "table.tex").read_text()
    body = [line for line in text.splitlines() if "&" in line]
    assert {line.replace(r"\&", "").count("&") for line in body} == {text.split("{tabular}{")[1].index("}") - 1}
    assert "% digits" in text and r"95.50 $\pm$ 1.24" in text and r"$-$4.50 $\pm$ 1.24" in text
    assert r"100\% of \{x\}\_1 \& \$\textbackslash{}y\$ \# \textasciitilde{} \textasciicircum{}" in text
    if shutil.which("pdflatex"):
        (tmp_path / "all.tex").write_text(
            r"\documentclass{article}\usepackage{booktabs}\begin{document}" + text + r"\end{document}")
        done = subprocess.run(["pdflatex", "-halt-on-error", "all.tex"], cwd=tmp_path, capture_output=True)
        assert done.returncode == 0


def test_a_line_of_the_latex_table_begins_with_nothing_that_the_command_before_it_takes(
        runs: Path, tmp_path: Path) -> None:
    made(runs, 1, 0.9, model__hidden=[64, 64])
    made(runs, 2, 0.8, model__hidden=[128])
    for number, name in enumerate(("*free", "free"), 3):
        made(runs / "named", number, 0.9, model__name=name, model__kind=name)
    for path, cells in ((runs / "digits-dense-adam", ["{[}64,64] &", "{[}128] &"]), (runs / "named", ["{*}free &"])):
        write_files(collect([path]), tmp_path)
        text = (tmp_path / "table.tex").read_text()
        assert all(f"\n{cell}" in text for cell in cells)
        assert not re.search(r"(\\\\|rule)\s*[\[*]", text), "an optional length, or a star"


def test_names_from_elsewhere_are_data_in_every_file(runs: Path, tmp_path: Path, capsys) -> None:
    names = ["=cmd|' /C calc'!A0", "@SUM(1)", "x\n\\input{secret}", "y\x1b[2J\x1b]0;z\x07", "-1"]
    for number, name in enumerate(names):
        made(runs, number, 0.9, optimizer__name=name, optimizer__kind=name)
    made(runs, 40, None, "failed", result={"error": "ValueError: \x1b[2J\n=1+1"})
    write_files(collect([runs]), tmp_path)
    cells = [text for row in csv.reader((tmp_path / "table.csv").open(newline="")) for text in row]
    assert "'=cmd|' /C calc'!A0" in cells and "'@SUM(1)" in cells and "-1" in cells
    assert not any(text.startswith(("=", "@", "+")) for text in cells)
    for name in ("table.csv", "table.md", "table.tex"):
        assert (tmp_path / name).read_text().replace("\n", "").isprintable(), name
    tex = (tmp_path / "table.tex").read_text()
    assert r"x\textbackslash{}n\textbackslash{}input\{secret\}" in tex and r"\input" not in tex
    assert json.loads((tmp_path / "report.json").read_text())["tables"]

    for given in (["report", str(runs)], ["runs", f"output_dir={runs}"]):
        assert route(given) == 0
    assert capsys.readouterr().out.replace("\n", "").isprintable()
