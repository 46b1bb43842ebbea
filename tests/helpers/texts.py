"""A small labelled text that no model can get right."""

from __future__ import annotations

from pathlib import Path

import pytest

TEXTS = "".join(f"{label},{word} {word} thing number {number % 4}\n"
                for number in range(30) for label, word in (("good", "fine"), ("bad", "poor")))


@pytest.fixture
def texts(tmp_path: Path) -> list[str]:
    """Sentences of which every tenth has the other label: no model can get them right."""
    lines = TEXTS.splitlines()
    lines[::10] = [line.replace("good,", "x,").replace("bad,", "good,").replace("x,", "bad,") for line in lines[::10]]
    (tmp_path / "texts.csv").write_text("label,text\n" + "\n".join(lines) + "\n")
    return ["dataset=labelled_text", "dataset.path=texts.csv", "dataset.maxlen=6", "epochs=5", "batch_size=8"]
