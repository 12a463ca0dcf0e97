/* test_width.c - what is shown, how wide, where lines break. */
#include "report/width.h"

#include "check.h"

static void
test_shown(void)
{
	static const struct {
		uint32_t     c;
		bool         hidden;
		unsigned int width;
	} cases[] = {
		{ 'a', false, 1 },    { ' ', false, 1 },    { 0xe9, false, 1 },    { 0x65e5, false, 2 },
		{ 0xac00, false, 2 }, { 0xff21, false, 2 }, { 0x1f600, false, 2 }, { 0x301, false, 0 },
		{ 0xfe0f, false, 0 }, { 0x20ac, false, 1 }, { 0, true, 1 },        { 0x1b, true, 1 },
		{ '\n', true, 1 },    { 0x7f, true, 1 },    { 0x9b, true, 1 },     { 0xad, true, 1 },
		{ 0x200b, true, 1 },  { 0x202e, true, 1 },  { 0x2028, true, 1 },   { 0x2066, true, 1 },
		{ 0xfeff, true, 1 },  { 0xd800, true, 1 },  { 0xfffe, true, 1 },   { 0x1ffff, true, 1 },
		{ 0xe0041, true, 1 }, { 0x3164, true, 1 },  { 0x110000, true, 1 }, { PAL_UTF8_BAD, true, 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t shown = pal_width_shown(cases[i].c);

		CHECK(shown == (cases[i].hidden ? 0xfffd : cases[i].c));
		CHECK(pal_width_of(shown) == cases[i].width);
	}
	CHECK(pal_width_text(pal_view_of("e\xcc\x81 \xe6\x97\xa5\xff")) == 5);
}

static void
test_add(void)
{
	PAL_AUTO_BUF b = pal_buf_of(0);

	pal_width_add(&b, pal_view_of("a\x1b[0m\xff\n"));
	CHECK(strcmp(pal_buf_text(&b), "a\xef\xbf\xbd[0m\xef\xbf\xbd\xef\xbf\xbd") == 0);
	pal_buf_clear(&b);
	CHECK(pal_width_cut(&b, pal_view_of("abcdef"), 4) == 4);
	CHECK(strcmp(pal_buf_text(&b), "abc\xe2\x80\xa6") == 0);
	pal_buf_clear(&b);
	CHECK(pal_width_cut(&b, pal_view_of("abcd"), 4) == 4 && strcmp(pal_buf_text(&b), "abcd") == 0);
	pal_buf_clear(&b);
	CHECK(pal_width_cut(&b, pal_view_of("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"), 4) ==
	      3); /* a wide one and the dots */
	pal_buf_clear(&b);
	CHECK(pal_width_cut(&b, pal_view_of("abcd"), 0) == 4);
}

static void
test_lines(void)
{
	static const struct {
		const char  *text;
		unsigned int columns;
		const char  *lines[5];
	} cases[] = {
		{ "one two three", 7, { "one two", "three" } },
		{ "one two three", 8, { "one two", "three" } },
		{ "one two three", 3, { "one", "two", "thr", "ee" } },
		{ "abcdefgh", 3, { "abc", "def", "gh" } },
		{ "  a   b ", 1, { "a", "b", "" } },
		{ "a b", 0, { "a b" } },
		{ "\xe6\x97\xa5\xe6\x9c\xac", 3, { "\xe6\x97\xa5", "\xe6\x9c\xac" } },
		{ "\xe6\x97\xa5\xe6\x9c\xac", 1, { "\xe6\x97\xa5", "\xe6\x9c\xac" } }, /* never stands still */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pal_view rest = pal_view_of(cases[i].text);

		for (size_t n = 0; cases[i].lines[n] != NULL && (n == 0 || rest.len > 0); n++) {
			struct pal_view line = pal_width_line(&rest, cases[i].columns);

			CHECK_SAY(pal_view_is(line, cases[i].lines[n]), cases[i].text);
		}
		CHECK_SAY(rest.len == 0, cases[i].text);
	}
}

/* Whatever the bytes and the width: every line fits, and nothing but blanks is lost. */
static void
test_any_text(void)
{
	uint8_t  text[48];
	uint32_t seed = 1;

	for (int round = 0; round < 2000; round++) {
		unsigned int    columns = 2 + (unsigned int)round % 20;
		struct pal_view rest = { text, sizeof(text) };
		size_t          kept = 0, want = 0;

		for (size_t i = 0; i < sizeof(text); i++) {
			seed = seed * 1664525u + 1013904223u;
			text[i] = (seed >> 24) % 4 == 0 ? ' ' : (uint8_t)(seed >> 16);
			want += text[i] != ' ' ? 1 : 0;
		}
		while (rest.len > 0) {
			struct pal_view line = pal_width_line(&rest, columns);

			if (pal_width_text(line) > columns)
				CHECK_SAY(false, "a line is too wide");
			for (size_t i = 0; i < line.len; i++)
				kept += line.data[i] != ' ' ? 1 : 0;
		}
		CHECK(kept == want);
	}
}

int
main(void)
{
	test_shown();
	test_add();
	test_lines();
	test_any_text();
	return check_done();
}
