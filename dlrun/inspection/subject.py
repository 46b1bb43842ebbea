"""What a method looks into: a finished run with its rows, and where its pictures go."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dlrun.config.problem import problem
from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.prepared import PreparedData
from dlrun.inference.load import Loaded
from dlrun.inference.own_rows import own_rows
from dlrun.inspection.layers import LayerOutput, layer_outputs
from dlrun.inspection.picture_file import read_picture
from dlrun.inspection.rows import RowChoice, ShownRows, of_files, of_run
from dlrun.inspection.unfinished import Unfinished, digest_of
from dlrun.models.composite import takes_latents
from dlrun.models.pretrained.module import has_base


@dataclass
class Subject:
    """A finished run, on the CPU and in evaluation mode.

    `folder` is that of the method's pictures, `files` the user's own; `saved` has the pictures by name.
    """

    run: Loaded
    folder: Path
    files: Sequence[Path]
    say: Callable[[str], None]
    saved: dict[str, Path] = field(default_factory=dict)

    @cached_property
    def prepared(self) -> PreparedData:
        """The run's data; raises ConfigError where it is not there."""
        if not self.run.has_data:
            raise problem("inspect", "a base has no rows of its own" + (
                ", which the method compares with; expected a run" if self.files else
                "; expected picture files behind the method"))
        return own_rows(self.run, self.say)

    def shown(self, method: RowChoice) -> ShownRows:
        """The rows that a method looks at.  Raises ConfigError."""
        if self.files:
            return of_files(self.run, self.files, self.say)
        return of_run(self.run, method, self.say, self.prepared)

    def own_pictures(self, side: int) -> dict[str, Tensor]:
        """The user's own picture files by name, (1, channels, height, width) in [0, 1], in their own proportions.

        Their longer side has so many pixels.  Raises ConfigError.
        """
        stems = [file.stem for file in self.files]
        return {f"{number}-{stem}" if stems.count(stem) > 1 else stem: self.picture(file, side)
                for number, (stem, file) in enumerate(zip(stems, self.files), 1)}

    def picture(self, file: Path, side: int) -> Tensor:
        """One picture file as `own_pictures` has it."""
        return read_picture(file, side, 3 if has_base(self.run.model) else self.run.data_spec.input_shape[0])

    def rows_as_pictures(self, method: RowChoice) -> dict[str, Tensor]:
        """The rows that a method looks at, as `own_pictures` has them."""
        rows = self.shown(method)
        return dict(zip(rows.names, self.pixels(rows.x).split(1)))

    def save(self, name: str, make: Callable[[Path], None]) -> None:
        """Make ``<name>.png`` in the method's folder, signs that no file should have replaced; TensorBoard gets it too.

        A second picture of one name is ``<name>-2``.
        """
        name = re.sub(r"[^\w.-]+", "_", name)
        number = 1
        while (numbered := f"{name}-{number}" if number > 1 else name) in self.saved:
            number += 1
        make(self.folder / f"{numbered}.png")
        self.saved[numbered] = self.folder / f"{numbered}.png"

    def outputs(self, x: Tensor) -> Tensor:
        """What the network makes of rows (rows, ...), with gradients: of a GAN its discriminator's scores."""
        model = self.run.model
        self.run.rng.seed_step(-1)  # what is random in a network is the same in each call
        made: Any = model.score(x) if takes_latents(model) else model(x)
        return made.float() if isinstance(made, Tensor) else made[0].float()

    def unfinished(self, about: object, *more: Tensor) -> Unfinished:
        """What an inspection has so far whose result depends on the network, `about` (its `repr`) and tensors."""
        return Unfinished(self.folder, digest_of(self.run.model, repr(about), *more), self.say)

    def layers(self, x: Tensor) -> list[LayerOutput]:
        """The layers that run on rows like `x`, in their order."""
        return layer_outputs(self.run.model, self.outputs, x[:1])

    def pixels(self, x: Tensor) -> Tensor:
        """Pictures as the network sees them in the scale of their file: 0 is black, 1 is white."""
        offset, factor, levels = self._scale
        return (x / factor + offset) / levels

    def inputs(self, pixels: Tensor) -> Tensor:
        """The reverse of `pixels`."""
        offset, factor, levels = self._scale
        return (pixels * levels - offset) * factor

    @cached_property
    def _scale(self) -> tuple[Tensor, Tensor, float]:
        scale = preprocessing.scale(self.run.kept)
        return (torch.from_numpy(scale.offset), torch.from_numpy(scale.factor),
                float(self.run.kept["asked"].get("levels", 1)))
