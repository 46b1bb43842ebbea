"""How a generator fares: how alike its samples are, and how many of the data's classes are among them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from dlrun.assembly.components import RunComponents
from dlrun.config.seeds import derive_seed
from dlrun.data.batches import Rows
from dlrun.diagnostics.sample_classifier import judged, make_judge
from dlrun.models.assembly import Gan, latents, sample
from dlrun.record.folder import RunFolder

SAMPLES = 256
NEAR = 0.05  # share of real rows that lie nearer to another one than what counts as alike
SURE = 0.9  # probability from which the judge's word counts


class Health:
    """Measures of `SAMPLES` samples from latent vectors that stay the same during a run.

    ``duplicates``: the share of samples whose nearest other sample is no farther than `near`, a distance within which
    5 % of as many real training rows have a neighbour: a generator as varied as the data shows about 0.05, one that
    makes few different rows comes to 1.  Distances are Euclidean, over the values that the network sees.  That a
    generator's support shows in how often its samples repeat is Arora and Zhang's (2017, "Do GANs actually learn the
    distribution?"), who look at the nearest pairs by eye.

    Where the data has classes, a small classifier (`run.judge`) looks too.  ``sure``: the share of samples that it
    gives to one class with a probability of 0.9 or more.  ``classes``: how many classes get, surely, at least a tenth
    of an even share of the samples (of 10 classes: 1 % of all samples each).

    Nothing is drawn from a stream that training uses, and the weights are only read.
    """

    def __init__(self, parts: RunComponents, folder: RunFolder, say: Callable[[str], None]):
        assert isinstance(parts.model, Gan)
        self.model = parts.model
        seed = derive_seed(parts.config.seed, "health")
        self.latents = latents(SAMPLES, self.model, Generator().manual_seed(seed))
        self.near = _usual(parts.train, seed)
        self.classes = len(parts.prepared.data_spec.classes)
        self.judge = make_judge(parts, folder.judge, say) if judged(parts.prepared.data_spec) else None

    def __call__(self) -> dict[str, float]:
        made = sample(self.model, self.latents).float()
        found = {"duplicates": (nearest(made) <= self.near).float().mean()}
        if self.judge is not None:
            belief, taken = self.judge(made).max(1)
            sure = belief >= SURE
            counts = torch.bincount(taken[sure], minlength=self.classes)
            found["classes"] = (counts >= max(1.0, SAMPLES / (10 * self.classes))).sum().float()
            found["sure"] = sure.float().mean()
        values = dict(zip(found, torch.stack(list(found.values())).tolist()))  # the host waits once
        return {name: int(value) if name == "classes" else value for name, value in values.items()}


def sample_measures(parts: RunComponents) -> list[str]:
    """The names of what `Health` measures that have a column on the console."""
    if not isinstance(parts.model, Gan):
        return []
    return ["samples/duplicates", *(["samples/classes"] if judged(parts.prepared.data_spec) else [])]


def nearest(rows: Tensor) -> Tensor:
    """The distance of each row from the nearest other one (rows,)."""
    flat = rows.flatten(1)
    # By differences: the way over products loses the last digits, which is all that equal rows differ in.
    distances = torch.cdist(flat, flat, compute_mode="donot_use_mm_for_euclid_dist")
    distances.fill_diagonal_(torch.inf)
    return distances.min(1).values


def _usual(rows: Rows, seed: int) -> float:
    """The distance within which a share of `NEAR` of `SAMPLES` real rows have their nearest neighbour."""
    chosen = torch.randperm(rows.count, generator=Generator().manual_seed(seed))[:SAMPLES]
    x, _ = rows.take(chosen.to(rows.device) if rows.resident else chosen)
    return float(torch.quantile(nearest(x), NEAR))
