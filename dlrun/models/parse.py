"""Reads a list of layers as YAML gives it; every problem in it is reported at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dlrun.config.problem import ConfigError, Problem, did_you_mean
from dlrun.config.schema.fields import rules
from dlrun.config.schema.quoting import show
from dlrun.config.schema.reader import at, read_value, read_values
from dlrun.models.choices import ACTIVATIONS
from dlrun.models.layer import Layer
from dlrun.models.layers.activation import Activation
from dlrun.models.own_layer import OwnLayer
from dlrun.registry import find, is_known, load, names
from dlrun.registry.sources import module_file

TARGET = "_target_"
_FORM = "a layer is a word, `word: value` or `word: {field: value}`"


def parse(items: Iterable[Any], key: str = "model.layers") -> list[Layer]:
    """The layers of a YAML list.

    An item is a word (``flatten``), a word with its main field (``dense: 128``) or with several
    (``conv: {filters: 32, kernel: 3}``).  Raises ConfigError with the place of each mistake:
    ``model.layers[2].conv.kernal=3``.

    >>> parse([{"conv": {"filters": 32, "activation": "relu"}}, {"pool": 2}, "flatten", {"dense": "out"}])[1].text()
    'max of 2 x 2'
    """
    wrong: list[Problem] = []
    found = _list(items, key, wrong)
    if wrong:
        raise ConfigError(wrong)
    return found


def _list(items: Any, key: str, wrong: list[Problem]) -> list[Layer]:
    if not isinstance(items, (list, tuple)):
        wrong.append(Problem(f"{key}={show(items)}", "expected a list of layers"))
        return []
    found = [_item(item, f"{key}[{place}]", wrong) for place, item in enumerate(items)]
    return [layer for layer in found if layer is not None]


def _item(item: Any, key: str, wrong: list[Problem]) -> Layer | None:
    if isinstance(item, Layer):
        return item
    if isinstance(item, dict) and TARGET in item:
        return _own(item, key, wrong)
    if isinstance(item, str):
        word, value = item, None
    elif isinstance(item, dict) and len(item) == 1:
        (word, value), = item.items()
    else:
        wrong.append(Problem(f"{key}={show(item)}", _FORM))
        return None
    if word == "activation" and isinstance(value, dict) and "kind" in value:  # activation: {kind: elu, alpha: 0.5}
        word, value = value["kind"], {field: value[field] for field in value if field != "kind"}
    if isinstance(word, str) and word not in ACTIVATIONS:
        is_known("layer", word)  # else the modules that the command allows are imported: they may register it
    kinds = names("layer")
    plain = [name for name in ACTIVATIONS if name not in kinds]  # activations without a parameter
    if word in plain and not value:
        return Activation(word)
    if word == "activation" and isinstance(value, str) and value in kinds and find("layer", value).is_activation:
        word, value = value, None
    if word not in kinds:
        known = "takes no fields" if word in plain else f"no such layer{did_you_mean(str(word), (*kinds, *plain))}"
        wrong.append(Problem(f"{key}={item if isinstance(item, str) else word}", known))
        return None
    return _layer(find("layer", word), value, f"{key}.{word}", wrong)


def _own(item: dict[str, Any], key: str, wrong: list[Problem]) -> Layer | None:
    """A user's class, a spec or a torch.nn.Module; that it may be imported was checked before."""
    target, args = item[TARGET], {name: value for name, value in item.items() if name != TARGET}
    module, _, name = str(target).rpartition(".")
    if not module or module_file(module) is None:
        reason = f"no module {module} is found here or on PYTHONPATH" if module else "expected module.Class"
        wrong.append(Problem(f"{key}.{TARGET}={target}", reason))
        return None
    try:
        kind = load(target)
    except Exception as error:  # a user's class may raise anything; the message names it
        reason = f"{module} defines no {name}" if isinstance(error, AttributeError) else (
            f"importing it failed: {type(error).__name__}: {error}")
        wrong.append(Problem(f"{key}.{TARGET}={target}", reason))
        return None
    if isinstance(kind, type) and issubclass(kind, Layer):
        if not hasattr(kind, "kind"):  # it is not registered
            kind.kind = name
        return _layer(kind, args, f"{key}.{name}", wrong)
    return OwnLayer(target, args)


def _layer(schema: type[Layer], value: Any, key: str, wrong: list[Problem]) -> Layer | None:
    """The layer of a mapping of fields, or of its main field's value alone, which stands at `key` itself."""
    count, known = len(wrong), rules(schema)
    bare = not isinstance(value, dict) and value is not None
    if bare and not schema.main:
        reason = f"{schema.kind} takes {', '.join(known)} as fields" if known else f"{schema.kind} takes no value"
        wrong.append(Problem(f"{key}={show(value)}", reason))
        return None
    given = {schema.main: value} if bare else value or {}
    fields: dict[str, Any] = {}
    for field, rule in known.items():
        place = key if bare and field == schema.main else at(key, field)
        if rule.kind == "layers" and field in given:
            fields[field] = _inner(field, given[field], place, wrong)
        elif bare and field == schema.main:
            fields[field] = read_value(rule, value, place, wrong)
    rest = {field: rule for field, rule in known.items() if field not in fields}
    fields |= read_values(rest, {field: entry for field, entry in given.items() if field not in fields}, key, wrong,
                          unknown=lambda field: did_you_mean(field, known)
                          or f"; {schema.kind} has {', '.join(known) or 'none'}")
    if len(wrong) > count:
        return None
    layer = schema(**fields)
    wrong += [Problem(f"{key}.{field}={show(getattr(layer, field))}", expected) for field, expected in layer.wrong()]
    return layer if len(wrong) == count else None


def _inner(field: str, entry: Any, key: str, wrong: list[Problem]) -> tuple[Any, ...]:
    if field != "branches":
        return tuple(_list(entry, key, wrong))
    if not isinstance(entry, (list, tuple)) or not entry:
        wrong.append(Problem(f"{key}={show(entry)}", "expected a list of lists of layers"))
        return ()
    return tuple(tuple(_list(branch, f"{key}[{place}]", wrong)) for place, branch in enumerate(entry))

