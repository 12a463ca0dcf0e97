/* rdata_walk.c - frame by frame through R's items; to audit: step_pair(), which says what runs when. */
#include "give.h"
#include "palisade/mem.h"
#include "rdata.h"

static struct pal_view
name_of(const struct pal_rdata_walk *w, size_t name)
{
	return name == 0 ? (struct pal_view){ 0 } : *(const struct pal_view *)pal_list_at(&w->names, name - 1);
}

static struct pal_rdata_frame *
top(struct pal_rdata_walk *w)
{
	return &w->frames[w->depth - 1];
}

static enum pal_err
pop(struct pal_rdata_walk *w, struct pal_rdata_value v)
{
	w->depth--;
	w->last = v;
	return PAL_OK;
}

static enum pal_err
flush(struct pal_rdata_walk *w)
{
	struct pal_place place = { .offset = w->texts_at };
	enum pal_err     err = pal_buf_err(&w->texts);

	if (err == PAL_OK && w->texts.len > 0)
		err = pal_give_text(w->sink, pal_buf_view(&w->texts), &place);
	pal_buf_clear(&w->texts);
	return err;
}

/* What is left of it are attributes: a list of its own, or nothing. */
static enum pal_err
ask_attributes(struct pal_rdata_walk *w, struct pal_rdata_frame *f)
{
	struct pal_rdata_ask ask = { 0 };

	f->type = R_ATTRIBUTES;
	f->step = 1;
	f->head = w->last; /* what the item was */
	return pal_rdata_begin(w, &ask);
}

static enum pal_err
end_vector(struct pal_rdata_walk *w, struct pal_rdata_frame *f, struct pal_rdata_value v)
{
	if (!f->attributes)
		return pop(w, v);
	w->last = v;
	return ask_attributes(w, f);
}

static enum pal_err
step_attributes(struct pal_rdata_walk *w, struct pal_rdata_frame *f)
{
	return f->step == 0 ? ask_attributes(w, f) : pop(w, f->head);
}

/* ---- texts ---- */

/* A text among a call's arguments is shown with it, and may name a function. */
static enum pal_err
take_argument_text(struct pal_rdata_walk *w, struct pal_rdata_frame *call, struct pal_rdata_value *v)
{
	struct pal_view cut = pal_view_sub(w->text, 0, PAL_RDATA_SHOWN - 2 - call->shown_len);

	if (cut.len > 0) {
		if (call->shown_len > 0)
			call->shown[call->shown_len++] = ' ';
		cut.len -= call->shown_len + cut.len >= PAL_RDATA_SHOWN ? 1 : 0;
		pal_mem_copy(call->shown + call->shown_len, PAL_RDATA_SHOWN - call->shown_len, cut.data, cut.len);
		call->shown_len += cut.len;
		call->shown[call->shown_len] = '\0';
	}
	if (pal_rdata_calls_others(w, call->head) && w->text.len > 0 && w->text.len < 64)
		*v = (struct pal_rdata_value){ .type = R_SYMBOL, .name = pal_rdata_name(w, w->text) };
	return PAL_OK;
}

static enum pal_err
take_text(struct pal_rdata_walk *w, struct pal_rdata_frame *f)
{
	struct pal_rdata_frame *call = f->call == 0 ? NULL : &w->frames[f->call - 1];

	if (w->last.type != R_CHAR)
		return pal_rdata_broken(w, "a vector of texts with something else in it");
	if (call != NULL && call->shown_len < PAL_RDATA_SHOWN - 2)
		PAL_TRY(take_argument_text(w, call, &f->head));
	if (w->text.len == 0)
		return PAL_OK;
	if (w->text.len >= PAL_TEXT_PIECE) {
		struct pal_place place = { .offset = w->item_at };

		return pal_give_text(w->sink, w->text, &place);
	}
	if (w->texts.len + w->text.len >= PAL_TEXT_PIECE)
		PAL_TRY(flush(w));
	if (w->texts.len == 0)
		w->texts_at = w->item_at;
	pal_buf_add(&w->texts, w->text);
	pal_buf_add_byte(&w->texts, '\n');
	return PAL_OK;
}

