/* test_secret.c - what a passphrase file may hold, comparison, wiping. */
#include "palisade/secret.h"

#include <stdlib.h>
#include <unistd.h>

#include "check.h"

static enum pal_err
read_text(const char *text, size_t len, struct pal_secret *s, struct pal_diag *d)
{
	FILE        *f = tmpfile();
	enum pal_err err = PAL_ESYS;

	if (f != NULL && fwrite(text, 1, len, f) == len && fflush(f) == 0 && lseek(fileno(f), 0, SEEK_SET) == 0)
		err = pal_secret_read_fd(fileno(f), "a test", s, d);
	if (f != NULL)
		(void)fclose(f);
	return err;
}

static void
test_lines(void)
{
	static const struct {
		const char *text, *want; /* NULL: PAL_EKEY */
	} cases[] = {
		{ "hunter2\n", "hunter2" }, { "hunter2", "hunter2" }, { "hunter2\r\nmore\n", "hunter2" },
		{ " a b \n", " a b " },     { "\n", NULL },           { "", NULL },
		{ "\r\nx", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PAL_AUTO_SECRET s = { 0 };
		struct pal_diag d = { 0 };
		enum pal_err    err = read_text(cases[i].text, strlen(cases[i].text), &s, &d);

		CHECK_SAY(err == (cases[i].want == NULL ? PAL_EKEY : PAL_OK), cases[i].text);
		if (cases[i].want != NULL)
			CHECK_SAY(pal_secret_eq(pal_secret_view(&s), pal_view_of(cases[i].want)), cases[i].text);
		else
			CHECK(strstr(d.text, "a test") != NULL && s.bytes == NULL);
	}
}

static void
test_limits(void)
{
	static char     text[PAL_SECRET_MAX + 10];
	PAL_AUTO_SECRET a = { 0 };
	PAL_AUTO_SECRET b = { 0 };
	PAL_AUTO_SECRET c = { 0 };

	memset(text, 'x', sizeof(text));
	text[PAL_SECRET_MAX] = '\n';
	CHECK(read_text(text, sizeof(text), &a, NULL) == PAL_OK && a.len == PAL_SECRET_MAX);
	text[PAL_SECRET_MAX] = 'x';
	CHECK(read_text(text, sizeof(text), &b, NULL) == PAL_EKEY);
	CHECK(pal_secret_of((struct pal_view){ (const uint8_t *)text, PAL_SECRET_MAX + 1 }, &b) == PAL_ELIMIT);
	CHECK(pal_secret_random(PAL_SECRET_MAX + 1, &b) == PAL_ELIMIT);
	CHECK(pal_secret_random(32, &b) == PAL_OK && pal_secret_random(32, &c) == PAL_OK);
	CHECK(!pal_secret_eq(pal_secret_view(&b), pal_secret_view(&c)));
	CHECK(pal_secret_read("/nonexistent/passphrase", &c, NULL) == PAL_ENOTFOUND && c.len == 32);
}

static void
test_compare_and_wipe(void)
{
	PAL_AUTO_SECRET s = { 0 };
	uint8_t         bytes[4] = { 1, 2, 3, 4 };

	CHECK(pal_secret_eq((struct pal_view){ 0 }, (struct pal_view){ 0 }));
	CHECK(!pal_secret_eq(pal_view_of("a"), pal_view_of("ab")) &&
	      !pal_secret_eq(pal_view_of("a"), pal_view_of("b")));
	CHECK(pal_secret_of((struct pal_view){ bytes, 4 }, &s) == PAL_OK && s.len == 4);
	pal_secret_wipe(bytes, 4);
	CHECK(bytes[0] == 0 && bytes[3] == 0 && s.bytes[3] == 4);
	pal_secret_done(&s);
	CHECK(s.bytes == NULL && pal_secret_view(&s).len == 0);
	pal_secret_done(&s);
	CHECK(pal_secret_of((struct pal_view){ 0 }, &s) == PAL_OK && s.len == 0);
}

int
main(void)
{
	test_lines();
	test_limits();
	test_compare_and_wipe();
	return check_done();
}
