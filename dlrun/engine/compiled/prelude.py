"""What every C file begins with: functions of single numbers, and products of matrices."""

from __future__ import annotations

# The functions of floats are written so that a compiler makes vector code of them: polynomials without branches.
# exp: 2^n * e^r with |r| <= ln 2 / 2 (degree 6); tanh: an odd polynomial near 0, else by exp.  Errors below 2 ulp.
FUNCTIONS = r"""
#include <math.h>
#include <string.h>
#include <stdint.h>

#define VECTOR(T, lanes) \
    typedef T T##lanes __attribute__((vector_size(sizeof(T) * lanes), aligned(sizeof(T)), may_alias));
VECTOR(float, 4) VECTOR(float, 8)
VECTOR(double, 4) VECTOR(double, 8)
#define INLINE static inline __attribute__((always_inline))  /* a loop with a call is no vector code */
INLINE float power_of_two(int n) { int bits = (n + 127) << 23; float f; memcpy(&f, &bits, 4); return f; }
INLINE float fexp(float x) {
    x = x < -104.0f ? -104.0f : x;
    x = x > 89.0f ? 89.0f : x;
    float n = rintf(x * 1.44269504f);
    float r = fmaf(n, -0.693359375f, x);
    r = fmaf(n, 2.12194440e-4f, r);
    float p = 1.9875691500e-4f;
    p = fmaf(p, r, 1.3981999507e-3f);
    p = fmaf(p, r, 8.3334519073e-3f);
    p = fmaf(p, r, 4.1665795894e-2f);
    p = fmaf(p, r, 1.6666665459e-1f);
    p = fmaf(p, r, 5.0000001201e-1f);
    p = fmaf(p, r * r, r + 1.0f);
    int whole = (int)n, half = whole >> 1;
    return p * power_of_two(half) * power_of_two(whole - half);
}
INLINE float ftanh(float x) {
    float a = fabsf(x), z = x * x;
    float p = -5.70498872745e-3f;
    p = fmaf(p, z, 2.06390887954e-2f);
    p = fmaf(p, z, -5.37397155531e-2f);
    p = fmaf(p, z, 1.33314422036e-1f);
    p = fmaf(p, z, -3.33332819422e-1f);
    float small = fmaf(p * z, x, x);
    float large = copysignf(1.0f - 2.0f / (fexp(2.0f * a) + 1.0f), x);
    return a < 0.625f ? small : large;
}
INLINE float flog1p(float e) {  /* of 0 <= e: log u + (e - (u - 1)) / u with u = 1 + e */
    float u = 1.0f + e;
    int bits; memcpy(&bits, &u, 4);
    int n = (bits >> 23) - 127;
    bits = (bits & 0x7fffff) | 0x3f800000;
    float m; memcpy(&m, &bits, 4);
    int big = m > 1.41421356f;
    m = big ? m * 0.5f : m;
    float k = (float)(n + big), r = m - 1.0f, z = r * r;
    float p = 7.0376836292e-2f;
    p = fmaf(p, r, -1.1514610310e-1f);
    p = fmaf(p, r, 1.1676998740e-1f);
    p = fmaf(p, r, -1.2420140846e-1f);
    p = fmaf(p, r, 1.4249322787e-1f);
    p = fmaf(p, r, -1.6668057665e-1f);
    p = fmaf(p, r, 2.0000714765e-1f);
    p = fmaf(p, r, -2.4999993993e-1f);
    p = fmaf(p, r, 3.3333331174e-1f);
    float y = r * z * p + k * -2.12194440e-4f - 0.5f * z;
    y = r + y + k * 0.693359375f + (e - (u - 1.0f)) / u;
    return e < 3.0e38f ? y : e;  /* infinite, or no number */
}
#define OF(f, d, x) _Generic((x), float: f, default: d)
#define FABS(x) OF(fabsf, fabs, x)(x)
#define SQRT(x) OF(sqrtf, sqrt, x)(x)
#define EXP(x) OF(fexp, exp, x)(x)
#define LOG(x) OF(logf, log, x)(x)
#define LOG1P(x) OF(flog1p, log1p, x)(x)
#define TANH(x) OF(ftanh, tanh, x)(x)
#define ERF(x) OF(erff, erf, x)(x)
#define BOTH(name, ARGS, ...) \
    INLINE float f##name ARGS(float) { typedef float real; __VA_ARGS__ } \
    INLINE double d##name ARGS(double) { typedef double real; __VA_ARGS__ }
#define ONE(T) (T x)
#define TWO(T) (T x, T y)
#define THREE(T) (T x, T y, T z)
#define FOUR(T) (T x, T y, T z, T w)
#define SIX(T) (T g, T x, T alpha, T scale, T inner, T of_result)
BOTH(relu, ONE, return x <= 0 ? 0 : x;)
BOTH(leaky_relu, TWO, return x > 0 ? x : x * y;)
BOTH(gelu, ONE, return x * (real)0.5 * (1 + ERF(x * (real)M_SQRT1_2));)
BOTH(gelu_backward, TWO, real below = (real)0.5 * (1 + ERF(y * (real)M_SQRT1_2));
     return x * (below + y * EXP(y * y * (real)-0.5) * (real)(0.5 * M_2_SQRTPI * M_SQRT1_2));)
BOTH(softplus_backward, FOUR, real g = x / (1 + EXP(-y * z)); return y * z > w ? x : g;)
INLINE float fselect(int c, float x, float y) { return c ? x : y; }
INLINE double dselect(int c, double x, double y) { return c ? x : y; }
BOTH(square, ONE, return x * x;)
BOTH(sign, ONE, return x != x ? x : (real)((x > 0) - (x < 0));)
BOTH(maximum, TWO, return x != x || x > y ? x : y;)
BOTH(minimum, TWO, return x != x || x < y ? x : y;)
BOTH(sigmoid, ONE, return 1 / (1 + EXP(-x));)
BOTH(silu_backward, TWO, real s = 1 / (1 + EXP(-y)); return x * s * (1 + y * (1 - s));)
BOTH(softplus, THREE, return x * y > z ? x : LOG1P(EXP(x * y)) / y;)
BOTH(elu, FOUR, real below = (EXP(x * w) - 1) * y; return (x <= 0 ? below : x) * z;)
BOTH(elu_backward, SIX, real made = inner * (x + alpha * scale), given = inner * alpha * scale * EXP(x * inner);
     real below = of_result != 0 ? made : given; return x <= 0 ? g * below : g * scale;)
#define SELECT(c, x, y) OF(fselect, dselect, (x) + (y))(c, x, y)
#define RELU(x) OF(frelu, drelu, x)(x)
#define LEAKY_RELU(x, s) OF(fleaky_relu, dleaky_relu, x)(x, s)
#define GELU(x) OF(fgelu, dgelu, x)(x)
#define GELU_BACKWARD(g, x) OF(fgelu_backward, dgelu_backward, x)(g, x)
#define SOFTPLUS_BACKWARD(g, x, b, t) OF(fsoftplus_backward, dsoftplus_backward, x)(g, x, b, t)
#define SQUARE(x) OF(fsquare, dsquare, x)(x)
#define SIGN(x) OF(fsign, dsign, x)(x)
#define MAXIMUM(x, y) OF(fmaximum, dmaximum, x)(x, y)
#define MINIMUM(x, y) OF(fminimum, dminimum, x)(x, y)
#define SIGMOID(x) OF(fsigmoid, dsigmoid, x)(x)
#define SILU_BACKWARD(g, x) OF(fsilu_backward, dsilu_backward, x)(g, x)
#define SOFTPLUS(x, b, t) OF(fsoftplus, dsoftplus, x)(x, b, t)
#define ELU(x, a, s, i) OF(felu, delu, x)(x, a, s, i)
#define ELU_BACKWARD(g, x, a, s, i, o) OF(felu_backward, delu_backward, x)(g, x, a, s, i, o)

typedef void gemm(const char*, const char*, const int*, const int*, const int*, const void*, const void*, const int*,
                  const void*, const int*, const void*, void*, const int*);
"""
