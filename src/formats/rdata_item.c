/* rdata_item.c - the first bytes of each item, and the ones that are whole in themselves; to audit: pal_rdata_begin().
 */
#include "give.h"
#include "rdata.h"

#define BYTES_LEAST 4096u /* of numbers; fewer have no room for a program */
#define RAW_LEAST   8u
#define RAW_MOST    ((size_t)16 << 20) /* of an ASCII file */
#define NAME_MOST   4096u

#define HAS_ATTRIBUTES 0x200u
#define HAS_TAG        0x400u
#define IS_ACTIVE      0x8000000u /* bit 15 of a cell's levels, which begin at bit 12 */

enum pal_err
pal_rdata_broken(struct pal_rdata_walk *w, const char *why)
{
	uint64_t at = w->item_at < w->in->size ? w->item_at : w->in->size;

	if (w->broken)
		return PAL_OK;
	w->broken = true;
	PAL_TRY(pal_sink_unread(w->sink, &pal_anomaly_r_broken, at, w->in->size - at, "%s", why));
	return pal_give_bytes(w->sink, w->in, at, w->in->size - at);
}

struct pal_rdata_frame *
pal_rdata_push(struct pal_rdata_walk *w, int type, const struct pal_rdata_ask *ask)
{
	struct pal_rdata_frame *f = NULL;

	if (w->depth == w->depth_most) {
		w->full = true;
		return NULL;
	}
	f = &w->frames[w->depth++];
	*f = (struct pal_rdata_frame){ .type = type,
				       .context = ask->context,
				       .environment = ask->environment,
				       .arguments = ask->arguments,
				       .top = ask->top,
				       .call = ask->call,
				       .at = w->item_at };
	return f;
}

size_t
pal_rdata_name(struct pal_rdata_walk *w, struct pal_view text)
{
	struct pal_view *v = pal_list_add(&w->names);

	if (v == NULL)
		return 0;
	*v = pal_arena_copy(&w->arena, pal_view_sub(text, 0, NAME_MOST));
	return w->names.count;
}

static void
add_ref(struct pal_rdata_walk *w)
{
	(void)pal_list_add(&w->refs); /* sticky in the arena */
}

/* ---- vectors of numbers and bytes ---- */

static enum pal_err
give_raw_words(struct pal_rdata_walk *w, uint64_t len)
{
	PAL_AUTO_BUF     bytes = pal_buf_of(RAW_MOST);
	struct pal_input member = { 0 };
	enum pal_err     err = PAL_OK;
	unsigned int     digits = 0, n = 0;

	while (len > 0 && pal_reader_left(&w->data.r) > 0) {
		uint8_t c = pal_to_lower(pal_read_u8(&w->data.r));

		if (!pal_is_digit(c) && (c < 'a' || c > 'f'))
			continue;
		n = n << 4 | (unsigned int)(pal_is_digit(c) ? c - '0' : c - 'a' + 10);
		if (++digits % 2 == 0) {
			pal_buf_add_byte(&bytes, (uint8_t)n);
			len--;
		}
	}
	if (pal_buf_err(&bytes) == PAL_ELIMIT)
		return pal_sink_unread(w->sink, &pal_anomaly_format_limit, w->item_at, w->data.r.offset - w->item_at,
				       "raw bytes written as digits, more than %zu of them", RAW_MOST);
	PAL_TRY(pal_buf_err(&bytes));
	if (bytes.len < RAW_LEAST)
		return PAL_OK;
	member = pal_input_of_view(pal_buf_view(&bytes));
	err = pal_give_stray(w->sink, &member, 0, bytes.len, pal_view_of("(raw)"));
	pal_input_done(&member);
	return err;
}

static enum pal_err
take_numbers(struct pal_rdata_walk *w, int type)
{
	unsigned int width = type == R_RAW ? 1 : type == R_REAL ? 8 : type == R_COMPLEX ? 16 : 4;
	uint64_t     count = pal_rdata_length(&w->data), at = w->data.r.offset;
	bool         words = w->data.form == PAL_RDATA_ASCII;

	w->last = (struct pal_rdata_value){ .type = type };
	if (words && type == R_RAW && count <= pal_reader_left(&w->data.r))
		return give_raw_words(w, count);
	if (!pal_rdata_skip(&w->data, words && type == R_COMPLEX && count < UINT64_MAX / 2 ? 2 * count : count, width))
		return pal_rdata_broken(w, "a vector of more numbers than there are bytes");
	if (words || pal_rdata_err(&w->data) != PAL_OK)
		return PAL_OK;
	if (type == R_RAW)
		return count < RAW_LEAST ? PAL_OK : pal_give_stray(w->sink, w->in, at, count, pal_view_of("(raw)"));
	return count * width < BYTES_LEAST ? PAL_OK : pal_give_bytes(w->sink, w->in, at, count * width);
}

/* ---- texts and references ---- */

