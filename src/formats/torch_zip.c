/* torch_zip.c - the pickles of torch's archive as trees, and each record as the storage of one of them. */
#include "torch_zip.h"

#include "palisade/buf.h"
#include "palisade/format.h"
#include "palisade/mem.h"
#include "torch.h"
#include "torch_script.h"

#define PICKLES_MOST 16

struct pal_torch_zip {
	struct pal_arena      arena;
	struct pal_map        records; /* name of a member: its storage */
	struct pal_torch_tree trees[PICKLES_MOST];
	struct pal_input      inputs[PICKLES_MOST];
	size_t                count;
	bool                  big_endian;
	bool                  package, exported;
	bool                  sources; /* of Python, below the prefix */
	struct pal_view       prefix;  /* of all names */
	const char           *why;     /* NULL: every pickle was followed */
};

static enum pal_err
put_record(struct pal_torch_zip *v, const char *name, struct pal_torch_storage *st)
{
	void **slot = name == NULL ? NULL : pal_map_put(&v->records, pal_view_of(name));

	if (slot == NULL)
		return PAL_OK; /* the arena is full: the record is given as raw bytes */
	if (*slot == NULL)
		*slot = st;
	return PAL_OK;
}

/* torch keeps the storages of NAME.pkl in NAME/, those of a package in .data/ */
static enum pal_err
put_records(struct pal_torch_zip *v, const struct pal_torch_tree *t, struct pal_view prefix, struct pal_view stem)
{
	for (size_t i = 0; i < t->storages.count; i++) {
		struct pal_torch_storage *st = *(struct pal_torch_storage **)pal_list_at(&t->storages, i);

		if (st->found)
			continue; /* in a string of the pickle itself */
		PAL_TRY(put_record(
		    v,
		    pal_arena_printf(&v->arena, "%.*s/%.*s", (int)stem.len, stem.data, (int)st->key.len, st->key.data),
		    st));
		PAL_TRY(put_record(v,
				   pal_arena_printf(&v->arena, "%.*s.data/%.*s.storage", (int)prefix.len, prefix.data,
						    (int)st->key.len, st->key.data),
				   st));
	}
	return PAL_OK;
}

static enum pal_err
take_operator(void *arg, struct pal_view path, struct pal_torch_value v)
{
	(void)path;
	return v.tag != PAL_T_STR ? PAL_OK : pal_torch_operator(arg, pal_torch_text(v), 0, "bytecode.pkl");
}

/* Mobile bytecode names its operators in lists. */
static enum pal_err
list_operators(struct pal_sink *s, struct pal_torch_value root)
{
	bool whole = false;

	PAL_TRY(pal_torch_walk(root, true, (uint64_t)1 << 22, take_operator, s, &whole));
	return PAL_OK;
}

static enum pal_err
read_pickle(struct pal_torch_zip *v, struct pal_zip *z, const struct pal_zip_entry *e, struct pal_view prefix)
{
	struct pal_torch_tree *t = &v->trees[v->count];
	struct pal_torch_value root = { 0 };
	struct pal_zip_header  local = { 0 };
	uint64_t               at = 0, end = 0;
	bool                   good = false;

	PAL_TRY(pal_zip_read_local(z, e->local_at, &local, &at, &good));
	if (!good || e->central.method != 0 || e->central.packed > z->in->size - at) {
		v->why = "a pickle that is packed or damaged";
		return PAL_OK;
	}
	PAL_TRY(pal_input_part(z->in, at, e->central.packed, &v->inputs[v->count]));
	pal_torch_tree_init(t, &v->inputs[v->count++], &v->arena);
	PAL_TRY(pal_torch_read(t, 0, &root, &end));
	if (t->why == NULL)
		PAL_TRY(pal_torch_name_all(t, root));
	pal_torch_tree_done(t);
	if (t->why == NULL && pal_view_ends(e->central.name, "bytecode.pkl"))
		PAL_TRY(list_operators(z->sink, root));
	v->why = v->why == NULL ? t->why : v->why;
	return put_records(v, t, prefix, pal_view_sub(e->central.name, 0, e->central.name.len - 4));
}

static enum pal_err
read_byteorder(struct pal_torch_zip *v, struct pal_zip *z, const struct pal_zip_entry *e)
{
	struct pal_zip_header local = { 0 };
	struct pal_view       text = { 0 };
	uint64_t              at = 0;
	bool                  good = false;

	PAL_TRY(pal_zip_read_local(z, e->local_at, &local, &at, &good));
	if (!good || e->central.method != 0 || e->central.packed != 3 ||
	    pal_input_view(z->in, at, 3, 3, &text) != PAL_OK)
		return PAL_OK;
	v->big_endian = pal_view_is(pal_view_sub(text, 0, 3), "big");
	return PAL_OK;
}

