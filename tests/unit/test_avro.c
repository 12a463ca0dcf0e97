/* test_avro.c - records along their schema, and each way in which a block can lie; tests/corpus/make_tables.py writes
 * the samples. */
#include "collect.h"

extern const struct pal_format pal_format_avro;

#define TABLE                                                                               \
	"META\navro.schema\n<tags[]> t1\n<tags[]> t2\nCOLUMNS\nname|age|day|kind|in.x\nr1 " \
	"Ann|40|1970-01-02|b|0.5\nr2 Bob||1970-01-01|a|3.0"

static const struct collect_case cases[] = {
	{ "good/null.avro", TABLE },
	{ "good/deflate.avro", TABLE },
	{ "good/snappy.avro", TABLE },
	{ "good/zstandard.avro", TABLE },
	{ "good/chain.avro", "COLUMNS\nv|next.v\nr1 a|b" },
	{ "good/map.avro", "TEXT\nr1 <k> 12345678" },
	{ "bad/deep.avro", "AVRO-BROKEN\nnested too deeply" },
	{ "bad/branch.avro", "AVRO-BROKEN\nbranch" },
	{ "bad/symbol.avro", "AVRO-BROKEN\nsymbol" },
	{ "bad/schema.avro", "AVRO-BROKEN\nnames a type\nBYTES" },
	{ "bad/json.avro", "AVRO-BROKEN\nno JSON\nBYTES" },
	{ "bad/codec.avro", "AVRO-CODEC" },
	{ "bad/sync.avro", "AVRO-BROKEN\nmark of the header" },
	{ "bad/short.avro", "AVRO-BROKEN\nend behind their block" },
	{ "bad/behind.avro", "AVRO-BROKEN\nbytes behind its records" },
	{ "bad/cut.avro", "AVRO-BROKEN\ncut short" },
	{ "bad/empty.avro", "AVRO-BROKEN\nwithout a byte" },
	{ "bad/header.avro", "AVRO-BROKEN\nheader\nBYTES" },
};

int
main(void)
{
	check_cases(&pal_format_avro, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_avro, "Obj\x01", "") == 96);
	CHECK(PROBE(pal_format_avro, "Obj\x02", "a.avro") == 0);
	check_corpus(&pal_format_avro, 800);
	return check_done();
}
