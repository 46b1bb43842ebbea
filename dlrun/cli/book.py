"""`dlrun book [NAME ...]`: the books' comparisons; what is missing is run, then printed stands beside measured."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dlrun.config.problem import ConfigError, problem
from dlrun.config.schema.root import Root

if TYPE_CHECKING:
    from dlrun.report.library import Entry

_FLAGS = {"--all": "all", "--tour": "tour", "--write": "write"}
_USAGE = ("dlrun book NAME [profile=quick seeds=3 ...] runs a comparison; --all or --tour run many; --write [into=DIR] "
          "writes experiments/README.md; without a word it lists them")


def main(words: Sequence[str]) -> int:
    from dlrun.config.schema.books import PROFILES
    from dlrun.report.library import entries, entry_of

    flags, names, keys = _sorted(words)
    profile = keys.pop("profile", "quick" if "tour" in flags else "full")
    if profile not in PROFILES:
        raise problem(f"profile={profile}", f"one of {', '.join(PROFILES)} is wanted")
    overrides = [f"{key}={value}" for key, value in keys.items()]
    if "write" in flags:
        return _write(keys)
    if "all" in flags or "tour" in flags:
        chosen = [entry for entry in entries() if entry.comparison and ("all" in flags or entry.book.tour)]
        return _many(chosen, profile, overrides)
    if not names:
        if overrides:
            raise problem(" ".join(["book", *words]), _USAGE)
        return _listed()
    if len(names) > 1:
        return _many([entry_of(name) for name in names], profile, overrides)
    from dlrun.cli.comparison import run_comparison

    return run_comparison(entry_of(names[0]), profile, overrides)


def _sorted(words: Sequence[str]) -> tuple[set[str], list[str], dict[str, str]]:
    """Flags, names and key=value of a command."""
    flags, names, keys = set(), [], {}
    waiting = ""
    for word in words:
        if waiting:
            keys[waiting], waiting = word, ""
        elif word in _FLAGS:
            flags.add(_FLAGS[word])
        elif word == "--profile":
            waiting = "profile"
        elif word.startswith("--profile="):
            keys["profile"] = word.partition("=")[2]
        elif word.startswith("-"):
            raise problem(word, _USAGE)
        elif "=" in word:
            key, _, value = word.partition("=")
            keys[key] = value
        else:
            names.append(word)
    if waiting:
        raise problem(f"--{waiting}", "a word is wanted after it: full or quick")
    return flags, names, keys


def _many(chosen: Sequence[Entry], profile: str, overrides: Sequence[str]) -> int:
    """One comparison after another; one that fails does not stop the others."""
    from dlrun.cli.comparison import run_comparison
    from dlrun.cli.say import say_problems

    failed = []
    for number, entry in enumerate(chosen, 1):
        print(f"\n{'-' * 8} {number} of {len(chosen)}: {entry.name} {'-' * 8}\n", flush=True)
        if entry.book.needs:
            print(f"left out: it needs {entry.book.needs}")
            continue
        try:
            code = run_comparison(entry, profile, overrides)
        except ConfigError as wrong:
            say_problems(wrong.problems, after="this comparison was not started")
            code = 2
        if code in (130, 143):
            return code
        if code:
            failed.append(entry.name)
    print(f"\n{len(chosen) - len(failed)} of {len(chosen)} comparisons without a failure"
          + (f"; look at {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


def _listed() -> int:
    """Every comparison with its state, its cost and what its last verdicts were."""
    from dlrun.cli.comparison import measured_in
    from dlrun.config.places import packaged
    from dlrun.record.folder import read_json
    from dlrun.record.lines import columns, paint
    from dlrun.report.library import entries, judged_of, kept
    from dlrun.report.measured import read_measured

    rows = [["comparison", "what", "rows", "cost", "last verdicts"]]
    for entry in entries():
        if not entry.comparison and not entry.book.needs:
            continue
        here = {profile: read_measured(read_json(path))
                for profile, path in measured_in(Path(Root.output_dir), entry).items()}
        shipped = kept(packaged("experiments"), entry.name)
        found = {**shipped, **here}
        profile = next((name for name in ("full", "quick") if name in found), "")
        verdict = f"needs {entry.book.needs}" if entry.book.needs else "not run yet"
        if profile:
            verdict = f"{profile}: {judged_of(entry, found[profile]).summary()}"
        cost = str((entry.book.cost or {}).get("full", ""))
        rows.append([entry.name, entry.book.title, str(_rows(entry) or ""), cost, verdict])
    lines = columns(rows, right=[2])
    print(paint(lines[0], "bold", sys.stdout))
    print("\n".join(lines[1:]) if len(rows) > 1 else "  none yet: an experiment with `book:` and `sweep:` is one")
    print("\ndlrun book NAME    dlrun book NAME profile=quick    dlrun book --tour (ten of them, in five minutes)")
    return 0


def _rows(entry: Entry) -> int:
    """Rows of the full profile, where the file alone tells them."""
    count = len(entry.sweep.get("rows") or {}) or 1
    for values in (entry.sweep.get("axes") or {}).values():
        if not isinstance(values, list):
            return 0
        count *= len(values)
    return 0 if entry.sweep.get("pairs") else count


def _write(keys: dict[str, str]) -> int:
    """Take the numbers of the runs below output_dir into ``results/`` and make README.md of them all."""
    from dlrun.cli.comparison import measured_in
    from dlrun.record.folder import read_json, write_text
    from dlrun.report.book_readme import readme
    from dlrun.report.library import entries, keep
    from dlrun.report.measured import read_measured

    unknown = [key for key in keys if key not in ("into", "output_dir")]
    if unknown:
        raise problem(f"{unknown[0]}={keys[unknown[0]]}", "--write takes output_dir=RUNS and into=EXPERIMENTS")
    into = Path(keys.get("into", "experiments")).expanduser()
    if not into.is_dir():
        raise problem(f"into={into}", "the folder of the experiments is wanted (experiments/)")
    found = entries()
    for entry in found:
        for path in measured_in(Path(keys.get("output_dir", Root.output_dir)).expanduser(), entry).values():
            print(keep(into, entry.name, read_measured(read_json(path))))
    write_text(into / "README.md", readme(found, into))
    print(into / "README.md")
    return 0
