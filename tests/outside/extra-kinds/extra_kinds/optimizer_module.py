"""The steps of the optimizer ``heavy``."""

import torch


class HeavyBall(torch.optim.Optimizer):
    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    speed = self.state[parameter].setdefault("speed", torch.zeros_like(parameter))
                    speed.mul_(group["weight"]).add_(parameter.grad)
                    parameter.sub_(group["lr"] * speed)
