"""Signals that ask, and signals that end."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

TWICE = """
import os, signal
from dlrun.engine.signals import Signals
with Signals() as signals:
    os.kill(os.getpid(), signal.SIGINT)
    print("asked:", signals.name, end="", flush=True)
    os.kill(os.getpid(), signal.SIGINT)
    print("not reached", flush=True)
"""


def test_a_second_signal_ends_at_once_and_leaves_the_terminal_with_a_cursor() -> None:
    ours, theirs = pty.openpty()
    try:
        ended = subprocess.run([sys.executable, "-c", TWICE], stdout=theirs, stderr=theirs, timeout=300)
        said = os.read(ours, 4096).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert ended.returncode == 130
    assert said == "asked: SIGINT\x1b[?25h\r\n"


def test_nothing_of_it_goes_into_a_pipe() -> None:
    ended = subprocess.run([sys.executable, "-c", TWICE], capture_output=True, text=True, timeout=300)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "asked: SIGINT", "")
