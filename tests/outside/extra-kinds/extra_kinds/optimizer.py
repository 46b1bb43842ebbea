"""An optimizer with a state of its own."""

from dataclasses import dataclass

from dlrun.api.kinds import Optimizer, number


@dataclass(frozen=True)
class Heavy(Optimizer):
    """Gradient descent with a heavy ball (Polyak, 1964)."""

    lr: float = number(0.05, "Learning rate.", low=0, above=True)
    weight: float = number(0.9, "How heavy the ball is.", low=0, high=1, below=True)

    def build(self, params, device):
        from extra_kinds.optimizer_module import HeavyBall

        return HeavyBall(params, {"lr": self.lr, "weight": self.weight})
