/*
 * torch7.c - Torch7's serialised objects (.t7, .net), binary and text (torch7, File.lua); to audit: take_object().
 *
 * Objects inside objects are followed by a row of frames, one a level, each with the number of objects that are still
 * to come. An object that has an index may be named again by it. A function is its dump, as string.dump() makes it, and
 * its upvalues: loading hands the dump to the interpreter, which does not check bytecode.
 */
#include "torch7.h"

#include <stdio.h>

#include "give.h"
#include "palisade/buf.h"
#include "palisade/format.h"
#include "palisade/map.h"
#include "palisade/mem.h"

#define DEPTH_MOST  200u
#define RANK_MOST   32u
#define PATH_MOST   512u
#define KEY_MOST    96u
#define CLASS_MOST  256u
#define DUMP_MOST   (PAL_INPUT_WINDOW / 2)
#define STRING_MOST (PAL_INPUT_WINDOW / 2)
#define OWN_TEXT    12u /* shorter strings are given together */

/* What a storage turned out to be, for the tensors that name it again. */
struct known {
	bool     storage;
	uint64_t count;
};

/* A tensor whose storage comes next. */
struct shown {
	bool     waits;
	size_t   rank;
	int64_t  offset; /* of its first number, from 1 */
	uint64_t dims[RANK_MOST], strides[RANK_MOST];
};

struct frame {
	uint64_t     left; /* objects */
	bool         pairs;
	size_t       path; /* length of the path above */
	struct shown tensor;
};

struct torch7 {
	struct pal_sink  *sink;
	struct pal_input *in, *side; /* side: what the reader reads */
	struct pal_t7     t;
	struct pal_arena  arena;
	struct pal_map    seen; /* index -> struct known */
	struct pal_buf    texts;
	uint64_t          texts_at;
	size_t            depth, path_len;
	bool              stop;
	char              path[PATH_MOST + KEY_MOST + 8];
	struct frame      frames[DEPTH_MOST];
};

static struct pal_view
path_of(const struct torch7 *m)
{
	return (struct pal_view){ (const uint8_t *)m->path, m->path_len };
}

static enum pal_err
give_up(struct torch7 *m, uint64_t at, const char *what)
{
	enum pal_err err = pal_reader_err(&m->t.r);

	if (err != PAL_OK && err != PAL_ETRUNC && err != PAL_ELIMIT)
		return err;
	m->stop = true;
	at = at < m->in->size ? at : m->in->size;
	PAL_TRY(pal_sink_unread(m->sink, &pal_anomaly_torch7_broken, at, m->in->size - at, "%.*s, at %llu: %s",
				(int)(m->path_len < 60 ? m->path_len : 60), m->path, (unsigned long long)at, what));
	return pal_give_bytes(m->sink, m->in, at, m->in->size - at);
}

static enum pal_err
flush(struct torch7 *m)
{
	enum pal_err e = PAL_OK;

	PAL_TRY(pal_buf_err(&m->texts));
	if (m->texts.len > 0)
		e = pal_give_metas(m->sink, pal_view_of("strings"), pal_buf_view(&m->texts), m->texts_at);
	pal_buf_clear(&m->texts);
	return e;
}

/* ---- names */

static bool
is_key(const struct torch7 *m)
{
	const struct frame *f = &m->frames[m->depth - 1];

	return f->pairs && f->left % 2 == 1; /* this object is already counted off */
}

static void
set_key(struct torch7 *m, struct pal_view key)
{
	size_t at = m->frames[m->depth - 1].path;

	if (at > PATH_MOST)
		return;
	m->path_len = at + (size_t)snprintf(m->path + at, KEY_MOST + 2, "%s%.*s", at == 0 ? "" : ".",
					    (int)(key.len < KEY_MOST ? key.len : KEY_MOST), (const char *)key.data);
}

