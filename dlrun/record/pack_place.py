"""What a run's folder says of its place in a pack: in provenance.json, `pack` of each start that was in one.

`slots` and `slot` are what the pack began with.  `compacted` lists what this start has had since, as members have ended
and the others went on in fewer slots: from which `step` on, how many `slots`, which `slot`.  Where it is missing the
pack is one of an older dlrun's, which keeps all its slots.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlrun.record import manifest
from dlrun.record.folder import RunFolder, json_text, write_bytes, write_text
from dlrun.record.stored import Damaged

COMPACTED = "compacted"


def last_place(origin: Mapping[str, Any]) -> dict[str, Any]:
    """The place that the last start of a run had, by its provenance; {} where it was in no pack."""
    found = [origin, *origin.get("resumed", [])][-1].get("pack")
    return found if isinstance(found, dict) else {}


def is_fixed(place: Mapping[str, Any]) -> bool:
    """Whether a pack keeps the slots of those that have ended."""
    return COMPACTED not in place


def note_place(folder: RunFolder, step: int, slots: int, slot: int) -> None:
    """Note which place of so many a member of a pack has from a step on; killed at any moment, manifest and file agree.
    """
    name, old, here = folder.provenance.name, folder.provenance.read_bytes(), folder.origin()
    last_place(here).setdefault(COMPACTED, []).append({"step": step, "slots": slots, "slot": slot})
    new = json_text(here).encode()
    write_text(folder.manifest, manifest.text(folder.path, manifest.START, {name: new}, {name: old}), sync=False)
    write_bytes(folder.provenance, new, sync=False)


def ended_in(folder: RunFolder, slots: int, slot: int) -> int | None:
    """After how many steps the training of a folder came to its end in this place; None where it did not, or elsewhere.

    One that has diverged did not; one whose test loss alone is NaN did.
    """
    try:
        result, place = folder.result(), last_place(folder.origin())
    except (FileNotFoundError, Damaged):
        return None
    if result is None or (place.get("slots"), place.get("slot")) != (slots, slot):
        return None
    return steps_to_end(result)


def steps_to_end(result: Mapping[str, Any]) -> int | None:
    """After how many steps the training of a result came to its end; None where it did not."""
    whole = result["status"] in ("finished", "stopped") or result["status"] == "diverged" and "between" not in result
    return int(result["steps"]) if whole else None
