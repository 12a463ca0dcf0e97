/* test_csv.c - dialects, headers, broken quotes, and a differential run against a naive reader of RFC 4180. */
#include "collect.h"

extern const struct pal_format pal_format_csv;

struct csv_case {
	const char *text, *expected;
};

static const struct csv_case cases[] = {
	{ "id,name\n1,Ann\n2,Bob\n", "COLUMNS @0 id|name\nROW @8 r1 1|Ann\nROW @14 r2 2|Bob\n" },
	{ "id;name\r\n1;Ann\r\n2;Bob", "COLUMNS @0 id|name\nROW @9 r1 1|Ann\nROW @16 r2 2|Bob\n" },
	{ "id\tname\n1\tA, B\n2\tC\n", "COLUMNS @0 id|name\nROW @8 r1 1|A, B\nROW @15 r2 2|C\n" },
	{ "id|name\n1|Ann\n2|Bob\n", "COLUMNS @0 id|name\nROW @8 r1 1|Ann\nROW @14 r2 2|Bob\n" },
	{ "\xef\xbb\xbf"
	  "a,b\n1,2\n",
	  "COLUMNS @3 a|b\nROW @7 r1 1|2\n" },
	{ "1,2\n3,4\n", "COLUMNS @0 column_1|column_2\nROW @0 r1 1|2\nROW @4 r2 3|4\n" },
	{ "0,1,2\n5.1,3.5,9\n4.9,3.0,8\n", "COLUMNS @0 0|1|2\nROW @6 r1 5.1|3.5|9\nROW @16 r2 4.9|3.0|8\n" },
	{ ",a,b\n0,x,1\n1,y,2\n", "COLUMNS @0 |a|b\nROW @5 r1 0|x|1\nROW @11 r2 1|y|2\n" },
	{ "text,label\n\"It was \"\"good\"\", really\",pos\n\"two\nlines\",neg\n",
	  "COLUMNS @0 text|label\nROW @11 r1 It was \"good\", really|pos\nROW @41 r2 two\\x0alines|neg\n" },
	{ "a, b\n1, \"x, y\"\n2, \"z\"\n", "COLUMNS @0 a|b\nROW @5 r1 1|x, y\nROW @15 r2 2|z\n" },
	{ "a,b\n1,2\n3\n4,5,6\n7,8\n",
	  "COLUMNS @0 a|b\nROW @4 r1 1|2\nANOMALY CSV-RAGGED @8 row 2: 1 cells, expected 2\nROW @8 r2 3\n"
	  "ANOMALY CSV-RAGGED @10 row 3: 3 cells, expected 2\nROW @10 r3 4|5|6\nROW @16 r4 7|8\n" },
	{ "a,b\n1,\"open\n2,x\n3,y\n",
	  "COLUMNS @0 a|b\nANOMALY CSV-UNCLOSED-QUOTE @6 row 1: the quote is not closed in 14 bytes\n"
	  "ROW @4 r1 1|\"open\nROW @12 r2 2|x\nROW @16 r3 3|y\n" },
	{ "a,b\n1,\"x\"y\n2,z\n", "COLUMNS @0 a|b\nANOMALY CSV-STRAY-QUOTE @4 row 1: text after a closing quote\nROW "
				  "@4 r1 1|xy\nROW @11 r2 2|z\n" },
	{ "a,a\n1,2\n",
	  "ANOMALY CSV-DUPLICATE-COLUMN @0 columns 1 and 2 have one name\nCOLUMNS @0 a|a\nROW @4 r1 1|2\n" },
	{ "a,b\r1,2\r", "COLUMNS @0 a|b\nROW @4 r1 1|2\n" },
	{ "a,b\n\n1,2\n\n", "COLUMNS @0 a|b\nROW @5 r1 1|2\n" },
	{ "name\nAnn\nBob Meyer\n", "COLUMNS @0 name\nROW @5 r1 Ann\nROW @9 r2 Bob Meyer\n" },
	{ "a,b\n1,\"\"\n2,\"\"\"q\"\"\"\n", "COLUMNS @0 a|b\nROW @4 r1 1|\nROW @9 r2 2|\"q\"\n" },
	{ "", "" },
	{ "\n", "COLUMNS @0 column_1\n" },
};

/* A reader that is plainly right: one character at a time. */
static void
naive(struct pal_view v, struct pal_buf *out)
{
	bool   quoted = false;
	size_t row = 1;

	pal_buf_printf(out, "r%zu ", row);
	for (size_t i = 0; i < v.len; i++) {
		uint8_t c = v.data[i];

		if (quoted && c == '"' && i + 1 < v.len && v.data[i + 1] == '"')
			pal_buf_add_byte(out, v.data[++i]);
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && c == ',')
			pal_buf_add_byte(out, '|');
		else if (!quoted && c == '\n' && i + 1 < v.len)
			pal_buf_printf(out, "\nr%zu ", ++row);
		else if (quoted || c != '\n')
			pal_buf_add_byte(out, c);
	}
	pal_buf_add_byte(out, '\n');
}

