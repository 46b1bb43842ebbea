"""The first word decides: a verb, a flag of Hydra's, or a run."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module

from dlrun.config.problem import ConfigError, Problem, nearest

VERBS = {
    "list": "datasets, models, optimizers, schedules, experiments, ... each with one line",
    "summary": "the layer table of a model: output shapes and parameter counts",
    "report": "tables over seeds of a sweep or of any folder of runs; CSV, Markdown, LaTeX, JSON, a page",
    "diff": "two runs side by side: settings, code, data, environment, measures",
    "runs": "all runs: list, choose by words, remove",
    "predict": "a finished run on new rows, texts or pictures; CSV out",
    "generate": "text from a prompt, or pictures from noise, with a finished run",
    "book": "the books' comparisons: run what is missing, printed beside measured, verdicts",
    "explain": "every value: where it came from, what is allowed; then the loop in order",
}
HYDRA_FLAGS = ("--cfg", "-c", "--info", "-i", "--shell-completion", "-sc", "--hydra-help", "--version")


def route(words: list[str]) -> int:
    """Answer one command line; problems of the user's are printed, with exit code 2."""
    try:
        return _route(words)
    except ConfigError as wrong:
        from dlrun.cli.say import say_problems

        if os.environ.get("RANK", "0") == "0":  # of several processes (torchrun) one speaks
            say_problems(wrong.problems)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `dlrun list | head`: the reader has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE


def _route(words: list[str]) -> int:
    words = _take_config_dir(words)
    if any(word in ("--help", "-h", "help") for word in words[:1]) or "--help" in words or "-h" in words:
        return _verb("help", words)
    first = words[0] if words else ""
    if first in VERBS:
        if "-m" in words or "--multirun" in words:
            raise ConfigError([Problem(f"{first} -m", f"`dlrun {first}` looks at one run")])
        return _verb(first, words[1:])
    if any(word.split("=")[0] in HYDRA_FLAGS for word in words):
        return _verb("hydra", words)
    if first and "=" not in first and first[0] not in "-+~":
        raise ConfigError([Problem(first, _unknown(first))])
    flags = [word for word in words if word.startswith("-")]
    multirun = [flag for flag in flags if flag in ("-m", "--multirun")]
    wrong = [flag for flag in flags if flag not in (*multirun, "-r", "--run")]
    if wrong:
        raise ConfigError([Problem(flag, _unknown_flag(flag)) for flag in wrong])
    overrides = [word for word in words if not word.startswith("-")]
    several = "hydra.mode=MULTIRUN" in overrides
    overrides = [word for word in overrides if word != "hydra.mode=MULTIRUN"]
    from dlrun.config.compose.composer import hydra_started

    with hydra_started():
        single = len(flags) > len(multirun)  # -r: this experiment's own configuration, and nothing of its sweep
        sweep = bool(multirun) or several or not single and _is_sweep(overrides)
        return import_module("dlrun.cli.multirun" if sweep else "dlrun.cli.train").main(overrides)


def _is_sweep(words: Sequence[str]) -> bool:
    """Whether an experiment among the words is a sweep, by its file; nothing is composed where none is chosen."""
    if not any(word.startswith(("experiment=", "+")) for word in words):
        return False
    from dlrun.config.compose.composer import Composer
    from dlrun.sweep.request.request import is_sweep

    return is_sweep(words, Composer())


def _verb(name: str, words: Sequence[str]) -> int:
    code: int = import_module(f"dlrun.cli.{name}").main(list(words))
    return code


def _unknown(word: str) -> str:
    from dlrun.config.compose.grammar import no_value

    near = nearest(word, VERBS)
    if near:
        return f"no such verb; did you mean  dlrun {near[0]}"
    if word in ("train", "fit", "run"):
        return "training has no verb: leave the word out"
    wanted = no_value(word)
    if wanted == no_value(""):
        return f"neither a verb ({', '.join(VERBS)}) nor key=value; `dlrun --help` shows both"
    return wanted


_REASONS = {
    "--config-name": "dlrun has one config; a file of your own is an experiment:  ./experiments/mine.yaml  and  "
                     "experiment=mine",
    "--config-path": "files of your own lie in  ./configs  or in  --config-dir DIR",
    "--experimental-rerun": "the same command again finds its run; force=true runs it anew",
}
_REASONS |= {"-cn": _REASONS["--config-name"], "-cp": _REASONS["--config-path"]}


def _unknown_flag(flag: str) -> str:
    from dlrun.config.compose.catalog import is_group
    from dlrun.config.schema.fields import rules
    from dlrun.config.schema.root import Root

    name, equals, value = flag.partition("=")
    if name in _REASONS:
        return _REASONS[name]
    key = name.lstrip("-").replace("-", "_")
    if is_group(key) or key in rules(Root):
        return f"keys have no dashes:  {key}={value or '...'}"
    near = nearest(name, ["--multirun", "--config-dir", "--help", *HYDRA_FLAGS])
    return "no such flag" + (f"; did you mean  {near[0]}" if near else "; `dlrun --help` shows them")


def _take_config_dir(words: list[str]) -> list[str]:
    """``--config-dir DIR`` (or ``-cd``) is taken out, so that its files get the schema's defaults as ours do."""
    from pathlib import Path

    from dlrun.config.places import add_config_dir

    rest: list[str] = []
    waiting = ""
    for word in words:
        flag, _, value = word.partition("=")
        if waiting:
            value, flag, waiting = word, waiting, ""
        elif flag in ("--config-dir", "-cd"):
            if "=" not in word:
                waiting = flag
                continue
        else:
            rest.append(word)
            continue
        if not Path(value).is_dir():
            raise ConfigError([Problem(f"{flag} {value}", "no such folder")])
        add_config_dir(value)
    if waiting:
        raise ConfigError([Problem(waiting, "a folder is wanted after it")])
    return rest
