"""`dlrun doctor`: what a report of a bug needs, and what is wrong with an installation."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypedDict

from dlrun.cli.machine_facts import LEAST_FREE, FolderAnswer, PackageAnswer
from dlrun.cli.verb import Answer, Verb
from dlrun.config.schema.fields import flag, text
from dlrun.config.schema.root import Root
from dlrun.record.terminal import say
from dlrun.registry import register


class WrongAnswer(TypedDict):
    """Something that keeps dlrun from working as it should."""

    what: str
    why: str


class DoctorAnswer(TypedDict):
    """The installation and the machine."""

    dlrun: Annotated[str, "Its release, commit and whether that was changed."]
    python: str
    packages: list[PackageAnswer]
    processor: Annotated[dict[str, str | int | float | None], "Platform, processor, cores, load and memory."]
    devices: Annotated[list[str], "What torch can train on; empty with import_times=false."]
    data_folders: list[str]
    data_sets: Annotated[list[str], "Standard data sets that have files there."]
    data_sets_missing: Annotated[list[str], "Those that have none there."]
    folders: list[FolderAnswer]
    environment: Annotated[dict[str, str], "Variables that change what dlrun does."]
    import_seconds: Annotated[dict[str, float], "What each package takes to load after those before it."]
    wrong: list[WrongAnswer]


@register("verb", "doctor")
@dataclass(frozen=True)
class Doctor(Verb):
    """What a report of a bug needs: versions, devices, data, folders, import times; and what is wrong.

    The exit code is 1 where something is wrong.
    """

    output_dir: str = text(Root.output_dir, "The folder of all runs.")
    import_times: bool = flag(True, "Load torch and the others, which takes some seconds, to see devices and times.")
    synonyms: ClassVar[dict[str, str]] = dict.fromkeys(("diagnose", "version", "versions", "env", "about"), "doctor")
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun doctor", "everything, in a few seconds"),
        ("dlrun doctor import_times=false", "without loading torch"),
    )
    answers: ClassVar[Any] = DoctorAnswer

    def answer(self) -> Answer:
        found = _facts(Path(self.output_dir).expanduser(), self.import_times)
        return Answer(lambda: found, partial(_show, found), 1 if found["wrong"] else 0)


def _facts(output_dir: Path, load: bool) -> DoctorAnswer:
    import os

    from dlrun.cli import machine_facts as facts
    from dlrun.config.places import cache_dir, data_dir
    from dlrun.data.paths import roots

    seconds, failed = facts.loading() if load else ({}, {})
    places = list(dict.fromkeys(roots(str(data_dir(None)))))
    sets, missing = facts.data_sets(places)
    known = facts.packages()
    folders = [facts.folder("runs", output_dir), facts.folder("cache", cache_dir())]
    wrong: list[WrongAnswer] = [{"what": name, "why": why}
                                for name, why in (*facts.wrong_packages(known), *failed.items())]
    for one in folders:
        if not one["writable"]:
            wrong.append({"what": one["folder"], "why": f"the folder of the {one['use']} can't be written"})
        elif one["free_bytes"] < LEAST_FREE:
            wrong.append({"what": one["folder"], "why": f"{one['free_bytes'] / 1e6:,.0f} MB are free"})
    named = os.environ.get("DLRUN_DATA")
    if named and not Path(named).expanduser().is_dir():
        wrong.append({"what": f"DLRUN_DATA={named}", "why": "no such folder"})
    variables = {name: value for name, value in sorted(os.environ.items())
                 if name.startswith(("DLRUN_", "OMP_", "MKL_", "CUDA_", "CUBLAS_", "PYTORCH_", "TORCH_"))}
    return {"dlrun": _own(), "python": f"{platform.python_version()} ({sys.executable})", "packages": known,
            "processor": facts.processor(), "devices": facts.devices() if "torch" in seconds else [],
            "data_folders": list(map(str, places)), "data_sets": sets, "data_sets_missing": missing,
            "folders": folders, "environment": variables, "import_seconds": seconds, "wrong": wrong}


def _own() -> str:
    """Release, commit, changes, and where it lies."""
    from importlib import metadata

    import dlrun
    from dlrun.record.checkout import checkout_state

    place = Path(dlrun.__file__).parent
    state = checkout_state(place) or {}
    commit = f", commit {state['commit'][:12]}" if state.get("commit") else ""
    changed = ", changed" if state.get("diff") else ""
    return f"{metadata.version('dlrun')}{commit}{changed} ({place})"


def _show(found: DoctorAnswer) -> None:
    from dlrun.record.palette import BAD
    from dlrun.record.terminal import columns, paint

    def head(text: str) -> None:
        say(paint(text, "bold", sys.stdout))

    def rows(lines: list[list[str]]) -> None:
        say("\n".join(columns(lines)) + "\n")

    head("versions")
    there = [one for one in found["packages"] if one["version"] or not one["extra"]]
    rows([["dlrun", found["dlrun"]], ["python", found["python"]],
          *([one["name"], one["version"] or "not installed"] for one in there)])
    extras = [f"{one['name']} ({one['extra']})" for one in found["packages"] if one not in there]
    if extras:
        say(f"  not installed: {', '.join(extras)}\n")
    head("machine")
    about = dict(found["processor"])
    for key in ("memory_bytes", "free_memory_bytes"):
        size = about.pop(key)
        about[key.removesuffix("_bytes")] = "unknown" if size is None else f"{float(size) / 1e9:.1f} GB"
    rows([[key.replace("_", " "), str(value)] for key, value in about.items()]
         + [["device", device] for device in found["devices"]])
    head("data")
    rows([["looked for in", " and ".join(found["data_folders"])],
          ["found", ", ".join(found["data_sets"]) or "none"],
          ["not there", ", ".join(found["data_sets_missing"]) or "none"]])
    head("folders")
    rows([[one["use"], one["folder"], "" if one["writable"] else "cannot be written",
           f"{one['free_bytes'] / 1e9:.1f} GB free"] for one in found["folders"]])
    if found["environment"]:
        head("environment")
        rows([[name, value] for name, value in found["environment"].items()])
    if found["import_seconds"]:
        head("loading, in seconds")
        rows([[name, f"{seconds:.2f}"] for name, seconds in found["import_seconds"].items()])
    if not found["wrong"]:
        say("nothing is wrong here")
    for one in found["wrong"]:
        say(paint(f"{one['what']}: {one['why']}", BAD, sys.stdout))
