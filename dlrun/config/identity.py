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

from dlrun import registry
from dlrun.config.places import data_dir, user_file
from dlrun.config.schema.fields import named_file, rules
from dlrun.config.schema.groups import TARGET, of_target
from dlrun.config.schema.kfold import KFold
from dlrun.config.schema.layer_lists import changed
from dlrun.config.schema.root import GROUPS, Config, Root
from dlrun.registry.sources import code_of, module_file

SCHEMA_VERSION = 1  # raised when the meaning of a value changes: old runs are then other runs
DIGITS = 10
Content = Callable[[Path], str]
Revision = Callable[[Any, Config], int]
_LENGTH = ("epochs", "max_steps", "max_seconds", "test_at")  # what only says how far a run goes


def identity(config: Config, without: tuple[str, ...] = (), content: Content | None = None,
             revision: Revision | None = None) -> str:
    """The run's id: ten hexadecimal digits.  A plan of many hands in a `content_hash` and `revision_of` that remember.
    """
    found = essence(config, without, content, revision)
    text = _text([SCHEMA_VERSION, found])
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def _text(found: Any) -> str:
    try:
        return json.dumps(found, sort_keys=True, separators=(",", ":"))
    except TypeError:  # arguments of a class of one's own: {1: a, b: c} sorts as texts alone
        return json.dumps(_named_by_texts(found), sort_keys=True, separators=(",", ":"))


def _named_by_texts(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_named_by_texts(member) for member in value]
    return {str(key): _named_by_texts(member) for key, member in value.items()} if isinstance(value, dict) else value


def prefix_identity(config: Config) -> str | None:
    """The id of "this run, however long"; None where the steps depend on how long it will be.

    A finished run with the same prefix and fewer epochs has taken exactly the same steps.
    """
    if config.schedule.needs_length or config.max_steps is not None or config.max_seconds is not None:
        return None
    return identity(config, without=_LENGTH)


def essence(config: Config, without: tuple[str, ...] = (), content: Content | None = None,
            revision: Revision | None = None) -> dict[str, Any]:
    """The part of a configuration that the identity is a hash of.

    Code from outside dlrun stands in it by its source, or by its package's version; without such code there is no key
    `code`.
    """
    content = content or _content_hash
    folder = data_dir(config.data_dir)
    code: dict[str, str] = {}

    def coded(target: Any) -> Any:
        file = module_file(str(target).rpartition(".")[0])
        return target if file is None else [target, content(file)]

    plain = differing(config, Root, without)
    if config.callbacks:
        from dlrun.config.callbacks import callback_source

        plain["callbacks"] = [[name, callback_source(name, content)] for name in config.callbacks]
    _add_monitors(code, config, content)
    if config.phases:
        plain["phases"] = [_held(differing(phase, type(phase)), type(phase), config, code, content)
                           for phase in config.phases]
    plain["validation"] = dataclasses.astuple(config.validation) if config.validation else None
    if isinstance(config.validation, KFold):
        plain["validation"] = config.validation.essence()
    for group in GROUPS:
        value = getattr(config, group)
        schema = type(value)
        number = (revision or revision_of)(value, config)
        plain[group] = {"kind": value.kind, **({"revision": number} if number != 1 else {}),
                        **_held(differing(value, schema), schema, config, code, content)}
        for key, rule in rules(schema).items():
            if rule.kind == "layers" and plain[group].get(key):
                plain[group][key] = changed(_layers(plain[group][key], folder, content, code), TARGET, coded)
            elif rule.file and getattr(value, key):
                plain[group][key] = _hashed(getattr(value, key), folder, content)
            elif rule.group and (name := getattr(value, key)) not in rule.choices and (
                    rule.kind == "choice" or registry.is_known(rule.group, name)):  # a text may name something else
                _add(code, registry.find(rule.group, name), rule.group, name, content)
        plain[group].update(value.hashed(lambda path: content(user_file(path, folder))))
        if not of_target(value):  # a user's class has its code's hash among its values
            _add(code, schema, group, value.kind, content)
    return {**plain, "code": code} if code else plain


