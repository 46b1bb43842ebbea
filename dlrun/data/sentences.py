"""Sentences with a class: the University of Michigan's, and a user's own file of labels and texts."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.data import known_texts, labels, paths
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.separated import text_of
from dlrun.data.source import DatasetFiles, RawDataset
from dlrun.data.vocabulary import words_of

Row = tuple[int, str, str]  # line, label, text


def find(cfg: Any, data_dir: str, say: Callable[[str], None]) -> DatasetFiles:
    """The file, ready to decode."""
    if cfg.kind == "umich":
        path = paths.standard(cfg.kind, data_dir, ["umich_si650/training.txt"])
        return DatasetFiles([path], lambda _: _umich(path))
    own = paths.own(cfg.path)
    return DatasetFiles([own], lambda _: _own(cfg, own), [cfg.separator, cfg.header])


def _umich(path: Path) -> RawDataset:
    rows = _tabbed(text_of(path))
    if {label for _, label, _ in rows} != {"0", "1"} or len(rows) != known_texts.ROWS["umich"]["train"]:
        raise problem("dataset=umich", f"{path} does not hold 7,086 lines of 0 or 1, a tab and a sentence")
    return _source([text for _, _, text in rows], [int(label) for _, label, _ in rows], known_texts.POLARITY)


def _own(cfg: Any, path: Path) -> RawDataset:
    rows = parse(text_of(path), cfg, str(path))
    try:
        labels.kind_of([label for _, label, _ in rows], "classes")
    except ValueError as error:
        raise problem(f"dataset.path={cfg.path}", f"the labels: the column {error}") from None
    codes, classes = labels.encode([label for _, label, _ in rows])
    return _source([text for _, _, text in rows], codes, classes)


def parse(text: str, cfg: Any, said: str) -> list[Row]:
    """The rows of a file; the label is the column with fewer different cells.  Raises ConfigError."""
    separator = cfg.separator
    if separator == "auto":
        head = [line for line in text.splitlines()[:100] if line.strip()]
        tabs, semicolons, commas = (sum(mark in line for line in head) for mark in "\t;,")
        # Texts hold commas, sometimes semicolons, hardly ever tabs.
        separator = "tab" if 2 * tabs >= max(1, len(head)) else ";" if semicolons > commas else ","
    rows = _tabbed(text) if separator == "tab" else _quoted(text, separator, said)
    wrong = next((line for line, label, sentence in rows if not label or not sentence), None)
    if wrong is not None or not rows:
        raise problem(said, f"line {wrong or 1}: a label and a text are wanted, with a tab or comma between them")
    if len({sentence for _, _, sentence in rows}) < len({label for _, label, _ in rows}):
        rows = [(line, sentence, label) for line, label, sentence in rows]
    first = rows[0][1]
    named = first.lower() in ("label", "class", "target", "sentiment", "category", "y")
    if cfg.header is True or (cfg.header == "auto" and named and all(label != first for _, label, _ in rows[1:])):
        rows = rows[1:]
    return rows


def _tabbed(text: str) -> list[Row]:
    """Label and text at the first tab; quotation marks mean nothing."""
    found = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if line.strip():
            label, _, sentence = line.partition("\t")
            found.append((number, label.strip(), sentence.strip()))
    return found


def _quoted(text: str, separator: str, said: str) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    found = []
    try:
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != 2:
                raise problem(said, f"line {reader.line_num} has {len(cells)} cells; a label and a text are wanted "
                                    f'(separator "{separator}"; a text that holds it stands in quotation marks)')
            found.append((reader.line_num, cells[0].strip(), cells[1].strip()))
    except csv.Error as error:
        raise problem(said, f"line {reader.line_num} can't be read ({error})") from None
    return found


def _source(texts: list[str], codes: list[int], classes: tuple[str, ...]) -> RawDataset:
    return of_words([words_of(text) for text in texts], DatasetSpec((), "tokens", "classes", classes),
                    np.array(codes, np.int64))


def of_words(rows: list[list[str]], data_spec: DatasetSpec, y: np.ndarray | None, data_y: np.ndarray | None = None
             ) -> RawDataset:
    """Rows of words as spans over the numbers of the words, in the order of their first appearance."""
    places: dict[str, int] = {}
    data = np.array([places.setdefault(word, len(places)) for row in rows for word in row], np.int32)
    stops = np.cumsum([len(row) for row in rows], dtype=np.int64)
    spans = np.stack([stops - [len(row) for row in rows], stops], 1)
    return RawDataset(data_spec, spans, y, data=data, data_y=data_y, words=tuple(places))
