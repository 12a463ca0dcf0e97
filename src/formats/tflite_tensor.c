/* tflite_tensor.c - where a model's buffers lie, and that tensors, types and buffers agree. */
#include "tflite.h"

#include "give.h"

#define RANK_MOST 64u

/* A buffer's bytes are a vector, or, in models above 2 GB, a place behind the FlatBuffer. */
static enum pal_err
read_buffer(struct pal_tflite *t, const struct pal_fb_table *buffer, struct pal_tflite_buffer *ret)
{
	struct pal_fb_vector data = pal_fb_vector(&t->fb, buffer, 0, 1);
	uint64_t             at = pal_fb_uint(&t->fb, buffer, 1, 8, 0), len = pal_fb_uint(&t->fb, buffer, 2, 8, 0);

	*ret = (struct pal_tflite_buffer){ .at = data.at, .len = data.at == 0 ? 0 : data.count };
	if (at <= 1)
		return pal_fb_err(&t->fb);
	if (at > t->in->size || len > t->in->size - at)
		return pal_tflite_wrong(t, &pal_anomaly_tflite_place, at,
					"a buffer of %llu bytes at %llu ends behind the file's end",
					(unsigned long long)len, (unsigned long long)at);
	if (ret->len > 0)
		PAL_TRY(pal_tflite_wrong(t, &pal_anomaly_tflite_place, at,
					 "a buffer that is both inside the FlatBuffer and at %llu",
					 (unsigned long long)at));
	*ret = (struct pal_tflite_buffer){ .at = at, .len = len };
	t->end = at + len > t->end ? at + len : t->end;
	return pal_fb_err(&t->fb);
}

static int
by_place(const void *a, const void *b)
{
	const struct pal_tflite_buffer *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->len < y->len ? -1 : x->len > y->len;
}

static enum pal_err
check_overlaps(struct pal_tflite *t)
{
	struct pal_list sorted = pal_list_of(&t->arena, sizeof(struct pal_tflite_buffer));
	uint64_t        end = 0;

	for (size_t i = 0; i < t->buffers.count; i++) {
		const struct pal_tflite_buffer *b = pal_list_at(&t->buffers, i);
		struct pal_tflite_buffer       *copy = b->len == 0 ? NULL : pal_list_add(&sorted);

		if (copy != NULL)
			*copy = *b;
	}
	PAL_TRY(pal_arena_err(&t->arena));
	pal_list_sort(&sorted, by_place);
	for (size_t i = 0; i < sorted.count; i++) {
		const struct pal_tflite_buffer *b = pal_list_at(&sorted, i);

		if (b->at < end)
			PAL_TRY(pal_tflite_wrong(t, &pal_anomaly_tflite_overlap, b->at,
						 "a buffer at %llu begins %llu bytes before the one before it ends",
						 (unsigned long long)b->at, (unsigned long long)(end - b->at)));
		end = b->at + b->len > end ? b->at + b->len : end;
	}
	return PAL_OK;
}

enum pal_err
pal_tflite_buffers(struct pal_tflite *t, const struct pal_fb_table *model)
{
	struct pal_fb_vector all = pal_fb_vector(&t->fb, model, 4, 4);

	for (uint32_t i = 0; i < all.count && pal_fb_err(&t->fb) == PAL_OK && t->fb.budget > 0; i++) {
		struct pal_fb_table       table = pal_fb_item_table(&t->fb, &all, i);
		struct pal_tflite_buffer *kept = pal_list_add(&t->buffers), one = { 0 };

		PAL_TRY(pal_arena_err(&t->arena));
		PAL_TRY(read_buffer(t, &table, &one));
		*kept = one;
	}
	PAL_TRY(pal_fb_err(&t->fb));
	return check_overlaps(t);
}

/* NULL, or what is wrong with the shape; *ret_items: the product. */
static const char *
read_shape(struct pal_tflite *t, const struct pal_fb_table *tensor, uint64_t *dims, size_t *ret_rank,
	   uint64_t *ret_items)
{
	struct pal_fb_vector v = pal_fb_vector(&t->fb, tensor, 0, 4);

	*ret_items = 1;
	*ret_rank = 0;
	if (v.count > RANK_MOST)
		return "more than 64 dimensions";
	for (uint32_t i = 0; i < v.count; i++) {
		dims[i] = pal_fb_item(&t->fb, &v, i);
		if (dims[i] > INT32_MAX)
			return "a negative dimension";
		if (__builtin_mul_overflow(*ret_items, dims[i], ret_items))
			return "a product of its dimensions that overflows";
	}
	*ret_rank = v.count;
	return NULL;
}

