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

/* What numpy.dtype(...).itemsize says of each. */
static const struct {
	const char *descr;
	uint64_t    item;
	bool        objects;
} fields[] = {
	{ "[('a', '<i4'), ('b', '<f8', (2, 3))]", 52, false },
	{ "[('a', '|u1'), ('', '|V7'), ('b', [('x', '<f4'), ('y', '<f4')], (3,))]", 32, false },
	{ "[(('title', 'name'), '<U5'), ('t', '<M8[ns]')]", 28, false },
	{ "('<f4', (2, 2))", 16, false },
	{ "[('a', [('b', [('c', '|O')])])]", 8, true },
	{ "[('a', '<i2', 4)]", 8, false },
	{ "'|V0'", 0, false },
};

static enum pal_err
take_typed(void *arg, const struct pal_content *c)
{
	if (c->kind == PAL_CONTENT_TENSOR)
		*(struct pal_tensor *)arg = c->tensor;
	return PAL_OK;
}

/* The numbers' type and order reach whoever reads them. */
static void
check_typed(void)
{
	static const struct {
		const char    *descr;
		enum pal_dtype type;
		bool           big;
	} cases_of[] = { { "<f4", PAL_DTYPE_F32, false },   { ">f8", PAL_DTYPE_F64, true },
			 { "|b1", PAL_DTYPE_BOOL, false },  { "<c16", PAL_DTYPE_C128, false },
			 { "|V4", PAL_DTYPE_OTHER, false }, { ">f2", PAL_DTYPE_F16, true } };

	for (size_t i = 0; i < sizeof(cases_of) / sizeof(cases_of[0]); i++) {
		char              file[256] = "\x93NUMPY\x01";
		struct pal_limits limits = pal_limits_default;
		struct pal_tensor got = { .type = PAL_DTYPE_BLOCKS };
		struct pal_diag   d = { 0 };
		PAL_AUTO_ARENA    arena;
		struct pal_sink   sink = { .take = take_typed, .arg = &got, .arena = &arena, .limits = &limits };
		struct pal_input  in;

		pal_arena_init(&arena, 1 << 20);
		(void)snprintf(file + 10, sizeof(file) - 10, "{'descr': '%s', 'fortran_order': False, 'shape': (2,)}",
			       cases_of[i].descr);
		file[8] = (char)strlen(file + 10);
		in = pal_input_of_view((struct pal_view){ (const uint8_t *)file, 128 });
		CHECK_SAY(pal_format_npy.parse(&in, &sink, &d) == PAL_OK && got.type == cases_of[i].type &&
			      got.big_endian == cases_of[i].big,
			  cases_of[i].descr);
	}
}

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
		"{'descr': 'f4,O', 'fortran_order': False, 'shape': (1,)}",
		"{'descr': '<f', 'fortran_order': False, 'shape': (1,)}",
		"{'descr': [('a', '<f4', (99999999999, 99999999999))], 'fortran_order': False, 'shape': ()}",
		"{'descr': [('a', '<f4'], 'fortran_order': False, 'shape': (1,)}",
		"{'descr': ('<f4', x), 'fortran_order': False, 'shape': (1,)}",
		"{'descr': ['a', x], 'fortran_order': False, 'shape': (1,)}",
		"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}",
	};
	struct pal_npy n = { .item = 0 };

	check_cases(&pal_format_npy, cases, sizeof(cases) / sizeof(cases[0]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_SAY(!pal_npy_header(pal_view_of(bad[i]), &n) && n.why != NULL, bad[i]);
	CHECK(pal_npy_header(pal_view_of("{'shape': (3L, 4L), \"descr\": '>c16', 'fortran_order': True}"), &n));
	CHECK(n.rank == 2 && n.shape[1] == 4 && n.item == 16 && n.fortran && !n.objects);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		char text[256];

		(void)snprintf(text, sizeof(text), "{'descr': %s, 'fortran_order': False, 'shape': ()}",
			       fields[i].descr);
		CHECK_SAY(pal_npy_header(pal_view_of(text), &n) && n.item == fields[i].item &&
			      n.objects == fields[i].objects,
			  text);
	}
	check_typed();
	check_corpus(&pal_format_npy, 400);
	return check_done();
}
