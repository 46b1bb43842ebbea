"""`dlrun tag RUN ... add=WORD note=TEXT`: tags and notes of runs, kept beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypedDict

from dlrun.cli import offers
from dlrun.cli.verb import Answer, Verb, positional
from dlrun.config.problem import ConfigError
from dlrun.config.schema.fields import text, texts
from dlrun.config.schema.root import Root
from dlrun.record.terminal import say
from dlrun.registry import register


class TaggedAnswer(TypedDict):
    """A run with what is said of it now."""

    name: str
    folder: str
    tags: list[str]
    note: str


class TagAnswer(TypedDict):
    """The runs that were named."""

    runs: Annotated[list[TaggedAnswer], "In the order in which they were named."]


@register("verb", "tag")
@dataclass(frozen=True)
class Tag(Verb):
    """Tags and a note of runs: add, remove, show.

    They lie in tags.json of a run's folder, change neither its id nor its result, and stay where force=true trains it
    again. `dlrun runs` shows them, `dlrun runs tag=paper` finds them. Without a key they are shown.
    """

    runs: tuple[str, ...] = positional("RUN ...", "Folders of runs, or first letters of ids.", least=1,
                                       offers=offers.run_folders)
    add: tuple[str, ...] = texts((), "Tags to add.", scalar=True, empty=True)
    remove: tuple[str, ...] = texts((), "Tags to remove.", scalar=True, empty=True)
    note: str | None = text(None, "A note in place of the one before; '' removes it.")
    output_dir: str = text(Root.output_dir, "The folder of all runs.")
    synonyms: ClassVar[dict[str, str]] = {"note": "tag", "label": "tag", "annotate": "tag"}
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun tag 3f9c1e add=[paper,baseline] note='of figure 2'", "two tags and a note"),
        ("dlrun runs tag=paper", "the runs that have it"),
    )
    answers: ClassVar[Any] = TagAnswer

    def answer(self) -> Answer:
        from dlrun.record.tags import Tags, read_tags, write_tags, wrong_tags
        from dlrun.report.find import is_run, locate

        below = Path(self.output_dir).expanduser()
        folders = [locate(word, below) for word in self.runs]
        wrong = [*wrong_tags("add", self.add), *wrong_tags("remove", self.remove)]
        if wrong:
            raise ConfigError(wrong)
        found: list[TaggedAnswer] = []
        before = [read_tags(_of_run(folder, is_run(folder))) for folder in folders]  # all, before any is written
        for folder, own in zip(folders, before):
            tags = tuple(tag for tag in dict.fromkeys((*own.tags, *self.add)) if tag not in self.remove)
            now = Tags(tags, own.note if self.note is None else self.note.strip())
            if now != own:
                write_tags(folder, now)
            found.append({"name": f"{folder.parent.name}/{folder.name}", "folder": str(folder),
                          "tags": list(now.tags), "note": now.note})
        return Answer(lambda: {"runs": found}, partial(_show, found))


def _of_run(folder: Path, is_one: bool) -> Path:
    from dlrun.config.problem import problem

    if not is_one:
        raise problem(str(folder), "expected the folder of one run")
    return folder


def _show(found: Sequence[TaggedAnswer]) -> None:
    from dlrun.record.terminal import columns

    say("\n".join(columns([[run["name"], ", ".join(run["tags"]) or "no tags", run["note"]] for run in found])))
