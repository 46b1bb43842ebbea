"""The C of an LSTM's scan over time, forwards and backwards, for a size of its state and its activations.

Rows do not depend on one another: a few of them pass through all steps together, with their states in the cache, so
that what a step costs is the product with the recurrent weights and the activations.
"""

from __future__ import annotations

from dlrun.engine.compiled.scan_parts import scan_file

_SCAN = r"""
/* One row's step. The two functions of a row have restricted pointers, so that a compiler makes vector code of them. */
static __attribute__((noinline)) void step(const real *restrict sum, const real *restrict c, real *restrict gates,
                                           real *restrict cell, real *restrict end, real *restrict state,
                                           real *restrict h) {
    for (int j = 0; j < UNITS; j++) {
        const real g = act(sum[j]), i = gate(sum[APART + j]);
        const real f = gate(sum[2 * APART + j]), o = gate(sum[3 * APART + j]);
        const real next = f * c[j] + i * g, e = act(next);
        gates[j] = g;
        gates[UNITS + j] = i;
        gates[2 * UNITS + j] = f;
        gates[3 * UNITS + j] = o;
        cell[j] = next;
        end[j] = e;
        state[j] = h[j] = o * e;
    }
}

static __attribute__((noinline)) void step_back(const real *restrict gates, const real *restrict c,
                                                const real *restrict e, const real *restrict of_h,
                                                real *restrict of_c, real *restrict d, real *restrict dz) {
    for (int j = 0; j < UNITS; j++) {
        const real g = gates[j], i = gates[UNITS + j], f = gates[2 * UNITS + j], o = gates[3 * UNITS + j];
        const real from_c = of_c[j] + of_h[j] * o * act_slope(e[j]);
        d[j] = dz[j] = from_c * i * act_slope(g);
        d[UNITS + j] = dz[UNITS + j] = from_c * g * gate_slope(i);
        d[2 * UNITS + j] = dz[2 * UNITS + j] = from_c * c[j] * gate_slope(f);
        d[3 * UNITS + j] = dz[3 * UNITS + j] = of_h[j] * e[j] * gate_slope(o);
        of_c[j] = from_c * f;
    }
}

/* Rows first to last of z (length, rows, 4 units), which is the products with the inputs and becomes the gates. */
static void forward(long length, long rows, long first, long last, const real *mask, real *z, const real *weight,
                    real *states, real *cells, real *ends) {
    for (long begin = first; begin < last; begin += ROWS) {
        const long here = last - begin < ROWS ? last - begin : ROWS;
        real sums[ROWS * GATES_WIDE] __attribute__((aligned(64))) = {0}, h[ROWS * UNITS] = {0};
        for (long r = 0; r < here; r++) memcpy(h + r * UNITS, states + (begin + r) * UNITS, UNITS * sizeof(real));
        for (long t = 0; t < length; t++) {
            real *gates = z + (t * rows + begin) * 4 * UNITS;
            const real *c = cells + (t * rows + begin) * UNITS;
            real *state = states + ((t + 1) * rows + begin) * UNITS, *cell = cells + ((t + 1) * rows + begin) * UNITS;
            real *end = ends + (t * rows + begin) * UNITS;
            GATES_begin(here, gates, 4 * UNITS, sums);
            GATES_add(here, h, weight, mask + begin * UNITS, rows * UNITS, sums);
            for (long r = 0; r < here; r++)
                step(sums + r * GATES_WIDE, c + r * UNITS, gates + r * 4 * UNITS, cell + r * UNITS, end + r * UNITS,
                     state + r * UNITS, h + r * UNITS);
        }
    }
}

/* `made` are the gradients of all states, or where `every` is 0 of the last; dz those of the products; dh, dc begin as
   the gradients after the last step and become those before the first. */
static void backward(long length, long rows, long first, long last, long every, const real *mask, const real *z,
                     const real *weight, const real *cells, const real *ends, const real *made, real *dz, real *dh,
                     real *dc) {
    for (long begin = first; begin < last; begin += ROWS) {
        const long here = last - begin < ROWS ? last - begin : ROWS;
        real back[ROWS * NARROW] __attribute__((aligned(64))) = {0}, d[ROWS * 4 * UNITS] = {0}, of_c[ROWS * UNITS];
        for (long r = 0; r < here; r++) {
            memcpy(back + r * NARROW, dh + (begin + r) * UNITS, UNITS * sizeof(real));
            memcpy(of_c + r * UNITS, dc + (begin + r) * UNITS, UNITS * sizeof(real));
        }
        for (long t = length - 1; t >= 0; t--) {
            const long at = t * rows + begin;
            for (long r = 0; r < here; r++) {
                if (every)
                    for (int j = 0; j < UNITS; j++) back[r * NARROW + j] += made[(at + r) * UNITS + j];
                step_back(z + (at + r) * 4 * UNITS, cells + (at + r) * UNITS, ends + (at + r) * UNITS,
                          back + r * NARROW, of_c + r * UNITS, d + r * 4 * UNITS, dz + (at + r) * 4 * UNITS);
            }
            memset(back, 0, sizeof(back));
            GATES_back(here, d, weight, mask + begin * UNITS, rows * UNITS, back);
        }
        for (long r = 0; r < here; r++) {
            memcpy(dh + (begin + r) * UNITS, back + r * NARROW, UNITS * sizeof(real));
            memcpy(dc + (begin + r) * UNITS, of_c + r * UNITS, UNITS * sizeof(real));
        }
    }
}

/* Pointers to five whole numbers and to the arrays; `which` is 0 forwards. */
void take(long which, void **p) {
    const long *n = p[0];
    if (which == 0)
        forward(n[0], n[1], n[2], n[3], p[1], p[2], p[3], p[4], p[5], p[6]);
    else
        backward(n[0], n[1], n[2], n[3], n[4], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8], p[9]);
}
"""


def scan_source(units: int, act: str, gate: str, kind: str, lanes: int, masked: bool) -> str:
    """The file for `kind` ("float" or "double") and vectors of so many of them, with or without masks of the state."""
    return scan_file(units, act, gate, kind, lanes, masked, {"GATES": 4}, _SCAN)
