/* err.c - the error table, and the one place where a diagnosis is written. */
#include "palisade/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *text;
	int         exit_code;
} errs[] = {
#define PAL_ERR(name, exit_code, http, text) [PAL_##name] = { #name, text, exit_code },
#include "palisade/err.def"
#undef PAL_ERR
};

const char *
pal_err_text(enum pal_err e)
{
	return (size_t)e < sizeof(errs) / sizeof(errs[0]) ? errs[e].text : "unknown error";
}

const char *
pal_err_name(enum pal_err e)
{
	return (size_t)e < sizeof(errs) / sizeof(errs[0]) ? errs[e].name : "EUNKNOWN";
}

int
pal_err_exit(enum pal_err e)
{
	return (size_t)e < sizeof(errs) / sizeof(errs[0]) ? errs[e].exit_code : 2;
}

/* What the analyser sees in their place (err.h) ends here. */
#undef pal_fail
#undef pal_fail_in

enum pal_err
pal_fail(struct pal_diag *d, enum pal_err code, uint64_t offset, const char *fmt, ...)
{
	va_list ap;

	if (d == NULL)
		return code;

	d->code = code;
	d->offset = offset;
	va_start(ap, fmt);
	(void)vsnprintf(d->text, sizeof(d->text), fmt, ap);
	va_end(ap);
	return code;
}

enum pal_err
pal_fail_in(struct pal_diag *d, enum pal_err code, const char *context)
{
	char   text[PAL_DIAG_TEXT];
	size_t n = 0;

	if (d == NULL)
		return code;
	if (d->text[0] == '\0')
		return pal_fail(d, code, 0, "%s: %s", context, pal_err_text(code));
	n = strnlen(d->text, sizeof(d->text) - 1);
	for (size_t i = 0; i < n; i++)
		text[i] = d->text[i];
	text[n] = '\0';
	return pal_fail(d, code, d->offset, "%s: %s", context, text);
}

void
pal_assert_failed(const char *cond, const char *file, int line)
{
	(void)fprintf(stderr, "palisade: internal error: %s at %s:%d; please report it\n", cond, file, line);
	abort();
}
