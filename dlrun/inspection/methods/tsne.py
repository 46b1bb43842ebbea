"""``tsne``: rows as points of a plane in which those with like features lie together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from dlrun.config.problem import problem
from dlrun.config.schema.fields import integer, number, text
from dlrun.inspection.methods._base import Found, RowsMethod
from dlrun.registry import register

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from dlrun.inspection.features import Features
    from dlrun.inspection.rows import ShownRows
    from dlrun.inspection.subject import Subject
    from dlrun.inspection.unfinished import Unfinished

BATCH = 256


@register("method", "tsne")
@dataclass(frozen=True)
class Tsne(RowsMethod):
    """Rows as points of a plane by their features, coloured by class (t-SNE: van der Maaten and Hinton, 2008).

    Near points are alike; distances between groups and their sizes mean nothing. Points, features, classes and pictures
    are in TensorBoard's projector too. Measured is how often the nearest row is of the same class, in the plane and
    by all features. The features of a command that was killed are kept, the search by scikit-learn begins anew.
    """

    count: int = integer(1000, "How many rows, evenly spaced, where rows are not named.", low=1)
    layer: str = text("", "The layer whose outputs are the features: codes, or the last hidden features, without it.")
    perplexity: float = number(30.0, "About how many neighbours count for each row.", low=1.0)
    seed: int = integer(0, "Of the search.", low=0)

    def inspect(self, subject: Subject) -> Found:
        from dlrun.inspection.features import features_of
        from dlrun.inspection.progress import Progress
        from dlrun.record.plots import save_codes
        from dlrun.record.projector import Points, save_projector

        rows = subject.shown(self)
        if len(rows) <= self.perplexity:
            raise problem(f"perplexity={self.perplexity:g}", f"expected less than the rows, of which there are "
                                                            f"{len(rows)}")
        called, features = features_of(subject, self.layer, rows.x[:1])
        kept = subject.unfinished((self.layer, called), rows.x)
        vectors = _vectors(rows.x, features, kept, subject.say).numpy()
        subject.say(f"t-SNE of {len(rows):,} rows by {vectors.shape[1]:,} {called}")
        with Progress("t-SNE", None):
            plane, divergence = self._plane(vectors)
        spec = subject.run.data_spec
        classes = spec.classes if spec.target_kind == "classes" and rows.y is not None else ()
        targets = rows.y.numpy() if classes and rows.y is not None else None
        subject.save("tsne", partial(save_codes, codes=plane, labels=targets, classes=classes, names=("", ""),
                                     title=f"t-SNE of {len(rows):,} rows by {called}"))
        labels = _labels(rows, classes, targets)
        pictures = subject.pixels(rows.x).clamp(0, 1).numpy() if spec.input_kind == "image" else None
        save_projector(subject.folder.parent, {"tsne": Points(plane, labels, pictures),
                                               "features": Points(vectors, labels, pictures)})
        kept.done()
        values: dict[str, Any] = {"rows": len(rows), "features": called, "divergence": divergence, "same_class": None}
        lines = [f"{len(rows):,} rows by {vectors.shape[1]:,} {called}; Kullback-Leibler divergence {divergence:.3f}"]
        if targets is not None:
            shares = {"plane": _same_class(plane, targets), "features": _same_class(vectors, targets)}
            values["same_class"] = shares
            lines.append(f"the nearest row is of the same class: {100 * shares['plane']:.1f} % in the plane, "
                         f"{100 * shares['features']:.1f} % by all {called}")
        return Found(values, lines)

    def _plane(self, vectors: np.ndarray) -> tuple[np.ndarray, float]:
        """Points (rows, 2), and how far their neighbours are from those of the vectors."""
        from sklearn.manifold import TSNE

        start = "pca" if min(vectors.shape) >= 2 else "random"
        search = TSNE(2, perplexity=self.perplexity, init=start, random_state=self.seed)
        return search.fit_transform(vectors), float(search.kl_divergence_)


def _vectors(x: Tensor, features: Features, kept: Unfinished, say: Callable[[str], None]) -> Tensor:
    """The features of rows (rows, values), those first that a killed command has kept."""
    import torch

    from dlrun.inspection.progress import Progress

    parts = x.split(BATCH)
    found: list[Tensor] = list((kept.load() or {"vectors": []})["vectors"])
    if found:
        say(f"goes on after the features of {sum(map(len, found)):,} rows")
    with Progress("features", len(parts), len(found)) as progress:
        for part in parts[len(found):]:
            found.append(features(part))
            kept.keep({"vectors": found})
            progress.step()
    return torch.cat(found)


def _labels(rows: ShownRows, classes: tuple[str, ...], targets: Any) -> list[str]:
    if targets is None:
        return rows.names
    return [f"{classes[target]} ({name})" for target, name in zip(targets.tolist(), rows.names)]


def _same_class(points: np.ndarray, targets: np.ndarray) -> float:
    """The share of rows whose nearest other row is of their class."""
    from sklearn.neighbors import NearestNeighbors

    nearest = NearestNeighbors(n_neighbors=1).fit(points).kneighbors(return_distance=False)[:, 0]
    return float((targets[nearest] == targets).mean())
