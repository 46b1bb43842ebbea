"""``json=true``: every command prints one document of its published schema, whatever becomes of it."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dlrun.cli.route import route
from dlrun.cli.verb import verbs
from tests.cli.test_book import FILE

SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "json"
FAST = ["model.hidden=[4]", "epochs=1", "max_steps=2", "threads=1", "device=cpu", "verbosity=0"]


def _closed(schema: Any) -> Any:
    """A schema that lets no key through which it does not name."""
    if isinstance(schema, dict):
        found = {key: _closed(value) for key, value in schema.items()}
        return found | {"additionalProperties": False} if "properties" in schema else found
    return [_closed(one) for one in schema] if isinstance(schema, list) else schema


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs of a classifier and one that makes pictures."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for words in (["model=dense", "seed=0"], ["model=dense", "seed=1"]):
            assert route(["dataset=digits", *words, *FAST]) == 0
        assert route(["dataset=digits", "model=vae", "epochs=1", "max_steps=1", "threads=1", "verbosity=0",
                      "output_dir=pictures"]) == 0
    return folder


@pytest.fixture
def answer(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """What a command prints under json=true, held against its schema; the folder is a copy of `trained`."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)

    def call(*words: str, code: int = 0, schema: str = "") -> Any:
        capsys.readouterr()
        assert route([*words, "json=true"]) == code
        found = json.loads(capsys.readouterr().out)
        name = schema or words[0]
        jsonschema.validate(found, _closed(json.loads((SCHEMAS / f"{name}.json").read_text())),
                            jsonschema.Draft202012Validator)
        assert found["command"] == name and found["exit_code"] == code
        return found["data"] if "data" in found else found["problems"]

    return call


def _runs(folder: Path = Path("runs")) -> list[Path]:
    return sorted(path.parent for path in folder.glob("*/*/result.json"))


def test_list_and_explain_and_summary_give_what_they_print(answer) -> None:
    groups = {group["group"]: group for group in answer("list")["groups"]}
    assert {"name": "adam", "sentence": groups["optimizer"]["options"][2]["sentence"]} in groups["optimizer"]["options"]
    assert groups["dataset"]["chosen_by"] == "dataset=NAME" and groups["layer"]["chosen_by"] is None
    found = answer("explain", "model=dense", "optimizer.lr=0.1")
    values = {value["key"]: value for value in found["values"]}
    assert values["optimizer.lr"]["value"] == 0.1 and values["optimizer.lr"]["origin"] == "command line"
    assert values["model"]["value"] == "dense" and found["rows"]["test"] == 360
    found = answer("summary", "model=lenet", "dataset=mnist")
    assert sum(layer["trainable"] for layer in found["layers"]) == found["trainable"] > 0


def test_runs_report_and_diff_read_the_folders(answer) -> None:
    first, second = _runs()
    accuracy = {place.name: json.loads((place / "result.json").read_text())["test"]["accuracy"]
                for place in (first, second)}
    found = answer("runs")
    assert {run["id"]: run["value"] for run in found["runs"]} == accuracy
    assert all(run["metric"] == "test/accuracy" and run["config"]["model.kind"] == "dense" for run in found["runs"])
    table, = answer("report", "into=tables")["tables"]
    assert table["rows"][0]["summary"]["mean"] == pytest.approx(sum(accuracy.values()) / 2) and Path("tables").is_dir()
    found = answer("diff", str(first), str(second))
    assert [row["key"] for row in found["sections"][0]["rows"]] == ["seed"]
    found = answer("runs", "remove", "seed=1")
    assert [one["stays"] for one in found["removed"]] == ["yes=true removes it"] and len(_runs()) == 2
    found = answer("runs", "remove", "seed=1", "yes=true")
    assert [one["stays"] for one in found["removed"]] == [""] and len(_runs()) == 1


