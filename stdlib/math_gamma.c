/* SPDX-License-Identifier: MIT
 * The gamma function and its logarithm, by the Lanczos approximation of 13 terms for doubles (g = 6.0247), with the
 * rounding error of the power's base put right. */
#include "stdlib/math.h"

#include "vm/num/libm.h"


#define TERMS 13
static const double G = 6.024680040776729583740234375;
static const double G_MINUS_HALF = 5.524680040776729583740234375;
static const double PI = 3.141592653589793238462643383279502884;
static const double LOG_PI = 1.144729885849400174143427351353058711647;

static const double numerator[TERMS] = {
    23531376880.410759688572007674451636754734846804940, 42919803642.649098768957899047001988850926355848959,
    35711959237.355668049440185451547166705960488635843, 17921034426.037209699919755754458931112671403265390,
    6039542586.3520280050642916443072979210699388420708, 1439720407.3117216736632230727949123939715485786372,
    248874557.86205415651146038641322942321632125127801, 31426415.585400194380614231628318205362874684987640,
    2876370.6289353724412254090516208496135991145378768, 186056.26539522349504029498971604569928220784236328,
    8071.6720023658162106380029022722506138218516325024, 210.82427775157934587250973392071336271166969580291,
    2.5066282746310002701649081771338373386264310793408,
};
static const double denominator[TERMS] = { 0, 39916800, 120543840, 150917976, 105258076, 45995730, 13339535, 2637558,
                                           357423, 32670, 1925, 66, 1 };

/* A quotient of polynomials; large x in powers of 1/x, so that nothing overflows. */
static double lanczos_sum(double x)
{
    double num = 0, den = 0;
    for (int i = 0; i < TERMS; i++) {
        int at = x < 5.0 ? TERMS - 1 - i : i;
        num = (x < 5.0 ? num * x : num / x) + numerator[at];
        den = (x < 5.0 ? den * x : den / x) + denominator[at];
    }
    return num / den;
}

/* sin(pi * x), exact where it is 0 or 1. */
static double sin_pi(double x)
{
    double y = float_fmod(fabs(x), 2.0), r;
    int half = (int)(2.0 * y);
    switch (half + (2.0 * y - half >= 0.5)) {
    case 0: r = libm.sin(PI * y); break;
    case 1: r = libm.cos(PI * (y - 0.5)); break;
    case 2: r = libm.sin(PI * (1.0 - y)); break;     /* not -sin(pi * (y - 1)): signs of zeros */
    case 3: r = -libm.cos(PI * (y - 1.5)); break;
    default: r = libm.sin(PI * (y - 2.0)); break;
    }
    return copysign(1.0, x) * r;
}

/* Gamma of whole numbers that doubles hold exactly. */
static double gamma_of_whole(double x)
{
    double r = 1;
    for (double i = 2; i < x; i++)
        r *= i;
    return r;
}

double math_gamma(double x)
{
    if (isnan(x) || x == INFINITY)
        return x;
    if (x == -INFINITY)
        return NAN;
    if (x == 0)
        return NAN;
    if (x == round_down(x)) {
        if (x < 0)
            return NAN;
        if (x <= 23)
            return gamma_of_whole(x);
    }
    double a = fabs(x), r;
    if (a < 1e-20)
        return 1.0 / x;
    if (a > 200.0)
        return x < 0 ? 0.0 / sin_pi(x) : INFINITY;
    double y = a + G_MINUS_HALF;
    double lost = a > G_MINUS_HALF ? y - a - G_MINUS_HALF : y - G_MINUS_HALF - a;
    double z = lost * G / y;
    bool split = a >= 140.0;    /* the power alone would overflow */
    double p = split ? libm.pow(y, a / 2.0 - 0.25) : libm.pow(y, a - 0.5);
    if (x < 0) {
        r = -PI / sin_pi(a) / a * libm.exp(y) / lanczos_sum(a);
        r -= z * r;
        return split ? r / p / p : r / p;
    }
    r = lanczos_sum(a) / libm.exp(y);
    r += z * r;
    return split ? r * p * p : r * p;
}

double math_lgamma(double x)
{
    if (!isfinite(x))
        return isnan(x) ? x : INFINITY;
    if (x == round_down(x) && x <= 2.0)
        return x <= 0 ? NAN : 0.0;
    double a = fabs(x);
    if (a < 1e-20)
        return -libm.log(a);
    double r = libm.log(lanczos_sum(a)) - G;
    r += (a - 0.5) * (libm.log(a + G - 0.5) - 1);
    return x < 0 ? LOG_PI - libm.log(fabs(sin_pi(a))) - libm.log(a) - r : r;
}