static enum pal_err
take_rows(void *arg, const struct pal_content *c)
{
	struct pal_buf *out = arg;

	if (c->kind == PAL_CONTENT_ANOMALY)
		pal_buf_printf(out, "%s!", c->rule->id);
	if (c->kind != PAL_CONTENT_ROW)
		return PAL_OK;
	pal_buf_printf(out, "r%llu ", (unsigned long long)c->place.row);
	for (size_t i = 0; i < c->cell_count; i++) {
		if (i > 0)
			pal_buf_add_byte(out, '|');
		pal_buf_add(out, c->cells[i]);
	}
	pal_buf_add_byte(out, '\n');
	return PAL_OK;
}

static void
parse_rows(struct pal_input *in, struct pal_buf *out)
{
	PAL_AUTO_ARENA    arena;
	struct pal_limits limits = pal_limits_default;
	struct pal_sink   sink = { .take = take_rows, .arg = out, .arena = &arena, .limits = &limits };

	pal_arena_init(&arena, (size_t)16 << 20);
	CHECK(pal_format_csv.parse(in, &sink, NULL) == PAL_OK);
}

/* Random tables with quotes, delimiters and line ends in cells, from memory and through a file's window. */
static void
test_against_naive(size_t rows, unsigned int seed)
{
	static const char *const pieces[] = { "x", ",", "\"\"", "\n", "word", " ", "\xc3\xa9", "longer text here" };
	struct pal_buf           text = pal_buf_of(0), want = pal_buf_of(0), got = pal_buf_of(0);
	struct pal_input         in;
	FILE                    *f = tmpfile();

	for (size_t r = 0; r < rows; r++) {
		pal_buf_printf(&text, "%zu", r);
		for (size_t c = 0; c < 3; c++) {
			pal_buf_add_text(&text, ",\"");
			for (size_t i = 0; i < 3; i++)
				pal_buf_add_text(&text, pieces[(seed = seed * 1103515245 + 12345) >> 16 & 7]);
			pal_buf_add_byte(&text, '"');
		}
		pal_buf_add_byte(&text, '\n');
	}
	naive(pal_buf_view(&text), &want);
	in = pal_input_of_view(pal_buf_view(&text));
	parse_rows(&in, &got);
	CHECK(pal_view_eq(pal_buf_view(&got), pal_buf_view(&want)));
	pal_buf_clear(&got);
	if (CHECK(f != NULL && fwrite(text.data, 1, text.len, f) == text.len && fflush(f) == 0)) {
		in = pal_input_of_fd(fileno(f), text.len);
		parse_rows(&in, &got);
		CHECK(pal_view_eq(pal_buf_view(&got), pal_buf_view(&want)));
		pal_input_done(&in);
	}
	if (f != NULL)
		(void)fclose(f);
	pal_buf_done(&text);
	pal_buf_done(&want);
	pal_buf_done(&got);
}

static void
test_probe(void)
{
	CHECK(PROBE(pal_format_csv, "a,b\n1,2\n3,4\n", "") > 50);
	CHECK(PROBE(pal_format_csv, "a,b\n1,2\n", "x.csv") > PROBE(pal_format_csv, "a,b\n1,2\n3,4\n", ""));
	CHECK(PROBE(pal_format_csv, "Dear Sir,\n\nI write, as you know, in haste.\nYours\n", "") == 0);
	CHECK(PROBE(pal_format_csv, "import os\nx = 1\nprint(x)\n", "") == 0);
	CHECK(PROBE(pal_format_csv, "\x80\x04,\n,\n,\n", "") == 0);
}

static void
test_utf16(void)
{
	static const char text[] = "\xff\xfe"
				   "a\0,\0b\0\n\0"
				   "1\0,\0\xe9\0\n\0"
				   "2\0,\0x\0\n\0";

	check_given(&pal_format_csv, (struct pal_view){ (const uint8_t *)text, sizeof(text) - 1 },
		    "COLUMNS @2 a|b\nROW @10 r1 1|\\xc3\\xa9\nROW @18 r2 2|x\n");
	check_given(&pal_format_csv, pal_view_of("a,b\n1,\xe9\n2,x\n"),
		    "COLUMNS @0 a|b\nROW @4 r1 1|\\xc3\\xa9\nROW @8 r2 2|x\n"
		    "ANOMALY TEXT-ENCODING @6 not UTF-8: read as Latin-1\n");
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_given(&pal_format_csv, pal_view_of(cases[i].text), cases[i].expected);
	for (unsigned int i = 0; i < 20; i++)
		test_against_naive(50, i);
	test_against_naive(60000, 7);
	test_probe();
	test_utf16();
	check_corpus(&pal_format_csv, 300);
	return check_done();
}
