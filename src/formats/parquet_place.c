/* parquet_place.c - which bytes of a file its parts take up, and which nobody does. */
#include "parquet.h"

/* Parts that follow each other are one: most files then have a single range. */
void
pal_parquet_use(struct pal_parquet *q, uint64_t begin, uint64_t end)
{
	struct pal_parquet_range *last = q->ranges.count == 0 ? NULL : pal_list_at(&q->ranges, q->ranges.count - 1);

	if (last != NULL && last->end == begin && begin < end && last->begin < last->end) {
		last->end = end;
		return;
	}
	last = pal_list_add(&q->ranges);
	if (last != NULL)
		*last = (struct pal_parquet_range){ begin, end };
}

static int
by_begin(const void *a, const void *b)
{
	const struct pal_parquet_range *x = a, *y = b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end;
}

/* Zeros are padding: writers on block stores align row groups. */
static enum pal_err
is_zeros(struct pal_parquet *q, uint64_t at, uint64_t end, bool *ret_zeros)
{
	*ret_zeros = true;
	while (at < end && *ret_zeros) {
		struct pal_view v = { 0 };

		PAL_TRY(pal_input_view(q->in, at, 1, (size_t)(end - at), &v));
		for (size_t i = 0; i < v.len && *ret_zeros; i++)
			*ret_zeros = v.data[i] == 0;
		at += v.len;
	}
	return PAL_OK;
}

static enum pal_err
take_hole(struct pal_parquet *q, uint64_t at, uint64_t end)
{
	bool zeros = false;

	PAL_TRY(is_zeros(q, at, end, &zeros));
	if (zeros)
		return PAL_OK;
	PAL_TRY(pal_sink_anomaly(q->sink, &pal_anomaly_parquet_hole, at, "%llu bytes at %llu belong to nothing",
				 (unsigned long long)(end - at), (unsigned long long)at));
	return pal_give_stray(q->sink, q->in, at, end - at, pal_view_of("(between columns)"));
}

/* A range without length is a Bloom filter that does not say its own: it reaches to whatever comes next. */
enum pal_err
pal_parquet_places(struct pal_parquet *q)
{
	uint64_t at = 4;
	bool     open = false;

	PAL_TRY(pal_arena_err(&q->arena));
	pal_list_sort(&q->ranges, by_begin);
	for (size_t i = 0; i < q->ranges.count; i++) {
		const struct pal_parquet_range *r = pal_list_at(&q->ranges, i);

		if (r->begin > at && !open)
			PAL_TRY(take_hole(q, at, r->begin));
		else if (r->begin < at && r->end > r->begin)
			PAL_TRY(pal_sink_anomaly(q->sink, &pal_anomaly_parquet_overlap, r->begin,
						 "a part of the file begins at %llu, before the one before it ends",
						 (unsigned long long)r->begin));
		open = r->begin == r->end;
		at = r->end > at ? r->end : at;
	}
	return at < q->footer_at && !open ? take_hole(q, at, q->footer_at) : PAL_OK;
}
