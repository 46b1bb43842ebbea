"""`dlrun fork RUN epoch=N key=value ...`: a run that begins from an epoch of another, with other settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypedDict

from dlrun.cli import offers
from dlrun.cli.verb import Answer, Verb, positional
from dlrun.config.problem import ConfigError, Problem, problem
from dlrun.config.schema.fields import integer, text
from dlrun.config.schema.root import Root
from dlrun.registry import register

if TYPE_CHECKING:
    from dlrun.preflight.checked import Checked

# What decides which rows the parent has seen, and which weights it has.
_FIXED = ("dataset", "model", "task", "validation", "train_size")
_OF_GROUP = ("model.dropout", "model.input_dropout", "model.l1", "model.l2", "model.max_norm")
_OWN = ("fork", "output_dir")


class ForkAnswer(TypedDict):
    """A fork, trained."""

    id: str
    folder: str
    parent: Annotated[str, "The id of the run that it began from."]
    epoch: Annotated[int, "The parent's epochs that are its first ones."]
    result: Annotated[dict[str, Any] | None, "The content of its result.json; null where it has none."]


@register("verb", "fork")
@dataclass(frozen=True)
class Fork(Verb):
    """Begin a run from an epoch of another one, with other settings.

    The weights, the optimizer's state and the curve up to that epoch are the parent's. Where its checkpoint is of
    another epoch its first epochs are trained again, which gives the same bits on the same machine and code, and is
    refused where it does not. Any setting of training may change: rates, schedule, optimizer (whose state begins anew),
    batch size, epochs, augmentation, dropout, seed; data and network may not. The fork's id hashes its settings, the
    parent's id and the epoch; each of both folders names the other. Of a k-fold run each fold begins from that epoch of
    the same fold.
    """

    arguments: tuple[str, ...] = positional(
        "RUN key=value ...", "The parent's folder, or first letters of its id; then what is other in the fork.",
        least=1, overrides=True, offers=offers.run_folders)
    epoch: int | None = integer(None, "The last of the parent's epochs that the fork has too.", low=1)
    output_dir: str = text(Root.output_dir, "The folder of all runs, of the parent and of the fork.")
    synonyms: ClassVar[dict[str, str]] = dict.fromkeys(("branch", "continue", "warmstart"), "fork")
    examples: ClassVar[tuple[tuple[str, str], ...]] = (
        ("dlrun fork 3f9c1e epoch=10 optimizer.lr=0.0001", "a smaller rate from epoch 11 on"),
        ("dlrun fork 3f9c1e epoch=20 epochs=60 schedule=cosine", "longer, under a schedule"),
    )
    answers: ClassVar[Any] = ForkAnswer

    def answer(self) -> Answer:
        from dlrun.cli.train import outcome
        from dlrun.run.run import run_folder

        parent, checked = self._checked()
        assert self.epoch is not None
        run_id, folder = run_folder(checked.config)
        code, _ = outcome(checked, ["dlrun", "fork", *self.arguments, f"epoch={self.epoch}"])
        epoch = self.epoch

        def data() -> ForkAnswer:
            return {"id": run_id, "folder": str(folder.path), "parent": parent, "epoch": epoch,
                    "result": folder.result()}

        return Answer(data, lambda: None, code)  # the run has shown itself

    def _checked(self) -> tuple[str, Checked]:
        """The parent's id, and the fork's command."""
        from dlrun.config.check.allow import allow_typed
        from dlrun.config.compose.onto import onto
        from dlrun.config.schema.folds import FINAL
        from dlrun.preflight.preflight import stored
        from dlrun.record.folder import RunFolder
        from dlrun.record.metrics import read
        from dlrun.record.stored import read_yaml_mapping
        from dlrun.report.find import is_run, locate

        word, overrides = self.arguments[0], self.arguments[1:]
        parent = RunFolder(locate(word, Path(self.output_dir).expanduser()))
        if not is_run(parent.path) or not parent.config.is_file():
            raise problem(word, "expected the folder of a run that has begun")
        folds = [parent.fold(path.name) for path in (*parent.path.glob("folds/*"), *parent.path.glob(FINAL))]
        epochs = min(len(read(place.metrics)) for place in folds or [parent])  # that all its folds have come to
        if self.epoch is None:
            raise problem("epoch", f"expected one of the parent's {epochs} epochs, as  epoch={max(1, epochs // 2)}")
        if self.epoch > epochs:
            raise problem(f"epoch={self.epoch}", f"expected one of the parent's {epochs} epochs")
        wrong = list(_wrong(overrides))
        if wrong:
            raise ConfigError(wrong)
        allow_typed(overrides)
        run_id = str(parent.origin().get("id", parent.path.name))
        plain = {**read_yaml_mapping(parent.config), "force": False}
        plain = {**onto(plain, overrides), "fork": f"{run_id}@{self.epoch}", "output_dir": self.output_dir}
        return run_id, stored(plain)


def _wrong(overrides: Sequence[str]) -> list[Problem]:
    found = []
    for override in overrides:
        key = override.partition("=")[0].lstrip("+")
        if key in _OWN:
            found.append(Problem(override, "a fork is what  dlrun fork RUN epoch=N  says"))
        elif key.partition(".")[0] in _FIXED and key not in _OF_GROUP and not key.startswith("task."):
            found.append(Problem(override, "a fork has the data and the network of its parent; expected a setting of "
                                           "training, as  optimizer.lr=0.0001"))
    return found
