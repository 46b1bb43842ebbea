"""Autoencoders: rows and their reconstructions, the codes of the test rows, and what lies between them."""

from __future__ import annotations

import torch

from dlrun.data.batches import in_order
from dlrun.models.assembly import Autoencoder, Vae
from dlrun.run.show.view import View

PAIRS = 16
POINTS = 5_000
SIDE = 15


def reconstructions(view: View) -> None:
    """Rows above what came back of them: what the encoder saw (with its noise), and the reconstruction."""
    if not view.images:
        return
    from dlrun.record.pictures import save_batch

    model, task = view.parts.model, view.parts.task
    assert isinstance(model, Autoencoder)
    x, _ = view.rows.range(0, min(PAIRS, view.rows.count))
    with view.still():
        seen = task.corrupt(x) if hasattr(task, "corrupt") else x
        back = model(seen).float()
    lines = [x, seen, back] if not torch.equal(seen, x) else [x, back]
    grid = torch.cat([line.reshape(len(x), *x.shape[1:]) for line in lines]).cpu().numpy()
    view.save("reconstructions", lambda path: save_batch(path, grid, columns=len(x)))


def scatter(view: View) -> None:
    """The first two dimensions of the codes, coloured by class where there are classes."""
    from dlrun.record.plots import save_codes

    model = view.parts.model
    assert isinstance(model, Autoencoder)
    codes, labels = [], []
    with view.still():
        for x, y in in_order(view.rows, view.parts.evaluate_batch):
            codes.append(model.encode(x).float().flatten(1).cpu())
            labels.append(y.cpu())
    points = torch.cat(codes)[:POINTS]
    if points.shape[1] < 2:
        return
    signature = view.parts.prepared.signature
    classes = signature.classes if signature.target_kind == "classes" else ()
    view.save("codes", lambda path: save_codes(path, points.numpy(), torch.cat(labels)[:POINTS].numpy(), classes))


def plane(view: View) -> None:
    """Decoded points of a two-dimensional code: a VAE's by the normal's quantiles, others over the codes' range."""
    model = view.parts.model
    assert isinstance(model, Autoencoder)
    x, _ = view.rows.range(0, min(1024, view.rows.count))
    with view.still():
        codes = model.encode(x).float()
    if not view.images or codes.shape[1:] != (2,):
        return
    from dlrun.record.pictures import save_batch

    even = torch.linspace(0.05, 0.95, SIDE)
    if isinstance(model, Vae):
        across = down = torch.distributions.Normal(0.0, 1.0).icdf(even)
    else:
        across, down = (torch.quantile(codes[:, axis].cpu(), even) for axis in (0, 1))
    points = torch.cartesian_prod(down.flip(0), across).flip(1).to(codes.device)
    with view.still():
        decoded = model.decode(points).float().cpu().numpy()
    view.save("plane", lambda path: save_batch(path, decoded, columns=SIDE))
