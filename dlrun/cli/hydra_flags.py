"""Hydra's own flags (--cfg, --info, -sc, --hydra-help), answered by Hydra over dlrun's search path."""

from __future__ import annotations

from collections.abc import Sequence

from dlrun import __version__
from dlrun.cli.completion import print_offers
from dlrun.cli.hydra_main import hydra_says
from dlrun.config.compose.compose import compose
from dlrun.config.problem import ConfigError, did_you_mean, problem
from dlrun.record.terminal import say

_CFG = ("job", "hydra", "all")
_WITH_VALUE = ("--cfg", "-c", "--info", "-i", "--package", "-p", "--config-path", "-cp", "--config-name", "-cn")
_ONE_OF = {"--cfg": "-c", "--info": "-i", "--shell-completion": "-sc", "--run": "-r"}
_INFO = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")


def answer(arguments: Sequence[str]) -> int:
    """Print what the flags among the arguments ask for; the exit code."""
    flags, overrides = _split(arguments)
    if any(text in ("-m", "--multirun") for text in flags):  # what is shown is the first job's
        from dlrun.sweep.make import first_job

        overrides = first_job(overrides)
        flags = [text for text in flags if text not in ("-m", "--multirun")]
        arguments = [*flags, *overrides]
    if "--version" in arguments:
        say(f"dlrun {__version__}")
        return 0
    completing = any(text.split("=")[0] in ("-sc", "--shell-completion") for text in arguments)
    if completing:
        shell = _subcommand(arguments)
        if shell:
            return print_offers(shell)
    _one_of(flags)
    _choices(arguments)
    if not completing:
        composition, problems = compose(overrides)
        if problems or composition is None:
            raise ConfigError(problems)
        from dlrun.config.compose.overrides import readable

        arguments = [*flags, *map(readable, overrides)]
    code, text = hydra_says(arguments)
    say(text, end="")
    return code


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The flags, with the words that belong to them, and the overrides; raises ConfigError for what is none."""
    flags: list[str] = []
    overrides: list[str] = []
    for before, text in zip(["", *arguments], arguments):
        number = text[:1] == "-" and not text[1:2].isalpha() and text[1:2] != "-"
        if number or text == "--":  # Hydra's parser takes -1, and what comes after --, for overrides
            raise problem(text, "no such flag")
        belongs = before in _WITH_VALUE and "=" not in text
        (flags if belongs or text.startswith("-") else overrides).append(text)
    return flags, overrides


def _subcommand(arguments: Sequence[str]) -> str:
    """The shell whose completions are asked for (``query=bash``), else nothing; raises ConfigError for another one."""
    known = [f"{verb}={shell}" for verb in ("install", "uninstall", "query") for shell in ("bash", "zsh", "fish")]
    given = [text for text in arguments if not text.startswith("-")]
    found = [text for text in given if text in known]
    if not found:
        hint = did_you_mean(given[0], known) if given else ""
        raise problem(" ".join(arguments), f"expected one of {', '.join(known)} after it{hint}")
    verb, _, shell = found[0].partition("=")
    return shell if verb == "query" else ""


def _one_of(flags: Sequence[str]) -> None:
    """Raises ConfigError where two flags are given that ask for different answers."""
    given = {name for flag in flags for name, short in _ONE_OF.items() if flag.partition("=")[0] in (name, short)}
    if len(given) > 1:
        raise problem(" ".join(flags), f"expected one of {', '.join(sorted(given))}")


def _choices(arguments: Sequence[str]) -> None:
    for flag, known in (("--cfg", _CFG), ("-c", _CFG), ("--info", _INFO), ("-i", _INFO)):
        for place, text in enumerate(arguments):
            name, equals, value = text.partition("=")
            if name != flag:
                continue
            value = value if equals else next(iter(arguments[place + 1:]), "")
            bare = known is _INFO and (not value or "=" in value or value.startswith("-"))
            if value not in known and not bare:
                raise problem(f"{flag} {value}".strip(), f"expected one of {', '.join(known)} after it"
                              f"{did_you_mean(value, known) if value else ''}")
