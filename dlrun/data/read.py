"""Reading a data set whole, through the cache of decoded arrays."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from dlrun.data import cache, paths
from dlrun.data.dataset_spec import Column
from dlrun.data.source import DatasetFiles, RawDataset, Say, complete
from dlrun.data.source_checks import check_names, check_targets
from dlrun.data.verified_array import decoded_again
from dlrun.record.stored import Damaged

Hashes = Mapping[str, str | tuple[str, ...]]  # SHA-256 of the genuine files by their names


class Readable(Protocol):
    """What reading asks of a data set; see `dlrun.data.sets._base.Dataset`."""

    def read(self, data_dir: str, say: Say) -> RawDataset:
        """The data set as it is stored."""

    def select(self, source: RawDataset) -> RawDataset:
        """What its options keep of that."""


def read(dataset: Readable, data_dir: str, say: Say) -> RawDataset:
    """The data set as it is stored, with what its options select.

    `data_dir` is only read.  `say` gets a line for each thing that takes long and for each note.  Raises ConfigError.
    """
    whole = _described(dataset.read(data_dir, say))
    check_targets(whole)
    check_names(whole)
    source = dataset.select(whole)
    for note in source.notes:
        say(note)
    return source


def _described(source: RawDataset) -> RawDataset:
    """The source with its hash, and a table with its columns, which are numbers, where its reader has said neither."""
    if not source.content:
        source = complete(source)
    if source.data_spec.input_kind != "table" or source.columns:
        return source
    names = source.data_spec.features or [f"x{place}" for place in range(source.data_spec.input_shape[0])]
    return dataclasses.replace(source, columns=tuple(Column(name, "number") for name in names))


def cached(kind: str, hashes: Hashes, found: DatasetFiles, say: Say) -> RawDataset:
    """The decoded arrays of files, from the cache where they are there, else decoded and kept there."""
    at = cache.entry(kind, found.settings, found.paths, found.state)
    try:
        source = cache.load(at)
    except Damaged as damaged:
        say(decoded_again(damaged))
        source = None
    if source is not None:
        return source
    source = found.decode(say)
    files = source.files or _hashed(found.paths)
    strange = tuple(
        f"{name} is not the known file (sha256 {sha[:12]}..., known {expected[0][:12]}...); it is used all the same"
        for name, sha in files.items() if sha not in (expected := _genuine(hashes, name, sha))
    )
    source = complete(dataclasses.replace(source, files=files, notes=source.notes + strange))
    try:
        cache.store(at, source)
    except OSError as error:
        say(f"the cache folder {cache.folder()} can't be written ({error.strerror}); data is decoded at each start")
    return source


def _hashed(files: Sequence[Path]) -> dict[str, str]:
    """The SHA-256 of files by their names; two of one name by their whole paths."""
    names = [path.name for path in files]
    return {path.name if names.count(path.name) == 1 else str(path): paths.sha256(path) for path in files}


def _genuine(hashes: Hashes, name: str, sha: str) -> tuple[str, ...]:
    """The sums of the genuine file; for a file that nothing is known of, its own."""
    expected = hashes.get(name, sha)
    return (expected,) if isinstance(expected, str) else expected
