"""How a run begins: what from, and what its folder says of it (config.yaml, provenance.json)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from dlrun.assembly.machine import Machine, hardware
from dlrun.config.identity import prefix_identity
from dlrun.config.problem import problem
from dlrun.config.schema.root import Config
from dlrun.data.form import BYTE_PAIRS
from dlrun.data.inspection import not_compared
from dlrun.data.prepared import PreparedData
from dlrun.record.checkout import diff_text
from dlrun.record.folder import RunFolder, write_bytes, write_json, write_manifest, write_text, yaml_text
from dlrun.record.provenance import code_text, extend_code, packages, provenance

if TYPE_CHECKING:
    from dlrun.record.remarks import Remark


@dataclass(frozen=True)
class Start:
    """`checkpoint` is loaded before training (None for nothing); `run_id` is the id it was written under.

    `stored` is the provenance of the first start, for what has to stay as it was (threads); `note` tells the user.
    Of a fork `parent` is the configuration of the run that it begins from, `lineage` what provenance says of it.
    """

    checkpoint: Path | None = None
    run_id: str | None = None
    stored: dict[str, Any] | None = None
    note: str = ""
    parent: Config | None = None
    lineage: dict[str, Any] | None = None


def versions() -> dict[str, str]:
    """The versions beside dlrun's own that decide a run's bits."""
    return {"torch": str(torch.__version__)}


def _of_data(prepared: PreparedData) -> dict[str, str]:
    """The version of the library that a vocabulary was learned by."""
    if prepared.vocabulary is None or prepared.vocabulary.unit != BYTE_PAIRS:
        return {}
    from dlrun.data.tokenizer import version

    return {"tokenizers": version()}


def write_header(config: Config, prepared: PreparedData, folder: RunFolder, run_id: str, machine: Machine, start: Start,
                 command: Sequence[str] | None, remarks: Sequence[Remark], **more: Any) -> None:
    """config.yaml and provenance.json; a resumed run adds to the list of its starts and keeps the first.

    `remarks` are those on the data.
    """
    found: dict[str, Any] = {"remarks": [remark.stored() for remark in remarks]} if remarks else {}
    if why := not_compared(prepared):
        found["not_compared"] = why
    write_text(folder.config, yaml_text(config.plain), sync=False)
    if config.allow:  # most runs have no code of the user's own
        from dlrun.config.own_code import OWN_CODE, own_code

        if code := own_code(config):
            more = {**more, OWN_CODE: code}
    here = provenance({
        "id": run_id, "prefix": prefix_identity(config), "test_at": list(config.test_at), "seed": config.seed,
        "device": machine.line, "hardware": hardware(config.device), "threads": machine.threads, **more,
        "data": {"hash": prepared.hash, "files": prepared.files, "label": prepared.label, **found},
    }, versions={**versions(), **_of_data(prepared)}, command=command)
    own = start.stored
    if own and start.run_id == run_id:
        named = ["started", "device", "host", "versions"]
        if "pack" in here or "pack" in own:  # other slots, or none, give other last bits: each stretch says its own
            named += [name for name in ("speed_path", "pack") if name in here]
        elif here.get("speed_path") != own.get("speed_path"):
            named.append("speed_path")
        extend_code(RunFolder(folder.run).code)
        again = own.get("resumed", []) + [{name: here[name] for name in named}]
        here = {**own, "resumed": again}
    else:
        if start.lineage is not None:
            here["fork"] = start.lineage
        elif start.run_id not in (None, run_id):
            here["continues"] = start.run_id
        _write_code(folder, here["code"])
    # A checkpoint that is there already needs it; the first one of a run waits for it.
    write_json(folder.provenance, here, sync=bool(own) and start.run_id == run_id)
    write_manifest(folder)


def _write_code(folder: RunFolder, code: dict[str, Any]) -> None:
    """What is not committed, the packages, the files that decide numbers; a fold's are those of its run."""
    if folder.inside:
        return
    for place, state in code.items():
        if text := diff_text(state):
            write_bytes(folder.changes(place), text, sync=False)
    write_text(folder.packages, packages(), sync=False)
    write_text(folder.code, code_text(), sync=False)


def notes_of_start(config: Config, prepared: PreparedData, start: Start) -> list[str]:
    """What a resumed run has to say; raises ConfigError where its data is no longer what it was."""
    stored = start.stored or {}
    chosen, before = config.threads, stored.get("threads")
    notes = [start.note] if start.note else []
    if data_changed(prepared, start):
        raise problem(f"dataset={config.dataset.name}",
                      "the data has changed since this run began; force=true trains it again")
    if chosen != "auto" and before not in (None, chosen):
        notes.append(f"threads={chosen} is not taken: the run began with {before}, and others give other bits")
    notes += filter(None, [_other("torch", stored.get("versions", {}).get("torch"), versions()["torch"])])
    return notes


def other_path(start: Start, speed_path: str) -> str:
    """What a resumed run has to say of a way of taking steps that is not the one it began with; "" where it is."""
    return _other("speed_path", (start.stored or {}).get("speed_path"), speed_path)


def _other(what: str, then: str | None, now: str) -> str:
    if then in (None, now):
        return ""
    return f"the run began with {what} {then}, now it is {now}: its bits may differ from here on"


def data_changed(prepared: PreparedData, start: Start) -> bool:
    """Whether the data is other than that of the first start."""
    return bool((start.stored or {}).get("data", {}).get("hash", prepared.hash) != prepared.hash)
