"""What completion offers for the positional arguments of verbs: run folders, groups, experiments, overrides.

Each takes the arguments before, which are complete, and the beginning of the one to complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from dlrun.config.schema.root import Root


def run_folders(before: Sequence[str], prefix: str) -> Iterable[str]:
    """Run folders and sweeps as far as they are typed, a level at a time: ``runs/digits-cnn-adam/``."""
    from dlrun.report.find import is_run

    typed = prefix or f"{Root.output_dir}/"
    parent = Path(typed) if typed.endswith("/") else Path(typed).parent
    if not parent.is_dir():
        return
    for folder in sorted(parent.iterdir()):
        name = str(folder)
        if folder.is_dir() and not folder.name.startswith(".") and name.startswith(prefix):
            yield name if is_run(folder) else f"{name}/"


def run_then_method(before: Sequence[str], prefix: str) -> Iterable[str]:
    """A run's folder, then the methods of `dlrun inspect`."""
    from dlrun.registry import names

    if before:
        return [name for name in names("method") if name.startswith(prefix)] if len(before) == 1 else ()
    return run_folders(before, prefix)


def experiments(before: Sequence[str], prefix: str) -> Iterable[str]:
    """Names of experiments."""
    from dlrun.config.compose.catalog import options

    return [name for name in options("experiment") if name.startswith(prefix)]


def overrides(before: Sequence[str], prefix: str) -> Iterable[str]:
    """What Hydra offers for a run: groups, their options, keys."""
    from dlrun.cli.completion import overrides_like

    return overrides_like(" ".join(before), prefix)


def groups(before: Sequence[str], prefix: str) -> Iterable[str]:
    """The groups that ``dlrun list`` knows, in the plural."""
    from dlrun.cli.group_options import headings

    return [name for name in headings() if name.startswith(prefix)]


