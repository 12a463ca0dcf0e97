/* test_jsonl.c - rows, paths, recovery, encodings, and a differential run on generated lines. */
#include "collect.h"
#include "palisade/json.h"

extern const struct pal_format pal_format_jsonl;

struct jsonl_case {
	const char *text, *expected;
};

static const struct jsonl_case cases[] = {
	{ "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n", "COLUMNS @0 a|b\nROW @0 r1 1|x\nROW @16 r2 2|y\n" },
	{ "{\"a\":1}\n{\"b\":true,\"a\":null}\n", "COLUMNS @0 a\nROW @0 r1 1\nCOLUMNS @8 a|b\nROW @8 r2 |true\n" },
	{ "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"bot\"}],\"id\":7}\n{\"id\":8}\n",
	  "TEXT @22 r1 <messages[].role> user\nTEXT @39 r1 <messages[].content> hi\n"
	  "TEXT @53 r1 <messages[].role> bot\nCOLUMNS @0 messages|id\nROW @0 r1 |7\nROW @68 r2 |8\n" },
	{ "{\"a\":\"q\\\"\\u00e9\\ud83d\\ude00\\n\"}",
	  "COLUMNS @0 a\nROW @0 r1 q\"\\xc3\\xa9\\xf0\\x9f\\x98\\x80\\x0a\n" },
	{ "{\"a\":1}\n{\"a\":oops}\n{\"a\":3}\n",
	  "COLUMNS @0 a\nROW @0 r1 1\nANOMALY JSON-BROKEN @13 line 2: neither a value nor a sign that belongs here\n"
	  "TEXT @8 r2 {\"a\":oops}\nROW @19 r3 3\n" },
	{ "{\"a\":1}\n{\"a\":\"cut\n{\"a\":3}\n",
	  "COLUMNS @0 a\nROW @0 r1 1\nANOMALY JSON-BROKEN @13 line 2: the line ends inside a string\n"
	  "TEXT @8 r2 {\"a\":\"cut\nROW @18 r3 3\n" },
	{ "{\"a\":1} x\n{\"a\":2}\n{\"a\":3}\n",
	  "COLUMNS @0 a\nROW @0 1\nANOMALY JSON-BROKEN @8 line 1: neither a value nor a sign that belongs here\n"
	  "TEXT @8 x\nROW @10 2\nROW @18 3\n" },
	{ "{\"a\":1,\"a\":\"two\"}\n{\"a\":2}",
	  "ANOMALY JSON-DUPLICATE-KEY @8 line 1: the key \"a\" stands twice in one object\nTEXT @12 r1 <a> two\n"
	  "COLUMNS @0 a\nROW @0 r1 1\nROW @18 r2 2\n" },
	{ "[{\"a\":1,\"b\":\"x\"},\n {\"a\":2,\"c\":{\"d\":\"deep\"}}]\n",
	  "COLUMNS @1 a|b\nROW @1 r1 1|x\nTEXT @36 r2 <c.d> deep\nCOLUMNS @19 a|b|c\nROW @19 r2 2||\n" },
	{ "{\n \"model\": \"m\",\n \"list\": [\"p\", [\"q\"]],\n \"n\": 4111111111111111\n}\n",
	  "TEXT @28 <list[]> p\nTEXT @34 <list[][]> q\nCOLUMNS @0 model|list|n\nROW @0 m||4111111111111111\n" },
	{ "{\"x\":[4111111111111111, 0.123456789, 12]}\n", "TEXT @6 r1 <x[]> 4111111111111111\n" },
	{ "{\"a\":NaN}\n{\"a\":1}",
	  "ANOMALY JSON-NONSTANDARD @5 line 1: NaN\nCOLUMNS @0 a\nROW @0 r1 NaN\nROW @10 r2 1\n" },
	{ "{\"o\":{\"k\":1,\"k\":2}}",
	  "ANOMALY JSON-DUPLICATE-KEY @13 line 1: the key \"k\" stands twice in one object\n" },
	{ "{\"o\":{\"joe@example.com\":1}}", "TEXT @7 r1 <(key)> joe@example.com\n" },
	{ "\"just text\"", "TEXT @1 just text\n" },
	{ "", "" },
	{ "{}", "" },
	{ "{\"a\":", "ANOMALY JSON-BROKEN @5 line 1: the file ends inside a value\n" },
};

