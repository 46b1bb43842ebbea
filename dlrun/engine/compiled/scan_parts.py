"""What the C of the loops over time have in common: sizes, activations, and the products of states with weights.

Weights come in lines that are filled up with zeros to whole vectors.  Where states are dropped, each gate's product is
one of its own, of the states that are left to it.
"""

from __future__ import annotations

from collections.abc import Mapping

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


def scan_file(units: int, act: str, gate: str, kind: str, lanes: int, masked: bool, links: Mapping[str, int],
              scan: str) -> str:
    """The file of a scan in C for `kind` ("float" or "double") and vectors of so many of them.

    For each of the `links`, a name and how many gates it is a product for, it may use what `_link` says; APART is how
    far the sums of two gates lie apart.  With `masked`, masks multiply the states before the products.
    """
    narrow = filled(units, lanes)
    parts = [FUNCTIONS, f"typedef {kind} real;",
             f"typedef real vector __attribute__((vector_size({lanes} * sizeof(real)), aligned(sizeof(real)), "
             "may_alias));",
             f"#define UNITS {units}\n#define ROWS {ROWS}\n#define NARROW {narrow}",
             f"#define APART {narrow if masked else units}", _product("product_NARROW", narrow, lanes)]
    parts += [_link(name, gates, units, lanes, masked) for name, gates in links.items()]
    parts.append(_ACTIVATIONS % {"act": ACTIVATIONS[act][0], "act_slope": ACTIVATIONS[act][1],
                                 "gate": ACTIVATIONS[gate][0], "gate_slope": ACTIVATIONS[gate][1]})
    return "\n".join([*parts, scan])


def _link(name: str, gates: int, units: int, lanes: int, masked: bool) -> str:
    """NAME_WIDE, the length of a row of sums, and three functions for ROWS rows, of which `here` are there.

    NAME_begin writes what the sums begin with, from rows `step` apart; NAME_add adds the products of the states h;
    NAME_back adds to the states' gradients those from d (rows, gates * units).  `mask` is that of the first row, and
    `next` its distance from one gate's to the next one's.  Weights are (units, NAME_WIDE) forwards and (gates * units,
    NARROW) backwards; with masks (gates, units, NARROW) both ways.
    """
    wide = gates * filled(units, lanes) if masked else filled(gates * units, lanes)
    product = "" if masked else _product(f"product_{name}", wide, lanes)
    functions = _BEGIN + (_MASKED if masked else _UNMASKED)
    return f"#define {name}_WIDE {wide}\n{product}" + functions % {"name": name, "gates": gates}


_BEGIN = r"""
static void %(name)s_begin(long here, const real *from, long step, real *sums) {
    for (long r = 0; r < here; r++)
        for (long g = 0; g < %(gates)d; g++)
            memcpy(sums + r * %(name)s_WIDE + g * APART, from + r * step + g * UNITS, UNITS * sizeof(real));
}
"""
_UNMASKED = r"""
static void %(name)s_add(long here, const real *h, const real *weight, const real *mask, long next, real *sums) {
    product_%(name)s(UNITS, h, UNITS, weight, sums, %(name)s_WIDE);
}

static void %(name)s_back(long here, const real *d, const real *weight, const real *mask, long next, real *back) {
    product_NARROW(%(gates)d * UNITS, d, %(gates)d * UNITS, weight, back, NARROW);
}
"""
_MASKED = r"""
static void %(name)s_add(long here, const real *h, const real *weight, const real *mask, long next, real *sums) {
    real left[ROWS * UNITS] = {0};
    for (long g = 0; g < %(gates)d; g++) {
        for (long j = 0; j < here * UNITS; j++) left[j] = h[j] * mask[g * next + j];
        product_NARROW(UNITS, left, UNITS, weight + g * UNITS * NARROW, sums + g * NARROW, %(name)s_WIDE);
    }
}

static void %(name)s_back(long here, const real *d, const real *weight, const real *mask, long next, real *back) {
    for (long g = 0; g < %(gates)d; g++) {
        real part[ROWS * NARROW] __attribute__((aligned(64))) = {0};
        product_NARROW(UNITS, d + g * UNITS, %(gates)d * UNITS, weight + g * UNITS * NARROW, part, NARROW);
        for (long r = 0; r < here; r++)
            for (long j = 0; j < UNITS; j++)
                back[r * NARROW + j] += part[r * NARROW + j] * mask[g * next + r * UNITS + j];
    }
}
"""


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
