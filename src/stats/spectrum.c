/* spectrum.c - products of sampled rows with each other, and what they say of the rank. */
#include "palisade/spectrum.h"

#include <math.h>

#define LANES  16u
#define LEAD   8u
#define ROUNDS 40u
#define SEED   0x9e3779b97f4a7c15u

/* splitmix64 (Steele, Lea and Flood 2014), as a number in (0, 1). */
static double
uniform(uint64_t i)
{
	uint64_t z = (i + 1) * SEED;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	z ^= z >> 31;
	return ((double)(z >> 11) + 0.5) / 9007199254740992.0;
}

/* The place of the key that is furthest behind. */
static size_t
worst_of(const double *keys, size_t n)
{
	size_t worst = 0;

	for (size_t i = 1; i < n; i++)
		worst = keys[i] > keys[worst] ? i : worst;
	return worst;
}

static void
sort_rows(size_t *rows, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0 && rows[k - 1] > rows[k]; k--) {
			size_t other = rows[k];

			rows[k] = rows[k - 1];
			rows[k - 1] = other;
		}
}

size_t
pal_spectrum_draw(const float *squares, size_t n, size_t want, size_t *ret_rows)
{
	double keys[PAL_SPECTRUM_ROWS];
	size_t have = 0, worst = 0;

	want = want > PAL_SPECTRUM_ROWS ? PAL_SPECTRUM_ROWS : want;
	for (size_t i = 0; i < n && want > 0; i++) {
		double key = 0;

		if (!(squares[i] > 0) || !isfinite(squares[i]))
			continue;
		key = -log(uniform(i)) / (double)squares[i];
		if (have < want) {
			keys[have] = key;
			ret_rows[have++] = i;
			worst = worst_of(keys, have);
		} else if (key < keys[worst]) {
			keys[worst] = key;
			ret_rows[worst] = i;
			worst = worst_of(keys, have);
		}
	}
	sort_rows(ret_rows, have);
	return have;
}

double
pal_spectrum_dot(const float *a, const float *b, size_t n)
{
	double total = 0;

	for (size_t at = 0; at < n; at += 4096) {
		float  part[LANES] = { 0 };
		size_t some = n - at < 4096 ? n - at : 4096, whole = some / LANES * LANES;

		for (size_t i = 0; i < whole; i += LANES)
			for (size_t k = 0; k < LANES; k++)
				part[k] += a[at + i + k] * b[at + i + k];
		for (size_t i = whole; i < some; i++)
			part[0] += a[at + i] * b[at + i];
		for (size_t k = 0; k < LANES; k++)
			total += (double)part[k];
	}
	return total;
}

static void
fill_gram(const float *x, size_t columns, bool even, struct pal_spectrum *s)
{
	double norm[PAL_SPECTRUM_ROWS];

	for (size_t i = 0; i < s->rows; i++) {
		norm[i] = pal_spectrum_dot(x + i * columns, x + i * columns, columns);
		norm[i] = even && norm[i] > 0 ? 1 / sqrt(norm[i]) : 1;
	}
	for (size_t i = 0; i < s->rows; i++)
		for (size_t k = 0; k <= i; k++)
			s->gram[i][k] = s->gram[k][i] =
			    pal_spectrum_dot(x + i * columns, x + k * columns, columns) * norm[i] * norm[k];
}

/* Cholesky with pivots: what is left of each row's square after the chosen ones are taken out. */
static void
find_pivots(struct pal_spectrum *s, double total)
{
	double factor = 0, left[PAL_SPECTRUM_ROWS];
	double(*low)[PAL_SPECTRUM_RANK] = s->low;

	for (size_t i = 0; i < s->rows; i++)
		left[i] = s->gram[i][i];
	s->left[0] = 1;
	for (size_t r = 0; r < PAL_SPECTRUM_RANK; r++) {
		size_t best = 0;
		double sum = 0;

		for (size_t i = 1; i < s->rows; i++)
			best = left[i] > left[best] ? i : best;
		s->pivots[r] = best;
		factor = s->rows > 0 && left[best] > 1e-14 * total ? 1 / sqrt(left[best]) : 0;
		for (size_t i = 0; i < s->rows; i++) {
			double v = s->gram[i][best];

			for (size_t k = 0; k < r; k++)
				v -= low[i][k] * low[best][k];
			low[i][r] = v * factor;
		}
		for (size_t i = 0; i < s->rows; i++) {
			left[i] = fmax(0, left[i] - low[i][r] * low[i][r]);
			sum += left[i];
		}
		s->left[r + 1] = total > 0 ? sum / total : 1;
	}
}

