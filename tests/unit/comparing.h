/* comparing.h - a model of two float32 matrices and a bias in memory, compared with another in this process. */
#ifndef PALISADE_TEST_COMPARING_H
#define PALISADE_TEST_COMPARING_H

#include <math.h>
#include <string.h>

#include "palisade/compare.h"
#include "scan/compare_parts.h"

#define ROWS    96u
#define COLUMNS 160u

struct toy {
	float up[ROWS * COLUMNS], down[COLUMNS * ROWS], bias[ROWS];
};

static uint64_t toy_state = 1;

static inline double
toy_dice(void)
{
	toy_state = toy_state * 6364136223846793005u + 1442695040888963407u;
	return (double)(toy_state >> 40) / (double)(1 << 24) - 0.5;
}

/* Near enough to normal: a sum of uniform numbers. */
static inline float
toy_normal(void)
{
	return (float)(toy_dice() + toy_dice() + toy_dice() + toy_dice() + toy_dice() + toy_dice()) * 0.05f;
}

static inline void
toy_fill(float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] = toy_normal();
}

static inline void
toy_make(struct toy *t, uint64_t seed)
{
	toy_state = seed;
	toy_fill(t->up, ROWS * COLUMNS);
	toy_fill(t->down, ROWS * COLUMNS);
	toy_fill(t->bias, ROWS);
}

static inline struct pal_view
toy_bytes(const float *x, size_t n)
{
	return (struct pal_view){ (const uint8_t *)(const void *)x, n * sizeof(*x) };
}

/* A safetensors file; prefix stands before every name. */
static inline void
toy_write(const struct toy *t, const char *prefix, struct pal_buf *out)
{
	PAL_AUTO_BUF head = pal_buf_of(0);
	size_t       matrix = sizeof(t->up);

	pal_buf_printf(&head,
		       "{\"%slayers.0.up.weight\":{\"dtype\":\"F32\",\"shape\":[%u,%u],\"data_offsets\":[0,%zu]},"
		       "\"%slayers.1.down.weight\":{\"dtype\":\"F32\",\"shape\":[%u,%u],\"data_offsets\":[%zu,%zu]},"
		       "\"%slayers.1.down.bias\":{\"dtype\":\"F32\",\"shape\":[%u],\"data_offsets\":[%zu,%zu]}}",
		       prefix, ROWS, COLUMNS, matrix, prefix, COLUMNS, ROWS, matrix, 2 * matrix, prefix, ROWS,
		       2 * matrix, 2 * matrix + sizeof(t->bias));
	while (head.len % 8 != 0)
		pal_buf_add_byte(&head, ' ');
	pal_buf_add_u64le(out, head.len);
	pal_buf_add(out, pal_buf_view(&head));
	pal_buf_add(out, toy_bytes(t->up, ROWS * COLUMNS));
	pal_buf_add(out, toy_bytes(t->down, ROWS * COLUMNS));
	pal_buf_add(out, toy_bytes(t->bias, ROWS));
}

struct comparing {
	struct pal_view       bytes[2];
	const char           *files[2][1];
	struct pal_arena     *a;
	struct pal_comparison c;
	struct pal_buf        records;
};

static inline enum pal_err
comparing_get(void *arg, enum pal_compare_which which, uint32_t file, struct pal_input *ret_in)
{
	struct comparing *g = arg;

	*ret_in = pal_input_of_view(g->bytes[which]);
	return file == 0 ? PAL_OK : PAL_EFORM;
}

/* Through the bytes that a worker would send. */
static inline enum pal_err
comparing_take(void *arg, const struct pal_compare_pair *p, const struct pal_compared *c)
{
	struct comparing        *g = arg;
	struct pal_compare_names names = { .files = { g->files[0], g->files[1] }, .counts = { 1, 1 } };
	PAL_AUTO_BUF             one = pal_buf_of(0);
	struct pal_reader        r = { 0 };
	struct pal_compared      got = { 0 }, *kept = NULL;

	pal_compare_encode(p, c, &one);
	pal_buf_add(&g->records, pal_buf_view(&one));
	r = pal_reader_of(pal_buf_view(&one));
	PAL_TRY(pal_compare_decode(&r, &names, g->a, &got));
	if (!pal_reader_done(&r))
		return PAL_EFORM;
	pal_compare_count(&g->c, &got);
	kept = got.state == PAL_COMPARED_SAME && !got.resized ? NULL : pal_list_add(&g->c.tensors);
	if (kept != NULL)
		*kept = got;
	return PAL_OK;
}

/* Names give the formats their endings. */
static inline enum pal_err
comparing_run(struct comparing *g, struct pal_view model, struct pal_view base, struct pal_arena *a)
{
	struct pal_compare_side  sides[2];
	struct pal_compare_files files = { .get = comparing_get, .take = comparing_take, .arg = g };

	*g = (struct comparing){ .bytes = { model, base },
				 .files = { { "model" }, { "base" } },
				 .a = a,
				 .c = { .tensors = pal_list_of(a, sizeof(struct pal_compared)),
					.layer_first = UINT64_MAX },
				 .records = pal_buf_of(0) };
	for (size_t i = 0; i < 2; i++) {
		struct pal_input in = pal_input_of_view(g->bytes[i]);

		sides[i] = (struct pal_compare_side){ .arena = a,
						      .tensors = pal_list_of(a, sizeof(struct pal_compare_tensor)) };
		PAL_TRY(pal_compare_list(&sides[i], &in, g->files[i][0], 0));
		pal_input_done(&in);
	}
	PAL_TRY(pal_compare_all(&sides[0], &sides[1], &files, a));
	return pal_compare_judge(&g->c, a);
}

#endif
