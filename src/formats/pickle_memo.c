/* pickle_memo.c - what PUT and MEMOIZE keep, packed: 4 bytes a value, 8 in a row of them that holds one that needs
 * more. To audit: pack() and unpack(); of what does not fit less is known afterwards.
 *
 *   an entry's bits    0 to 3 the tag; of the rest
 *   INT                its value
 *   STR, BYTES         2 of flag, 2 of aux, 12 of length (PAL_PICKLE_LONG: that or more), 44 of place
 *   GLOBAL, MADE       the name's number
 *   DTYPE              8 of kind, 32 of size
 *   TUPLE              15 of depth, 13 of weight; 0: the weight is in the upper 32, as a float
 *   LIST, DICT         the object's number
 *   CALLER             2 of flag, 6 of aux, 32 of place in the ring
 *
 * Where the items of containers lie in the ring stands beside it, for the last of them: the ring forgets the others
 * too.
 */
#include "palisade/mem.h"
#include "pickle.h"

#define ROW        ((size_t)1024) /* entries that grow together */
#define TAG_SETTER 13u            /* a DICT with PAL_V_SETTER */
#define TAG_EMPTY  15u
#define PLACE_MOST ((uint64_t)1 << 44)
#define INT_MOST   ((int64_t)1 << 59)
#define DEPTH_MOST 0x7fffu
#define LIGHT_MOST 8191u

static uint64_t
pack_tuple(const struct pal_pickle_value *v)
{
	struct pal_pickle_heft h = pal_pickle_heft_in(v);
	uint32_t               light = h.values <= LIGHT_MOST ? (uint32_t)h.values : 0;
	uint64_t               heavy = light == 0 ? v->at & UINT32_MAX : 0;

	return heavy << 32 | light << 19 | (h.depth < DEPTH_MOST ? h.depth : DEPTH_MOST) << 4 | PAL_V_TUPLE;
}

static uint64_t
pack(const struct pal_pickle_value *v)
{
	switch (v->tag) {
	case PAL_V_INT:
		return (int64_t)v->at < INT_MOST && (int64_t)v->at >= -INT_MOST ? v->at << 4 | PAL_V_INT : PAL_V_PLAIN;
	case PAL_V_STR:
	case PAL_V_BYTES:
		if (v->at >= PLACE_MOST)
			return PAL_V_UNKNOWN;
		return v->at << 20 | (v->len < PAL_PICKLE_LONG ? (uint64_t)v->len : PAL_PICKLE_LONG) << 8 |
		       (uint64_t)(v->aux & 3u) << 6 | (uint64_t)(v->flag & 3u) << 4 | v->tag;
	case PAL_V_GLOBAL:
	case PAL_V_MADE:
		return v->at << 4 | v->tag;
	case PAL_V_DTYPE:
		return (uint64_t)v->len << 12 | (uint64_t)v->flag << 4 | v->tag;
	case PAL_V_TUPLE:
		return pack_tuple(v);
	case PAL_V_LIST:
		return (v->at & UINT32_MAX) << 4 | v->tag;
	case PAL_V_DICT:
		return (v->at & UINT32_MAX) << 4 | ((v->flag & PAL_V_SETTER) != 0 ? TAG_SETTER : PAL_V_DICT);
	case PAL_V_CALLER:
		return (uint64_t)v->len << 12 | (uint64_t)(v->aux & 63u) << 6 | (uint64_t)(v->flag & 3u) << 4 | v->tag;
	default:
		return v->tag;
	}
}

static struct pal_pickle_value
unpack_tuple(uint64_t packed)
{
	struct pal_pickle_value v = { .tag = PAL_V_TUPLE, .flag = PAL_V_PART };
	uint32_t                light = (uint32_t)packed >> 19;
	struct pal_pickle_heft  h = { .values = (float)light, .depth = (uint32_t)packed >> 4 & DEPTH_MOST };

	pal_pickle_weigh(&v, h);
	if (light == 0)
		v.at = (v.at >> 32 << 32) | packed >> 32;
	if (light == 1)
		v.flag = 0; /* () */
	return v;
}

