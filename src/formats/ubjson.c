/* ubjson.c - UBJSON documents: XGBoost's models (.ubj, and in pickles) and any other. */
#include "ubjson_pull.h"

#include <stdio.h>

#include "give.h"
#include "palisade/buf.h"
#include "palisade/format.h"
#include "xgboost_doc.h"

#define NAME_MOST 256u
#define RUN_LEAST 256u /* bytes; a list of fewer numbers has no room for a file */

struct ubjson {
	struct pal_sink   *sink;
	struct pal_input  *in;
	struct pal_input   side; /* for reading on while something is looked at */
	struct pal_reader  r;
	struct pal_ubjson  pull;
	struct pal_xgboost model;
	struct pal_buf     texts; /* of the list at hand, a line each */
	uint64_t           texts_at;
	char               name[NAME_MOST];
};

static enum pal_err
broken(struct ubjson *u)
{
	uint64_t at = u->pull.at < u->in->size ? u->pull.at : u->in->size;

	if (u->pull.over)
		PAL_TRY(pal_sink_anomaly(u->sink, &pal_anomaly_ubjson_count, at, "%s, even in the whole file",
					 u->pull.why));
	PAL_TRY(pal_sink_unread(u->sink, &pal_anomaly_ubjson_broken, at, u->in->size - at, "%s", u->pull.why));
	return pal_give_bytes(u->sink, u->in, at, u->in->size - at);
}

/* The keys above, with dots between. */
static struct pal_view
name_of(struct ubjson *u)
{
	unsigned int depth = u->model.depth < PAL_XGBOOST_DEPTH ? u->model.depth : PAL_XGBOOST_DEPTH;
	size_t       n = 0;

	for (unsigned int i = 0; i < depth && n + PAL_XGBOOST_KEY + 2 < NAME_MOST; i++)
		if (u->model.levels[i].key[0] != '\0')
			n += (size_t)snprintf(u->name + n, NAME_MOST - n, "%s%s", n == 0 ? "" : ".",
					      u->model.levels[i].key);
	return (struct pal_view){ (const uint8_t *)u->name, n };
}

static enum pal_err
flush(struct ubjson *u)
{
	enum pal_err err = pal_buf_err(&u->texts);

	if (err == PAL_OK && u->texts.len > 0)
		err = pal_give_metas(u->sink, name_of(u), pal_buf_view(&u->texts), u->texts_at);
	pal_buf_clear(&u->texts);
	return err;
}

/* Texts of a list (names of features) are given together. */
static enum pal_err
take_text(struct ubjson *u)
{
	const struct pal_ubjson *p = &u->pull;

	PAL_TRY(pal_xgboost_text(&u->model, p->text, p->at));
	if (p->depth == 0 || !p->levels[p->depth - 1].array || p->text.len >= PAL_TEXT_PIECE)
		return pal_give_metas(u->sink, name_of(u), p->text, p->at);
	if (u->texts.len + p->text.len >= PAL_TEXT_PIECE)
		PAL_TRY(flush(u));
	if (u->texts.len == 0)
		u->texts_at = p->at;
	pal_buf_add(&u->texts, p->text);
	pal_buf_add_byte(&u->texts, '\n');
	return PAL_OK;
}

static enum pal_err
take_token(struct ubjson *u, enum pal_ubjson_token t)
{
	struct pal_ubjson *p = &u->pull;

	switch (t) {
	case PAL_UBJSON_OBJECT:
	case PAL_UBJSON_ARRAY:
		PAL_TRY(flush(u));
		pal_xgboost_open(&u->model, t == PAL_UBJSON_ARRAY, p->at);
		return PAL_OK;
	case PAL_UBJSON_CLOSE:
		PAL_TRY(flush(u));
		return pal_xgboost_close(&u->model);
	case PAL_UBJSON_KEY:
		pal_xgboost_key(&u->model, p->text);
		return p->text.len < PAL_XGBOOST_KEY ? PAL_OK : pal_give_metas(u->sink, name_of(u), p->text, p->at);
	case PAL_UBJSON_TEXT:
		return take_text(u);
	case PAL_UBJSON_LONG:
		return pal_give_stray(u->sink, u->in, p->at, p->len, name_of(u));
	case PAL_UBJSON_RUN:
		return p->len < RUN_LEAST ? PAL_OK : pal_give_stray(u->sink, u->in, p->at, p->len, name_of(u));
	case PAL_UBJSON_WHOLE:
	case PAL_UBJSON_FLOAT:
		pal_xgboost_number(&u->model, t == PAL_UBJSON_WHOLE, p->number, p->finite);
		return PAL_OK;
	case PAL_UBJSON_BROKEN:
		return broken(u);
	case PAL_UBJSON_WORD:
	case PAL_UBJSON_END:
		break;
	}
	return PAL_OK;
}

