/* exception.c - an exception that is expired or not approved does not count, and says so. */
#include "palisade/exception.h"

#include <string.h>

#include "palisade/json.h"

#define DAY_MS UINT64_C(86400000)

void
pal_exception_write(const struct pal_exception_decl *e, struct pal_buf *out)
{
	struct pal_json_writer w = pal_json_writer_of(out, 0);
	char                   expires[PAL_TIME_TEXT];

	pal_time_format(e->expires_ms, expires);
	pal_json_begin(&w, NULL, '{');
	pal_json_put_text(&w, "artifact", e->artifact);
	pal_json_put_text(&w, "control", e->control);
	pal_json_put_text(&w, "expires", expires);
	pal_json_put_text(&w, "reason", e->reason);
	pal_json_end(&w, '}');
}

enum pal_err
pal_exception_digest(const struct pal_exception_decl *e, struct pal_digest *ret)
{
	PAL_AUTO_BUF b = pal_buf_of(0);

	pal_exception_write(e, &b);
	PAL_TRY(pal_buf_err(&b));
	return pal_digest_of(PAL_SHA256, pal_buf_view(&b), ret);
}

const char *
pal_exception_purpose(const struct pal_exception_decl *e, struct pal_arena *a)
{
	return pal_arena_printf(a, "exception:%s", e->control);
}

/* Whole days from now to then, rounded down: -1 from the first moment after. */
static int
days_between(uint64_t now, uint64_t then)
{
	uint64_t days = then >= now ? (then - now) / DAY_MS : (now - then + DAY_MS - 1) / DAY_MS;

	if (days > 1000000)
		days = 1000000;
	return then >= now ? (int)days : -(int)days;
}

static void
say_why(struct pal_exception_state *s, const struct pal_exception_approval *ap, uint64_t now, struct pal_arena *a)
{
	char until[PAL_TIME_TEXT];

	pal_time_format(s->decl->expires_ms, until);
	s->counts = false;
	if (now >= s->decl->expires_ms)
		s->why = pal_arena_printf(
		    a, "the exception expired at %s; fix the cause, or declare and approve a new one", until);
	else if (!ap->approved)
		s->why = pal_arena_printf(a, "the exception is not approved with a signature: %s",
					  ap->text != NULL ? ap->text : "nobody approved it");
	else {
		s->counts = true;
		s->why = pal_arena_printf(a, "%s (approved by %s, expires %s)", s->decl->reason,
					  ap->by != NULL ? ap->by : "somebody without a name", until);
	}
}

enum pal_err
pal_exceptions_judge(const struct pal_policy *p, const struct pal_clock *clock,
		     const struct pal_exception_source *source, struct pal_arena *a, struct pal_exceptions *ret,
		     struct pal_diag *d)
{
	const struct pal_exception_decl *all = p->exceptions.items;
	size_t                           n = p->exceptions.count;
	struct pal_exception_state      *states = pal_arena_array(a, n, sizeof(*states));
	uint64_t                         now = pal_clock_now_ms(clock);

	for (size_t i = 0; i < n && states != NULL; i++) {
		struct pal_exception_approval ap = { 0 };
		struct pal_digest             digest = { 0 };
		char                          hex[PAL_DIGEST_TEXT];
		enum pal_err                  e = pal_exception_digest(&all[i], &digest);

		if (e != PAL_OK)
			return pal_fail(d, e, 0, "the exception to %s for %s cannot be hashed", all[i].control,
					all[i].artifact);
		pal_digest_hex(&digest, hex);
		PAL_TRY(source->find(source->arg, &all[i], hex, p->roles.may[PAL_ACT_EXCEPT], a, &ap, d));
		states[i] = (struct pal_exception_state){ .decl = &all[i],
							  .approved_by = ap.approved ? ap.by : NULL,
							  .days_left = days_between(now, all[i].expires_ms) };
		say_why(&states[i], &ap, now, a);
	}
	if (pal_arena_err(a) != PAL_OK)
		return pal_fail(d, pal_arena_err(a), 0, "no memory for %zu exceptions", n);
	*ret = (struct pal_exceptions){ states, n };
	return PAL_OK;
}

const struct pal_exception_state *
pal_exception_for(const struct pal_exceptions *x, const char *control, const char *artifact)
{
	const struct pal_exception_state *first = NULL;

	for (size_t i = 0; x != NULL && artifact != NULL && i < x->count; i++) {
		const struct pal_exception_state *s = &x->items[i];

		if (strcmp(s->decl->control, control) != 0 || strcmp(s->decl->artifact, artifact) != 0)
			continue;
		if (s->counts)
			return s;
		if (first == NULL)
			first = s;
	}
	return first;
}
