"""The content of files, as a hash."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

DESKTOPS = (".ds_store", "thumbs.db", "desktop.ini")  # what file managers leave in folders: nobody's data


def content_hash(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of a folder's files without those of `DESKTOPS`; of the name
    where nothing is there."""
    digest = hashlib.sha256()
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.name.lower() not in DESKTOPS and p.is_file()):
            digest.update(os.fsencode(f"{file.relative_to(path)}\0{content_hash(file)}\0"))  # a name may be no text
    elif path.is_file():
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    else:
        digest.update(str(path).encode())
    return digest.hexdigest()
