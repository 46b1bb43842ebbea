"""Which files belong together, by what a pattern finds in their names: a patient's pictures, the sounds of a kit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from dlrun.config.problem import problem
from dlrun.data.formats.class_folders import Listing
from dlrun.data.formats.row_arrays import in_one_split


def grouped(listing: Listing, files: Mapping[str, Sequence[tuple[Path, int]]], pattern: str
            ) -> dict[str, np.ndarray]:
    """The group of each file by split, int64 (N,); none without a pattern.

    `files` are those of each split that can be read, with their classes.
    The regular expression is looked for in the path below the folder of the class (``kit7/snare-3.wav``); the files in
    which it, or its first part in brackets, finds the same text are a group.  Raises ConfigError for an expression that
    is none, a file in which it finds nothing, and a group in two splits.
    """
    if not pattern:
        return {}
    given = f"dataset.group={pattern}"
    try:
        found = re.compile(pattern)
    except re.error as error:
        raise problem(given, f"expected a regular expression that finds the group in a file's name, as ^[^-]+ for all "
                             f"before the first hyphen: {error}") from None
    named = {split: [_found(found, _below(listing, file, label), given) for file, label in those]
             for split, those in files.items()}
    in_one_split({split: np.array(names) for split, names in named.items()}, given)
    return {split: np.unique(names, return_inverse=True)[1].astype(np.int64) for split, names in named.items()}


def _below(listing: Listing, file: Path, label: int) -> str:
    """The path of a file below the folder of its class."""
    parts = listing.name(file).parts
    return "/".join(parts[parts.index(listing.classes[label]) + 1:])


def _found(pattern: re.Pattern[str], name: str, given: str) -> str:
    match = pattern.search(name)
    text = match and match.group(1 if pattern.groups else 0)
    if not text:
        raise problem(given, f"it finds nothing in {name}; expected the group of each file")
    return text
