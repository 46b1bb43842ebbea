"""A comparison from made run folders: verdicts, the stored numbers, and the text that a person reads."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from dlrun.config.schema.books import read_book
from dlrun.record.folder import plain as as_json
from dlrun.report.book_page import as_page
from dlrun.report.book_text import print_comparison, remarks
from dlrun.report.claim_verdicts import ClaimVerdict
from dlrun.report.measurements import Folders, read_measurements
from dlrun.report.verdicts import Verdicts, explanations, verdicts_on
from tests.helpers.comparisons import BOOK, plan
from tests.report.make import note_checksums


def test_a_claim_is_not_judged_by_the_seeds_that_were_left(tmp_path: Path) -> None:
    book, made = read_book(BOOK), plan(tmp_path)

    def claim() -> ClaimVerdict:
        folders = Folders(made, "gulli/C3", "full", ["rows=sgd,adam"])
        verdicts = verdicts_on(book, folders.measurements, folders.values_of, "test/accuracy", claim_seeds={0, 1, 2})
        return verdicts.claims[0][1]

    assert claim().word == "holds"
    lost = tmp_path / "sgd" / "2" / "result.json"
    lost.write_text(json.dumps(json.loads(lost.read_text()) | {"status": "diverged", "test": {}}))
    assert claim().word == "not judged" and claim().remark == "as claimed; it is to be judged by 3 seeds"


def test_cells_and_claims_get_their_verdicts(tmp_path: Path) -> None:
    book, folders = read_book(BOOK), Folders(plan(tmp_path), "gulli/C3", "full", ["rows=sgd,adam"])
    verdicts = verdicts_on(book, folders.measurements, folders.values_of, "test/accuracy")
    assert [verdict.word for _, verdict in verdicts.cells] == ["reproduced", "better"]
    assert [verdict.word for _, verdict in verdicts.claims] == ["holds", "not measured"]  # a narrowed one lacks rmsprop
    stream = io.StringIO()
    print_comparison(book, folders.measurements, verdicts, stream)
    text = stream.getvalue()
    assert "94.25  94.30 +- 0.25" in text and "better by 0.73" in text and "PARTIAL: rows=sgd,adam" in text
    assert "2 comparable, 1 reproduced (about 0.1 true ones fall outside by chance)" in text


def test_a_row_whose_printed_number_is_of_another_metric_stands_beside_rows_without_one(tmp_path: Path) -> None:
    folders = Folders(plan(tmp_path), "gulli/C3", "full", ["rows=sgd,adam"])

    def ours(*printed: dict[str, object]) -> list[str | None]:
        book = read_book({**BOOK, "printed": list(printed)})
        found = verdicts_on(book, folders.measurements, folders.values_of, "test/accuracy").ours
        return [cell.row for cell, _ in found]

    of_time = {**BOOK["printed"][0], "metric": "seconds"}
    assert ours(of_time) == ["sgd", "adam"]
    assert ours(of_time, BOOK["printed"][1]) == ["sgd"]
    assert ours(BOOK["printed"][0]) == ["adam"]
    assert ours(of_time, {**of_time, "row": "adam"}) == [], "no table of its own"


def test_what_is_worse_or_contradicted_is_explained_or_said_to_be_open(tmp_path: Path) -> None:
    printed = [{**BOOK["printed"][0], "value": 95.25}, BOOK["printed"][1]]
    claims = [{"says": "sgd wins", "check": "sgd > adam"}, BOOK["claims"][0],
              {"says": "so it is", "check": "sgd > 0.95"}]
    explained = {"so it is": {"full": "The last digit."}}
    book = read_book({**BOOK, "printed": printed, "claims": claims, "explained": explained})
    folders = Folders(plan(tmp_path), "gulli/C3", "full")
    found = explanations(book, verdicts_on(book, folders.measurements, folders.values_of, "test/accuracy"), "full")
    assert list(found) == ["sgd", "adam", "sgd wins", "so it is"], "better wants a reason as worse does"
    assert found["sgd"].startswith("open") and found["so it is"] == "The last digit."
    folders.measurements.profile = "quick"
    found = explanations(book, verdicts_on(book, folders.measurements, folders.values_of, "test/accuracy"), "quick")
    assert found == {}, "short runs are not judged, and what explains one profile does not explain the other"
    full = Verdicts([], [(claim, ClaimVerdict("holds")) for claim in book.claims if claim.says == "sgd wins"], [], "")
    verdicts = verdicts_on(book, folders.measurements, folders.values_of, "test/accuracy")
    found = explanations(book, verdicts, "quick", full)
    assert list(found) == ["sgd wins"] and found["sgd wins"].startswith("it holds in full")
    short = read_book({**BOOK, "printed": printed, "claims": claims, "explained": {"so it is": {"quick": "Few rows."}}})
    verdicts = verdicts_on(short, folders.measurements, folders.values_of, "test/accuracy")
    assert explanations(short, verdicts, "quick") == {"so it is": "Few rows."}


def test_kept_numbers_give_the_same_verdicts_without_the_folders(tmp_path: Path) -> None:
    book, folders = read_book({**BOOK, "claims": BOOK["claims"][:1]}), Folders(plan(tmp_path), "gulli/C3", "full")
    verdicts = verdicts_on(book, folders.measurements, folders.values_of, "test/accuracy")
    kept = read_measurements(json.loads(json.dumps(folders.measurements.plain())))
    again = verdicts_on(book, kept, lambda row, metric: kept.values_of(row, metric, "test/accuracy"), "test/accuracy")
    assert again == verdicts
    with pytest.raises(ValueError, match="format 9"):
        read_measurements({"format": 9})


@pytest.mark.parametrize(("label", "profile", "more", "word", "why"), [
    ("JPEG copy", "full", {}, "not comparable", "data: JPEG copy"),
    ("JPEG copy", "quick", {}, "not judged", "data: JPEG copy"), ("", "quick", {}, "not judged", ""),
    ("", "full", {"stand_in": "another year"}, "not comparable", "another year")])
def test_a_stand_in_is_not_compared_and_the_quick_profile_not_judged(tmp_path: Path, label: str, profile: str,
                                                                     more: dict, word: str, why: str) -> None:
    folders = Folders(plan(tmp_path, label=label), "gulli/C3", profile)
    book = read_book({**BOOK, "claims": BOOK["claims"][:1], **more})
    seeds = None if profile == "full" else range(5)  # those of the file, of which short runs have fewer
    verdicts = verdicts_on(book, folders.measurements, folders.values_of, "test/accuracy", seeds)
    assert {verdict.word for _, verdict in verdicts.cells} == {word}
    assert why in verdicts.incomparable and ("quick profile" in verdicts.unjudged) == (profile == "quick")
    (_, claim), = verdicts.claims
    assert (claim.word, claim.remark) == (("not judged", "as claimed") if profile == "quick" else ("holds", ""))


def test_a_count_of_parameters_does_not_depend_on_how_pictures_were_compressed(tmp_path: Path) -> None:
    made = plan(tmp_path, label="JPEG copy")
    for job in made.jobs:
        file = tmp_path / str(job.row) / str(job.seed) / "result.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), "parameters": 1234}))
    count = {"row": "sgd", "metric": "parameters", "value": 1234}
    claims = [{"says": "small", "check": "parameters(sgd) < 2000"},
              {"says": "small and good", "check": "parameters(sgd) < 2000 and sgd > 0.1"}]
    book = {**BOOK, "claims": claims, "printed": [count, BOOK["printed"][1]]}
    folders = Folders(made, "gulli/C3", "full")
    for more, word, apart in (({}, "reproduced", [False, True]),
                              ({"stand_in": "other rows"}, "not comparable", [True, True])):
        verdicts = verdicts_on(read_book({**book, **more}), folders.measurements, folders.values_of, "test/accuracy")
        assert [verdict.word for _, verdict in verdicts.cells] == [word, "not comparable"]
        assert [verdicts.on_stand_in(claim) for claim, _ in verdicts.claims] == apart


def test_what_has_to_be_known_of_a_cell_or_a_claim_is_said_once_and_a_claim_on_other_data_counts_apart(
        tmp_path: Path) -> None:
    other = {"comparable": False, "notes": "a part of the rows"}
    printed = [BOOK["printed"][0], {**BOOK["printed"][0], "metric": "val/accuracy", **other},
               {**BOOK["printed"][1], **other}]
    claims = [BOOK["claims"][0], {"says": "sgd wins", "check": "sgd > adam", **other}]
    book, folders = read_book({**BOOK, "printed": printed, "claims": claims}), Folders(plan(tmp_path), "a/C1", "full")
    verdicts = verdicts_on(book, folders.measurements, folders.values_of, "test/accuracy")
    assert remarks(book) == ["sgd val accuracy; adam; sgd wins: a part of the rows."]
    assert "claims: 1 holds · claims on a stand-in: 1 contradicted" in verdicts.summary()
    stream = io.StringIO()
    print_comparison(book, folders.measurements, verdicts, stream)
    assert stream.getvalue().count("a part of the rows") == 1
    whole = verdicts_on(read_book({**BOOK, "stand_in": "other rows"}), folders.measurements, folders.values_of,
                        "test/accuracy")
    assert "claims on a stand-in: 1 holds" in whole.summary() and "claims:" not in whole.summary()


def test_claims_are_judged_by_the_seeds_that_their_file_fixes_and_cells_by_all(tmp_path: Path) -> None:
    rows = {"sgd": [0.94, 0.95, 0.94, 0.95, 0.945], "adam": [0.93, 0.96, 0.99, 0.99, 0.99]}
    folders = Folders(plan(tmp_path, rows), "gulli/C3", "full")
    book = read_book({**BOOK, "claims": BOOK["claims"][:1]})
    folders.measurements.seeds = [0, 1, 2, 3, 4]

    def claim(seeds: list[int] | None) -> ClaimVerdict:
        verdicts = verdicts_on(book, folders.measurements, folders.values_of, "test/accuracy", seeds)
        assert verdicts.cells[0][1].measured.n == 5  # type: ignore[union-attr]
        return verdicts.claims[0][1]

    assert (claim([0, 1, 2]).word, claim([0, 1, 2]).difference.n) == ("undecided", 3)  # type: ignore[union-attr]
    assert claim([2, 3, 4]).word == "holds" and claim(None).difference.n == 5  # type: ignore[union-attr]
    unfinished = claim([2, 3, 4, 5])
    assert unfinished.word == "not judged" and unfinished.remark == "as claimed; it is to be judged by 4 seeds"


def test_rebuilt_rows_are_the_book_s(tmp_path: Path) -> None:
    folders = Folders(plan(tmp_path, label="rebuilt"), "gulli/C3", "full")
    verdicts = verdicts_on(read_book({**BOOK, "claims": []}), folders.measurements, folders.values_of, "test/accuracy")
    assert verdicts.incomparable == ""


def test_a_run_that_was_lost_is_said_in_its_row(tmp_path: Path) -> None:
    made = plan(tmp_path)
    (tmp_path / "sgd" / "1" / "result.json").write_text(json.dumps(
        {"id": "sgd1", "status": "diverged", "config": {"seed": 1}, "stop_reason": "the loss is NaN"}))
    folders = Folders(made, "gulli/C3", "full")
    book = read_book({**BOOK, "claims": []})
    stream = io.StringIO()
    verdicts = verdicts_on(book, folders.measurements, folders.values_of, "test/accuracy")
    print_comparison(book, folders.measurements, verdicts, stream)
    assert "diverged: the loss is NaN" in stream.getvalue()


def test_a_run_whose_result_was_changed_is_in_no_verdict(tmp_path: Path) -> None:
    found = plan(tmp_path)
    adam = [found.run_folder(job) for job in found.jobs if job.row == "adam"]
    for folder in adam:
        note_checksums(folder)
    whole = Folders(found, "gulli/C3", "full")
    values = whole.values_of("adam", "test/accuracy")
    result = adam[0] / "result.json"
    result.write_text(result.read_text().replace('"accuracy": 0.', '"accuracy": 0.0'))
    (adam[1] / "manifest.json").unlink()
    (adam[1] / "metrics.jsonl").write_text("{\n{\n")
    folders = Folders(found, "gulli/C3", "full")
    assert len(folders.values_of("adam", "test/accuracy")) == len(values) - 1
    assert folders.values_of("adam", "test/accuracy").items() < values.items()
    folders.values_of("adam", "highest/val/loss")
    lost = "; ".join(folders.measurements.lost["adam"])
    assert "result.json: it is not what the run wrote" in lost and "metrics.jsonl is not readable" in lost


def test_a_row_without_a_printed_number_all_of_whose_runs_were_lost_is_in_the_table(tmp_path: Path) -> None:
    made = plan(tmp_path)
    for seed in range(3):
        (tmp_path / "sgd" / str(seed) / "result.json").write_text(json.dumps(
            {"id": f"sgd{seed}", "status": "diverged", "config": {"seed": seed}, "stop_reason": "the loss is NaN"}))
    folders = Folders(made, "gulli/C3", "full")
    book = read_book({**BOOK, "printed": [], "claims": []})
    verdicts = verdicts_on(book, folders.measurements, folders.values_of, "test/accuracy")
    stream = io.StringIO()
    print_comparison(book, folders.measurements, verdicts, stream)
    assert "diverged: the loss is NaN (3)" in stream.getvalue()
    page = as_page(book, folders.measurements, verdicts, folders.values_of)
    assert "diverged: the loss is NaN (3)" in page


def test_a_row_that_never_came_to_a_value_has_no_mean_and_the_claim_is_decided_by_order(tmp_path: Path) -> None:
    made = plan(tmp_path)
    for job in made.jobs:
        begin = 0.45 if job.row == "sgd" else 0.2
        rows = [json.dumps({"epoch": n, "step": 10 * n, "train/accuracy": begin + n / 4}) for n in (1, 2, 3)]
        (tmp_path / str(job.row) / str(job.seed) / "metrics.jsonl").write_text("\n".join(rows) + "\n")
    metric = "steps@0.9/train/accuracy"
    book = read_book({**BOOK, "printed": [{"row": "sgd", "metric": metric, "value": 20, "decimals": 0}],
                      "claims": [{"says": "soon", "check": f"of(sgd, '{metric}') < 100"}]})
    folders = Folders(made, "gulli/C3", "full")
    verdicts = verdicts_on(book, folders.measurements, folders.values_of, metric)
    assert [verdict.word for _, verdict in verdicts.cells] == ["reproduced"]
    assert [verdict.word for _, verdict in verdicts.ours] == ["ours"]
    for job in made.jobs:
        if job.row == "adam" and job.seed:
            (tmp_path / "adam" / str(job.seed) / "metrics.jsonl").write_text(
                '{"epoch": 1, "step": 9, "train/accuracy": 0.2}\n')
    folders = Folders(made, "gulli/C3", "full")
    verdicts = verdicts_on(book, folders.measurements, folders.values_of, metric)
    assert [verdict.word for _, verdict in verdicts.ours] == ["never reached in 2 of 3 runs"]
    kept = read_measurements(json.loads(json.dumps(as_json(folders.measurements.plain()))))
    assert kept.values["adam"][metric] == {0: 30.0, 1: float("inf"), 2: float("inf")}
    assert "never reached in 2 of 3 runs" in as_page(book, folders.measurements, verdicts, folders.values_of)
