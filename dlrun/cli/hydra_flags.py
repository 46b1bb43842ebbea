"""Hydra's own flags (--cfg, --info, -sc, --hydra-help), answered by Hydra over dlrun's search path."""

from __future__ import annotations

from collections.abc import Sequence

from dlrun import __version__
from dlrun.cli.completion import print_offers
from dlrun.cli.hydra_main import hydra_says
from dlrun.config.compose.composer import compose
from dlrun.config.problem import ConfigError, did_you_mean, problem

_CFG = ("job", "hydra", "all")
_INFO = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")


def answer(words: Sequence[str]) -> int:
    """Print what the flags among the words ask for; the exit code."""
    if any(word in ("-m", "--multirun") for word in words):  # what is shown is the first job's
        from dlrun.sweep.make import first_job

        typed = [word for word in words if "=" in word and not word.startswith("-")]
        words = [word for word in words if word not in (*typed, "-m", "--multirun")] + first_job(typed)
    if "--version" in words:
        print(f"dlrun {__version__}")
        return 0
    overrides = [word for word in words if not word.startswith("-") and word not in ("job", "hydra", "all")]
    completing = any(word.split("=")[0] in ("-sc", "--shell-completion") for word in words)
    if completing:
        shell = _subcommand(words)
        if shell:
            return print_offers(shell)
    _choices(words)
    shows = any(word.split("=")[0] in ("--cfg", "-c", "--info", "-i") for word in words)
    if shows and not completing:
        composition, problems = compose([word for word in overrides if "=" in word])
        if problems or composition is None:
            raise ConfigError(problems)
    code, text = hydra_says(words)
    print(text, end="")
    return code


def _subcommand(words: Sequence[str]) -> str:
    """The shell whose completions are asked for (``query=bash``), else nothing; raises ConfigError for another word."""
    known = [f"{verb}={shell}" for verb in ("install", "uninstall", "query") for shell in ("bash", "zsh", "fish")]
    given = [word for word in words if not word.startswith("-")]
    found = [word for word in given if word in known]
    if not found:
        hint = did_you_mean(given[0], known) if given else ""
        raise problem(" ".join(words), f"expected one of {', '.join(known)} after it{hint}")
    verb, _, shell = found[0].partition("=")
    return shell if verb == "query" else ""


def _choices(words: Sequence[str]) -> None:
    for flag, known in (("--cfg", _CFG), ("-c", _CFG), ("--info", _INFO), ("-i", _INFO)):
        for place, word in enumerate(words):
            name, equals, value = word.partition("=")
            if name != flag:
                continue
            value = value if equals else next(iter(words[place + 1:]), "")
            bare = known is _INFO and (not value or "=" in value or value.startswith("-"))
            if value not in known and not bare:
                raise problem(f"{flag} {value}".strip(), f"expected one of {', '.join(known)} after it"
                              f"{did_you_mean(value, known) if value else ''}")
