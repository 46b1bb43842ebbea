"""A finished run, ready to be used on new input: everything comes from its folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from dlrun.assembly.components import GATHERED
from dlrun.config.problem import Problem, did_you_mean, problem
from dlrun.config.schema.folds import own_seed
from dlrun.config.schema.root import Config
from dlrun.data import preprocessing_state as preprocessing
from dlrun.data.batches import Rows, in_order
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.data.prepared import Split
from dlrun.engine.checkpoint import read, verify
from dlrun.inference.evaluation import Evaluation, Passed, chosen, evaluated, passed
from dlrun.inference.trained_config import checked, of_predictions
from dlrun.inference.trained_folder import trained_folder
from dlrun.inference.units import Groups, Units, of_blocks, of_groups, of_rows, of_windows
from dlrun.models.build import stateful
from dlrun.models.step_rng import StepRng
from dlrun.record.folder import RunFolder
from dlrun.record.manifest import CHANGED, changed
from dlrun.record.stored import Damaged, mapping, read_file, read_json, read_yaml_mapping
from dlrun.tasks._base.context import BuildContext
from dlrun.tasks._base.generation import Generated, GenerateOptions
from dlrun.tasks._base.prediction import Column
from dlrun.tasks._base.task import Task

ROWS = 256


@dataclass(frozen=True)
class Loaded:
    """A run's model with the weights that its result was measured with, on the CPU, in evaluation mode.

    `kept` is what was fitted on its training rows (vocabulary, scales, settings); see data.preprocessing_state.
    `has_data` is False where its configuration names no rows, as of a base with its own classes; `seen` is the hash of
    those that it was trained with, where its folder has it.  `mixed` says why no rows are its own: of an ensemble whose
    members were trained on each other's test rows.
    """

    config: Config
    data_spec: DatasetSpec
    model: nn.Module
    task: Task
    rng: StepRng
    kept: dict[str, Any]
    has_data: bool = True
    seen: str = ""
    mixed: tuple[Problem, ...] = ()

    def check_predicts(self) -> None:
        """Raise ConfigError for a task that predicts nothing."""
        if not self.task.predicts:
            raise problem(f"task={self.config.task.kind}",
                          "predict answers with classes, numbers and codes; see  dlrun generate")

    def outputs(self, split: Split) -> torch.Tensor:
        """What the task reads of the model for new rows (rows, ...); ConfigError for a task that predicts nothing."""
        self.check_predicts()
        with torch.no_grad():
            return torch.cat([self.task.predict(self.model, x).float() for x, _ in in_order(self.rows(split), ROWS)])

    def rows(self, split: Split) -> Rows:
        """A split as the network sees it; rows that are not held in memory are read as they are needed."""
        scale, cpu = preprocessing.scale(self.kept), torch.device("cpu")
        if split.held:
            return Rows(split, scale, cpu, resident=True)
        from dlrun.data.streamed_rows import StreamedRows

        return StreamedRows(split, scale, cpu, False, 0)

    def generate(self, options: GenerateOptions) -> Generated:
        """A text or pictures that the model makes; ConfigError for a task that generates nothing."""
        if not self.task.generates:
            raise problem(f"task={self.config.task.kind}",
                          "GANs, VAEs and models of the next token generate; see  dlrun predict")
        with torch.no_grad():
            return self.task.generate(self.model, self.kept, options)

    def evaluate(self, split: Split, groups: Groups | None = None, metrics: Sequence[str] = (), resamples: int = 0,
                 seed: int = 0) -> Evaluation:
        """All metrics over rows with targets, or some of them, with dropout off; intervals by so many `resamples`.

        Rows are drawn one by one, those of one name in `groups` together, windows of a series or a text in blocks.
        Raises ConfigError for a metric that the task does not have.
        """
        spec, task, carries = self.data_spec, self.config.task.on(self.data_spec), stateful(self.model)
        rows = self.rows(split)
        outputs = len(split) * task.width(spec) * max(1, spec.target_length)
        gather = task.gathers and outputs <= GATHERED

        def seen(units: Units) -> Passed:
            self.rng.seed_step(-1)  # what is random in a measurement is the same in each
            found = passed(self.task, task.summed, self.model, rows, units,
                           (lambda pairs: self.task.gathered(pairs, spec)) if gather else None)
            return replace(found, predictions=task.beside(dict(found.predictions), split, self.kept["asked"]))

        with torch.random.fork_rng(devices=[]):  # a user's class seeds torch's generators, here for itself alone
            whole = seen(of_blocks(len(split), self.config.batch_size if carries else ROWS, "rows"))
            only = chosen(metrics, whole.values(self.task.compute, None))
            if not resamples:
                return evaluated(self.task, whole, only)
            # A network that carries row i of a batch on in row i of the next one sees whole batches alone.
            units = whole.units if carries else units_of(split, groups)
            return evaluated(self.task, whole, only, whole if carries else seen(units), resamples, seed)

    def predictions(self, split: Split) -> list[Column]:
        """What is predicted of new rows, as columns; ConfigError for a task that predicts nothing."""
        return self.task.predictions(self.outputs(split), self.data_spec, preprocessing.targets(self.kept))


def units_of(split: Split, groups: Groups | None) -> Units:
    """What is drawn together of these rows."""
    if groups is not None:
        return of_groups(groups.names, groups.column)
    return of_rows(len(split)) if split.form.windows is None else of_windows(len(split), split.form.windows)


AGAIN = "the run's command with force=true trains it again"
WEIGHTS = ("measured", "best", "last")


def weights_of(config: Config, folder: RunFolder, which: str = "measured") -> dict[str, Any]:
    """Weights (a state_dict) of the run in a folder: those that its result was measured with, the best or the last."""
    if which not in WEIGHTS:
        raise problem(f"weights={which}", f"expected one of {', '.join(WEIGHTS)}{did_you_mean(which, WEIGHTS)}")
    restored = which == "measured" and config.early_stop.on and config.early_stop.restore_best
    if which == "best" or restored:
        try:
            return _checkpoint(folder, folder.best)["model"]  # type: ignore[no-any-return]
        except (Damaged, FileNotFoundError):
            pass  # last.pt has the same weights
    parts = _checkpoint(folder, folder.last)["parts"]
    if (which == "best" or restored) and parts["best"]["epoch"]:
        return parts["best"]["weights"]  # type: ignore[no-any-return]
    if which == "best":
        raise problem("weights=best", "this run kept no best weights")
    return parts["model"]  # type: ignore[no-any-return]


def _checkpoint(folder: RunFolder, path: Path) -> dict[str, Any]:
    """The content of a checkpoint of a run; Damaged for one that is damaged or another run's."""
    if changed(folder.path, (f"{folder.checkpoints.name}/{path.name}",)):
        verify(path, AGAIN)  # what is wrong, as far as the file itself shows it
        raise Damaged(path, CHANGED, AGAIN)
    content = read(path, AGAIN)
    own = _own_id(folder)
    if own is not None and content.get("id") != own:
        raise Damaged(path, f"it belongs to run {content.get('id')}, not to {own}", AGAIN)
    if not {"model", "parts"} & content.keys():
        raise Damaged(path, f"it holds {', '.join(content)} and no weights", AGAIN)
    return content


