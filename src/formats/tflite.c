/* tflite.c - TensorFlow Lite models: operators, tensors, metadata, and the files that are packed behind them. */
#include "tflite.h"

#include <stdarg.h>
#include <stdio.h>

#include "give.h"
#include "palisade/format.h"
#include "zip.h"

#define WRONG_MOST 100u /* parts that are reported one by one */
#define PADDING    16u  /* writers fill up to the widest alignment */
#define CUSTOM     32u
#define MORE_CODES 127u /* PLACEHOLDER_FOR_GREATER_OP_CODES: the code is in the wider field */
#define CALL       173u /* STABLEHLO_CUSTOM_CALL */

static unsigned int
tflite_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	(void)size;
	(void)name;
	return pal_fb_is(head, "TFL3") ? 97 : 0;
}

enum pal_err
pal_tflite_wrong(struct pal_tflite *t, const struct pal_rule *rule, uint64_t at, const char *fmt, ...)
{
	char    text[PAL_DIAG_TEXT];
	va_list ap;

	PAL_TRY(pal_fb_err(&t->fb));
	if (t->wrong++ >= WRONG_MOST)
		return PAL_OK;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return pal_sink_anomaly(t->sink, rule, at, "%s", text);
}

static enum pal_err
give_op(struct pal_tflite *t, uint64_t at, const char *domain, struct pal_view name, struct pal_view text)
{
	struct pal_content c = { .kind = PAL_CONTENT_OP,
				 .place.offset = at,
				 .loader = "tflite",
				 .module = pal_view_of(domain),
				 .name = name,
				 .text = text };

	return pal_sink_take(t->sink, &c);
}

/* A loader looks up every code of the list, used or not. */
static enum pal_err
take_code(struct pal_tflite *t, const struct pal_fb_table *code)
{
	struct pal_fb_vector custom = pal_fb_string(&t->fb, code, 1);
	uint64_t             old = pal_fb_uint(&t->fb, code, 0, 1, 0), wide = pal_fb_uint(&t->fb, code, 3, 4, 0);
	uint64_t             number = wide > old ? wide : old;
	struct pal_view      name = pal_fb_text(&t->fb, &custom, PAL_TFLITE_NAME, &t->name);
	uint8_t             *flex = pal_list_add(&t->codes);

	PAL_TRY(pal_arena_err(&t->arena));
	PAL_TRY(pal_fb_err(&t->fb));
	if (number == CUSTOM) {
		*flex = pal_view_starts(name, "Flex");
		return give_op(t, code->at, "custom", name, (struct pal_view){ 0 });
	}
	if (number != MORE_CODES && pal_tflite_builtin(number) != NULL)
		return give_op(t, code->at, "builtin", pal_view_of(pal_tflite_builtin(number)), (struct pal_view){ 0 });
	pal_buf_clear(&t->value);
	pal_buf_printf(&t->value, "%llu", (unsigned long long)number);
	PAL_TRY(pal_tflite_wrong(t, &pal_anomaly_tflite_op, code->at,
				 "operator code %llu is none that the format has; a newer version may",
				 (unsigned long long)number));
	return give_op(t, code->at, "builtin", pal_buf_view(&t->value), (struct pal_view){ 0 });
}

static enum pal_err
take_codes(struct pal_tflite *t, const struct pal_fb_table *model)
{
	struct pal_fb_vector all = pal_fb_vector(&t->fb, model, 1, 4);

	for (uint32_t i = 0; i < all.count && t->fb.budget > 0; i++) {
		struct pal_fb_table code = pal_fb_item_table(&t->fb, &all, i);

		PAL_TRY(take_code(t, &code));
	}
	return pal_fb_err(&t->fb);
}