static void
test_depth(void)
{
	struct pal_buf b = pal_buf_of(0);
	struct collect got;

	for (size_t i = 0; i < 100000; i++)
		pal_buf_add_byte(&b, '[');
	pal_buf_add_text(&b, "\n{\"a\":\"after\"}\n");
	got = collect(&pal_format_jsonl, pal_buf_view(&b));
	CHECK(strstr(pal_buf_text(&got.out), "JSON-DEPTH @256") != NULL);
	CHECK(strstr(pal_buf_text(&got.out), "after") != NULL);
	collect_done(&got);
	pal_buf_done(&b);
}

/* A record that is not kept whole still gives all its text; a string longer than any buffer too. */
static void
test_long(void)
{
	struct pal_buf b = pal_buf_of(0);
	struct collect got;

	pal_buf_add_text(&b, "{\"first\":\"kept\",\"list\":[");
	for (size_t i = 0; i < 1000000; i++)
		pal_buf_add_text(&b, "\"0123456789\",");
	pal_buf_add_text(&b, "\"end\"],\"last\":\"tail\"}\n{\"first\":\"next\"}\n");
	got = collect(&pal_format_jsonl, pal_buf_view(&b));
	CHECK(strstr(pal_buf_text(&got.out), "<first> kept") != NULL);
	CHECK(strstr(pal_buf_text(&got.out), "<last> tail") != NULL);
	CHECK(strstr(pal_buf_text(&got.out), "next") != NULL);
	CHECK(got.bytes == 10000000 + 3 + 4 + 4 && got.counts[PAL_CONTENT_ANOMALY] == 0);
	collect_done(&got);
	pal_buf_done(&b);
}

static enum pal_err
take_rows(void *arg, const struct pal_content *c)
{
	struct pal_buf *out = arg;

	if (c->kind != PAL_CONTENT_ROW)
		return PAL_OK;
	for (size_t i = 0; i < c->cell_count; i++) {
		pal_json_add_string(out, c->cells[i]);
		pal_buf_add_byte(out, i + 1 == c->cell_count ? '\n' : ',');
	}
	return PAL_OK;
}

/* What the JSON writer writes, this reads; through a file's window. */
static void
test_against_writer(size_t lines, unsigned int seed)
{
	struct pal_buf    text = pal_buf_of(0), want = pal_buf_of(0), got = pal_buf_of(0);
	PAL_AUTO_ARENA    arena;
	struct pal_limits limits = pal_limits_default;
	struct pal_sink   sink = { .take = take_rows, .arg = &got, .arena = &arena, .limits = &limits };
	struct pal_input  in;
	FILE             *f = tmpfile();

	pal_arena_init(&arena, (size_t)16 << 20);
	for (size_t i = 0; i < lines; i++) {
		struct pal_json_writer w = pal_json_writer_of(&text, 0);
		char                   raw[24];

		for (size_t n = 0; n < sizeof(raw); n++)
			raw[n] = (char)((seed = seed * 1103515245 + 12345) >> 16 & 0x7f);
		pal_json_begin(&w, NULL, '{');
		pal_json_put_view(&w, "k", (struct pal_view){ (const uint8_t *)raw, sizeof(raw) });
		pal_json_put_u64(&w, "n", i);
		pal_json_end(&w, '}');
		pal_buf_add_byte(&text, '\n');
		pal_json_add_string(&want, (struct pal_view){ (const uint8_t *)raw, sizeof(raw) });
		pal_buf_printf(&want, ",\"%zu\"\n", i);
	}
	if (CHECK(f != NULL && fwrite(text.data, 1, text.len, f) == text.len && fflush(f) == 0)) {
		in = pal_input_of_fd(fileno(f), text.len);
		CHECK(pal_format_jsonl.parse(&in, &sink, NULL) == PAL_OK);
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
	CHECK(PROBE(pal_format_jsonl, "{\"a\":1}\n", "") == 75);
	CHECK(PROBE(pal_format_jsonl, " [1, 2]\n", "x.json") == 85);
	CHECK(PROBE(pal_format_jsonl, "[section]\nkey=1\n", "") == 0);
	CHECK(PROBE(pal_format_jsonl, "{% if x %}", "") == 0);
	CHECK(PROBE(pal_format_jsonl, "[link](http://x)", "") == 0);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_given(&pal_format_jsonl, pal_view_of(cases[i].text), cases[i].expected);
	test_depth();
	test_long();
	test_against_writer(50000, 3);
	test_probe();
	check_corpus(&pal_format_jsonl, 300);
	return check_done();
}
