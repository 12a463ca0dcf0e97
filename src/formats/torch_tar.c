/* torch_tar.c - what torch 0.1 kept in a tar archive (legacy_load() of torch/serialization.py): its member "storages"
 * is the number of storages, then for each a pickle (key, place, type) and, behind that, its length and its numbers; in
 * "tensors" each pickle (key, storage, type) has size and stride behind it. */
#include "pickle.h"
#include "torch.h"

#define RECORDS_MOST 1000000
#define PARTS        3u
#define DIMENSIONS   64u

/* The type that a pickle's value names last, when it is a tuple of three; NULL: it is none. */
static const struct pal_pickle_name *
type_of(struct pal_pickle *m)
{
	const struct pal_pickle_value *top = pal_pickle_top(m);
	const struct pal_pickle_name  *name = NULL;

	if (top == NULL || top->tag != PAL_V_TUPLE || pal_pickle_item_count(m, *top) != PARTS)
		return NULL;
	name = pal_pickle_name(m, pal_pickle_item(m, *top, PARTS - 1));
	return name == NULL || !pal_view_starts(name->module, "torch") ? NULL : name;
}

static enum pal_err
key_of(struct pal_pickle *m, struct pal_buf *out)
{
	struct pal_pickle_value key = pal_pickle_item(m, *pal_pickle_top(m), 0);
	struct pal_view         text = { 0 };

	PAL_TRY(pal_pickle_text(m, key, 100, &text));
	if (key.tag == PAL_V_INT)
		pal_buf_printf(out, "%lld", (long long)(int64_t)key.at);
	else
		pal_buf_add(out, text);
	return pal_buf_err(out);
}

static uint64_t
little(struct pal_view v, size_t size)
{
	uint64_t n = 0;

	for (size_t i = 0; i < size && i < v.len; i++)
		n |= (uint64_t)v.data[i] << (8 * i);
	return n;
}

/* A storage, as one row of numbers. They are searched too: a loader that is not torch would run them as opcodes. */
static enum pal_err
take_storage(struct pal_pickle *m, const struct pal_torch_type *type, uint64_t *at)
{
	PAL_AUTO_BUF       key = pal_buf_of(256);
	struct pal_view    head = { 0 };
	struct pal_content c = { .kind = PAL_CONTENT_TENSOR };
	uint64_t           left = m->in->size - *at, count = 0, bytes = 0;

	PAL_TRY(pal_input_view(&m->side, *at, 0, 8, &head));
	count = little(head, 8);
	if (left < 8 || __builtin_mul_overflow(count, type->width, &bytes) || bytes > left - 8)
		return pal_sink_anomaly(m->sink, &pal_anomaly_torch_storage, *at,
					"the storage at %llu has %llu numbers of %u bytes, and %llu bytes are left",
					(unsigned long long)*at, (unsigned long long)count, type->width,
					(unsigned long long)left);
	PAL_TRY(key_of(m, &key));
	*at += 8;
	c.name = pal_buf_view(&key);
	c.place = (struct pal_place){ .offset = *at, .length = bytes };
	c.tensor =
	    (struct pal_tensor){ .dtype = pal_view_of(type->dtype), .type = type->type, .shape = &count, .rank = 1 };
	PAL_TRY(pal_sink_take(m->sink, &c));
	PAL_TRY(pal_pickle_search(m, *at, bytes));
	*at += bytes;
	return PAL_OK;
}

/* Size and stride: the number of dimensions in four bytes, four that say nothing, and numbers of eight. */
static enum pal_err
skip_shape(struct pal_pickle *m, uint64_t *at)
{
	struct pal_view head = { 0 };
	uint64_t        left = m->in->size - *at, rank = 0;

	PAL_TRY(pal_input_view(&m->side, *at, 0, 4, &head));
	rank = little(head, 4);
	if (head.len == 4 && rank <= DIMENSIONS && 8 + 16 * rank + 8 <= left)
		*at += 8 + 16 * rank + 8;
	return PAL_OK;
}

enum pal_err
pal_torch_tar_take(struct pal_pickle *m, uint64_t *at)
{
	const struct pal_pickle_value *top = pal_pickle_top(m);
	const struct pal_pickle_name  *name = type_of(m);
	const struct pal_torch_type   *type = name == NULL ? NULL : pal_torch_storage_type(name->name);

	if (m->streams == 1)
		m->records = top != NULL && top->tag == PAL_V_INT && top->at <= RECORDS_MOST ? (uint32_t)top->at : 0;
	else if (name == NULL || m->records == 0)
		m->records = 0;
	else if (type != NULL && type->width > 0 && m->records-- > 0)
		return take_storage(m, type, at);
	else if (pal_view_ends(name->name, "Tensor") && m->records-- > 0)
		return skip_shape(m, at);
	return PAL_OK;
}