def test_a_finished_run_is_used(answer, tmp_path: Path) -> None:
    import numpy as np
    from sklearn.datasets import load_digits

    digits = load_digits()
    np.savez("new.npz", x=digits.images[:5, :, :, None].astype(np.uint8), y=digits.target[:5])
    run = str(_runs()[0])
    found = answer("predict", run, "new.npz")
    assert len(found["rows"]) == 5 and found["scores"][0]["rows"] == 5
    right = sum(row["class"] == str(kind) for row, kind in zip(found["rows"], digits.target))
    assert found["scores"][0]["metrics"]["accuracy"] == pytest.approx(right / 5)
    found = answer("evaluate", run, "resamples=10")
    assert found["rows"] == 360 and found["metrics"]["accuracy"]["low"] <= found["metrics"]["accuracy"]["value"]
    assert Path(found["file"]).is_file()
    found = answer("ensemble", "runs", "resamples=10", "into=both")
    assert found["rows"] == 360 and len(found["members"]) == 2 and Path(found["file"]).is_file()
    assert found["metrics"]["loss"]["difference"] < 0 and found["metrics"]["loss"]["difference_interval"]
    found = answer("generate", str(_runs(Path("pictures"))[0]), "count=4", "out=made.png")
    assert found == {"text": None, "file": "made.png"} and Path("made.png").is_file()
    found = answer("tensorboard", "runs")
    assert found["runs"] == 2 and Path(found["folder"]).is_dir(), "and nothing was started"


