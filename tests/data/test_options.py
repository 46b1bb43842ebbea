"""The YAML options of the groups dataset and augment fit their schemas."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from dlrun.config.augments import AUGMENTS, Augment
from dlrun.config.datasets import DATASETS
from dlrun.config.schema.fields import MISSING, rules

CONFIGS = Path(__file__).parents[2] / "configs"
OPTIONS = sorted([*(CONFIGS / "dataset").glob("*.yaml"), *(CONFIGS / "augment").glob("*.yaml")])


@pytest.mark.parametrize("path", OPTIONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_option_is_a_sentence_a_kind_and_values_that_differ_from_the_defaults(path):
    text = path.read_text()
    assert text.startswith("# ") and len(text.splitlines()[0]) > 10
    values = yaml.safe_load(text)
    schema = {**DATASETS, **AUGMENTS}[values.pop("kind")]
    known = rules(schema)
    for key, value in values.items():
        assert known[key].read(value) != known[key].default


def test_every_kind_of_data_has_an_option():
    options = [path for path in OPTIONS if path.parent.name == "dataset"]
    assert {yaml.safe_load(path.read_text())["kind"] for path in options} == set(DATASETS)


def test_defaults_obey_their_own_rules_and_have_a_sentence():
    for schema in (*DATASETS.values(), Augment):
        for key, rule in rules(schema).items():
            assert rule.doc.endswith("."), key
            if rule.default == MISSING:
                with pytest.raises(ValueError, match="must be given"):
                    rule.read(rule.default)
            else:
                assert rule.read(rule.default) == rule.default
