/* compare_record.c - what was measured of one pair, as bytes; to audit: decode, which reads what a broken-in worker may
 * say. */
#include <math.h>

#include "compare_parts.h"
#include "palisade/mem.h"
#include "palisade/utf8.h"

#define NOWHERE UINT32_MAX

static void
add_number(struct pal_buf *out, double v)
{
	uint64_t bits = 0;

	pal_mem_copy(&bits, sizeof(bits), &v, sizeof(v));
	pal_buf_add_u64le(out, bits);
}

static void
add_side(struct pal_buf *out, const struct pal_compare_tensor *t)
{
	struct pal_view name = t == NULL ? (struct pal_view){ 0 } : pal_view_sub(t->name, 0, PAL_COMPARE_NAME);

	pal_buf_add_u32le(out, t == NULL ? NOWHERE : t->file);
	if (t == NULL)
		return;
	pal_buf_add_u16le(out, (uint16_t)name.len);
	pal_buf_add(out, name);
	pal_buf_add_byte(out, (uint8_t)t->type);
	pal_buf_add_byte(out, (uint8_t)t->rank);
	for (size_t i = 0; i < t->rank; i++)
		pal_buf_add_u64le(out, t->shape[i]);
}

void
pal_compare_encode(const struct pal_compare_pair *p, const struct pal_compared *c, struct pal_buf *out)
{
	pal_buf_add_byte(out, (uint8_t)c->state);
	add_side(out, p->model);
	add_side(out, p->base);
	pal_buf_add_u64le(out, c->count);
	pal_buf_add_u64le(out, c->changed);
	pal_buf_add_u64le(out, c->cut);
	pal_buf_add_u32le(out, c->low_bits);
	pal_buf_add_u32le(out, c->number_bits);
	pal_buf_add_byte(out, (uint8_t)((c->low_blank ? 1 : 0) + (c->zeroed ? 2 : 0) + (c->resized ? 4 : 0)));
	pal_buf_add_u64le(out, c->rows);
	pal_buf_add_u64le(out, c->rows_changed);
	pal_buf_add_u64le(out, c->first_row);
	pal_buf_add_u64le(out, c->columns);
	pal_buf_add_u64le(out, c->columns_changed);
	pal_buf_add_u64le(out, c->first_column);
	pal_buf_add_u32le(out, c->ranked);
	add_number(out, c->relative);
	add_number(out, c->most);
	add_number(out, c->low_chance);
	add_number(out, c->held);
	add_number(out, c->first);
	add_number(out, c->eight);
	add_number(out, c->edge);
	add_number(out, c->lattice);
	add_number(out, c->kurtosis);
}

/* A number that is none would pass every comparison: it becomes 0. */
static double
read_number(struct pal_reader *r)
{
	uint64_t bits = pal_read_u64le(r);
	double   v = 0;

	pal_mem_copy(&v, sizeof(v), &bits, sizeof(bits));
	return isnan(v) ? 0 : v;
}

static bool
read_side(struct pal_reader *r, const struct pal_compare_names *names, enum pal_compare_which which,
	  struct pal_arena *a, struct pal_compared_side *s)
{
	PAL_AUTO_BUF clean = pal_buf_of(4 * PAL_COMPARE_NAME);
	uint32_t     file = pal_read_u32le(r);
	uint8_t      type = 0;

	if (file == NOWHERE)
		return true;
	pal_utf8_clean(pal_read_view(r, pal_read_count(r, pal_read_u16le(r), 1, PAL_COMPARE_NAME)), PAL_COMPARE_NAME,
		       &clean);
	type = pal_read_u8(r);
	s->rank = pal_read_u8(r);
	if (file >= names->counts[which] || type > PAL_DTYPE_BLOCKS || s->rank > PAL_COMPARE_RANK)
		return false;
	s->type = (enum pal_dtype)type;
	for (size_t i = 0; i < s->rank; i++)
		s->shape[i] = pal_read_u64le(r);
	s->file = names->files[which][file];
	s->name = pal_arena_text(a, pal_buf_view(&clean));
	return s->name != NULL;
}

static void
read_counts(struct pal_reader *r, struct pal_compared *c)
{
	uint8_t flags = 0;

	c->count = pal_read_u64le(r);
	c->changed = pal_read_u64le(r);
	c->cut = pal_read_u64le(r);
	c->low_bits = pal_read_u32le(r);
	c->number_bits = pal_read_u32le(r);
	flags = pal_read_u8(r);
	c->low_blank = (flags & 1) != 0;
	c->zeroed = (flags & 2) != 0;
	c->resized = (flags & 4) != 0;
	c->rows = pal_read_u64le(r);
	c->rows_changed = pal_read_u64le(r);
	c->first_row = pal_read_u64le(r);
	c->columns = pal_read_u64le(r);
	c->columns_changed = pal_read_u64le(r);
	c->first_column = pal_read_u64le(r);
	c->ranked = pal_read_u32le(r);
}

static bool
is_sound(const struct pal_compared *c)
{
	bool model = c->model.name != NULL, base = c->base.name != NULL;

	if (c->changed > c->count || c->cut > c->count || c->low_bits > 64 || c->number_bits > 64 ||
	    c->rows_changed > c->rows || c->columns_changed > c->columns || c->ranked > PAL_SPECTRUM_RANK)
		return false;
	if (c->state == PAL_COMPARED_ADDED)
		return model && !base;
	return c->state == PAL_COMPARED_MISSING ? base && !model : base && model;
}

enum pal_err
pal_compare_decode(struct pal_reader *r, const struct pal_compare_names *names, struct pal_arena *a,
		   struct pal_compared *ret)
{
	struct pal_compared c = { 0 };
	uint8_t             state = pal_read_u8(r);

	if (state > PAL_COMPARED_UNREAD || !read_side(r, names, PAL_COMPARE_MODEL, a, &c.model) ||
	    !read_side(r, names, PAL_COMPARE_BASE, a, &c.base))
		return pal_arena_err(a) == PAL_OK ? PAL_EFORM : pal_arena_err(a);
	c.state = (enum pal_compared_state)state;
	read_counts(r, &c);
	c.relative = read_number(r);
	c.most = read_number(r);
	c.low_chance = read_number(r);
	c.held = read_number(r);
	c.first = read_number(r);
	c.eight = read_number(r);
	c.edge = read_number(r);
	c.lattice = read_number(r);
	c.kurtosis = read_number(r);
	if (pal_reader_err(r) != PAL_OK || !is_sound(&c))
		return PAL_EFORM;
	*ret = c;
	return PAL_OK;
}
