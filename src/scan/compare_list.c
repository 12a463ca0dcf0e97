/* compare_list.c - which tensors a file has, and where; to audit: keep(), which holds what is packed. */
#include <string.h>

#include "compare_parts.h"
#include "palisade/format.h"

#define KEPT_MOST ((size_t)192 << 20) /* of one side, unpacked */
#define UNIT_MOST ((size_t)256 << 20)

struct unit {
	struct pal_compare_side *side;
	struct pal_input        *in;
	struct pal_view          name; /* of the member, or of the file */
	uint32_t                 file;
	uint64_t                 seen; /* tensors of this unit */
	struct pal_arena         arena;
	struct pal_limits        limits;
	struct pal_sink          sink;
};

static enum pal_err list_unit(struct unit *u);

static enum pal_err
/* NOLINTNEXTLINE(misc-no-recursion): limits.depth ends it */
list_member(struct unit *u, const struct pal_content *piece)
{
	struct unit  child = { .side = u->side, .in = piece->member, .file = u->file, .limits = u->limits };
	enum pal_err e = PAL_OK;

	if (u->limits.depth == 0)
		return PAL_OK; /* the scan says so */
	child.name = piece->name.len == 0 ? u->name : piece->name;
	child.limits.depth--;
	child.limits.items = pal_limits_default.items;
	pal_arena_init(&child.arena, u->arena.limit - u->arena.used);
	e = list_unit(&child);
	pal_arena_done(&child.arena);
	u->limits.members = child.limits.members;
	u->limits.output = child.limits.output;
	return e;
}

/* An array of its own file has no name; in an archive it is called as its member, in .npz without the ending. */
static struct pal_view
name_of(const struct unit *u, const struct pal_content *piece)
{
	struct pal_view v = piece->name.len > 0 ? piece->name : u->name, npy = pal_view_of(".npy");

	if (piece->name.len == 0 && v.len > npy.len && pal_view_is(pal_view_sub(v, v.len - npy.len, npy.len), ".npy"))
		v.len -= npy.len;
	return pal_view_sub(v, v.len > PAL_COMPARE_NAME ? v.len - PAL_COMPARE_NAME : 0, PAL_COMPARE_NAME);
}

static bool
count_of(const struct pal_tensor *t, uint64_t *ret_count)
{
	uint64_t count = 1;

	for (size_t i = 0; i < t->rank; i++)
		if (__builtin_mul_overflow(count, t->shape[i], &count))
			return false;
	*ret_count = count;
	return true;
}

/* How many bytes so many numbers of the type take; 0: not known, or too many. */
static uint64_t
bytes_of(enum pal_dtype type, uint64_t count)
{
	uint64_t width = pal_dtype_bits(type) / 8, bytes = 0;

	return __builtin_mul_overflow(width, count, &bytes) ? 0 : bytes;
}

/* What was unpacked is gone when the reader returns: it is kept, within a limit. */
static bool
keep(struct pal_compare_side *side, struct pal_input *in, struct pal_compare_tensor *t)
{
	struct pal_view v = { 0 };

	if (in->fd >= 0 || t->length > KEPT_MOST - side->kept ||
	    pal_input_view(in, t->at, (size_t)t->length, (size_t)t->length, &v) != PAL_OK || v.len != t->length)
		return false;
	t->kept = pal_arena_copy(side->arena, v);
	side->kept += v.len;
	return t->kept.len == v.len;
}

/* Tied tensors of PyTorch share their bytes: only the first of them has a length. */
static void
borrow(struct unit *u, struct pal_compare_tensor *t)
{
	const struct pal_compare_tensor *before = u->side->tensors.count < 2 || u->seen == 0
						      ? NULL
						      : pal_list_at(&u->side->tensors, u->side->tensors.count - 2);
	uint64_t                         bytes = bytes_of(t->type, t->count);

	if (before == NULL || !before->at_hand || before->kept.len > 0 || bytes == 0 ||
	    t->at + u->in->base != before->at || bytes > before->length)
		return;
	t->at = before->at;
	t->length = bytes;
	t->at_hand = true;
}

