/* torch_plan.c - from a PyTorch file to a list of places; to audit: take_tensor(), and what take_value() refuses. */
#include "palisade/torch_plan.h"

#include <inttypes.h>

#include "palisade/buf.h"
#include "palisade/format.h"
#include "palisade/mem.h"
#include "pickle.h"
#include "torch.h"
#include "zip.h"

#define STEPS_MOST ((uint64_t)1 << 24)
#define VALUE_MOST 200

struct planner {
	struct pal_input     *in;
	struct pal_arena     *arena; /* of the plan */
	struct pal_arena      work;
	struct pal_torch_tree tree;
	struct pal_plan       plan;
	bool                  drop, big_endian;
	const char           *said; /* by the archive's directory, against itself */
	struct pal_diag      *d;
};

static int
shown(struct pal_view v)
{
	return (int)(v.len < 80 ? v.len : 80);
}

static enum pal_err
no_memory(struct planner *p)
{
	return pal_fail(p->d, PAL_ENOMEM, 0, "convert: the file describes more tensors than there is memory for");
}

/* ---- values ---- */

static bool
contradicts(const struct pal_torch_storage *st)
{
	uint64_t bytes = 0;

	return st->clash || st->numel < 0 || __builtin_mul_overflow((uint64_t)st->numel, st->type->width, &bytes) ||
	       bytes > st->length;
}

static enum pal_err
take_tensor(struct planner *p, struct pal_view path, const struct pal_torch_tensor *t)
{
	struct pal_torch_measure  m = { 0 };
	const char               *bad = pal_torch_measure(t, &m);
	struct pal_plan_tensor   *to = NULL;
	struct pal_torch_storage *st = t->slice == NULL ? NULL : t->slice->storage;
	uint64_t                 *dims = NULL;

	if (bad == NULL && t->more != NULL)
		bad = t->more;
	if (bad == NULL && t->type->width == 0)
		bad = "of a type that is not known";
	if (bad == NULL && (st == NULL || !st->found))
		bad = "without the bytes of its storage";
	if (bad == NULL && st != NULL && contradicts(st))
		bad = "in a storage that is shorter than it is said to be, or said to be two sizes";
	if (bad == NULL && st != NULL && m.count > 0 && (m.at > st->length || m.span > st->length - m.at))
		bad = "longer than the bytes of its storage";
	if (bad != NULL)
		return pal_fail(p->d, PAL_EDENIED, 0, "the tensor \"%.*s\" is refused: %s", shown(path), path.data,
				bad);
	if (p->plan.tensors.count == PAL_PLAN_TENSORS || path.len > PAL_PLAN_NAME)
		return pal_fail(p->d, PAL_EDENIED, 0, "more than %zu tensors, or a name of more than %zu bytes",
				PAL_PLAN_TENSORS, PAL_PLAN_NAME);
	to = pal_list_add(&p->plan.tensors);
	dims = m.rank == 0 ? NULL : pal_arena_array(p->arena, 2 * m.rank, sizeof(*dims));
	if (to == NULL || (m.rank > 0 && dims == NULL))
		return no_memory(p);
	if (m.rank > 0) {
		pal_mem_copy(dims, m.rank * sizeof(*dims), m.shape, m.rank * sizeof(*dims));
		pal_mem_copy(dims + m.rank, m.rank * sizeof(*dims), m.stride, m.rank * sizeof(*dims));
	}
	*to = (struct pal_plan_tensor){ .name = pal_arena_copy(p->arena, path.len == 0 ? pal_view_of("tensor") : path),
					.type = t->type->type,
					.big_endian = p->big_endian,
					.rank = m.rank,
					.shape = dims,
					.stride = dims == NULL ? NULL : dims + m.rank,
					.at = m.count == 0 || st == NULL ? 0 : st->at + m.at };
	return pal_arena_err(p->arena);
}

