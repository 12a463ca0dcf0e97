/* verb_convert.c - a PyTorch file as safetensors, without running it; what was left out is said. */
#include <string.h>

#include "cli.h"
#include "output.h"
#include "palisade/arena.h"
#include "palisade/convert.h"
#include "palisade/json.h"

#define MEMORY ((size_t)1 << 30)

static void
add_member(struct pal_buf *b, const char *key, struct pal_view value)
{
	pal_json_add_string(b, pal_view_of(key));
	pal_buf_add_byte(b, ':');
	pal_json_add_string(b, value);
}

static void
json_tensors(const struct pal_converted *c, struct pal_buf *b)
{
	pal_buf_add_text(b, ",\"tensors\":[");
	for (size_t i = 0; i < c->plan.tensors.count; i++) {
		const struct pal_plan_tensor *t = pal_list_at(&c->plan.tensors, i);

		pal_buf_add_text(b, i == 0 ? "{" : ",{");
		add_member(b, "name", t->name);
		pal_buf_printf(b, ",\"dtype\":\"%s\",\"shape\":[", pal_convert_dtype(t->type));
		for (size_t k = 0; k < t->rank; k++)
			pal_buf_printf(b, "%s%llu", k == 0 ? "" : ",", (unsigned long long)t->shape[k]);
		pal_buf_add_text(b, "]}");
	}
	pal_buf_add_byte(b, ']');
}

static void
json_of(const struct cli_args *a, const struct pal_converted *c, const char *digest, struct pal_buf *b)
{
	pal_buf_add_byte(b, '{');
	add_member(b, "input", pal_view_of(a->words[0]));
	pal_buf_add_byte(b, ',');
	add_member(b, "output", pal_view_of(a->words[1]));
	pal_buf_add_byte(b, ',');
	add_member(b, "layout", pal_view_of(c->plan.layout));
	pal_buf_printf(b, ",\"bytes\":%llu,", (unsigned long long)c->output_bytes);
	add_member(b, "sha256", pal_view_of(digest));
	json_tensors(c, b);
	pal_buf_add_text(b, ",\"shared\":[");
	for (size_t i = 0; i < c->shared.count; i++) {
		pal_buf_add_text(b, i == 0 ? "" : ",");
		pal_json_add_string(b, *(const struct pal_view *)pal_list_at(&c->shared, i));
	}
	pal_buf_add_text(b, "],\"dropped\":[");
	for (size_t i = 0; i < c->plan.left.count; i++) {
		const struct pal_plan_left *l = pal_list_at(&c->plan.left, i);

		pal_buf_add_text(b, i == 0 ? "{" : ",{");
		add_member(b, "name", l->name);
		pal_buf_add_byte(b, ',');
		add_member(b, "value", l->value);
		pal_buf_add_byte(b, '}');
	}
	pal_buf_add_text(b, "]}\n");
}

static void
say_line(struct pal_buf *line)
{
	cli_say(pal_buf_view(line), stdout);
	pal_buf_clear(line);
}

static void
say(const struct cli_args *a, const struct pal_converted *c, const char *digest)
{
	PAL_AUTO_BUF line = pal_buf_of(0);

	pal_buf_printf(&line, "%s: %zu tensor%s, %llu bytes, from a %s", a->words[1], c->plan.tensors.count,
		       c->plan.tensors.count == 1 ? "" : "s", (unsigned long long)c->output_bytes, c->plan.layout);
	say_line(&line);
	pal_buf_printf(&line, "sha256:%s", digest);
	say_line(&line);
	if (c->shared.count > 0) {
		pal_buf_printf(
		    &line,
		    "%zu of them share bytes with others and stand by themselves now: safetensors has no sharing",
		    c->shared.count);
		say_line(&line);
	}
	for (size_t i = 0; i < c->plan.left.count; i++) {
		const struct pal_plan_left *l = pal_list_at(&c->plan.left, i);

		pal_buf_add_text(&line, "left out: ");
		pal_buf_add(&line, l->name);
		pal_buf_add_text(&line, " = ");
		pal_buf_add(&line, l->value);
		say_line(&line);
	}
}

static int
convert_run(const struct cli_args *a)
{
	PAL_AUTO_ARENA             arena;
	struct pal_progress        progress = { 0 };
	struct pal_convert_options o = { .drop = cli_flag(a, "allow-drop"),
					 .replace = cli_flag(a, "force"),
					 .refuse_shared = strcmp(cli_text(a, "shared", "copy"), "refuse") == 0,
					 .progress = &progress };
	struct pal_converted       c = { 0 };
	struct pal_diag            d = { 0 };
	PAL_AUTO_BUF               json = pal_buf_of(0);
	char                       digest[PAL_DIGEST_TEXT];
	enum pal_err               err = PAL_OK;

	pal_arena_init(&arena, MEMORY);
	pal_progress_start(&progress, "converting", 0, true);
	err = pal_convert(a->words[0], a->words[1], &o, &arena, &c, &d);
	pal_progress_end(&progress);
	if (err != PAL_OK)
		return cli_fail(err, &d);
	pal_digest_hex(&c.digest, digest);
	if (strcmp(cli_text(a, "format", "table"), "json") != 0) {
		say(a, &c, digest);
		return CLI_YES;
	}
	json_of(a, &c, digest, &json);
	return pal_buf_err(&json) == PAL_OK ? cli_output(NULL, pal_buf_view(&json)) : cli_fail(PAL_ENOMEM, NULL);
}

static const struct cli_option convert_options[] = {
	{ .name = "allow-drop",
	  .help = "leave out numbers, texts and truth values; they are listed, and kept as text in the new file's "
		  "metadata" },
	{ .name = "shared",
	  .value = "copy|refuse",
	  .help = "tensors that share bytes: write each by itself (copy, if absent) or refuse the file" },
	{ .name = "force", .help = "replace OUT when it is already there" },
	{ .name = "format", .value = "table|json", .help = "how to say what was written" },
	{ 0 },
};

const struct cli_verb cli_verb_convert = {
	.name = "convert",
	.args = "FILE OUT",
	.min = 2,
	.max = 2,
	.summary = "rewrite a PyTorch file as safetensors, without running it",
	.about =
	    "Reads what torch.save wrote (the zip layout, the one before 1.6, or a plain pickle of tensors) and "
	    "writes\n"
	    "the tensors to OUT in the safetensors format, under the names that they have in the file: keys with dots\n"
	    "between. Nothing in FILE is run: a process without network, files and keys finds where the numbers lie,\n"
	    "what it says is checked, and then the bytes are copied. OUT appears whole or not at all.\n\n"
	    "A file that needs anything but tensors in dictionaries and lists (a class, a function, a quantized or\n"
	    "sparse tensor, a type that safetensors does not have) is refused, and what it needs is named.\n\n"
	    "Exit code: 0 written, 1 refused, 2 the work could not be done.",
	.examples =
	    "palisade convert pytorch_model.bin model.safetensors\ta state dict\n"
	    "palisade convert --allow-drop checkpoint.pt checkpoint.safetensors\ta checkpoint with numbers beside "
	    "its tensors",
	.options = convert_options,
	.run = convert_run,
};
