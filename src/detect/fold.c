/* fold.c - constant folding of strings; every result is bounded in add(), which all of them pass. */
#include "fold.h"

#include "palisade/mem.h"
#include "palisade/utf8.h"

/* A text that is being put together in the arena; too long a one is given up. */
struct text {
	uint8_t *bytes;
	size_t   len;
	bool     bad;
};

static struct text
text_new(struct pal_arena *a)
{
	struct text t = { .bytes = pal_arena_array(a, PAL_FOLD_MOST, 1) };

	t.bad = t.bytes == NULL;
	return t;
}

static void
add(struct text *t, struct pal_view v)
{
	t->bad = t->bad || v.len > PAL_FOLD_MOST - t->len;
	if (t->bad)
		return;
	pal_mem_copy(t->bytes + t->len, PAL_FOLD_MOST - t->len, v.data, v.len);
	t->len += v.len;
}

static void
add_byte(struct text *t, uint8_t c)
{
	add(t, (struct pal_view){ &c, 1 });
}

static struct pal_fold_value
text_done(struct text t, const struct pal_fold_value *from)
{
	struct pal_fold_value v = pal_fold_text((struct pal_view){ t.bytes, t.len });

	if (t.bad)
		v = (struct pal_fold_value){ .text = from->text };
	v.content = from->content;
	return v;
}

struct pal_fold_value
pal_fold_text(struct pal_view text)
{
	return (struct pal_fold_value){ .kind = PAL_FOLD_TEXT, .text = text };
}

static struct pal_fold_value
unknown_of(const struct pal_fold_value *x, const struct pal_fold_value *y)
{
	return (struct pal_fold_value){ .text = x->text.len >= y->text.len ? x->text : y->text,
					.content = x->content || y->content,
					.trigger = x->trigger || y->trigger };
}

struct pal_fold_value
pal_fold_join(struct pal_arena *a, const struct pal_fold_value *x, const struct pal_fold_value *y)
{
	struct pal_fold_value v = unknown_of(x, y);
	struct text           t = { 0 };

	if (x->kind != PAL_FOLD_TEXT || y->kind != PAL_FOLD_TEXT)
		return v;
	if (x->text.len + y->text.len > PAL_FOLD_MOST)
		return v;
	t = text_new(a);
	add(&t, x->text);
	add(&t, y->text);
	return text_done(t, &v);
}

struct pal_fold_value
pal_fold_repeat(struct pal_arena *a, const struct pal_fold_value *x, uint64_t times)
{
	struct text t = { 0 };

	if (x->kind != PAL_FOLD_TEXT || x->text.len == 0 || times > PAL_FOLD_MOST / x->text.len)
		return (struct pal_fold_value){ .text = x->text, .content = x->content };
	t = text_new(a);
	for (uint64_t i = 0; i < times; i++)
		add(&t, x->text);
	return text_done(t, x);
}

struct pal_fold_value
pal_fold_item(const struct pal_fold_value *x, uint64_t index)
{
	if (x->kind == PAL_FOLD_LIST && index < x->count)
		return x->items[index];
	if (x->kind == PAL_FOLD_TEXT && index < x->text.len)
		return pal_fold_text(pal_view_sub(x->text, (size_t)index, 1));
	return (struct pal_fold_value){ .content = x->content };
}

static void
add_value(struct text *t, const struct pal_fold_value *v, uint8_t how)
{
	uint8_t bytes[4];

	if (v->kind == PAL_FOLD_TEXT) {
		add(t, v->text);
	} else if (v->kind == PAL_FOLD_INTEGER && how == 'c' && v->number <= 0x10ffff) {
		add(t, (struct pal_view){ bytes, pal_utf8_encode((uint32_t)v->number, bytes) });
	} else if (v->kind == PAL_FOLD_INTEGER && v->number < 10) {
		add_byte(t, (uint8_t)('0' + v->number));
	} else {
		t->bad = true;
	}
}

/* "%s%c" % (...) and "{}{0}{:c}".format(...): enough to see a name in it. */
struct pal_fold_value
pal_fold_format(struct pal_arena *a, struct pal_view format, const struct pal_fold_value *args, size_t count)
{
	struct text           t = text_new(a);
	struct pal_fold_value whole = pal_fold_text(format);
	size_t                next = 0;

	t.bad = t.bad || format.len > PAL_FOLD_MOST;
	for (size_t i = 0; i < format.len && !t.bad; i++) {
		uint8_t c = format.data[i];
		size_t  end = i;

		if (c == '%' && i + 1 < format.len) {
			i++;
			if (format.data[i] == '%')
				add_byte(&t, '%');
			else if (next < count)
				add_value(&t, &args[next++], format.data[i]);
			else
				t.bad = true;
			continue;
		}
		end = c == '{' ? pal_view_find_byte(format, '}', i) : SIZE_MAX;
		if (end == SIZE_MAX) {
			add_byte(&t, c);
			continue;
		}
		if (pal_is_digit(format.data[i + 1]))
			next = (size_t)(format.data[i + 1] - '0');
		if (next < count)
			add_value(&t, &args[next++], format.data[end - 1]);
		else
			t.bad = true;
		i = end;
	}
	return text_done(t, &whole);
}