static enum pal_err
take_char(struct pal_rdata_walk *w)
{
	int32_t  len = pal_rdata_int(&w->data);
	uint64_t at = w->data.r.offset;
	bool     whole = true;

	w->last = (struct pal_rdata_value){ .type = R_CHAR };
	w->text = (struct pal_view){ 0 };
	if (len == -1)
		return PAL_OK; /* NA */
	if (len < 0)
		return pal_rdata_broken(w, "a text of a length below zero");
	w->text = pal_rdata_text(&w->data, (uint64_t)len, &whole);
	if (!whole && pal_rdata_err(&w->data) == PAL_OK)
		return pal_give_stray(w->sink, w->in, at, w->data.r.offset - at, pal_view_of("(text)"));
	return PAL_OK;
}

static enum pal_err
take_reference(struct pal_rdata_walk *w, uint32_t flags)
{
	int64_t n = flags >> 8;

	if (n == 0)
		n = pal_rdata_int(&w->data);
	if (n < 1 || (uint64_t)n > w->refs.count)
		return pal_rdata_broken(w, "a reference to what was not read before");
	w->last =
	    (struct pal_rdata_value){ .type = R_SYMBOL, .name = *(const size_t *)pal_list_at(&w->refs, (size_t)n - 1) };
	return PAL_OK;
}

/* A function of R's own goes by its name. */
static enum pal_err
take_builtin(struct pal_rdata_walk *w)
{
	int32_t         len = pal_rdata_int(&w->data);
	bool            whole = true;
	struct pal_view v = { 0 };

	if (len < 0 || len > (int32_t)NAME_MOST)
		return pal_rdata_broken(w, "a function of R whose name is too long");
	v = pal_rdata_text(&w->data, (uint64_t)len, &whole);
	w->last = (struct pal_rdata_value){ .type = R_SYMBOL, .name = pal_rdata_name(w, v) };
	return PAL_OK;
}

/* ---- items with others inside ---- */

static enum pal_err
open_vector(struct pal_rdata_walk *w, int type, bool attributes, const struct pal_rdata_ask *ask)
{
	uint64_t                count = pal_rdata_length(&w->data);
	struct pal_rdata_frame *f = pal_rdata_push(w, type, ask);

	if (f == NULL)
		return PAL_OK;
	if (count > pal_reader_left(&w->data.r) / 4 + 1 && count > pal_reader_left(&w->data.r) / 2)
		return pal_rdata_broken(w, "a list of more values than there are bytes");
	if (type == R_EXPRESSION && f->context == PAL_RDATA_DATA)
		f->context = PAL_RDATA_EXPRESSION;
	f->left = count;
	f->attributes = attributes;
	return PAL_OK;
}

/* Texts that name a package or what a hook is asked for: always 0, a count, the texts. */
static enum pal_err
open_names(struct pal_rdata_walk *w, int type, const struct pal_rdata_ask *ask)
{
	struct pal_rdata_frame *f = NULL;
	int32_t                 count = 0;

	(void)pal_rdata_int(&w->data);
	count = pal_rdata_int(&w->data);
	if (count < 0 || (uint64_t)count > pal_reader_left(&w->data.r) / 2)
		return pal_rdata_broken(w, "more names than there are bytes");
	f = pal_rdata_push(w, type, ask);
	if (f != NULL)
		f->left = (uint64_t)count;
	return PAL_OK;
}

static enum pal_err
open_pair(struct pal_rdata_walk *w, int type, uint32_t flags, const struct pal_rdata_ask *ask)
{
	struct pal_rdata_frame *f = pal_rdata_push(w, type, ask);

	if (f == NULL)
		return PAL_OK;
	f->attributes = (flags & HAS_ATTRIBUTES) != 0;
	f->tagged = (flags & HAS_TAG) != 0;
	f->active = (flags & IS_ACTIVE) != 0;
	if (type == R_CALL && f->context == PAL_RDATA_DATA)
		f->context = PAL_RDATA_CALL;
	if (type == R_CLOSURE && f->context < PAL_RDATA_CLOSURE)
		f->context = PAL_RDATA_CLOSURE;
	return PAL_OK;
}

/* Pointers, weak references, environments: they can be referred to from inside themselves. */
static enum pal_err
open_shared(struct pal_rdata_walk *w, int type, bool attributes, const struct pal_rdata_ask *ask)
{
	struct pal_rdata_frame *f = NULL;

	if (type == R_ENVIRONMENT)
		(void)pal_rdata_int(&w->data); /* locked */
	add_ref(w);
	f = pal_rdata_push(w, type, ask);
	if (f != NULL)
		f->attributes = attributes;
	return PAL_OK;
}

static enum pal_err
open_bytecode(struct pal_rdata_walk *w, bool attributes, const struct pal_rdata_ask *ask)
{
	struct pal_rdata_frame *f = pal_rdata_push(w, R_BYTECODE, ask);

	if (f == NULL)
		return PAL_OK;
	f->attributes = attributes;
	if (f->context < PAL_RDATA_CLOSURE)
		f->context = PAL_RDATA_CLOSURE;
	return PAL_OK;
}

