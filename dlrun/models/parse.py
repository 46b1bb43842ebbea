"""Reads a list of layers as YAML gives it; every problem in it is reported at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dlrun.config.problem import ConfigError, Problem, did_you_mean
from dlrun.config.schema.fields import MISSING, rules
from dlrun.models.layer import Layer
from dlrun.models.layers.activation import Activation
from dlrun.models.own_layer import OwnLayer
from dlrun.models.words import ACTIVATIONS
from dlrun.registry import find, load, names
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
        wrong.append(Problem(f"{key}={items}", "expected a list of layers"))
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
        wrong.append(Problem(f"{key}={item}", _FORM))
        return None
    if word == "activation" and isinstance(value, dict) and "kind" in value:  # activation: {kind: elu, alpha: 0.5}
        word, value = value["kind"], {field: value[field] for field in value if field != "kind"}
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
        return _layer(kind, args, f"{key}.{name}", wrong)
    return OwnLayer(target, args)


def _layer(schema: type[Layer], value: Any, key: str, wrong: list[Problem]) -> Layer | None:
    count = len(wrong)
    fields = rules(schema)
    bare = not isinstance(value, dict)
    if value is None:
        value = {}
    elif bare:
        if not schema.main:
            known = f"{schema.kind} takes {', '.join(fields)} as fields" if fields else f"{schema.kind} takes no value"
            wrong.append(Problem(f"{key}={value}", known))
            return None
        value = {schema.main: value}
    given = {}
    for field, entry in value.items():
        place = key if bare else f"{key}.{field}"
        if field not in fields:
            wrong.append(Problem(f"{key}.{field}={entry}", f"{schema.kind} has no such field"
                                 + (did_you_mean(str(field), fields) or f"; it has {', '.join(fields)}")))
        elif fields[field].kind == "layers":
            given[field] = _inner(schema, field, entry, place, wrong)
        else:
            try:
                given[field] = fields[field].read(entry)
            except ValueError:
                near = did_you_mean(entry, map(str, fields[field].choices)) if isinstance(entry, str) else ""
                wrong.append(Problem(f"{place}={entry}", f"expected {fields[field].describe()}{near}"))
    for field, rule in fields.items():
        if field not in value and schema.__dataclass_fields__[field].default == MISSING:
            wrong.append(Problem(f"{key}.{field}", f"must be given: {rule.doc}"))
    if len(wrong) > count:
        return None
    layer = schema(**given)
    wrong += [Problem(f"{key}.{field}={_plain(getattr(layer, field))}", expected) for field, expected in layer.wrong()]
    return layer if len(wrong) == count else None


def _inner(schema: type[Layer], field: str, entry: Any, key: str, wrong: list[Problem]) -> tuple[Any, ...]:
    if field != "branches":
        return tuple(_list(entry, key, wrong))
    if not isinstance(entry, (list, tuple)) or not entry:
        wrong.append(Problem(f"{key}={entry}", "expected a list of lists of layers"))
        return ()
    return tuple(tuple(_list(branch, f"{key}[{place}]", wrong)) for place, branch in enumerate(entry))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
