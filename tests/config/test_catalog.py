"""What can be chosen, and its one sentence."""

from __future__ import annotations

from pathlib import Path

from dlrun.config.compose.catalog import is_group, option_files, options, sentence
from dlrun.config.places import add_config_dir, config_dirs, experiment_dirs, packaged


def test_a_users_options_stand_beside_dlruns(write) -> None:
    write({"configs/model/mine.yaml": "# mine\nkind: dense\n", "configs/model/readme.txt": "no"})
    assert {"mine", "cnn"} <= set(options("model"))
    assert "readme" not in options("model")


def test_experiments_are_named_by_their_path(write) -> None:
    write({"experiments/a.yaml": "epochs: 1\n", "experiments/book/ch1/b.yaml": "epochs: 1\n"})
    assert {"a", "book/ch1/b"} <= set(options("experiment"))
    assert option_files("experiment")["book/ch1/b"].name == "b.yaml"


def test_the_first_folder_wins_and_none_is_looked_at_twice(folder: Path, write, monkeypatch) -> None:
    write({"configs/model/mine.yaml": "kind: dense\n", "more/model/mine.yaml": "kind: cnn\n"})
    add_config_dir("more")
    add_config_dir("more")
    assert config_dirs() == [packaged("configs"), folder / "more", folder / "configs"]
    assert option_files("model")["mine"] == folder / "more/model/mine.yaml"
    monkeypatch.chdir(packaged("configs").parent)
    assert len(experiment_dirs()) == 1 and len([path for path in config_dirs() if path.name == "configs"]) == 1


def test_a_group_is_dlruns_or_a_users_folder(write) -> None:
    write({"configs/setup/fast.yaml": "epochs: 1\n"})
    assert is_group("model") and is_group("experiment") and is_group("setup")
    assert not is_group("seed") and not is_group("") and not is_group("nothing")


def test_the_sentence_is_the_first_comment_that_is_not_a_header(write, folder: Path) -> None:
    write({"a.yaml": "# @package _global_\n\n# What it is.\n# more\nx: 1\n", "b.yaml": "x: 1\n# late\n", "c.yaml": ""})
    assert [sentence(folder / name) for name in ("a.yaml", "b.yaml", "c.yaml")] == ["What it is.", "", ""]
