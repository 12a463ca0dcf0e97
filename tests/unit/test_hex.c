/* test_hex.c - RFC 4648 section 10, and texts that a strict decoder must refuse. */
#include "check.h"
#include "palisade/hex.h"

static const struct {
	const char *bytes, *base64;
} vectors[] = { { "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" } };

static const char *const bad[] = { "Z",        "Zg=",  "Zg===", "Zh==", "Zm9=", "Zm9v=", "Z g=", "=Zg=",
				   "Zg==Zg==", "+_==", "a/b_",  "Zg\n", "====", "=",     "Zm+" };

static void
test_base64(void)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		PAL_AUTO_BUF b = pal_buf_of(0);
		PAL_AUTO_BUF back = pal_buf_of(0);

		pal_base64_add(&b, pal_view_of(vectors[i].bytes));
		CHECK_SAY(strcmp(pal_buf_text(&b), vectors[i].base64) == 0, vectors[i].base64);
		CHECK(pal_base64_decode(pal_buf_view(&b), &back) == PAL_OK);
		CHECK(strcmp(pal_buf_text(&back), vectors[i].bytes) == 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		PAL_AUTO_BUF b = pal_buf_of(0);

		CHECK_SAY(pal_base64_decode(pal_view_of(bad[i]), &b) == PAL_EFORM && b.len == 0, bad[i]);
	}
}

static void
test_every_byte(void)
{
	uint8_t all[256];

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	for (size_t len = 0; len <= sizeof(all); len++) {
		struct pal_view v = { all, len };
		PAL_AUTO_BUF    h = pal_buf_of(0);
		PAL_AUTO_BUF    b = pal_buf_of(0);
		PAL_AUTO_BUF    back = pal_buf_of(0);

		pal_hex_add(&h, v);
		CHECK(pal_hex_decode(pal_buf_view(&h), &back) == PAL_OK && pal_view_eq(pal_buf_view(&back), v));
		pal_buf_clear(&back);
		pal_base64_add(&b, v);
		CHECK(pal_base64_decode(pal_buf_view(&b), &back) == PAL_OK && pal_view_eq(pal_buf_view(&back), v));
		for (char *c = b.data; c != NULL && *c != '\0'; c++)
			*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
		pal_buf_clear(&back);
		CHECK(pal_base64_decode(pal_buf_view(&b), &back) == PAL_OK && pal_view_eq(pal_buf_view(&back), v));
	}
}

int
main(void)
{
	PAL_AUTO_BUF b = pal_buf_of(0);

	test_base64();
	test_every_byte();
	CHECK(pal_base64_decode(pal_view_of("_-8"), &b) == PAL_OK); /* URL-safe, unpadded */
	CHECK(pal_base64_decode_padded(pal_view_of("_-8"), &b) == PAL_EFORM);
	CHECK(pal_base64_decode_padded(pal_view_of("_-8="), &b) == PAL_EFORM);
	CHECK(pal_base64_decode_padded(pal_view_of("AAA"), &b) == PAL_EFORM);
	CHECK(pal_base64_decode_padded(pal_view_of("/+8="), &b) == PAL_OK);
	CHECK(pal_hex_decode(pal_view_of("0g"), &b) == PAL_EFORM && pal_hex_decode(pal_view_of("0"), &b) == PAL_EFORM);
	return check_done();
}
