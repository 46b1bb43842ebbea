"""What dlrun prints shows every character and commands nothing; what it writes for spreadsheets is data."""

from __future__ import annotations

import ast
import io

import pytest

from dlrun.record.console import Console
from dlrun.record.spreadsheet import cell
from dlrun.record.terminal import columns, paint, printable, say
from tests.helpers.house import modules

EVIL = "a\x1b[2J\x1b]0;title\x07\r\x9b31mb\u202ec\x7f\udc80"
SHOWN = r"a\x1b[2J\x1b]0;title\x07\r\x9b31mb\u202ec\x7f\udc80"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch) -> Terminal:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


def test_control_characters_are_shown(terminal):
    for stream in (io.StringIO(), terminal):
        say(EVIL, "end", file=stream)
        assert stream.getvalue() == f"{SHOWN} end\n"
    assert printable("a\tb\nc") == r"a\tb\nc" and printable("Grüße · ±") == "Grüße · ±"


def test_lines_and_own_styles_pass_on_a_terminal_alone(terminal):
    say(paint(f"x{EVIL}", "bold", terminal) + "\n\tz", file=terminal)
    assert terminal.getvalue() == f"\x1b[1mx{SHOWN}\x1b[0m\n\tz\n"
    plain = io.StringIO()
    say("\x1b[1mx\x1b[0m", file=plain)
    assert plain.getvalue() == "\\x1b[1mx\\x1b[0m\n"


def test_a_cell_of_a_table_is_one_line():
    assert columns([["a\nb", EVIL], ["c", "d"]])[0] == f"  a\\nb  {SHOWN}"


def test_a_stream_that_lacks_a_character_or_is_closed_stops_nothing(monkeypatch):
    ascii_stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    say("a · b", file=ascii_stream, flush=True)
    assert ascii_stream.buffer.getvalue() == b"a ? b\n"
    monkeypatch.setattr("sys.stdout", None)
    say("nobody")


def test_a_result_from_elsewhere_commands_nothing(tmp_path, terminal):
    result = {"status": EVIL, "stop_reason": EVIL, "device": EVIL, "epochs": 1, "seconds": 1.0, "name": EVIL,
              "id": EVIL, "test": {"loss": 1.0, EVIL: 2.0}}
    for stream in (io.StringIO(), terminal):
        Console(stream).found(result, tmp_path)
        own = stream.getvalue().replace("\x1b[2m", "").replace("\x1b[0m", "").replace("\n", "")
        assert own.isprintable() and SHOWN in own


def test_formulas_are_texts():
    for text in ("=cmd|' /C calc'!A0", "@SUM(1)", "+1+cmd", "-2+3", "\t=1", "＝1", " =1"):
        assert str(cell(text)).startswith("'"), text
    assert [cell(text) for text in ("-1.5", "+2e-3", "rose", "", -3, None, "a=b", "-")] == [
        "-1.5", "+2e-3", "rose", "", -3, None, "a=b", "'-"]
    assert cell("=a\n\x1b[2J") == r"'=a\n\x1b[2J"


def test_nothing_prints_past_it():
    found = set()
    for module, path in modules().items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (
                    isinstance(node.func, ast.Name) and node.func.id == "print"
                    or isinstance(node.func, ast.Attribute) and ast.unparse(node.func) in (
                        "sys.stdout.write", "sys.stderr.write", "self._stream.write")):
                found.add(module)
    # The first is where it ends; the second prints lines that are `shown`, and handles a reader that has gone; the
    # third writes a file, and the last prints JSON, in which control characters are escaped.
    assert found == {"dlrun.record.terminal", "dlrun.record.epoch_lines", "dlrun.engine.checkpoint",
                     "dlrun.cli.json_output"}