static void
place(struct unit *u, struct pal_input *in, struct pal_compare_tensor *t)
{
	uint64_t bytes = bytes_of(t->type, t->count);

	if (t->length == 0) {
		borrow(u, t);
		return;
	}
	if ((bytes > 0 && bytes != t->length) || t->at > in->size || t->length > in->size - t->at)
		return; /* a file that contradicts itself, which the scan says */
	t->at_hand = in->fd >= 0 || keep(u->side, in, t);
	if (in->fd >= 0)
		t->at += in->base;
}

static enum pal_err
list_tensor(struct unit *u, const struct pal_content *piece)
{
	const struct pal_tensor   *from = &piece->tensor;
	uint64_t                   count = 0;
	struct pal_compare_tensor *t = NULL;

	if (u->side->tensors.count >= PAL_COMPARE_TENSORS || !count_of(from, &count)) {
		u->side->full = u->side->full || u->side->tensors.count >= PAL_COMPARE_TENSORS;
		return PAL_OK;
	}
	t = pal_list_add(&u->side->tensors);
	if (t == NULL)
		return pal_arena_err(u->side->arena);
	*t = (struct pal_compare_tensor){ .name = pal_arena_copy(u->side->arena, name_of(u, piece)),
					  .type = from->type,
					  .big_endian = from->big_endian,
					  .rank = from->rank > PAL_COMPARE_RANK ? PAL_COMPARE_RANK : from->rank,
					  .count = count,
					  .file = u->file,
					  .at = piece->place.offset,
					  .length = piece->place.length };
	for (size_t i = 0; i < t->rank; i++)
		t->shape[i] = from->shape[i];
	if (from->rank > PAL_COMPARE_RANK) /* what is behind counts as one dimension */
		for (size_t i = PAL_COMPARE_RANK; i < from->rank; i++)
			t->shape[PAL_COMPARE_RANK - 1] *= from->shape[i];
	place(u, piece->member == NULL ? u->in : piece->member, t);
	u->seen++;
	return pal_arena_err(u->side->arena);
}

static enum pal_err
/* NOLINTNEXTLINE(misc-no-recursion): limits.depth ends it */
take(void *arg, const struct pal_content *piece)
{
	struct unit *u = arg;

	if (piece->kind == PAL_CONTENT_TENSOR)
		return list_tensor(u, piece);
	return piece->kind == PAL_CONTENT_MEMBER ? list_member(u, piece) : PAL_OK;
}

/* A file that breaks its format has the tensors that were met before; that it is broken is for the scan to say. */
static enum pal_err
/* NOLINTNEXTLINE(misc-no-recursion): limits.depth ends it */
list_unit(struct unit *u)
{
	struct pal_view          head = { 0 };
	struct pal_diag          d = { 0 };
	const struct pal_format *f = NULL;

	if (u->in->size == 0 || pal_input_view(u->in, 0, 0, PAL_PROBE_HEAD, &head) != PAL_OK)
		return PAL_OK;
	head = pal_arena_copy(&u->arena, head);
	f = pal_format_probe(head, u->in->size, u->name);
	u->sink = (struct pal_sink){ .take = take, .arg = u, .arena = &u->arena, .limits = &u->limits };
	if (f != NULL && f->parse(u->in, &u->sink, &d) != PAL_OK)
		return pal_arena_err(u->side->arena);
	return pal_arena_err(u->side->arena);
}

enum pal_err
pal_compare_list(struct pal_compare_side *side, struct pal_input *in, const char *name, uint32_t file)
{
	struct unit u = {
		.side = side, .in = in, .name = pal_view_of(name), .file = file, .limits = pal_limits_default
	};
	const char  *slash = strrchr(name, '/');
	enum pal_err e = PAL_OK;

	if (slash != NULL)
		u.name = pal_view_of(slash + 1);
	pal_arena_init(&u.arena, UNIT_MOST);
	e = list_unit(&u);
	pal_arena_done(&u.arena);
	return e;
}
