"""A small classifier of the real rows, trained once at a run's start: it says what a generator's samples show."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dlrun.assembly.components import RunComponents
from dlrun.config.seeds import derive_seed
from dlrun.data.batches import Batches, in_order
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.engine.checkpoint import read, save
from dlrun.engine.learning_rate import LearningRate
from dlrun.engine.optimizers.adam import Adam
from dlrun.engine.schedules.constant import Constant
from dlrun.engine.step import EagerStep
from dlrun.models.build import Network, build
from dlrun.models.composite import eval_mode
from dlrun.models.families.cnn import Cnn
from dlrun.models.families.dense import Dense
from dlrun.models.layer import Layer
from dlrun.models.layers.pool import Pool
from dlrun.models.step_rng import StepRng
from dlrun.record.stored import Damaged
from dlrun.tasks._base.accumulator import MetricAccumulator
from dlrun.tasks._base.batch import Batch
from dlrun.tasks.classify import Classify
from dlrun.tasks.classify.task import ClassifyTask

STEPS, ROWS, RATE = 600, 128, 0.003  # of its training by Adam: two seconds for 8 x 8 images, five for 28 x 28
SIDE = 14  # larger images are averaged down to about this side: 28 x 28 costs a quarter, and 0.5 % of accuracy
FEWEST = 200  # test rows that are left by test_size, for its accuracy
HELD_OUT = 2_000  # rows that its accuracy is measured on, at most
GOOD = 0.8  # accuracy below which it has no say


class SampleClassifier:
    """Probabilities of the classes for rows on the device; `accuracy` is that on real rows it was not trained on."""

    def __init__(self, network: Network, task: ClassifyTask, accuracy: float):
        self.network, self.task, self.accuracy = network, task, accuracy

    def __call__(self, x: Tensor) -> Tensor:
        """(rows, classes)."""
        with eval_mode(self.network), torch.no_grad():
            return self.task.probabilities(self.network(x).float())


def make_sample_classifier(components: RunComponents, path: Path,
                           say: Callable[[str], None]) -> SampleClassifier | None:
    """The classifier in the file `path`, or a new one that is written there; None where it knows too little.

    It is trained with a seed stream of its own on the run's training rows and changes nothing of the run.  The file
    makes a resumed run's classifier the same to the last bit, on any device.
    """
    device = components.train.device
    data_spec = components.prepared.data_spec
    task = ClassifyTask(Classify().width(data_spec))
    seed = derive_seed(components.config.seed, "judge")
    rng = StepRng(seed, device)
    network = build(_layers(data_spec, task.outputs), data_spec.input_shape, seed=seed, rng=rng).to(device)
    content = _stored(path, say)
    if content is not None:
        network.load_state_dict(content["model"])
        classifier = SampleClassifier(network, task, content["accuracy"])
    else:
        _train(components, network, task, rng, seed)
        classifier = SampleClassifier(network, task, 0.0)
        classifier.accuracy = _accuracy(components, classifier)
        save(path, {"model": network.state_dict(), "accuracy": classifier.accuracy})
    right = f"a small classifier that is right on {100 * classifier.accuracy:.1f} % of real rows"
    if classifier.accuracy < GOOD:
        say(f"the classes of samples are not counted: {right} cannot tell")
        return None
    say(f"the classes of samples are counted by {right}")
    return classifier



def _stored(path: Path, say: Callable[[str], None]) -> dict[str, Any] | None:
    """What the file holds; None where there is none, or a damaged one: the same training makes it again."""
    try:
        content = read(path)
        if not {"model", "accuracy"} <= content.keys():
            raise Damaged(path, "it holds no classifier")
    except FileNotFoundError:
        return None
    except Damaged as damaged:
        say(f"{path.name} was damaged ({damaged.wrong}); the classifier is trained again")
        return None
    return content


def _layers(data_spec: DatasetSpec, outputs: int) -> list[Layer]:
    side = min(data_spec.input_shape[1:], default=0)
    if side < 8:
        return Dense(hidden=(64,)).network(data_spec, outputs)
    smaller: list[Layer] = [Pool((side // SIDE,), take="average")] if side >= 2 * SIDE else []
    return [*smaller, *Cnn(filters=(16, 32), hidden=(64,)).network(data_spec, outputs)]


def _train(components: RunComponents, network: Network, task: ClassifyTask, rng: StepRng, seed: int) -> None:
    optimizer = Adam(lr=RATE)
    config = dataclasses.replace(components.config, optimizer=optimizer, task=Classify(), precision="float32")
    step = EagerStep(config, task, network, rng, LearningRate(Constant(), optimizer.lr, STEPS, STEPS),
                     MetricAccumulator(config.task.summed, rng.device))
    for number, (x, y) in enumerate(Batches(components.train, ROWS, seed).steps(0, STEPS)):
        step(Batch(x, y, len(x)), number)


def _accuracy(components: RunComponents, classifier: SampleClassifier) -> float:
    rows = components.test or components.val or components.train
    if components.config.test_size is not None and rows.count < FEWEST:
        # The accuracy decides whether classes are counted: a few test rows are too few for that.
        rows = components.val or components.train
    right = seen = 0
    for x, y in itertools.islice(in_order(rows, ROWS), HELD_OUT // ROWS):
        right += int((classifier(x).argmax(1) == y).sum())
        seen += len(x)
    return right / seen
