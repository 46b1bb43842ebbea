"""Autoencoders: rows and their reconstructions, the latent codes of the test rows, and what lies between them."""

from __future__ import annotations

import torch

from dlrun.data.batches import in_order
from dlrun.models.composite import Autoencoder, Vae
from dlrun.tasks._base.autoencoder import AutoencoderTask
from dlrun.tasks._base.generation import on_the_way
from dlrun.tasks._base.view import View

PAIRS = 16
POINTS = 5_000
SIDE = 15
LINES, STEPS = 6, 8  # pairs of rows, and latent codes on the way from one to the other


def reconstructions(view: View) -> None:
    """Rows above what came back of them: what the encoder saw (with its noise), and the reconstruction."""
    if not view.images:
        return
    from dlrun.record.pictures import save_batch

    model, task = view.model, view.task
    assert isinstance(model, Autoencoder) and isinstance(task, AutoencoderTask)
    x, _ = view.rows.range(0, min(PAIRS, view.rows.count))
    with view.eval_mode():
        seen = task.corrupt(x)
        back = model(seen).float()
    lines = [x, seen, back] if not torch.equal(seen, x) else [x, back]
    grid = torch.cat([line.reshape(len(x), *x.shape[1:]) for line in lines]).cpu().numpy()
    view.save("reconstructions", lambda path: save_batch(path, grid, columns=len(x)))


def scatter(view: View) -> None:
    """The latent codes, coloured by class where there are classes; of longer ones their two principal components."""
    from dlrun.record.plots import save_codes

    model = view.model
    assert isinstance(model, Autoencoder)
    latents, labels = [], []
    with view.eval_mode():
        for x, y in in_order(view.rows, view.evaluate_batch):
            latents.append(model.encode(x).float().flatten(1).cpu())
            labels.append(y.cpu())
    points, names = torch.cat(latents)[:POINTS], ("code 1", "code 2")
    if points.shape[1] < 2:
        return
    if points.shape[1] > 2:
        centred = points.double() - points.double().mean(0)
        turned, sizes, _ = torch.linalg.svd(centred, full_matrices=False)
        shares = 100 * sizes.square() / sizes.square().sum().clamp_min(1e-12)
        points = (turned * sizes)[:, :2]
        names = tuple(f"principal component {axis + 1} ({shares[axis]:.0f} % of the variance)"  # type: ignore[assignment]
                      for axis in (0, 1))
    data_spec = view.prepared.data_spec
    classes = data_spec.classes if data_spec.target_kind == "classes" else ()
    view.save("codes", lambda path: save_codes(path, points.numpy(), torch.cat(labels)[:POINTS].numpy(), classes,
                                                  names))


def plane(view: View) -> None:
    """Decoded points of a two-dimensional latent code: a VAE's at the normal's quantiles, others over its range."""
    model = view.model
    assert isinstance(model, Autoencoder)
    x, _ = view.rows.range(0, min(1024, view.rows.count))
    with view.eval_mode():
        latents = model.encode(x).float()
    if not view.images or latents.shape[1:] != (2,):
        return
    from dlrun.record.pictures import save_batch

    even = torch.linspace(0.05, 0.95, SIDE)
    if isinstance(model, Vae):
        across = down = torch.distributions.Normal(0.0, 1.0).icdf(even)
    else:
        across, down = (torch.quantile(latents[:, axis].cpu(), even) for axis in (0, 1))
    points = torch.cartesian_prod(down.flip(0), across).flip(1).to(latents.device)
    with view.eval_mode():
        decoded = model.decode(points).float().cpu().numpy()
    view.save("plane", lambda path: save_batch(path, decoded, columns=SIDE))


def between(view: View) -> None:
    """Decoded latent codes on the straight way from one shown row to another, which stand at the ends of each line."""
    model = view.model
    assert isinstance(model, Autoencoder)
    if not view.images:
        return
    from dlrun.record.pictures import save_batch

    x, _ = view.rows.range(0, min(2 * LINES, view.rows.count // 2 * 2))
    if not len(x):
        return
    first, last = x[0::2], x[1::2]
    with view.eval_mode():
        latents = on_the_way(model.encode(first).float(), model.encode(last).float(), STEPS)
        decoded = model.decode(latents).float().view(len(first), STEPS, *x.shape[1:])
    grid = torch.cat([first[:, None], decoded, last[:, None]], 1).flatten(0, 1).cpu().numpy()
    view.save("between", lambda path: save_batch(path, grid, columns=STEPS + 2))
