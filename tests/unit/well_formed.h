/*
 * well_formed.h - a small and strict reader of the markup that palisade writes: tags nest, attributes are quoted, every
 * ampersand begins one of the references that we write, every character is legal in XML 1.0. For HTML it also knows
 * what the page may hold, so that data which became an element, an attribute or an address is found.
 */
#ifndef PALISADE_TEST_WELL_FORMED_H
#define PALISADE_TEST_WELL_FORMED_H

#include <string.h>

#include "palisade/utf8.h"

struct well_formed {
	struct pal_view rest;
	struct pal_view open[64];
	size_t          depth;
	bool            html;
};

static inline bool
well_one_of(struct pal_view v, const char *const *list)
{
	for (; *list != NULL; list++)
		if (pal_view_is(v, *list))
			return true;
	return false;
}

/* Text or an attribute's value: legal characters, no '<', only our references. */
static inline bool
well_text(struct pal_view v)
{
	static const char *const references[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&#10;", "&#9;" };

	while (v.len > 0) {
		struct pal_view at = v;
		uint32_t        c = pal_utf8_next(&v);
		bool            known = c != '&';

		for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++)
			known = known || pal_view_starts(at, references[i]);
		if (!known || c == '<' || c == PAL_UTF8_BAD || (c < 0x20 && c != '\t' && c != '\n') ||
		    (c & 0xfffe) == 0xfffe || (c >= 0x7f && c <= 0x9f) || (c >= 0x202a && c <= 0x202e))
			return false;
	}
	return true;
}

static inline struct pal_view
well_take(struct pal_view *v, size_t n)
{
	struct pal_view taken = pal_view_sub(*v, 0, n);

	*v = pal_view_sub(*v, n, SIZE_MAX);
	return taken;
}

static inline size_t
well_name_len(struct pal_view v)
{
	size_t n = 0;

	while (n < v.len && (pal_is_alnum(v.data[n]) || v.data[n] == '-' || v.data[n] == ':'))
		n++;
	return n;
}

/* Of the page: an address leads into the page itself, and nothing runs. */
static inline bool
well_attribute(struct pal_view name, struct pal_view value)
{
	static const char *const known[] = { "lang",
					     "charset",
					     "http-equiv",
					     "content",
					     "name",
					     "class",
					     "id",
					     "href",
					     "scope",
					     "title",
					     "role",
					     "aria-label",
					     "aria-labelledby",
					     "aria-hidden",
					     "focusable",
					     "open",
					     "viewBox",
					     "width",
					     "height",
					     "x",
					     "y",
					     "rx",
					     "d",
					     "cx",
					     "cy",
					     "r",
					     "xmlns",
					     "marker-end",
					     "refX",
					     "refY",
					     "markerWidth",
					     "markerHeight",
					     "markerUnits",
					     "orient",
					     NULL };

	if (!well_one_of(name, known))
		return false;
	if (pal_view_is(name, "href"))
		return pal_view_starts(value, "#");
	if (pal_view_is(name, "marker-end"))
		return pal_view_is(value, "url(#pl-tip)") || pal_view_is(value, "url(#pl-badtip)");
	return true;
}

static inline bool
well_attributes(struct well_formed *w, bool *ret_closed)
{
	for (;;) {
		struct pal_view name = { 0 }, value = { 0 };
		size_t          quote = 0;

		while (w->rest.len > 0 && (w->rest.data[0] == ' ' || w->rest.data[0] == '\n'))
			(void)well_take(&w->rest, 1);
		if (pal_view_starts(w->rest, "/>") || pal_view_starts(w->rest, ">")) {
			*ret_closed = w->rest.data[0] == '/';
			(void)well_take(&w->rest, *ret_closed ? 2 : 1);
			return true;
		}
		name = well_take(&w->rest, well_name_len(w->rest));
		if (name.len == 0)
			return false;
		if (pal_view_is(name, "open") && w->html)
			continue;
		if (!pal_view_starts(w->rest, "=\""))
			return false;
		(void)well_take(&w->rest, 2);
		quote = pal_view_find_byte(w->rest, '"', 0);
		if (quote == SIZE_MAX)
			return false;
		value = well_take(&w->rest, quote);
		(void)well_take(&w->rest, 1);
		if (!well_text(value) || (w->html && !well_attribute(name, value)))
			return false;
	}
}

static inline bool
well_element(struct well_formed *w)
{
	static const char *const known[] = { "html",    "head",    "meta",   "title",   "style",   "body",   "header",
					     "nav",     "main",    "footer", "section", "article", "figure", "div",
					     "p",       "b",       "span",   "h1",      "h2",      "h3",     "ul",
					     "ol",      "li",      "dl",     "dt",      "dd",      "a",      "code",
					     "pre",     "table",   "thead",  "tbody",   "tr",      "th",     "td",
					     "details", "summary", "svg",    "g",       "path",    "rect",   "circle",
					     "text",    "defs",    "marker", NULL };
	struct pal_view          name = well_take(&w->rest, well_name_len(w->rest));
	bool                     closed = false;

	if (name.len == 0 || (w->html && !well_one_of(name, known)) || !well_attributes(w, &closed))
		return false;
	if (closed || (w->html && pal_view_is(name, "meta")))
		return true;
	if (w->depth == 64)
		return false;
	w->open[w->depth++] = name;
	if (w->html && pal_view_is(name, "style")) { /* raw text; it holds none of a report's */
		size_t end = pal_view_find(w->rest, pal_view_of("</style>"), 0);

		(void)well_take(&w->rest, end == SIZE_MAX ? w->rest.len : end);
	}
	return true;
}

static inline bool
well_end(struct well_formed *w)
{
	struct pal_view name = well_take(&w->rest, well_name_len(w->rest));

	if (w->depth == 0 || !pal_view_eq(name, w->open[w->depth - 1]) || !pal_view_starts(w->rest, ">"))
		return false;
	(void)well_take(&w->rest, 1);
	w->depth--;
	return true;
}

static inline bool
well_formed(struct pal_view markup, bool html)
{
	struct well_formed w = { .rest = markup, .html = html };
	const char        *prolog = html ? "<!DOCTYPE html>" : "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";

	if (pal_view_starts(w.rest, prolog))
		(void)well_take(&w.rest, strlen(prolog));
	while (w.rest.len > 0) {
		size_t tag = pal_view_find_byte(w.rest, '<', 0);

		if (!well_text(well_take(&w.rest, tag == SIZE_MAX ? w.rest.len : tag)))
			return false;
		if (w.rest.len == 0)
			break;
		(void)well_take(&w.rest, 1);
		if (pal_view_starts(w.rest, "/")) {
			(void)well_take(&w.rest, 1);
			if (!well_end(&w))
				return false;
		} else if (!well_element(&w)) {
			return false;
		}
	}
	return w.depth == 0;
}

#endif
