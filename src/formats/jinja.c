/* jinja.c - templates of Jinja; what makes one is in has_statement(). */
#include "give.h"
#include "palisade/format.h"
#include "source.h"

extern const struct pal_format pal_format_text;

/* {% for, {%- if ...: the keyword of a statement behind its mark. */
static bool
has_statement(struct pal_view head)
{
	static const char *const words[] = { "for",    "if",      "set",  "macro",      "include",
					     "import", "extends", "from", "block",      "filter",
					     "call",   "raw",     "with", "autoescape", NULL };

	for (size_t at = 0; (at = pal_view_find(head, pal_view_of("{%"), at)) != SIZE_MAX; at++) {
		struct pal_view rest = pal_view_sub(head, at + 2, 64);

		if (rest.len > 0 && (rest.data[0] == '-' || rest.data[0] == '+'))
			rest = pal_view_sub(rest, 1, rest.len);
		rest = pal_view_trim(rest);
		for (const char *const *w = words; *w != NULL; w++)
			if (pal_view_starts(rest, *w))
				return true;
	}
	return false;
}

static bool
has_output(struct pal_view head)
{
	return pal_view_find(head, pal_view_of("{{"), 0) != SIZE_MAX &&
	       pal_view_find(head, pal_view_of("}}"), 0) != SIZE_MAX;
}

static unsigned int
jinja_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	static const char *const endings[] = { ".jinja", ".jinja2", ".j2", ".template", ".tmpl", NULL };
	bool                     named = pal_name_ends(name, endings);

	(void)size;
	if (!pal_source_is_text(head) || (!has_statement(head) && !(named && has_output(head))))
		return 0;
	return named ? 86 : 35; /* a document about Jinja is a document */
}

static enum pal_err
jinja_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	PAL_TRY(pal_give_source(in, sink, "jinja"));
	return pal_format_text.parse(in, sink, d);
}

const struct pal_format pal_format_jinja = {
	.name = "jinja",
	.summary = "templates of Jinja, chat templates among them",
	.covers =
	    "The template as a whole, up to 4 MiB, and all of its text as text. A file that is called otherwise is "
	    "one when it "
	    "holds statements and no other format knows it; documents and web pages with their usual endings stay "
	    "text.",
	.probe = jinja_probe,
	.parse = jinja_parse,
};
