"""A list of layers from YAML: every form is read, every mistake is named with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from dlrun.config.problem import ConfigError
from dlrun.config.schema.fields import rules
from dlrun.models.layers.activation import Activation
from dlrun.models.layers.batch_norm import BatchNorm
from dlrun.models.layers.conv import Conv
from dlrun.models.layers.dense import Dense
from dlrun.models.layers.dropout import Dropout
from dlrun.models.layers.elu import Elu
from dlrun.models.layers.flatten import Flatten
from dlrun.models.layers.leaky_relu import LeakyRelu
from dlrun.models.layers.parallel import Parallel
from dlrun.models.layers.pool import Pool
from dlrun.models.layers.prelu import Prelu
from dlrun.models.layers.residual import Residual
from dlrun.models.parse import parse
from dlrun.registry import find, kinds

CONFIGS = Path(__file__).parents[2] / "configs" / "model"


def test_every_form_of_an_item_is_read() -> None:
    text = """
    - conv: {filters: 32, kernel: [3, 5], padding: 2, activation: relu, l2: 0.001}
    - batch_norm
    - leaky_relu: 0.2
    - leaky_relu
    - elu: {alpha: 0.5}
    - activation: {kind: elu, alpha: 0.5}
    - activation: tanh
    - activation: prelu
    - relu
    - relu:
    - pool: 2
    - dropout: 0.25
    - flatten
    - dense: out
    """
    assert parse(yaml.safe_load(text)) == [
        Conv(32, (3, 5), padding=2, activation="relu", l2=0.001), BatchNorm(), LeakyRelu(0.2), LeakyRelu(0.3), Elu(0.5),
        Elu(0.5), Activation("tanh"), Prelu(), Activation("relu"), Activation("relu"), Pool((2,)), Dropout(0.25),
        Flatten(), Dense("out"),
    ]


def test_lists_inside_layers_are_read() -> None:
    inner = [{"conv": {"filters": 8, "padding": "same"}}]
    assert parse([{"residual": inner}, {"parallel": {"branches": [inner, []], "merge": "add"}}]) == [
        Residual((Conv(8, padding="same"),)), Parallel(((Conv(8, padding="same"),), ()), "add"),
    ]


@pytest.mark.parametrize(("item", "said", "wanted"), [
    ({"conv": {"filters": 8, "kernal": 3}}, "model.layers[1].conv.kernal=3", "did you mean  kernel"),
    ({"conv": {"filters": 0}}, "model.layers[1].conv.filters=0", "an integer >= 1"),
    ({"conv": {"kernel": 3}}, "model.layers[1].conv.filters", "must be given"),
    ({"conv": {"filters": 8, "kernel": [3, 3, 3]}}, "model.layers[1].conv.kernel=[3,3,3]", "one integer or two"),
    ({"conv1d": {"filters": 8, "kernel": [3, 3]}}, "model.layers[1].conv1d.kernel=[3,3]", "one integer"),
    ({"conv": {"filters": 8, "groups": 3}}, "model.layers[1].conv.groups=3", "expected a divisor of filters (8)"),
    ({"dense": {"units": 8, "activation": "rellu"}}, "model.layers[1].dense.activation=rellu", "did you mean  relu"),
    ("flaten", "model.layers[1]=flaten", "did you mean  flatten"),
    ({"dropot": 0.5}, "model.layers[1]=dropot", "did you mean  dropout"),
    ({"dropout": 1}, "model.layers[1].dropout=1", "a number >= 0 and < 1"),
    ({"flatten": 3}, "model.layers[1].flatten=3", "takes no value"),
    ({"relu": 0.1}, "model.layers[1]=relu", "takes no fields"),
    ("dense", "model.layers[1].dense.units", "must be given"),
    (7, "model.layers[1]=7", "a layer is a word"),
    ({"dense": 8, "dropout": 0.5}, "model.layers[1]={dense: 8, dropout: 0.5}", "a layer is a word"),
    ({"residual": [{"dense": "many"}]}, "model.layers[1].residual[0].dense=many", 'an integer >= 1 or "out"'),
    ({"parallel": [["relu"], ["reul"]]}, "model.layers[1].parallel[1][0]=reul", "did you mean  relu"),
    ({"parallel": ["relu"]}, "model.layers[1].parallel[0]=relu", "a list of layers"),
])
def test_a_mistake_is_named_with_its_place_and_what_is_wanted(item: object, said: str, wanted: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(["flatten", item])
    assert [problem.given for problem in caught.value.problems] == [said]
    assert wanted in caught.value.problems[0].expected


def test_all_mistakes_are_said_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parse(["flaten", {"dense": {"units": 0, "l3": 1}}, {"residual": ["rleu"]}])
    assert len(caught.value.problems) == 4


@pytest.mark.parametrize("schema", kinds("layer").values(), ids=lambda schema: schema.kind)
def test_every_field_of_a_layer_has_a_rule_that_accepts_its_default(schema: type) -> None:
    for name, rule in rules(schema).items():
        default = schema.__dataclass_fields__[name].default
        assert rule.doc and (default == "???" or rule.read(default) == default)
    assert not schema.main or schema.main in rules(schema)


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_preset_says_only_what_differs_and_what_its_schema_allows(path: Path) -> None:
    text = path.read_text()
    values = yaml.safe_load(text)
    values.pop("root", None)  # what suits the model at the root
    schema = find("model", values.pop("kind"))
    known = rules(schema)
    assert text.startswith("# ")
    for key, value in values.items():
        assert known[key].read(value) != schema.__dataclass_fields__[key].default