static enum pal_err
open_frame(struct torch7 *m, uint64_t objects, bool pairs)
{
	if (m->depth == DEPTH_MOST)
		return give_up(m, m->t.r.offset, "objects nested more than 200 deep");
	m->frames[m->depth] = (struct frame){ .left = objects, .pairs = pairs, .path = m->path_len };
	m->depth++;
	return PAL_OK;
}

/* ---- objects with an index */

/* Has it been read before? Then nothing follows. *ret_known is what is kept of it. */
static enum pal_err
look_up(struct torch7 *m, bool *ret_again, struct known **ret_known)
{
	int64_t index = pal_t7_int(&m->t);
	uint8_t key[8];
	void  **place = NULL;

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)((uint64_t)index >> (8 * i));
	place = pal_map_put(&m->seen, pal_arena_copy(&m->arena, (struct pal_view){ key, sizeof(key) }));
	PAL_TRY(pal_arena_err(&m->arena));
	*ret_again = *place != NULL;
	if (*place == NULL)
		*place = pal_arena_array(&m->arena, 1, sizeof(struct known));
	*ret_known = *place;
	return pal_arena_err(&m->arena);
}

/* The tensor that waits for this storage shows numbers that are in it. */
static enum pal_err
check_shown(struct torch7 *m, const struct shown *s, uint64_t count)
{
	uint64_t last = 0, step = 0;
	bool     over = s->offset < 1;

	for (size_t i = 0; i < s->rank; i++) {
		if (s->dims[i] == 0)
			return PAL_OK; /* it shows nothing */
		over = over || __builtin_mul_overflow(s->dims[i] - 1, s->strides[i], &step) ||
		       __builtin_add_overflow(last, step, &last);
	}
	if (s->rank == 0 || (!over && count > 0 && last <= count - 1 && (uint64_t)s->offset - 1 <= count - 1 - last))
		return PAL_OK;
	return pal_sink_anomaly(m->sink, &pal_anomaly_torch7_tensor, m->t.r.offset,
				"%.*s: a tensor from number %lld on reaches beyond its storage of %llu numbers",
				(int)(m->path_len < 60 ? m->path_len : 60), m->path, (long long)s->offset,
				(unsigned long long)count);
}

/* All numbers of a storage once, with the shape of the first tensor that shows them, if it shows just these. */
static enum pal_err
take_storage(struct torch7 *m, const struct pal_t7_class *of, struct known *known)
{
	const struct shown *s = &m->frames[m->depth - 1].tensor;
	int64_t             count = pal_t7_long(&m->t);
	uint64_t            at = m->t.r.offset, all = (uint64_t)count, product = 1;
	struct pal_content  c = { .kind = PAL_CONTENT_TENSOR, .name = path_of(m), .place.offset = at };

	if (pal_t7_failed(&m->t) || count < 0)
		return give_up(m, at, "a storage of less than no numbers, or the file ends");
	pal_t7_skip_numbers(&m->t, all, of->type);
	if (pal_t7_failed(&m->t))
		return give_up(m, at, "more numbers than the file has bytes");
	*known = (struct known){ .storage = true, .count = all };
	if (s->waits)
		PAL_TRY(check_shown(m, s, all));
	for (size_t i = 0; i < s->rank; i++)
		if (__builtin_mul_overflow(product, s->dims[i], &product))
			product = 0;
	c.place.length = m->t.ascii ? 0 : m->t.r.offset - at;
	c.tensor = (struct pal_tensor){ .dtype = pal_view_of(of->name), .type = of->type, .shape = &all, .rank = 1 };
	if (s->waits && s->rank > 0 && product == all) {
		c.tensor.shape = s->dims;
		c.tensor.rank = s->rank;
	}
	PAL_TRY(pal_sink_take(m->sink, &c));
	return m->t.ascii ? pal_give_bytes(m->sink, m->in, at, m->t.r.offset - at) : PAL_OK;
}

