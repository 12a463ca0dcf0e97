/* parquet_stat.c - least and most as the footer promises them (parquet.thrift, struct Statistics and union
 * ColumnOrder). */
#include "parquet.h"

static bool
is_signed_order(const struct pal_parquet_leaf *leaf)
{
	return (leaf->type == PAL_PARQUET_INT32 || leaf->type == PAL_PARQUET_INT64) && leaf->cell.kind != PAL_CELL_UINT;
}

/* Decimals of bytes and INT96 have orders of their own, and are not held against anything. */
static enum pal_parquet_order
order_of(const struct pal_parquet_leaf *leaf)
{
	if (is_signed_order(leaf))
		return PAL_PARQUET_SIGNED;
	if (leaf->cell.kind == PAL_CELL_UINT)
		return PAL_PARQUET_UNSIGNED;
	if (leaf->cell.kind == PAL_CELL_FLOAT)
		return PAL_PARQUET_REAL;
	if (leaf->cell.kind == PAL_CELL_TEXT || leaf->cell.kind == PAL_CELL_BYTES || leaf->cell.kind == PAL_CELL_UUID)
		return PAL_PARQUET_OF_BYTES;
	return PAL_PARQUET_NO_ORDER;
}

static int64_t
number_of(const struct pal_parquet_promise *s, struct pal_view v)
{
	return s->order == PAL_PARQUET_SIGNED ? pal_cell_i64le(v) : (int64_t)pal_cell_u64le(v);
}

static bool
fits(const struct pal_parquet_promise *s, const struct pal_parquet_leaf *leaf, struct pal_view v)
{
	return s->order == PAL_PARQUET_OF_BYTES || v.len == leaf->width;
}

struct pal_parquet_promise
pal_parquet_promise_of(const struct pal_parquet_leaf *leaf, const struct pal_parquet_chunk *chunk)
{
	struct pal_parquet_promise s = { .least = chunk->least, .most = chunk->most };
	bool old = is_signed_order(leaf) || leaf->type == PAL_PARQUET_FLOAT || leaf->type == PAL_PARQUET_DOUBLE;

	s.order = order_of(leaf);
	s.has_least = chunk->has_least;
	s.has_most = chunk->has_most;
	if (old && !s.has_least && chunk->has_old_least) {
		s.least = chunk->old_least;
		s.has_least = true;
	}
	if (old && !s.has_most && chunk->has_old_most) {
		s.most = chunk->old_most;
		s.has_most = true;
	}
	s.has_least = s.has_least && s.order != PAL_PARQUET_NO_ORDER && fits(&s, leaf, s.least);
	s.has_most = s.has_most && s.order != PAL_PARQUET_NO_ORDER && fits(&s, leaf, s.most);
	s.least_int = number_of(&s, s.least);
	s.most_int = number_of(&s, s.most);
	if (s.order == PAL_PARQUET_REAL) {
		s.least_real = s.has_least ? pal_cell_double(s.least) : 0;
		s.most_real = s.has_most ? pal_cell_double(s.most) : 0;
	}
	return s;
}

bool
pal_parquet_keeps(const struct pal_parquet_promise *s, struct pal_view raw)
{
	int64_t n = 0;
	double  x = 0;

	switch (s->order) {
	case PAL_PARQUET_SIGNED:
		n = pal_cell_i64le(raw);
		return (!s->has_least || n >= s->least_int) && (!s->has_most || n <= s->most_int);
	case PAL_PARQUET_UNSIGNED:
		n = (int64_t)pal_cell_u64le(raw);
		return (!s->has_least || (uint64_t)n >= (uint64_t)s->least_int) &&
		       (!s->has_most || (uint64_t)n <= (uint64_t)s->most_int);
	case PAL_PARQUET_REAL: /* NaN is in no order, whoever it is compared with */
		x = pal_cell_double(raw);
		return !(s->has_least && x < s->least_real) && !(s->has_most && x > s->most_real);
	case PAL_PARQUET_OF_BYTES:
		return (!s->has_least || pal_view_cmp(raw, s->least) >= 0) &&
		       (!s->has_most || pal_view_cmp(raw, s->most) <= 0);
	case PAL_PARQUET_NO_ORDER:
		break;
	}
	return true;
}
