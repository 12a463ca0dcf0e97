/* torch_build.c - what the functions that torch names in its pickles make of their arguments; all others make objects
 * that keep their name. */
#include "torch.h"

#define NESTED_MOST 1u

typedef enum pal_err builder(struct pal_torch_tree *t, struct pal_torch_value args, struct pal_torch_value *ret);

static enum pal_err
no_memory(struct pal_torch_tree *t)
{
	return pal_torch_lost(t, "it needs more memory than is given to it");
}

/* An object that only remembers what made it. */
static enum pal_err
made(struct pal_torch_tree *t, const struct pal_torch_name *name, struct pal_torch_value args,
     struct pal_torch_value *ret)
{
	PAL_TRY(pal_torch_object_new(t, PAL_T_MADE, &args, 1, ret));
	if (ret->tag == PAL_T_MADE)
		ret->is.object->name = name;
	return PAL_OK;
}

static enum pal_err
make_tensor(struct pal_torch_tree *t, const struct pal_torch_tensor *like, struct pal_torch_value *ret)
{
	struct pal_torch_tensor *x = pal_arena_array(t->arena, 1, sizeof(*x));

	if (x == NULL)
		return no_memory(t);
	*x = *like;
	*ret = (struct pal_torch_value){ .tag = PAL_T_TENSOR, .is.tensor = x };
	return PAL_OK;
}

/* (storage, offset, size, stride, ...); offset may be what no tensor has: it is checked when it is measured. */
static enum pal_err
rebuild(struct pal_torch_tree *t, struct pal_torch_value args, const struct pal_torch_type *type, const char *more,
	struct pal_torch_value *ret)
{
	struct pal_torch_value  storage = pal_torch_item(args, 0), offset = pal_torch_item(args, 1);
	struct pal_torch_tensor x = { .size = pal_torch_item(args, 2),
				      .stride = pal_torch_item(args, 3),
				      .offset = offset.tag == PAL_T_INT ? offset.is.n : -1,
				      .more = more };

	if (storage.tag != PAL_T_STORAGE)
		return pal_torch_lost(t, "a tensor without a storage");
	x.slice = storage.is.slice;
	x.type = type == NULL ? x.slice->type : type;
	return make_tensor(t, &x, ret);
}

static enum pal_err
build_tensor(struct pal_torch_tree *t, struct pal_torch_value args, struct pal_torch_value *ret)
{
	return rebuild(t, args, NULL, NULL, ret);
}

static enum pal_err
build_tensor_v3(struct pal_torch_tree *t, struct pal_torch_value args, struct pal_torch_value *ret)
{
	struct pal_torch_value             dtype = pal_torch_item(args, 6);
	const struct pal_torch_type       *type = dtype.tag == PAL_T_NAME && pal_view_is(dtype.is.name->module, "torch")
						      ? pal_torch_dtype(dtype.is.name->name)
						      : NULL;
	static const struct pal_torch_type unknown = { NULL, "unknown", PAL_DTYPE_OTHER, 0 };

	return rebuild(t, args, type == NULL ? &unknown : type, NULL, ret);
}

static enum pal_err
build_quantized(struct pal_torch_tree *t, struct pal_torch_value args, struct pal_torch_value *ret)
{
	return rebuild(t, args, NULL, "quantized", ret);
}

static enum pal_err
build_meta(struct pal_torch_tree *t, struct pal_torch_value args, struct pal_torch_value *ret)
{
	struct pal_torch_value        dtype = pal_torch_item(args, 0);
	const struct pal_torch_type  *type = dtype.tag == PAL_T_NAME ? pal_torch_dtype(dtype.is.name->name) : NULL;
	const struct pal_torch_tensor x = { .type = type == NULL ? pal_torch_dtype(pal_view_of("untyped")) : type,
					    .size = pal_torch_item(args, 1),
					    .stride = pal_torch_item(args, 2),
					    .more = "without numbers (meta)" };

	return make_tensor(t, &x, ret);
}

/* Parameter(data, requires_grad, hooks), and containers that are called with their content. */
static enum pal_err
build_first(struct pal_torch_tree *t, struct pal_torch_value args, struct pal_torch_value *ret)
{
	(void)t;
	*ret = pal_torch_item(args, 0);
	return PAL_OK;
}

/* _rebuild_from_type_v2(func, type, args, state): what func makes, as another class. */
static enum pal_err
build_from_type(struct pal_torch_tree *t, struct pal_torch_value args, struct pal_torch_value *ret)
{
	static const char *const plain[] = { "_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_parameter" };
	struct pal_torch_value   func = pal_torch_item(args, 0), type = pal_torch_item(args, 1);
	struct pal_torch_value   inner = pal_torch_item(args, 2), state = pal_torch_item(args, 3);
	bool                     known = false;

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		known = known || pal_torch_is(func, "torch._utils", plain[i]);
	PAL_TRY(known ? pal_torch_call(t, func, inner, ret) : made(t, NULL, args, ret));
	if (ret->tag == PAL_T_TENSOR && (!pal_torch_is(type, "torch", "Tensor") || pal_torch_count(state) > 0) &&
	    !pal_torch_is(type, "torch.nn.parameter", "Parameter"))
		ret->is.tensor->more = "of a class of its own";
	return PAL_OK;
}

