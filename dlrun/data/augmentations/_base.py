"""What an augmentation must have: the protocol that the files of this folder keep, and a user's own may."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from dlrun.config.schema.kind import Kind

if TYPE_CHECKING:
    from dlrun.data.batches import Augmentation as Change
    from dlrun.data.batches import Mix
    from dlrun.data.prepared import PreparedData


class Augmentation(Kind):
    """An augmentation: its options are the fields of the dataclass, `build` makes the function that changes a batch.

    The function gets a batch and a generator that is seeded by (seed, step): what it draws from that alone is exact to
    resume.  One of your own is registered under its name, and chosen by ``augment=jitter allow=mine``:

        @register("augment", "jitter")
        @dataclass(frozen=True)
        class Jitter(Augmentation):
            '''Noise on each number.'''

            inputs: ClassVar[tuple[str, ...]] = ("table", "series")
            size: float = number(0.1, "Standard deviation of the noise.", low=0)

            def build(self):
                import torch

                def change(x, generator):
                    noise = torch.randn(x.shape, generator=generator, device=generator.device)
                    return x + self.size * noise.to(x.device)

                return change
    """

    stand_in: ClassVar[str] = "augment"
    inputs: ClassVar[tuple[str, ...]] = ("image",)  # the kinds of inputs that it can change

    @property
    def on(self) -> bool:
        """Whether anything is changed at all."""
        return True

    @property
    def mixes(self) -> str:
        """The option that mixes rows with others, and their targets; empty where none does."""
        return ""

    @property
    def mixed_targets(self) -> tuple[str, ...]:
        """The kinds of targets that this can mix."""
        return ("classes", "number")

    def build(self) -> Change | None:
        """The function that changes a batch of inputs on its device; None where nothing is changed."""
        raise NotImplementedError

    def build_on(self, prepared: PreparedData) -> Change | None:
        """The same for a change that has to know the data: where its white lies, which id stands for no word."""
        return self.build()

    def mixing(self, prepared: PreparedData) -> Mix | None:
        """What mixes the rows of a batch, and their targets; None where nothing does."""
        return None
