"""A run's identity: a hash of what differs from the schema's defaults and can change the result.

A field that is added to the schema later keeps old identities, because its default is not hashed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dlrun.config.callbacks import callback_source
from dlrun.config.places import data_dir
from dlrun.config.schema.fields import rules
from dlrun.config.schema.kfold import KFold
from dlrun.config.schema.layer_lists import changed
from dlrun.config.schema.root import GROUPS, Config, Root
from dlrun.registry.sources import module_file

SCHEMA_VERSION = 1  # raised when the meaning of a value changes: old runs are then other runs
DIGITS = 10
Content = Callable[[Path], str]
_LENGTH = ("epochs", "max_steps", "max_seconds", "test_at")  # what only says how far a run goes


def identity(config: Config, without: tuple[str, ...] = (), content: Content | None = None) -> str:
    """The run's id: ten hexadecimal digits.  A plan of many hands in a `content_hash` that remembers."""
    text = json.dumps([SCHEMA_VERSION, essence(config, without, content)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def prefix_identity(config: Config) -> str | None:
    """The id of "this run, however long"; None where the steps depend on how long it will be.

    A finished run with the same prefix and fewer epochs has taken exactly the same steps.
    """
    if config.schedule.needs_length or config.max_steps is not None or config.max_seconds is not None:
        return None
    return identity(config, without=_LENGTH)


def essence(config: Config, without: tuple[str, ...] = (), content: Content | None = None) -> dict[str, Any]:
    """The part of a configuration that the identity is a hash of."""
    content = content or content_hash
    plain = _differing(config, Root, without)
    if config.callbacks:
        plain["callbacks"] = [[name, callback_source(name)] for name in config.callbacks]
    plain["validation"] = dataclasses.astuple(config.validation) if config.validation else None
    if isinstance(config.validation, KFold):
        plain["validation"] = config.validation.essence()
    for group in GROUPS:
        value = getattr(config, group)
        plain[group] = {"kind": value.kind, **_differing(value, type(value), ())}
        path = getattr(value, "path", None)
        if path:
            plain[group]["path"] = content(Path(path).expanduser())
    _read_vectors(plain["model"], type(config.model), data_dir(config.data_dir), content)
    return plain


def _read_vectors(model: dict[str, Any], schema: type, folder: Path, content: Content) -> None:
    """Put the content of each file of word vectors in place of its name, in the layers of lists too."""

    def hashed(name: Any) -> Any:
        if not isinstance(name, str):
            return name
        typed = Path(name).expanduser()  # the same two places, in the same order, as in run.vectors
        return content(next((path for path in (typed, folder / typed) if path.is_file()), typed))

    def coded(target: Any) -> Any:
        file = module_file(str(target).rpartition(".")[0])
        return target if file is None else [target, content(file)]

    for key, rule in rules(schema).items():
        if key in model and (key == "vectors" or rule.kind == "layers"):
            model[key] = hashed(model[key]) if key == "vectors" else changed(model[key], "vectors", hashed)
        if key in model and rule.kind == "layers":
            model[key] = changed(model[key], "_target_", coded)


def _differing(value: Any, schema: type, without: tuple[str, ...]) -> dict[str, Any]:
    return {key: getattr(value, key) for key, rule in rules(schema).items()
            if rule.identity and key not in without and getattr(value, key) != rule.default}


def content_hash(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of a folder's files; of the name where nothing is there."""
    digest = hashlib.sha256()
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.is_file()):
            digest.update(f"{file.relative_to(path)}\0{content_hash(file)}\0".encode())
    elif path.is_file():
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    else:
        digest.update(str(path).encode())
    return digest.hexdigest()


def run_name(config: Config) -> str:
    """``mnist-cnn-adam``: the words chosen (a user's file by its own name), safe as a folder."""
    if config.name:
        return config.name
    path = getattr(config.dataset, "path", None)
    data = Path(path).stem if path else config.dataset.name or config.dataset.kind
    words = [data, config.model.name or config.model.kind, config.optimizer.name or config.optimizer.kind]
    return "-".join(re.sub(r"[^A-Za-z0-9_.]+", "_", str(word)).strip("._") or "x" for word in words)
