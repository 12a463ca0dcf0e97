/* tf_checkpoint.c - the file "checkpoint" that names the newest ones (checkpoint_state.proto, as text). */
#include "give.h"
#include "palisade/buf.h"
#include "palisade/format.h"

#define LINE_MOST ((size_t)64 << 10)

static unsigned int
tf_checkpoint_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	(void)size;
	(void)name;
	return pal_view_starts(head, "model_checkpoint_path:") ? 90 : 0;
}

/* The text between the first and the last quote of a line; C escapes are left: a path that needs any is no habit. */
static struct pal_view
quoted(struct pal_view line)
{
	size_t from = pal_view_find_byte(line, '"', 0), to = line.len;

	if (from == SIZE_MAX)
		return (struct pal_view){ 0 };
	while (to > from + 1 && line.data[to - 1] != '"')
		to--;
	return pal_view_sub(line, from + 1, to > from + 1 ? to - from - 2 : 0);
}

static enum pal_err
take_line(struct pal_sink *sink, struct pal_reader *r, uint64_t at, struct pal_view line)
{
	struct pal_content c = { .kind = PAL_CONTENT_REFERENCE,
				 .place = { .offset = at, .length = line.len },
				 .loader = "tensorflow",
				 .name = pal_view_of("checkpoint"),
				 .text = quoted(line) };

	(void)r;
	if (c.text.len == 0 ||
	    (!pal_view_starts(line, "model_checkpoint_path") && !pal_view_starts(line, "all_model_checkpoint_paths")))
		return pal_give_text(sink, line, &c.place);
	return pal_sink_take(sink, &c);
}

static enum pal_err
tf_checkpoint_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_input  side = { .fd = -1 };
	struct pal_reader r = { 0 };
	struct pal_view   line = { 0 };
	enum pal_err      err = PAL_OK;
	uint64_t          at = 0;
	bool              whole = false;

	(void)d;
	PAL_TRY(pal_input_part(in, 0, in->size, &side));
	r = pal_reader_at(&side, 0, side.size);
	while (err == PAL_OK && pal_read_line(&r, LINE_MOST, &line, &whole)) {
		err = take_line(sink, &r, at, line);
		at = r.offset;
	}
	if (err == PAL_OK)
		err = pal_reader_err(&r);
	pal_input_done(&side);
	return err;
}

const struct pal_format pal_format_tf_checkpoint = {
	.name = "tf_checkpoint",
	.summary = "the list of a TensorFlow training's checkpoints",
	.covers = "Every path, as one that loading opens; other lines as text.",
	.probe = tf_checkpoint_probe,
	.parse = tf_checkpoint_parse,
};
