/* rdata.c - R's saved objects (.rds, and .rda and .RData workspaces) as R serializes them; compressed ones are unpacked
 * by their own formats. */
#include "rdata.h"

#include "give.h"
#include "palisade/format.h"
#include "palisade/mem.h"

#define MARK_BYTES 5u

struct kind {
	const char         *mark;
	enum pal_rdata_form form;
	bool                workspace;
};

static const struct kind kinds[] = {
	{ "X\n", PAL_RDATA_XDR, false },         { "A\n", PAL_RDATA_ASCII, false },
	{ "B\n", PAL_RDATA_NATIVE, false },      { "RDX2\nX\n", PAL_RDATA_XDR, true },
	{ "RDX3\nX\n", PAL_RDATA_XDR, true },    { "RDA2\nA\n", PAL_RDATA_ASCII, true },
	{ "RDA3\nA\n", PAL_RDATA_ASCII, true },  { "RDB2\nB\n", PAL_RDATA_NATIVE, true },
	{ "RDB3\nB\n", PAL_RDATA_NATIVE, true },
};

static const struct kind *
kind_of(struct pal_view head)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (pal_view_starts(head, kinds[i].mark))
			return &kinds[i];
	return NULL;
}

/* 1.4.0, which brought version 2, to 15: a column of numbers below the letter A is no R object. */
static bool
is_release(int32_t n)
{
	return n >= 0x010400 && n < 0x100000;
}

/* Version 2 or 3, by which R, readable since which R; version 3 names the encoding of texts without one. */
static bool
read_header(struct pal_rdata *d)
{
	int32_t version = pal_rdata_int(d), writer = pal_rdata_int(d), reader = pal_rdata_int(d), len = 0;
	bool    whole = true;

	if ((version != 2 && version != 3) || !is_release(writer) || !is_release(reader))
		return false;
	if (version == 3) {
		len = pal_rdata_int(d);
		if (len < 0 || len > 64)
			return false;
		(void)pal_rdata_text(d, (uint64_t)len, &whole);
	}
	return pal_rdata_err(d) == PAL_OK;
}

static unsigned int
rdata_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	const struct kind *k = kind_of(head);
	struct pal_rdata   d = { 0 };
	bool               good = false;

	(void)size;
	(void)name;
	if (k == NULL)
		return 0;
	d = (struct pal_rdata){ .form = k->form, .text = pal_buf_of(PAL_PROBE_HEAD) };
	d.r = pal_reader_of(pal_view_sub(head, pal_view_of(k->mark).len, head.len));
	good = read_header(&d);
	pal_buf_done(&d.text);
	return good ? 95 : k->workspace && pal_view_find_byte(pal_view_sub(head, 7, 8), 0, 0) != SIZE_MAX ? 60 : 0;
}

static enum pal_err
take_rest(struct pal_rdata_walk *w)
{
	uint64_t at = w->data.r.offset, left = pal_reader_left(&w->data.r);
	bool     words = w->data.form == PAL_RDATA_ASCII;

	if (w->broken || left == 0 || (words && left <= 2))
		return PAL_OK;
	PAL_TRY(pal_sink_anomaly(w->sink, &pal_anomaly_r_trailing, at, "%llu bytes after the object",
				 (unsigned long long)left));
	return pal_give_stray(w->sink, w->in, at, left, pal_view_of("(after the object)"));
}

static enum pal_err
take_object(struct pal_rdata_walk *w)
{
	struct pal_view    head = { 0 };
	const struct kind *k = NULL;

	PAL_TRY(pal_input_view(w->in, 0, 0, 2 * MARK_BYTES, &head));
	k = kind_of(head);
	if (k == NULL)
		return pal_rdata_broken(w, "no mark of R's serialization");
	w->data.form = k->form;
	w->workspace = k->workspace;
	pal_read_skip(&w->data.r, pal_view_of(k->mark).len);
	if (!read_header(&w->data))
		return pal_rdata_broken(w, "neither version 2 nor 3 of R's serialization");
	PAL_TRY(pal_rdata_items(w));
	return take_rest(w);
}

static enum pal_err
rdata_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_rdata_walk  walk = { .sink = sink, .in = in };
	struct pal_rdata_walk *w = &walk;
	struct pal_input       side = { 0 };
	enum pal_err           err = PAL_OK;

	/* an item inside another one takes a byte at the least */
	w->depth_most = in->size < PAL_RDATA_DEPTH ? (size_t)in->size + 1 : PAL_RDATA_DEPTH;
	w->frames = pal_mem_new(w->depth_most, sizeof(*w->frames));
	if (w->frames == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "rdata: no memory for the parser");
	pal_arena_init(&w->arena, PAL_RDATA_MEMORY);
	w->names = pal_list_of(&w->arena, sizeof(struct pal_view));
	w->refs = pal_list_of(&w->arena, sizeof(size_t));
	w->texts = pal_buf_of(2 * PAL_TEXT_PIECE + 2);
	w->shown = pal_buf_of(0);
	w->data.text = pal_buf_of(0);
	err = pal_input_part(in, 0, in->size, &side);
	w->data.r = pal_reader_at(&side, 0, in->size);
	if (err == PAL_OK)
		err = take_object(w);
	pal_buf_done(&w->texts);
	pal_buf_done(&w->shown);
	pal_buf_done(&w->data.text);
	pal_arena_done(&w->arena);
	pal_input_done(&side);
	pal_mem_free(w->frames);
	return err;
}

const struct pal_format pal_format_rdata = {
	.name = "rdata",
	.summary = "R objects and workspaces (.rds, .rda, .RData)",
	.covers =
	    "Versions 2 and 3 of R's serialization in XDR, ASCII and native form, also inside gzip, bzip2, xz and "
	    "zstd: "
	    "every item. Calls in promises, functions (and their bytecode's constants), expressions and language "
	    "objects "
	    "by the name of what they call, also through do.call, lapply, get and their like, pkg::name and an "
	    "assignment; promises outside of environments; active bindings; functions of a workspace that R runs by "
	    "itself or that take the place of its own; ALTREP classes; namespaces that loading brings in. Texts are "
	    "examined as texts, raw vectors as files inside or bytes, long vectors of numbers as bytes. Instructions "
	    "of "
	    "bytecode are not followed, code in texts is not parsed, and names that a program computes are not "
	    "resolved.",
	.probe = rdata_probe,
	.parse = rdata_parse,
};
