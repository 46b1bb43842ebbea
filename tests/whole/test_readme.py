"""What README shows can be typed: its files are written as they stand, its commands are answered as it says.

Runs and sweeps are checked as far as their first step (`explain`, ``dry_run=true``).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dlrun.cli.main import main
from dlrun.cli.parse import parse
from dlrun.cli.verb import verb, verbs
from dlrun.config.compose.session import hydra_started
from tests.whole.test_docs import FENCE

README = Path(__file__).parents[2] / "README.md"
PLACEHOLDER = re.compile(r"\.\.\.|\b[A-Z]{2,}\b|\bnew\.csv\b|^$")  # RUN, SWEEP: a reader puts a name there
OWN = re.compile(r"\b(mine|mynets)\b")  # code that README does not show whole
CLASSES = "width,height,species\n" + "".join(f"{i % 7},{i % 5},{'ab'[i % 2]}\n" for i in range(40))


def files(text: str) -> dict[str, str]:
    """The YAML files that README shows, by the path in their first line."""
    found = {content.split()[1]: content for language, _, content in FENCE.findall(text) if language == "yaml"}
    assert len(found) >= 4
    return found


def commands(text: str) -> Iterator[tuple[str, bool]]:
    """The commands of fenced blocks and of inline code, each with whether README shows that it is refused."""
    text = text.replace("\\\n", " ")
    for block in re.findall(r"^```(?:\n|console\n)(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        lines = block.splitlines() + [""]
        for line, after in zip(lines, lines[1:]):
            if re.match(r"(\$ )?dlrun ", line):
                yield line.removeprefix("$ "), "nothing was started" in after
    inline = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    yield from ((line, False) for line in re.findall(r"`(dlrun [^`]*)`", inline))


def answered(command: str) -> int:
    """What a command comes to, without its training."""
    overrides = shlex.split(command, comments=True)[1:]
    if overrides[0] in verbs():
        parse(overrides[0], verb(overrides[0]), overrides[1:])
        return 0
    experiment = next((text.partition("=")[2] for text in overrides if text.startswith("experiment=")), "compare")
    if "/" in experiment:  # one of the books': other tests compose all of these
        assert (README.parent / "experiments" / f"{experiment}.yaml").is_file()
        return 0
    several = "-m" in overrides or any(text.startswith("experiment=compare") for text in overrides)
    dry = [text for text in overrides if text != "dry_run=true"] + ["dry_run=true"]
    return main(dry if several else ["explain", *overrides])


def test_every_file_and_command_of_readme_is_answered_as_it_says(
        write, real_data: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    text = README.read_text(encoding="utf-8")
    write({**files(text), "my.csv": CLASSES})
    for name in ("a.npy", "b.npy"):  # drawings, as of QuickDraw: rows of 784 bytes
        np.save(name, np.arange(40 * 784).reshape(40, 784).astype(np.uint8))
    for name in ("cat.ndjson", "dog.ndjson"):
        Path(name).write_text('{"drawing": [[[0, 9, 200], [5, 60, 255]], [[3, 4], [7, 8]]]}\n' * 20)
    monkeypatch.setenv("DLRUN_DATA", str(real_data))
    with hydra_started():
        all_are_answered(text, capfd)


def all_are_answered(text: str, capfd: pytest.CaptureFixture[str]) -> None:
    met = 0
    for command, refused in commands(text):
        if PLACEHOLDER.search(command.removeprefix("dlrun ")) or OWN.search(command):
            continue
        code = answered(command)
        out = "".join(capfd.readouterr())
        assert code == (2 if refused else 0), f"{command}\n{out}"
        met += 1
    assert met >= 25


def test_the_comparison_of_readme_is_planned_whole_and_refuses_a_row_that_it_has_not(
        write, capfd: pytest.CaptureFixture[str]) -> None:
    write(files(README.read_text(encoding="utf-8")))
    assert main(["experiment=compare", "dry_run=true"]) == 0 and "30 to do" in capfd.readouterr().out
    assert main(["experiment=compare", "dry_run=true", "versus=plane", "metric=val/acuracy"]) == 2
    said = capfd.readouterr().err
    assert "did you mean  plain" in said and "did you mean  val/accuracy" in said
    assert not Path("runs").exists()


@pytest.mark.slow
def test_the_comparison_of_readme_ends_with_its_table(write, capfd: pytest.CaptureFixture[str]) -> None:
    write(files(README.read_text(encoding="utf-8")))
    assert main(["experiment=compare", "launcher=inline", "train_size=100", "seeds=2", "epochs=1"]) == 0
    table = capfd.readouterr().out
    assert "versus plain" in table and "rows that are equal in batch_size and optimizer.lr" in table