/* Gram and Schmidt, a column of the block at a time. */
static void
make_orthonormal(double v[LEAD][PAL_SPECTRUM_ROWS], size_t n, double *ret_lengths)
{
	for (size_t k = 0; k < LEAD; k++) {
		double length = 0;

		for (size_t j = 0; j < k; j++) {
			double dot = 0;

			for (size_t i = 0; i < n; i++)
				dot += v[k][i] * v[j][i];
			for (size_t i = 0; i < n; i++)
				v[k][i] -= dot * v[j][i];
		}
		for (size_t i = 0; i < n; i++)
			length += v[k][i] * v[k][i];
		length = sqrt(length);
		ret_lengths[k] = length;
		for (size_t i = 0; i < n; i++)
			v[k][i] = length > 0 ? v[k][i] / length : 0;
	}
}

/* The products times one vector. */
static void
multiply(const struct pal_spectrum *s, const double *v, double *out)
{
	for (size_t i = 0; i < s->rows; i++) {
		out[i] = 0;
		for (size_t j = 0; j < s->rows; j++)
			out[i] += s->gram[i][j] * v[j];
	}
}

/* Orthogonal iteration on the products: the lengths become the eigenvalues. */
static void
find_leading(struct pal_spectrum *s, double total)
{
	double(*v)[PAL_SPECTRUM_ROWS] = s->lead[0], (*next)[PAL_SPECTRUM_ROWS] = s->lead[1];
	double lengths[LEAD] = { 0 }, sum = 0;

	for (size_t k = 0; k < LEAD; k++)
		for (size_t i = 0; i < s->rows; i++)
			v[k][i] = uniform(k * PAL_SPECTRUM_ROWS + i) - 0.5;
	make_orthonormal(v, s->rows, lengths);
	for (size_t round = 0; round < ROUNDS; round++) {
		for (size_t k = 0; k < LEAD; k++)
			multiply(s, v[k], next[k]);
		for (size_t k = 0; k < LEAD; k++)
			for (size_t i = 0; i < s->rows; i++)
				v[k][i] = next[k][i];
		make_orthonormal(v, s->rows, lengths);
	}
	for (size_t k = 0; k < LEAD && k < s->rows; k++)
		sum += lengths[k];
	s->first = total > 0 ? fmin(1, lengths[0] / total) : 0;
	s->eight = total > 0 ? fmin(1, sum / total) : 0;
}

void
pal_spectrum_of(const float *x, size_t rows, size_t columns, bool even, struct pal_spectrum *ret)
{
	double total = 0;

	ret->rows = rows > PAL_SPECTRUM_ROWS ? PAL_SPECTRUM_ROWS : rows;
	fill_gram(x, columns, even, ret);
	for (size_t i = 0; i < ret->rows; i++)
		total += ret->gram[i][i];
	find_pivots(ret, total);
	find_leading(ret, total);
}

static void
swap_rows(float *x, size_t columns, size_t a, size_t b)
{
	for (size_t i = 0; a != b && i < columns; i++) {
		float other = x[a * columns + i];

		x[a * columns + i] = x[b * columns + i];
		x[b * columns + i] = other;
	}
}

/* Row r without its parts along the r rows before it, of length 1. The second time removes what rounding left. */
static void
straighten(float *x, size_t columns, size_t r)
{
	float *row = x + r * columns;
	double length = 0;

	for (unsigned int twice = 0; twice < 2; twice++)
		for (size_t k = 0; k < r; k++) {
			float dot = (float)pal_spectrum_dot(row, x + k * columns, columns);

			for (size_t i = 0; i < columns; i++)
				row[i] -= dot * x[k * columns + i];
		}
	length = sqrt(pal_spectrum_dot(row, row, columns));
	for (size_t i = 0; i < columns; i++)
		row[i] = length > 0 ? (float)((double)row[i] / length) : 0;
}

size_t
pal_spectrum_basis(float *x, size_t columns, const struct pal_spectrum *s, size_t rank)
{
	size_t where[PAL_SPECTRUM_ROWS];

	rank = rank > PAL_SPECTRUM_RANK ? PAL_SPECTRUM_RANK : rank;
	rank = rank > s->rows ? s->rows : rank;
	for (size_t i = 0; i < s->rows; i++)
		where[i] = i;
	for (size_t r = 0; r < rank; r++) {
		size_t at = r;

		while (at < s->rows && where[at] != s->pivots[r])
			at++;
		if (at == s->rows)
			return r;
		swap_rows(x, columns, r, at);
		where[at] = where[r];
		where[r] = s->pivots[r];
		straighten(x, columns, r);
	}
	return rank;
}
