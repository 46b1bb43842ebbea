"""JSON Schema of what verbs answer under ``json=true``, from the TypedDicts that they declare."""

from __future__ import annotations

import inspect
import types
import typing
from typing import Any, Literal, get_args, get_origin

from dlrun.cli.verb import Verb

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
_PROBLEM = {
    "type": "object", "required": ["given", "expected", "origin"],
    "properties": {"given": {"type": "string", "description": "What was given, as batch_size=0."},
                   "expected": {"type": "string", "description": "What is expected there."},
                   "origin": {"type": "string", "description": "The file and line that it came from; empty for the "
                                                               "command line."}}}


def document(command: str, answers: Any, version: int) -> dict[str, Any]:
    """The schema of everything that a command prints under ``json=true``: its answer, or what was wrong with it."""
    common = {"command": {"const": command}, "schema": {"const": version},
              "exit_code": {"type": "integer", "description": "That of the command."}}
    answer = {"type": "object", "required": [*common, "data"], "properties": {**common, "data": schema_of(answers)}}
    refusal = {"type": "object", "required": [*common, "problems"], "properties": {
        **common, "problems": {"type": "array", "items": _PROBLEM, "minItems": 1}}}
    return {"$schema": DRAFT, "title": f"dlrun {command} json=true".replace("dlrun run ", "dlrun key=value ... "),
            "oneOf": [answer, refusal]}


def of_verb(name: str, kind: type[Verb]) -> dict[str, Any]:
    """The schema of a verb."""
    return document(name, kind.answers, kind.schema)


def schema_of(kind: Any) -> dict[str, Any]:
    """The schema of a type: a TypedDict, a list, a mapping of texts, a union, a literal, or a plain value.

    >>> schema_of(list[int | None])
    {'type': 'array', 'items': {'anyOf': [{'type': 'integer'}, {'type': 'null'}]}}
    """
    origin, inner = get_origin(kind), get_args(kind)
    if origin is typing.Annotated:
        return {**schema_of(inner[0]), "description": str(inner[1])}
    if kind is Any:
        return {}
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [schema_of(one) for one in inner]}
    if origin is Literal:
        return {"enum": list(inner)}
    if origin is list:
        return {"type": "array", "items": schema_of(inner[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(inner[1])}
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    hints = typing.get_type_hints(kind, include_extras=True)
    doc = " ".join((inspect.getdoc(kind) or "").split())
    return {"type": "object", **({"description": doc} if doc else {}), "required": list(hints),
            "properties": {name: schema_of(hint) for name, hint in hints.items()}}
