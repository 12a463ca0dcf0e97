/* pb_walk.c - messages inside messages without recursion; to audit: step() and go_down(), where depth and work end. */
#include "pb_walk.h"

#include "palisade/format.h"

#define FRAMES_MOST 100u /* as deep as Protocol Buffers' own reader follows */

const struct pal_pb_known *
pal_pb_known_of(const struct pal_pb_known *fields, size_t count, uint8_t of, uint32_t number)
{
	for (size_t i = 0; i < count; i++)
		if (fields[i].of == of && fields[i].number == number)
			return &fields[i];
	return NULL;
}

enum pal_err
pal_pb_name(const struct pal_pb *m, const struct pal_pb_field *f, char ret_name[PAL_PB_NAME + 1])
{
	PAL_AUTO_BUF    b = pal_buf_of(PAL_PB_NAME);
	struct pal_view v = { 0 };

	PAL_TRY(pal_pb_read(m, f, PAL_PB_NAME, &b));
	v = pal_buf_view(&b);
	for (size_t i = 0; i < v.len; i++)
		ret_name[i] = (char)(v.data[i] < 0x20 || v.data[i] == 0x7f ? '?' : v.data[i]);
	ret_name[v.len] = '\0';
	return PAL_OK;
}

enum pal_err
pal_pb_find_name(struct pal_pb m, uint32_t number, char ret_name[PAL_PB_NAME + 1])
{
	struct pal_pb_field f = { 0 };

	ret_name[0] = '\0';
	while (pal_pb_next(&m, &f))
		if (f.number == number)
			return pal_pb_name(&m, &f, ret_name);
	return PAL_OK;
}

/* A NUL in its first bytes, or the marks of a format: a picture, a model, a compiled blob. */
static enum pal_err
is_binary(const struct pal_pb *m, const struct pal_pb_field *f, bool *ret_binary)
{
	struct pal_view head = { 0 };

	PAL_TRY(pal_input_view(m->in, f->at, 0, f->len < PAL_PROBE_HEAD ? (size_t)f->len : PAL_PROBE_HEAD, &head));
	*ret_binary = pal_view_find_byte(head, 0, 0) != SIZE_MAX || pal_format_inside(head, f->len) != NULL;
	return PAL_OK;
}

enum pal_err
pal_pb_give(struct pal_sink *s, const struct pal_pb *m, const struct pal_pb_field *f, const char *name)
{
	bool     binary = false;
	uint64_t at = f->at, left = f->wire == PAL_PB_BYTES ? f->len : 0;

	if (left == 0)
		return PAL_OK;
	PAL_TRY(is_binary(m, f, &binary));
	if (binary)
		return pal_give_stray(s, m->in, at, left, pal_view_of(name));
	while (left > 0) {
		struct pal_view v = { 0 };

		PAL_TRY(pal_input_view(m->in, at, 1, left < PAL_INPUT_WINDOW ? (size_t)left : PAL_INPUT_WINDOW, &v));
		v.len = v.len < left ? pal_text_cut(v) : v.len; /* only what is above 1 MiB comes in pieces */
		PAL_TRY(pal_give_meta(s, pal_view_of(name), v, at));
		at += v.len;
		left -= v.len;
	}
	return PAL_OK;
}

enum pal_err
pal_pb_end(struct pal_sink *s, const struct pal_pb *m, const struct pal_rule *broken)
{
	uint64_t at = m->at < m->end ? m->at : m->end;

	if (m->err == PAL_OK || (m->err != PAL_EFORM && m->err != PAL_ETRUNC))
		return m->err;
	PAL_TRY(
	    pal_sink_unread(s, broken, at, m->end - at, "a message, at %llu: %s", (unsigned long long)at,
			    m->err == PAL_ETRUNC ? "a field is longer than what holds it" : "no field begins here"));
	return pal_give_bytes(s, m->in, at, m->end - at);
}

enum pal_err
pal_pb_give_entry(struct pal_sink *s, struct pal_pb m, const struct pal_rule *broken)
{
	struct pal_pb_field f = { 0 }, value = { 0 };
	char                key[PAL_PB_NAME + 1] = "";

	while (pal_pb_next(&m, &f)) {
		if (f.number == 1)
			PAL_TRY(pal_pb_name(&m, &f, key));
		else if (f.number == 2)
			value = f;
	}
	PAL_TRY(pal_pb_end(s, &m, broken));
	return pal_pb_give(s, &m, &value, key);
}

static enum pal_err
go_down(struct pal_pb_walk *w, struct pal_pb m, uint8_t what)
{
	struct pal_pb_frame *to = &w->frames[w->depth];

	if (w->depth == FRAMES_MOST) {
		PAL_TRY(pal_sink_unread(w->sink, w->deep, m.at, m.end - m.at, "messages nested more than %u deep",
					FRAMES_MOST));
		return pal_give_bytes(w->sink, w->in, m.at, m.end - m.at);
	}
	*to = (struct pal_pb_frame){ 0 };
	if (w->depth > 0)
		*to = w->frames[w->depth - 1];
	to->m = m;
	to->what = what;
	w->depth++;
	return w->enter == NULL ? PAL_OK : w->enter(w, to);
}

static enum pal_err
take_field(struct pal_pb_walk *w, struct pal_pb_frame *in, const struct pal_pb_field *f)
{
	const struct pal_pb_known *k = pal_pb_known_of(w->fields, w->field_count, in->what, f->number);

	if (k == NULL || k->deed == PAL_PB_PASS)
		return PAL_OK;
	if (k->deed == PAL_PB_TEXT)
		return pal_pb_give(w->sink, &in->m, f, k->name[0] == '\0' ? in->name : k->name);
	if (k->deed == PAL_PB_ENTRY)
		return pal_pb_give_entry(w->sink, pal_pb_sub(&in->m, f), w->broken);
	if (k->deed == PAL_PB_DOWN)
		return go_down(w, pal_pb_sub(&in->m, f), k->down);
	return w->own(w, in, k, f);
}

static enum pal_err
step(struct pal_pb_walk *w)
{
	struct pal_pb_frame *in = &w->frames[w->depth - 1];
	struct pal_pb_field  f = { 0 };

	if (!pal_pb_next(&in->m, &f)) {
		w->depth--;
		return pal_pb_end(w->sink, &in->m, w->broken);
	}
	if (w->sink->limits->items == 0) {
		w->spent = true;
		return pal_sink_unread(w->sink, &pal_anomaly_format_limit, f.at, w->in->size - f.at,
				       "the budget of items is used up; what follows was not examined");
	}
	w->sink->limits->items--;
	return take_field(w, in, &f);
}

enum pal_err
pal_pb_walk(struct pal_pb_walk *w, uint8_t what)
{
	PAL_AUTO_ARENA a;

	pal_arena_init(&a, (size_t)1 << 20);
	w->depth = 0;
	w->frames = pal_arena_array(&a, FRAMES_MOST, sizeof(*w->frames));
	if (w->frames == NULL)
		return pal_arena_err(&a);
	PAL_TRY(go_down(w, pal_pb_of(w->in, 0, w->in->size), what));
	while (w->depth > 0 && !w->spent)
		PAL_TRY(step(w));
	return PAL_OK;
}