static enum pal_err
take_tensor(struct torch7 *m)
{
	uint64_t     at = m->t.r.offset;
	int64_t      rank = pal_t7_int(&m->t);
	struct shown s = { .waits = true };

	if (pal_t7_failed(&m->t) || rank < 0 || rank > (int64_t)RANK_MOST)
		return give_up(m, at, "a tensor of more than 32 dimensions, or the file ends");
	s.rank = (size_t)rank;
	for (size_t i = 0; i < s.rank; i++)
		s.dims[i] = (uint64_t)pal_t7_long(&m->t);
	for (size_t i = 0; i < s.rank; i++)
		s.strides[i] = (uint64_t)pal_t7_long(&m->t);
	s.offset = pal_t7_long(&m->t);
	if (pal_t7_failed(&m->t))
		return give_up(m, at, "the file ends inside a tensor");
	PAL_TRY(open_frame(m, 1, false));
	if (!m->stop)
		m->frames[m->depth - 1].tensor = s;
	return PAL_OK;
}

/* nn.Linear: the package that loading must have, and the class. */
static enum pal_err
give_class(struct torch7 *m, struct pal_view name, uint64_t at)
{
	size_t             dot = pal_view_find_byte(name, '.', 0);
	char               field[PATH_MOST + 1];
	struct pal_content c = { .kind = PAL_CONTENT_OP,
				 .loader = "torch7",
				 .place = { .offset = at, .field = field } };

	(void)snprintf(field, sizeof(field), "%.*s", (int)m->path_len, m->path);
	c.module = dot == SIZE_MAX ? pal_view_of("-") : pal_view_sub(name, 0, dot);
	c.name = dot == SIZE_MAX ? name : pal_view_sub(name, dot + 1, name.len);
	return pal_sink_take(m->sink, &c);
}

/* Files from before versions have the class at once; then come what the class reads itself, or one object more. */
static enum pal_err
take_class(struct torch7 *m, struct known *known)
{
	uint64_t            at = m->t.r.offset;
	struct pal_t7_class of = { .name = NULL };
	char                kept[CLASS_MOST];
	struct pal_view     name = pal_t7_text(&m->t, CLASS_MOST);

	if (pal_view_starts(name, "V ")) {
		pal_t7_end_text(&m->t);
		name = pal_t7_text(&m->t, CLASS_MOST);
	}
	if (pal_t7_failed(&m->t) || name.len == 0)
		return give_up(m, at, "a class without a name that can be, or the file ends");
	pal_mem_copy(kept, sizeof(kept), name.data, name.len);
	name.data = (const uint8_t *)kept; /* what the reader shows ends with its next step */
	pal_t7_end_text(&m->t);
	if (!pal_t7_class_of(name, &of)) {
		PAL_TRY(give_class(m, name, at));
		return open_frame(m, 1, false);
	}
	return of.tensor ? take_tensor(m) : take_storage(m, &of, known);
}

/* ---- functions */

static bool
names(struct pal_view dump, const char *word)
{
	return pal_view_find(dump, pal_view_of(word), 0) != SIZE_MAX;
}

/* What a function would reach, by the names in it; NULL: nothing that is known. */
static const char *
reaches(struct pal_view dump)
{
	static const char *const alone[] = { "popen", "loadlib",    "loadfile", "dofile",
					     "cdef",  "loadstring", "setfenv",  "debug.sethook" };

	if (names(dump, "execute") && names(dump, "os"))
		return "os.execute";
	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++)
		if (names(dump, alone[i]))
			return alone[i];
	return NULL;
}

