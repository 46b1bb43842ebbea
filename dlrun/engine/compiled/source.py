"""The C file of a step: a function that takes several steps, one after another."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from torch import Tensor

from dlrun.engine.compiled.elements import TYPES
from dlrun.engine.compiled.form import Form
from dlrun.engine.compiled.lowering import Lowering
from dlrun.engine.compiled.operations import lower
from dlrun.engine.compiled.prelude import FUNCTIONS
from dlrun.engine.compiled.recording import Operation, storage
from dlrun.engine.compiled.sparse_rows import SparseRows

_CACHED = 1 << 20  # bytes of rows that stay in a processor's cache anyway
_MOST = 64  # files that are kept, of some 30 KB
_written: dict[Hashable, tuple[str, int, list[int]]] = {}  # text, bytes and which tensors are constants, by `Form.key`


@dataclass(frozen=True)
class Argument:
    """Memory that a step is given, with the tensor that stood for it when the step was recorded.

    Of one that moves each step gets its own piece: `stride` values beyond that of the step before; it is read, or
    `written`.
    """

    name: str
    tensor: Tensor
    stride: int = 0
    offset: int = 0
    written: bool = False


@dataclass(frozen=True)
class Source:
    """`text` defines ``void take(long steps, void **given)``.

    `given` begins with the addresses of sgemm and dgemm and that of a workspace of so many `bytes`, then come those of
    the arguments, in their order, then those of the `constants`.
    """

    text: str
    bytes: int
    constants: Sequence[Tensor]


def source(operations: Sequence[Operation], arguments: Sequence[Argument],
           zeros: Mapping[int, SparseRows] = MappingProxyType({})) -> Source:
    """The C file of recorded operations; raises Unsupported for what has no form in C.

    `zeros` has what tensors, by their storage, stand for rows of zeros.  Jobs of a sweep that differ in values alone
    have the same file, which is written once in a process (but for rows of zeros, whose constants no operation has).
    """
    if zeros:
        return _write(operations, arguments, zeros)
    form = Form(operations, (((one.name, one.stride, one.offset, one.written), one.tensor) for one in arguments))
    if form.key in _written:
        text, size, constants = _written[form.key]
        return Source(text, size, [form.tensors[place] for place in constants])
    made = _write(operations, arguments, zeros)
    places = {id(tensor): place for place, tensor in enumerate(form.tensors)}
    if all(id(tensor) in places for tensor in made.constants):
        if len(_written) >= _MOST:
            _written.clear()
        _written[form.key] = made.text, made.bytes, [places[id(tensor)] for tensor in made.constants]
    return made


def _write(operations: Sequence[Operation], arguments: Sequence[Argument], zeros: Mapping[int, SparseRows]) -> Source:
    low = Lowering(operations, {storage(argument.tensor): argument.name for argument in arguments}, lower, zeros)
    lines = ["gemm *sgemm = (gemm *)given[0], *dgemm = (gemm *)given[1]; (void)sgemm; (void)dgemm;",
             "char *restrict workspace = given[2]; (void)workspace;"]
    moved = []
    for place, argument in enumerate(arguments, 3):
        kind = TYPES[argument.tensor.dtype]
        if argument.stride:
            lines.append(f"{kind} *all_{argument.name} = ({kind} *)given[{place}] + {argument.offset};")
            moved.append("const " * (not argument.written)
                         + f"{kind} *restrict {argument.name} = all_{argument.name} + step * {argument.stride};")
        else:
            lines.append(f"{kind} *restrict {argument.name} = given[{place}];")
    for place, (name, tensor) in enumerate(low.constants.items(), 3 + len(arguments)):
        lines.append(f"const {TYPES[tensor.dtype]} *restrict {name} = given[{place}];")
    lines += [f"{kind} *restrict {name} = ({kind} *)(workspace + {place});" for kind, name, place in low.temporaries]
    inner = "\n".join([*moved, *_ahead(operations, arguments, low.constants), low.code.text()])
    text = (f"{FUNCTIONS}\nvoid take(long steps, void **given) {{\n" + "\n".join(lines)
            + f"\nfor (long step = 0; step < steps; ++step) {{\n{inner}\n}}\n}}\n")
    return Source(text, low.bytes, list(low.constants.values()))


def _ahead(operations: Sequence[Operation], arguments: Sequence[Argument],
           constants: Mapping[str, Tensor]) -> Iterator[str]:
    """The rows of the next step are asked for while this one is taken, where they lie in more than a cache.

    Waiting for them is a third of the time of all that is not a product of matrices in a step of 784-16-10.
    """
    places = {storage(argument.tensor): argument for argument in arguments if argument.stride}
    tables = {storage(tensor): name for name, tensor in constants.items()}
    for operation in operations:
        if operation.name != "index_select" or operation.args[1] != 0:
            continue
        table, index = operation.args[0], operation.args[2]
        argument, name = places.get(storage(index)), tables.get(storage(table))
        if argument is None or name is None or table.nbytes < _CACHED or not table.is_contiguous():
            continue
        width = table.nbytes // len(table)
        yield (f"if (step + 1 < steps) for (long i = 0; i < {len(index)}; ++i) for (long b = 0; b < {width}; b += 64) "
               f"__builtin_prefetch((const char *){name} + {argument.name}[i + {argument.stride}] * {width} + b);")
