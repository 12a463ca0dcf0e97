/* compiled.c - models compiled for one processor: they are told by their marks, and none of them can be examined. */
#include "give.h"
#include "palisade/buf.h"
#include "palisade/format.h"
#include "palisade/reader.h"

#define RUN_LEAST 12u /* printable bytes in a row; shorter ones are chance in numbers */

struct kind {
	size_t      at;
	const char *mark;
	size_t      len;
	const char *what;
};

static const struct kind kinds[] = {
	{ 0, "ptrt", 4, "a TensorRT engine" },
	{ 0, "ftrt", 4, "a TensorRT engine" },
	{ 0, "RKNN", 4, "a Rockchip RKNN model" },
	{ 0, "CYPTRKNN", 8, "an encrypted Rockchip RKNN model" },
	{ 0, "\x01HEF", 4, "a Hailo executable" },
	{ 0, "IMOD", 4, "an Ascend offline model" },
	{ 4, "ORTM", 4, "an ONNX Runtime model in ORT's own form" },
};

static const struct kind *
kind_of(struct pal_view head)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct pal_view mark = { (const uint8_t *)kinds[i].mark, kinds[i].len };

		if (pal_view_eq(pal_view_sub(head, kinds[i].at, mark.len), mark))
			return &kinds[i];
	}
	return NULL;
}

/* Text begins with four letters too; these files are binary from their first line on. */
static unsigned int
compiled_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	static const char *const endings[] = { ".engine", ".plan", ".trt", ".rknn", ".hef", ".om", ".ort", NULL };
	bool                     binary = pal_view_find_byte(head, 0, 0) != SIZE_MAX;

	if (kind_of(head) == NULL || size < 16)
		return 0;
	return binary ? 88 : pal_name_ends(name, endings) ? 50 : 0;
}

struct strings {
	struct pal_sink *sink;
	struct pal_buf   run, out;
	uint64_t         at; /* of the first in out */
};

static enum pal_err
flush(struct strings *s)
{
	struct pal_place place = { .offset = s->at };

	if (s->out.len > 0)
		PAL_TRY(pal_give_text(s->sink, pal_buf_view(&s->out), &place));
	pal_buf_clear(&s->out);
	return PAL_OK;
}

/* A command of a shell among the strings of a model: from the first word that commands begin with. */
static enum pal_err
give_command(struct strings *s, uint64_t at)
{
	static const char *const words[] = { "curl ", "wget ", "bash -", "/bin/sh", "/bin/bash", "powershell", NULL };
	struct pal_view          run = pal_buf_view(&s->run);
	size_t                   first = SIZE_MAX;

	for (const char *const *w = words; *w != NULL; w++) {
		size_t i = pal_view_find(run, pal_view_of(*w), 0);

		if (i < first && (i == 0 || !pal_is_alnum(run.data[i - 1])))
			first = i;
	}
	return first == SIZE_MAX
		   ? PAL_OK
		   : pal_give_program(s->sink, pal_view_sub(run, first, run.len), at - run.len + first, "metadata");
}

static enum pal_err
end_run(struct strings *s, uint64_t at)
{
	if (s->run.len >= RUN_LEAST) {
		PAL_TRY(give_command(s, at));
		if (s->out.len == 0)
			s->at = at - s->run.len;
		pal_buf_add(&s->out, pal_buf_view(&s->run));
		pal_buf_add_byte(&s->out, '\n');
	}
	pal_buf_clear(&s->run);
	PAL_TRY(pal_buf_err(&s->out));
	return s->out.len < PAL_TEXT_PIECE ? PAL_OK : flush(s);
}

/* Names of plugins, paths and libraries stand in the clear. */
static enum pal_err
give_strings(struct strings *s, struct pal_input *in)
{
	for (uint64_t at = 0; at < in->size;) {
		struct pal_view v = { 0 };

		PAL_TRY(pal_input_view(in, at, 1, PAL_INPUT_WINDOW, &v));
		for (size_t i = 0; i < v.len; i++) {
			bool plain = v.data[i] >= ' ' && v.data[i] < 0x7f;

			if (plain)
				pal_buf_add_byte(&s->run, v.data[i]);
			if ((!plain && s->run.len > 0) || s->run.len >= PAL_TEXT_PIECE)
				PAL_TRY(end_run(s, at + i + (plain ? 1 : 0)));
		}
		at += v.len;
	}
	PAL_TRY(end_run(s, in->size));
	return flush(s);
}

static enum pal_err
compiled_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct strings     s = { .sink = sink, .run = pal_buf_of(0), .out = pal_buf_of(0) };
	struct pal_view    head = { 0 };
	const struct kind *k = NULL;
	enum pal_err       err = PAL_OK;

	(void)d;
	PAL_TRY(pal_input_view(in, 0, 0, PAL_PROBE_HEAD, &head));
	k = kind_of(head);
	PAL_TRY(pal_sink_unread(sink, &pal_anomaly_compiled_opaque, 0, in->size,
				"%s: %llu bytes that nobody can examine", k == NULL ? "a compiled model" : k->what,
				(unsigned long long)in->size));
	err = give_strings(&s, in);
	pal_buf_done(&s.run);
	pal_buf_done(&s.out);
	return err;
}

const struct pal_format pal_format_compiled = {
	.name = "compiled",
	.summary = "models compiled for one processor",
	.covers = "TensorRT engines, RKNN, Hailo, Ascend and ORT's own form are told by their marks and "
		  "reported as not "
		  "examined; their strings are searched. What they run cannot be told.",
	.probe = compiled_probe,
	.parse = compiled_parse,
};
