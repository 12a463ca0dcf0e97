/* marshal.c - compiled Python: a code object as marshal writes it (a lambda of a model), or a .pyc file around one. */
#include "marshal.h"

#include "give.h"
#include "palisade/format.h"
#include "palisade/mem.h"
#include "palisade/reader.h"
#include "zip.h"

#define CODE_LEAST 60u /* an empty lambda of Python 2 */
#define FIELD_MOST 0x10000u

/* The ints of a code object are counts of arguments, variables and stack slots, then flags. */
static bool
is_code(struct pal_view v, uint64_t left)
{
	struct pal_reader r = pal_reader_of(pal_view_sub(v, 1, 64));
	unsigned int      ints = 0;

	if (v.len < CODE_LEAST || (v.data[0] & 0x7f) != 'c' || left < CODE_LEAST)
		return false;
	ints = pal_marshal_ints(pal_view_sub(v, 1, 64), left - 1);
	for (unsigned int i = 0; i + 1 < ints; i++)
		if (pal_read_u32le(&r) >= FIELD_MOST)
			return false;
	return ints > 0 && pal_read_u32le(&r) < 1u << 30;
}

/* Where the code object begins: at once, or behind the header of a .pyc (8 bytes, 12 from 3.3, 16 from 3.7). */
static size_t
start_of(struct pal_view head, uint64_t size)
{
	static const uint8_t headers[] = { 16, 12, 8 };

	if (is_code(head, size))
		return 0;
	if (head.len < 4 || head.data[2] != '\r' || head.data[3] != '\n')
		return SIZE_MAX;
	for (size_t i = 0; i < sizeof(headers); i++)
		if (size > headers[i] && is_code(pal_view_sub(head, headers[i], head.len), size - headers[i]))
			return headers[i];
	return SIZE_MAX;
}

static unsigned int
marshal_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	size_t at = start_of(head, size);

	(void)name;
	return at == SIZE_MAX ? 0 : at == 0 ? 91 : 95;
}

/* Up to PAL_MARSHAL_MOST bytes of the file, together. */
static enum pal_err
read_all(struct pal_input *in, struct pal_arena *a, struct pal_view *ret_all)
{
	size_t          len = in->size < PAL_MARSHAL_MOST ? (size_t)in->size : PAL_MARSHAL_MOST;
	uint8_t        *all = pal_arena_array(a, len, 1);
	struct pal_view v = { 0 };

	if (all == NULL)
		return pal_arena_err(a);
	for (size_t at = 0; at < len; at += v.len) {
		PAL_TRY(pal_input_view(in, at, 1, len - at, &v));
		pal_mem_copy(all + at, len - at, v.data, v.len);
	}
	*ret_all = (struct pal_view){ all, len };
	return PAL_OK;
}

static enum pal_err
say_end(const struct pal_marshal *m, struct pal_input *in, struct pal_sink *sink)
{
	uint64_t end = m->end < in->size ? m->end : in->size;

	if (m->why == NULL && end == in->size)
		return PAL_OK;
	if (m->why != NULL)
		PAL_TRY(pal_sink_unread(sink, m->limit ? &pal_anomaly_format_limit : &pal_anomaly_marshal_broken,
					m->wrong_at, in->size - end, "at %llu: %s; what follows was not examined",
					(unsigned long long)m->wrong_at, m->why));
	return pal_give_stray(sink, in, end, in->size - end, pal_view_of("(after the code)"));
}

static enum pal_err
take(struct pal_input *in, struct pal_sink *sink, struct pal_arena *a)
{
	struct pal_marshal m = { .arena = a };
	struct pal_view    all = { 0 };
	size_t             at = 0;
	PAL_AUTO_BUF       names = pal_buf_of(4096);

	PAL_TRY(read_all(in, a, &all));
	at = start_of(pal_view_sub(all, 0, PAL_PROBE_HEAD), in->size);
	at = at == SIZE_MAX ? 0 : at;
	PAL_TRY(pal_marshal_read(&m, all, at));
	PAL_TRY(pal_marshal_give(&m, in, sink, at == 0 ? NULL : &names));
	if (at > 0)
		PAL_TRY(pal_sink_anomaly(sink, &pal_anomaly_marshal_module, 0, "a compiled Python module%s%s",
					 names.len == 0 ? "" : "; it names ", pal_buf_text(&names)));
	return say_end(&m, in, sink);
}

static enum pal_err
marshal_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	PAL_AUTO_ARENA a;
	enum pal_err   err = PAL_OK;

	pal_arena_init(&a, (size_t)128 << 20);
	err = take(in, sink, &a);
	if (err == PAL_ELIMIT && pal_arena_err(&a) == PAL_ELIMIT) {
		PAL_TRY(pal_sink_unread(sink, &pal_anomaly_format_limit, 0, in->size,
					"the code takes more than 128 MiB to read; it was not examined"));
		err = pal_give_bytes(sink, in, 0, in->size);
	}
	return err == PAL_OK && pal_zip_at_end(in) ? pal_zip_also(in, sink, d) : err;
}

const struct pal_format pal_format_marshal = {
	.name = "marshal",
	.summary = "compiled Python (code objects, .pyc)",
	.covers = "Code objects of CPython 2.7 and 3.4 to 3.14, the layout told from the bytes: constants and names as "
		  "text, bytes "
		  "among the constants as files of their own, and what the code would reach: names of modules with the "
		  "name that "
		  "follows, builtins that run code, attributes that lead into the interpreter. A .pyc file is reported "
		  "with such "
		  "names. Nothing is run or disassembled. At most 16 MiB and 400,000 values are read.",
	.probe = marshal_probe,
	.parse = marshal_parse,
};
