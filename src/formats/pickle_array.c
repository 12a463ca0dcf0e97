/* pickle_array.c - the arrays that joblib writes into the middle of a pickle, right after the BUILD of their wrapper.
 */
#include <stdio.h>

#include "palisade/mem.h"
#include "pickle.h"

/* numpy's names for what an item is: a kind and a size, with a byte order before it. */
struct pal_pickle_value
pal_pickle_dtype(struct pal_pickle *m, struct pal_pickle_value spec)
{
	struct pal_pickle_value v = { .tag = PAL_V_DTYPE };
	struct pal_view         text = { 0 };
	uint64_t                size = 0;

	if (spec.tag != PAL_V_STR || pal_pickle_text(m, spec, 32, &text) != PAL_OK || text.len == 0)
		return v;
	if (pal_view_find_byte(pal_view_of("<>|="), text.data[0], 0) != SIZE_MAX)
		text = pal_view_sub(text, 1, text.len);
	if (text.len < 1 || (text.len > 1 && !pal_view_u64(pal_view_sub(text, 1, text.len), &size)))
		return v;
	if (text.len == 1)
		size = text.data[0] == 'O' ? 8 : text.data[0] == '?' ? 1 : 0;
	if (text.data[0] == 'U')
		size *= 4;
	if (size > UINT32_MAX || pal_view_find_byte(pal_view_of("biufcSaUVOMm?"), text.data[0], 0) == SIZE_MAX)
		return v;
	v.flag = text.data[0];
	v.len = (uint32_t)size;
	return v;
}

/* (version, byte order, subdtype, names, fields, size, alignment, flags): flag 1 says that items hold objects. */
void
pal_pickle_dtype_build(struct pal_pickle *m, struct pal_pickle_value *dtype, struct pal_pickle_value state)
{
	size_t n = pal_pickle_item_count(m, state);

	if (n < 6)
		return;
	for (size_t i = 5; i < 8 && i < n; i += 2) {
		struct pal_pickle_value item = pal_pickle_item(m, state, i);

		if (item.tag == PAL_V_INT && i == 5 && (int64_t)item.at > 0 && item.at <= UINT32_MAX)
			dtype->len = (uint32_t)item.at;
		if (item.tag == PAL_V_INT && i == 7 && (item.at & 1) != 0)
			dtype->flag = 'O';
	}
}

struct wrapper {
	struct pal_pickle_value dtype;
	uint64_t                shape[PAL_PICKLE_ITEMS];
	size_t                  rank;
	uint64_t                bytes;
	bool                    aligned, shaped;
};

static void
read_shape(const struct pal_pickle *m, struct pal_pickle_value v, struct wrapper *w)
{
	w->rank = pal_pickle_item_count(m, v);
	w->shaped = v.tag == PAL_V_TUPLE && (v.flag & PAL_V_PART) == 0;
	for (size_t i = 0; i < w->rank && w->shaped; i++) {
		struct pal_pickle_value n = pal_pickle_item(m, v, i);

		w->shaped = n.tag == PAL_V_INT && n.at <= INT64_MAX;
		w->shape[i] = n.at;
	}
}

/* False: the number of bytes is not known. */
static bool
read_wrapper(struct pal_pickle *m, struct pal_pickle_value state, struct wrapper *w)
{
	size_t n = pal_pickle_item_count(m, state);

	for (size_t i = 0; i + 1 < n; i += 2) {
		struct pal_pickle_value key = pal_pickle_item(m, state, i), v = pal_pickle_item(m, state, i + 1);

		if (pal_pickle_text_is(m, key, "shape"))
			read_shape(m, v, w);
		else if (pal_pickle_text_is(m, key, "dtype"))
			w->dtype = v;
		else if (pal_pickle_text_is(m, key, "numpy_array_alignment_bytes"))
			w->aligned = v.tag == PAL_V_INT;
	}
	if (!w->shaped || w->dtype.tag != PAL_V_DTYPE || w->dtype.flag == 0)
		return false;
	w->bytes = w->dtype.len;
	for (size_t i = 0; i < w->rank; i++)
		if (__builtin_mul_overflow(w->bytes, w->shape[i], &w->bytes))
			return false;
	return true;
}

/* An array of objects is a pickle of its own at this place; a machine of its own walks it. */
static enum pal_err
walk_objects(struct pal_pickle *m)
{
	struct pal_pickle *inner = pal_mem_new(1, sizeof(*inner));
	enum pal_err       err = PAL_ENOMEM;

	if (inner != NULL)
		err = pal_pickle_open(inner, &m->side, m->sink);
	if (err == PAL_OK) {
		inner->arrays = false;
		inner->watch = m->watch;
		pal_pickle_restart(inner, m->r.offset);
		err = pal_pickle_run(inner);
		if (err == PAL_OK)
			err = pal_pickle_flush(inner);
		if (err == PAL_OK && inner->end == PAL_PICKLE_STOPPED)
			pal_read_skip(&m->r, inner->r.offset - m->r.offset);
		else
			m->end = PAL_PICKLE_GAVE_UP;
	}
	if (inner != NULL)
		pal_pickle_close(inner);
	pal_mem_free(inner);
	return err;
}

static enum pal_err
give_tensor(struct pal_pickle *m, const struct wrapper *w)
{
	char               dtype[24];
	struct pal_content c = { .kind = PAL_CONTENT_TENSOR };
	int                n = snprintf(dtype, sizeof(dtype), "%c%u", w->dtype.flag, (unsigned int)w->dtype.len);

	c.place = (struct pal_place){ .offset = m->r.offset, .length = w->bytes };
	c.tensor = (struct pal_tensor){ .dtype = { (const uint8_t *)dtype, n > 0 ? (size_t)n : 0 },
					.shape = w->shape,
					.rank = w->rank };
	return pal_sink_take(m->sink, &c);
}

enum pal_err
pal_pickle_array(struct pal_pickle *m, struct pal_pickle_value state)
{
	struct wrapper w = { .rank = 0 };
	uint64_t       at = 0;
	uint8_t        pad = 0;

	m->frame_end = 0; /* joblib writes past the frames */
	if (!read_wrapper(m, state, &w)) {
		m->end = PAL_PICKLE_GAVE_UP;
		return pal_sink_anomaly(m->sink, &pal_anomaly_pickle_array, m->op_at,
					"joblib array at %llu: shape or item size cannot be told",
					(unsigned long long)m->r.offset);
	}
	if (w.dtype.flag == 'O')
		return walk_objects(m);
	if (w.aligned) {
		pad = pal_read_u8(&m->r);
		pal_read_skip(&m->r, pad);
	}
	if (w.bytes > pal_reader_left(&m->r) || pad > 64) {
		m->end = PAL_PICKLE_GAVE_UP;
		return pal_sink_anomaly(m->sink, &pal_anomaly_pickle_array, m->op_at,
					"joblib array at %llu: %llu bytes expected, %llu are left",
					(unsigned long long)m->r.offset, (unsigned long long)w.bytes,
					(unsigned long long)pal_reader_left(&m->r));
	}
	at = m->r.offset;
	PAL_TRY(give_tensor(m, &w));
	pal_read_skip(&m->r, w.bytes);
	return pal_pickle_search(m, at, w.bytes); /* a loader that is not joblib would run these bytes as opcodes */
}
