"""What an object's attribute is, as a text that equal ones share and others do not, in any process."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Mapping
from typing import Any


def told(value: Any) -> str:
    """The attribute's own text (`repr`), but of arrays, tensors and modules a hash, and of sets the sorted members.

    NumPy and torch leave out digits and rows of what they print, and a set has another order in each process.  Of a
    container or dataclass without any of these it is the text that Python has of it, which ids of runs hold on to.

    >>> told({"a": [1, 2.5], "b": (3,)}), told({"b", "a"})
    ("{'a': [1, 2.5], 'b': (3,)}", "set('a', 'b')")
    """
    try:
        return _told(value)
    except RecursionError:  # it holds itself
        return repr(value)


def _told(value: Any) -> str:
    if isinstance(value, type):
        return repr(value)
    if isinstance(value, (set, frozenset)):
        return f"{type(value).__name__}({', '.join(sorted(map(_told, value)))})"
    if hasattr(value, "detach"):
        return _hash_of_tensor(value)
    if hasattr(value, "__array__") and getattr(value, "ndim", 0) + hasattr(value, "__setitem__"):
        return _hash_of_array(value)
    if callable(getattr(value, "state_dict", None)):
        state = value.state_dict()
        return repr(value) if (text := _told(state)) == repr(state) else f"{value!r} {text}"
    members = _members(value)
    texts = [_told(member) for member in members]
    plain = all(text == repr(member) for text, member in zip(texts, members))
    return repr(value) if plain else f"{type(value).__name__}({', '.join(texts)})"


def _members(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [member for pair in value.items() for member in pair]
    if isinstance(value, (list, tuple, deque)):
        return list(value)
    if dataclasses.is_dataclass(value):
        return [getattr(value, one.name, None) for one in dataclasses.fields(value)]
    return []


def _hash_of_tensor(tensor: Any) -> str:
    import torch

    dense = tensor.to_dense() if tensor.layout != torch.strided else tensor
    dense = dense.detach().resolve_conj().resolve_neg().cpu().contiguous()
    return _hash(f"{tensor.dtype}{tuple(tensor.shape)}", dense.reshape(-1).view(torch.uint8).numpy())


def _hash_of_array(array: Any) -> str:
    """That of an array, and of what a table of pandas or an array with a mask has beside its cells."""
    import numpy as np

    found = np.asarray(array)
    beside: list[Any] = [getattr(array, name, None) for name in ("mask", "columns", "index", "name")]
    labels = _told([list(one) if hasattr(one, "__iter__") else one for one in beside if not callable(one)])
    if found.dtype.hasobject:
        return f"{type(array).__name__}({labels}, {_told(found.tolist())})"
    return _hash(f"{found.dtype.str}{found.shape}{labels}", np.ascontiguousarray(found).reshape(-1).view(np.uint8))


def _hash(kind: str, data: Any) -> str:
    from dlrun.data.source import digest

    return digest([data], kind.encode())
