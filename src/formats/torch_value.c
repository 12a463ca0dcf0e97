/* torch_value.c - the values of a tree: what containers hold, in the order in which it came. */
#include "palisade/mem.h"
#include "torch.h"

enum pal_err
pal_torch_lost(struct pal_torch_tree *t, const char *why)
{
	if (t->why == NULL)
		t->why = why;
	t->stopped = true;
	return PAL_OK;
}

enum pal_err
pal_torch_add(struct pal_torch_tree *t, struct pal_torch_object *o, const struct pal_torch_value *items, size_t n)
{
	struct pal_torch_chunk *c = NULL;

	if (n == 0)
		return PAL_OK;
	c = pal_arena_array(t->arena, 1, sizeof(*c));
	if (c != NULL)
		c->items = pal_arena_array(t->arena, n, sizeof(*items));
	if (c == NULL || c->items == NULL)
		return pal_torch_lost(t, "it needs more memory than is given to it");
	pal_mem_copy(c->items, n * sizeof(*items), items, n * sizeof(*items));
	c->count = n;
	if (o->last == NULL)
		o->first = c;
	else
		o->last->next = c;
	o->last = c;
	o->count += n;
	return PAL_OK;
}

enum pal_err
pal_torch_object_new(struct pal_torch_tree *t, enum pal_torch_tag tag, const struct pal_torch_value *items, size_t n,
		     struct pal_torch_value *ret_value)
{
	struct pal_torch_object *o = pal_arena_array(t->arena, 1, sizeof(*o));

	*ret_value = (struct pal_torch_value){ 0 };
	if (o == NULL)
		return pal_torch_lost(t, "it needs more memory than is given to it");
	*ret_value = (struct pal_torch_value){ .tag = (uint8_t)tag, .is.object = o };
	return pal_torch_add(t, o, items, n);
}

static bool
is_container(struct pal_torch_value v)
{
	return v.tag >= PAL_T_TUPLE && v.tag <= PAL_T_MADE;
}

struct pal_torch_value
pal_torch_item(struct pal_torch_value v, size_t i)
{
	if (is_container(v))
		for (const struct pal_torch_chunk *c = v.is.object->first; c != NULL; i -= c->count, c = c->next)
			if (i < c->count)
				return c->items[i];
	return (struct pal_torch_value){ 0 };
}

size_t
pal_torch_count(struct pal_torch_value v)
{
	return is_container(v) ? v.is.object->count : 0;
}

struct pal_view
pal_torch_text(struct pal_torch_value v)
{
	if (v.tag != PAL_T_STR || v.is.text == NULL)
		return (struct pal_view){ 0 };
	return (struct pal_view){ v.is.text, v.len };
}

bool
pal_torch_text_is(struct pal_torch_value v, const char *text)
{
	return v.tag == PAL_T_STR && pal_view_is(pal_torch_text(v), text);
}

bool
pal_torch_is(struct pal_torch_value v, const char *module, const char *name)
{
	return v.tag == PAL_T_NAME && pal_view_is(v.is.name->module, module) && pal_view_is(v.is.name->name, name);
}
