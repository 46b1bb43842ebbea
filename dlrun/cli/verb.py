"""What a verb declares: its places, its keys, its sentence.  Parsing, help, completion and the reference follow.

A verb is a frozen dataclass in ``cli/verbs/<name>.py``:

    @register("verb", "diff")
    @dataclass(frozen=True)
    class Diff(Verb):
        '''Two runs side by side.'''                       # first line: its sentence; the rest: its help

        runs: tuple[str, ...] = positional("RUN RUN", "Two folders.", least=2, most=2)
        output_dir: str = text("runs", "The folder that holds all runs.")
        answers: ClassVar[Any] = DiffAnswer                # a TypedDict: what json=true prints, with its words

        def answer(self) -> Answer: ...                    # does it; how the answer is printed is not its concern
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, cast

from dlrun import registry
from dlrun.config.schema.fields import flag, rules
from dlrun.config.schema.rule import Rule

GROUP = "verb"


@dataclass(frozen=True)
class Answer:
    """What a verb answers: `data` is a mapping as its `answers` describes it, `show` prints the same for a person.

    One of them is called, and once: rows that come one by one need not be held for both.
    """

    data: Callable[[], Mapping[str, Any]]
    show: Callable[[], None]
    code: int = 0


@dataclass(frozen=True)
class Verb:
    """A parsed command of one verb.

    `answers` is the TypedDict of its data, `schema` is counted up when a key of that goes or means something else.
    """

    json: bool = flag(False, "One JSON document on standard output (docs/reference/json.md); what is said beside goes "
                             "to standard error.")
    answers: ClassVar[Any] = None
    schema: ClassVar[int] = 1
    examples: ClassVar[tuple[tuple[str, str], ...]] = ()  # (command, what it does)
    synonyms: ClassVar[Mapping[str, str]] = MappingProxyType({})  # what others call it, and the command that is meant

    @classmethod
    def help_sections(cls, arguments: Sequence[str]) -> list[tuple[str, list[tuple[str, str]]]]:
        """What its help says beside its arguments, as headings with rows; `arguments` are those before ``--help``."""
        return []

    def answer(self) -> Answer:
        """Do it; the answer, and the exit code.  Raises ConfigError."""
        raise NotImplementedError


def nothing(before: Sequence[str], prefix: str) -> Iterable[str]:
    """No offers: the shell completes names of files."""
    return ()


@dataclass(frozen=True)
class Positional:
    """The arguments of a command that are not one of the verb's keys.

    `label` is how usage shows them (``RUN FILE...``), `least` and `most` how many there may be.  With `overrides`,
    ``key=value`` with other keys are among them.  `offers` gives the completions, see `cli.offers`.
    """

    label: str
    doc: str
    least: int = 0
    most: int | None = None
    overrides: bool = False
    offers: Callable[[Sequence[str], str], Iterable[str]] = nothing


def positional(label: str, doc: str, **how: Any) -> Any:
    """The field of a verb that takes its positional arguments; see `Positional`."""
    return dataclasses.field(default=(), metadata={"positional": Positional(label, doc, **how)})


def verbs() -> tuple[str, ...]:
    """The names of all verbs, in alphabetical order; nothing is imported."""
    return registry.names(GROUP)


def verb(name: str) -> type[Verb]:
    """The class of a verb."""
    return cast("type[Verb]", registry.find(GROUP, name))


def keys(kind: type[Verb]) -> dict[str, Rule]:
    """The ``key=value`` arguments of a verb, its own before those of all verbs."""
    found = rules(kind)
    return {key: found[key] for key in sorted(found, key="json".__eq__)}


def place(kind: type[Verb]) -> tuple[str, Positional] | None:
    """The field that takes the positional arguments, with what it declares; None where a verb has none."""
    for field in dataclasses.fields(kind):
        if "positional" in field.metadata:
            return field.name, field.metadata["positional"]
    return None


def sentence(kind: type[Verb]) -> str:
    """The first line of the docstring."""
    return (inspect.getdoc(kind) or "").partition("\n")[0]


def details(kind: type[Verb]) -> str:
    """The docstring after its first line."""
    return (inspect.getdoc(kind) or "").partition("\n")[2].strip()


def usage(name: str, kind: type[Verb]) -> str:
    """One line: ``dlrun diff RUN RUN [output_dir=...]``."""
    found = place(kind)
    label = ""
    if found is not None:
        label = found[1].label
        label = label if found[1].least or label.startswith("[") else f"[{label}]"
    flags = [f"[--{key}]" for key, rule in keys(kind).items() if rule.kind == "flag"]
    others = [f"[{key}=...]" for key, rule in keys(kind).items() if rule.kind != "flag"]
    return " ".join(filter(None, ["dlrun", name, label, *flags, *others]))
