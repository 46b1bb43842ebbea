"""Tables of classes as text: folded to the width, every label whole."""

from __future__ import annotations

import numpy as np
import pytest

from dlrun.record.class_tables import class_text, confusion_lines, lowest_f1, per_class_lines
from dlrun.record.reliability import save_reliability

NAMES = ["tyrannosaurus", "cat", "a dog", "velociraptor", "zebra fish", "ox"]


def matrix(size: int) -> list[list[int]]:
    return (np.arange(size * size).reshape(size, size) % 7 * 100).tolist()


def table(names: list[str]) -> dict[str, dict[str, float]]:
    return {name: {"precision": 0.5, "recall": 1.0, "f1": 2 / 3, "rows": 3} for name in names}


@pytest.mark.parametrize("width", [40, 60, 80, 140])
def test_a_matrix_is_folded_to_the_width_and_every_count_and_label_is_there(width: int) -> None:
    lines = confusion_lines(matrix(6), NAMES, width)
    assert max(map(len, lines)) <= width
    blocks = "\n".join(lines).split("\n\n")
    assert len(blocks) == {40: 3, 60: 2, 80: 1, 140: 1}[width]
    cells = [[] for _ in NAMES]
    for block in blocks:
        for place, line in enumerate(block.splitlines()[1:]):
            assert line.strip().startswith(NAMES[place])
            cells[place] += [int(cell.replace("·", "0")) for cell in line.strip().removeprefix(NAMES[place]).split()]
    assert cells == matrix(6)
    heads = " ".join(block.splitlines()[0] for block in blocks)
    assert all(name in heads for name in NAMES)


def test_long_labels_stand_whole_beside_their_numbers() -> None:
    names = ["the label of a class that somebody wrote as a whole sentence", "other"]
    text = class_text(table(names), matrix(2), 80)
    assert f"[0] {names[0]}" in text and "[1] other" in text
    assert max(map(len, confusion_lines(matrix(2), names, 80))) < 40


def test_a_name_cannot_command_the_terminal() -> None:
    names = ["a\x1b[2J", "b\nc"]
    text = "\n".join([*per_class_lines(table(names)), *confusion_lines(matrix(2), names)])
    assert "\x1b" not in text and "\\x1b[2J" in text and "b\\nc" in text


def test_the_lowest_f1_come_first_and_several_targets_have_no_line() -> None:
    rows = {"a": {"f1": 0.9}, "b": {"f1": 0.2}, "c": {"f1": 0.5}, "d": {"f1": 0.99}}
    assert lowest_f1(rows) == "b 0.2000 · c 0.5000 · a 0.9000"
    assert lowest_f1({"income": rows, "age": rows}) == "" and lowest_f1({}) == ""


def test_a_picture_of_reliability_has_a_bar_as_high_as_the_share(tmp_path) -> None:
    from PIL import Image

    from dlrun.record.reliability import LEFT, SIDE, TOP

    save_reliability(tmp_path / "r.png", [0, 10], [0, 0.9], [0, 0.5], 0.4)
    sheet = np.asarray(Image.open(tmp_path / "r.png").convert("RGB")).astype(int)
    column = sheet[TOP:TOP + SIDE, LEFT + SIDE - 20]
    blue = (column[:, 2] > 150) & (column[:, 0] < 40)
    assert abs(int(blue.sum()) - SIDE // 2) <= 4