def _own_id(folder: RunFolder) -> str | None:
    """The id of the run in a folder; None where neither of the files that have it can be read."""
    for file in (folder.result_file, folder.provenance):
        try:
            if isinstance(found := read_json(file).get("id"), str):
                return found
        except (Damaged, FileNotFoundError):
            continue
    return None


def load_run(path: Path, allow: tuple[str, ...] = (), weights: str = "measured") -> Loaded:
    """Load the run in a folder, of a k-fold run its final fit; raises ConfigError where nothing is trained in it.

    `weights` are those that its result was measured with, those of the best epoch, or the last ones.
    """
    folder = trained_folder(path)
    for name in changed(folder.path, (folder.config.name, folder.fitted.name)) or ():
        raise Damaged(folder.path / name, CHANGED, AGAIN)
    plain = of_predictions(read_yaml_mapping(folder.config, AGAIN))
    kept = read_file(folder.fitted, _state, AGAIN)
    data_spec = preprocessing.data_spec(kept)
    config, network = checked(plain, allow, data_spec)
    rng = StepRng(own_seed(config), "cpu")
    model: nn.Module = config.model.build(network, data_spec, config.task.width(data_spec), own_seed(config), rng)
    if config.model.has_base:
        from dlrun.assembly.base_weights import offer_base

        offer_base(model, config)
    try:
        model.load_state_dict(weights_of(config, folder, weights))
    except RuntimeError as error:
        raise Damaged(folder.last, f"its weights are not those of this network ({str(error).splitlines()[0]})",
                      AGAIN) from None
    task = config.task.build(BuildContext(data_spec, model, rng, preprocessing.targets(kept)))
    return Loaded(replace(config), data_spec, model.eval(), task, rng, kept, seen=_seen(folder))


def _seen(folder: RunFolder) -> str:
    try:
        return str((folder.origin().get("data") or {}).get("hash", ""))
    except (FileNotFoundError, Damaged):
        return ""


def _state(data: bytes) -> dict[str, Any]:
    """What fitted.json holds, tried out; raises ValueError, KeyError or TypeError where it is none."""
    kept = mapping(data)
    for try_out in (preprocessing.data_spec, preprocessing.scale, preprocessing.targets, preprocessing.vocabulary):
        try_out(kept)
    if not isinstance(kept.get("asked"), dict):
        raise ValueError("expected a mapping at asked")
    return kept