static struct pal_fold_value
mapped(struct pal_arena *a, const struct pal_fold_value *x, struct pal_view name)
{
	struct text t = text_new(a);
	bool        reverse = pal_view_is(name, "reverse"), upper = pal_view_is(name, "upper");

	for (size_t i = 0; i < x->text.len; i++) {
		uint8_t c = x->text.data[reverse ? x->text.len - 1 - i : i];

		if (upper && c >= 'a' && c <= 'z')
			c = (uint8_t)(c - 'a' + 'A');
		else if (!reverse && !upper)
			c = pal_to_lower(c);
		add_byte(&t, c);
	}
	return text_done(t, x);
}

static struct pal_fold_value
replaced(struct pal_arena *a, const struct pal_fold_value *x, struct pal_view old, struct pal_view new)
{
	struct text     t = text_new(a);
	struct pal_view rest = x->text;
	size_t          at = 0;

	while (old.len > 0 && !t.bad && (at = pal_view_find(rest, old, 0)) != SIZE_MAX) {
		add(&t, pal_view_sub(rest, 0, at));
		add(&t, new);
		rest = pal_view_sub(rest, at + old.len, rest.len);
	}
	add(&t, rest);
	return text_done(t, x);
}

static struct pal_fold_value
joined(struct pal_arena *a, const struct pal_fold_value *x, struct pal_view between)
{
	struct text t = text_new(a);

	if (x->kind == PAL_FOLD_TEXT) { /* a string is a list of its characters */
		for (size_t i = 0; i < x->text.len && !t.bad; i++) {
			if (i > 0)
				add(&t, between);
			add_byte(&t, x->text.data[i]);
		}
		return text_done(t, x);
	}
	for (size_t i = 0; i < x->count; i++) {
		if (i > 0)
			add(&t, between);
		add_value(&t, &x->items[i], 's');
	}
	return text_done(t, x);
}

static bool
is_any(struct pal_view v, const char *const *words)
{
	for (; *words != NULL; words++)
		if (pal_view_is(v, *words))
			return true;
	return false;
}

static struct pal_view
text_arg(const struct pal_fold_value *args, size_t count, size_t i)
{
	return i < count && args[i].kind == PAL_FOLD_TEXT ? args[i].text : (struct pal_view){ 0 };
}

struct pal_fold_value
pal_fold_apply(struct pal_arena *a, struct pal_view name, const struct pal_fold_value *x,
	       const struct pal_fold_value *args, size_t count)
{
	static const char *const    cases[] = { "lower", "upper", "reverse", "capitalize", "casefold", NULL };
	static const char *const    same[] = { "string", "safe", "list",        "trim",   "strip",  "default", "d",
					       "escape", "e",    "forceescape", "lstrip", "rstrip", NULL };
	const struct pal_fold_value lost = { .text = x->text, .content = x->content };

	if (is_any(name, same))
		return *x;
	if (pal_view_is(name, "join") && count == 1 && x->kind == PAL_FOLD_TEXT && args[0].kind == PAL_FOLD_LIST)
		return joined(a, &args[0], x->text); /* ''.join([...]) */
	if (pal_view_is(name, "join") && (x->kind == PAL_FOLD_LIST || x->kind == PAL_FOLD_TEXT))
		return joined(a, x, text_arg(args, count, 0));
	if (pal_view_is(name, "first") || pal_view_is(name, "min"))
		return pal_fold_item(x, 0);
	if (pal_view_is(name, "last") && x->count > 0)
		return pal_fold_item(x, x->count - 1);
	if (x->kind != PAL_FOLD_TEXT || x->text.len > PAL_FOLD_MOST)
		return lost;
	if (is_any(name, cases))
		return mapped(a, x, name);
	if (pal_view_is(name, "replace") && count >= 2)
		return replaced(a, x, text_arg(args, count, 0), text_arg(args, count, 1));
	if (pal_view_is(name, "format"))
		return pal_fold_format(a, x->text, args, count);
	return lost;
}
