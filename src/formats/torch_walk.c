/* torch_walk.c - the names of what a tree holds: keys with dots between. Without recursion, whatever a file nests. */
#include "torch.h"

#include <stdio.h>

#include "palisade/buf.h"

#define PATH_MOST ((size_t)64 * 1024)

struct frame {
	struct pal_torch_object      *object;
	const struct pal_torch_chunk *chunk;
	size_t                        next; /* in the chunk */
	size_t                        index;
	size_t                        path_len; /* before its own part */
	uint8_t                       tag;
};

struct walk {
	struct frame     frames[PAL_TORCH_DEPTH];
	size_t           depth;
	struct pal_buf   path;
	bool             each, whole;
	uint64_t         left;
	pal_torch_visit *visit;
	void            *arg;
};

static void
add_part(struct pal_buf *path, struct pal_view part)
{
	if (path->len > 0 && part.len > 0)
		pal_buf_add_byte(path, '.');
	pal_buf_add(path, part);
}

static void
add_key(struct walk *w, struct pal_torch_value key)
{
	struct pal_buf *path = &w->path;
	char            number[24];

	if (key.tag == PAL_T_STR) {
		add_part(path, pal_torch_text(key));
	} else if (key.tag == PAL_T_INT || key.tag == PAL_T_BOOL) {
		(void)snprintf(number, sizeof(number), "%lld", (long long)key.is.n);
		add_part(path, pal_view_of(number));
	} else {
		add_part(path, pal_view_of("?"));
		w->whole = w->whole && !w->each;
	}
}

/* A module keeps its parts in these; the names by which people know its tensors are without them. */
static bool
is_shelf(struct pal_torch_value key)
{
	return pal_torch_text_is(key, "_modules") || pal_torch_text_is(key, "_parameters") ||
	       pal_torch_text_is(key, "_buffers");
}

static enum pal_err
enter(struct walk *w, struct pal_torch_value v, size_t path_len)
{
	struct pal_torch_object *o = v.is.object;

	if (o->open || (o->seen && !w->each))
		return PAL_OK;
	if (w->depth == PAL_TORCH_DEPTH) {
		w->whole = false;
		return PAL_OK;
	}
	o->open = o->seen = true;
	w->frames[w->depth++] = (struct frame){ .object = o, .chunk = o->first, .path_len = path_len, .tag = v.tag };
	return PAL_OK;
}

static enum pal_err
one(struct walk *w, struct pal_torch_value v, size_t path_len)
{
	if (pal_buf_err(&w->path) != PAL_OK || w->left == 0) {
		w->whole = false;
		return PAL_OK;
	}
	w->left--;
	PAL_TRY(w->visit(w->arg, pal_buf_view(&w->path), v));
	return v.tag >= PAL_T_TUPLE && v.tag <= PAL_T_MADE ? enter(w, v, path_len) : PAL_OK;
}

/* The next item of the innermost container, or the state of an object behind its items; false at its end. */
static bool
next_of(struct walk *w, struct frame *f, struct pal_torch_value *ret_key, struct pal_torch_value *ret_value)
{
	while (f->chunk != NULL && f->next >= f->chunk->count) {
		f->chunk = f->chunk->next;
		f->next = 0;
	}
	*ret_key = (struct pal_torch_value){ .tag = PAL_T_STR, .is.text = (const uint8_t *)"" };
	if (f->chunk == NULL) {
		if (f->tag != PAL_T_MADE || f->index == SIZE_MAX)
			return false;
		f->index = SIZE_MAX;
		*ret_value = f->object->state;
		return true;
	}
	*ret_value = f->chunk->items[f->next++];
	if (f->tag == PAL_T_DICT) {
		*ret_key = *ret_value;
		*ret_value = f->next < f->chunk->count ? f->chunk->items[f->next++] : (struct pal_torch_value){ 0 };
		if (w->depth > 1 && w->frames[w->depth - 2].tag == PAL_T_MADE && is_shelf(*ret_key))
			ret_key->len = 0;
	} else if (f->tag != PAL_T_MADE) {
		*ret_key = (struct pal_torch_value){ .tag = PAL_T_INT, .is.n = (int64_t)f->index };
	}
	f->index++;
	return true;
}

enum pal_err
pal_torch_walk(struct pal_torch_value root, bool each, uint64_t most, pal_torch_visit *visit, void *arg,
	       bool *ret_whole)
{
	struct walk w = {
		.path = pal_buf_of(PATH_MOST), .each = each, .whole = true, .left = most, .visit = visit, .arg = arg
	};
	enum pal_err err = one(&w, root, 0);

	while (err == PAL_OK && w.depth > 0) {
		struct frame          *f = &w.frames[w.depth - 1];
		struct pal_torch_value key = { 0 }, value = { 0 };
		size_t                 before = w.path.len;

		if (!w.whole || !next_of(&w, f, &key, &value)) {
			f->object->open = false;
			w.path.len = f->path_len;
			w.depth--;
			continue;
		}
		add_key(&w, key);
		err = one(&w, value, before);
		if (&w.frames[w.depth - 1] == f)
			w.path.len = before;
	}
	pal_buf_done(&w.path);
	*ret_whole = w.whole;
	return err;
}

static enum pal_err
name_one(void *arg, struct pal_view path, struct pal_torch_value v)
{
	struct pal_torch_tree    *t = arg;
	struct pal_torch_tensor  *x = v.is.tensor;
	struct pal_torch_storage *st = NULL;

	if (v.tag != PAL_T_TENSOR || x->name.data != NULL)
		return PAL_OK;
	x->name = pal_arena_copy(t->arena, path.len == 0 ? pal_view_of("tensor") : path);
	if (x->slice == NULL)
		return PAL_OK;
	st = x->slice->storage;
	x->next = st->tensors;
	st->tensors = x;
	return PAL_OK;
}

enum pal_err
pal_torch_name_all(struct pal_torch_tree *t, struct pal_torch_value root)
{
	bool whole = false;

	PAL_TRY(pal_torch_walk(root, false, UINT64_MAX, name_one, t, &whole));
	if (!whole)
		return pal_torch_lost(t, "it is nested too deeply");
	return pal_arena_err(t->arena) == PAL_OK ? PAL_OK
						 : pal_torch_lost(t, "it needs more memory than is given to it");
}