static enum pal_err
step_texts(struct pal_rdata_walk *w, struct pal_rdata_frame *f)
{
	static const struct pal_rdata_ask ask = { 0 };

	if (f->step++ > 0)
		PAL_TRY(take_text(w, f));
	if (w->broken)
		return PAL_OK;
	if (f->left-- > 0)
		return pal_rdata_begin(w, &ask);
	f->head.type = f->head.name != 0 ? R_SYMBOL : R_STRING;
	return end_vector(w, f, f->head);
}

/* The names behind a package or a hook; the first one of a namespace is what R loads. */
static enum pal_err
step_names(struct pal_rdata_walk *w, struct pal_rdata_frame *f)
{
	static const struct pal_rdata_ask ask = { 0 };

	if (f->step++ == 1 && w->last.type == R_CHAR && f->type != R_PACKAGE) {
		f->head.name = pal_rdata_name(w, w->text);
		PAL_TRY(pal_rdata_say(w, f->type == R_NAMESPACE ? "namespace" : "persistent", f->head, "", f->at));
	}
	if (f->left-- > 0)
		return pal_rdata_begin(w, &ask);
	(void)pal_list_add(&w->refs);
	return pop(w, (struct pal_rdata_value){ .type = f->type });
}

static enum pal_err
step_symbol(struct pal_rdata_walk *w, struct pal_rdata_frame *f)
{
	static const struct pal_rdata_ask ask = { 0 };
	size_t                           *ref = NULL, name = 0;

	if (f->step++ == 0)
		return pal_rdata_begin(w, &ask);
	if (w->last.type != R_CHAR)
		return pal_rdata_broken(w, "a symbol without a name");
	name = pal_rdata_name(w, w->text);
	ref = pal_list_add(&w->refs);
	if (ref != NULL)
		*ref = name;
	return pop(w, (struct pal_rdata_value){ .type = R_SYMBOL, .name = name });
}

/* ---- lists, environments, bytecode ---- */

static enum pal_err
step_vector(struct pal_rdata_walk *w, struct pal_rdata_frame *f)
{
	struct pal_rdata_ask ask = { .context = f->context, .environment = f->environment };

	if (f->left-- > 0)
		return pal_rdata_begin(w, &ask);
	return end_vector(w, f, (struct pal_rdata_value){ .type = f->type });
}

/* The one around it, its variables as a list and as a table, attributes. */
static enum pal_err
step_environment(struct pal_rdata_walk *w, struct pal_rdata_frame *f)
{
	struct pal_rdata_ask ask = { .environment = f->step == 1 || f->step == 2 };

	if (f->step++ < 4)
		return pal_rdata_begin(w, &ask);
	return pop(w, (struct pal_rdata_value){ .type = R_ENVIRONMENT });
}

/* A pointer has two values and attributes, a weak reference attributes alone. */
static enum pal_err
step_pointer(struct pal_rdata_walk *w, struct pal_rdata_frame *f)
{
	static const struct pal_rdata_ask ask = { 0 };

	if (f->type == R_POINTER && f->step++ < 2)
		return pal_rdata_begin(w, &ask);
	return end_vector(w, f, (struct pal_rdata_value){ .type = f->type });
}

/* Its class as a list of symbols, its state, attributes. */
static enum pal_err
step_altrep(struct pal_rdata_walk *w, struct pal_rdata_frame *f)
{
	struct pal_rdata_ask ask = { .call = w->depth, .arguments = f->step == 0 };
	struct pal_rdata_value class = { 0 };

	if (f->step == 1) {
		class = (struct pal_rdata_value){ .name = f->args[0].name, .package = f->args[1].name };
		PAL_TRY(pal_rdata_say(w, "altrep", class, "", f->at));
	}
	ask.call = f->step == 0 ? ask.call : 0;
	if (f->step++ < 3)
		return pal_rdata_begin(w, &ask);
	return pop(w, (struct pal_rdata_value){ .type = R_ALTREP });
}

