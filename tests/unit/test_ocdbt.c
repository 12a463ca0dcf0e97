/* test_ocdbt.c - manifests and nodes of OCDBT stores, and each way in which they can be wrong. */
#include "collect.h"

extern const struct pal_format pal_format_ocdbt;

static const struct collect_case cases[] = {
	{ "good/manifest.ocdbt", "external_data d/00000000000000000000000000000007\n"
				 "external_data d/00000000000000000000000000000008" },
	{ "good/packed.ocdbt", "external_data d/00000000000000000000000000000007" },
	{ "good/numbered.ocdbt", "" },
	{ "good/leaf", "external_data d/\nMEMBER @0 w/.zarray\n[zarr]\ncodec:zstd" },
	{ "good/nodes", "MEMBER @0 w/.zarray\nREFERENCE @\nexternal_data d/" },
	{ "bad/outside.ocdbt", "external_data ../../../etc/shadow\nexternal_data /root/.ssh/id_rsa" },
	{ "bad/pickle", "MEMBER @0 w/.zarray\ncodec:pickle" },
	{ "bad/values", "w/.zarray\nOCDBT-VALUES\n100 bytes of values\nBYTES" },
	{ "good/data", "MEMBER @0 (value)\n[zarr]\ncodec:zstd\nMEMBER @0 w/.zarray\nMEMBER\n(value)" },
	{ "bad/between", "MEMBER @0 (value)\ncodec:pickle\nw/.zarray\nOCDBT-VALUES\n50 bytes of values\nw/.zarray" },
	{ "bad/crc.ocdbt", "OCDBT-CRC" },
	{ "bad/version.ocdbt", "OCDBT-BROKEN\na version other than 0" },
	{ "bad/length.ocdbt", "OCDBT-BROKEN\na length that cannot be" },
	{ "bad/short.ocdbt", "OCDBT-BROKEN\na length that cannot be" },
	{ "bad/packing.ocdbt", "OCDBT-BROKEN\na compression that there is not" },
	{ "bad/frame.ocdbt", "OCDBT-BROKEN\nZstandard frame is damaged" },
	{ "bad/files.ocdbt", "OCDBT-BROKEN\na table of files longer than the node" },
	{ "bad/path.ocdbt", "OCDBT-BROKEN\na path longer than the node" },
	{ "bad/prefix.ocdbt", "OCDBT-BROKEN\na path longer than the node" },
	{ "bad/varint.ocdbt", "OCDBT-BROKEN\na table of files longer than the node" },
	{ "bad/keys", "OCDBT-BROKEN\nkeys or values longer than the node" },
	{ "bad/inline", "OCDBT-BROKEN\nkeys or values longer than the node" },
};

int
main(void)
{
	static const uint8_t node[18] = { 0x0c, 0xdb, 0x20, 0xde }, other[18] = { 0x0c, 0xdb, 0x20, 0xdf };

	check_cases(&pal_format_ocdbt, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(pal_format_ocdbt.probe((struct pal_view){ node, 18 }, 18, (struct pal_view){ 0 }) == 95);
	CHECK(pal_format_ocdbt.probe((struct pal_view){ other, 18 }, 18, (struct pal_view){ 0 }) == 0);
	check_corpus(&pal_format_ocdbt, 700);
	return check_done();
}
