/* torch_legacy.c - five pickles, then each storage with its length before it: what torch wrote before 1.6, and still
 * writes where it puts a storage into a string. */
#include "palisade/mem.h"
#include "torch.h"

#define PICKLES 5 /* magic, protocol, system, object, keys */

static bool
has_magic(struct pal_input *in, uint64_t at)
{
	static const uint8_t magic[] = { 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19 };
	struct pal_view      head = { 0 };

	if (pal_input_view(in, at, 2 + sizeof(magic), 2 + sizeof(magic), &head) != PAL_OK)
		return false;
	return pal_view_eq(pal_view_sub(head, 2, sizeof(magic)), (struct pal_view){ magic, sizeof(magic) });
}

static bool
is_big_endian(struct pal_torch_value system)
{
	for (size_t i = 0; i + 1 < pal_torch_count(system) && i < 16; i += 2)
		if (pal_torch_text_is(pal_torch_item(system, i), "little_endian")) {
			struct pal_torch_value v = pal_torch_item(system, i + 1);

			return v.tag == PAL_T_BOOL && v.is.n == 0;
		}
	return false;
}

static enum pal_err
read_length(struct pal_torch_tree *t, uint64_t at, bool big, uint64_t *ret)
{
	struct pal_view v = { 0 };
	uint64_t        n = 0;

	PAL_TRY(pal_input_view(t->in, at, 8, 8, &v));
	for (size_t i = 0; i < 8; i++)
		n |= (uint64_t)v.data[big ? 7 - i : i] << (8 * i);
	*ret = n;
	return PAL_OK;
}

/* Storages in the order of their keys; stops at the first that does not fit. */
static enum pal_err
place_storages(struct pal_torch_tree *t, struct pal_torch_value keys, uint64_t end, struct pal_torch_legacy *f)
{
	uint64_t at = f->end;

	for (const struct pal_torch_chunk *c = pal_torch_count(keys) == 0 ? NULL : keys.is.object->first; c != NULL;
	     c = c->next)
		for (size_t i = 0; i < c->count; i++) {
			struct pal_torch_storage *st = pal_map_get(&t->storage_index, pal_torch_text(c->items[i]));
			uint64_t                  n = 0, bytes = 0;

			f->cut = at;
			if (st == NULL || st->found || st->type->width == 0 || end - at < 8)
				return PAL_OK;
			PAL_TRY(read_length(t, at, f->big_endian, &n));
			if (__builtin_mul_overflow(n, st->type->width, &bytes) || bytes > end - at - 8)
				return PAL_OK;
			st->found = true;
			st->at = at + 8;
			st->length = bytes;
			at = f->end = at + 8 + bytes;
			f->cut = 0;
		}
	return PAL_OK;
}

enum pal_err
pal_torch_legacy_read(struct pal_torch_tree *t, uint64_t at, uint64_t end, struct pal_torch_legacy *ret)
{
	struct pal_torch_legacy f = { .end = at };
	struct pal_torch_value  v[PICKLES] = { { 0 } };

	*ret = f;
	if (end > t->in->size || at > end || !has_magic(t->in, at))
		return PAL_OK;
	for (size_t i = 0; i < PICKLES; i++) {
		PAL_TRY(pal_torch_read(t, f.end, &v[i], &f.end));
		if (t->why != NULL || f.end > end)
			return PAL_OK;
	}
	if (v[4].tag != PAL_T_LIST)
		return PAL_OK;
	f.known = true;
	f.root = v[3];
	f.big_endian = is_big_endian(v[2]);
	PAL_TRY(place_storages(t, v[4], end, &f));
	*ret = f;
	return PAL_OK;
}

static enum pal_err
give(struct pal_torch_tree *t, struct pal_sink *s, uint64_t *ret_end)
{
	struct pal_torch_legacy f = { 0 };

	PAL_TRY(pal_torch_legacy_read(t, 0, t->in->size, &f));
	if (!f.known)
		return PAL_OK;
	PAL_TRY(pal_torch_name_all(t, f.root));
	for (size_t i = 0; i < t->storages.count; i++) {
		struct pal_torch_storage *st = *(struct pal_torch_storage **)pal_list_at(&t->storages, i);

		if (st->found)
			PAL_TRY(pal_torch_give(s, st, f.big_endian));
	}
	if (f.cut != 0)
		PAL_TRY(pal_sink_anomaly(s, &pal_anomaly_torch_storage, f.cut,
					 "the storage at %llu is missing, too long, or of a key that no tensor has",
					 (unsigned long long)f.cut));
	*ret_end = f.end;
	return PAL_OK;
}

enum pal_err
pal_torch_legacy_give(struct pal_input *in, struct pal_sink *s, uint64_t *ret_end)
{
	struct pal_torch_tree *t = pal_mem_new(1, sizeof(*t));
	struct pal_arena       arena;
	enum pal_err           err = PAL_OK;

	*ret_end = 0;
	if (t == NULL)
		return PAL_ENOMEM;
	pal_arena_init(&arena, PAL_TORCH_MEMORY);
	pal_torch_tree_init(t, in, &arena);
	err = give(t, s, ret_end);
	pal_torch_tree_done(t);
	pal_arena_done(&arena);
	pal_mem_free(t);
	return err;
}