/* The code (numbers), then constants: calls as they were written, and the names that the code asks for. */
static enum pal_err
step_bytecode(struct pal_rdata_walk *w, struct pal_rdata_frame *f)
{
	struct pal_rdata_ask ask = { .context = f->context };
	int32_t              count = 0;

	if (f->step++ == 0)
		return pal_rdata_begin(w, &ask);
	if (f->step == 2) {
		count = pal_rdata_int(&w->data);
		if (count < 0 || (uint64_t)count > pal_reader_left(&w->data.r) / 2)
			return pal_rdata_broken(w, "more constants than there are bytes");
		f->left = (uint64_t)count;
	} else if (w->last.type == R_SYMBOL) {
		PAL_TRY(pal_rdata_say(w, "bytecode", w->last, "", f->at));
	}
	if (f->left-- > 0)
		return pal_rdata_begin_constant(w, &ask);
	return end_vector(w, f, (struct pal_rdata_value){ .type = R_BYTECODE });
}

/* ---- cells, calls, functions, promises ---- */

static enum pal_err
begin_half(struct pal_rdata_walk *w, const struct pal_rdata_frame *f, struct pal_rdata_ask ask)
{
	if (!f->constant)
		return pal_rdata_begin(w, &ask);
	ask.arguments = true; /* it is no list of constants */
	return pal_rdata_begin_constant(w, &ask);
}

static bool
runs_at_start(struct pal_view name)
{
	return pal_view_is(name, ".First") || pal_view_is(name, ".Last") || pal_view_is(name, ".First.sys");
}

/* The first half: a cell's value, a call's function, a function's arguments, a promise's value. */
static enum pal_err
ask_first(struct pal_rdata_walk *w, struct pal_rdata_frame *f)
{
	struct pal_rdata_ask ask = { .context = f->context };

	if (f->type == R_LIST || f->type == R_DOTS) {
		ask.environment = f->environment || f->type == R_DOTS;
		ask.call = f->arguments ? f->call : 0;
	}
	if (f->type == R_LIST && f->active && f->environment)
		ask.context = PAL_RDATA_ACTIVE;
	if (f->top && runs_at_start(name_of(w, f->head.name)))
		ask.context = PAL_RDATA_STARTUP;
	if (f->type == R_PROMISE)
		ask.context = PAL_RDATA_DATA;
	return begin_half(w, f, ask);
}

static void
keep_argument(struct pal_rdata_walk *w, const struct pal_rdata_frame *f)
{
	struct pal_rdata_frame *call = f->arguments && f->call != 0 ? &w->frames[f->call - 1] : NULL;

	if (call != NULL && call->arg_count < PAL_RDATA_ARGS)
		call->args[call->arg_count++] =
		    w->last.type == R_SYMBOL ? w->last : (struct pal_rdata_value){ .type = w->last.type };
}

/* The rest of a list takes the place of the cell that it is behind. */
static enum pal_err
ask_rest(struct pal_rdata_walk *w, struct pal_rdata_frame *f)
{
	struct pal_rdata_ask ask = { .context = f->context,
				     .environment = f->environment,
				     .arguments = f->arguments,
				     .top = f->top,
				     .call = f->call };
	bool                 constant = f->constant;

	keep_argument(w, f);
	if (f->top && w->last.type == R_CLOSURE)
		PAL_TRY(pal_rdata_say(w, "workspace", f->head, "", f->at));
	w->depth--;
	return constant ? pal_rdata_begin_constant(w, &ask) : pal_rdata_begin(w, &ask);
}

static enum pal_err
promise_at(struct pal_rdata_walk *w, struct pal_rdata_frame *f)
{
	f->forced = w->last.type != R_UNBOUND;
	if (f->forced || f->environment)
		return PAL_OK;
	return pal_sink_anomaly(
	    w->sink, &pal_anomaly_r_promise, f->at,
	    "a promise where R writes values alone: its code runs as soon as the object is looked at");
}

