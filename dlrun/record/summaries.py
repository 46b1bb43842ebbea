"""What is written for TensorBoard, as its messages.

TensorBoard's own functions make the same messages (a test compares them), but bring 190 modules along, a part of the
start of every run: file systems of clouds and a stub of TensorFlow.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

START, END = "_hparams_/session_start_info", "_hparams_/session_end_info"


def tensor(data: Sequence[bytes] | np.ndarray) -> Any:
    """A TensorProto of texts, or of an array of float64 (of more than one number)."""
    from tensorboard.compat.proto import tensor_pb2, types_pb2

    if not isinstance(data, Sequence):
        return tensor_pb2.TensorProto(dtype=types_pb2.DT_DOUBLE, tensor_shape=_shape(data.shape),
                                      tensor_content=data.tobytes())
    return tensor_pb2.TensorProto(dtype=types_pb2.DT_STRING, tensor_shape=_shape((len(data),)), string_val=data)


def picture(tag: str, png: bytes) -> Any:
    """The Summary of a picture, the bytes of a PNG file."""
    from tensorboard.compat.proto import summary_pb2
    from tensorboard.plugins.image.metadata import create_summary_metadata

    size = [str(number).encode() for number in struct.unpack(">II", png[16:24])]  # width, height: PNG's first chunk
    value = summary_pb2.Summary.Value(tag=tag, metadata=create_summary_metadata(None, None),
                                      tensor=tensor([*size, png]))
    return summary_pb2.Summary(value=[value])


def hparams(values: Mapping[str, bool | int | float | str]) -> Any:
    """The Summary of a run's row in the table of hparams.

    Its group has no name: then the run's own path is the name of the row.  By default it would be a hash of the values,
    and two runs that differ only in their folder would share a row.
    """
    from tensorboard.plugins.hparams import plugin_data_pb2

    info = plugin_data_pb2.SessionStartInfo(group_name="", start_time_secs=time.time())
    for name, value in sorted(values.items()):
        if isinstance(value, bool):
            info.hparams[name].bool_value = value
        elif isinstance(value, str):
            info.hparams[name].string_value = value
        else:
            info.hparams[name].number_value = value
    return _hparams(START, plugin_data_pb2.HParamsPluginData(session_start_info=info))


def session_end(status: str) -> Any:
    """The Summary that ends a run's row: ``STATUS_SUCCESS``, ``STATUS_FAILURE``, ``STATUS_UNKNOWN``."""
    from tensorboard.plugins.hparams import plugin_data_pb2
    from tensorboard.plugins.hparams.api_pb2 import Status

    end = plugin_data_pb2.SessionEndInfo(status=Status.Value(status), end_time_secs=time.time())
    return _hparams(END, plugin_data_pb2.HParamsPluginData(session_end_info=end))


def _hparams(tag: str, data: Any) -> Any:
    from tensorboard.compat.proto import summary_pb2, tensor_pb2, types_pb2

    about = summary_pb2.SummaryMetadata(plugin_data=summary_pb2.SummaryMetadata.PluginData(
        plugin_name="hparams", content=data.SerializeToString()))
    nothing = tensor_pb2.TensorProto(dtype=types_pb2.DT_FLOAT, tensor_shape=_shape((0,)))
    return summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag=tag, metadata=about, tensor=nothing)])


def _shape(sizes: Sequence[int]) -> Any:
    from tensorboard.compat.proto import tensor_shape_pb2

    dims = [tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in sizes]
    return tensor_shape_pb2.TensorShapeProto(dim=dims)