static enum pal_err
build_dict(struct pal_torch_tree *t, struct pal_torch_value args, struct pal_torch_value *ret)
{
	struct pal_torch_value first = pal_torch_item(args, 0);

	PAL_TRY(pal_torch_object_new(t, PAL_T_DICT, NULL, 0, ret));
	if (ret->tag != PAL_T_DICT || pal_torch_count(first) == 0)
		return PAL_OK;
	for (const struct pal_torch_chunk *c = first.is.object->first; c != NULL; c = c->next) {
		if (first.tag == PAL_T_DICT) {
			PAL_TRY(pal_torch_add(t, ret->is.object, c->items, c->count));
			continue;
		}
		for (size_t i = 0; i < c->count; i++) { /* Python 2 wrote a list of pairs */
			struct pal_torch_value pair[2] = { pal_torch_item(c->items[i], 0),
							   pal_torch_item(c->items[i], 1) };

			PAL_TRY(pal_torch_add(t, ret->is.object, pair, 2));
		}
	}
	return PAL_OK;
}

/* defaultdict(list): what it is made of is no content. */
static enum pal_err
build_empty_dict(struct pal_torch_tree *t, struct pal_torch_value args, struct pal_torch_value *ret)
{
	(void)args;
	return pal_torch_object_new(t, PAL_T_DICT, NULL, 0, ret);
}

static enum pal_err
build_set(struct pal_torch_tree *t, struct pal_torch_value args, struct pal_torch_value *ret)
{
	struct pal_torch_value first = pal_torch_item(args, 0);

	PAL_TRY(pal_torch_object_new(t, PAL_T_SET, NULL, 0, ret));
	if (ret->tag != PAL_T_SET || pal_torch_count(first) == 0)
		return PAL_OK;
	for (const struct pal_torch_chunk *c = first.is.object->first; c != NULL; c = c->next)
		PAL_TRY(pal_torch_add(t, ret->is.object, c->items, c->count));
	return PAL_OK;
}

/* A storage that was pickled by itself is a whole file of torch's, in a string of bytes. */
static enum pal_err
build_from_bytes(struct pal_torch_tree *t, struct pal_torch_value args, struct pal_torch_value *ret)
{
	struct pal_torch_value  bytes = pal_torch_item(args, 0);
	struct pal_torch_tree   inner = { 0 };
	struct pal_torch_legacy file = { 0 };
	struct pal_input        in = { .fd = -1 };
	enum pal_err            err = PAL_OK;

	*ret = (struct pal_torch_value){ 0 };
	if (bytes.tag != PAL_T_BYTES || t->nested >= NESTED_MOST)
		return pal_torch_lost(t, "a storage inside a string that is not one piece of the file");
	if (pal_input_part(t->in, 0, t->in->size, &in) != PAL_OK)
		return pal_torch_lost(t, "the pickle is cut short");
	pal_torch_tree_init(&inner, &in, t->arena);
	inner.nested = t->nested + 1;
	err = pal_torch_legacy_read(&inner, bytes.is.at, bytes.is.at + bytes.len, &file);
	pal_torch_tree_done(&inner);
	pal_input_done(&in);
	PAL_TRY(err);
	if (!file.known || file.cut != 0 || file.big_endian || file.root.tag != PAL_T_STORAGE ||
	    file.end != bytes.is.at + bytes.len)
		return pal_torch_lost(t, "a storage inside a string that cannot be read");
	for (size_t i = 0; i < inner.storages.count; i++) {
		void **to = pal_list_add(&t->storages);

		if (to == NULL)
			return no_memory(t);
		*to = *(void **)pal_list_at(&inner.storages, i);
	}
	*ret = file.root;
	return PAL_OK;
}

