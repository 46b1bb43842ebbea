"""The C of a GRU's scan over time, forwards and backwards: Keras 2's form, and the one that resets after the product.

As in `scan_source` a few rows pass through all steps together.  `z` (length, rows, 3 units) is the products with the
inputs and becomes the gates r and z and the candidate n; h = n + z (h - n).
"""

from __future__ import annotations

from dlrun.engine.compiled.scan_parts import scan_file

_BEFORE = r"""
/* One row's gates from their sums, and what is reset; then the candidate and the state. */
static __attribute__((noinline)) void gates_of(const real *restrict sum, const real *restrict h, real *restrict gates,
                                               real *restrict kept) {
    for (int j = 0; j < UNITS; j++) {
        const real r = gate(sum[j]);
        gates[j] = r;
        gates[UNITS + j] = gate(sum[APART + j]);
        kept[j] = r * h[j];
    }
}

static __attribute__((noinline)) void state_of(const real *restrict sum, const real *restrict z, real *restrict made,
                                               real *restrict state, real *restrict h) {
    for (int j = 0; j < UNITS; j++) {
        const real n = act(sum[j]), next = n + z[j] * (h[j] - n);
        made[j] = n;
        state[j] = h[j] = next;
    }
}

static __attribute__((noinline)) void candidate_back(const real *restrict gates, const real *restrict of_h,
                                                     real *restrict d, real *restrict dz) {
    for (int j = 0; j < UNITS; j++)
        d[j] = dz[j] = of_h[j] * (1 - gates[UNITS + j]) * act_slope(gates[2 * UNITS + j]);
}

static __attribute__((noinline)) void gates_back(const real *restrict gates, const real *restrict h,
                                                 const real *restrict of_kept, real *restrict of_h, real *restrict d,
                                                 real *restrict dz) {
    for (int j = 0; j < UNITS; j++) {
        const real r = gates[j], z = gates[UNITS + j], n = gates[2 * UNITS + j];
        d[j] = dz[j] = of_kept[j] * h[j] * gate_slope(r);
        d[UNITS + j] = dz[UNITS + j] = of_h[j] * (h[j] - n) * gate_slope(z);
        of_h[j] = of_h[j] * z + of_kept[j] * r;
    }
}

/* `kept` (length, rows, units) becomes r h. */
static void forward(long length, long rows, long first, long last, const real *mask, real *z, const real *of_gates,
                    const real *of_new, real *states, real *kept) {
    const real *mask_new = mask + 2 * rows * UNITS;
    for (long begin = first; begin < last; begin += ROWS) {
        const long here = last - begin < ROWS ? last - begin : ROWS;
        real sums[ROWS * GATES_WIDE] __attribute__((aligned(64))) = {0};
        real news[ROWS * NEW_WIDE] __attribute__((aligned(64))) = {0};
        real h[ROWS * UNITS] = {0}, reset[ROWS * UNITS] = {0};
        for (long r = 0; r < here; r++) memcpy(h + r * UNITS, states + (begin + r) * UNITS, UNITS * sizeof(real));
        for (long t = 0; t < length; t++) {
            real *gates = z + (t * rows + begin) * 3 * UNITS, *rh = kept + (t * rows + begin) * UNITS;
            real *state = states + ((t + 1) * rows + begin) * UNITS;
            GATES_begin(here, gates, 3 * UNITS, sums);
            NEW_begin(here, gates + 2 * UNITS, 3 * UNITS, news);
            GATES_add(here, h, of_gates, mask + begin * UNITS, rows * UNITS, sums);
            for (long r = 0; r < here; r++) {
                gates_of(sums + r * GATES_WIDE, h + r * UNITS, gates + r * 3 * UNITS, reset + r * UNITS);
                memcpy(rh + r * UNITS, reset + r * UNITS, UNITS * sizeof(real));
            }
            NEW_add(here, reset, of_new, mask_new + begin * UNITS, rows * UNITS, news);
            for (long r = 0; r < here; r++)
                state_of(news + r * NEW_WIDE, gates + (r * 3 + 1) * UNITS, gates + (r * 3 + 2) * UNITS,
                         state + r * UNITS, h + r * UNITS);
        }
    }
}

/* `made` are the gradients of all states, or where `every` is 0 of the last; dz those of the products; dh begins as the
   gradient after the last step and becomes that before the first. */
static void backward(long length, long rows, long first, long last, long every, const real *mask, const real *z,
                     const real *of_gates, const real *of_new, const real *states, const real *made, real *dz,
                     real *dh) {
    const real *mask_new = mask + 2 * rows * UNITS;
    for (long begin = first; begin < last; begin += ROWS) {
        const long here = last - begin < ROWS ? last - begin : ROWS;
        real back[ROWS * NARROW] __attribute__((aligned(64))) = {0}, reset[ROWS * NARROW] __attribute__((aligned(64)));
        real d[ROWS * 2 * UNITS] = {0}, new[ROWS * UNITS] = {0};
        for (long r = 0; r < here; r++) memcpy(back + r * NARROW, dh + (begin + r) * UNITS, UNITS * sizeof(real));
        for (long t = length - 1; t >= 0; t--) {
            const long at = t * rows + begin;
            for (long r = 0; r < here; r++) {
                if (every)
                    for (int j = 0; j < UNITS; j++) back[r * NARROW + j] += made[(at + r) * UNITS + j];
                candidate_back(z + (at + r) * 3 * UNITS, back + r * NARROW, new + r * UNITS,
                               dz + ((at + r) * 3 + 2) * UNITS);
            }
            memset(reset, 0, sizeof(reset));
            NEW_back(here, new, of_new, mask_new + begin * UNITS, rows * UNITS, reset);
            for (long r = 0; r < here; r++)
                gates_back(z + (at + r) * 3 * UNITS, states + (at + r) * UNITS, reset + r * NARROW, back + r * NARROW,
                           d + r * 2 * UNITS, dz + (at + r) * 3 * UNITS);
            GATES_back(here, d, of_gates, mask + begin * UNITS, rows * UNITS, back);
        }
        for (long r = 0; r < here; r++) memcpy(dh + (begin + r) * UNITS, back + r * NARROW, UNITS * sizeof(real));
    }
}
"""

