from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import dlrun.record
from dlrun.record.recorder import Recorder, Recorders


def test_several_recorders_hear_everything_in_order():
    heard = []

    def listener(name):
        def hear(place):
            return lambda self, *args: heard.append((name, place, args))

        places = {place: hear(place) for place, _ in inspect.getmembers(Recorder, inspect.isfunction)}
        return type("Listener", (Recorder,), places)()

    recorders = Recorders([listener("a"), listener("b")])
    expected = []
    for place, function in inspect.getmembers(Recorder, inspect.isfunction):
        args = tuple(f"{place}-{index}" for index in range(len(inspect.signature(function).parameters) - 1))
        getattr(recorders, place)(*args)
        expected += [("a", place, args), ("b", place, args)]
    assert heard == expected
    assert {place for _, place, _ in heard} >= {"start", "step", "epoch", "picture", "note", "finish", "close"}


def test_one_recorder_that_fails_to_close_does_not_keep_the_next_open():
    class Broken(Recorder):
        def close(self):
            raise OSError("disk full")

    class Closed(Recorder):
        closed = False

        def close(self):
            self.closed = True

    last = Closed()
    with pytest.raises(OSError, match="disk full"):
        Recorders([Broken(), last]).close()
    assert last.closed


def test_reading_a_run_needs_no_heavy_library():
    names = sorted(path.stem for path in Path(dlrun.record.__file__).parent.glob("*.py") if path.stem != "__init__")
    code = f"""
import importlib, sys
for name in {names!r}:
    importlib.import_module("dlrun.record." + name)
heavy = ("torch", "numpy", "rich", "tensorboard", "matplotlib", "PIL", "google.protobuf", "yaml", "tensorflow")
print([name for name in heavy if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
