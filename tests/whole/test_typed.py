"""A group of a configuration goes through the house with its type."""

from __future__ import annotations

import ast

from tests.helpers.house import modules, tree

GROUPS = ("cfg", "dataset", "model", "task", "optimizer", "schedule", "early_stop", "augment")
BELOW = ("dlrun.config.schema.kinds",)  # says what the others are, and knows no room that makes one


def test_no_group_of_a_configuration_is_anything() -> None:
    found = set()
    for module in set(modules()) - set(BELOW):
        for node in ast.walk(tree(module)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found |= {f"{module}.{node.name}({name.arg})" for name in (*node.args.args, *node.args.kwonlyargs)
                          if name.arg in GROUPS and name.annotation is not None
                          and ast.unparse(name.annotation) == "Any"}
    assert found == set()
