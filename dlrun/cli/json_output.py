"""``json=true``: one JSON document on standard output, whatever a command does; what it prints beside goes to standard
error.  Problems are such a document too, with the exit code that they have anyway."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, redirect_stdout
from typing import Any

from dlrun.cli.verb import Verb
from dlrun.config.problem import Problem
from dlrun.record.folder import plain

RUN = "run"  # the name of a command without a verb


class JsonOutput:
    """Answers of one command as JSON."""

    def __init__(self, arguments: Sequence[str]):
        from dlrun.cli.verb import verbs

        self.stream = sys.stdout
        known = verbs()
        self.command = next((text for text in arguments if text in known), RUN)

    def beside(self) -> AbstractContextManager[Any]:
        """While it lasts, what is printed to standard output goes to standard error."""
        return redirect_stdout(sys.stderr)

    def verb(self, command: Verb) -> int:
        """The answer of a verb."""
        answer = command.answer()
        return self._print(answer.code, command.schema, data=answer.data())

    def run(self, overrides: Sequence[str]) -> int:
        """Train one run."""
        from dlrun.cli.run_answers import run_answer

        return self._answer(run_answer, overrides)

    def sweep(self, overrides: Sequence[str]) -> int:
        """Train a sweep."""
        from dlrun.cli.run_answers import sweep_answer

        return self._answer(sweep_answer, overrides)

    def _answer(self, work: Callable[[Sequence[str]], tuple[int, Mapping[str, Any]]], overrides: Sequence[str]) -> int:
        code, data = work(overrides)
        return self._print(code, data=data)

    def refuse(self, problems: Sequence[Problem], after: str = "", code: int = 2) -> int:
        """What is wrong with the command."""
        found = [{"given": one.given, "expected": one.expected, "origin": one.origin} for one in problems]
        return self._print(code, problems=found)

    def _print(self, code: int, version: int = 1, **content: Any) -> int:
        found = {"command": self.command, "schema": version, "exit_code": code, **plain(content)}
        text = json.dumps(found, indent=2, allow_nan=False)  # control characters are escaped, all others than ASCII too
        if os.environ.get("RANK", "0") == "0":  # of several processes (torchrun) one speaks
            print(text.replace("\x7f", "\\u007f"), file=self.stream, flush=True)
        return code
