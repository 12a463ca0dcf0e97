/* torch_give.c - a storage's bytes, handed over as the tensors that lie in them: each byte once, the rest as it is. */
#include "torch.h"

struct part {
	const struct pal_torch_tensor *tensor;
	struct pal_torch_measure       m;
};

struct giver {
	struct pal_sink          *sink;
	struct pal_torch_storage *st;
	bool                      big_endian;
	struct pal_arena          arena;
	struct pal_list           parts;   /* of struct part *, those that lie in the storage */
	bool                      bad;     /* something was said that makes it plain why bytes are left */
	uint64_t                  reached; /* bytes that some tensor has to do with, from the storage's start */
};

static int
shown(struct pal_view v)
{
	return (int)(v.len < 100 ? v.len : 100);
}

static enum pal_err
check_storage(struct giver *g)
{
	const struct pal_torch_storage *st = g->st;
	uint64_t                        need = 0;

	if (st->clash)
		PAL_TRY(pal_sink_anomaly(g->sink, &pal_anomaly_torch_storage, st->at,
					 "storage %.*s is described twice, with different sizes", shown(st->key),
					 st->key.data));
	if (st->type->width == 0)
		return PAL_OK;
	if (st->numel < 0 || __builtin_mul_overflow((uint64_t)st->numel, st->type->width, &need) || need > st->length)
		return pal_sink_anomaly(g->sink, &pal_anomaly_torch_storage, st->at,
					"storage %.*s: %lld elements of %u bytes, but %llu bytes are there",
					shown(st->key), st->key.data, (long long)st->numel, st->type->width,
					(unsigned long long)st->length);
	g->bad = need < st->length;
	if (g->bad && !st->clash)
		return pal_sink_anomaly(g->sink, &pal_anomaly_torch_hidden, st->at + need,
					"storage %.*s: %llu bytes more than its %lld elements of %u bytes",
					shown(st->key), st->key.data, (unsigned long long)(st->length - need),
					(long long)st->numel, st->type->width);
	return PAL_OK;
}

static int
by_place(const void *a, const void *b)
{
	const struct part *x = *(struct part *const *)a, *y = *(struct part *const *)b;

	if (x->m.at != y->m.at)
		return x->m.at < y->m.at ? -1 : 1;
	if (x->m.dense != y->m.dense)
		return x->m.dense ? -1 : 1;
	if (x->m.span != y->m.span)
		return x->m.span > y->m.span ? -1 : 1;
	return pal_view_cmp(x->tensor->name, y->tensor->name);
}

static enum pal_err
measure_all(struct giver *g)
{
	for (const struct pal_torch_tensor *t = g->st->tensors; t != NULL; t = t->next) {
		struct pal_torch_measure m = { 0 };
		const char              *bad = pal_torch_measure(t, &m);
		struct part             *p = NULL;
		void                   **to = NULL;

		if (bad != NULL) {
			g->bad = true;
			PAL_TRY(pal_sink_anomaly(g->sink, &pal_anomaly_torch_tensor, g->st->at, "tensor \"%.*s\": %s",
						 shown(t->name), t->name.data, bad));
			continue;
		}
		to = pal_list_add(&g->parts);
		p = to == NULL ? NULL : pal_arena_array(&g->arena, 1, sizeof(*p));
		if (p == NULL)
			return PAL_ENOMEM;
		*p = (struct part){ .tensor = t, .m = m };
		*to = p;
	}
	pal_list_sort(&g->parts, by_place);
	return PAL_OK;
}

static enum pal_err
give_part(struct giver *g, const struct part *p, bool bytes)
{
	struct pal_content c = { .kind = PAL_CONTENT_TENSOR, .name = p->tensor->name };

	c.place = (struct pal_place){ .offset = g->st->at + p->m.at, .length = bytes ? p->m.span : 0 };
	c.tensor = (struct pal_tensor){ .dtype = pal_view_of(p->tensor->type->dtype),
					.type = p->tensor->type->type,
					.big_endian = g->big_endian,
					.shape = p->m.shape,
					.rank = p->m.rank };
	return pal_sink_take(g->sink, &c);
}

/* Bytes between what dense tensors cover: a tensor that is not dense has some of them, or nobody. */
static enum pal_err
give_between(struct giver *g, uint64_t from, uint64_t to, uint64_t reached)
{
	const struct pal_torch_type *type = g->st->type;
	struct pal_content           c = { .kind = PAL_CONTENT_TENSOR, .name = g->st->key };
	uint64_t                     count = type->width == 0 ? to - from : (to - from) / type->width;

	if (from >= to)
		return PAL_OK;
	if (reached < to && g->st->tensors != NULL && !g->bad)
		PAL_TRY(pal_sink_anomaly(g->sink, &pal_anomaly_torch_unused, g->st->at + from,
					 "storage %.*s: %llu bytes that no tensor reaches", shown(g->st->key),
					 g->st->key.data,
					 (unsigned long long)(to - (reached > from ? reached : from))));
	c.place = (struct pal_place){ .offset = g->st->at + from, .length = to - from };
	c.tensor = (struct pal_tensor){ .dtype = pal_view_of(type->width == 0 ? "bytes" : type->dtype),
					.type = type->type,
					.big_endian = g->big_endian,
					.shape = &count,
					.rank = 1 };
	return pal_sink_take(g->sink, &c);
}

static enum pal_err
give_all(struct giver *g)
{
	uint64_t at = 0; /* dense tensors cover all before it, or it was given */

	PAL_TRY(check_storage(g));
	PAL_TRY(measure_all(g));
	for (size_t i = 0; i < g->parts.count; i++) {
		const struct part *p = *(struct part *const *)pal_list_at(&g->parts, i);
		uint64_t           end = p->m.at + p->m.span;
		bool               whole = p->m.dense && p->m.span > 0 && end <= g->st->length && p->m.at >= at;

		if (whole) {
			PAL_TRY(give_between(g, at, p->m.at, g->reached));
			at = end;
		}
		g->reached = end > g->reached ? end : g->reached;
		PAL_TRY(give_part(g, p, whole));
	}
	return give_between(g, at, g->st->length, g->reached);
}

enum pal_err
pal_torch_give(struct pal_sink *s, struct pal_torch_storage *st, bool big_endian)
{
	struct giver g = { .sink = s, .st = st, .big_endian = big_endian };
	enum pal_err err = PAL_OK;

	pal_arena_init(&g.arena, PAL_TORCH_MEMORY);
	g.parts = pal_list_of(&g.arena, sizeof(struct part *));
	st->given = true;
	err = give_all(&g);
	pal_arena_done(&g.arena);
	return err;
}
