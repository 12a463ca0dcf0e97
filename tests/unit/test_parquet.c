/* test_parquet.c - every encoding, compression and type, and each way in which a file can lie;
 * tests/corpus/make_tables.py writes the samples, tests/interop/tables.py compares with what other people's writers
 * make. */
#include "collect.h"

extern const struct pal_format pal_format_parquet;

#define WORDS "COLUMNS @4 a\nROW @4 r1 one\nROW @4 r2 only\nROW @4 r3 once\nROW @4 r4"

static const struct collect_case cases[] = {
	{ "good/plain.parquet", "META\ncreated_by by hand\nMETA\npandas {\"index\": []}\n" WORDS },
	{ "good/snappy.parquet", WORDS },
	{ "good/gzip.parquet", WORDS },
	{ "good/brotli.parquet", WORDS },
	{ "good/lz4.parquet", WORDS },
	{ "good/zstd.parquet", WORDS },
	{ "good/lz4_raw.parquet", WORDS },
	{ "good/delta_length.parquet", WORDS },
	{ "good/delta_bytes.parquet", WORDS },
	{ "good/delta.parquet", "r1 5\nr2 7\nr3 -3\nr4 4611686018427387904\nr5 -4611686018427387904" },
	{ "good/split.parquet", "r1 1.5\nr2 -0.1\nr3 1e+300" },
	{ "good/dictionary.parquet", "r1 red\nr2 green\nr3 blue\nr4 green\nr5 red\nr6 red\nr7 red\nr8 red" },
	{ "good/numbers.parquet", "r1 1970-01-01\nr2 2000-02-29" },
	{ "good/booleans.parquet", "r1 true\nr2 false\nr3 true" },
	{ "good/runs.parquet", "r1 true\nr5 true" },
	{ "good/int96.parquet", "r1 1970-01-02 01:02:03.000000005" },
	{ "good/decimal.parquet", "r1 12.34\nr2 -0.02" },
	{ "good/uuid.parquet", "r1 00010203-0405-0607-0809-0a0b0c0d0e0f" },
	{ "good/half.parquet", "r1 1.5" },
	{ "good/stamp.parquet", "r1 1970-01-01 00:00:01.500\nr2 1969-12-31 23:59:59.999" },
	{ "good/unsigned.parquet", "r1 4294967295" },
	{ "good/nested.parquet", "COLUMNS @4 people.list.name\nr1 Ann\nROW @4 r2 \nCOLUMNS\nn\nr2 7" },
	{ "good/bits.parquet", "COLUMNS @4 n\nROW @4 r1 \nROW @4 r2 9" },
	{ "good/groups.parquet", "COLUMNS\nr1 1\nCOLUMNS\nr2 2" },
	{ "good/blob.parquet", "MEMBER\na[1]\n[pickle]\nos:system\nBYTES\nr2 <a> \\xff\\x00\\x01" },
	{ "good/unused.parquet", "r1 used\nTEXT\n<a> spare" },
	{ "good/empty.parquet", "META" },
	{ "good/elsewhere.parquet", "ANOMALY PARQUET-ELSEWHERE\npart.0.parquet\nREFERENCE\nfile_path part.0.parquet" },
	{ "bad/cut.parquet", "PARQUET-FOOTER\ncut short\nBYTES" },
	{ "bad/tail.parquet", "PARQUET-FOOTER\ndoes not end with PAR1\nBYTES" },
	{ "bad/length.parquet", "PARQUET-FOOTER\nlonger than the file\nBYTES" },
	{ "bad/encrypted.parquet", "PARQUET-ENCRYPTED\nfooter and all columns\nBYTES" },
	{ "bad/locked.parquet", "PARQUET-ENCRYPTED\ncolumn \"a\" is encrypted" },
	{ "bad/children.parquet", "PARQUET-FOOTER\nhave others\nPARQUET-HOLE" },
	{ "bad/deep.parquet", "PARQUET-FOOTER\nnested too deeply" },
	{ "bad/width.parquet", "PARQUET-FOOTER\nfixed length" },
	{ "bad/columns.parquet", "r1 1\nPARQUET-FOOTER\n1 columns, the schema 2" },
	{ "bad/name.parquet", "PARQUET-SCHEMA\ncolumn \"b\"\nr1 1" },
	{ "bad/type.parquet", "PARQUET-SCHEMA\nanother name or type" },
	{ "bad/crc.parquet", "PARQUET-CRC @4\nr1 1" },
	{ "bad/size.parquet", "PARQUET-PAGE @4\nnot as long" },
	{ "bad/packed.parquet", "PARQUET-PLACE @4\nends behind the data" },
	{ "bad/header.parquet", "PARQUET-PAGE @4\nno header" },
	{ "bad/huge.parquet", "FORMAT-LIMIT @4\n64 MiB" },
	{ "bad/snappy.parquet", "PARQUET-PAGE @4\ndoes not unpack" },
	{ "bad/lzo.parquet", "PARQUET-CODEC @4\ncompressed in a way" },
	{ "bad/encoding.parquet", "PARQUET-CODEC @4\nencoding" },
	{ "bad/values.parquet", "r1 1\nPARQUET-PAGE\n1 of 2 values" },
	{ "bad/more.parquet", "PARQUET-PAGE\nmore values than its column" },
	{ "bad/rows.parquet", "r1 1\nPARQUET-COUNT\n1 values in 1 records, expected 1 in 3" },
	{ "bad/total.parquet", "PARQUET-COUNT\n1 records, the footer says 9" },
	{ "bad/place.parquet", "PARQUET-PLACE\n27 bytes at 1000000000\nPARQUET-HOLE" },
	{ "bad/overlap.parquet", "PARQUET-OVERLAP @4" },
	{ "bad/behind.parquet", "PARQUET-HOLE @31 17 bytes\nBYTES @31 nobody looks" },
	{ "bad/twice.parquet", "r1 1\nPARQUET-HOLE @31 27 bytes" },
	{ "bad/statistics.parquet",
	  "PARQUET-STATISTICS\n1 different values\nPARQUET-STATISTICS\n0 empty values, the statistics say 1" },
	{ "bad/words.parquet", "PARQUET-STATISTICS\n2 different values" },
	{ "bad/bomb.parquet", "COLUMNS\nANOMALY PARQUET-BOMB\nmore than a thousand times" },
	{ "bad/index.parquet", "PARQUET-PAGE\ndictionary that could not be had" },
	{ "bad/entry.parquet", "PARQUET-PAGE\nvalues that cannot be\nTEXT\n<a> 1" },
	{ "bad/entries.parquet", "PARQUET-PAGE\ndictionary that cannot be" },
	{ "bad/level.parquet", "PARQUET-PAGE\ndefinition level" },
	{ "bad/levels.parquet", "PARQUET-PAGE\nlevels that are longer" },
	{ "bad/short.parquet", "PARQUET-PAGE\nends before its values" },
	{ "bad/string.parquet", "PARQUET-PAGE\nends before its values" },
	{ "bad/prefix.parquet", "PARQUET-PAGE\nvalues that cannot be" },
	{ "bad/blocks.parquet", "PARQUET-PAGE\ndifferences in blocks" },
};

