"""Vectors from files of GloVe and word2vec, on made files and on the layout of the real one."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from dlrun.config.problem import ConfigError
from dlrun.models.vectors import load_vectors, vector_size

LINES = ["the 0.1 -0.2 3e-1", "of 1 2 3", ". . . 4 5 6", "naïve 7 8 9", "the 0 0 0"]
WORDS = ["", "of", "the", "missing", ". . .", "naïve", "of"]
EXPECTED = np.array([[0, 0, 0], [1, 2, 3], [0.1, -0.2, 0.3], [0, 0, 0], [4, 5, 6], [7, 8, 9], [1, 2, 3]], np.float32)


def write(path: Path, lines: list[str]) -> Path:
    text = "\n".join(lines) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize("name", ["glove.txt", "glove.txt.gz"])
@pytest.mark.parametrize("header", [[], ["5 3"]])
def test_the_vectors_of_the_words_that_the_file_has(tmp_path: Path, name: str, header: list[str]) -> None:
    path = write(tmp_path / name, [*header, *LINES])
    matrix, found = load_vectors(path, WORDS, 3)
    assert matrix.dtype == np.float32 and np.array_equal(matrix, EXPECTED)
    assert found == 5  # rows with a vector; padding and "missing" have none
    assert vector_size(path) == 3


def test_trailing_spaces_of_word2vec_are_no_values(tmp_path: Path) -> None:
    path = write(tmp_path / "w2v.txt", ["2 2", "a 1 2 ", "b 3 4 "])
    assert load_vectors(path, ["b", "a"], 2)[0].tolist() == [[3, 4], [1, 2]]


@pytest.mark.parametrize(("name", "lines", "dim", "wanted"), [
    ("a.txt", LINES, 4, "its vectors have 3 values, the embedding 4:  model.embed=3"),
    ("a.txt", ["the 1 2 3", "of 1 2"], 3, "line 2 is not a word and 3 numbers"),
    ("a.txt", ["the 1 2 3", "of 1 two 3"], 3, "line 2 is not a word and 3 numbers"),
    ("a.txt", ["word"], 3, "no vectors there"),
    ("a.bin", ["x"], 3, "expected a text"),
    (None, [], 3, "no such file"),
])
def test_a_file_that_is_not_what_is_wanted_is_a_problem(tmp_path: Path, name: str | None, lines: list[str], dim: int,
                                                        wanted: str) -> None:
    path = tmp_path / "none.txt" if name is None else write(tmp_path / name, lines)
    with pytest.raises(ConfigError) as caught:
        load_vectors(path, ["the", "of"], dim)
    assert caught.value.problems[0].given == f"model.vectors={path}"
    assert wanted in caught.value.problems[0].expected