/* Options of a custom operator are for its own code: bytes, or, in models above 2 GB, a place behind the FlatBuffer. */
static enum pal_err
take_options(struct pal_tflite *t, const struct pal_fb_table *op, bool flex)
{
	struct pal_fb_vector options = pal_fb_vector(&t->fb, op, 5, 1);
	uint64_t             at = pal_fb_uint(&t->fb, op, 9, 8, 0), len = pal_fb_uint(&t->fb, op, 10, 8, 0);

	PAL_TRY(pal_fb_err(&t->fb));
	if (at <= 1) {
		at = options.at;
		len = options.at == 0 ? 0 : options.count;
	} else if (at > t->in->size || len > t->in->size - at) {
		return pal_tflite_wrong(t, &pal_anomaly_tflite_place, op->at,
					"options of %llu bytes at %llu end behind the file's end",
					(unsigned long long)len, (unsigned long long)at);
	} else {
		t->end = at + len > t->end ? at + len : t->end;
	}
	if (flex)
		return pal_tflite_flex(t, at, len);
	t->option_bytes += len;
	if (t->option_bytes / 4 > t->in->size)
		return pal_tflite_wrong(t, &pal_anomaly_format_limit, op->at,
					"operators share their options too often; these were not examined");
	return pal_give_stray(t->sink, t->in, at, len, pal_view_of("(options)"));
}

/* The one builtin that names code outside of the model. */
static enum pal_err
take_call(struct pal_tflite *t, const struct pal_fb_table *op)
{
	struct pal_fb_table  options = pal_fb_table(&t->fb, op, 12);
	struct pal_fb_vector target = pal_fb_string(&t->fb, &options, 0), config = pal_fb_string(&t->fb, &options, 2);
	struct pal_view      name = pal_fb_text(&t->fb, &target, PAL_TFLITE_NAME, &t->name);

	PAL_TRY(pal_fb_give(&t->fb, &config, "backend_config"));
	return name.len == 0 ? pal_fb_err(&t->fb) : give_op(t, op->at, "custom_call", name, (struct pal_view){ 0 });
}

static enum pal_err
take_operators(struct pal_tflite *t, const struct pal_fb_table *subgraph)
{
	struct pal_fb_vector all = pal_fb_vector(&t->fb, subgraph, 3, 4);

	for (uint32_t i = 0; i < all.count && t->fb.budget > 0; i++) {
		struct pal_fb_table op = pal_fb_item_table(&t->fb, &all, i);
		uint64_t            code = pal_fb_uint(&t->fb, &op, 0, 4, 0);

		PAL_TRY(pal_fb_err(&t->fb));
		if (op.at == 0)
			continue;
		if (code >= t->codes.count)
			PAL_TRY(pal_tflite_wrong(t, &pal_anomaly_tflite_place, op.at,
						 "operator %lu uses code %llu of %zu", (unsigned long)i,
						 (unsigned long long)code, t->codes.count));
		PAL_TRY(take_options(t, &op,
				     code < t->codes.count && *(uint8_t *)pal_list_at(&t->codes, (size_t)code) != 0));
		if (pal_fb_uint(&t->fb, &op, 11, 1, 0) == 5) /* BuiltinOptions2: StablehloCustomCallOptions */
			PAL_TRY(take_call(t, &op));
	}
	return pal_fb_err(&t->fb);
}

static enum pal_err
take_subgraphs(struct pal_tflite *t, const struct pal_fb_table *model)
{
	struct pal_fb_vector all = pal_fb_vector(&t->fb, model, 2, 4);

	for (uint32_t i = 0; i < all.count && t->fb.budget > 0; i++) {
		struct pal_fb_table  one = pal_fb_item_table(&t->fb, &all, i);
		struct pal_fb_vector name = pal_fb_string(&t->fb, &one, 4);

		PAL_TRY(pal_fb_give(&t->fb, &name, "subgraph"));
		PAL_TRY(pal_tflite_tensors(t, &one));
		PAL_TRY(take_operators(t, &one));
	}
	return pal_fb_err(&t->fb);
}

static enum pal_err
take_signatures(struct pal_tflite *t, const struct pal_fb_table *model)
{
	struct pal_fb_vector all = pal_fb_vector(&t->fb, model, 7, 4);

	for (uint32_t i = 0; i < all.count && t->fb.budget > 0; i++) {
		struct pal_fb_table  one = pal_fb_item_table(&t->fb, &all, i);
		struct pal_fb_vector key = pal_fb_string(&t->fb, &one, 2);

		PAL_TRY(pal_fb_give(&t->fb, &key, "signature"));
	}
	return pal_fb_err(&t->fb);
}

