"""Products with rows that are zeros for the most part: what is not there is neither stored nor multiplied.

The weights that they meet lie with a row for each input (see `transpose_weights`): a value of a row meets neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from dlrun.engine.compiled.elements import TYPES, same_place
from dlrun.engine.compiled.lowering import Lowering
from dlrun.engine.compiled.recording import Unsupported
from dlrun.engine.compiled.sparse_rows import SparseRows

_LANES = (8, 4, 1)  # values of a vector: of more than a processor has gcc 12 makes no registers, which takes nine times
_MOST = 8  # vectors that a loop adds to


@dataclass(frozen=True)
class _Piece:
    """Columns of a product, as many as a vector has lanes."""

    first: int
    lanes: int
    number: str  # the type of one value in C

    @property
    def kind(self) -> str:
        return self.number if self.lanes == 1 else f"{self.number}{self.lanes}"


def transpose_weights(model: nn.Module, width: int) -> None:
    """Lay weights (units, inputs) that may be a first layer's for rows of that width as they are needed here."""
    for weight in model.parameters():
        if weight.ndim == 2 and weight.shape[1] == width:
            weight.data = weight.data.t().contiguous().t()


def sparse_product(low: Lowering, out: Tensor, rows: SparseRows, one: Tensor, other: Tensor) -> str:
    """Write ``one @ other``, where `one` stands for these rows, or for their columns; the name of its memory."""
    if not out.dtype == rows.values.dtype == other.dtype or not other.is_contiguous():
        raise Unsupported("rows of zeros in another product than a first layer's")
    count = len(rows.places)
    forwards, backwards = same_place(one, rows.inputs), same_place(one, rows.inputs.t())
    given, name = low.stored(other), low.lies(out)
    starts, columns, values = (low.stored(value) for value in (rows.starts, rows.columns, rows.values))
    where, _ = low.reader(rows.places)
    place = where(("i",))
    kind = TYPES[out.dtype]
    blocks = _blocks(other.shape[1], kind)
    if forwards:
        parts = [_added_up(block, name, given, columns, values, other.shape[1]) for block in blocks]
        begin = ""
    elif backwards:
        parts = [_spread(block, name, given, columns, values, other.shape[1]) for block in blocks]
        begin = f"memset({name}, 0, {out.numel()} * sizeof({kind}));\n"
    else:
        raise Unsupported("rows of zeros in another product than a first layer's")
    low.code.line(f"{begin}for (long i = 0; i < {count}; ++i) {{\n"
                  f"const long first = ({starts})[{place}], last = ({starts})[{place} + 1];\n"
                  + "\n".join(parts) + "\n}")
    return name


def _blocks(columns: int, kind: str) -> list[Sequence[_Piece]]:
    pieces, first = list[_Piece](), 0
    for lanes in _LANES:
        while columns - first >= lanes:
            pieces.append(_Piece(first, lanes, kind))
            first += lanes
    return [pieces[start:start + _MOST] for start in range(0, len(pieces), _MOST)]


def _added_up(block: Sequence[_Piece], out: str, weights: str, columns: str, values: str, width: int) -> str:
    """A row's values times the rows of weights that they meet."""
    twice = 2 if len(block) == 1 else 1  # a sum alone would wait for itself
    begin = "\n".join(f"{piece.kind} a{number}_{turn} = {{0}};" for number, piece in enumerate(block)
                      for turn in range(twice))

    def step(turn: int) -> str:
        lines = [f"const {block[0].number} x{turn} = ({values})[q + {turn}];",
                 f"const {block[0].number} *w{turn} = {weights} + (long)({columns})[q + {turn}] * {width};"]
        lines += [f"a{number}_{turn} += x{turn} * *(const {piece.kind} *)(w{turn} + {piece.first});"
                  for number, piece in enumerate(block)]
        return "\n".join(lines)

    loops = "long q = first;\n"
    if twice == 2:
        loops += f"for (; q + 2 <= last; q += 2) {{\n{step(0)}\n{step(1)}\n}}\n"
    loops += f"for (; q < last; ++q) {{\n{step(0)}\n}}"
    end = "\n".join(f"*({piece.kind} *)({out} + i * {width} + {piece.first}) = "
                    + " + ".join(f"a{number}_{turn}" for turn in range(twice)) + ";"
                    for number, piece in enumerate(block))
    return f"{{\n{begin}\n{loops}\n{end}\n}}"


def _spread(block: Sequence[_Piece], out: str, gradient: str, columns: str, values: str, width: int) -> str:
    """A row's gradient, times each of its values, added to the rows of weights that these have met."""
    begin = "\n".join(f"const {piece.kind} g{number} = *(const {piece.kind} *)({gradient} + i * {width} + "
                      f"{piece.first});" for number, piece in enumerate(block))
    add = "\n".join(f"*({piece.kind} *)(w + {piece.first}) += x * g{number};" for number, piece in enumerate(block))
    return (f"{{\n{begin}\nfor (long q = first; q < last; ++q) {{\nconst {block[0].number} x = ({values})[q];\n"
            f"{block[0].number} *w = {out} + (long)({columns})[q] * {width};\n{add}\n}}\n}}")