static bool
below(const struct pal_torch_zip *v, struct pal_view name, struct pal_view *ret_rest)
{
	if (name.len <= v->prefix.len || !pal_view_eq(pal_view_sub(name, 0, v->prefix.len), v->prefix))
		return false;
	*ret_rest = pal_view_sub(name, v->prefix.len, name.len);
	return true;
}

/* Which of torch's layouts it is, and the folder that all of its names begin with. */
static void
look_for_layout(struct pal_torch_zip *v, const struct pal_zip *z)
{
	static const char *const marks[] = { ".data/extern_modules", "archive_format" };

	v->prefix = pal_view_sub(z->torch, 0, z->torch.len);
	for (size_t i = 0; i < z->entries.count; i++) {
		struct pal_view name = ((const struct pal_zip_entry *)pal_list_at(&z->entries, i))->central.name;

		for (size_t m = 0; m < 2; m++) {
			size_t n = pal_view_of(marks[m]).len;

			if (!pal_view_ends(name, marks[m]) || (name.len > n && name.data[name.len - n - 1] != '/'))
				continue;
			v->package = v->package || m == 0;
			v->exported = v->exported || m == 1;
			v->prefix = pal_view_sub(name, 0, name.len - n);
		}
		v->sources = v->sources || pal_view_ends(name, ".py");
	}
}

/* Of two members of one name the later one counts for torch, so they are looked at from behind. */
static enum pal_err
read_members(struct pal_torch_zip *v, struct pal_zip *z)
{
	struct pal_map seen = pal_map_of(&v->arena);

	for (size_t i = z->entries.count; i > 0 && v->why == NULL; i--) {
		const struct pal_zip_entry *e = pal_list_at(&z->entries, i - 1);
		struct pal_view             rest = { 0 };
		void                      **slot = NULL;

		if (!below(v, e->central.name, &rest))
			continue;
		if (pal_view_is(rest, "byteorder"))
			PAL_TRY(read_byteorder(v, z, e));
		if (!pal_view_ends(rest, ".pkl") || (!v->package && pal_view_find_byte(rest, '/', 0) != SIZE_MAX))
			continue;
		slot = pal_map_put(&seen, e->central.name);
		if (slot == NULL || *slot != NULL)
			continue;
		*slot = v;
		if (v->count == PICKLES_MOST)
			v->why = "more pickles than are followed";
		else
			PAL_TRY(read_pickle(v, z, e, v->prefix));
	}
	return PAL_OK;
}

void
pal_torch_zip_close(struct pal_torch_zip **v)
{
	if (*v == NULL)
		return;
	for (size_t i = 0; i < (*v)->count; i++) {
		pal_torch_tree_done(&(*v)->trees[i]);
		pal_input_done(&(*v)->inputs[i]);
	}
	pal_arena_done(&(*v)->arena);
	pal_mem_free(*v);
	*v = NULL;
}

enum pal_err
pal_torch_zip_open(struct pal_zip *z, struct pal_torch_zip **ret)
{
	struct pal_torch_zip *v = NULL;
	enum pal_err          err = PAL_OK;

	*ret = NULL;
	v = pal_mem_new(1, sizeof(*v));
	if (v == NULL)
		return PAL_ENOMEM;
	look_for_layout(v, z);
	if (z->torch.data == NULL && !v->package && !v->exported) {
		pal_mem_free(v);
		return PAL_OK;
	}
	pal_arena_init(&v->arena, PAL_TORCH_MEMORY);
	v->records = pal_map_of(&v->arena);
	err = read_members(v, z);
	if (err == PAL_OK && v->why != NULL)
		err = pal_sink_anomaly(z->sink, &pal_anomaly_torch_raw, 0,
				       "tensors were examined as raw bytes, without their names and types: %s", v->why);
	if (err == PAL_OK && v->package && v->sources)
		err = pal_sink_anomaly(z->sink, &pal_anomaly_torch_package, 0,
				       "the Python modules in this archive run when an object of it is loaded");
	*ret = v;
	return err;
}

static bool
is_number(struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (!pal_is_digit(v.data[i]))
			return false;
	return v.len > 0;
}

/* data/0, data/1 ... beside data.pkl are storages, whoever refers to them; exported graphs keep raw numbers too. */
static bool
is_numbers(const struct pal_torch_zip *v, const struct pal_zip *z, struct pal_view name)
{
	struct pal_view rest = { 0 };

	if (!below(v, name, &rest))
		return false;
	if (z->torch.data != NULL && pal_view_starts(rest, "data/") && is_number(pal_view_sub(rest, 5, rest.len)))
		return true;
	return v->exported &&
	       (pal_view_starts(rest, "data/weights/weight_") || pal_view_starts(rest, "data/constants/tensor_"));
}

