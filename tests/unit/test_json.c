/* test_json.c - what the reader refuses, and that what the writer writes can be read back. */
#include "check.h"
#include "palisade/json.h"

static const char *const bad[] = {
	"",   "{",   "{\"a\":1,\"a\":2}", "[1,]",          "{} x",           "\"\xff\"",     "[1] []", "nul",
	"01", "'a'", "{\"a\":}",          "[\"\\ud800\"]", "\xef\xbb\xbf{}", "\"a\\u0000b\""
};

static void
test_writer(void)
{
	static const uint8_t   hostile[] = { '"', '\\', '\n', 0, 0x7f, 0xff, 0xe2, 0x80, 0xa8, '<', 0xc3, 0xa9 };
	PAL_AUTO_BUF           b = pal_buf_of(0);
	struct pal_json_writer w = pal_json_writer_of(&b, 1);
	PAL_AUTO_JSON          doc = NULL;
	const json_t          *list = NULL;

	pal_json_begin(&w, NULL, '{');
	pal_json_put_view(&w, "hostile", (struct pal_view){ hostile, sizeof(hostile) });
	pal_json_put_text(&w, "none", NULL);
	pal_json_put_real(&w, "inf", 1e308 * 10);
	pal_json_put_real(&w, "half", 0.5);
	pal_json_begin(&w, "list", '[');
	pal_json_put_u64(&w, NULL, UINT64_MAX);
	pal_json_put_bool(&w, NULL, true);
	pal_json_begin(&w, NULL, '{');
	pal_json_end(&w, '}');
	pal_json_end(&w, ']');
	pal_json_end(&w, '}');
	CHECK(pal_buf_err(&b) == PAL_OK);
	CHECK(strstr(pal_buf_text(&b), "18446744073709551615") != NULL);
	CHECK(strstr(pal_buf_text(&b), "\"\\\"\\\\\\n\\u0000\\u007f\xef\xbf\xbd\\u2028<\xc3\xa9\"") != NULL);
	pal_buf_clear(&b);
	w = pal_json_writer_of(&b, 0);
	pal_json_begin(&w, NULL, '{');
	pal_json_begin(&w, "list", '[');
	pal_json_put_text(&w, NULL, "a");
	pal_json_put_text(&w, NULL, "b");
	pal_json_end(&w, ']');
	pal_json_end(&w, '}');
	CHECK(strcmp(pal_buf_text(&b), "{\"list\":[\"a\",\"b\"]}") == 0);
	CHECK(pal_json_parse(pal_buf_view(&b), 100, &doc, NULL) == PAL_OK);
	list = pal_json_array(doc, "list");
	CHECK(json_array_size(list) == 2 && pal_json_text(doc, "list") == NULL && pal_json_object(doc, "x") == NULL);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		PAL_AUTO_JSON   doc = NULL;
		struct pal_diag d = { 0 };

		CHECK_SAY(pal_json_parse(pal_view_of(bad[i]), 1000, &doc, &d) == PAL_EFORM && doc == NULL &&
			      d.text[0] != '\0',
			  bad[i]);
	}
	{
		PAL_AUTO_JSON doc = NULL;

		CHECK(pal_json_parse(pal_view_of("[1,2,3]"), 6, &doc, NULL) == PAL_ELIMIT);
	}
	test_writer();
	return check_done();
}
