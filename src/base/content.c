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

PAL_PRINTF(4, 0)
static enum pal_err
say(struct pal_sink *s, const struct pal_rule *rule, struct pal_place place, const char *fmt, va_list ap)
{
	char               text[PAL_DIAG_TEXT];
	struct pal_content c = { .kind = PAL_CONTENT_ANOMALY, .place = place, .rule = rule };

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	c.text = pal_view_of(text);
	return pal_sink_take(s, &c);
}

enum pal_err
pal_sink_anomaly(struct pal_sink *s, const struct pal_rule *rule, uint64_t offset, const char *fmt, ...)
{
	enum pal_err e = PAL_OK;
	va_list      ap;

	va_start(ap, fmt);
	e = say(s, rule, (struct pal_place){ .offset = offset }, fmt, ap);
	va_end(ap);
	return e;
}

enum pal_err
pal_sink_unread(struct pal_sink *s, const struct pal_rule *rule, uint64_t offset, uint64_t length, const char *fmt, ...)
{
	enum pal_err e = PAL_OK;
	va_list      ap;

	PAL_ASSERT(rule->unread != PAL_INFO);
	va_start(ap, fmt);
	e = say(s, rule, (struct pal_place){ .offset = offset, .length = length }, fmt, ap);
	va_end(ap);
	return e;
}