static enum pal_err
give_function(struct torch7 *m, struct pal_view dump, uint64_t at)
{
	const char        *what = pal_view_starts(dump, "\x1bLJ")    ? "LuaJIT's bytecode"
				  : pal_view_starts(dump, "\x1bLua") ? "Lua's bytecode"
								     : "Lua's source";
	const char        *reached = reaches(dump);
	struct pal_place   place = { .offset = at };
	struct pal_content c = { .kind = PAL_CONTENT_BYTES,
				 .place = { .offset = at, .length = dump.len },
				 .text = dump };

	PAL_TRY(pal_sink_anomaly(m->sink, &pal_anomaly_torch7_function, at, "%.*s: a function of %zu bytes, %s",
				 (int)(m->path_len < 60 ? m->path_len : 60), m->path, dump.len, what));
	if (reached != NULL)
		PAL_TRY(pal_sink_anomaly(m->sink, &pal_anomaly_torch7_exec, at, "%.*s: a function (%s) that names %s",
					 (int)(m->path_len < 60 ? m->path_len : 60), m->path, what, reached));
	return dump.len > 0 && dump.data[0] == 0x1b ? pal_sink_take(m->sink, &c) : pal_give_text(m->sink, dump, &place);
}

static enum pal_err
take_function(struct torch7 *m)
{
	uint64_t        at = m->t.r.offset;
	struct pal_view dump = pal_t7_text(&m->t, DUMP_MOST);

	if (pal_t7_failed(&m->t))
		return give_up(m, at, "a function longer than the file, or than 512 KiB");
	PAL_TRY(give_function(m, dump, at));
	pal_t7_end_text(&m->t);
	return open_frame(m, 1, false); /* its upvalues */
}

/* ---- plain values */

static enum pal_err
take_string(struct torch7 *m)
{
	uint64_t        at = m->t.r.offset;
	struct pal_view text = pal_t7_text(&m->t, STRING_MOST);
	bool            key = is_key(m);

	if (pal_t7_failed(&m->t))
		return give_up(m, at, "a string longer than the file, or than 512 KiB");
	if (key)
		set_key(m, text);
	if (!key && text.len >= OWN_TEXT) {
		PAL_TRY(pal_give_meta(m->sink, path_of(m), text, at));
	} else if (text.len > 0) {
		m->texts_at = m->texts.len == 0 ? at : m->texts_at;
		pal_buf_add(&m->texts, text);
		pal_buf_add_byte(&m->texts, '\n');
		if (m->texts.len >= PAL_TEXT_PIECE)
			PAL_TRY(flush(m));
	}
	pal_t7_end_text(&m->t);
	return PAL_OK;
}

static enum pal_err
take_table(struct torch7 *m)
{
	uint64_t at = m->t.r.offset;
	int64_t  size = pal_t7_int(&m->t);

	if (pal_t7_failed(&m->t) || size < 0 || (uint64_t)size > pal_reader_left(&m->t.r) / 4)
		return give_up(m, at, "a table of more pairs than the file has bytes");
	return size == 0 ? PAL_OK : open_frame(m, 2 * (uint64_t)size, true);
}

static enum pal_err
take_indexed(struct torch7 *m, int64_t type)
{
	const struct shown *s = &m->frames[m->depth - 1].tensor;
	bool                again = false;
	struct known       *known = NULL;
	uint64_t            at = m->t.r.offset;

	PAL_TRY(look_up(m, &again, &known));
	if (pal_t7_failed(&m->t))
		return give_up(m, at, "the file ends inside an object");
	if (again)
		return s->waits && known->storage ? check_shown(m, s, known->count) : PAL_OK;
	if (type == PAL_T7_TABLE)
		return take_table(m);
	return type == PAL_T7_OBJECT ? take_class(m, known) : take_function(m);
}

static enum pal_err
take_object(struct torch7 *m)
{
	uint64_t at = m->t.r.offset;
	int64_t  type = pal_t7_int(&m->t);

	if (pal_t7_failed(&m->t))
		return give_up(m, at, "the file ends before its last object");
	switch (type) {
	case PAL_T7_NIL:
		return PAL_OK;
	case PAL_T7_NUMBER:
		if (is_key(m))
			set_key(m, pal_view_of("#"));
		pal_t7_skip_number(&m->t);
		return PAL_OK;
	case PAL_T7_BOOLEAN:
		(void)pal_t7_int(&m->t);
		return PAL_OK;
	case PAL_T7_STRING:
		return take_string(m);
	case PAL_T7_FUNCTION:
		return take_function(m);
	case PAL_T7_TABLE:
	case PAL_T7_OBJECT:
	case PAL_T7_OLD_FUNCTION:
	case PAL_T7_SHARED_FUNCTION:
		return take_indexed(m, type);
	default:
		return give_up(m, at, "an object of a type that there is not");
	}
}

