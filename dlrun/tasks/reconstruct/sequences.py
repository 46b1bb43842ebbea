"""Autoencoders of sequences: series and sentences beside what came back of them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from dlrun.data.batches import in_order
from dlrun.models.composite import TokenAutoencoder
from dlrun.tasks._base.view import View
from dlrun.tasks.reconstruct.task import ReconstructTask

PAIRS = 16  # series whose steps are lines of a picture
LINES = 6  # series that are drawn as lines
SENTENCES = 20
COMPARED = 2_000  # sentences whose latent codes are compared
MASK = "_"


def series(view: View) -> None:
    """Series above what came back: as pictures, a line for each step, where they are about square; else drawn."""
    if view.prepared.data_spec.input_kind != "series":
        return
    model, task = view.model, view.task
    assert isinstance(task, ReconstructTask)
    features, length = view.prepared.data_spec.input_shape
    square = features >= 4 and features <= 4 * length <= 16 * features
    x = _spread(view, PAIRS if square else LINES)
    with view.eval_mode():
        seen = task.corrupt(x)
        back = model(seen).float()
    lines = [x, seen, back] if not torch.equal(seen, x) else [x, back]
    if square:
        from dlrun.record.pictures import save_batch

        grid = torch.cat(lines).transpose(1, 2).unsqueeze(1).cpu().numpy()
        view.save("reconstructions", lambda path: save_batch(path, grid, columns=len(x)))
        return
    from dlrun.record.plots import save_series

    names = view.prepared.data_spec.features
    view.save("reconstructions", lambda path: save_series(path, x.cpu().numpy(), back.cpu().numpy(), names))


def sentences(view: View) -> None:
    """``pictures/sentences.txt``: sentences, what the encoder saw, and the words nearest to what came back."""
    model, task, vocabulary = view.model, view.task, view.prepared.vocabulary
    if not isinstance(model, TokenAutoencoder) or vocabulary is None:
        return
    assert isinstance(task, ReconstructTask)
    x = _spread(view, SENTENCES)
    with view.eval_mode():
        values = model.values(x)
        seen = task.corrupt(values)
        found = model.nearest(model.decode(model.latent_of(seen)).float())
    hidden = (seen == 0).all(1) & (values != 0).any(1)
    real = torch.ones_like(x, dtype=torch.bool) if vocabulary.padding is None else x != vocabulary.padding
    right = int(((found == x) & real).sum())
    lines = [f"{right:,} of {int(real.sum()):,} {vocabulary.noun}s came back as the nearest vector", ""]
    for ids, decoded, mask in zip(x.tolist(), found.tolist(), hidden):
        lines.append(f"     {vocabulary.decode(ids)}")
        if mask.any():
            lines.append(f"seen {_masked(view, ids, mask)}")
        lines += [f"back {vocabulary.decode(decoded)}", ""]
    view.write("sentences", "\n".join(lines))


def _spread(view: View, count: int) -> Tensor:
    """Rows evenly spaced over the split: neighbours are often windows that overlap."""
    places = torch.linspace(0, view.rows.count - 1, min(count, view.rows.count)).round().long()
    return view.rows.take(places.to(view.rows.device) if view.rows.resident else places)[0]


def _masked(view: View, ids: list[int], mask: Tensor) -> str:
    vocabulary = view.prepared.vocabulary
    assert vocabulary is not None
    words = [MASK if hidden else vocabulary.decode([token]) for token, hidden in zip(ids, mask.tolist())]
    return vocabulary.between.join(word for word in words if word)


def similarity(view: View) -> None:
    """How near the latent code of a sentence is to that of its reconstruction (Gulli & Pal, ch. 7)."""
    from dlrun.record.plots import save_histogram

    model = view.model
    if not isinstance(model, TokenAutoencoder):
        return
    found: list[Tensor] = []
    with view.eval_mode():
        for x, _ in in_order(view.rows, view.evaluate_batch):
            latent = model.encode(x)
            found.append(F.cosine_similarity(latent.float(), model.latent_of(model.decode(latent)).float()).cpu())
            if sum(map(len, found)) >= COMPARED:
                break
    angles = torch.cat(found)[:COMPARED].numpy()
    view.save("similarity", lambda path: save_histogram(
        path, angles, "cosine of a row's code and that of its reconstruction", (min(0.0, float(angles.min())), 1.0)))
