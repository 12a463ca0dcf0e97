/* test_view.c - cuts and comparisons at their edges. */
#include "check.h"
#include "palisade/view.h"

static void
test_numbers(void)
{
	static const struct {
		const char *text;
		int         ok;
		uint64_t    n;
	} cases[] = {
		{ "0", 1, 0 },
		{ "18446744073709551615", 1, UINT64_MAX },
		{ "18446744073709551616", 0, 0 },
		{ "", 0, 0 },
		{ "01", 0, 0 },
		{ "-1", 0, 0 },
		{ "1 ", 0, 0 },
		{ "99999999999999999999", 0, 0 },
		{ "12a", 0, 0 },
		{ "1000", 1, 1000 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t n = 0;
		int      ok = pal_view_u64(pal_view_of(cases[i].text), &n);

		CHECK_SAY(ok == cases[i].ok && (!ok || n == cases[i].n), cases[i].text);
	}
}

static void
test_words(void)
{
	struct pal_view rest = pal_view_of("  MAP 4.1,, GOVERN 1.1 ,"), word = { 0 };

	CHECK(pal_view_word(&rest, ',', &word) && pal_view_is(word, "MAP 4.1"));
	CHECK(pal_view_word(&rest, ',', &word) && pal_view_is(word, "GOVERN 1.1"));
	CHECK(!pal_view_word(&rest, ',', &word));
	rest = pal_view_of("AML.T1  AML.T2");
	CHECK(pal_view_word(&rest, ' ', &word) && pal_view_is(word, "AML.T1"));
	CHECK(pal_view_word(&rest, ' ', &word) && pal_view_is(word, "AML.T2") && !pal_view_word(&rest, ' ', &word));
}

/* The reference values of the hash's authors. */
static void
test_hash(void)
{
	CHECK(pal_view_hash(PAL_HASH_START, pal_view_of("")) == 0xcbf29ce484222325u);
	CHECK(pal_view_hash(PAL_HASH_START, pal_view_of("a")) == 0xaf63dc4c8601ec8cu);
	CHECK(pal_view_hash(PAL_HASH_START, pal_view_of("foobar")) == 0x85944171f73967e8u);
	CHECK(pal_view_hash(pal_view_hash(PAL_HASH_START, pal_view_of("foo")), pal_view_of("bar")) ==
	      0x85944171f73967e8u);
	CHECK(pal_hash_mix(1) != pal_hash_mix(2));
}

int
main(void)
{
	struct pal_view v = pal_view_of("  a,b,,c\r\n"), rest = pal_view_of("x\r\ny\n\nz"), part = { 0 };
	int             n = 0;

	CHECK(pal_view_is(pal_view_trim(v), "a,b,,c"));
	CHECK(pal_view_sub(v, 99, 1).len == 0 && pal_view_sub(v, 2, SIZE_MAX).len == v.len - 2);
	CHECK(pal_view_find(v, pal_view_of(",,"), 0) == 5 && pal_view_find(v, pal_view_of("d"), 0) == SIZE_MAX);
	CHECK(pal_view_has(v, "b,,c") && !pal_view_has(v, "b,c"));
	CHECK(pal_view_find(v, pal_view_of(""), 3) == 3 && pal_view_find(v, v, 0) == 0);
	CHECK(pal_view_find(v, v, 1) == SIZE_MAX && pal_view_find_byte((struct pal_view){ 0 }, 'a', 0) == SIZE_MAX);
	CHECK(pal_view_starts(v, "  a") && pal_view_ends(v, "\r\n") && !pal_view_starts(v, "   a,b,,c\r\n "));
	CHECK(pal_view_cmp(pal_view_of("a"), pal_view_of("ab")) < 0 && pal_view_cmp(v, v) == 0);
	CHECK(pal_view_is_nocase(pal_view_of("HeAdEr"), "header") && !pal_view_is_nocase(pal_view_of("h"), "header"));
	while (pal_view_line(&rest, &part))
		n++;
	CHECK(n == 4 && pal_view_is(part, "z"));
	rest = pal_view_of("a,,b");
	for (n = 0; pal_view_split(&rest, ',', &part); n++)
		;
	CHECK(n == 3 && pal_view_is(part, "b"));
	test_numbers();
	test_words();
	test_hash();
	return check_done();
}