static const char *
plain_text(struct planner *p, struct pal_torch_value v)
{
	static const char *const words[] = { "None", "a truth value", "an integer", "a float", "a large integer" };

	if (v.tag == PAL_T_INT)
		return pal_arena_printf(p->arena, "%" PRId64, v.is.n);
	if (v.tag == PAL_T_BOOL)
		return v.is.n != 0 ? "true" : "false";
	if (v.tag == PAL_T_FLOAT)
		return pal_arena_printf(p->arena, "%.17g", v.is.x);
	if (v.tag == PAL_T_STR && v.is.text != NULL)
		return pal_arena_text(p->arena, pal_view_sub(pal_torch_text(v), 0, VALUE_MOST));
	if (v.tag == PAL_T_STR)
		return "a long text";
	return v.tag == PAL_T_BYTES ? pal_arena_printf(p->arena, "%u bytes", v.len) : words[v.tag];
}

static enum pal_err
take_plain(struct planner *p, struct pal_view path, struct pal_torch_value v)
{
	const char           *text = plain_text(p, v);
	struct pal_plan_left *to = NULL;

	if (!p->drop)
		return pal_fail(p->d, PAL_EDENIED, 0,
				"\"%.*s\" is no tensor but %.60s; --allow-drop leaves plain values out", shown(path),
				path.data, text == NULL ? "a value" : text);
	to = pal_list_add(&p->plan.left);
	if (to == NULL)
		return no_memory(p);
	*to = (struct pal_plan_left){ pal_arena_copy(p->arena, path), pal_view_of(text) };
	return pal_arena_err(p->arena);
}

static enum pal_err
take_value(void *arg, struct pal_view path, struct pal_torch_value v)
{
	struct planner              *p = arg;
	const struct pal_torch_name *n = NULL;

	path = path.len == 0 && v.tag != PAL_T_TENSOR ? pal_view_of("(the file's own value)") : path;
	switch (v.tag) {
	case PAL_T_TUPLE:
	case PAL_T_LIST:
	case PAL_T_SET:
	case PAL_T_DICT:
		return PAL_OK;
	case PAL_T_TENSOR:
		return take_tensor(p, path, v.is.tensor);
	case PAL_T_STORAGE:
		return pal_fail(p->d, PAL_EDENIED, 0, "\"%.*s\" is a storage without a tensor", shown(path), path.data);
	case PAL_T_NAME:
	case PAL_T_MADE:
		n = v.tag == PAL_T_NAME ? v.is.name : v.is.object->name;
		if (n == NULL)
			return pal_fail(p->d, PAL_EDENIED, 0, "\"%.*s\" is what a computed call would give",
					shown(path), path.data);
		return pal_fail(p->d, PAL_EDENIED, 0, "\"%.*s\" needs %.*s.%.*s%s, which is no tensor", shown(path),
				path.data, shown(n->module), n->module.data, shown(n->name), n->name.data,
				v.tag == PAL_T_MADE ? "()" : "");
	default:
		return take_plain(p, path, v);
	}
}

static enum pal_err
plan_of(struct planner *p, struct pal_torch_value root, const char *layout)
{
	bool whole = false;

	p->plan.layout = layout;
	PAL_TRY(pal_torch_walk(root, true, STEPS_MOST, take_value, p, &whole));
	if (!whole)
		return pal_fail(
		    p->d, PAL_EDENIED, 0,
		    "the file nests its values too deeply, has too many, or keys that are no text or number");
	if (p->plan.tensors.count == 0)
		return pal_fail(p->d, PAL_EDENIED, 0, "there is no tensor in this %s", layout);
	return pal_arena_err(p->arena);
}

/* ---- the three layouts ---- */

static enum pal_err
lost(struct planner *p, uint64_t at)
{
	return pal_fail(p->d, PAL_EDENIED, at, "the pickle cannot be followed at byte %llu: %s",
			(unsigned long long)p->tree.op_at, p->tree.why);
}

static enum pal_err
plan_legacy(struct planner *p)
{
	struct pal_torch_legacy f = { 0 };

	pal_torch_tree_init(&p->tree, p->in, &p->work);
	PAL_TRY(pal_torch_legacy_read(&p->tree, 0, p->in->size, &f));
	if (!f.known)
		return p->tree.why != NULL
			   ? lost(p, 0)
			   : pal_fail(p->d, PAL_EDENIED, 0, "the pickles of this file are no state dict");
	if (f.cut != 0)
		return pal_fail(p->d, PAL_EDENIED, f.cut,
				"the storage at byte %llu is missing, too long or of no tensor",
				(unsigned long long)f.cut);
	p->big_endian = f.big_endian;
	return plan_of(p, f.root, "PyTorch file from before 1.6");
}

