"""What goes in: the first batch, and the first layer's filters."""

from __future__ import annotations

from dlrun.tasks._base.view import View

SAMPLES = 32


def first_batch(view: View) -> None:
    """The first rows of the first batch as the model sees them, with their classes (images only)."""
    if not view.images:
        return
    from dlrun.record.pictures import save_batch

    x, y = next(view.batches.steps(0, 1))
    data_spec = view.prepared.data_spec
    classes = data_spec.classes if data_spec.target_kind == "classes" else ()
    labels = y[:SAMPLES].argmax(1) if y.ndim == 2 else y[:SAMPLES]  # of mixed rows the larger part
    captions = [classes[label] for label in labels.tolist()] if classes else None
    view.save("batch", lambda path: save_batch(path, x[:SAMPLES].cpu().numpy(), captions))


def filters(view: View) -> None:
    """The kernels of a first convolution on pixels (one or three channels), stretched over all of grey or colour."""
    weights = [weight for weight in view.model.parameters() if weight.ndim == 4]
    if not view.images or not weights or weights[0].shape[1] not in (1, 3):
        return
    from dlrun.record.pictures import save_batch

    kernels = weights[0].detach().float().cpu()
    low, high = kernels.min(), kernels.max()
    view.save("filters", lambda path: save_batch(path, ((kernels - low) / (high - low + 1e-12)).numpy()))