/* Numbers, texts and functions by name: only their attributes may follow. */
static enum pal_err
take_plain(struct pal_rdata_walk *w, int type, bool attributes, const struct pal_rdata_ask *ask)
{
	struct pal_rdata_ask for_attributes = { .context = ask->context };

	if (type == R_CHAR)
		PAL_TRY(take_char(w));
	else if (type == R_SPECIAL || type == R_BUILTIN)
		PAL_TRY(take_builtin(w));
	else
		PAL_TRY(take_numbers(w, type));
	if (attributes && !w->broken)
		(void)pal_rdata_push(w, R_ATTRIBUTES, &for_attributes);
	return PAL_OK;
}

static enum pal_err
open_item(struct pal_rdata_walk *w, int type, uint32_t flags, const struct pal_rdata_ask *ask)
{
	bool attributes = (flags & HAS_ATTRIBUTES) != 0;

	switch (type) {
	case R_LIST:
	case R_DOTS:
	case R_CALL:
	case R_CLOSURE:
	case R_PROMISE:
		return open_pair(w, type, flags, ask);
	case R_STRING:
	case R_VECTOR:
	case R_EXPRESSION:
		return open_vector(w, type, attributes, ask);
	case R_ENVIRONMENT:
	case R_POINTER:
	case R_WEAKREF:
		return open_shared(w, type, attributes, ask);
	case R_PERSIST:
	case R_PACKAGE:
	case R_NAMESPACE:
		return open_names(w, type, ask);
	case R_BYTECODE:
		(void)pal_rdata_int(&w->data); /* how many cells are repeated */
		return open_bytecode(w, attributes, ask);
	case R_SYMBOL:
	case R_ALTREP:
		(void)pal_rdata_push(w, type, ask);
		return PAL_OK;
	default:
		return pal_rdata_broken(w, "a type that R does not write");
	}
}

enum pal_err
pal_rdata_begin(struct pal_rdata_walk *w, const struct pal_rdata_ask *ask)
{
	uint32_t flags = 0;
	int      type = 0;

	w->item_at = w->data.r.offset;
	flags = (uint32_t)pal_rdata_int(&w->data);
	type = (int)(flags & 0xff);
	w->last = (struct pal_rdata_value){ .type = type };
	if (pal_rdata_err(&w->data) != PAL_OK)
		return PAL_OK; /* the walk asks */
	switch (type) {
	case R_NIL:
	case R_NIL_VALUE:
	case R_GLOBAL_ENV:
	case R_BASE_ENV:
	case R_EMPTY_ENV:
	case R_BASE_NAMESPACE:
	case R_UNBOUND:
	case R_MISSING_ARG:
		return PAL_OK;
	case R_REFERENCE:
		return take_reference(w, flags);
	case R_CHAR:
	case R_SPECIAL:
	case R_BUILTIN:
	case R_LOGICAL:
	case R_INTEGER:
	case R_REAL:
	case R_COMPLEX:
	case R_RAW:
		return take_plain(w, type, (flags & HAS_ATTRIBUTES) != 0, ask);
	case R_S4:
		if ((flags & HAS_ATTRIBUTES) != 0)
			(void)pal_rdata_push(w, R_ATTRIBUTES, ask);
		return PAL_OK;
	default:
		return open_item(w, type, flags, ask);
	}
}

/* Calls and lists among constants have their type alone, a tag always, and cells that are told once and repeated. */
static enum pal_err
begin_cell(struct pal_rdata_walk *w, int type, const struct pal_rdata_ask *ask)
{
	bool                    call = false;
	struct pal_rdata_frame *f = NULL;

	if (type == R_REPEAT_REF) {
		(void)pal_rdata_int(&w->data);
		w->last = (struct pal_rdata_value){ .type = R_NIL };
		return PAL_OK;
	}
	if (type == R_REPEAT_DEF) {
		(void)pal_rdata_int(&w->data);
		type = pal_rdata_int(&w->data);
	}
	call = type == R_CALL || type == R_ATTR_CALL;
	if (!call && type != R_LIST && type != R_ATTR_LIST)
		return pal_rdata_begin(w, ask);
	f = pal_rdata_push(w, call ? R_CALL : R_LIST, ask);
	if (f == NULL)
		return PAL_OK;
	f->constant = f->tagged = true;
	f->attributes = type == R_ATTR_CALL || type == R_ATTR_LIST;
	return PAL_OK;
}

enum pal_err
pal_rdata_begin_constant(struct pal_rdata_walk *w, const struct pal_rdata_ask *ask)
{
	int type = 0;

	w->item_at = w->data.r.offset;
	type = pal_rdata_int(&w->data);
	if (pal_rdata_err(&w->data) != PAL_OK)
		return PAL_OK;
	return type == R_BYTECODE && !ask->arguments ? open_bytecode(w, false, ask) : begin_cell(w, type, ask);
}
