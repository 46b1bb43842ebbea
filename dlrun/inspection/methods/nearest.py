"""``nearest``: the training rows that are nearest to a row, or to what a network has generated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from dlrun.config.schema.fields import integer, text
from dlrun.inspection.methods._base import Found, RowsMethod
from dlrun.registry import register

if TYPE_CHECKING:
    from torch import Tensor

    from dlrun.inspection.rows import ShownRows
    from dlrun.inspection.subject import Subject

REAL = 100  # rows that were not trained on, whose distances stand beside those of samples


@register("method", "nearest")
@dataclass(frozen=True)
class Nearest(RowsMethod):
    """The training rows nearest to a row, or to a sample: is it a copy (Foster, ch. 4)?

    Distances are the mean absolute difference of pixels (from 0, black, to 1; of a table its scaled values), and the
    Euclidean one of features. Those of samples stand beside the distances of real rows that were not trained on: a copy
    is far nearer to its row than these are to theirs.
    """

    inputs: ClassVar[tuple[str, ...]] = ("image", "table", "series")
    k: int = integer(5, "How many training rows.", low=1, high=100)
    layer: str = text("", "The layer whose outputs are the features: codes, or the last hidden features, without it.")
    samples: int | None = integer(None, "So many generated rows in place of real ones (GAN, VAE); null takes `count` "
                                        "for a GAN, else none.", low=0, optional=True)
    seed: int = integer(0, "Of the latent vectors that samples are made of.", low=0)

    def inspect(self, subject: Subject) -> Found:
        from dlrun.inspection.distances import nearest
        from dlrun.inspection.features import features_of
        from dlrun.inspection.rows import as_rows, part_of, spread

        rows = self._queries(subject)
        train, unseen = subject.prepared.train, subject.prepared.test or subject.prepared.val
        called, features = features_of(subject, self.layer, rows.x)
        picture = subject.run.data_spec.input_kind == "image"

        def plain(x: Tensor) -> Tensor:
            return (subject.pixels(x) if picture else x).flatten(1)

        queries, real = rows.x, 0
        if self._samples(subject) and unseen is not None:
            import torch

            beside = as_rows(subject.run, unseen).take(torch.tensor(spread(len(unseen), REAL)))[0]
            queries, real = torch.cat([rows.x, beside]), len(beside)
        trained_on = not self._samples(subject) and not subject.files and (
            part_of(subject.prepared, self.part)[0] == "train")
        own = [int(name.rpartition(" ")[2]) for name in rows.names] if trained_on else []
        subject.say(f"{len(train):,} training rows are compared")
        found = nearest(as_rows(subject.run, train), queries, {"pixels": (plain, 1.0), "features": (features, 2.0)},
                        self.k, own)
        values: dict[str, Any] = {"features": called, "training_rows": len(train), "rows": []}
        for place, name in enumerate(rows.names):
            values["rows"].append({"row": name, **{how: [
                {"train": int(row), "distance": float(distance)} for distance, row in zip(
                    one.distances[place], one.places[place])] for how, one in found.items()}})
        if real:
            values["real_rows"] = {how: _spread(one.distances[-real:, 0]) for how, one in found.items()}
            values["samples"] = {how: _spread(one.distances[:-real, 0]) for how, one in found.items()}
        if picture:
            for how, one in found.items():
                self._save(subject, how, rows, one)
        return Found(values, _lines(values, called))

    def _samples(self, subject: Subject) -> int:
        from dlrun.models.composite import takes_latents

        if subject.files:
            return 0
        return (self.count if takes_latents(subject.run.model) else 0) if self.samples is None else self.samples

    def _queries(self, subject: Subject) -> ShownRows:
        count = self._samples(subject)
        if not count:
            return subject.shown(self)
        import torch

        from dlrun.config.problem import problem
        from dlrun.inspection.rows import ShownRows
        from dlrun.models.composite import Gan, Vae, latents, sample

        model = subject.run.model
        if not isinstance(model, (Gan, Vae)):
            raise problem(f"samples={count}", "this run generates no rows; a GAN and a VAE do")
        made = sample(model, latents(count, model, torch.Generator().manual_seed(self.seed))).float()
        return ShownRows(made, None, [f"sample {place}" for place in range(count)])

    def _save(self, subject: Subject, how: str, rows: ShownRows, found: Any) -> None:
        import torch

        from dlrun.inspection.rows import as_rows
        from dlrun.record.pictures import save_batch

        train = as_rows(subject.run, subject.prepared.train)
        there = train.take(torch.from_numpy(found.places[:len(rows)].reshape(-1)))[0]
        lines = torch.cat([rows.x[:, None], there.view(len(rows), -1, *there.shape[1:])], 1)
        captions = [caption for name, distances in zip(rows.names, found.distances) for caption in (
            name, *(f"{distance:.3g}" for distance in distances))]
        grid = subject.pixels(lines.flatten(0, 1)).clamp(0, 1).numpy()
        subject.save(how, partial(save_batch, images=grid, labels=captions, columns=lines.shape[1]))


def _spread(distances: Any) -> dict[str, float]:
    import numpy as np

    return {"lowest": float(distances.min()), "median": float(np.median(distances))}


def _lines(values: dict[str, Any], called: str) -> list[str]:
    if "samples" in values:
        lines = []
        for how, name in (("pixels", "pixels, mean absolute difference"), ("features", f"{called}, Euclidean")):
            ours, real = values["samples"][how], values["real_rows"][how]
            lines.append(f"{name}: samples are {ours['median']:.3g} from their nearest training row (median; the "
                         f"nearest {ours['lowest']:.3g}), real rows that were not trained on {real['median']:.3g} "
                         f"({real['lowest']:.3g})")
        return lines
    lines = []
    for row in values["rows"]:
        near = {how: f"{row[how][0]['train']} ({row[how][0]['distance']:.3g})" for how in ("pixels", "features")}
        lines.append(f"{row['row']}: training row {near['pixels']} by pixels, {near['features']} by {called}")
    return lines
