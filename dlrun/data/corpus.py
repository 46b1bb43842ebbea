"""Running text: where it lies, how it is cleaned, and its characters or words end to end."""

from __future__ import annotations

import importlib.util
import platform
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dlrun.config.problem import problem
from dlrun.data import known_texts, paths
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.separated import text_of
from dlrun.data.source import DatasetFiles, RawDataset
from dlrun.data.vocabulary import FILTERS, words_of

_BEGIN = re.compile(r"^\*\*\* ?START OF TH(E|IS) PROJECT GUTENBERG.*$", re.MULTILINE)
_END = re.compile(r"^(\*\*\* ?END OF TH(E|IS)|End of (the )?) ?PROJECT GUTENBERG.*$", re.MULTILINE | re.IGNORECASE)
STORY = "| "  # stands between Aesop's fables, once for each word of a window


def find(cfg: Any, data_dir: str, say: Callable[[str], None]) -> DatasetFiles:
    """The text of a corpus, of a user's file, or of Python's own help."""
    if cfg.kind == "python_docs":
        spec = importlib.util.find_spec("pydoc_data.topics")
        if spec is None or spec.origin is None:
            raise problem("dataset=python_docs", "this Python comes without pydoc_data, the topics of its help")
        path = Path(spec.origin)
    elif cfg.kind == "text":
        path = paths.own(cfg.path)
    else:
        name = known_texts.CORPORA[cfg.kind]
        path = paths.standard(cfg.kind, data_dir, [f"text/{name}", name])
    asked = [cfg.unit, cfg.lower, cfg.newlines, cfg.ascii_only, cfg.punctuation]
    if cfg.kind == "aesop":
        asked.append(cfg.length)
    return DatasetFiles([path], lambda _: _decode(cfg, path), asked)


def _decode(cfg: Any, path: Path) -> RawDataset:
    text = _topics() if cfg.kind == "python_docs" else text_of(path)
    text = clean(text, cfg)
    said = f"dataset.path={cfg.path}" if cfg.kind == "text" else f"dataset={cfg.kind}"
    if cfg.unit == "character":
        codes, x = np.unique(np.frombuffer(text.encode("utf-32-le"), np.uint32), return_inverse=True)
        words = tuple(map(chr, codes.tolist()))
    else:
        marks = cfg.punctuation
        found = words_of(text, cfg.lower, marks)
        places = {word: place for place, word in enumerate(dict.fromkeys(found))}
        words, x = tuple(places), np.fromiter(map(places.__getitem__, found), np.int32, len(found))
    if len(words) < 2:
        raise problem(said, f"{path.name} holds no text: {len(words)} different {cfg.unit}s")
    label = f"of Python {platform.python_version()}" if cfg.kind == "python_docs" else ""
    return RawDataset(DatasetSpec((), "tokens", "tokens"), x.astype(np.int32).reshape(-1), None, words=words,
                      label=label)


def _topics() -> str:
    """The topics of Python's help, in the order of their names."""
    from pydoc_data.topics import topics

    return "\n\n".join(topics[name].strip() for name in sorted(topics))


def clean(text: str, cfg: Any) -> str:
    """A text as it is cut into units: lines end in \\n, Project Gutenberg's header and licence are cut off."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    if cfg.kind in ("alice", "aesop"):
        text = without_licence(text)
    if cfg.kind == "aesop":
        text = _stories(text, cfg)
    if cfg.lower:
        text = text.lower()
    if cfg.ascii_only:
        text = text.encode("ascii", "ignore").decode()
    return " ".join(text.split()) if cfg.newlines == "space" else text


def without_licence(text: str) -> str:
    """What stands between Project Gutenberg's marks; all where there are none."""
    begin = _BEGIN.search(text)
    if begin:
        text = text[begin.end() :]
    end = _END.search(text)
    return (text[: end.start()] if end else text).strip() + "\n"


def _stories(text: str, cfg: Any) -> str:
    """The fables alone; by words cleaned as in Foster's chapter 6, with marks between the stories."""
    start, stop = text.find("THE FOX AND THE GRAPES\n\n\n"), text.find("ILLUSTRATIONS\n\n\n[")
    text = text[max(start, 0) : stop if stop > 0 else None]
    if cfg.unit == "character":
        return text.strip() + "\n"
    mark = STORY * cfg.length
    text = (mark + text).replace("\n\n\n\n\n", mark).replace("\n", " ")
    text = re.sub("  +", ". ", text).strip().replace("..", ".")
    return re.sub(r"\s{2,}", " ", text)


assert set("|.,") <= set(FILTERS)  # the marks that _stories relies on become words