_AFTER = r"""
/* One row's step; `sum` is its recurrent product. */
static __attribute__((noinline)) void step(const real *restrict sum, real *restrict gates, real *restrict kept,
                                           real *restrict state, real *restrict h) {
    for (int j = 0; j < UNITS; j++) {
        const real r = gate(gates[j] + sum[j]), z = gate(gates[UNITS + j] + sum[APART + j]);
        const real product = sum[2 * APART + j], n = act(gates[2 * UNITS + j] + r * product);
        const real next = n + z * (h[j] - n);
        gates[j] = r;
        gates[UNITS + j] = z;
        gates[2 * UNITS + j] = n;
        kept[j] = product;
        state[j] = h[j] = next;
    }
}

static __attribute__((noinline)) void step_back(const real *restrict gates, const real *restrict kept,
                                                const real *restrict h, real *restrict of_h, real *restrict d,
                                                real *restrict dz) {
    for (int j = 0; j < UNITS; j++) {
        const real r = gates[j], z = gates[UNITS + j], n = gates[2 * UNITS + j];
        const real new = of_h[j] * (1 - z) * act_slope(n);
        d[j] = dz[j] = new * kept[j] * gate_slope(r);
        d[UNITS + j] = dz[UNITS + j] = of_h[j] * (h[j] - n) * gate_slope(z);
        d[2 * UNITS + j] = new * r;
        dz[2 * UNITS + j] = new;
        of_h[j] = of_h[j] * z;
    }
}

/* `kept` (length, rows, units) becomes the candidate's recurrent product. */
static void forward(long length, long rows, long first, long last, const real *mask, real *z, const real *weight,
                    const real *bias, real *states, real *kept) {
    for (long begin = first; begin < last; begin += ROWS) {
        const long here = last - begin < ROWS ? last - begin : ROWS;
        real sums[ROWS * GATES_WIDE] __attribute__((aligned(64))) = {0}, h[ROWS * UNITS] = {0};
        for (long r = 0; r < here; r++) memcpy(h + r * UNITS, states + (begin + r) * UNITS, UNITS * sizeof(real));
        for (long t = 0; t < length; t++) {
            const long at = t * rows + begin;
            GATES_begin(here, bias, 0, sums);
            GATES_add(here, h, weight, mask + begin * UNITS, rows * UNITS, sums);
            for (long r = 0; r < here; r++)
                step(sums + r * GATES_WIDE, z + (at + r) * 3 * UNITS, kept + (at + r) * UNITS,
                     states + (at + rows + r) * UNITS, h + r * UNITS);
        }
    }
}

/* As above. */
static void backward(long length, long rows, long first, long last, long every, const real *mask, const real *z,
                     const real *weight, const real *kept, const real *states, const real *made, real *dz, real *dh) {
    for (long begin = first; begin < last; begin += ROWS) {
        const long here = last - begin < ROWS ? last - begin : ROWS;
        real back[ROWS * NARROW] __attribute__((aligned(64))) = {0}, d[ROWS * 3 * UNITS] = {0};
        for (long r = 0; r < here; r++) memcpy(back + r * NARROW, dh + (begin + r) * UNITS, UNITS * sizeof(real));
        for (long t = length - 1; t >= 0; t--) {
            const long at = t * rows + begin;
            for (long r = 0; r < here; r++) {
                if (every)
                    for (int j = 0; j < UNITS; j++) back[r * NARROW + j] += made[(at + r) * UNITS + j];
                step_back(z + (at + r) * 3 * UNITS, kept + (at + r) * UNITS, states + (at + r) * UNITS,
                          back + r * NARROW, d + r * 3 * UNITS, dz + (at + r) * 3 * UNITS);
            }
            GATES_back(here, d, weight, mask + begin * UNITS, rows * UNITS, back);
        }
        for (long r = 0; r < here; r++) memcpy(dh + (begin + r) * UNITS, back + r * NARROW, UNITS * sizeof(real));
    }
}
"""

_TAKE = r"""
/* Pointers to five whole numbers and to the arrays; `which` is 0 forwards. */
void take(long which, void **p) {
    const long *n = p[0];
    if (which == 0)
        forward(n[0], n[1], n[2], n[3], p[1], p[2], p[3], p[4], p[5], p[6]);
    else
        backward(n[0], n[1], n[2], n[3], n[4], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8]);
}
"""


def before_source(units: int, act: str, gate: str, kind: str, lanes: int, masked: bool) -> str:
    """The file of the form that resets the state before the product; see `scan_parts.scan_file`."""
    return scan_file(units, act, gate, kind, lanes, masked, {"GATES": 2, "NEW": 1}, _BEFORE + _TAKE)


def after_source(units: int, act: str, gate: str, kind: str, lanes: int, masked: bool) -> str:
    """The file of the form that resets what the product gives."""
    return scan_file(units, act, gate, kind, lanes, masked, {"GATES": 3}, _AFTER + _TAKE)
