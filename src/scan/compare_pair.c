/* compare_pair.c - which tensor of the model is which of the base: by name, without what wrappers put before it. */
#include "compare_parts.h"

#define PREFIXES_MOST 4u

struct names {
	const struct pal_compare_side *side;
	struct pal_map                 exact, bare; /* to a place in the list, from 1 */
	bool                          *ambiguous;   /* another of this side has the same bare name */
	bool                          *used;
};

/* What training and export tools put before every name: DataParallel, Lightning, PEFT, compile, Flax, EMA copies. */
static struct pal_view
bare_name(struct pal_view v)
{
	static const char *const prefixes[] = { "/",           "module.",      "model.",      "base_model.model.",
						"base_model.", "_orig_mod.",   "state_dict.", "network.",
						"net.",        "transformer.", "params/",     "params." };
	bool                     found = true;

	for (unsigned int round = 0; found && round < PREFIXES_MOST; round++) {
		found = false;
		for (size_t i = 0; !found && i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
			size_t len = pal_view_of(prefixes[i]).len;

			found = v.len > len && pal_view_starts(v, prefixes[i]);
			v = found ? pal_view_sub(v, len, v.len) : v;
		}
	}
	return v;
}

static enum pal_err
index_names(struct pal_arena *a, const struct pal_compare_side *side, struct names *ret)
{
	struct names n = { .side = side, .exact = pal_map_of(a), .bare = pal_map_of(a) };

	n.ambiguous = pal_arena_array(a, side->tensors.count + 1, sizeof(*n.ambiguous));
	n.used = pal_arena_array(a, side->tensors.count + 1, sizeof(*n.used));
	if (n.ambiguous == NULL || n.used == NULL)
		return PAL_ENOMEM;
	for (size_t i = 0; i < side->tensors.count; i++) {
		const struct pal_compare_tensor *t = pal_list_at(&side->tensors, i);
		void                           **exact = pal_map_put(&n.exact, t->name);
		void                           **bare = pal_map_put(&n.bare, bare_name(t->name));

		if (exact == NULL || bare == NULL)
			return PAL_ENOMEM;
		if (*bare != NULL) {
			n.ambiguous[i] = true;
			n.ambiguous[(size_t)((const uint8_t *)*bare - (const uint8_t *)side->tensors.items) /
				    side->tensors.size] = true;
		}
		*bare = pal_list_at(&side->tensors, i);
		*exact = *exact == NULL ? pal_list_at(&side->tensors, i) : *exact;
	}
	*ret = n;
	return pal_arena_err(a);
}

static size_t
place_of(const struct names *n, const struct pal_compare_tensor *t)
{
	return (size_t)((const uint8_t *)t - (const uint8_t *)n->side->tensors.items) / n->side->tensors.size;
}

static const struct pal_compare_tensor *
partner_of(const struct names *model, const struct names *base, const struct pal_compare_tensor *t)
{
	const struct pal_compare_tensor *other = pal_map_get(&base->exact, t->name);

	if (other != NULL)
		return other;
	if (model->ambiguous[place_of(model, t)])
		return NULL;
	other = pal_map_get(&base->bare, bare_name(t->name));
	if (other == NULL || base->ambiguous[place_of(base, other)] || pal_map_get(&model->exact, other->name) != NULL)
		return NULL;
	return other;
}

static uint64_t
file_of(const struct pal_compare_tensor *t)
{
	return t == NULL ? 0 : (uint64_t)t->file + 1;
}

/* By the files, then by place, so that both are read on; what only the base has comes last. */
static int
by_place(const void *a, const void *b)
{
	const struct pal_compare_pair   *x = a, *y = b;
	const struct pal_compare_tensor *p = x->model == NULL ? x->base : x->model;
	const struct pal_compare_tensor *q = y->model == NULL ? y->base : y->model;

	if ((x->model == NULL) != (y->model == NULL))
		return x->model == NULL ? 1 : -1;
	if (p->file != q->file)
		return p->file < q->file ? -1 : 1;
	if (file_of(x->base) != file_of(y->base))
		return file_of(x->base) < file_of(y->base) ? -1 : 1;
	if (p->at != q->at)
		return p->at < q->at ? -1 : 1;
	return pal_view_cmp(p->name, q->name);
}

enum pal_err
pal_compare_pairs(const struct pal_compare_side *model, const struct pal_compare_side *base, struct pal_arena *a,
		  struct pal_list *ret_pairs)
{
	struct names m = { 0 }, b = { 0 };

	*ret_pairs = pal_list_of(a, sizeof(struct pal_compare_pair));
	PAL_TRY(index_names(a, model, &m));
	PAL_TRY(index_names(a, base, &b));
	for (size_t i = 0; i < model->tensors.count; i++) {
		struct pal_compare_pair *p = pal_list_add(ret_pairs);

		if (p == NULL)
			return pal_arena_err(a);
		p->model = pal_list_at(&model->tensors, i);
		p->base = partner_of(&m, &b, p->model);
		if (p->base != NULL)
			b.used[place_of(&b, p->base)] = true;
	}
	for (size_t i = 0; i < base->tensors.count; i++) {
		const struct pal_compare_tensor *t = pal_list_at(&base->tensors, i);
		struct pal_compare_pair         *p = NULL;

		if (b.used[i] || pal_map_get(&m.exact, t->name) != NULL)
			continue;
		p = pal_list_add(ret_pairs);
		if (p == NULL)
			return pal_arena_err(a);
		p->base = t;
	}
	pal_list_sort(ret_pairs, by_place);
	return pal_arena_err(a);
}
