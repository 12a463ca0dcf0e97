/* keras_code.c - strings of a configuration that are code or files: base64 is undone here, leniently, as Python does.
 */
#include "give.h"
#include "keras.h"
#include "palisade/format.h"
#include "palisade/buf.h"
#include "palisade/utf8.h"

#define STRING_LEAST 16u
#define PACKED_LEAST 24u
#define CODE_MOST    ((size_t)64 << 20)

static int
value_of(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (pal_is_digit(c))
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* binascii.a2b_base64: what is not of the alphabet is skipped. Returns how many characters were of it. */
static size_t
decode(struct pal_view text, size_t most, struct pal_buf *out)
{
	uint32_t v = 0;
	size_t   n = 0;

	for (size_t i = 0; i < text.len && out->len < most; i++) {
		int six = value_of(text.data[i]);

		if (text.data[i] == '=' && n % 4 >= 2)
			break;
		if (six < 0)
			continue;
		v = v << 6 | (uint32_t)six;
		n++;
		if (n % 4 != 1)
			pal_buf_add_byte(out, (uint8_t)(v >> (n % 4 == 0 ? 0 : n % 4 == 3 ? 2 : 4)));
	}
	return n;
}

/* Keras 2 takes a string that is no base64 for the bytes themselves, a character each. */
static void
characters(struct pal_view text, struct pal_buf *out)
{
	while (text.len > 0) {
		uint32_t c = pal_utf8_next(&text);

		pal_buf_add_byte(out, c < 256 ? (uint8_t)c : '?');
	}
}

static enum pal_err
give(struct pal_sink *sink, const struct pal_buf *bytes, uint64_t at, struct pal_view name)
{
	struct pal_input in = pal_input_of_view(pal_buf_view(bytes));
	enum pal_err     err = pal_buf_err(bytes);

	if (err == PAL_OK && in.size > 0)
		err = pal_give_member_input(sink, &in, at, name);
	pal_input_done(&in);
	return err;
}

enum pal_err
pal_keras_lambda(struct pal_sink *sink, const struct pal_keras_node *code, struct pal_view of, struct pal_view what)
{
	PAL_AUTO_BUF bytes = pal_buf_of(CODE_MOST);
	PAL_AUTO_BUF shown = pal_buf_of(1024);

	if (decode(code->text, CODE_MOST, &bytes) < code->text.len / 2 || (code->text.len > 0 && bytes.len == 0)) {
		pal_buf_clear(&bytes);
		characters(code->text, &bytes);
	}
	pal_buf_add_text(&shown, "layer \"");
	pal_utf8_clean(of, 80, &shown);
	pal_buf_add_text(&shown, "\": its ");
	pal_utf8_clean(what, 40, &shown);
	PAL_TRY(pal_sink_anomaly(sink, &pal_anomaly_keras_lambda, code->at, "%s is %zu bytes of Python code",
				 pal_buf_text(&shown), bytes.len));
	return give(sink, &bytes, code->at, pal_view_of("(lambda)"));
}

enum pal_err
pal_keras_string(struct pal_sink *sink, const struct pal_keras_node *text)
{
	PAL_AUTO_BUF     bytes = pal_buf_of(CODE_MOST);
	PAL_AUTO_BUF     head = pal_buf_of(0);
	struct pal_input in = pal_input_of_view(text->text);
	struct pal_view  v = pal_view_sub(text->text, 0, PAL_PROBE_HEAD);

	if (v.len < STRING_LEAST)
		return PAL_OK;
	if (pal_format_inside(v, text->text.len) != NULL)
		return pal_give_member_input(sink, &in, text->at, pal_view_of("(string)"));
	if (v.len < PACKED_LEAST || decode(v, PAL_PROBE_HEAD, &head) < v.len * 9 / 10 ||
	    pal_format_inside(pal_buf_view(&head), text->text.len / 4 * 3) == NULL)
		return PAL_OK;
	(void)decode(text->text, CODE_MOST, &bytes);
	return give(sink, &bytes, text->at, pal_view_of("(base64)"));
}