/* Weights in files beside the model (schema 3d): a group's name is a file's. */
static enum pal_err
take_external(struct pal_tflite *t, const struct pal_fb_table *model)
{
	struct pal_fb_vector all = pal_fb_vector(&t->fb, model, 8, 4);

	for (uint32_t i = 0; i < all.count && t->fb.budget > 0; i++) {
		struct pal_fb_table  group = pal_fb_item_table(&t->fb, &all, i);
		struct pal_fb_vector name = pal_fb_string(&t->fb, &group, 0);
		struct pal_content   c = { .kind = PAL_CONTENT_REFERENCE,
					   .place.offset = group.at,
					   .loader = "tflite",
					   .name = pal_view_of("external_data") };

		c.text = pal_fb_text(&t->fb, &name, PAL_TFLITE_NAME, &t->name);
		if (c.text.len > 0)
			PAL_TRY(pal_sink_take(t->sink, &c));
	}
	return pal_fb_err(&t->fb);
}

static enum pal_err
take_model(struct pal_tflite *t)
{
	struct pal_fb_table  model = pal_fb_root(&t->fb);
	uint64_t             version = pal_fb_uint(&t->fb, &model, 0, 4, 0);
	struct pal_fb_vector about = pal_fb_string(&t->fb, &model, 3);

	if (model.at != 0 && version != 3)
		PAL_TRY(pal_tflite_wrong(t, &pal_anomaly_tflite_op, model.at, "version %llu, not 3",
					 (unsigned long long)version));
	PAL_TRY(pal_fb_give(&t->fb, &about, "description"));
	PAL_TRY(pal_tflite_buffers(t, &model));
	PAL_TRY(take_codes(t, &model));
	PAL_TRY(take_subgraphs(t, &model));
	PAL_TRY(take_signatures(t, &model));
	PAL_TRY(take_external(t, &model));
	return pal_tflite_metadata(t, &model);
}

/* What stands behind the model: nothing, or the files that its metadata names, as a zip archive. */
static enum pal_err
take_rest(struct pal_tflite *t, struct pal_diag *d)
{
	uint64_t end = t->fb.end > t->end ? t->fb.end : t->end, from = t->in->size;

	if (pal_zip_at_end(t->in))
		PAL_TRY(pal_zip_behind(t->in, t->sink, end, &from, d));
	if (t->fb.lies > 0)
		return pal_give_bytes(t->sink, t->in, 0, from); /* what was not understood is searched as it is */
	if (from <= end || from - end <= PADDING)
		return PAL_OK;
	PAL_TRY(pal_sink_anomaly(t->sink, &pal_anomaly_tflite_stray, end,
				 "%llu bytes at %llu belong to no part of the model", (unsigned long long)(from - end),
				 (unsigned long long)end));
	return pal_give_stray(t->sink, t->in, end, from - end, pal_view_of("(behind the model)"));
}

static enum pal_err
tflite_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_tflite t = { .in = in, .sink = sink };
	enum pal_err      err = PAL_OK;

	pal_arena_init(&t.arena, (size_t)256 << 20);
	t.buffers = pal_list_of(&t.arena, sizeof(struct pal_tflite_buffer));
	t.codes = pal_list_of(&t.arena, sizeof(uint8_t));
	t.name = pal_buf_of(PAL_TFLITE_NAME + 1);
	t.value = pal_buf_of(256);
	err = pal_fb_init(&t.fb, in, sink, in->size);
	if (err == PAL_OK)
		err = take_model(&t);
	if (err == PAL_OK)
		err = take_rest(&t, d);
	pal_fb_done(&t.fb);
	pal_buf_done(&t.name);
	pal_buf_done(&t.value);
	pal_arena_done(&t.arena);
	return err;
}

const struct pal_format pal_format_tflite = {
	.name = "tflite",
	.summary = "TensorFlow Lite (LiteRT) models",
	.covers =
	    "Schema version 3: every operator code, builtin or custom, and, in Flex operators, the TensorFlow node "
	    "that they run; every tensor with its name, type, shape and place, and that the bytes are as many as "
	    "these need; options of custom operators and metadata buffers, as bytes or, where they are text, as "
	    "metadata; TFLITE_METADATA with the names and descriptions in it; files packed behind the model; names "
	    "of files that hold weights. Offsets, tables and vectors that leave the file, buffers that overlap, and "
	    "bytes that belong to nothing are reported. Options of builtin operators and quantization are not "
	    "read.",
	.probe = tflite_probe,
	.parse = tflite_parse,
};