static enum pal_err
plan_pickle(struct planner *p)
{
	struct pal_torch_value root = { 0 };
	uint64_t               end = 0;

	pal_torch_tree_init(&p->tree, p->in, &p->work);
	PAL_TRY(pal_torch_read(&p->tree, 0, &root, &end));
	return p->tree.why != NULL ? lost(p, 0) : plan_of(p, root, "pickle");
}

/* Bytes of a stored member, wherever its header says nothing else than the directory. */
static enum pal_err
place_of(struct planner *p, struct pal_zip *z, struct pal_view name, bool *ret_there, uint64_t *ret_at,
	 uint64_t *ret_len)
{
	const struct pal_zip_entry *found = NULL;
	struct pal_zip_header       local = { 0 };
	void                      **slot = pal_map_put(&z->known, name);
	bool                        good = false;

	found = slot == NULL ? NULL : *slot;
	*ret_there = found != NULL;
	if (found == NULL)
		return PAL_OK;
	PAL_TRY(pal_zip_read_local(z, found->local_at, &local, ret_at, &good));
	if (!good || local.method != 0 || found->central.method != 0 || !pal_view_eq(local.name, found->central.name) ||
	    (found->central.flags & 1) != 0 || *ret_at > p->in->size || found->central.packed > p->in->size - *ret_at)
		return pal_fail(
		    p->d, PAL_EDENIED, found->local_at,
		    "the member %.*s is packed, encrypted, cut short or of two names; torch stores it as it is",
		    shown(name), name.data);
	*ret_len = found->central.packed;
	return PAL_OK;
}

static enum pal_err
index_members(struct planner *p, struct pal_zip *z)
{
	z->known = pal_map_of(&z->arena);
	for (size_t i = 0; i < z->entries.count; i++) {
		struct pal_zip_entry *e = pal_list_at(&z->entries, i);
		void                **slot = pal_map_put(&z->known, e->central.name);

		if (slot == NULL)
			return no_memory(p);
		if (*slot != NULL)
			return pal_fail(p->d, PAL_EDENIED, e->local_at, "two members are called %.*s",
					shown(e->central.name), e->central.name.data);
		*slot = e;
	}
	return PAL_OK;
}

static enum pal_err
place_storages(struct planner *p, struct pal_zip *z, uint64_t pickle_at)
{
	for (size_t i = 0; i < p->tree.storages.count; i++) {
		struct pal_torch_storage *st = *(struct pal_torch_storage **)pal_list_at(&p->tree.storages, i);
		const char               *name = NULL;

		if (st->found) { /* in a string of the pickle itself */
			st->at += pickle_at;
			continue;
		}
		name = pal_arena_printf(&p->work, "%.*sdata/%.*s", (int)z->torch.len, z->torch.data, (int)st->key.len,
					st->key.data);
		if (name == NULL)
			return no_memory(p);
		PAL_TRY(place_of(p, z, pal_view_of(name), &st->found, &st->at, &st->length));
	}
	return PAL_OK;
}

static enum pal_err
read_byteorder(struct planner *p, struct pal_zip *z)
{
	struct pal_view text = { 0 };
	uint64_t        at = 0, len = 0;
	bool            there = false;
	const char     *name = pal_arena_printf(&p->work, "%.*sbyteorder", (int)z->torch.len, z->torch.data);

	if (name == NULL)
		return no_memory(p);
	PAL_TRY(place_of(p, z, pal_view_of(name), &there, &at, &len));
	if (!there)
		return PAL_OK;
	PAL_TRY(pal_input_view(p->in, at, 0, 16, &text));
	text = pal_view_sub(text, 0, (size_t)(len < 16 ? len : 16));
	p->big_endian = pal_view_is(text, "big");
	if (!p->big_endian && !pal_view_is(text, "little"))
		return pal_fail(p->d, PAL_EDENIED, at, "the byte order is neither little nor big");
	return PAL_OK;
}

