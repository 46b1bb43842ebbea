"""Options and keys that do not exist, with the nearest that do.  Knows no Hydra."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dlrun.config.compose.catalog import is_group, is_kind_option, options
from dlrun.config.compose.yaml_file import path_text
from dlrun.config.flat import flatten
from dlrun.config.places import config_dirs
from dlrun.config.problem import Problem, containing, did_you_mean, nearest
from dlrun.config.schema.fields import rules
from dlrun.config.schema.groups import TARGET
from dlrun.config.schema.root import GROUPS, Root
from dlrun.registry import OPEN, is_known, kinds

GROUP_KEYS = (*GROUPS, "experiment")
_OTHER_WORDS = {  # what else people call our options
    "mlp": "dense", "fc": "dense", "logistic": "linear", "convolutional": "cnn", "conv": "cnn",
    "convnet2d": "convnet", "off": "none", "no": "none", "false": "none", "null": "none",
    "fashion-mnist": "fashion_mnist",
    "fashionmnist": "fashion_mnist", "cifar-10": "cifar10", "images": "image_folder", "imagefolder": "image_folder",
    "reduce_on_plateau": "plateau", "reducelronplateau": "plateau", "cosine_annealing": "cosine", "steplr": "step",
}
_OPEN = ("free", "mapping", "layers", "integers", "numbers", "texts")  # kinds that have members of their own


def unknown_option(group: str, option: str) -> str:
    """Why `option` cannot be chosen in `group`; empty if it can."""
    known = options(group)
    if option in known or is_kind_option(group, option) or (group == "experiment" and option == "null"):
        return ""
    # An unknown name lets the modules that the command allows be imported: they may register it.
    if group in GROUPS and option not in (OPEN, group) and is_known(group, option):
        return ""
    if group == "experiment" and _bare(option) in known:
        return f"an experiment is named without folder and ending:  experiment={_bare(option)}"
    if group == "dataset" and (reads := read_by(option)):
        return reads
    near = [_OTHER_WORDS[option.lower()]] if _OTHER_WORDS.get(option.lower()) in known else nearest(option, known)
    if near:
        return f"no such {group}; did you mean  {group}={near[0]}"
    if group == "experiment":
        return f"no such experiment{containing(option, known)}; `dlrun list experiments` names them"
    return f"no such {group}; there are: {', '.join(known)}"


def read_by(file: str) -> str:
    """The words that read a file of the user's own, by its ending; empty where none do."""
    suffix = Path(file).suffix
    reading = {name: kind for name, kind in kinds("dataset").items() if suffix in kind.suffixes} if suffix else {}
    surely = [name for name, kind in reading.items() if kind.claims(Path(file))]
    name = next(iter([*surely, *reading]), "")
    return f"a file of your own is read by  dataset={name} dataset.path={file}" if name else ""


def _bare(option: str) -> str:
    return option.removeprefix("./").removeprefix("experiments/").removesuffix(".yaml")


def shadowed(group: str, option: str) -> str:
    """Why a user's file would not be read: dlrun has one of that name, and an earlier folder wins."""
    places = [] if group == "experiment" else [folder / group / f"{option}.yaml" for folder in config_dirs()]
    files = [file for file in places if file.is_file()]
    if files and is_kind_option(group, option):
        return f"{path_text(files[0])} would not be read, {group}={option} is dlrun's own; rename it"
    if len(files) < 2:
        return ""
    return f"{path_text(files[1])} would not be read, {group}={option} is in {path_text(files[0].parent)}; rename it"


def known_keys(plain: dict[str, Any]) -> list[str]:
    """The dotted keys of a configuration that may be set: its leaves, and the inner nodes below its groups."""
    return list(flatten(plain)) + [key for key, _ in _branches(plain)]


def unknown_key(key: str, given: str, known: Sequence[str], plain: dict[str, Any]) -> Problem | None:
    """The problem of the override `given` whose key does not exist (or cannot have members); None if it may be set.

    `known` are the dotted keys of this configuration, `plain` is its mapping.
    """
    if key in known or is_group(key) or key.split(".")[0] == "hydra":
        return None
    parts = key.split(".")
    for depth in range(len(parts) - 1, 0, -1):
        parent = ".".join(parts[:depth])
        if parent in known:
            return _member(given, parent, parts[depth], plain)
    from dlrun.config.check.names import elsewhere, meant

    value = given.split("=", 1)[-1]
    group = parts[0]
    own = isinstance(plain.get(group), dict) and TARGET in plain[group]  # a class of the user's
    if group in GROUPS and not own:
        kinds = elsewhere(group, parts[1], str(plain.get(group, {}).get("kind"))) if len(parts) == 2 else []
        if kinds:
            name = plain[group].get("name") or plain[group].get("kind")
            return Problem(given, f"{group} {name} has no such key; it belongs to {_these(group, kinds)}")
    near = meant(key, [*known, *GROUP_KEYS])
    more = f"; another argument of your class is added with a plus:  +{given}" if own else ""
    if near:
        return Problem(given, f"no such key; did you mean  {near}={value}{more}")
    if group in GROUPS:
        name = plain.get(group, {}).get("name") or plain.get(group, {}).get("kind") or ""
        keys = ", ".join(k.split(".", 1)[1] for k in known if k.startswith(group + ".") and k.count(".") == 1
                         and not k.endswith((".name", ".kind", TARGET)))
        return Problem(given, f"{group} {name} has no such key; it has: {keys}{more}")
    return Problem(given, f"no such key{did_you_mean(group, GROUP_KEYS)}; `dlrun explain` shows them all")


def _these(group: str, kinds: Sequence[str]) -> str:
    return ", ".join(f"{group}={kind}" if kind in options(group) else kind for kind in kinds)


def _member(given: str, parent: str, member: str, plain: dict[str, Any]) -> Problem | None:
    value: Any = plain
    for part in parent.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, list):
        if member.isdigit() and int(member) < len(value):
            return None
        members = f"{parent}.0 to {parent}.{len(value) - 1}" if len(value) > 1 else f"{parent}.0"
        return Problem(given, f"{parent} is a list of {len(value)} here; it has {members if value else 'no members'}; "
                       f"set it whole:  {parent}=[...]")
    if parent == "validation" and not isinstance(value, dict):
        return Problem(given, "validation is a single value here; set it whole:  "
                       f"validation={{{member}: {given.split('=', 1)[-1]}}}")
    root = rules(Root).get(parent)
    if root is not None and root.kind in _OPEN or parent.split(".")[0] in GROUPS:
        shown = "a single value" if not isinstance(value, dict) else "a mapping"
        return Problem(given, f"{parent} is {shown} here; set it whole:  {parent}=...")
    return Problem(given, f"{parent} is a single value; it has no {member}")


def _branches(mapping: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The inner nodes of a nested mapping, groups aside (a group is set by its option)."""
    for key, value in mapping.items():
        if isinstance(value, dict) and value:
            if prefix:
                yield f"{prefix}{key}", value
            yield from _branches(value, f"{prefix}{key}.")