def _content_hash(path: Path) -> str:
    from dlrun.config.content import content_hash  # most runs name no file

    return content_hash(path)


def revision_of(value: Any, config: Config) -> int:
    """The revision of a kind, raised when the same values mean something else than before: for all of its runs, or for
    those whose files are read otherwise than before."""
    found: int = max(value.revision, value.read_revision(config))
    return found


def differing(value: Any, schema: type, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """The values of a schema's object that can change a result and are not its defaults, those of `without` aside."""
    return {key: getattr(value, key) for key, rule in rules(schema).items()
            if rule.identity and key not in without and getattr(value, key) != rule.unhashed}


def _held(values: dict[str, Any], schema: type, config: Config, code: dict[str, str],
          content: Content) -> dict[str, Any]:
    """The values with mappings whose order counts as they are hashed; adds the code of kinds that mappings name."""
    found = dict(values)
    for key, rule in rules(schema).items():
        value = values.get(key)
        if not isinstance(value, dict):
            continue
        if rule.ordered and list(value) != sorted(value, key=str):  # a mapping is hashed in sorted order
            found[key] = list(value.items())
        elif rule.holds:
            kind = str(value.get("kind", ""))
            known = registry.is_known(rule.holds, kind)
            held = registry.find(rule.holds, kind) if known else type(getattr(config, rule.holds))
            if known:
                _add(code, held, rule.holds, kind, content)
            found[key] = _held(value, held, config, code, content)
    return found


def _hashed(name: Any, folder: Path, content: Content) -> Any:
    """The content of the file that a value names, of several that of each."""
    if isinstance(name, dict):
        return {key: _hashed(one, folder, content) for key, one in name.items()}
    if isinstance(name, (list, tuple)):
        return [_hashed(one, folder, content) for one in name]
    return content(user_file(name, folder)) if isinstance(name, str) else name


def _layers(value: Any, folder: Path, content: Content, code: dict[str, str]) -> Any:
    """A list of layers with each file's content in place of its name; adds the code of layers from outside."""
    if isinstance(value, (list, tuple)):
        return [_layers(item, folder, content, code) for item in value]
    words = list(value) if isinstance(value, dict) else [value]
    if len(words) != 1 or not isinstance(words[0], str) or not registry.is_known("layer", words[0]):
        return value
    word = words[0]
    schema = registry.find("layer", word)
    _add(code, schema, "layer", word, content)
    if not isinstance(value, dict):
        return value
    if not isinstance(value[word], dict):  # the layer's main field alone: a residual's inner layers
        return {word: _layers(value[word], folder, content, code) if isinstance(value[word], (list, tuple))
                else value[word]}
    inner = {}
    for key, entry in value[word].items():
        rule = rules(schema).get(key)
        if rule is not None and rule.kind == "layers":
            inner[key] = _layers(entry, folder, content, code)
        else:
            inner[key] = _hashed(entry, folder, content) if rule is not None and rule.file else entry
    return {word: inner}


def _add(code: dict[str, str], kind: type, group: str, name: str, content: Content) -> None:
    found = code_of(kind, group, name, content)
    if found:
        code[f"{group}.{name}"] = found


def _add_monitors(code: dict[str, str], config: Config, content: Content) -> None:
    """The code of metrics from outside that a run is stopped, kept or slowed down by; one that measures changes no bit.
    """
    for monitor in (config.early_stop.monitor, config.schedule.watched):
        name = (monitor or "").partition("/")[2]
        if name in config.task.metrics:
            try:
                _add(code, registry.find("metric", name), "metric", name, content)
            except registry.UnknownKind:
                continue  # torchmetrics has it, by name


def run_name(config: Config) -> str:
    """``mnist-cnn-adam``: the words chosen (a user's file by its own name), safe as a folder."""
    if config.name:
        return config.name
    read = named_file(type(config.dataset), vars(config.dataset))
    data = Path(read).stem if read else config.dataset.name or config.dataset.kind
    words = [data, config.model.name or config.model.kind, config.optimizer.name or config.optimizer.kind]
    return "-".join(re.sub(r"[^A-Za-z0-9_.]+", "_", str(word)).strip("._") or "x" for word in words)
