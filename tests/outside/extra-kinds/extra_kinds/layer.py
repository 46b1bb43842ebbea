"""A layer that draws from the step's own randomness."""

from dataclasses import dataclass

from dlrun.api.kinds import Layer, number


@dataclass(frozen=True)
class Fuzz(Layer):
    """Each value is multiplied by a random factor near 1 while training."""

    kind = "fuzz"
    main = "size"
    size: float = number(0.1, "The largest deviation of a factor from 1.", low=0)

    def build(self, shape, rng, parts):
        from extra_kinds.layer_module import FuzzModule

        return FuzzModule(self.size, rng)