/* Only the pieces of the first column count records. */
static enum pal_err
count_whole(void *arg, const struct pal_content *c)
{
	*(unsigned int *)arg += c->kind == PAL_CONTENT_ROW && !c->part ? 1 : 0;
	return PAL_OK;
}

static void
test_rows(void)
{
	struct pal_buf    b = collect_file(SOURCE_DIR "/tests/corpus/parquet/good/nested.parquet");
	struct pal_input  in = pal_input_of_view(pal_buf_view(&b));
	struct pal_limits limits = pal_limits_default;
	unsigned int      rows = 0;
	PAL_AUTO_ARENA    arena;
	struct pal_sink   sink = { .take = count_whole, .arg = &rows, .arena = &arena, .limits = &limits };

	pal_arena_init(&arena, (size_t)64 << 20);
	CHECK(pal_format_parquet.parse(&in, &sink, NULL) == PAL_OK);
	CHECK(rows == 2);
	pal_buf_done(&b);
}

int
main(void)
{
	check_cases(&pal_format_parquet, cases, sizeof(cases) / sizeof(cases[0]));
	test_rows();
	CHECK(PROBE(pal_format_parquet, "PAR1\x15\x04\x15\x10\x15\x14\x4c\x15", "") == 96);
	CHECK(PROBE(pal_format_parquet, "PAR2\x15\x04\x15\x10\x15\x14\x4c\x15", "a.parquet") == 0);
	check_corpus(&pal_format_parquet, 700);
	return check_done();
}