/* The second half: a call's arguments, a function's body, a promise's code. */
static enum pal_err
ask_second(struct pal_rdata_walk *w, struct pal_rdata_frame *f)
{
	struct pal_rdata_ask ask = { .context = f->context };

	if (f->type == R_CALL) {
		f->head = w->last;
		ask.arguments = true;
		ask.call = w->depth;
	}
	if (f->type == R_PROMISE) {
		PAL_TRY(promise_at(w, f));
		if (!f->forced && f->context < PAL_RDATA_PROMISE)
			ask.context = PAL_RDATA_PROMISE;
		if (f->forced && f->context == PAL_RDATA_DATA)
			ask.context = PAL_RDATA_PAST;
	}
	return begin_half(w, f, ask);
}

static enum pal_err
end_pair(struct pal_rdata_walk *w, struct pal_rdata_frame *f)
{
	struct pal_rdata_value v = { .type = f->type };

	if (f->type == R_CALL) {
		PAL_TRY(pal_rdata_call(w, f));
		v = pal_rdata_value_of(w, f);
	}
	return pop(w, v);
}

/* Attributes and a tag where there are some, the first half, the second. */
static enum pal_err
step_pair(struct pal_rdata_walk *w, struct pal_rdata_frame *f)
{
	static const struct pal_rdata_ask ask = { 0 };
	bool                              list = f->type == R_LIST || f->type == R_DOTS;

	if (f->step == 0 && !f->attributes)
		f->step = 1;
	if (f->step == 1 && !f->tagged)
		f->step = 2;
	else if (f->step == 2)
		f->head = w->last; /* the tag */
	switch (f->step++) {
	case 0:
	case 1:
		return pal_rdata_begin(w, &ask);
	case 2:
		return ask_first(w, f);
	case 3:
		return list ? ask_rest(w, f) : ask_second(w, f);
	default:
		return end_pair(w, f);
	}
}

/* ---- all of it ---- */

static enum pal_err
step(struct pal_rdata_walk *w)
{
	struct pal_rdata_frame *f = top(w);

	switch (f->type) {
	case R_STRING:
		return step_texts(w, f);
	case R_VECTOR:
	case R_EXPRESSION:
		return step_vector(w, f);
	case R_ENVIRONMENT:
		return step_environment(w, f);
	case R_POINTER:
	case R_WEAKREF:
		return step_pointer(w, f);
	case R_ATTRIBUTES:
		return step_attributes(w, f);
	case R_SYMBOL:
		return step_symbol(w, f);
	case R_PERSIST:
	case R_PACKAGE:
	case R_NAMESPACE:
		return step_names(w, f);
	case R_ALTREP:
		return step_altrep(w, f);
	case R_BYTECODE:
		return step_bytecode(w, f);
	default:
		return step_pair(w, f);
	}
}

static enum pal_err
full(struct pal_rdata_walk *w, const char *why)
{
	w->broken = true;
	PAL_TRY(pal_sink_unread(w->sink, &pal_anomaly_format_limit, w->item_at, w->in->size - w->item_at, "%s", why));
	return pal_give_bytes(w->sink, w->in, w->item_at, w->in->size - w->item_at);
}

/* What a step has left behind, before the next one. */
static enum pal_err
check(struct pal_rdata_walk *w)
{
	enum pal_err err = pal_rdata_err(&w->data);

	if (w->full)
		return full(w, "items inside items, more than 4096 deep");
	if (pal_arena_err(&w->arena) != PAL_OK)
		return full(w, "more symbols than fit into 64 MiB");
	if (err == PAL_ETRUNC || err == PAL_EFORM)
		return pal_rdata_broken(w, err == PAL_EFORM ? "a word that is no number" : "the data is cut short");
	return err;
}

enum pal_err
pal_rdata_items(struct pal_rdata_walk *w)
{
	struct pal_rdata_ask ask = { .top = w->workspace };

	PAL_TRY(pal_rdata_begin(w, &ask));
	PAL_TRY(check(w));
	while (w->depth > 0 && !w->broken) {
		if (w->sink->limits->items == 0)
			return full(w, "more items than the limit");
		w->sink->limits->items--;
		PAL_TRY(step(w));
		PAL_TRY(check(w));
	}
	return flush(w);
}
