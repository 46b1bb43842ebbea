"""On request: the model's graph."""

from __future__ import annotations

from dlrun.models.composite import fixed_latents, takes_latents
from dlrun.tasks._base.view import View


def graph(view: View) -> None:
    """The model's graph for TensorBoard, traced on two rows with dropout off (torch's own converter)."""
    from torch.utils.tensorboard._pytorch_graph import graph as traced

    model = view.model
    if takes_latents(model):  # what runs when it is used: latent vectors through the generator
        x = fixed_latents(2, model, view.config.seed).to(view.rows.device)
    else:
        x, _ = view.train.range(0, min(2, view.train.count))
    view.model.eval()
    graph_def, _ = traced(view.model, x)
    view.model.train()
    view.recorder.graph(graph_def.SerializeToString())
