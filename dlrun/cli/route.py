"""The first argument decides: a verb, a flag of Hydra's, or a run."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from dlrun.config.problem import ConfigError, Problem, report
from dlrun.record.terminal import say
from dlrun.registry import BrokenKind

if TYPE_CHECKING:
    from dlrun.cli.json_output import JsonOutput
    from dlrun.cli.verb import Verb

HELP = ("--help", "-h")
JSON = ("json=true", "--json", "--json=true")  # one JSON document on standard output
SPEAKING = 5.0  # seconds that another process may take for its sentences


def route(arguments: list[str]) -> int:
    """Answer one command line; problems of the user's are printed, with exit code 2."""
    output = _output(arguments)
    try:
        with output.beside():
            code = _route(arguments, output)
            sys.stdout.flush()  # here a reader that has gone is no error; at the interpreter's end it would be one
            return code
    except ConfigError as wrong:
        return output.refuse(wrong.problems)
    except BrokenKind as broken:
        return output.refuse([Problem(broken.given, broken.reason)])
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `dlrun list | head`: the reader has gone
        _print_nowhere()
        return 128 + signal.SIGPIPE
    except OSError as error:
        return _refuse_file(error, output)
    except MemoryError:
        return output.refuse([Problem("memory", "there is not enough of it, or a limit is set for this process "
                                                "(ulimit -v)")])
    except RuntimeError as error:
        if "home directory" not in str(error):  # pathlib's and platformdirs' own
            raise
        return output.refuse([_no_home(arguments)])


def _no_home(arguments: Sequence[str]) -> Problem:
    """Why a path that begins with ~ leads nowhere: this user has no folder, or there is no user of that name."""
    if os.path.expanduser("~") == "~":
        return Problem("~", "this user has no home folder; set HOME, or DLRUN_CACHE and whole paths")
    values = {text: text.rpartition("=")[2].strip("'\"") for text in arguments}
    given, path = next(((text, value) for text, value in values.items()
                        if value.startswith("~") and os.path.expanduser(value) == value), ("~", "~name"))
    user = path.partition("/")[0]
    return Problem(given, f"there is no user {user.removeprefix('~')}; a file or folder whose name begins with ~ is "
                          f"written with its whole path:  {os.path.join(os.path.abspath('.'), path)}")


