"""The metrics of torchmetrics by name, known without importing it: it is slow to import, and brings torch along."""

from __future__ import annotations

import ast
import importlib.util
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlrun.record.metric import Direction, Metric

if TYPE_CHECKING:
    from torch import Tensor

INSTALL = 'torchmetrics is not installed; `pip install "dlrun[metrics]"` brings it'
DOMAINS = {"classes": "classification", "labels": "classification", "numbers": "regression"}
ALIASES: dict[str, tuple[str, dict[str, Any]]] = {  # the field's name -> torchmetrics' class, and arguments
    "f1": ("F1Score", {}), "roc_auc": ("AUROC", {}), "auc": ("AUROC", {}), "pr_auc": ("AveragePrecision", {}),
    "balanced_accuracy": ("Accuracy", {"average": "macro"}), "top5_accuracy": ("Accuracy", {
        "average": "micro", "top_k": 5}), "mcc": ("MatthewsCorrCoef", {}), "iou": ("JaccardIndex", {}),
    "kappa": ("CohenKappa", {}), "ece": ("CalibrationError", {}), "r2": ("R2Score", {}),
    "rmse": ("MeanSquaredError", {"squared": False}), "mape": ("MeanAbsolutePercentageError", {}),
    "smape": ("SymmetricMeanAbsolutePercentageError", {}), "pearson": ("PearsonCorrCoef", {}),
    "spearman": ("SpearmanCorrCoef", {}), "kendall": ("KendallRankCorrCoef", {}), "hamming": ("HammingDistance", {}),
}
LABELS = {"f1": "F1", "roc_auc": "ROC AUC", "auc": "AUC", "pr_auc": "PR AUC", "mcc": "MCC", "iou": "IoU", "ece": "ECE",
          "r2": "R2", "rmse": "RMSE", "mape": "MAPE", "smape": "SMAPE", "top5_accuracy": "top-5 accuracy",
          "f1_score": "F1", "auroc": "AUROC", "r2_score": "R2", "eer": "EER"}
SHARES = {"Accuracy", "ExactMatch", "F1Score", "HammingDistance", "JaccardIndex", "NegativePredictiveValue",
          "Precision", "Recall", "Specificity"}
RISING = {"KendallRankCorrCoef", "NegativePredictiveValue", "PearsonCorrCoef", "Specificity"}  # it does not say
NOT_ONE_NUMBER = {"ConfusionMatrix", "ROC", "PrecisionRecallCurve", "StatScores"}
OF_DISTRIBUTIONS = {"ContinuousRankedProbabilityScore", "CosineSimilarity", "JensenShannonDivergence", "KLDivergence"}
WITH_ARGUMENTS = {"CriticalSuccessIndex", "FBetaScore", "MinkowskiDistance", "PrecisionAtFixedRecall",
                  "RecallAtFixedPrecision", "SensitivityAtSpecificity", "SpecificityAtSensitivity"}
MEANS = {"EER", "LogAUC"}  # a number for each class or label, unless their mean is asked for
OF_EACH_LABEL = {"EER"}  # that of labels knows no mean
_KINDS = {"classes": "Multiclass", "labels": "Multilabel"}


def installed() -> bool:
    """Whether torchmetrics can be imported; it is not."""
    return importlib.util.find_spec("torchmetrics") is not None


def names(kind: str) -> list[str]:
    """The names of what gives one number of `kind` (classes, labels, numbers); [] where it is not installed."""
    usable = {name for name in classes(DOMAINS[kind]) if name not in NOT_ONE_NUMBER | WITH_ARGUMENTS | OF_DISTRIBUTIONS}
    usable = {name for name in usable if kind == "numbers" or _exists(name, kind)}
    usable -= OF_EACH_LABEL if kind == "labels" else set()
    aliases = [alias for alias, (name, arguments) in ALIASES.items() if name in usable and _fits(arguments, kind)]
    return [*aliases, *sorted(map(snake, usable))]


def describe(name: str, kind: str) -> Metric:
    """What is known of a metric by its name; raises KeyError where there is none of this kind."""
    found = _class_of(name, kind)
    domain = classes(DOMAINS[kind])
    own = found if kind == "numbers" else next(
        prefix + found for prefix in (_KINDS[kind], "Binary") if prefix + found in domain)
    rises = True if found in RISING else _higher_is_better(domain[own], own)
    direction: Direction | None = None if rises is None else "max" if rises else "min"
    return Metric(name, LABELS.get(name, ""), direction=direction, share=found in SHARES,
                  doc=f"torchmetrics' {found}.")


