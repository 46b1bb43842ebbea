"""Code from outside that is edited while the process lives: what runs has to be what the file says, or is refused.

A run's id has the hash of the source as it is now, and Python keeps what it has once imported.  So each command begins
with `forget_edited`: what dlrun has imported itself is imported anew, as a new process would, and what the program has
imported, whose classes it may hold, is refused: `stale` says why.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path


@dataclass
class _Imported:
    """A module by its spec, which a reload makes anew, and the source that it was made from, as far as that is known:
    else what its file said when it was first met."""

    spec: ModuleSpec
    source: bytes
    by_dlrun: bool
    held: bool = False  # the program has handed in something of it


_imported: dict[str, _Imported] = {}
_stale: dict[str, str] = {}


def note(module: str, source: bytes | None = None) -> None:
    """Remember what a module was made from: `source` where dlrun imports it, else what its file says."""
    spec = getattr(sys.modules.get(module), "__spec__", None)
    known = _imported.get(module)
    if spec is None or known is not None and known.spec is spec or module.partition(".")[0] in ("__main__", "dlrun"):
        return
    file = Path(str(spec.origin))
    if file.suffix == ".py" and (source is not None or "site-packages" not in file.parts):
        _imported[module] = _Imported(spec, _read(file) if source is None else source, source is not None)


def hold(module: str) -> None:
    """Something of the module was handed in by the program: it stays what it is, however often it is imported."""
    note(module)
    if module in _imported:
        _imported[module].held = True


def stale(module: str) -> str:
    """Why code of a module cannot be used in this process: its file is not what was imported; empty where it can."""
    return _stale.get(module, "")


def forget_edited(wanted: set[str]) -> set[str]:
    """Look at the files of all modules that are known or wanted; those that are to be imported anew.

    Where one has changed that dlrun has imported, all of these are forgotten, as in a new process: any may have taken
    something from it, by way of others too.
    """
    for name, known in list(_imported.items()):
        if getattr(sys.modules.get(name), "__spec__", None) is not known.spec:
            del _imported[name]  # removed or reloaded by the program
    for name in wanted:
        note(name)
    changed = {name for name, known in _imported.items() if _read(_file(known)) != known.source}
    ours = {name for name, known in _imported.items() if known.by_dlrun and not known.held}
    gone = ours if changed & ours else set()
    for name in gone:
        del sys.modules[name], _imported[name]
    _stale.clear()
    _stale.update({name: f"{_file(_imported[name]).name} has changed since this process imported it; "
                         f"importlib.reload({name}), or a new process, runs it as it is now"
                   for name in changed - gone})
    return gone


def _file(known: _Imported) -> Path:
    return Path(str(known.spec.origin))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""  # it is gone
