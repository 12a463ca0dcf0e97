/* tflite_meta.c - what a model says about itself: TFLITE_METADATA (metadata_schema.fbs, a FlatBuffer in a buffer of the
 * model), and metadata of any other name as it is. */
#include "tflite.h"

#include "give.h"

#define TEXT_MOST ((size_t)64 << 10) /* metadata of another name that may be text */

/* Names and descriptions of the files that are packed behind the model. */
static enum pal_err
take_files(struct pal_fb *f, const struct pal_fb_table *owner, unsigned int id)
{
	struct pal_fb_vector files = pal_fb_vector(f, owner, id, 4);

	for (uint32_t i = 0; i < files.count && f->budget > 0; i++) {
		struct pal_fb_table  file = pal_fb_item_table(f, &files, i);
		struct pal_fb_vector name = pal_fb_string(f, &file, 0), about = pal_fb_string(f, &file, 1);

		PAL_TRY(pal_fb_give(f, &name, "associated_file"));
		PAL_TRY(pal_fb_give(f, &about, "associated_file.description"));
	}
	return pal_fb_err(f);
}

static enum pal_err
take_tensors(struct pal_fb *f, const struct pal_fb_table *subgraph, unsigned int id)
{
	struct pal_fb_vector all = pal_fb_vector(f, subgraph, id, 4);

	for (uint32_t i = 0; i < all.count && f->budget > 0; i++) {
		struct pal_fb_table  tensor = pal_fb_item_table(f, &all, i);
		struct pal_fb_vector name = pal_fb_string(f, &tensor, 0), about = pal_fb_string(f, &tensor, 1);

		PAL_TRY(pal_fb_give(f, &name, "tensor_metadata"));
		PAL_TRY(pal_fb_give(f, &about, "tensor_metadata.description"));
		PAL_TRY(take_files(f, &tensor, 6));
	}
	return pal_fb_err(f);
}

static enum pal_err
take_subgraphs(struct pal_fb *f, const struct pal_fb_table *model)
{
	struct pal_fb_vector all = pal_fb_vector(f, model, 3, 4);

	for (uint32_t i = 0; i < all.count && f->budget > 0; i++) {
		struct pal_fb_table  one = pal_fb_item_table(f, &all, i);
		struct pal_fb_vector name = pal_fb_string(f, &one, 0), about = pal_fb_string(f, &one, 1);

		PAL_TRY(pal_fb_give(f, &name, "subgraph_metadata"));
		PAL_TRY(pal_fb_give(f, &about, "subgraph_metadata.description"));
		PAL_TRY(take_tensors(f, &one, 2));
		PAL_TRY(take_tensors(f, &one, 3));
		PAL_TRY(take_files(f, &one, 4));
	}
	return pal_fb_err(f);
}

static enum pal_err
take_described(struct pal_fb *f)
{
	static const struct {
		unsigned int id;
		const char  *name;
	} fields[] = { { 0, "name" }, { 1, "description" }, { 2, "version" }, { 4, "author" }, { 5, "license" } };
	struct pal_fb_table model = pal_fb_root(f);

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct pal_fb_vector text = pal_fb_string(f, &model, fields[i].id);

		PAL_TRY(pal_fb_give(f, &text, fields[i].name));
	}
	PAL_TRY(take_subgraphs(f, &model));
	return take_files(f, &model, 6);
}

/* Offsets in the metadata count from its own start. */
static enum pal_err
take_model_metadata(struct pal_tflite *t, const struct pal_tflite_buffer *b)
{
	struct pal_input part = { .fd = -1 };
	struct pal_fb    f = { 0 };
	enum pal_err     err = PAL_OK;

	PAL_TRY(pal_input_part(t->in, b->at, b->len, &part));
	err = pal_fb_init(&f, &part, t->sink, b->len);
	if (err == PAL_OK)
		err = take_described(&f);
	pal_fb_done(&f);
	pal_input_done(&part);
	return err;
}

static bool
is_text(struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if ((v.data[i] < 0x20 && v.data[i] != '\n' && v.data[i] != '\t' && v.data[i] != 0) || v.data[i] == 0x7f)
			return false;
	return true;
}

/* min_runtime_version and the like: a short text, filled up with NUL; everything else as the bytes that it is. */
static enum pal_err
take_other(struct pal_tflite *t, const struct pal_tflite_buffer *b)
{
	struct pal_view v = { 0 };

	if (b->len > TEXT_MOST)
		return pal_give_stray(t->sink, t->in, b->at, b->len, pal_buf_view(&t->name));
	PAL_TRY(pal_input_view(t->in, b->at, (size_t)b->len, (size_t)b->len, &v));
	if (!is_text(v))
		return pal_give_stray(t->sink, t->in, b->at, b->len, pal_buf_view(&t->name));
	while (v.len > 0 && v.data[v.len - 1] == 0)
		v.len--;
	return v.len == 0 ? PAL_OK : pal_give_meta(t->sink, pal_buf_view(&t->name), v, b->at);
}

enum pal_err
pal_tflite_metadata(struct pal_tflite *t, const struct pal_fb_table *model)
{
	struct pal_fb_vector all = pal_fb_vector(&t->fb, model, 6, 4);
	uint64_t             given = 0; /* buffers that many entries share are not given for each */

	for (uint32_t i = 0; i < all.count && t->fb.budget > 0; i++) {
		struct pal_fb_table             one = pal_fb_item_table(&t->fb, &all, i);
		struct pal_fb_vector            name = pal_fb_string(&t->fb, &one, 0);
		uint64_t                        index = pal_fb_uint(&t->fb, &one, 1, 4, 0);
		const struct pal_tflite_buffer *b = NULL;

		(void)pal_fb_text(&t->fb, &name, PAL_TFLITE_NAME, &t->name);
		PAL_TRY(pal_fb_err(&t->fb));
		if (index < t->buffers.count)
			b = pal_list_at(&t->buffers, (size_t)index);
		else
			PAL_TRY(pal_tflite_wrong(t, &pal_anomaly_tflite_place, one.at,
						 "metadata \"%.80s\" names buffer %llu of %zu", pal_buf_text(&t->name),
						 (unsigned long long)index, t->buffers.count));
		if (b == NULL || b->len == 0)
			continue;
		given += b->len;
		if (given / 4 > t->in->size)
			return pal_sink_anomaly(t->sink, &pal_anomaly_format_limit, one.at,
						"many metadata entries share their buffers; entry %lu and what follows "
						"was not examined",
						(unsigned long)i);
		PAL_TRY(pal_view_is(pal_buf_view(&t->name), "TFLITE_METADATA") ? take_model_metadata(t, b)
									       : take_other(t, b));
	}
	return pal_fb_err(&t->fb);
}
