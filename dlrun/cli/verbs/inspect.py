"""`dlrun inspect RUN METHOD`: what a finished run's network has learned, as pictures."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypedDict

from dlrun.cli import offers
from dlrun.cli.verb import Answer, Verb, positional
from dlrun.config.schema.fields import choice, text, texts
from dlrun.config.schema.root import Root
from dlrun.record.terminal import say
from dlrun.registry import register

BASES = "bases"  # below output_dir: where pictures of bases lie


class InspectAnswer(TypedDict):
    """What was found."""

    run: Annotated[str, "The run's folder, or the base."]
    method: str
    folder: Annotated[str, "That of the pictures."]
    pictures: Annotated[list[str], "The files that were written."]
    values: Annotated[dict[str, Any], "What the method has measured, by its own keys."]
    lines: Annotated[list[str], "The same as sentences."]


@register("verb", "inspect")
@dataclass(frozen=True)
class Inspect(Verb):
    """What a finished run's network has learned: activations, heat maps and the like, as pictures.

    `dlrun list methods` shows the methods, `dlrun inspect METHOD --help` the options of one (docs/inspect.md). Methods
    that look at rows take your own files (pictures, tables, texts, arrays, as `dlrun predict` does), or rows of the
    run's data without any. Pictures lie in the run's folder, in inspect/METHOD, and in TensorBoard as the run
    ID/inspect. The name of a base (efficientnet_lite0, vgg16) in place of a run looks into that network as it was
    published, with its own classes.
    """

    places: tuple[str, ...] = positional(
        "RUN METHOD [FILE ...] [OPTION=VALUE ...]", "A run's folder, the first letters of its id or a base, then a "
        "method, files of your own, and the method's options.", least=1, overrides=True, offers=offers.run_then_method)
    weights: str = choice("measured", ("measured", "best", "last"),
                          "Those that the result was measured with, the best or the last.")
    output_dir: str = text(Root.output_dir, "The folder of all runs, in which ids are looked up.")
    allow: tuple[str, ...] = texts((), "Modules whose code may be run, for a model of your own.", empty=True)
    synonyms: ClassVar[dict[str, str]] = dict.fromkeys(("visualize", "visualise", "look", "interpret"), "inspect")
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun inspect runs/mnist-cnn-adam/3f9c1e02 activations", "what each layer makes of a test picture"),
        ("dlrun inspect 3f9c activations cat.jpg layer=conv_2", "of a picture of your own, by one layer"),
        ("dlrun inspect efficientnet_lite0 grad_cam cat.jpg", "where a published network sees one of ImageNet's "
                                                              "classes"),
    )

    answers: ClassVar[Any] = InspectAnswer

    @classmethod
    def help_sections(cls, arguments: Sequence[str]) -> list[tuple[str, list[tuple[str, str]]]]:
        from dlrun.cli.method_options import GROUP, option_rows
        from dlrun.registry import names
        from dlrun.registry.sentences import sentence

        named = [name for name in arguments if name in names(GROUP)]
        if named:
            return [(f"{name}: {sentence(GROUP, name)}", option_rows(name)) for name in named]
        return [("methods", [(name, sentence(GROUP, name)) for name in names(GROUP)])]

    def answer(self) -> Answer:
        from dlrun.cli.method_options import method_of
        from dlrun.cli.trained import trained
        from dlrun.inference.new_files import existing

        method, names = method_of(self.places[1:])
        place = trained(self.places[0], self.output_dir, bases=True)
        into = place if place.exists() else Path(self.output_dir).expanduser() / BASES / place
        files = existing(names)
        from dlrun.inspection.inspect_run import inspect_run

        made = inspect_run(place, into, method, files, self.weights, self.allow, partial(say, file=sys.stderr))
        data: InspectAnswer = {
            "run": str(place), "method": method.kind, "folder": str(made.folder),
            "pictures": [str(path) for path in made.pictures.values()], "values": dict(made.found.values),
            "lines": list(made.found.lines)}
        return Answer(lambda: data, partial(_show, data))


def _show(data: InspectAnswer) -> None:
    for line in data["lines"]:
        say(line)
    pictures = data["pictures"]
    if len(pictures) > 3:
        say(f"{len(pictures)} pictures in {data['folder']}")
    else:
        say(*pictures, sep="\n")
