"""What goes in: the first batch, the first layer's filters, the graph."""

from __future__ import annotations

from dlrun.models.assembly import Gan, fixed_latents
from dlrun.run.show.view import View

SAMPLES = 32


def first_batch(view: View) -> None:
    """The first rows of the first batch as the model sees them, with their classes (images only)."""
    if not view.images:
        return
    from dlrun.record.pictures import save_batch

    x, y = next(view.parts.batches.steps(0, 1))
    data_spec = view.parts.prepared.data_spec
    classes = data_spec.classes if data_spec.target_kind == "classes" else ()
    captions = [classes[label] for label in y[:SAMPLES].tolist()] if classes else None
    view.save("batch", lambda path: save_batch(path, x[:SAMPLES].cpu().numpy(), captions))


def filters(view: View) -> None:
    """The kernels of a first convolution on pixels (one or three channels), stretched over all of grey or colour."""
    weights = [weight for weight in view.parts.model.parameters() if weight.ndim == 4]
    if not view.images or not weights or weights[0].shape[1] not in (1, 3):
        return
    from dlrun.record.pictures import save_batch

    kernels = weights[0].detach().float().cpu()
    low, high = kernels.min(), kernels.max()
    view.save("filters", lambda path: save_batch(path, ((kernels - low) / (high - low + 1e-12)).numpy()))


def graph(view: View) -> None:
    """The model's graph for TensorBoard, traced on two rows with dropout off (torch's own converter)."""
    from torch.utils.tensorboard._pytorch_graph import graph as traced

    model = view.parts.model
    if isinstance(model, Gan):  # what runs when it is used: latent vectors through the generator
        x = fixed_latents(2, model, view.parts.config.seed).to(view.rows.device)
    else:
        x, _ = view.parts.train.range(0, min(2, view.parts.train.count))
    view.parts.model.eval()
    graph_def, _ = traced(view.parts.model, x)
    view.parts.model.train()
    view.recorder.graph(graph_def.SerializeToString())
