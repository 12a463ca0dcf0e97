/* torch_script.c - a lexer for the part of Python that TorchScript is printed in; it knows names, strings, comments. */
#include "torch_script.h"

#include "palisade/buf.h"

#define ARGUMENTS ((size_t)160)
#define LOADER    "torchscript"
#define EXPORTED  "torch.export"

struct lexer {
	struct pal_sink *sink;
	struct pal_view  code; /* whole lines of it */
	size_t           at;
	uint64_t         base; /* of `code` in the file */
	const char      *field;
};

static bool
is_name_byte(uint8_t c)
{
	return pal_is_alnum(c) || c == '_' || c == '.';
}

static uint8_t
byte_at(const struct lexer *l, size_t i)
{
	return i < l->code.len ? l->code.data[i] : 0;
}

/* Behind the string that begins at `i`; strings in three quotes are not printed by torch, but cost nothing. */
static size_t
skip_string(const struct lexer *l, size_t i)
{
	uint8_t quote = l->code.data[i];
	size_t  n = byte_at(l, i + 1) == quote && byte_at(l, i + 2) == quote ? 3 : 1;

	for (i += n; i < l->code.len; i++) {
		if (l->code.data[i] == '\\')
			i++;
		else if (n == 1 && l->code.data[i] == '\n')
			return i;
		else if (l->code.data[i] == quote &&
			 (n == 1 || (byte_at(l, i + 1) == quote && byte_at(l, i + 2) == quote)))
			return i + n;
	}
	return l->code.len;
}

static struct pal_view
arguments_at(const struct lexer *l, size_t from)
{
	size_t i = from, depth = 0;

	while (i < l->code.len && i - from < ARGUMENTS) {
		uint8_t c = l->code.data[i];

		if (c == '"' || c == '\'') {
			i = skip_string(l, i);
			continue;
		}
		if (c == ')' && depth == 0)
			break;
		depth += c == '(';
		depth -= c == ')';
		i++;
	}
	return pal_view_sub(l->code, from, i - from < ARGUMENTS ? i - from : ARGUMENTS);
}

static enum pal_err
give_op(struct pal_sink *s, const char *loader, struct pal_view module, struct pal_view name, struct pal_view text,
	const struct pal_place *place)
{
	struct pal_content c = {
		.kind = PAL_CONTENT_OP, .place = *place, .module = module, .name = name, .text = text
	};

	c.loader = loader;
	return pal_sink_take(s, &c);
}

/* The path in from_file("/etc/passwd", ...) is one that running the model opens. */
static enum pal_err
give_path(struct lexer *l, struct pal_view name, struct pal_view arguments, const struct pal_place *place)
{
	struct pal_content c = { .kind = PAL_CONTENT_REFERENCE, .place = *place, .name = name };
	size_t             end = 0;

	if (!pal_view_is(name, "from_file") || arguments.len < 2 ||
	    (arguments.data[0] != '"' && arguments.data[0] != '\''))
		return PAL_OK;
	end = pal_view_find_byte(arguments, arguments.data[0], 1);
	if (end == SIZE_MAX)
		return PAL_OK;
	c.text = pal_view_sub(arguments, 1, end - 1);
	c.loader = LOADER;
	return pal_sink_take(l->sink, &c);
}

/* The next part of a dotted name. */
static struct pal_view
part_of(struct pal_view *rest)
{
	struct pal_view part = { 0 };

	return pal_view_split(rest, '.', &part) ? part : (struct pal_view){ 0 };
}

/* A class that a library brings: __torch__.torch.classes.SPACE.NAME */
static enum pal_err
take_class(struct lexer *l, struct pal_view rest, const struct pal_place *place)
{
	PAL_AUTO_BUF    module = pal_buf_of(1024);
	struct pal_view space = part_of(&rest), name = part_of(&rest);

	pal_buf_add_text(&module, "classes.");
	pal_buf_add(&module, pal_view_sub(space, 0, 200));
	if (space.len == 0 || name.len == 0)
		return PAL_OK;
	return give_op(l->sink, LOADER, pal_buf_view(&module), name, (struct pal_view){ 0 }, place);
}

static enum pal_err
take_name(struct lexer *l, struct pal_view whole, size_t end)
{
	static const char *const distributed[] = { "rpc_sync", "rpc_async", "rpc_remote" };
	static const char        classes[] = "__torch__.torch.classes.";
	struct pal_view          rest = whole, first = part_of(&rest), second = part_of(&rest), third = part_of(&rest);
	struct pal_view          arguments = { 0 };
	struct pal_place         place = { .field = l->field, .length = whole.len };
	bool                     call = byte_at(l, end) == '(';

	place.offset = l->base + (uint64_t)(whole.data - l->code.data);
	if (pal_view_starts(whole, classes))
		return take_class(l, pal_view_sub(whole, sizeof(classes) - 1, whole.len), &place);
	if (!call)
		return PAL_OK;
	arguments = arguments_at(l, end + 1);
	if (pal_view_is(first, "torch") && second.len > 0 && third.len == 0) {
		PAL_TRY(give_op(l->sink, LOADER, pal_view_of("aten"), second, arguments, &place));
		return give_path(l, second, arguments, &place);
	}
	if (pal_view_is(first, "ops") && third.len > 0) {
		PAL_TRY(give_op(l->sink, LOADER, second, third, arguments, &place));
		return pal_view_is(second, "aten") ? give_path(l, third, arguments, &place) : PAL_OK;
	}
	for (size_t i = 0; i < sizeof(distributed) / sizeof(distributed[0]); i++)
		if (pal_view_is(whole, distributed[i]))
			return give_op(l->sink, LOADER, pal_view_of("prim"), whole, arguments, &place);
	return PAL_OK;
}

