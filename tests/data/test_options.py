"""The options of data sets and augmentations fit their schemas."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from dlrun import registry
from dlrun.config.schema.fields import MISSING, rules
from dlrun.data.sets._base import Dataset

CONFIGS = Path(__file__).parents[2] / "configs"
PRESETS = sorted([*(CONFIGS / "dataset").glob("*.yaml"), *(CONFIGS / "augment").glob("*.yaml")])
SETS, AUGMENTATIONS = registry.kinds("dataset"), registry.kinds("augment")


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_preset_is_a_sentence_a_kind_and_values_that_differ_from_the_defaults(path):
    text = path.read_text()
    assert text.startswith("# ") and len(text.splitlines()[0]) > 10
    values = yaml.safe_load(text)
    schema = registry.find(path.parent.name, values.pop("kind"))
    known = rules(schema)
    for key, value in values.items():
        assert known[key].read(value) != known[key].default


@pytest.mark.parametrize("name", SETS)
def test_a_data_set_is_one_file_of_its_name_and_keeps_the_protocol(name):
    schema = SETS[name]
    assert schema.kind == name and schema.__module__ == f"dlrun.data.sets.{name}"
    assert issubclass(schema, Dataset) and "name" in rules(schema)
    assert schema.read is not Dataset.read or schema.files is not Dataset.files


def test_defaults_obey_their_own_rules_and_have_a_sentence():
    for schema in (*SETS.values(), *AUGMENTATIONS.values()):
        for key, rule in rules(schema).items():
            assert rule.doc.endswith("."), key
            if rule.default == MISSING:
                with pytest.raises(ValueError, match="must be given"):
                    rule.read(rule.default)
            else:
                assert rule.read(rule.default) == rule.default
