/* rdata_call.c - the calls in R's language objects, as operations that the table of operations judges. */
#include "palisade/buf.h"
#include "rdata.h"

static const char *const contexts[] = {
	"call", "past", "call", "expression", "closure", "promise", "active", "startup"
};

/* Packages that every R has on its search path: their functions go by their names alone. */
static const char *const own[] = { "base", "utils", "stats", "methods", "graphics", "grDevices", "tools", NULL };

/* Functions whose arguments are functions or names of such. */
static const char *const others[] = {
	"do.call",
	"match.fun",
	"get",
	"get0",
	"mget",
	"lapply",
	"sapply",
	"vapply",
	"mapply",
	"Map",
	"Reduce",
	"Filter",
	"Find",
	"Position",
	"apply",
	"tapply",
	"outer",
	"rapply",
	"eapply",
	"Vectorize",
	"<-",
	"=",
	"<<-",
	"assign",
	"getFunction",
	"getExportedValue",
	"getFromNamespace",
	"getAnywhere",
	"exec",
	"invoke",
	"delayedAssign",
	"makeActiveBinding",
	"reg.finalizer",
	"Recall",
	"as.call",
	"call",
	NULL,
};

static bool
is_one_of(struct pal_view v, const char *const *names)
{
	for (; *names != NULL; names++)
		if (pal_view_is(v, *names))
			return true;
	return false;
}

static struct pal_view
name_of(const struct pal_rdata_walk *w, size_t name)
{
	if (name == 0 || name > w->names.count)
		return (struct pal_view){ 0 };
	return *(const struct pal_view *)pal_list_at(&w->names, name - 1);
}

bool
pal_rdata_calls_others(const struct pal_rdata_walk *w, struct pal_rdata_value head)
{
	static const char *const reach[] = { "::", ":::", NULL };
	struct pal_view          name = name_of(w, head.name);

	return name.len > 0 && (is_one_of(name, others) || is_one_of(name, reach));
}

struct pal_rdata_value
pal_rdata_value_of(const struct pal_rdata_walk *w, const struct pal_rdata_frame *f)
{
	struct pal_rdata_value v = { .type = R_CALL };

	if (f->arg_count < 2 ||
	    !(pal_view_is(name_of(w, f->head.name), "::") || pal_view_is(name_of(w, f->head.name), ":::")))
		return v;
	v.type = R_SYMBOL;
	v.name = f->args[1].name;
	v.package = f->args[0].name;
	return v;
}

enum pal_err
pal_rdata_say(struct pal_rdata_walk *w, const char *context, struct pal_rdata_value v, const char *with, uint64_t at)
{
	struct pal_view    package = name_of(w, v.package);
	struct pal_content c = { .kind = PAL_CONTENT_OP,
				 .place.offset = at,
				 .loader = "r",
				 .module = pal_view_of(context),
				 .name = name_of(w, v.name),
				 .text = pal_view_of(with) };

	if (c.name.len == 0)
		return PAL_OK;
	if (package.len > 0 && !is_one_of(package, own)) {
		pal_buf_clear(&w->shown);
		pal_buf_add(&w->shown, package);
		pal_buf_add_text(&w->shown, "::");
		pal_buf_add(&w->shown, c.name);
		PAL_TRY(pal_buf_err(&w->shown));
		c.name = pal_buf_view(&w->shown);
	}
	return pal_sink_take(w->sink, &c);
}

/* The first argument is the name that is given, not one that is asked for. */
static bool
assigns(const struct pal_rdata_walk *w, struct pal_rdata_value head)
{
	static const char *const names[] = { "<-", "=", "<<-", "assign", NULL };

	return is_one_of(name_of(w, head.name), names);
}

enum pal_err
pal_rdata_call(struct pal_rdata_walk *w, const struct pal_rdata_frame *f)
{
	const char *context = contexts[f->context];

	PAL_TRY(pal_rdata_say(w, context, f->head, f->shown, f->at));
	if (pal_rdata_value_of(w, f).type == R_SYMBOL)
		return pal_rdata_say(w, context, pal_rdata_value_of(w, f), "", f->at);
	if (!pal_rdata_calls_others(w, f->head))
		return PAL_OK;
	for (size_t i = assigns(w, f->head) ? 1 : 0; i < f->arg_count; i++)
		PAL_TRY(pal_rdata_say(w, context, f->args[i], f->shown, f->at));
	return PAL_OK;
}