class _Text:
    """Answers for a person; `json_output.JsonOutput` has those for a program."""

    def beside(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def verb(self, command: Verb) -> int:
        answer = command.answer()
        answer.show()
        return answer.code

    def run(self, overrides: Sequence[str]) -> int:
        from dlrun.cli import train

        return train.main(overrides)

    def sweep(self, overrides: Sequence[str]) -> int:
        from dlrun.cli import multirun
        from dlrun.config.compose.session import hydra_started

        with hydra_started():
            return multirun.main(overrides)

    def refuse(self, problems: Sequence[Problem], after: str = "nothing was started") -> int:
        return _refuse(problems, after)


def _output(arguments: Sequence[str]) -> _Text | JsonOutput:
    if not any(text.lower() in JSON for text in arguments) or any(text in HELP for text in arguments):
        return _Text()
    from dlrun.cli.json_output import JsonOutput

    return JsonOutput(arguments)


def _refuse_file(error: OSError, output: _Text | JsonOutput) -> int:
    """A file that could not be read or written, in a sentence; without a name it is what is printed to."""
    if error.filename is None:
        _print_nowhere()
    return output.refuse([Problem(str(error.filename or "output"), error.strerror or str(error))],
                         "" if error.filename is None else "nothing was started")


def _print_nowhere() -> None:
    """Let what is still printed go nowhere: the interpreter would complain of it as it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse(problems: Sequence[Problem], after: str = "nothing was started") -> int:
    try:
        from dlrun.cli.problems import print_problems
    except OSError:  # no file can be opened any more, not even dlrun's own
        say("\n".join(report(problems, after)), file=sys.stderr)
        return 2
    if os.environ.get("RANK", "0") == "0":  # of several processes (torchrun) one speaks
        print_problems(problems, after=after)
    else:  # torchrun ends all when the first of them ends, and this one must not end before the other has spoken
        time.sleep(SPEAKING)
    return 2


def _route(arguments: list[str], output: _Text | JsonOutput) -> int:
    from dlrun.cli.verb import verbs
    from dlrun.config.check.allow import allow_typed

    arguments = _take_config_dir(arguments)
    allow_typed(arguments)
    if arguments[:1] == ["help"]:  # `dlrun help report`
        arguments = [*arguments[1:], "--help"]
    first = next((text for text in arguments if text.lower() not in JSON), "")
    if first in verbs():
        place = arguments.index(first)
        return _verb(first, [*arguments[:place], *arguments[place + 1:]], output)
    if any(text in HELP for text in arguments):
        from dlrun.cli.overview import print_overview

        print_overview()
        return 0
    if any(text.startswith("-") for text in arguments) and _is_hydras(arguments):
        from dlrun.cli.hydra_flags import answer

        return answer(arguments)
    if first and "=" not in first and first[0] not in "-+~":
        from dlrun.cli.advice import unknown_command

        raise ConfigError([Problem(first, unknown_command(first, arguments[1:]))])
    return _run([text for text in arguments if text.lower() not in JSON], output)


def _is_hydras(arguments: Sequence[str]) -> bool:
    from dlrun.cli.flags import HYDRA_FLAGS

    return any(text.split("=")[0] in HYDRA_FLAGS for text in arguments)


def _verb(name: str, arguments: Sequence[str], output: _Text | JsonOutput) -> int:
    from dlrun.cli.verb import verb

    kind = verb(name)
    if any(text in HELP for text in arguments):
        from dlrun.cli.verb_help import print_help

        print_help(name, kind, [text for text in arguments if text not in HELP])
        return 0
    if "-m" in arguments or "--multirun" in arguments:
        raise ConfigError([Problem(f"{name} -m", f"`dlrun {name}` looks at one run")])
    from dlrun.cli.parse import parse

    return output.verb(parse(name, kind, arguments))


def _run(arguments: Sequence[str], output: _Text | JsonOutput) -> int:
    """A run, or a sweep: by -m, by hydra.mode, or because an experiment among the arguments is one."""
    # Only these can have so many digits or brackets.
    if long := [text for text in arguments if len(text) > 1000 or sum(map(text.count, "[{(")) > 50]:
        from dlrun.config.compose.excess import too_long

        if excess := [Problem(text, reason) for text in long if (reason := too_long(text))]:
            raise ConfigError(excess)
    flags = [text for text in arguments if text.startswith("-")]
    multirun = [flag for flag in flags if flag in ("-m", "--multirun")]
    wrong = [flag for flag in flags if flag not in (*multirun, "-r", "--run")]
    if wrong:
        from dlrun.cli.advice import unknown_flag

        raise ConfigError([Problem(flag, unknown_flag(flag)) for flag in wrong])
    overrides = [text for text in arguments if not text.startswith("-")]
    several = "hydra.mode=MULTIRUN" in overrides
    overrides = [text for text in overrides if text != "hydra.mode=MULTIRUN"]
    debugging = [text for text in overrides if text.startswith("debug=")]
    if debugging and (multirun or several):
        raise ConfigError([Problem(debugging[0], "it looks at one run; expected a command without -m")])
    # -r: this experiment's own configuration, and nothing of its sweep
    single = bool(debugging) or len(flags) > len(multirun)
    if not (multirun or several or not single and _is_sweep(overrides)):
        return output.run(overrides)
    return output.sweep(overrides)


def _is_sweep(overrides: Sequence[str]) -> bool:
    """Whether an experiment among the overrides is a sweep, by its file; nothing is composed where none is chosen."""
    if not any(override.startswith(("experiment=", "+")) for override in overrides):
        return False
    from dlrun.config.compose.composer import Composer
    from dlrun.sweep.request.request import is_sweep

    return is_sweep(overrides, Composer())


def _take_config_dir(arguments: list[str]) -> list[str]:
    """``--config-dir DIR`` (or ``-cd``) is taken out, so that its files get the schema's defaults as ours do."""
    if not any(text.startswith(("--config-dir", "-cd")) for text in arguments):
        return arguments
    from pathlib import Path

    from dlrun.config.places import add_config_dir

    rest: list[str] = []
    waiting = ""
    for text in arguments:
        flag, _, value = text.partition("=")
        if waiting:
            value, flag, waiting = text, waiting, ""
        elif flag in ("--config-dir", "-cd"):
            if "=" not in text:
                waiting = flag
                continue
        else:
            rest.append(text)
            continue
        if not Path(value).is_dir():
            raise ConfigError([Problem(f"{flag} {value}", "no such folder")])
        add_config_dir(value)
    if waiting:
        raise ConfigError([Problem(waiting, "expected a folder after it")])
    return rest
