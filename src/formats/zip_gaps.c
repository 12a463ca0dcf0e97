/* zip_gaps.c - what lies between, before and behind the members that the directory lists. */
#include "zip.h"

#define HIDDEN_MOST 4096u /* members that no directory lists */

static int
by_place(const void *a, const void *b)
{
	const struct pal_zip_entry *x = a, *y = b;

	if (x->local_at != y->local_at)
		return x->local_at < y->local_at ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end;
}

/* The next local header in [at, end); end when there is none. */
static enum pal_err
find_local(struct pal_zip *z, uint64_t at, uint64_t end, uint64_t *ret_at)
{
	static const uint8_t  sign[] = { 'P', 'K', 3, 4 };
	const struct pal_view needle = { sign, sizeof(sign) };

	*ret_at = end;
	while (end - at >= 4) {
		struct pal_view v = { 0 };
		size_t          i = 0;

		PAL_TRY(pal_input_view(z->in, at, 4,
				       end - at < PAL_INPUT_WINDOW ? (size_t)(end - at) : PAL_INPUT_WINDOW, &v));
		i = pal_view_find(v, needle, 0);
		if (i != SIZE_MAX) {
			*ret_at = at + i;
			return PAL_OK;
		}
		at += v.len - 3;
	}
	return PAL_OK;
}

/* A header with sizes that come later (a data descriptor), or that do not fit, has what is there up to the next one. */
static enum pal_err
give_hidden(struct pal_zip *z, struct pal_zip_header *h, uint64_t data_at, uint64_t end, uint64_t *ret_used)
{
	uint64_t next = end;

	PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_zip_hidden_member, data_at,
				 "%.*s has a header of its own, but no directory lists it",
				 (int)(h->name.len < 120 ? h->name.len : 120), h->name.data));
	if (h->packed == 0 || h->packed > end - data_at) {
		PAL_TRY(find_local(z, data_at, end, &next));
		h->packed = h->method != 0 ? end - data_at : next - data_at;
		h->size = h->method != 0 ? 0 : h->packed;
	}
	return pal_zip_give(z, h, data_at, ret_used);
}

static enum pal_err
all_zero(struct pal_zip *z, uint64_t at, uint64_t len, bool *ret_zero)
{
	struct pal_view v = { 0 };

	*ret_zero = false;
	PAL_TRY(pal_input_view(z->in, at, 0, len < PAL_INPUT_WINDOW ? (size_t)len : PAL_INPUT_WINDOW, &v));
	for (size_t i = 0; i < v.len; i++)
		if (v.data[i] != 0)
			return PAL_OK;
	*ret_zero = v.len == len;
	return PAL_OK;
}

static enum pal_err
give_filler(struct pal_zip *z, uint64_t at, uint64_t len, const struct pal_rule *rule)
{
	bool zero = false;

	if (len == 0)
		return PAL_OK;
	PAL_TRY(all_zero(z, at, len, &zero));
	if (rule != NULL)
		PAL_TRY(pal_sink_anomaly(z->sink, rule, at, "%llu %s at %llu belong to no member",
					 (unsigned long long)len, zero ? "zeros" : "bytes", (unsigned long long)at));
	if (len == z->in->size)
		return pal_give_bytes(z->sink, z->in, at, len); /* it would be this archive once more, without end */
	return zero ? PAL_OK : pal_give_stray(z->sink, z->in, at, len, pal_view_of("(between members)"));
}

enum pal_err
pal_zip_gap(struct pal_zip *z, uint64_t at, uint64_t len, const struct pal_rule *rule)
{
	uint64_t end = at + len, from = at, search = at;

	for (size_t hidden = 0; search < end;) {
		struct pal_zip_header h = { 0 };
		uint64_t              header_at = end, data_at = 0, used = 0;
		bool                  good = false;

		PAL_TRY(find_local(z, search, end, &header_at));
		if (header_at == end)
			break;
		PAL_TRY(pal_zip_read_local(z, header_at, &h, &data_at, &good));
		if (!good || data_at > end || h.method > 99) {
			search = header_at + 4;
			continue;
		}
		if (hidden++ >= HIDDEN_MOST) {
			PAL_TRY(pal_sink_unread(z->sink, &pal_anomaly_format_limit, header_at, end - header_at,
						"more than %u members that no directory lists", HIDDEN_MOST));
			break;
		}
		PAL_TRY(give_filler(z, from, header_at - from, rule));
		PAL_TRY(give_hidden(z, &h, data_at, end, &used));
		from = search = data_at + (used < end - data_at ? used : end - data_at);
	}
	return give_filler(z, from, end - from, rule);
}

/* A data descriptor (APPNOTE 4.3.9) has 12 to 24 bytes: these are no gap. */
static bool
is_descriptor(const struct pal_zip_entry *before, uint64_t len)
{
	return before != NULL && (before->central.flags & 8) != 0 && (len == 12 || len == 16 || len == 20 || len == 24);
}

enum pal_err
pal_zip_gaps(struct pal_zip *z)
{
	uint64_t at = z->from;
	size_t   overlaps = 0;

	pal_list_sort(&z->entries, by_place);
	for (size_t i = 0; i <= z->entries.count; i++) {
		const struct pal_zip_entry *e = i < z->entries.count ? pal_list_at(&z->entries, i) : NULL;
		const struct pal_zip_entry *before = i > 0 ? pal_list_at(&z->entries, i - 1) : NULL;
		uint64_t                    next = e == NULL ? z->directory_at : e->local_at;

		if (next > at && !is_descriptor(before, next - at))
			PAL_TRY(pal_zip_gap(z, at, next - at,
					    at == z->from ? &pal_anomaly_zip_prefix : &pal_anomaly_zip_gap));
		else if (next < at && before != NULL && overlaps++ < 100)
			PAL_TRY(pal_sink_anomaly(
			    z->sink, &pal_anomaly_zip_overlap, next, "%.*s ends at %llu, but %s begins at %llu",
			    (int)(before->central.name.len < 120 ? before->central.name.len : 120),
			    before->central.name.data, (unsigned long long)at,
			    e == NULL ? "the directory" : "the next member", (unsigned long long)next));
		if (e != NULL && e->end > at)
			at = e->end;
	}
	return PAL_OK;
}
