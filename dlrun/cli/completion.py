"""Completion: of verbs, of their keys and arguments, and, by Hydra, of a run's groups, options and keys."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from dlrun.cli.verb import keys, place, verb, verbs
from dlrun.record.terminal import say


def print_offers(shell: str) -> int:
    """Print what may stand at the end of COMP_LINE, as the shell's script reads it; the exit code."""
    words = os.environ.get("COMP_LINE", "").split(" ")
    words = [word for word in words[1:-1] if word] + words[-1:] if len(words) > 1 else [""]
    say(("\n" if shell == "fish" else " ").join(offers(words)))
    return 0


def offers(words: list[str]) -> list[str]:
    """The completions of the last word; those before it are complete."""
    *before, prefix = words
    if before and before[0] in verbs():
        return list(dict.fromkeys(_of_verb(before[0], before[1:], prefix)))
    found = [] if before else [name for name in verbs() if name.startswith(prefix)]
    if prefix.startswith("-"):
        return found
    return [*found, *overrides_like(" ".join(before), prefix)]


def _of_verb(name: str, before: list[str], prefix: str) -> Iterator[str]:
    kind = verb(name)
    for key, rule in keys(kind).items():
        if prefix.startswith(f"{key}=") and rule.known:
            yield from (word for choice in rule.known if (word := f"{key}={choice}").startswith(prefix))
        elif rule.kind == "flag" and f"--{key}".startswith(prefix) and prefix.startswith("-"):
            yield f"--{key}"
        elif f"{key}=".startswith(prefix):
            yield f"{key}="
    found = place(kind)
    if found is None:
        return
    yield from found[1].offers(before, prefix)


def overrides_like(before: str, prefix: str) -> Iterable[str]:
    """What Hydra offers for a run's override, after those that are typed."""
    from dlrun.cli.hydra_main import hydra_says

    with _line(" ".join(filter(None, ["dlrun", before])) + f" {prefix}"):
        code, text = hydra_says(["-sc", "query=bash"])
    return text.split() if code == 0 else ()


@contextmanager
def _line(line: str) -> Iterator[None]:
    kept = os.environ.get("COMP_LINE")
    os.environ["COMP_LINE"] = line
    try:
        yield
    finally:
        if kept is None:
            del os.environ["COMP_LINE"]
        else:
            os.environ["COMP_LINE"] = kept