/* Containers come without their items. */
static struct pal_pickle_value
unpack(uint64_t packed)
{
	struct pal_pickle_value v = { .tag = packed & 15u };

	switch (v.tag) {
	case PAL_V_INT:
		v.at = (uint64_t)((int64_t)packed >> 4);
		break;
	case PAL_V_STR:
	case PAL_V_BYTES:
		v.flag = packed >> 4 & 3u;
		v.aux = packed >> 6 & 3u;
		v.len = packed >> 8 & PAL_PICKLE_LONG;
		v.at = packed >> 20;
		break;
	case PAL_V_DTYPE:
		v.flag = packed >> 4 & 0xffu;
		v.len = (uint32_t)(packed >> 12);
		break;
	case PAL_V_TUPLE:
		return unpack_tuple(packed);
	case PAL_V_LIST:
	case PAL_V_DICT:
	case TAG_SETTER:
		v.tag = v.tag == PAL_V_LIST ? PAL_V_LIST : PAL_V_DICT;
		v.flag = PAL_V_PART | ((packed & 15u) == TAG_SETTER ? PAL_V_SETTER : 0u);
		v.at = PAL_V_SHARED | packed >> 4;
		break;
	case PAL_V_CALLER:
		v.flag = packed >> 4 & 3u;
		v.aux = packed >> 6 & 63u;
		v.len = (uint32_t)(packed >> 12);
		break;
	default:
		v.at = packed >> 4;
		break;
	}
	return v;
}

/* ---- rows ---- */

static enum pal_err
widen(struct pal_pickle_row *row)
{
	uint64_t *wide = pal_mem_new(ROW, sizeof(*wide));

	if (wide == NULL)
		return PAL_ENOMEM;
	for (size_t i = 0; i < ROW; i++)
		wide[i] = row->narrow[i];
	pal_mem_free(row->narrow);
	row->narrow = NULL;
	row->wide = wide;
	return PAL_OK;
}

static enum pal_err
set(struct pal_pickle_memo *memo, size_t number, uint64_t packed)
{
	struct pal_pickle_row *row = &memo->rows[number / ROW];

	if (row->wide == NULL && packed > UINT32_MAX)
		PAL_TRY(widen(row));
	if (row->wide != NULL)
		row->wide[number % ROW] = packed;
	else
		row->narrow[number % ROW] = (uint32_t)packed;
	return PAL_OK;
}

static uint64_t
entry(const struct pal_pickle_memo *memo, size_t number)
{
	const struct pal_pickle_row *row = &memo->rows[number / ROW];

	return row->wide != NULL ? row->wide[number % ROW] : row->narrow[number % ROW];
}

static enum pal_err
more_rows(struct pal_pickle_memo *memo)
{
	void *rows = memo->rows;

	PAL_TRY(pal_pickle_grow(&rows, &memo->row_cap, memo->row_count + 1, sizeof(*memo->rows)));
	memo->rows = rows;
	memo->rows[memo->row_count].narrow = pal_mem_new(ROW, sizeof(*memo->rows->narrow));
	if (memo->rows[memo->row_count].narrow == NULL)
		return PAL_ENOMEM;
	memo->row_count++;
	return PAL_OK;
}

/* Entries up to `number`, the new ones empty. */
static enum pal_err
extend(struct pal_pickle_memo *memo, size_t number)
{
	while (memo->count <= number) {
		if (memo->count == memo->row_count * ROW)
			PAL_TRY(more_rows(memo));
		PAL_TRY(set(memo, memo->count++, TAG_EMPTY));
	}
	return PAL_OK;
}

void
pal_pickle_memo_done(struct pal_pickle_memo *memo)
{
	for (size_t i = 0; i < memo->row_count; i++) {
		pal_mem_free(memo->rows[i].narrow);
		pal_mem_free(memo->rows[i].wide);
	}
	pal_mem_free(memo->rows);
	pal_mem_free(memo->recent);
	*memo = (struct pal_pickle_memo){ .rows = NULL };
}

enum pal_err
pal_pickle_memo_set(struct pal_pickle_memo *memo, uint32_t number, const struct pal_pickle_value *v)
{
	if (memo->count <= number)
		PAL_TRY(extend(memo, number));
	if (v->tag >= PAL_V_TUPLE)
		memo->recent[number & (memo->recent_size - 1)] =
		    (struct pal_pickle_place){ .number = number, .place = v->len, .aux = v->aux, .flag = v->flag };
	memo->kept += entry(memo, number) == TAG_EMPTY;
	return set(memo, number, pack(v));
}

bool
pal_pickle_memo_get(const struct pal_pickle_memo *memo, uint64_t number, struct pal_pickle_value *ret_value)
{
	const struct pal_pickle_place *p = NULL;
	uint64_t                       packed = TAG_EMPTY;

	if (number < memo->count)
		packed = entry(memo, (size_t)number);
	if (packed == TAG_EMPTY)
		return false;
	*ret_value = unpack(packed);
	if (ret_value->tag < PAL_V_TUPLE || ret_value->tag == PAL_V_CALLER)
		return true;
	p = &memo->recent[number & (memo->recent_size - 1)];
	if (p->number == number) {
		ret_value->len = p->place;
		ret_value->aux = p->aux;
		ret_value->flag = p->flag;
	}
	return true;
}
