/* test_npy.c - headers by their grammar, sizes, and arrays that are pickles. */
#include "collect.h"
#include "formats/npy_header.h"

extern const struct pal_format pal_format_npy;

static const struct collect_case cases[] = {
	{ "good/v1.npy", "TENSOR @128 <f8 2x3 +48" },
	{ "good/v2.npy", "|u1 3 +3" },
	{ "good/v3.npy", "<U2 +8" },
	{ "good/fields.npy", "TENSOR\n('a', '<i4')\n1 +21" },
	{ "bad/objects.npy", "NPY-OBJECT\nMEMBER\n[pickle]\nos:system" },
	{ "bad/object_field.npy", "NPY-OBJECT\n[pickle]" },
	{ "bad/short.npy", "NPY-SIZE\n40 bytes of data, expected 48" },
	{ "bad/long.npy", "NPY-SIZE\n[pickle]\nos:system" },
	{ "bad/call.npy", "NPY-HEADER\na string expected" },
	{ "bad/huge.npy", "NPY-HEADER\noverflows" },
	{ "bad/version.npy", "NPY-HEADER @6 version 9" },
	{ "bad/keys.npy", "NPY-HEADER\na key twice" },
};

int
main(void)
{
	static const char *const bad[] = {
		"",
		"{",
		"{}",
		"{'descr': '<f8', 'fortran_order': False, 'shape': (1)}",
		"{'descr': '<f8', 'fortran_order': 0, 'shape': (1,)}",
		"{'descr': '<q8', 'fortran_order': False, 'shape': (1,)}",
		"{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
		"{'descr': '<f8', 'fortran_order': False, 'shape': (1 2)}",
		"{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} x",
		"{'descr': ['a', x], 'fortran_order': False, 'shape': (1,)}",
		"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}",
	};
	struct pal_npy n = { .item = 0 };

	check_cases(&pal_format_npy, cases, sizeof(cases) / sizeof(cases[0]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_SAY(!pal_npy_header(pal_view_of(bad[i]), &n) && n.why != NULL, bad[i]);
	CHECK(pal_npy_header(pal_view_of("{'shape': (3L, 4L), \"descr\": '>c16', 'fortran_order': True}"), &n));
	CHECK(n.rank == 2 && n.shape[1] == 4 && n.item == 16 && n.fortran && !n.objects);
	check_corpus(&pal_format_npy, 400);
	return check_done();
}
