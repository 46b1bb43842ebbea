"""Texts with a label, one in a line, and rows of words as dlrun stores them."""

from __future__ import annotations

import csv
import io

import numpy as np

from dlrun.config.problem import problem
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.formats.reading import Header
from dlrun.data.formats.separated import lines_of
from dlrun.data.source import RawDataset
from dlrun.data.vocabulary import words_of

LabelledLine = tuple[int, str, str]  # line, label, text


def parse(text: str, separator: str, header: Header, given: str) -> list[LabelledLine]:
    """The rows of a file; the label is the column with fewer different cells.  Raises ConfigError."""
    if separator == "auto":
        head = [line for line in lines_of(text)[:100] if line.strip()]
        tabs, semicolons, commas = (sum(mark in line for line in head) for mark in "\t;,")
        # Texts hold commas, sometimes semicolons, hardly ever tabs.
        separator = "tab" if 2 * tabs >= max(1, len(head)) else ";" if semicolons > commas else ","
    rows = tabbed(text) if separator == "tab" else _quoted(text, separator, given)
    wrong = next((line for line, label, sentence in rows if not label or not sentence), None)
    if wrong is not None or not rows:
        raise problem(given, f"line {wrong or 1}: expected a label and a text with a tab or comma between them")
    if len({sentence for _, _, sentence in rows}) < len({label for _, label, _ in rows}):
        rows = [(line, sentence, label) for line, label, sentence in rows]
    first = rows[0][1]
    named = first.lower() in ("label", "class", "target", "sentiment", "category", "y")
    if header is True or (header == "auto" and named and all(label != first for _, label, _ in rows[1:])):
        rows = rows[1:]
    return rows


def tabbed(text: str) -> list[LabelledLine]:
    """Label and text at the first tab; quotation marks mean nothing."""
    found = []
    for number, line in enumerate(lines_of(text), 1):
        if line.strip():
            label, _, sentence = line.partition("\t")
            found.append((number, label.strip(), sentence.strip()))
    return found


def _quoted(text: str, separator: str, given: str) -> list[LabelledLine]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    found = []
    try:
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != 2:
                raise problem(given, f"line {reader.line_num} has {len(cells)} cells; expected a label and a text "
                                    f'(separator "{separator}"; a text that holds it stands in quotation marks)')
            found.append((reader.line_num, cells[0].strip(), cells[1].strip()))
    except csv.Error as error:
        raise problem(given, f"line {reader.line_num} can't be read ({error})") from None
    return found


def with_classes(texts: list[str], codes: list[int], classes: tuple[str, ...], unit: str = "word") -> RawDataset:
    """Texts with the numbers of their classes, cut into words; for byte pairs (`unit`) into characters."""
    rows = [words_of(text) if unit == "word" else list(text) for text in texts]
    return of_words(rows, DatasetSpec((), "tokens", "classes", classes),
                    np.array(codes, np.int64))


def of_words(rows: list[list[str]], data_spec: DatasetSpec, y: np.ndarray | None, data_y: np.ndarray | None = None
             ) -> RawDataset:
    """Rows of words as spans over the numbers of the words, in the order of their first appearance."""
    places: dict[str, int] = {}
    data = np.array([places.setdefault(word, len(places)) for row in rows for word in row], np.int32)
    stops = np.cumsum([len(row) for row in rows], dtype=np.int64)
    spans = np.stack([stops - [len(row) for row in rows], stops], 1)
    return RawDataset(data_spec, spans, y, data=data, data_y=data_y, words=tuple(places))
