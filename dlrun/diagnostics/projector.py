"""On request: word vectors, and what the network makes of the shown rows, for TensorBoard's projector."""

from __future__ import annotations

import torch
from torch import Tensor

from dlrun.models.composite import encoder_of, takes_latents
from dlrun.models.last_hidden import last_weighted
from dlrun.models.token_vectors import TokenVectors
from dlrun.record.projector import Points, save_projector
from dlrun.tasks._base.view import View

WORDS = 10_000  # the first of a vocabulary, which are the most frequent; the projector slows down beyond
ROWS = 2_000


def projector(view: View) -> None:
    """Each embedding's vectors with their words; latent codes, or last hidden features, of up to 2,000 shown rows."""
    points: dict[str, Points] = {}
    vocabulary = view.prepared.vocabulary
    for name, module in view.model.named_modules():
        if isinstance(module, TokenVectors) and vocabulary is not None and len(vocabulary) <= len(module.weight):
            vectors = module.weight.detach()[:min(WORDS, len(vocabulary))].float().cpu().numpy()
            points[name.replace(".", "-")] = Points(vectors, vocabulary.words[:len(vectors)])
    rows = _features(view)
    if rows is not None:
        points["codes" if encoder_of(view.model) else "features"] = rows
    if not points:
        view.recorder.note("nothing for the projector: the model has no embedding, and makes no features of rows")
        return
    save_projector(view.folder.path, points)


def _features(view: View) -> Points | None:
    model, data_spec = view.model, view.prepared.data_spec
    last = last_weighted(model)
    if takes_latents(model) or last is None or data_spec.target_length:  # a word at each position has no one place
        return None
    encode = encoder_of(model)
    found: list[Tensor] = []
    hook = last.register_forward_pre_hook(
        lambda module, given: None if encode else found.append(given[0].float().flatten(1).cpu()))
    labels: list[str] = []
    shown: list[Tensor] = []
    try:
        with view.eval_mode():
            for begin in range(0, min(ROWS, view.rows.count), view.evaluate_batch):
                x, y = view.rows.range(begin, min(begin + view.evaluate_batch, ROWS, view.rows.count))
                if encode is not None:
                    found.append(encode(x).float().flatten(1).cpu())
                else:
                    model(x)
                labels += _labels(view, y)
                if view.images:
                    shown.append(x.cpu())
    finally:
        hook.remove()
    values = torch.cat(found).numpy()
    return Points(values, labels, torch.cat(shown).numpy() if shown else None)


def _labels(view: View, y: Tensor) -> list[str]:
    """A text for each row: its class, its number, or nothing where there are no targets or several."""
    classes = view.prepared.data_spec.classes
    if y.ndim != 1:
        return []
    return [classes[value] if classes else f"{value:.6g}" for value in y.tolist()]