/* A tensor's bytes against its shape; strings and sparse tensors are laid out in ways of their own. */
static enum pal_err
check_size(struct pal_tflite *t, const struct pal_fb_table *tensor, const struct pal_tflite_type *type, uint64_t items,
	   uint64_t have)
{
	uint64_t bits = 0, need = 0;
	bool     wraps = __builtin_mul_overflow(items, (uint64_t)type->bits, &bits);

	need = bits / 8 + (bits % 8 != 0);
	if (type->bits == 0 || have == 0 || pal_fb_has(&t->fb, tensor, 6) || (!wraps && need == have))
		return PAL_OK;
	return pal_tflite_wrong(t, &pal_anomaly_tflite_tensor, tensor->at,
				"tensor \"%.80s\" has %llu bytes, its shape and type need %s%llu",
				pal_buf_text(&t->name), (unsigned long long)have, wraps ? "more than " : "",
				(unsigned long long)(wraps ? UINT64_MAX / 8 : need));
}

/* Numbers are for those who read tensors; what may be anything is for those who read bytes, once. */
static enum pal_err
give_raw(struct pal_tflite *t, struct pal_tflite_buffer *b, enum pal_dtype type)
{
	if (b->given || b->len == 0 || (type != PAL_DTYPE_OTHER && type != PAL_DTYPE_U8))
		return PAL_OK;
	b->given = true;
	return pal_give_bytes(t->sink, t->in, b->at, b->len);
}

static enum pal_err
take_tensor(struct pal_tflite *t, const struct pal_fb_table *tensor)
{
	struct pal_fb_vector          name = pal_fb_string(&t->fb, tensor, 3);
	uint64_t                      code = pal_fb_uint(&t->fb, tensor, 1, 1, 0), items = 0, dims[RANK_MOST];
	uint64_t                      index = pal_fb_uint(&t->fb, tensor, 2, 4, 0);
	const struct pal_tflite_type *type = pal_tflite_type(code);
	struct pal_tflite_buffer     *b = index < t->buffers.count ? pal_list_at(&t->buffers, (size_t)index) : NULL;
	struct pal_content            c = { .kind = PAL_CONTENT_TENSOR, .place.offset = tensor->at };
	const char                   *bad = NULL;

	c.name = pal_fb_text(&t->fb, &name, PAL_TFLITE_NAME, &t->name);
	if (name.count > PAL_TFLITE_NAME)
		PAL_TRY(pal_fb_give(&t->fb, &name, "tensor"));
	bad = read_shape(t, tensor, dims, &c.tensor.rank, &items);
	bad = type == NULL ? "a type that there is not" : bad;
	bad = b == NULL ? "a buffer that there is not" : bad;
	PAL_TRY(pal_fb_err(&t->fb));
	if (bad != NULL)
		return pal_tflite_wrong(t, &pal_anomaly_tflite_tensor, tensor->at, "tensor \"%.80s\" has %s",
					pal_buf_text(&t->name), bad);
	PAL_TRY(check_size(t, tensor, type, items, b->len));
	c.tensor.dtype = pal_view_of(type->name);
	c.tensor.type = pal_fb_has(&t->fb, tensor, 6) ? PAL_DTYPE_OTHER : type->type;
	c.tensor.shape = dims;
	if (b->len > 0)
		c.place = (struct pal_place){ .offset = b->at, .length = b->len };
	PAL_TRY(give_raw(t, b, c.tensor.type));
	t->tensor_bytes += b->len;
	if (t->tensor_bytes / 4 > t->in->size)
		return pal_tflite_wrong(t, &pal_anomaly_format_limit, tensor->at,
					"tensors share their buffers so often that they are longer than four such "
					"files; \"%.80s\" was not examined",
					pal_buf_text(&t->name));
	return pal_sink_take(t->sink, &c);
}

enum pal_err
pal_tflite_tensors(struct pal_tflite *t, const struct pal_fb_table *subgraph)
{
	struct pal_fb_vector all = pal_fb_vector(&t->fb, subgraph, 0, 4);

	for (uint32_t i = 0; i < all.count && t->fb.budget > 0; i++) {
		struct pal_fb_table tensor = pal_fb_item_table(&t->fb, &all, i);

		if (tensor.at != 0)
			PAL_TRY(take_tensor(t, &tensor));
		PAL_TRY(pal_fb_err(&t->fb));
	}
	return pal_fb_err(&t->fb);
}
