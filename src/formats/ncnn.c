/* ncnn.c - ncnn's graphs as text (.param): a layer a line (ncnn's wiki, "param and model file structure"). */
#include <inttypes.h>

#include "give.h"
#include "palisade/format.h"
#include "palisade/reader.h"

#define MARK       "7767517"
#define LINE_MOST  ((size_t)64 << 10)
#define BLOBS_MOST 65536u

extern const struct pal_format pal_format_text;

struct ncnn {
	struct pal_sink *sink;
	uint64_t         layers_said, blobs_said, layers, blobs; /* blobs: that layers make */
};

/* The next word of a line; empty at its end. */
static struct pal_view
next_word(struct pal_view *rest)
{
	size_t          n = 0;
	struct pal_view word = { 0 };

	*rest = pal_view_trim(*rest);
	while (n < rest->len && !pal_is_space(rest->data[n]))
		n++;
	word = pal_view_sub(*rest, 0, n);
	*rest = pal_view_sub(*rest, n, rest->len);
	return word;
}

static bool
is_counts(struct pal_view line, uint64_t *ret_layers, uint64_t *ret_blobs)
{
	struct pal_view a = next_word(&line), b = next_word(&line);

	return pal_view_u64(a, ret_layers) && pal_view_u64(b, ret_blobs) && next_word(&line).len == 0;
}

static unsigned int
ncnn_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	struct pal_view line = { 0 };
	uint64_t        layers = 0, blobs = 0;

	(void)size;
	(void)name;
	if (!pal_view_line(&head, &line) || !pal_view_is(pal_view_trim(line), MARK))
		return 0;
	return pal_view_line(&head, &line) && is_counts(line, &layers, &blobs) ? 92 : 0;
}

static enum pal_err
wrong(struct ncnn *n, uint64_t at, const char *what, uint64_t is, uint64_t expected)
{
	return pal_sink_anomaly(n->sink, &pal_anomaly_ncnn_count, at, "%s: %" PRIu64 ", expected %" PRIu64, what, is,
				expected);
}

/* Type, name, how many blobs go in and come out, their names, then key=value. */
static enum pal_err
take_layer(struct ncnn *n, struct pal_view line, uint64_t at)
{
	struct pal_view    type = next_word(&line), name = next_word(&line), word = { 0 };
	struct pal_content c = {
		.kind = PAL_CONTENT_OP, .place.offset = at, .loader = "ncnn", .name = type, .text = name
	};
	uint64_t in = 0, out = 0, there = 0;

	if (type.len == 0)
		return PAL_OK;
	n->layers++;
	PAL_TRY(pal_sink_take(n->sink, &c));
	if (!pal_view_u64(next_word(&line), &in) || !pal_view_u64(next_word(&line), &out) || in > BLOBS_MOST ||
	    out > BLOBS_MOST)
		return pal_sink_anomaly(n->sink, &pal_anomaly_ncnn_count, at,
					"layer %" PRIu64 " does not say how many blobs it takes and makes",
					n->layers - 1);
	n->blobs += out;
	for (word = next_word(&line); word.len > 0 && pal_view_find_byte(word, '=', 0) == SIZE_MAX;
	     word = next_word(&line))
		there++;
	return there == in + out ? PAL_OK : wrong(n, at, "names of blobs of a layer", there, in + out);
}

static enum pal_err
take_lines(struct ncnn *n, struct pal_reader *r)
{
	struct pal_view line = { 0 };
	bool            whole = true;
	uint64_t        at = 0, number = 0;

	for (; at = r->offset, pal_read_line(r, LINE_MOST, &line, &whole); number++) {
		if (number == 1)
			(void)is_counts(line, &n->layers_said, &n->blobs_said);
		if (number > 1)
			PAL_TRY(take_layer(n, line, at));
		if (!whole)
			return pal_sink_unread(n->sink, &pal_anomaly_format_limit, at, pal_reader_left(r),
					       "a line of more than 64 KiB; the layers behind it were not read");
	}
	PAL_TRY(pal_reader_err(r));
	if (n->layers != n->layers_said)
		PAL_TRY(wrong(n, 0, "layers", n->layers, n->layers_said));
	if (n->blobs != n->blobs_said)
		PAL_TRY(wrong(n, 0, "blobs that layers make", n->blobs, n->blobs_said));
	return PAL_OK;
}

static enum pal_err
ncnn_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_input  side = { 0 };
	struct ncnn       n = { .sink = sink };
	struct pal_reader r = { 0 };
	enum pal_err      err = PAL_OK;

	PAL_TRY(pal_format_text.parse(in, sink, d));
	PAL_TRY(pal_input_part(in, 0, in->size, &side));
	r = pal_reader_at(&side, 0, in->size);
	err = take_lines(&n, &r);
	pal_input_done(&side);
	return err;
}

const struct pal_format pal_format_ncnn = {
	.name = "ncnn",
	.summary = "ncnn graphs (.param)",
	.covers =
	    "All of it as text; the type of every layer against those that ncnn has, blobs by number, counts against "
	    "the lines. Weights (.bin) are numbers without marks, and the binary form of graphs is not read. MNN's "
	    "and TNN's models have no reader: they are unknown, and searched as bytes.",
	.probe = ncnn_probe,
	.parse = ncnn_parse,
};
