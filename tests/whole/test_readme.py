"""What README and the guides show can be typed: files are written as they stand, commands are answered as they say.

Runs and sweeps are checked as far as their first step (`explain`, ``dry_run=true``); tests/whole/test_docs.py has the
guides whole.
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
from tests.helpers.documents import DOCS, FENCE, GUIDES, ROOT, exit_code, made_by, typed, written

PLACEHOLDER = re.compile(r"\.\.\.|\b[A-Z]{2,}\b|\bnew\.csv\b|\ballow=|^$")  # RUN, SWEEP: a reader puts a name there
CLASSES = "width,height,species\n" + "".join(f"{i % 7},{i % 5},{'ab'[i % 2]}\n" for i in range(40))


def commands(text: str) -> Iterator[tuple[str, int, list[str]]]:
    """The commands of fenced blocks and of inline code, each with the exit code and the refusal that are shown."""
    for language, _, content in FENCE.findall(text):
        if language in ("", "console", "sh"):
            shell = content if "$ " in content else re.sub(r"^(?=.)", "$ ", content, flags=re.MULTILINE)
            for command, shown in typed(shell):
                refused = any("nothing was started" in line for line in shown)
                yield command, 2 if refused else exit_code(shown), [
                    line for line in shown if refused and line and "(exit code" not in line]
    inline = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    yield from ((line, 0, []) for line in re.findall(r"`(dlrun [^`]* [^`]*)`", inline))  # a verb alone is a mention


def answered(command: str) -> int:
    """What a command comes to, without its training."""
    overrides = shlex.split(command, comments=True)[1:]
    if overrides and overrides[0] in verbs():
        parse(overrides[0], verb(overrides[0]), overrides[1:])
        return 0
    experiment = next((text.partition("=")[2] for text in overrides if text.startswith("experiment=")), "")
    if "/" in experiment:  # one of the books': other tests compose all of these
        assert (ROOT / "experiments" / f"{experiment}.yaml").is_file()
        return 0
    several = "-m" in overrides or experiment == "compare"
    dry = [text for text in overrides if text != "dry_run=true"] + ["dry_run=true"]
    return main(dry if several else ["explain", *overrides])


@pytest.mark.parametrize("page", ["../README.md", *GUIDES])
def test_every_command_is_answered_as_it_is_shown(
        page: str, write, real_data: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    write({"my.csv": CLASSES})
    for name in ("a.npy", "b.npy"):  # drawings, as of QuickDraw: rows of 784 bytes
        np.save(name, np.arange(40 * 784).reshape(40, 784).astype(np.uint8))
    for name in ("cat.ndjson", "dog.ndjson"):
        Path(name).write_text('{"drawing": [[[0, 9, 200], [5, 60, 255]], [[3, 4], [7, 8]]]}\n' * 20)
    for _, more, content in FENCE.findall(text):
        if more.startswith("file="):
            written(more, content)
    monkeypatch.setenv("DLRUN_DATA", str(real_data))
    met = 0
    with hydra_started():
        for command, code, refusal in commands(text):
            if made_by(command) or not command.startswith("dlrun ") or PLACEHOLDER.search(command):
                continue
            found = answered(command) if not _fails_later(command) else code
            out = "".join(capfd.readouterr())
            assert found == code, f"{command}\n{out}"
            assert all(line in out for line in refusal), f"{command}\n{out}"
            met += 1
    assert met >= 1


def _fails_later(command: str) -> bool:
    """Verbs are parsed here, no more: what they find wrong in folders is seen where the page is run."""
    return command.startswith("dlrun diff")


def test_readme_is_a_page_and_no_manual() -> None:
    assert (ROOT / "README.md").stat().st_size < 6000, "what is longer has its page in docs/"


def test_the_comparison_of_the_guide_is_planned_whole_and_refuses_a_row_that_it_has_not(
        write, capfd: pytest.CaptureFixture[str]) -> None:
    for _, more, content in FENCE.findall((DOCS / "howto" / "sweeps.md").read_text(encoding="utf-8")):
        if more.startswith("file="):
            written(more, content)
    assert main(["experiment=compare", "dry_run=true"]) == 0 and "30 to do" in capfd.readouterr().out
    assert main(["experiment=compare", "dry_run=true", "versus=plane", "metric=val/acuracy"]) == 2
    said = capfd.readouterr().err
    assert "did you mean  plain" in said and "did you mean  val/accuracy" in said
    assert not Path("runs").exists()
