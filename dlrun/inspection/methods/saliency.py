"""``saliency``: which pixels a class's score depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from dlrun.config.schema.fields import integer, number, text
from dlrun.inspection.methods._base import Found, RowsMethod
from dlrun.registry import register

if TYPE_CHECKING:
    from torch import Tensor

    from dlrun.inspection.subject import Subject


@register("method", "saliency")
@dataclass(frozen=True)
class Saliency(RowsMethod):
    """Which pixels a class's score depends on: the gradient by the picture (Simonyan and others, 2014).

    Of the channels of a pixel the largest size counts. With `smooth` it is the mean over copies with noise (SmoothGrad;
    Smilkov and others, 2017), which shows more of the shape.
    """

    inputs: ClassVar[tuple[str, ...]] = ("image",)
    class_: str | None = text(None, "The class, by its name; null takes the right one, of pictures whose class is not "
                                    "known the predicted one.")
    smooth: int = integer(0, "Copies with noise whose gradients are averaged; 0 takes the picture itself.", low=0)
    noise: float = number(0.15, "Deviation of this noise, as a share of the range from black to white.", low=0,
                          above=True)
    seed: int = integer(0, "Of the noise.", low=0)

    def inspect(self, subject: Subject) -> Found:
        from dlrun.inspection.overlay import shown_pictures
        from dlrun.inspection.scores import chosen_classes, scored
        from dlrun.inspection.sheet import interleaved, save_sheet
        from dlrun.record.heat import coloured

        rows = subject.shown(self)
        classes = chosen_classes(subject, self.class_, rows)
        sizes = pixel_sizes(self, subject, rows.x, classes)
        # a few pixels of the sharpest edges would leave all others dark
        tops = sizes.flatten(1).quantile(0.99, 1).clamp_min(1e-12).view(-1, 1, 1)
        maps = coloured((sizes / tops).numpy(), 0.0, 1.0, "inferno")
        names = subject.run.data_spec.classes if scored(subject) in ("classes", "labels") else ()
        said = [names[place] if names else "" for place in classes]
        subject.save("gradient", lambda path: save_sheet(path, interleaved(shown_pictures(subject, rows.x), maps),
                                                         interleaved(rows.names, said), pairs=True))
        found = [{"row": row, "class": name or None, "largest": float(size.max()), "mean": float(size.mean())}
                 for row, name, size in zip(rows.names, said, sizes)]
        return Found({"rows": found}, [f"{len(rows)} pictures by the gradient of the score"
                                       + (f", the mean over {self.smooth} copies with noise" if self.smooth else "")])


def pixel_sizes(method: Saliency, subject: Subject, x: Tensor, classes: list[int]) -> Tensor:
    """The size of the gradient at each pixel (rows, height, width), by a pixel's value in [0, 1]."""
    import torch

    from dlrun.config.seeds import derive_seed
    from dlrun.inspection.gradients import by_input

    per_pixel = subject.inputs(torch.ones(1, *x.shape[1:])) - subject.inputs(torch.zeros(1, *x.shape[1:]))
    if not method.smooth:
        return (by_input(subject, x, classes) * per_pixel).abs().amax(1)
    total = torch.zeros_like(x)
    for copy in range(method.smooth):
        draw = torch.Generator().manual_seed(derive_seed(method.seed, "saliency", copy) % (1 << 63))
        noise = torch.randn(x.shape[1:], generator=draw) * method.noise  # the same for each row, whatever is beside
        total += by_input(subject, x + noise * per_pixel, classes)
    return (total / method.smooth * per_pixel).abs().amax(1)
