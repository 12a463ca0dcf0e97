/* ubjson_pull.c - the tokenizer of UBJSON; to audit: read_length() and open_list(), which believe counts. */
#include "ubjson_pull.h"

#include "palisade/input.h"

#define TEXT_MOST (PAL_INPUT_WINDOW / 2)

void
pal_ubjson_init(struct pal_ubjson *u, struct pal_reader *r)
{
	*u = (struct pal_ubjson){ .r = r, .size = pal_reader_left(r) };
}

static enum pal_ubjson_token
broken(struct pal_ubjson *u, const char *why)
{
	u->why = why;
	u->at = u->r->offset;
	return PAL_UBJSON_BROKEN;
}

/* How many bytes a number of this type takes; 0: it is no number. */
static unsigned int
width_of(uint8_t type)
{
	switch (type) {
	case 'i':
	case 'U':
	case 'C':
		return 1;
	case 'I':
		return 2;
	case 'l':
	case 'd':
		return 4;
	case 'L':
	case 'D':
		return 8;
	default:
		return 0;
	}
}

static int64_t
read_whole(struct pal_reader *r, uint8_t type)
{
	switch (type) {
	case 'U':
	case 'C':
		return pal_read_u8(r);
	case 'i':
		return (int8_t)pal_read_u8(r);
	case 'I':
		return (int16_t)pal_read_u16be(r);
	case 'l':
		return (int32_t)pal_read_u32be(r);
	default:
		return (int64_t)pal_read_u64be(r);
	}
}

/* A count, with its type before it; false when it is none, or below zero. */
static bool
read_length(struct pal_ubjson *u, uint64_t *ret)
{
	uint8_t type = pal_read_u8(u->r);
	int64_t n = 0;

	if (type != 'i' && type != 'U' && type != 'I' && type != 'l' && type != 'L')
		return false;
	n = read_whole(u->r, type);
	*ret = (uint64_t)n;
	return n >= 0 && pal_reader_err(u->r) == PAL_OK;
}

static enum pal_ubjson_token
read_text(struct pal_ubjson *u, enum pal_ubjson_token kind)
{
	uint64_t len = 0;

	if (!read_length(u, &len))
		return broken(u, "a text whose length is none");
	u->over = len > u->size;
	if (len > pal_reader_left(u->r))
		return broken(u, "a text that ends behind the file");
	u->at = u->r->offset;
	u->len = len;
	if (len <= TEXT_MOST) {
		u->text = pal_read_view(u->r, len);
		return kind;
	}
	pal_read_skip(u->r, len);
	return kind == PAL_UBJSON_KEY ? broken(u, "a key of more than 512 KiB") : PAL_UBJSON_LONG;
}

static enum pal_ubjson_token
open_list(struct pal_ubjson *u, bool array)
{
	struct pal_ubjson_level l = { .array = array };
	unsigned int            width = 0;

	if (u->depth == PAL_UBJSON_DEPTH)
		return broken(u, "more than 64 levels");
	if (pal_view_is(pal_read_peek(u->r, 1), "$")) {
		pal_read_skip(u->r, 1);
		l.type = pal_read_u8(u->r);
		if (!pal_view_is(pal_read_peek(u->r, 1), "#"))
			return broken(u, "a type without a count");
	}
	if (pal_view_is(pal_read_peek(u->r, 1), "#")) {
		pal_read_skip(u->r, 1);
		l.counted = true;
		if (!read_length(u, &l.left))
			return broken(u, "a count that is none");
		width = width_of(l.type);
		/* what has no bytes of its own (null, true) costs one all the same, or a count would be free */
		u->over = l.left > u->size / (width == 0 ? 1 : width);
		if (l.left > pal_reader_left(u->r) / (width == 0 ? 1 : width))
			return broken(u, "a list of more values than there are bytes");
	}
	u->run = array && width > 0 && l.left > 0;
	u->at = u->r->offset;
	u->len = u->run ? l.left * width : 0;
	u->levels[u->depth++] = l;
	return array ? PAL_UBJSON_ARRAY : PAL_UBJSON_OBJECT;
}

static enum pal_ubjson_token
read_float(struct pal_ubjson *u, uint8_t type)
{
	u->finite =
	    type == 'd' ? (pal_read_u32be(u->r) >> 23 & 0xff) != 0xff : (pal_read_u64be(u->r) >> 52 & 0x7ff) != 0x7ff;
	return PAL_UBJSON_FLOAT;
}

static enum pal_ubjson_token
read_value(struct pal_ubjson *u, uint8_t type)
{
	switch (type) {
	case 'Z':
	case 'T':
	case 'F':
		return PAL_UBJSON_WORD;
	case 'd':
	case 'D':
		return read_float(u, type);
	case 'S':
	case 'H': /* a number too long for any type, in digits */
		return read_text(u, PAL_UBJSON_TEXT);
	case '{':
	case '[':
		return open_list(u, type == '[');
	default:
		if (width_of(type) == 0)
			return broken(u, "a type that there is not");
		u->number = read_whole(u->r, type);
		return PAL_UBJSON_WHOLE;
	}
}

/* Whether the list at hand is over; takes its closing mark. */
static bool
at_end_of_list(struct pal_ubjson *u)
{
	struct pal_ubjson_level *l = &u->levels[u->depth - 1];

	while (!l->counted && pal_view_is(pal_read_peek(u->r, 1), "N"))
		pal_read_skip(u->r, 1);
	if (l->counted)
		return l->left == 0;
	if (!pal_view_is(pal_read_peek(u->r, 1), l->array ? "]" : "}"))
		return false;
	pal_read_skip(u->r, 1);
	return true;
}

enum pal_ubjson_token
pal_ubjson_next(struct pal_ubjson *u)
{
	struct pal_ubjson_level *l = u->depth == 0 ? NULL : &u->levels[u->depth - 1];
	enum pal_ubjson_token    t = PAL_UBJSON_END;
	uint8_t                  type = l == NULL ? 0 : l->type;

	if (u->run) {
		u->run = false;
		return PAL_UBJSON_RUN;
	}
	if (l == NULL && u->begun)
		return PAL_UBJSON_END;
	u->begun = true;
	if (l != NULL && !u->keyed && at_end_of_list(u)) {
		u->depth--;
		return PAL_UBJSON_CLOSE;
	}
	if (l != NULL && !l->array && !u->keyed) {
		u->keyed = true;
		t = read_text(u, PAL_UBJSON_KEY);
	} else {
		u->keyed = false;
		if (l != NULL && l->counted)
			l->left--;
		t = read_value(u, type == 0 ? pal_read_u8(u->r) : type);
	}
	return t != PAL_UBJSON_BROKEN && pal_reader_err(u->r) != PAL_OK ? broken(u, "the document is cut short") : t;
}