static enum pal_err
lex(struct lexer *l)
{
	while (l->at < l->code.len) {
		uint8_t c = l->code.data[l->at];
		size_t  end = l->at + 1;

		if (c == '#') {
			end = pal_view_find_byte(l->code, '\n', l->at);
			end = end == SIZE_MAX ? l->code.len : end;
		} else if (c == '"' || c == '\'') {
			end = skip_string(l, l->at);
		} else if (pal_is_alpha(c) || c == '_') {
			while (end < l->code.len && is_name_byte(l->code.data[end]))
				end++;
			PAL_TRY(take_name(l, pal_view_sub(l->code, l->at, end - l->at), end));
		}
		l->at = end;
	}
	return PAL_OK;
}

/* Up to the last line end in the window, or all of it: a line of a megabyte is cut. */
static size_t
whole_lines(struct pal_view v, bool last)
{
	for (size_t i = v.len; !last && i > 0; i--)
		if (v.data[i - 1] == '\n')
			return i;
	return v.len;
}

enum pal_err
pal_torch_script(struct pal_sink *s, struct pal_input *code, uint64_t at, const char *field)
{
	for (uint64_t from = 0; from < code->size;) {
		struct lexer l = { .sink = s, .base = at + from, .field = field };

		PAL_TRY(pal_input_view(code, from, 1, PAL_INPUT_WINDOW / 2, &l.code));
		l.code = pal_view_sub(l.code, 0, whole_lines(l.code, l.code.len == code->size - from));
		from += l.code.len;
		PAL_TRY(lex(&l));
	}
	return PAL_OK;
}

enum pal_err
pal_torch_operator(struct pal_sink *s, struct pal_view name, uint64_t at, const char *field)
{
	struct pal_place place = { .field = field, .offset = at };
	size_t           colon = pal_view_find(name, pal_view_of("::"), 0);

	if (colon == SIZE_MAX || colon == 0 || name.len > 200)
		return PAL_OK;
	return give_op(s, LOADER, pal_view_sub(name, 0, colon), pal_view_sub(name, colon + 2, name.len),
		       (struct pal_view){ 0 }, &place);
}

/* "torch.ops.aten.add.Tensor": the space, and the name without its overload. Other targets are Python functions. */
static enum pal_err
take_target(struct pal_sink *s, struct pal_view target, const struct pal_place *place)
{
	struct pal_view rest = target, module = { 0 }, name = { 0 };

	if (!pal_view_starts(target, "torch.ops."))
		return target.len == 0 || pal_view_find_byte(target, '.', 0) == SIZE_MAX
			   ? PAL_OK
			   : give_op(s, EXPORTED, pal_view_of("python"), target, (struct pal_view){ 0 }, place);
	(void)part_of(&rest);
	(void)part_of(&rest);
	module = part_of(&rest);
	name = part_of(&rest);
	return give_op(s, EXPORTED, module, name, target, place);
}

enum pal_err
pal_torch_export(struct pal_sink *s, struct pal_input *graph, uint64_t at, const char *field)
{
	static const char key[] = "\"target\":";
	const size_t      overlap = 512; /* a key and its value that a window cuts are seen in the next one */
	uint64_t          from = 0;

	while (from < graph->size) {
		struct pal_view v = { 0 };
		size_t          i = 0;

		PAL_TRY(pal_input_view(graph, from, 1, PAL_INPUT_WINDOW / 2, &v));
		while ((i = pal_view_find(v, pal_view_of(key), i)) != SIZE_MAX) {
			struct pal_view  rest = pal_view_trim(pal_view_sub(v, i + sizeof(key) - 1, overlap / 2));
			struct pal_place place = { .offset = at + from + i, .field = field };
			size_t end = rest.len > 0 && rest.data[0] == '"' ? pal_view_find_byte(rest, '"', 1) : SIZE_MAX;

			if (end != SIZE_MAX && (i < v.len - overlap || v.len < overlap || v.len == graph->size - from))
				PAL_TRY(take_target(s, pal_view_sub(rest, 1, end - 1), &place));
			i += sizeof(key) - 1;
		}
		if (v.len == graph->size - from)
			break;
		from += v.len - overlap;
	}
	return PAL_OK;
}