static enum pal_err
give_raw(struct pal_zip *z, const struct pal_zip_header *h, uint64_t at)
{
	struct pal_content c = { .kind = PAL_CONTENT_TENSOR, .name = h->name };

	c.place = (struct pal_place){ .offset = at, .length = h->packed };
	c.tensor = (struct pal_tensor){ .dtype = pal_view_of("bytes"), .shape = &h->packed, .rank = 1 };
	return pal_sink_take(z->sink, &c);
}

void
pal_torch_zip_met(struct pal_torch_zip *v, struct pal_view name)
{
	struct pal_torch_storage *st = v == NULL ? NULL : pal_map_get(&v->records, name);

	if (st != NULL)
		st->given = true;
}

/* A pickle or an archive under a storage's name is one all the same. */
enum pal_err
pal_torch_zip_give(struct pal_torch_zip *v, struct pal_zip *z, const struct pal_zip_header *h, uint64_t at,
		   bool *ret_taken)
{
	struct pal_torch_storage *st = NULL;
	struct pal_view           head = { 0 };

	*ret_taken = false;
	if (v == NULL)
		return PAL_OK;
	st = pal_map_get(&v->records, h->name);
	if (st == NULL && !is_numbers(v, z, h->name))
		return PAL_OK;
	PAL_TRY(pal_input_view(z->in, at, 0, h->packed < PAL_PROBE_HEAD ? (size_t)h->packed : PAL_PROBE_HEAD, &head));
	if (pal_format_inside(head, h->packed) != NULL)
		return PAL_OK;
	*ret_taken = true;
	if (st == NULL && v->why == NULL && !v->exported)
		PAL_TRY(pal_sink_anomaly(
		    z->sink, &pal_anomaly_torch_hidden, at, "%.*s: %llu bytes that no pickle of the archive refers to",
		    (int)(h->name.len < 100 ? h->name.len : 100), h->name.data, (unsigned long long)h->packed));
	if (st == NULL)
		return v->why == NULL && !v->exported ? pal_give_stray(z->sink, z->in, at, h->packed, h->name)
						      : give_raw(z, h, at);
	st->at = at;
	st->length = h->packed;
	st->found = true;
	return pal_torch_give(z->sink, st, v->big_endian);
}

/* The source of a module of a package: as a program, whole. */
static enum pal_err
give_source(struct pal_zip *z, struct pal_input *in, uint64_t at)
{
	PAL_AUTO_BUF       text = pal_buf_of(z->sink->limits->text);
	struct pal_content c = { .kind = PAL_CONTENT_SOURCE, .name = pal_view_of("python") };

	for (uint64_t from = 0; from < in->size && pal_buf_err(&text) == PAL_OK;) {
		struct pal_view v = { 0 };

		PAL_TRY(pal_input_view(in, from, 1, PAL_INPUT_WINDOW, &v));
		pal_buf_add(&text, v);
		from += v.len;
	}
	if (pal_buf_err(&text) != PAL_OK)
		return PAL_OK; /* it is text as well, and examined as such */
	c.place = (struct pal_place){ .offset = at, .length = in->size };
	c.text = pal_buf_view(&text);
	return pal_sink_take(z->sink, &c);
}

enum pal_err
pal_torch_zip_code(struct pal_torch_zip *v, struct pal_zip *z, struct pal_view name, struct pal_input *in, uint64_t at)
{
	struct pal_view rest = { 0 };
	const char     *field = NULL;

	if (v == NULL || !below(v, name, &rest))
		return PAL_OK;
	field = pal_arena_printf(&v->arena, "%.*s", (int)(name.len < 300 ? name.len : 300), name.data);
	if (v->package && pal_view_ends(rest, ".py"))
		return give_source(z, in, at);
	if (pal_view_starts(rest, "code/") && pal_view_ends(rest, ".py"))
		return pal_torch_script(z->sink, in, at, field);
	if (v->exported && pal_view_starts(rest, "models/") && pal_view_ends(rest, ".json"))
		return pal_torch_export(z->sink, in, at, field);
	return PAL_OK;
}

enum pal_err
pal_torch_zip_end(struct pal_torch_zip *v, struct pal_zip *z)
{
	size_t missing = 0;

	for (size_t t = 0; v != NULL && t < v->count; t++)
		for (size_t i = 0; i < v->trees[t].storages.count; i++) {
			const struct pal_torch_storage *st =
			    *(struct pal_torch_storage **)pal_list_at(&v->trees[t].storages, i);

			if (!st->given && !st->found && missing++ < 100)
				PAL_TRY(pal_sink_anomaly(z->sink, &pal_anomaly_torch_storage, 0,
							 "storage %.*s is not in the archive",
							 (int)(st->key.len < 100 ? st->key.len : 100), st->key.data));
		}
	return PAL_OK;
}
