"""What the C of the loops over time have in common: sizes, activations, and the product of a few rows with weights.

Weights come in lines that are filled up with zeros to whole vectors.
"""

from __future__ import annotations

from collections.abc import Sequence

from dlrun.engine.compiled.prelude import FUNCTIONS

ROWS = 6  # that are taken together; with four vectors of columns their sums fill the registers of AVX-512
_TILES = 4
ACTIVATIONS = {  # the function of x, and its derivative from its result y
    "tanh": ("TANH(x)", "1 - y * y"),
    "sigmoid": ("SIGMOID(x)", "y * (1 - y)"),
    "hard_sigmoid": ("clipped(x)", "y > 0 && y < 1 ? (real)0.2 : 0"),
    "relu": ("RELU(x)", "y > 0 ? (real)1 : 0"),
    "linear": ("x", "1"),
}

_ACTIVATIONS = r"""
INLINE real clipped(real x) {
    real y = (real)0.2 * x + (real)0.5;
    y = y < 0 ? 0 : y;
    return y > 1 ? 1 : y;
}
INLINE real act(real x) { return %(act)s; }
INLINE real gate(real x) { return %(gate)s; }
INLINE real act_slope(real y) { return %(act_slope)s; }
INLINE real gate_slope(real y) { return %(gate_slope)s; }
"""


def filled(columns: int, lanes: int) -> int:
    """Columns of a line of weights that is filled up to whole vectors, and to the tiles that they are taken in."""
    vectors = -(-columns // lanes)
    tiles = min(_TILES, vectors)
    return -(-vectors // tiles) * tiles * lanes


def scan_file(units: int, act: str, gate: str, kind: str, lanes: int, widths: Sequence[tuple[str, int]],
              scan: str) -> str:
    """The file of a scan in C for `kind` ("float" or "double") and vectors of so many of them.

    For each of the `widths` (name, columns) it may use NAME, the columns filled up, and a function product_NAME.
    """
    parts = [FUNCTIONS, f"typedef {kind} real;",
             f"typedef real vector __attribute__((vector_size({lanes} * sizeof(real)), aligned(sizeof(real)), "
             "may_alias));",
             f"#define UNITS {units}\n#define ROWS {ROWS}"]
    for name, columns in widths:
        wide = filled(columns, lanes)
        parts += [f"#define {name} {wide}", _product(f"product_{name}", wide, lanes)]
    parts.append(_ACTIVATIONS % {"act": ACTIVATIONS[act][0], "act_slope": ACTIVATIONS[act][1],
                                 "gate": ACTIVATIONS[gate][0], "gate_slope": ACTIVATIONS[gate][1]})
    return "\n".join([*parts, scan])


def _product(name: str, columns: int, lanes: int) -> str:
    """c += a b for ROWS rows of a: sums of a tile of columns stay in registers over all of the inner size."""
    vectors = columns // lanes
    tiles = min(_TILES, vectors)
    places = [(row, tile) for row in range(ROWS) for tile in range(tiles)]
    begin = "".join(f"vector s{r}{t} = *(const vector *)(c + {r} * step_c + j + {t * lanes});\n" for r, t in places)
    loads = "".join(f"const vector w{t} = *(const vector *)(b + k * {columns} + j + {t * lanes});\n"
                    for t in range(tiles))
    sums = "".join(f"{{ const real x = a[{r} * step_a + k]; "
                   + " ".join(f"s{r}{t} += x * w{t};" for t in range(tiles)) + " }\n" for r in range(ROWS))
    end = "".join(f"*(vector *)(c + {r} * step_c + j + {t * lanes}) = s{r}{t};\n" for r, t in places)
    return (f"static void {name}(long inner, const real *a, long step_a, const real *b, real *c, long step_c) {{\n"
            f"for (long j = 0; j < {columns}; j += {tiles * lanes}) {{\n{begin}"
            f"for (long k = 0; k < inner; k++) {{\n{loads}{sums}}}\n{end}}}\n}}")
