/* content.c - the default budgets, and two ways to hand content over. */
#include "palisade/content.h"

#include <stdarg.h>
#include <stdio.h>

const struct pal_limits pal_limits_default = {
	.depth = 8,
	.members = 100000,
	.output = (uint64_t)1 << 30,
	.items = (uint64_t)1 << 32,
	.text = (size_t)64 << 20,
};

enum pal_err
pal_sink_take(struct pal_sink *s, const struct pal_content *piece)
{
	return s->take(s->arg, piece);
}

enum pal_err
pal_sink_anomaly(struct pal_sink *s, const struct pal_rule *rule, uint64_t offset, const char *fmt, ...)
{
	char               text[PAL_DIAG_TEXT];
	struct pal_content c = { .kind = PAL_CONTENT_ANOMALY, .place.offset = offset, .rule = rule };
	va_list            ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c.text = pal_view_of(text);
	return pal_sink_take(s, &c);
}
