"""The model of a command that chooses none: the one that suits the data."""

from __future__ import annotations

from dlrun.data.dataset_spec import DatasetSpec

DEFAULT = "cnn"  # of config.yaml
WIDE = 500  # columns from which a table is one of counts or pixels, each of which says little
SHORT = 16  # steps of a series from which convolutions are better than a recurrent net at naming its class
POOL = 5  # positions that conv1d needs, as its pooling is wide
LEARNED = ("classes", "number")  # targets that model=tabular learns


def suited(data_spec: DatasetSpec) -> tuple[str, str]:
    """The word of group `model` that suits such data, and why in half a sentence."""
    if data_spec.input_kind == "table":
        if data_spec.target_kind in LEARNED and data_spec.input_shape[0] <= WIDE:
            return "tabular", "the data is a table"
        wide = data_spec.input_shape[0] > WIDE
        return "dense", f"the data is a table{' of many columns' if wide else ''}"
    if data_spec.input_kind == "tokens":
        if data_spec.next_token or data_spec.target_length or data_spec.input_shape[-1] < POOL:
            return "lstm", "the data is words or characters in their order"
        return "conv1d", "the data is texts of one target each"
    if data_spec.input_kind == "series":
        if data_spec.target_kind == "classes" and data_spec.input_shape[-1] >= SHORT:
            return "conv1d", "the data is series of a class each"
        return "gru", "the data is a series"
    return DEFAULT, "the data is pictures"