def problem_of(name: str, kind: str) -> str:
    """Why a metric of torchmetrics cannot be had by its bare name; empty where it can."""
    try:
        found = _class_of(name, kind)
    except KeyError:
        return ""
    if found in NOT_ONE_NUMBER:
        return f"torchmetrics' {found} gives more than one number"
    if found in OF_EACH_LABEL and kind == "labels":
        return f"torchmetrics' {found} gives a number for each label, not one"
    if found in OF_DISTRIBUTIONS:
        return f"torchmetrics' {found} compares distributions, and this task tells numbers"
    if found in WITH_ARGUMENTS:
        return f"torchmetrics' {found} needs arguments: a metric of your own can call it"
    return ""


class TorchMetric:
    """A metric of torchmetrics as a `RunMetric`, for `count` classes or labels (ignored for numbers)."""

    def __init__(self, name: str, kind: str, count: int, device: Any):
        if importlib.util.find_spec("torchvision") is not None:
            from dlrun.data.formats.vision import torchvision

            torchvision()  # torchmetrics imports it, and stops where its operators do not load
        import torchmetrics.classification
        import torchmetrics.regression

        arguments = dict(ALIASES[name][1]) if name in ALIASES else {}
        found = _class_of(name, kind)
        if kind == "numbers":
            made = getattr(torchmetrics.regression, found)(**arguments)
        else:
            binary = kind == "classes" and count == 2 and not arguments and f"Binary{found}" in classes(DOMAINS[kind])
            prefix = "Binary" if binary else _KINDS[kind]
            if not binary:
                arguments["num_classes" if kind == "classes" else "num_labels"] = count
                if found in MEANS:
                    arguments["average"] = "macro"
                if "top_k" in arguments:
                    arguments["top_k"] = min(arguments["top_k"], count)
            made = getattr(torchmetrics.classification, prefix + found)(validate_args=False, **arguments)
        self._metric, self._flat = made.to(device), kind == "numbers"
        self._both = kind == "classes" and count == 2 and not binary

    def reset(self) -> None:
        self._metric.reset()

    def update(self, outputs: Tensor, targets: Tensor) -> None:
        import torch

        if self._flat:
            outputs, targets = outputs.reshape(-1), targets.reshape(-1)
        if self._both:  # the classes' shares matter, not the second class alone
            outputs = torch.stack([1 - outputs, outputs], 1)
        self._metric.update(outputs, targets)

    def compute(self) -> float:
        value = self._metric.compute()
        if value.numel() != 1:
            raise ValueError(f"torchmetrics' {type(self._metric).__name__} gives {value.numel()} numbers, not one")
        return float(value)


@cache
def classes(domain: str) -> dict[str, Path]:
    """The classes of ``torchmetrics.<domain>`` with the files that define them, read from its source."""
    spec = importlib.util.find_spec("torchmetrics")
    if spec is None or not spec.submodule_search_locations:
        return {}
    package = Path(spec.submodule_search_locations[0])
    tree = ast.parse((package / domain / "__init__.py").read_text(encoding="utf-8"))
    found: dict[str, Path] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            file = package.joinpath(*node.module.split(".")[1:]).with_suffix(".py")
            found |= {name.name: file for name in node.names if name.name[0].isupper()}
    return {name: file for name, file in found.items() if domain == "regression" or _kindless(name) in found}


def snake(name: str) -> str:
    """``f1_score`` for ``F1Score``, ``auroc`` for ``AUROC``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _kindless(name: str) -> str:
    return re.sub(r"^(Binary|Multiclass|Multilabel)", "", name)


def _fits(arguments: dict[str, Any], kind: str) -> bool:
    return not arguments or kind != "labels"


def _exists(name: str, kind: str) -> bool:
    known = classes(DOMAINS[kind])
    prefixes = ("",) if kind == "numbers" else (_KINDS[kind],)
    return name == _kindless(name) and all(prefix + name in known for prefix in prefixes)


def _class_of(name: str, kind: str) -> str:
    """The class that a name stands for, without Binary, Multiclass or Multilabel; raises KeyError."""
    known = {snake(found): found for found in classes(DOMAINS[kind])}
    found = ALIASES[name][0] if name in ALIASES else known[name]
    if not _exists(found, kind) or name in ALIASES and not _fits(ALIASES[name][1], kind):
        raise KeyError(name)
    return found


@cache
def _higher_is_better(file: Path, name: str) -> bool | None:
    """The class attribute of that name, read from the source; of the class before it where it is inherited."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            for member in node.body:
                if (isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name)
                        and member.target.id == "higher_is_better" and isinstance(member.value, ast.Constant)):
                    value = member.value.value
                    return value if isinstance(value, bool) else None
                if (isinstance(member, ast.Assign) and getattr(member.targets[0], "id", "") == "higher_is_better"
                        and isinstance(member.value, ast.Constant)):
                    value = member.value.value
                    return value if isinstance(value, bool) else None
    return None
