"""The family ``tabular``: an ensemble in one network, for tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dlrun.config.problem import problem
from dlrun.config.schema.fields import choice, integer, integers, number
from dlrun.config.schema.kinds import TaskKind
from dlrun.data.dataset_spec import DatasetSpec
from dlrun.models.choices import ACTIVATIONS
from dlrun.models.families._lists import dropped
from dlrun.models.layer import Layer
from dlrun.models.layers.column_embedding import ColumnEmbedding
from dlrun.models.layers.member_dense import MemberDense
from dlrun.models.layers.member_mean import MemberMean
from dlrun.models.model import ListModel
from dlrun.registry import register

TASKS = ("classify", "regress")
AUTO, DEFAULT = "auto", "the default"
MANY = 9  # words from which a column becomes one vector, as RealMLP has it (Holzmueller and others, 2024)


@register("model", "tabular")
@dataclass(frozen=True)
class Tabular(ListModel):
    """TabM for tables: 32 small networks that share their weights, on piecewise linear embeddings of the columns.

    The members are trained side by side, each by its own loss, and their mean is what is predicted.  Gorishniy,
    Kotelnikov and Babenko, TabM: Advancing Tabular Deep Learning with Parameter-Efficient Ensembling (ICLR 2025).
    """

    suggests: ClassVar[Mapping[str, Any]] = {"optimizer": "adamw_tabular", "epochs": "auto", "batch_size": "auto",
                                             "early_stop": "auto", "dataset": "wine"}
    hidden: tuple[int, ...] = integers((128, 128), "units of each hidden layer", low=1, scalar=True)
    members: int = integer(32, "networks in the ensemble", low=1)
    embed: int = integer(8, "values that each column becomes; 0: columns go in as they are", low=0)
    bins: int = integer(16, "pieces of a column's piecewise linear function, between quantiles of its training rows",
                        low=1)
    embed_words: int | str = integer(
        AUTO, "a column of texts with so many words or more becomes one vector of `embed` values, of fewer each word "
        f"is a column by itself; 0: none does; auto: {MANY} where a column has so many, else 0", low=0, words=(AUTO,),
        identity_default=0)
    dropout: float = number(0.1, "share of units dropped after each hidden layer", low=0, high=1, below=True)
    activation: str = choice("relu", ACTIVATIONS, "activation of the hidden layers")

    def unfit(self, task: TaskKind, data_spec: DatasetSpec) -> str:
        if data_spec.input_kind != "table":
            return f"it is for tables; the data set has {data_spec.input_kind} rows"
        if task.kind not in TASKS:
            return f"its members learn by task={' or '.join(TASKS)}, not by task={task.kind}; model=dense does"
        return ""

    def layers_for(self, data_spec: DatasetSpec, outputs: int) -> list[Layer]:
        if data_spec.input_kind != "table":
            raise problem(self.given, f"it is for tables; the data set has {data_spec.input_kind} rows")
        layers: list[Layer] = [ColumnEmbedding(self.embed, self.bins, self._words(data_spec))] if self.embed else []
        for units in self.hidden:
            layers += [MemberDense(units, self.members, self.activation, drawn=self.embed or 1), *dropped(self.dropout)]
        of = "classes" if data_spec.target_kind == "classes" else "numbers"
        return [*layers, MemberDense(outputs, self.members, own=True), MemberMean(of)]

    def decided(self, data_spec: DatasetSpec) -> Mapping[str, tuple[Any, str]]:
        if self.embed_words != AUTO:
            return {}
        names = [data_spec.features[start].partition("=")[0] for start, words in data_spec.categories if words >= MANY]
        if not names or not self.embed:
            return {"embed_words": (0, DEFAULT)}
        few = ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")
        return {"embed_words": (MANY, f"{MANY} words or more in {few}")}

    def _words(self, data_spec: DatasetSpec) -> tuple[int, ...]:
        """The columns of texts that become vectors: first input, number of inputs, of each in turn."""
        least = self.embed_words
        if not isinstance(least, int) or not least:  # a run of before has no such key
            return ()
        return tuple(value for span in data_spec.categories if span[1] >= least for value in span)

    def fit(self, module: Any, rows: Any) -> None:
        from dlrun.models.families.tabular_module import set_edges, set_target

        if self.embed:
            set_edges(module.column_embedding_1, rows.inputs())
        if rows.prepared.data_spec.target_kind == "number":
            set_target(module.member_mean_1, rows.prepared.train.y)