static enum pal_err
walk(struct ubjson *u)
{
	enum pal_ubjson_token t = PAL_UBJSON_WORD;
	uint64_t              left = 0;

	while (t != PAL_UBJSON_END && t != PAL_UBJSON_BROKEN) {
		bool plain = t == PAL_UBJSON_WHOLE || t == PAL_UBJSON_FLOAT; /* counted by their bytes alone */

		if (!plain && u->sink->limits->items-- == 0) {
			u->sink->limits->items = 0;
			return pal_sink_unread(u->sink, &pal_anomaly_format_limit, u->r.offset, pal_reader_left(&u->r),
					       "more values than the limit");
		}
		t = pal_ubjson_next(&u->pull);
		PAL_TRY(take_token(u, t));
	}
	PAL_TRY(pal_xgboost_finish(&u->model, 0));
	left = pal_reader_left(&u->r);
	if (t == PAL_UBJSON_BROKEN || left == 0)
		return PAL_OK;
	PAL_TRY(pal_sink_anomaly(u->sink, &pal_anomaly_ubjson_trailing, u->r.offset, "%llu bytes after the document",
				 (unsigned long long)left));
	return pal_give_stray(u->sink, u->in, u->r.offset, left, pal_view_of("(after the document)"));
}

static enum pal_err
ubjson_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct ubjson u = { .sink = sink, .in = in };
	enum pal_err  err = pal_input_part(in, 0, in->size, &u.side);

	(void)d;
	PAL_TRY(err);
	u.r = pal_reader_at(&u.side, 0, in->size);
	u.texts = pal_buf_of(2 * PAL_TEXT_PIECE + 2);
	pal_ubjson_init(&u.pull, &u.r);
	pal_xgboost_init(&u.model, sink);
	err = walk(&u);
	pal_xgboost_done(&u.model);
	pal_buf_done(&u.texts);
	pal_input_done(&u.side);
	return err;
}

static bool
is_name(struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (!pal_is_alnum(v.data[i]) && v.data[i] != '_' && v.data[i] != '-' && v.data[i] != '.')
			return false;
	return v.len > 0;
}

/* An object whose first key is a name with its length before it, and a type behind it: no text looks so. */
static unsigned int
ubjson_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	struct pal_reader     r = pal_reader_of(head);
	struct pal_ubjson     u = { 0 };
	enum pal_ubjson_token t = PAL_UBJSON_END;
	bool                  known = false;

	(void)name;
	if (head.len < 6 || head.data[0] != '{' || size < 6)
		return 0;
	pal_ubjson_init(&u, &r);
	(void)pal_ubjson_next(&u); /* the object */
	t = pal_ubjson_next(&u);
	if (t != PAL_UBJSON_KEY || u.text.len > 64 || !is_name(u.text))
		return 0;
	known = pal_view_is(u.text, "learner") || pal_view_is(u.text, "Model") || pal_view_is(u.text, "Config");
	t = pal_ubjson_next(&u);
	if (t == PAL_UBJSON_BROKEN && head.len == size)
		return known ? 60 : 0;
	return t == PAL_UBJSON_END || t == PAL_UBJSON_CLOSE ? 0 : known && t == PAL_UBJSON_OBJECT ? 94 : 62;
}

const struct pal_format pal_format_ubjson = {
	.name = "ubjson",
	.summary = "UBJSON documents: XGBoost's models (.ubj)",
	.covers =
	    "Every value of the document, in lists with and without counts and types. Texts with their keys "
	    "(attributes, "
	    "names of features; those that are programs are read as such), lists of numbers searched for files inside. "
	    "Of a model of XGBoost, all that is said of xgboost.",
	.probe = ubjson_probe,
	.parse = ubjson_parse,
};
