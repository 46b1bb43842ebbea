"""`dlrun export RUN`: a finished run as files that load without dlrun, compared with it, and a model card."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypedDict

from dlrun.cli import offers
from dlrun.cli.verb import Answer, Verb, positional
from dlrun.config.problem import did_you_mean, problem
from dlrun.config.schema.fields import choice, text, texts
from dlrun.config.schema.root import Root
from dlrun.record.terminal import say
from dlrun.registry import register

FORMATS = ("onnx", "torch", "safetensors")


class FileAnswer(TypedDict):
    """A file that was written."""

    format: str
    file: str
    ran: Annotated[str, "What it was run with to compare it."]
    difference: Annotated[dict[str, float], "The largest distance to dlrun's own outputs, by output."]


class ExportAnswer(TypedDict):
    """A run, exported."""

    run: str
    folder: str
    files: list[FileAnswer]
    card: Annotated[str, "The model card."]
    inputs: Annotated[str, "stored: rows as the data has them; network: as the network sees them."]
    rows: Annotated[str, "What outputs were compared on: the run's own rows, or drawn ones."]
    outputs: list[str]


@register("verb", "export")
@dataclass(frozen=True)
class Export(Verb):
    """A finished run as files that load without dlrun (ONNX, torch, safetensors), and a model card.

    In ONNX and torch's file preprocessing is inside, where inputs are values or ids: rows go in as the data has them,
    probabilities or numbers in their unit come out, for any number of rows. What was fitted (columns, scales,
    vocabulary) lies beside as preprocessing.json. Each file is run, and the largest difference of its outputs to
    dlrun's own is printed; a file whose outputs are others is not kept.
    """

    run: tuple[str, ...] = positional("RUN", "A run's folder or the first letters of its id.", least=1, most=1,
                                      offers=offers.run_folders)
    format: tuple[str, ...] = texts(("torch",), f"One or more of {', '.join(FORMATS)}; onnx and safetensors need "
                                                "dlrun[export].", scalar=True)
    into: str | None = text(None, "The folder of the files; export in the run's folder without it.")
    weights: str = choice("measured", ("measured", "best", "last"),
                          "Those that the result was measured with, the best or the last.")
    output_dir: str = text(Root.output_dir, "The folder of all runs, in which ids are looked up.")
    allow: tuple[str, ...] = texts((), "Modules whose code may be run, for a model of your own.", empty=True)
    synonyms: ClassVar[dict[str, str]] = dict.fromkeys(("onnx", "save", "deploy", "convert"), "export")
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun export 9153 format=onnx", "model.onnx, run by onnxruntime"),
        ("dlrun export 9153 format=[onnx,torch,safetensors] into=model", "three files in a folder of their own"),
    )
    answers: ClassVar[Any] = ExportAnswer

    def answer(self) -> Answer:
        from dlrun.cli.trained import trained

        for name in self.format:
            if name not in FORMATS:
                raise problem(f"format={name}", f"expected one of {', '.join(FORMATS)}{did_you_mean(name, FORMATS)}")
        place = trained(self.run[0], self.output_dir)
        into = place / "export" if self.into is None else Path(self.into).expanduser()
        from dlrun.inference.export_run import export_run

        found = export_run(place, self.format, into, self.weights, self.allow, partial(say, file=sys.stderr))
        files: list[FileAnswer] = [{"format": how, "file": str(one.path), "ran": one.ran, "difference": one.difference}
                                   for how, one in zip(self.format, found.written)]
        data: ExportAnswer = {
            "run": str(place), "folder": str(into), "files": files, "card": str(found.card),
            "inputs": "stored" if found.sample.stored else "network",
            "rows": "its own" if found.sample.real else "drawn", "outputs": list(found.sample.outputs)}
        return Answer(lambda: data, partial(_show, data, len(found.sample.x)))


def _show(data: ExportAnswer, rows: int) -> None:
    kind = {"its own": "of its rows", "drawn": "drawn rows"}[data["rows"]]
    for one in data["files"]:
        if one["format"] == "safetensors":
            said = "read again, equal"
        else:
            said = (f"run with {one['ran']} on {rows} {kind}: differs by at most "
                    f"{max(one['difference'].values()):.2g} in {', '.join(one['difference'])}")
        say(f"{one['file']}  {said}")
    say(f"{data['card']}  (model card)")
