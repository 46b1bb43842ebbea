"""What can be chosen, with its sentence: options from YAML files and kinds from the registry, group by group."""

from __future__ import annotations

from dlrun import registry
from dlrun.config.compose.catalog import sentences
from dlrun.config.schema.root import GROUPS
from dlrun.registry.index import files
from dlrun.registry.sentences import sentence

# Groups that no `group=option` chooses, by their headings.
OTHERS = {"base": "bases", "layer": "layers", "loss": "losses", "metric": "metrics", "callback": "callbacks",
          "launcher": "launchers", "method": "methods", "recorder": "recorders"}
_UNCHANGED = ("early_stop", "augment")  # groups whose plural nobody would type


def headings() -> dict[str, str]:
    """The groups by their headings: ``{"datasets": "dataset", ...}``."""
    chosen = {group if group in _UNCHANGED else f"{group}s": group for group in (*GROUPS, "experiment")}
    return {**chosen, **{plural: group for group, plural in OTHERS.items()}}


def empty(group: str) -> str:
    """What `dlrun list` prints for a group without options: where they come from."""
    return {
        "loss": "none registered beside those of each task.loss; one of yours is taken by  task.loss=NAME allow=module",
        "callback": "none registered; a class of yours is taken by  callbacks=module.Class allow=module",
    }.get(group, f"none yet; a YAML file in ./{group}s is one")


def more(group: str) -> str:
    """What else can be chosen of a group than what is listed; empty where nothing is."""
    if group == "base":
        return ("model.base also takes every classification network of torchvision (resnet50, vgg16 ...), whose "
                "weights are downloaded once, and the folder of a run; dlrun predict and dlrun inspect take a base's "
                "name in place of a run")
    return 'task.metrics also takes those of torchmetrics (pip install "dlrun[metrics]"), and yours' if (
        group == "metric") else ""


def own_options(group: str) -> dict[str, str]:
    """Those of `options_of` that come with dlrun: kinds of packages and of a program's own are left out."""
    outside = {*registry.names(group)} - {*files(group)}
    return {name: said for name, said in options_of(group).items() if name not in outside}


def options_of(group: str) -> dict[str, str]:
    """The names of a group with a sentence each, in alphabetical order."""
    if group in OTHERS:
        return {name: sentence(group, name) for name in registry.names(group)}
    return sentences(group)
