"""`dlrun generate RUN`: text from a prompt, or pictures from noise, with nothing but a run's folder."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypedDict

from dlrun.cli import offers
from dlrun.cli.verb import Answer, Verb, positional
from dlrun.config.problem import problem
from dlrun.config.schema.fields import integer, number, text, texts
from dlrun.config.schema.root import Root
from dlrun.record.terminal import say
from dlrun.registry import register

MOST = 10_000  # pictures of a grid


class GenerateAnswer(TypedDict):
    """What was made; one of the two is null."""

    text: str | None
    file: Annotated[str | None, "The file of the pictures."]


@register("verb", "generate")
@dataclass(frozen=True)
class Generate(Verb):
    """Text from a prompt, or pictures from noise, with a finished run.

    A model of the next token writes a text (prompt, tokens, temperature); a GAN or a VAE makes a grid of pictures
    (count, between, out).  A task of your own does what its `generate` does.
    """

    folder: tuple[str, ...] = positional("RUN", "A run's folder or the first letters of its id.", least=1, most=1,
                                         offers=offers.run_folders)
    prompt: str = text("", "What the text begins with.")
    tokens: int = integer(300, "Tokens to write.", low=1)
    temperature: float = number(0.8, "How freely tokens are drawn; 0 takes the most likely one.", low=0)
    seed: int = integer(0, "Another seed is another text, or other pictures.", low=0)
    count: int = integer(36, "Pictures in the grid.", low=1, high=10_000)
    between: int = integer(0, "Pictures in a line from one latent vector to another; 0 draws each alone.", low=0,
                           high=100)
    out: str = text("samples.png", "The file of the pictures.")
    output_dir: str = text(Root.output_dir, "The folder of all runs, in which ids are looked up.")
    allow: tuple[str, ...] = texts((), "Modules whose code may be run, for a model of your own.", empty=True)
    synonyms: ClassVar[dict[str, str]] = {"sample": "generate", "samples": "generate", "write": "generate"}
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun generate RUN prompt='The ' temperature=0.5", "a text"),
        ("dlrun generate RUN count=36 between=8 out=lines.png", "pictures, each line from one to another"),
    )

    answers: ClassVar[Any] = GenerateAnswer

    def answer(self) -> Answer:
        if Path(self.out).expanduser().is_dir():
            raise problem(f"out={self.out}", "expected a file; this is a folder")
        if self.seed >= 1 << 63:
            raise problem(f"seed={self.seed}", "expected an integer < 2**63")
        if self.count * max(self.between, 1) > MOST:
            raise problem(f"count={self.count} between={self.between}", f"expected at most {MOST:,} pictures in all")
        from dlrun.cli.trained import trained

        place = trained(self.folder[0], self.output_dir)
        from dlrun.inference.load import load_run
        from dlrun.tasks._base.generation import GenerateOptions

        run = load_run(place, self.allow)
        made = run.generate(GenerateOptions(**{key.name: getattr(self, key.name) for key in fields(GenerateOptions)}))
        if isinstance(made, str):
            text_only: GenerateAnswer = {"text": made, "file": None}
            return Answer(lambda: text_only, partial(say, made))
        from dlrun.record.pictures import save_batch

        path = Path(self.out).expanduser()
        save_batch(path, made.values, columns=made.columns)
        pictures: GenerateAnswer = {"text": None, "file": str(path)}
        return Answer(lambda: pictures, partial(say, path))
