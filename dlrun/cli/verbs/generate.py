"""`dlrun generate RUN`: text from a prompt, or pictures from noise, with nothing but a run's folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from dlrun.cli import offers
from dlrun.cli.verb import positional
from dlrun.config.problem import problem
from dlrun.config.schema.fields import integer, number, text, texts
from dlrun.record.terminal import say
from dlrun.registry import register


@register("verb", "generate")
@dataclass(frozen=True)
class Generate:
    """Text from a prompt, or pictures from noise, with a finished run.

    A model of the next token writes a text (prompt, tokens, temperature); a GAN or a VAE makes a grid of pictures
    (count, between, out).
    """

    folder: tuple[str, ...] = positional("RUN", "A run's folder.", least=1, most=1, offers=offers.run_folders)
    prompt: str = text("", "What the text begins with.")
    tokens: int = integer(300, "Tokens to write.", low=1)
    temperature: float = number(0.8, "How freely tokens are drawn; 0 takes the most likely one.", low=0)
    seed: int = integer(0, "Another seed is another text, or other pictures.", low=0)
    count: int = integer(36, "Pictures in the grid.", low=1)
    between: int = integer(0, "Pictures in a line from one latent vector to another; 0 draws each alone.", low=0)
    out: str = text("samples.png", "The file of the pictures.")
    allow: tuple[str, ...] = texts((), "Modules whose code may be run, for a model of your own.", empty=True)
    synonyms: ClassVar[dict[str, str]] = {"sample": "generate", "samples": "generate", "write": "generate"}
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun generate RUN prompt='The ' temperature=0.5", "a text"),
        ("dlrun generate RUN count=36 between=8 out=lines.png", "pictures, each line from one to another"),
    )

    def run(self) -> int:
        from dlrun.inference.load import load_run
        from dlrun.models.composite import Gan, Vae

        run = load_run(Path(self.folder[0]).expanduser(), self.allow)
        if isinstance(run.model, (Gan, Vae)):
            return _pictures(run, self)
        if run.data_spec.next_token:
            return _text(run, self)
        raise problem(f"task={run.config.task.kind}",
                      "GANs, VAEs and models of the next token generate; see  dlrun predict")


def _text(run: Any, asked: Generate) -> int:
    import torch

    from dlrun.data import preprocessing_state as preprocessing
    from dlrun.tasks.next_token.writing import write

    vocabulary = preprocessing.vocabulary(run.kept)
    assert vocabulary is not None
    length = run.data_spec.input_shape[-1]
    ids = vocabulary.encode(asked.prompt) or vocabulary.encode(" ") or [0]
    part = preprocessing.of_texts(run.kept, [vocabulary.decode([ids[0]] * length)])
    made = write(run.model, part.form, length, ids, asked.tokens, asked.temperature,
                 torch.Generator().manual_seed(asked.seed), torch.device("cpu"))
    say(asked.prompt + vocabulary.decode(made))
    return 0


def _pictures(run: Any, asked: Generate) -> int:
    """A grid of samples; with `between`, each line goes from one latent vector to another in so many pictures."""
    import torch

    from dlrun.models.composite import latents, sample
    from dlrun.record.pictures import save_batch

    if run.data_spec.input_kind != "image":
        raise problem(f"dataset={run.config.dataset.name}", "rows of a table are no pictures")
    generator = torch.Generator().manual_seed(asked.seed)
    z = latents(asked.count, run.model, generator)
    columns = None
    if asked.between > 1:
        ends = latents(asked.count, run.model, generator)
        shares = torch.linspace(0, 1, asked.between).view(1, -1, *(1 for _ in z.shape[1:]))
        z = (z[:, None] + shares * (ends - z)[:, None]).flatten(0, 1)
        columns = asked.between
    path = Path(asked.out).expanduser()
    save_batch(path, sample(run.model, z).float().numpy(), columns=columns)
    say(path)
    return 0
