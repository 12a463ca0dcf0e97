/*
 * chance.h - how likely a statistic is when nothing is wrong, far into the tail, and outliers that outliers do not
 * move.
 *
 * Probabilities are decimal logarithms: -12 means one in a million million. They
 * stay exact where the probability itself would be 0.
 *
 *   units    log10 of a probability; scores in robust standard deviations
 *   memory   none; the values given to median and score are reordered
 *   errors   none
 *   threads  pure
 */
#ifndef PALISADE_CHANCE_H
#define PALISADE_CHANCE_H

#include <stddef.h>

/* log10 P(X >= x) for chi-square with df degrees of freedom (incomplete gamma function, DLMF 8.2.4 and 8.9.2). */
double pal_chance_chi2(double x, double df);

double pal_median(double *values, size_t n); /* 0 when n is 0 */

/*
 * How far `one` lies from the median of the values, in units of 1.4826 times the median absolute deviation
 * (Hampel 1974; a normal distribution gives standard deviations). Without spread: 0 when equal, else HUGE_VAL.
 */
double pal_robust_score(double *values, size_t n, double one);

#endif
