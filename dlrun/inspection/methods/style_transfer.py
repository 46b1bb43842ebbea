"""``style_transfer``: a picture's content in another picture's style."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from dlrun.config.schema.fields import choice, integer, number, text, texts
from dlrun.inspection.methods._base import Found, Method
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.inspection.subject import Subject


@register("method", "style_transfer")
@dataclass(frozen=True)
class StyleTransfer(Method):
    """A picture's content in another picture's style (Gatys and others, 2015; Chollet 8.3).

    The file behind the method is the content, style=FILE the style. Pixels are optimised: features of one layer stay
    near the content's, Gram matrices of several near the style's, neighbouring pixels near each other. It goes on
    where it was stopped.
    """

    inputs: ClassVar[tuple[str, ...]] = ("image",)
    files: ClassVar[bool] = True
    style: str = text("", "The picture whose style is taken.")
    content_layer: str | None = text(None, "The layer whose features are kept; null takes one by the network.")
    style_layers: tuple[str, ...] = texts((), "The layers whose Gram matrices are matched; some by the network without "
                                              "it.", empty=True, scalar=True)
    content_weight: float = number(0.025, "How much the content counts.", low=0)
    style_weight: float = number(1.0, "How much the style counts.", low=0)
    total_variation: float = number(1.0, "How much the difference of neighbouring pixels counts.", low=0)
    optimizer: str = choice("lbfgs", ("lbfgs", "adam"), "What moves the pixels.")
    rounds: int = integer(20, "Rounds of optimisation.", low=1)
    steps: int = integer(10, "Steps of each round, of Adam or inside L-BFGS.", low=1)
    size: int = integer(320, "The longer side of the result.", low=32, high=2048)

    def inspect(self, subject: Subject) -> Found:
        from pathlib import Path

        from dlrun.config.problem import problem
        from dlrun.inspection.methods.style_transfer_module import Transfer, transferred

        if len(subject.files) != 1 or not self.style:
            raise problem("inspect style_transfer", "expected one picture behind it, and  style=FILE")
        style = Path(self.style).expanduser()
        if not style.is_file():
            raise problem(f"style={self.style}", "expected a picture; " + ("this is a folder" if style.exists() else
                                                                            "no such file"))
        how = Transfer(self.content_layer, self.style_layers, self.content_weight, self.style_weight,
                       self.total_variation, self.optimizer, self.rounds, self.steps)
        (name, content), = subject.own_pictures(self.size).items()
        return transferred(subject, how, f"{name}-{style.stem}", content, subject.picture(style, self.size))