static const struct {
	const char *module, *name;
	builder    *build;
} builders[] = {
	{ "torch._utils", "_rebuild_tensor", build_tensor },
	{ "torch._utils", "_rebuild_tensor_v2", build_tensor },
	{ "torch._utils", "_rebuild_tensor_v3", build_tensor_v3 },
	{ "torch._utils", "_rebuild_parameter", build_first },
	{ "torch._utils", "_rebuild_qtensor", build_quantized },
	{ "torch._utils", "_rebuild_meta_tensor_no_storage", build_meta },
	{ "torch._tensor", "_rebuild_from_type_v2", build_from_type },
	{ "torch.storage", "_load_from_bytes", build_from_bytes },
	{ "torch", "Size", build_first },
	{ "torch.jit._pickle", "build_intlist", build_first },
	{ "torch.jit._pickle", "build_tensorlist", build_first },
	{ "torch.jit._pickle", "build_doublelist", build_first },
	{ "torch.jit._pickle", "build_boollist", build_first },
	{ "torch.jit._pickle", "restore_type_tag", build_first },
	{ "collections", "OrderedDict", build_dict },
	{ "collections", "defaultdict", build_empty_dict },
	{ "builtins", "dict", build_dict },
	{ "__builtin__", "dict", build_dict },
	{ "builtins", "set", build_set },
	{ "__builtin__", "set", build_set },
	{ "builtins", "frozenset", build_set },
	{ "__builtin__", "frozenset", build_set },
};

enum pal_err
pal_torch_call(struct pal_torch_tree *t, struct pal_torch_value callee, struct pal_torch_value args,
	       struct pal_torch_value *ret_value)
{
	*ret_value = (struct pal_torch_value){ 0 };
	for (size_t i = 0; callee.tag == PAL_T_NAME && i < sizeof(builders) / sizeof(builders[0]); i++)
		if (pal_torch_is(callee, builders[i].module, builders[i].name))
			return builders[i].build(t, args, ret_value);
	return made(t, callee.tag == PAL_T_NAME ? callee.is.name : NULL, args, ret_value);
}

/* ---- persistent ids ---- */

static struct pal_torch_storage *
storage_of(struct pal_torch_tree *t, struct pal_view key, const struct pal_torch_type *type, int64_t numel)
{
	void                    **slot = pal_map_put(&t->storage_index, key);
	struct pal_torch_storage *st = slot == NULL ? NULL : *slot;
	void                    **listed = NULL;

	if (st != NULL) {
		st->clash = st->clash || st->numel != numel || st->type->width != type->width;
		return st;
	}
	listed = slot == NULL ? NULL : pal_list_add(&t->storages);
	st = listed == NULL ? NULL : pal_arena_array(t->arena, 1, sizeof(*st));
	if (st == NULL)
		return NULL;
	*st = (struct pal_torch_storage){ .key = key, .type = type, .numel = numel };
	*listed = *slot = st;
	return st;
}

/* (view key, offset, numel): a part of the storage, with a name of its own that nobody else uses. */
static bool
take_part(struct pal_torch_slice *s, struct pal_torch_value view)
{
	struct pal_torch_value from = pal_torch_item(view, 1), numel = pal_torch_item(view, 2);

	if (view.tag != PAL_T_TUPLE)
		return true;
	if (from.tag != PAL_T_INT || numel.tag != PAL_T_INT)
		return false;
	s->from = from.is.n;
	s->numel = numel.is.n;
	return true;
}

/* A package numbers its storages, all others name them. */
static struct pal_view
key_of(struct pal_torch_tree *t, struct pal_torch_value key)
{
	return key.tag == PAL_T_STR ? pal_torch_text(key)
				    : pal_view_of(pal_arena_printf(t->arena, "%lld", (long long)key.is.n));
}

/* ('storage', torch.FloatStorage, '0', 'cpu', 10) and, in old files, a view or None; or ('module', class, ...). */
enum pal_err
pal_torch_persistent(struct pal_torch_tree *t, struct pal_torch_value id, struct pal_torch_value *ret_value)
{
	struct pal_torch_value       kind = pal_torch_item(id, 0), type = pal_torch_item(id, 1);
	struct pal_torch_value       key = pal_torch_item(id, 2), numel = pal_torch_item(id, 4);
	const struct pal_torch_type *known = type.tag == PAL_T_NAME ? pal_torch_storage_type(type.is.name->name) : NULL;
	struct pal_torch_slice      *s = NULL;

	*ret_value = (struct pal_torch_value){ 0 };
	if (pal_torch_text_is(kind, "module")) {
		*ret_value = type;
		return PAL_OK;
	}
	if (!pal_torch_text_is(kind, "storage") || known == NULL || (key.tag != PAL_T_STR && key.tag != PAL_T_INT) ||
	    numel.tag != PAL_T_INT)
		return made(t, NULL, id, ret_value);
	s = pal_arena_array(t->arena, 1, sizeof(*s));
	if (s == NULL)
		return no_memory(t);
	*s = (struct pal_torch_slice){ .type = known, .numel = numel.is.n };
	s->storage = storage_of(t, key_of(t, key), known, numel.is.n);
	if (s->storage == NULL)
		return no_memory(t);
	if (!take_part(s, pal_torch_item(id, 5)))
		return pal_torch_lost(t, "a view of a storage that is none");
	*ret_value = (struct pal_torch_value){ .tag = PAL_T_STORAGE, .is.slice = s };
	return PAL_OK;
}
