"""The page of a comparison."""

from __future__ import annotations

from pathlib import Path

from dlrun.config.schema.books import read_book
from dlrun.report.book_page import as_page
from dlrun.report.measurements import Folders
from dlrun.report.verdicts import verdicts_on
from tests.helpers.comparisons import BOOK, plan


def page(folder: Path, **more: object) -> str:
    book = read_book({**BOOK, "claims": [{"says": "adam > sgd", "check": "adam > sgd"}], **more})
    folders = Folders(plan(folder), "gulli/C3", "full")
    verdicts = verdicts_on(book, folders.measurements, folders.values_of, "test/accuracy")
    return as_page(book, folders.measurements, verdicts, folders.values_of)


def test_the_book_s_value_is_drawn_on_the_runs(tmp_path: Path) -> None:
    text = page(tmp_path)
    assert text.count('class="printed" d=') == 2 + 1  # two cells and the key
    assert text.count('<circle class="run" cx=') == 6 + 1
    assert "reproduced" in text and "better by 0.73" in text and "holds" in text


def test_what_a_file_says_is_escaped_and_nothing_is_fetched(tmp_path: Path) -> None:
    text = page(tmp_path, title="<script>alert(1)</script>", notes="a & b <i>")
    assert "<script" not in text and "&lt;script&gt;" in text and "a &amp; b &lt;i&gt;" in text
    assert "http" not in text.replace("http-equiv", "")
