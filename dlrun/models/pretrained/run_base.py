"""A finished run of dlrun as a base: its network up to the last layer that gives maps, as it saw its own pictures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from dlrun.config.problem import ConfigError, Problem, problem
from dlrun.config.schema.groups import TARGET, schema_of
from dlrun.config.schema.reader import read_values
from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.scale import Scale
from dlrun.models.bases._base import Base, Module, Pictures, Rng
from dlrun.models.layer import Layer, through
from dlrun.models.model import ListModel
from dlrun.models.own_layer import OwnLayer
from dlrun.models.plan import each, named, output_shape, plan, totals
from dlrun.models.pretrained.layer import PretrainedBase
from dlrun.models.shapes import Shape
from dlrun.record.folder import RunFolder
from dlrun.record.stored import Damaged, mapping, read_file, read_yaml_mapping
from dlrun.registry import find

AGAIN = "the run's command with force=true trains it again"


@dataclass(frozen=True)
class RunBase(Base):
    """The convolutional base of the run in a folder."""

    path: str
    layers: tuple[Layer, ...]
    seen: Pictures
    folder: Path  # of what was trained: of a k-fold run its final fit
    best: bool  # whether its result was measured with the weights of its best epoch

    @property
    def name(self) -> str:
        return self.path

    def pictures(self) -> Pictures:
        return self.seen

    @property
    def weights_path(self) -> Path:
        """The checkpoint with the weights that its result was measured with."""
        place = RunFolder(self.folder)
        return place.best if self.best and place.best.is_file() else place.last

    def blocks(self) -> tuple[str, ...]:
        return tuple(name for name, _ in named(self.layers))

    def output(self, side: int) -> Shape:
        try:
            return output_shape(self.layers, (self.seen.channels, side, side))
        except ConfigError as wrong:
            raise ValueError(f"on pictures of this size: {wrong.line}") from None

    def count(self) -> tuple[int, int]:
        trainable, frozen = totals(plan(self.layers, (self.seen.channels, self.seen.size, self.seen.size)))
        return trainable, frozen

    def build(self, side: int, rng: Rng) -> Module:
        import torch

        from dlrun.models.build import build

        device = "meta" if torch.empty(0).is_meta else "cpu"
        return build(self.layers, (self.seen.channels, side, side), seed=torch.initial_seed(), rng=rng, device=device)


@cache
def run_base(path: str, folder: Path, state: int) -> RunBase:
    """The base that the run in a folder has; `state` changes where its files do.  Raises ConfigError, Damaged."""
    given = f"model.base={path}"
    place = RunFolder(folder)
    if (folder / "final").is_dir():
        place = place.fold("final")
    elif (folder / "folds").is_dir():
        raise problem(given, f"each fold of this run has a model of its own: {folder / 'folds' / '0'} is one")
    for file in (place.config, place.fitted, place.last):
        if not file.is_file():
            raise problem(given, f"this is no folder of a trained run: {file.relative_to(place.path)} is missing")
    plain = read_yaml_mapping(place.config, AGAIN)
    chosen = plain.get("model")
    schema = schema_of("model", chosen) if isinstance(chosen, dict) and TARGET not in chosen else None
    if schema is None or not issubclass(schema, ListModel):
        raise problem(given, "expected a run whose network is one list of dlrun's own layers")
    assert isinstance(chosen, dict)
    wrong: list[Problem] = []
    model = schema(**read_values(schema, {k: v for k, v in chosen.items() if k != "kind"}, "model", wrong))
    if wrong:
        raise problem(given, f"its config.yaml is of another dlrun: {wrong[0].given}: {wrong[0].expected}")
    kept = read_file(place.fitted, mapping, AGAIN)
    try:
        spec, scale = preprocessing.data_spec(kept), preprocessing.scale(kept)
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(place.fitted, f"it lacks {error}", AGAIN) from None
    if spec.input_kind != "image" or len(set(spec.input_shape[1:])) != 1:
        raise problem(given, "expected a run that was trained on square pictures")
    layers = _convolutional(model.layers_for(spec, 2), spec.input_shape)
    if any(isinstance(layer, (OwnLayer, PretrainedBase)) for layer in each(layers, spec.input_shape)):
        raise problem(given, "expected a run whose layers are all dlrun's own; of a run of model=pretrained name its "
                             "base")
    if not layers:
        raise problem(given, "it has no convolutions: no layer of it gives maps")
    dataset = plain.get("dataset")
    stop = plain.get("early_stop") or {}
    return RunBase(path, layers, _pictures(dataset if isinstance(dataset, dict) else {}, spec.input_shape, scale),
                   place.path, bool(stop.get("kind", "none") != "none" and stop.get("restore_best")))


def _convolutional(layers: list[Layer], shape: Shape) -> tuple[Layer, ...]:
    """The layers up to the last one that gives (channels, height, width)."""
    kept, end = 0, shape
    for place, layer in enumerate(layers, 1):
        end = through([layer], end)
        if len(end) == 3:
            kept = place
    return tuple(layers[:kept]) if any(layer.count(shape)[0] for layer in layers[:1]) or kept > 1 else ()


def _pictures(dataset: dict[str, object], shape: Shape, scale: Scale) -> Pictures:
    """How its pixels came to it: value = (stored - offset) * factor, of which white is `levels`."""
    kind = str(dataset.get("kind", dataset.get("name")))
    levels = float(getattr(find("dataset", kind), "levels", 1.0)) or 1.0
    if dataset.get("scale") == "unit":
        levels = 1 / float(np.max(scale.factor))
    offset, factor = (np.broadcast_to(np.asarray(value, np.float64).reshape(-1), shape[:1]) for value in
                      (scale.offset, scale.factor))
    return Pictures(shape[1], tuple((offset / levels).tolist()), tuple((1 / (factor * levels)).tolist()))
