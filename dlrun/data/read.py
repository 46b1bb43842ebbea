"""Reading a data set whole, through the cache of decoded arrays."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable
from typing import Any

from dlrun.data import cache, embedded, known, paths, toys
from dlrun.data import class_filter as only
from dlrun.data.source import DatasetFiles, RawDataset, complete

# The module of each kind: its `find(cfg, data_dir, say)` gives the files and how to decode them.
READERS = {
    "mnist": "idx", "fashion_mnist": "idx", "cifar10": "cifar", "image_folder": "image_folder",
    "cats_and_dogs": "pets", "olivetti": "faces", "celeba": "celeba",
    "csv": "table", "air_quality": "table", "npz": "npz", "boston": "keras_sets",
    "imdb": "keras_sets", "reuters": "keras_sets", "umich": "sentences", "labelled_text": "sentences",
    "treebank": "treebank", "jena": "series", "electricity": "series", "series": "series",
    "python_docs": "corpus", "nietzsche": "corpus", "alice": "corpus", "aesop": "corpus", "text": "corpus",
}


def read(cfg: Any, data_dir: str, say: Callable[[str], None]) -> RawDataset:
    """The data set of a configuration, as it is stored.

    `data_dir` is only read.  `say` gets a line for each thing that takes long and for each note.  Raises ConfigError.
    """
    if cfg.kind in known.TOYS:
        source = complete(toys.read(cfg))
    elif cfg.kind in embedded.FILES:
        source = complete(embedded.read(cfg.kind))
    else:
        source = _cached(cfg.kind, _find(cfg, data_dir, say), say)
    if cfg.kind == "celeba":
        from dlrun.data import celeba

        source = celeba.told(cfg, source)
    source = only.told(cfg, source)
    for note in source.notes:
        say(note)
    return source


def _find(cfg: Any, data_dir: str, say: Callable[[str], None]) -> DatasetFiles:
    reader = importlib.import_module(f"dlrun.data.{READERS[cfg.kind]}")
    found: DatasetFiles = reader.find(cfg, data_dir, say)
    return found


def _cached(kind: str, found: DatasetFiles, say: Callable[[str], None]) -> RawDataset:
    at = cache.entry(kind, found.asked, found.paths, found.state)
    source = cache.load(at)
    if source is not None:
        return source
    source = found.decode(say)
    files = source.files or {path.name: paths.sha256(path) for path in found.paths}
    strange = tuple(
        f"{name} is not the known file (sha256 {sha[:12]}..., known {wanted[0][:12]}...); it is used all the same"
        for name, sha in files.items() if sha not in (wanted := _known(kind, name, sha))
    )
    source = complete(dataclasses.replace(source, files=files, notes=source.notes + strange))
    try:
        cache.store(at, source)
    except OSError as error:
        say(f"the cache folder {cache.folder()} can't be written ({error.strerror}); data is decoded at each start")
    return source


def _known(kind: str, name: str, sha: str) -> tuple[str, ...]:
    """The known sums of a file; for a file that nothing is known of, its own."""
    wanted = known.HASHES.get(kind, {}).get(name, sha)
    return (wanted,) if isinstance(wanted, str) else wanted