static enum pal_err
plan_members(struct planner *p, struct pal_zip *z)
{
	struct pal_torch_value root = { 0 };
	struct pal_input       in = { .fd = -1 };
	uint64_t               at = 0, len = 0, end = 0;
	size_t                 directories = 0;
	bool                   there = false;
	enum pal_err           err = PAL_OK;

	PAL_TRY(pal_zip_list(z, &directories));
	if (p->said != NULL || directories != 1)
		return pal_fail(p->d, PAL_EDENIED, 0,
				"the archive's directory is damaged or contradicts itself: %.100s",
				p->said == NULL ? "there is none, or several" : p->said);
	if (z->torch.data == NULL)
		return pal_fail(p->d, PAL_EDENIED, 0,
				"there is no data.pkl in this archive; it is none of torch.save's");
	PAL_TRY(index_members(p, z));
	PAL_TRY(read_byteorder(p, z));
	PAL_TRY(place_of(p, z, (struct pal_view){ z->torch.data, z->torch.len + 8 }, &there, &at, &len));
	PAL_TRY(pal_input_part(p->in, at, len, &in));
	pal_torch_tree_init(&p->tree, &in, &p->work);
	err = pal_torch_read(&p->tree, 0, &root, &end);
	pal_input_done(&in);
	PAL_TRY(err);
	if (p->tree.why != NULL)
		return lost(p, at);
	PAL_TRY(place_storages(p, z, at));
	return plan_of(p, root, "PyTorch zip archive");
}

/* The first thing that the directory says against itself. */
static enum pal_err
hear(void *arg, const struct pal_content *piece)
{
	struct planner *p = arg;

	if (piece->kind == PAL_CONTENT_ANOMALY && p->said == NULL)
		p->said = pal_arena_text(&p->work, pal_view_sub(piece->text, 0, 200));
	return PAL_OK;
}

static enum pal_err
plan_zip(struct planner *p)
{
	struct pal_limits limits = pal_limits_default;
	struct pal_sink   sink = { .take = hear, .arg = p, .arena = &p->work, .limits = &limits };
	struct pal_zip    z;
	enum pal_err      err = PAL_OK;

	pal_zip_init(&z, p->in, &sink);
	err = plan_members(p, &z);
	pal_arena_done(&z.arena);
	return err;
}

static enum pal_err
plan_any(struct planner *p)
{
	static const uint8_t magic[] = { 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19 };
	struct pal_view      head = { 0 };

	PAL_TRY(pal_input_view(p->in, 0, 0, PAL_PROBE_HEAD, &head));
	if (pal_view_starts(head, "PK\003\004"))
		return plan_zip(p);
	if (pal_view_eq(pal_view_sub(head, 2, sizeof(magic)), (struct pal_view){ magic, sizeof(magic) }))
		return plan_legacy(p);
	if (pal_pickle_likely(head, p->in->size) >= 50)
		return plan_pickle(p);
	return pal_fail(
	    p->d, PAL_EDENIED, 0,
	    "this is no file of torch.save and no pickle; expected a .pt, .pth, .bin or .pkl with a state dict");
}

enum pal_err
pal_torch_plan(struct pal_input *in, bool drop, struct pal_arena *a, struct pal_plan *ret_plan, struct pal_diag *d)
{
	struct planner *p = pal_mem_new(1, sizeof(*p));
	enum pal_err    err = PAL_OK;

	if (p == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "convert: no memory");
	*p = (struct planner){ .in = in, .arena = a, .drop = drop, .d = d };
	pal_arena_init(&p->work, PAL_TORCH_MEMORY);
	p->plan.tensors = pal_list_of(a, sizeof(struct pal_plan_tensor));
	p->plan.left = pal_list_of(a, sizeof(struct pal_plan_left));
	err = plan_any(p);
	pal_torch_tree_done(&p->tree);
	pal_arena_done(&p->work);
	if (err == PAL_OK)
		*ret_plan = p->plan;
	pal_mem_free(p);
	return err;
}
