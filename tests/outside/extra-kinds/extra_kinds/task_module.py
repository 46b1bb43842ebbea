"""Losses, predictions and the plot of the task ``within``: what needs torch."""

import torch

from dlrun.api.kinds import Column, Plots, Task


class WithinTask(Task):
    def __init__(self, tolerance):
        self.tolerance = tolerance

    def loss(self, player, model, batch):
        outputs = model(batch.x).float()[:, 0]
        return torch.log(torch.cosh(outputs - batch.y)).mean(), outputs

    def add(self, player, totals, loss, outputs, batch):
        totals.mean("loss", loss.detach(), batch.rows)
        totals.sum("hits", ((outputs.detach() - batch.y).abs() <= self.tolerance).sum(), batch.rows)

    def scored(self, outputs, batch):
        return outputs, batch.y

    def predictions(self, outputs, data_spec, targets):
        return [Column(data_spec.target_name, outputs[:, 0].numpy())]


def errors(view):
    """The error of each test row, a line each."""
    outputs, y = view.outputs
    view.write("errors", "\n".join(f"{error:.6f}" for error in (outputs[:, 0] - y).tolist()))


PLOTS = Plots(end=(errors,), outputs=True)
