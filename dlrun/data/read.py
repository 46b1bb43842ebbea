"""Reading a data set whole, through the cache of decoded arrays."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from dlrun.data import cache, cifar, embedded, idx, image_folder, known, npz, paths, table, toys
from dlrun.data.source import Found, Source, complete


def read(cfg: Any, data_dir: str, say: Callable[[str], None]) -> Source:
    """The data set of a configuration, as it is stored.

    `data_dir` is only read.  `say` gets a line for each thing that takes long and for each note.  Raises Problems.
    """
    if cfg.kind in known.TOYS:
        source = complete(toys.read(cfg))
    elif cfg.kind in embedded.FILES:
        source = complete(embedded.read(cfg.kind))
    else:
        source = _cached(cfg.kind, _find(cfg, data_dir, say), say)
    for note in source.notes:
        say(note)
    return source


def _find(cfg: Any, data_dir: str, say: Callable[[str], None]) -> Found:
    if cfg.kind in known.IDX_FOLDERS:
        return idx.find(cfg.kind, data_dir, say)
    if cfg.kind == "cifar10":
        return cifar.find(data_dir, say)
    return {"csv": table.find, "npz": npz.find, "image_folder": image_folder.find}[cfg.kind](cfg)


def _cached(kind: str, found: Found, say: Callable[[str], None]) -> Source:
    at = cache.entry(kind, found.asked, found.paths, found.state)
    source = cache.load(at)
    if source is not None:
        return source
    source = found.decode(say)
    files = source.files or {path.name: paths.sha256(path) for path in found.paths}
    strange = tuple(
        f"{name} is not the known file (sha256 {sha[:12]}..., known {wanted[:12]}...); it is used all the same"
        for name, sha in files.items()
        if (wanted := known.HASHES.get(kind, {}).get(name, sha)) != sha
    )
    source = complete(dataclasses.replace(source, files=files, notes=source.notes + strange))
    try:
        cache.store(at, source)
    except OSError as error:
        say(f"the cache folder {cache.folder()} can't be written ({error.strerror}); data is decoded at each start")
    return source
