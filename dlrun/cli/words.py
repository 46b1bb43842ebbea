"""What can be chosen, with its sentence: options from YAML files and kinds from the registry, group by group."""

from __future__ import annotations

from dlrun import registry
from dlrun.config.compose.catalog import sentences
from dlrun.config.schema.root import GROUPS
from dlrun.registry.index import files

# Groups that no `group=word` chooses, by what a heading says; a group that has no kinds yet is left out.
OTHERS = {"layer": "layers", "metric": "metrics", "callback": "callbacks", "launcher": "launchers"}
_UNCHANGED = ("early_stop", "augment")  # words that have no plural anybody would type


def headings() -> dict[str, str]:
    """The groups by their headings: ``{"datasets": "dataset", ...}``."""
    chosen = {group if group in _UNCHANGED else f"{group}s": group for group in (*GROUPS, "experiment")}
    return {**chosen, **{plural: group for group, plural in OTHERS.items() if registry.names(group)}}


def own_words(group: str) -> dict[str, str]:
    """Those of `words` that come with dlrun: kinds of packages and of a program's own are left out."""
    outside = {*registry.names(group)} - {*files(group)}
    return {name: sentence for name, sentence in words(group).items() if name not in outside}


def words(group: str) -> dict[str, str]:
    """The names of a group with a sentence each, in alphabetical order."""
    if group in OTHERS:
        return {name: registry.sentence(group, name) for name in registry.names(group)}
    return sentences(group)
