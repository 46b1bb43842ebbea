"""Sample-quality metrics of a generator: how alike its samples are, and how many classes are among them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from dlrun.config.seeds import derive_seed
from dlrun.data.batches import Rows
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.composite import Gan, latents, sample
from dlrun.tasks._base.sample_metrics import SampleClassifier
from dlrun.tasks._base.view import View

SAMPLES = 256
NEAR = 0.05  # share of real rows that lie nearer to another one than what counts as alike
SURE = 0.9  # probability from which the classifier's class counts


class GanSampleMetrics:
    """Measures of `SAMPLES` samples from latent vectors that stay the same during a run.

    ``duplicates``: the share of samples whose nearest other sample is no farther than `near`, a distance within which
    5 % of as many real training rows have a neighbour: a generator as varied as the data shows about 0.05, one that
    makes few different rows comes to 1.  Distances are Euclidean, over the values that the network sees.  That a
    generator's support shows in how often its samples repeat is Arora and Zhang's (2017, "Do GANs actually learn the
    distribution?"), who look at the nearest pairs by eye.

    Where the data has classes, a small classifier of the real rows looks too.  ``sure``: the share of samples that it
    gives to one class with a probability of 0.9 or more.  ``classes``: how many classes get, surely, at least a tenth
    of an even share of the samples (of 10 classes: 1 % of all samples each).

    Nothing is drawn from a stream that training uses, and the weights are only read.
    """

    def __init__(self, view: View, classifier: Callable[[], SampleClassifier | None]):
        assert isinstance(view.model, Gan)
        self.model = view.model
        seed = derive_seed(view.config.seed, "health")
        self.latents = latents(SAMPLES, self.model, Generator().manual_seed(seed))
        self.near = _usual(view.train, seed)
        self.classes = len(view.prepared.data_spec.classes)
        self.classifier = classifier() if has_classes(view.prepared.data_spec) else None

    def __call__(self) -> dict[str, float]:
        made = sample(self.model, self.latents).float()
        found = {"duplicates": (nearest(made) <= self.near).float().mean()}
        if self.classifier is not None:
            probability, label = self.classifier(made).max(1)
            sure = probability >= SURE
            counts = torch.bincount(label[sure], minlength=self.classes)
            found["classes"] = (counts >= max(1.0, SAMPLES / (10 * self.classes))).sum().float()
            found["sure"] = sure.float().mean()
        values = dict(zip(found, torch.stack(list(found.values())).tolist()))  # the host waits once
        return {name: int(value) if name == "classes" else value for name, value in values.items()}


def has_classes(data_spec: DatasetSpec) -> bool:
    """Whether samples of a data set can be classified: it has classes, and rows that are images or a table."""
    return (data_spec.target_kind == "classes" and len(data_spec.classes) > 1
            and data_spec.input_kind in ("image", "table"))


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