/* Objects that are complete, and what they stand in. */
static void
close_frames(struct torch7 *m)
{
	while (m->depth > 1 && m->frames[m->depth - 1].left == 0)
		m->path_len = m->frames[--m->depth].path;
}

static enum pal_err
walk(struct torch7 *m)
{
	uint64_t at = 0, left = 0;

	PAL_TRY(open_frame(m, 1, false));
	while (!m->stop && m->frames[m->depth - 1].left > 0) {
		if (m->sink->limits->items == 0)
			return pal_sink_unread(m->sink, &pal_anomaly_format_limit, m->t.r.offset,
					       pal_reader_left(&m->t.r), "more objects than the limit");
		m->sink->limits->items--;
		m->frames[m->depth - 1].left--;
		PAL_TRY(take_object(m));
		close_frames(m);
	}
	PAL_TRY(flush(m));
	at = m->t.r.offset;
	left = pal_reader_left(&m->t.r);
	if (m->stop)
		return PAL_OK;
	if (pal_t7_failed(&m->t))
		return give_up(m, at, "the file ends inside its last object");
	if (left == 0)
		return PAL_OK;
	PAL_TRY(pal_sink_anomaly(m->sink, &pal_anomaly_torch7_trailing, at, "%llu bytes after the object",
				 (unsigned long long)left));
	return pal_give_stray(m->sink, m->in, at, left, pal_view_of("(after the object)"));
}

static void
torch7_done(struct torch7 **m)
{
	if (*m != NULL) {
		pal_buf_done(&(*m)->texts);
		pal_arena_done(&(*m)->arena);
	}
	pal_mem_free(*m);
}

static unsigned int
torch7_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	bool ascii = false;

	(void)size;
	(void)name;
	return pal_t7_looks(head, &ascii);
}

static enum pal_err
torch7_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	__attribute__((cleanup(torch7_done))) struct torch7 *m = pal_mem_new(1, sizeof(*m));
	struct pal_input                                     side = { .fd = -1 };
	struct pal_view                                      head = { 0 };
	enum pal_err                                         err = PAL_OK;

	if (m == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "torch7: no memory for the parser");
	PAL_TRY(pal_input_view(in, 0, 0, PAL_PROBE_HEAD, &head));
	(void)pal_t7_looks(head, &m->t.ascii);
	PAL_TRY(pal_input_part(in, 0, in->size, &side)); /* the reader keeps a window of its own */
	m->in = in;
	m->side = &side;
	m->sink = sink;
	m->t.r = pal_reader_at(&side, 0, side.size);
	pal_arena_init(&m->arena, (size_t)128 << 20);
	m->seen = pal_map_of(&m->arena);
	m->texts = pal_buf_of(4 * PAL_TEXT_PIECE);
	err = walk(m);
	pal_input_done(&side);
	return err;
}

const struct pal_format pal_format_torch7 = {
	.name = "torch7",
	.summary = "Torch7 objects (.t7), binary and text",
	.covers = "Every object, with its path: tables, strings, classes by name, tensors and the storages that they "
		  "show, held against each other and the file. Functions (Lua's or LuaJIT's bytecode, or source) are "
		  "reported with the dangerous names in them; bytecode is not disassembled. Numbers go to the weight "
		  "tests, those of text files are searched as bytes. Classes that read themselves from the file other "
		  "than tensors and storages (tds) are not followed, nor files with longs of 4 bytes.",
	.probe = torch7_probe,
	.parse = torch7_parse,
};
