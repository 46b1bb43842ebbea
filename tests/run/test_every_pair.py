"""Every data set with every model: a checked configuration, or a refusal in sentences, before torch is loaded."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import dlrun
from dlrun.config.schema.fields import MISSING
from dlrun.registry import kinds
from tests.run.every_pair import EMBEDDED, UNFIT

Found = dict[str, Any]


@pytest.fixture(scope="module")
def found() -> Found:
    """What a new process finds, in which no earlier test has loaded torch.  Data that is not on this machine is left
    out: its absence is no refusal."""
    here = str(Path(dlrun.__file__).parents[1])
    done = subprocess.run([sys.executable, "-m", "tests.run.every_pair"], cwd=here, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": here}, check=False)
    assert done.returncode == 0, done.stderr
    whole: Found = json.loads(done.stdout)
    return whole


def test_every_pair_is_checked_or_refused_in_sentences(found: Found) -> None:
    assert len(found["pairs"]) > 400
    for data, model, pair in found["pairs"]:
        assert pair["checked"] or pair["problems"], (data, model)
        assert all(given and expected for given, expected in pair["problems"]), (data, model)


def test_some_model_is_accepted_for_every_data_set_that_is_here(found: Found) -> None:
    refused = {data for data, *_ in found["pairs"]} - {data for data, _, pair in found["pairs"] if not pair["problems"]}
    paths = {name for name, kind in kinds("dataset").items() if getattr(kind, "path", "") == MISSING}
    assert refused <= paths, "these need a path"


def test_a_network_that_is_accepted_on_token_ids_begins_with_an_embedding(found: Found) -> None:
    for data, model, pair in found["pairs"]:
        if data in found["tokens"] and not pair["problems"]:
            assert not pair["layers"] or pair["layers"][0] == "embedding", (data, model)


def test_a_list_of_layers_on_token_ids_begins_with_an_embedding_or_is_refused_by_its_layer(found: Found) -> None:
    assert "python_docs" in found["tokens"], "it comes with Python"
    assert {name for _, name, _ in found["lists"]} == EMBEDDED.keys() | UNFIT.keys()
    for data, name, check in found["lists"]:
        if name in EMBEDDED:
            assert check["checked"] and not check["problems"], (data, name)
        else:
            (given, expected), = check["problems"]
            assert given == "model=sequential" and expected.startswith(f"{name} "), (data, name, expected)


def test_none_of_it_loads_torch(found: Found) -> None:
    assert not found["torch"]


def test_a_model_that_a_refusal_advises_is_accepted(found: Found) -> None:
    accepted = {(data, model) for data, model, pair in found["pairs"] if not pair["problems"]}
    advised = [(data, model, other) for data, model, pair in found["pairs"] for _, expected in pair["problems"]
               for other in re.findall(r"try  model=(\w+)", expected)]
    assert len(advised) > 50
    assert [(data, model, other) for data, model, other in advised if (data, other) not in accepted] == []