def test_the_cache_and_the_baselines(answer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DLRUN_CACHE", str(tmp_path / "kept"))
    found = answer("baselines", "dataset=wine", "models=constant", "seeds=1")
    assert found["models"][0]["measured"][0]["metrics"]["accuracy"] == pytest.approx(14 / 36, abs=0.1)
    cached = answer("cache")
    assert {one["name"]: one["entries"] for one in cached["cached"]}["baselines"] == 1 and not cached["removed"]
    assert answer("cache", "clean")["removed"] and answer("cache")["cached"] == []


def test_the_doctor_looks_at_this_machine(answer) -> None:
    found = answer("doctor", "import_times=false")
    assert found["processor"]["cores"] >= 1 and {one["use"] for one in found["folders"]} == {"runs", "cache"}


def test_a_check_says_what_it_compared(answer) -> None:
    found = answer("check", "dataset=digits", "model=dense", "model.hidden=[4]", "threads=1", "steps=2")
    assert found["equal"] and found["steps"] == 2 and found["interrupted_after"] == 1


def test_an_export_says_how_far_it_is_from_the_run(answer) -> None:
    found = answer("export", str(_runs()[0]))
    assert found["files"][0]["difference"] == {"probabilities": 0.0} and found["inputs"] == "stored"
    assert Path(found["card"]).is_file() and found["rows"] == "its own"


def test_a_look_inside_names_its_pictures_and_what_was_measured(answer) -> None:
    found = answer("inspect", str(_runs()[0]), "activations", "layer=dense_1")
    assert [Path(file).is_file() for file in found["pictures"]] == [True]
    assert found["values"]["layers"]["dense_1"]["shape"] == [4]


def test_a_range_test_has_rates_and_losses(answer) -> None:
    found = answer("lr", "dataset=digits", "model=dense", "model.hidden=[4]", "threads=1", "steps=10", "high=0.1")
    assert len(found["rates"]) == len(found["losses"]) == 10 and found["rates"][-1] == pytest.approx(0.1)
    assert Path(found["file"]).is_file() and found["configured"] == 0.001


def test_a_decision_has_settings_and_pairs(answer) -> None:
    common = " ".join(["dataset=digits", "model=dense", "launcher=inline", *FAST])
    found = answer("decide", "batch_size=128", "batch_size=64", f"common={common}", "max_seeds=2")
    assert [one["n"] for one in found["pairs"]] == [2] and len(found["settings"][1]["values"]) == 2


def test_a_run_is_tagged_forked_and_replayed(answer, tmp_path: Path) -> None:
    words = ["dataset=digits", "model=dense", *FAST]
    run = answer(*words, "epochs=2", "max_steps=null", "seed=0", schema="run")
    found = answer("tag", run["id"], "add=paper", "note=of figure 2")
    assert found["runs"][0]["tags"] == ["paper"] and found["runs"][0]["note"] == "of figure 2"
    found = answer("fork", run["id"], "epoch=1", "optimizer.lr=0.01")
    assert found["result"]["config"]["fork"] == f"{run['id']}@1" and found["parent"] == run["id"]
    found = answer("replay", run["id"])
    assert found["equal"] and all(one["difference"] == 0 for one in found["measures"])


def test_a_book_is_listed_and_compared(answer, tmp_path: Path) -> None:
    (tmp_path / "experiments" / "mine").mkdir(parents=True)
    (tmp_path / "experiments" / "mine" / "C1.yaml").write_text(FILE)
    assert [one["profile"] for one in answer("book", "mine")["listed"]] == [None]
    found, = answer("book", "mine/C1", "seeds=1", "epochs=1", "threads=1", "launcher=inline")["compared"]
    assert [(cell["row"], cell["n"]) for cell in found["cells"]] == [("one", 1), ("two", 1)]
    assert found["cells"][0]["printed"] == pytest.approx(0.999) and found["cells"][1]["printed"] is None
    assert found["claims"][0]["check"] == "parameters(two) > parameters(one)" and found["claims"][0]["verdict"]


def test_a_run_and_a_sweep_answer_with_their_results(answer) -> None:
    words = ["dataset=digits", "model=dense", *FAST]
    found = answer(*words, "seed=0", schema="run")
    assert found["result"] == json.loads((Path(found["folder"]) / "result.json").read_text())
    assert found["id"] == found["result"]["id"] and found["jobs"] is None
    found = answer("-m", *words, "seeds=2", "launcher=inline", schema="run")
    assert [job["status"] for job in found["jobs"]] == ["finished", "finished"] and found["result"] is None
    assert found["report"]["tables"][0]["rows"][0]["summary"]["n"] == 2
    found = answer("-m", *words, "seeds=3", "dry_run=true", schema="run")
    assert [job["status"] for job in found["jobs"]] == ["finished", "finished", None] and found["report"] is None


@pytest.mark.parametrize(("words", "name"), [
    (["modle=cnn"], "run"), (["-m", "seed=1,x"], "run"), (["report", "nowhere"], "report"),
    (["list", "nothing"], "list"), (["explain", "optimizer.lr=fast"], "explain"), (["runs", "--nonsense"], "runs"),
    (["unknown"], "run"), (["diff", "a"], "diff")])
def test_problems_are_a_document_too(answer, words: list[str], name: str) -> None:
    problems = answer(*words, code=2, schema=name)
    assert all(one["given"] and one["expected"] for one in problems)


def test_a_value_that_is_no_flag_is_a_problem_and_a_person_reads_text(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert route(["list", "models", "json=perhaps"]) == 2
    assert "expected true or false" in capsys.readouterr().err
    assert route(["list", "models", "json=false"]) == 0
    assert capsys.readouterr().out.startswith("models\n")


def test_every_verb_has_a_schema_that_is_valid_and_that_these_tests_hold(request: pytest.FixtureRequest) -> None:
    source = Path(__file__).read_text()
    for name in ("run", *verbs()):
        schema = json.loads((SCHEMAS / f"{name}.json").read_text())
        jsonschema.Draft202012Validator.check_schema(copy.deepcopy(schema))
        assert schema["oneOf"][0]["properties"]["data"]["properties"], name
        assert f'answer("{name}"' in source or name == "run", f"no test asks {name} for JSON"


def test_the_words_of_a_command_are_left_as_they_were(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--json", "list", "optimizer"]
    assert route(words) == 0 and words == ["--json", "list", "optimizer"]
