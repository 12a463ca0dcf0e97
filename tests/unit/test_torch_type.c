/* test_torch_type.c - what offset, size and stride come to: a table of tensors, and random ones against a model. */
#include "check.h"
#include "formats/torch.h"

struct shape {
	int64_t     size[4], stride[4];
	size_t      rank;
	int64_t     offset, numel;
	const char *bad; /* part of what is wrong; NULL: nothing */
	uint64_t    at, span;
	bool        dense;
};

static const struct shape shapes[] = {
	{ { 2, 3 }, { 3, 1 }, 2, 0, 6, NULL, 0, 24, true },
	{ { 3, 2 }, { 1, 3 }, 2, 0, 6, NULL, 0, 24, false },
	{ { 1, 3 }, { 77, 1 }, 2, 3, 6, NULL, 12, 12, true }, /* the stride of one row says nothing */
	{ { 3, 4 }, { 1, 0 }, 2, 0, 3, NULL, 0, 12, false },
	{ { 0 }, { 0 }, 0, 5, 6, NULL, 20, 4, true }, /* a scalar */
	{ { 0, 3 }, { 3, 1 }, 2, 9, 0, NULL, 0, 0, true },
	{ { 2, 3 }, { 3, 1 }, 2, 1, 6, "beyond its storage", 0, 0, false },
	{ { 2, 3 }, { 4, 1 }, 2, 0, 6, "beyond its storage", 0, 0, false },
	{ { 1 }, { 1 }, 1, 6, 6, "beyond its storage", 0, 0, false },
	{ { 1 }, { 1 }, 1, 0, 0, "beyond its storage", 0, 0, false },
	{ { -1, 3 }, { 3, 1 }, 2, 0, 6, "its size is no list", 0, 0, false },
	{ { 2, 3 }, { -3, 1 }, 2, 0, 6, "its stride is no list", 0, 0, false },
	{ { 2, 3 }, { 3, 1 }, 2, -1, 6, "below zero", 0, 0, false },
	{ { 2, 3 }, { 3, 1 }, 2, 0, -6, "below zero", 0, 0, false },
	{ { INT64_MAX, INT64_MAX }, { 0, 0 }, 2, 0, 6, "product of its size", 0, 0, false },
	{ { 5, 1 }, { INT64_MAX, 1 }, 2, 0, 6, "overflow", 0, 0, false },
	{ { 2, 1 }, { INT64_MAX, 1 }, 2, INT64_MAX, 6, "overflow", 0, 0, false },
	{ { 1 }, { 1 }, 1, 0, INT64_MAX, "bytes of its storage overflow", 0, 0, false },
};

struct room {
	struct pal_torch_value   sizes[4], strides[4];
	struct pal_torch_chunk   size_chunk, stride_chunk;
	struct pal_torch_object  size, stride;
	struct pal_torch_storage storage;
	struct pal_torch_slice   slice;
	struct pal_torch_tensor  tensor;
};

static const char *
measure(const struct shape *s, struct pal_torch_measure *ret)
{
	struct room r = { 0 };

	for (size_t i = 0; i < s->rank; i++) {
		r.sizes[i] = (struct pal_torch_value){ .tag = PAL_T_INT, .is.n = s->size[i] };
		r.strides[i] = (struct pal_torch_value){ .tag = PAL_T_INT, .is.n = s->stride[i] };
	}
	r.size_chunk = (struct pal_torch_chunk){ .items = r.sizes, .count = s->rank };
	r.stride_chunk = (struct pal_torch_chunk){ .items = r.strides, .count = s->rank };
	r.size = (struct pal_torch_object){ .first = &r.size_chunk, .count = s->rank };
	r.stride = (struct pal_torch_object){ .first = &r.stride_chunk, .count = s->rank };
	r.storage = (struct pal_torch_storage){ .type = pal_torch_dtype(pal_view_of("float32")), .numel = s->numel };
	r.slice = (struct pal_torch_slice){ .storage = &r.storage, .type = r.storage.type, .numel = s->numel };
	r.tensor = (struct pal_torch_tensor){ .slice = &r.slice,
					      .type = r.storage.type,
					      .offset = s->offset,
					      .size = { .tag = PAL_T_TUPLE, .is.object = &r.size },
					      .stride = { .tag = PAL_T_TUPLE, .is.object = &r.stride } };
	return pal_torch_measure(&r.tensor, ret);
}

static void
test_table(void)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		struct pal_torch_measure m = { 0 };
		const char              *bad = measure(&shapes[i], &m);

		if (shapes[i].bad == NULL)
			CHECK(bad == NULL && m.at == shapes[i].at && m.span == shapes[i].span &&
			      m.dense == shapes[i].dense);
		else
			CHECK_SAY(bad != NULL && strstr(bad, shapes[i].bad) != NULL, shapes[i].bad);
	}
}

/* Every element of a small tensor, one by one: its bytes lie in the storage exactly when nothing is said. */
static void
test_model(void)
{
	uint32_t seed = 12345;

	for (int round = 0; round < 20000; round++) {
		struct shape             s = { .rank = 3 };
		struct pal_torch_measure m = { 0 };
		int64_t                  first = INT64_MAX, last = -1, next = 0;
		bool                     dense = true;
		const char              *bad = NULL;

		for (size_t i = 0; i < 8; i++) {
			int64_t n = (int64_t)((seed = seed * 1664525u + 1013904223u) >> 16);

			if (i < 3)
				s.size[i] = n % 4;
			else if (i < 6)
				s.stride[i - 3] = n % 7;
			else if (i == 6)
				s.offset = n % 5;
			else
				s.numel = n % 30;
		}
		for (int64_t a = 0; a < s.size[0]; a++)
			for (int64_t b = 0; b < s.size[1]; b++)
				for (int64_t c = 0; c < s.size[2]; c++) {
					int64_t at = s.offset + a * s.stride[0] + b * s.stride[1] + c * s.stride[2];

					dense = dense && at == s.offset + next++;
					first = at < first ? at : first;
					last = at > last ? at : last;
				}
		bad = measure(&s, &m);
		if ((bad != NULL) != (last >= s.numel))
			CHECK_SAY(false, "what is said is not what the elements say");
		if (bad == NULL && last >= 0 &&
		    (m.at != (uint64_t)first * 4 || m.span != (uint64_t)(last - first + 1) * 4 || m.dense != dense))
			CHECK_SAY(false, "place or density");
	}
	check_passed++;
}

int
main(void)
{
	test_table();
	test_model();
	CHECK(pal_torch_storage_type(pal_view_of("BFloat16Storage"))->type == PAL_DTYPE_BF16);
	CHECK(pal_torch_storage_type(pal_view_of("_UntypedStorage"))->width == 1);
	CHECK(pal_torch_storage_type(pal_view_of("float32")) == NULL);
	CHECK(pal_torch_dtype(pal_view_of("float8_e5m2"))->type == PAL_DTYPE_F8_E5M2);
	CHECK(pal_torch_dtype(pal_view_of("FloatStorage")) == NULL);
	return check_done();
}
