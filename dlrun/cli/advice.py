"""What was probably meant by an unknown command or flag."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from dlrun.cli.flags import HYDRA_FLAGS
from dlrun.cli.verb import verb, verbs
from dlrun.config.problem import nearest

_TRAINING = ("train", "training", "fit", "run", "start")
_REASONS = {
    "--config-name": "dlrun has one config; a file of your own is an experiment:  ./experiments/mine.yaml  and  "
                     "experiment=mine",
    "--config-path": "files of your own lie in  ./configs  or in  --config-dir DIR",
    "--experimental-rerun": "the same command again finds its run; force=true runs it again",
}
_REASONS |= {"-cn": _REASONS["--config-name"], "-cp": _REASONS["--config-path"]}


def unknown_command(word: str, rest: Sequence[str]) -> str:
    """What is expected where `word` stands first, followed by `rest`, and is neither a verb nor key=value."""
    from dlrun.config.compose.catalog import is_group, options
    from dlrun.config.compose.grammar import no_value
    from dlrun.config.compose.unknown import read_by
    from dlrun.config.schema.fields import rules
    from dlrun.config.schema.root import GROUPS, Root

    if word in _TRAINING:
        return f"training needs no verb: leave the word out:  dlrun {_shell(rest)}"
    if word in ("sweep", "multirun", "grid", "search", "tune"):
        return f"a sweep needs no verb:  dlrun -m {_shell(rest)}"
    keys = (*GROUPS, *rules(Root))
    begins = word.partition(":")[0].partition(".")[0]
    if begins in keys or is_group(word) or any(word in options(group) for group in (*GROUPS, "experiment")):
        return no_value(word)  # the key or the option alone
    if reads := read_by(word):
        return reads
    named = {name: name for name in verbs()}
    for name in verbs():
        named.update(verb(name).synonyms)
    near = nearest(word, named)
    if near:
        return f"unknown command; did you mean  dlrun {named[near[0]]}"
    import difflib

    close = difflib.get_close_matches(word, keys, n=1, cutoff=0.75)
    hint = f"; did you mean  {close[0]}=..." if close else ""
    if nearest(word, _TRAINING):
        hint = "; training needs no verb"
    return f"unknown command; expected a command ({', '.join(verbs())}) or key=value{hint}"


def unknown_flag(flag: str) -> str:
    """What is expected in place of a flag that is none, or that is Hydra's and has no use here."""
    from dlrun.config.compose.catalog import is_group
    from dlrun.config.schema.fields import rules
    from dlrun.config.schema.root import Root

    name, _, value = flag.partition("=")
    if name in _REASONS:
        return _REASONS[name]
    key = name.lstrip("-").replace("-", "_")
    if is_group(key) or key in rules(Root):
        return f"keys have no dashes:  {key}={value or '...'}"
    known = ["--multirun", "--config-dir", "--help", *HYDRA_FLAGS]
    near = nearest(name, known) if len(name) > 2 else []  # those of one letter are all one slip apart
    return "no such flag" + (f"; did you mean  {near[0]}" if near else "; `dlrun --help` shows them")


def _shell(words: Sequence[str]) -> str:
    """Words as a shell takes them; in double quotes where they hold single ones."""
    return " ".join(f'"{word}"' if "'" in word and not set(word) & set('"$`\\!') else shlex.quote(word)
                    for word in words)
