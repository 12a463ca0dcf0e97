/* test_convert.c - plans that a worker could send, in the parent's eyes; files converted by a real worker; damage. */
#include <stdlib.h>
#include <unistd.h>

#include "collect.h"
#include "palisade/convert.h"
#include "palisade/scan.h"

extern const struct pal_format pal_format_safetensors;

#define CORPUS SOURCE_DIR "/tests/corpus/"

/* ---- what the parent believes ---- */

struct said {
	const char    *name;
	enum pal_dtype type;
	size_t         rank;
	uint64_t       shape[3], stride[3], at;
	bool           good; /* of a file of 100 bytes */
};

static const struct said saids[] = {
	{ "w", PAL_DTYPE_F32, 2, { 2, 3 }, { 3, 1 }, 0, true },
	{ "w", PAL_DTYPE_F32, 2, { 2, 3 }, { 3, 1 }, 76, true },
	{ "w", PAL_DTYPE_F32, 2, { 2, 3 }, { 3, 1 }, 77, false },
	{ "w", PAL_DTYPE_F32, 0, { 0 }, { 0 }, 96, true },
	{ "w", PAL_DTYPE_F32, 0, { 0 }, { 0 }, 97, false },
	{ "w", PAL_DTYPE_F32, 1, { 0 }, { 1 }, UINT64_MAX, true },
	{ "w", PAL_DTYPE_U8, 1, { 101 }, { 1 }, 0, false },
	{ "w", PAL_DTYPE_U8, 1, { 2 }, { 99 }, 0, true },
	{ "w", PAL_DTYPE_U8, 1, { 2 }, { 100 }, 0, false },
	{ "w", PAL_DTYPE_U8, 1, { 1 }, { 1 }, UINT64_MAX, false },
	{ "w", PAL_DTYPE_U8, 2, { UINT64_MAX, 2 }, { 0, 0 }, 0, false },
	{ "w", PAL_DTYPE_U8, 3, { 1u << 31, 1u << 31, 4 }, { 0, 0, 0 }, 0, false },
	{ "w", PAL_DTYPE_U8, 2, { 3, 3 }, { UINT64_MAX / 2, 1 }, 0, false },
	{ "w", PAL_DTYPE_OTHER, 1, { 2 }, { 1 }, 0, false },
	{ "w", PAL_DTYPE_BLOCKS, 1, { 2 }, { 1 }, 0, false },
	{ "w", (enum pal_dtype)200, 1, { 2 }, { 1 }, 0, false },
	{ "", PAL_DTYPE_U8, 1, { 2 }, { 1 }, 0, false },
	{ "__metadata__", PAL_DTYPE_U8, 1, { 2 }, { 1 }, 0, false },
	{ "\xff", PAL_DTYPE_U8, 1, { 2 }, { 1 }, 0, false },
};

static void
encode(const struct said *s, struct pal_arena *a, struct pal_buf *out)
{
	struct pal_plan         p = { .layout = "test" };
	struct pal_plan_tensor *t = NULL;

	p.tensors = pal_list_of(a, sizeof(*t));
	p.left = pal_list_of(a, sizeof(struct pal_plan_left));
	t = pal_list_add(&p.tensors);
	*t = (struct pal_plan_tensor){ .name = pal_view_of(s->name),
				       .type = s->type,
				       .rank = s->rank,
				       .shape = s->shape,
				       .stride = s->stride,
				       .at = s->at };
	*(struct pal_plan_left *)pal_list_add(&p.left) =
	    (struct pal_plan_left){ pal_view_of("epoch"), pal_view_of("3") };
	pal_convert_encode(&p, out);
}

static void
decode_damaged(struct pal_view v, void *arg)
{
	PAL_AUTO_ARENA  a;
	struct pal_plan p = { 0 };

	(void)arg;
	pal_arena_init(&a, (size_t)1 << 22);
	if (pal_convert_decode(v, 100, &a, &p) == PAL_OK) /* then what it says lies in the file */
		for (size_t i = 0; i < p.tensors.count; i++) {
			const struct pal_plan_tensor *t = pal_list_at(&p.tensors, i);

			if (t->rank == 2 && t->shape[0] > 0 && t->shape[1] > 0)
				CHECK(t->at +
					  ((t->shape[0] - 1) * t->stride[0] + (t->shape[1] - 1) * t->stride[1] + 1) *
					      (pal_dtype_bits(t->type) / 8) <=
				      100);
		}
	pal_arena_done(&a);
}

static void
test_vetting(void)
{
	for (size_t i = 0; i < sizeof(saids) / sizeof(saids[0]); i++) {
		PAL_AUTO_ARENA  a;
		PAL_AUTO_BUF    b = pal_buf_of(0);
		struct pal_plan p = { 0 };

		pal_arena_init(&a, (size_t)1 << 20);
		encode(&saids[i], &a, &b);
		CHECK_SAY((pal_convert_decode(pal_buf_view(&b), 100, &a, &p) == PAL_OK) == saids[i].good,
			  saids[i].name);
		if (i == 0)
			pal_mutate_all(pal_buf_view(&b), decode_damaged, NULL);
		pal_arena_done(&a);
	}
}

/* ---- plans for damaged files: whatever a plan says, the parent can believe it ---- */

static size_t plans;

static void
plan_damaged(struct pal_view v, void *arg)
{
	PAL_AUTO_ARENA   a;
	PAL_AUTO_BUF     b = pal_buf_of(0);
	struct pal_input in = pal_input_of_view(v);
	struct pal_plan  p = { 0 }, q = { 0 };
	struct pal_diag  d = { 0 };
	enum pal_err     err = PAL_OK;

	(void)arg;
	pal_arena_init(&a, (size_t)64 << 20);
	err = pal_torch_plan(&in, true, &a, &p, &d);
	if (err == PAL_OK) {
		pal_convert_encode(&p, &b);
		if (pal_convert_decode(pal_buf_view(&b), v.len, &a, &q) ==
		    PAL_OK) /* else a name: not UTF-8, or empty */
			plans++;
	} else if (err != PAL_EDENIED) {
		CHECK_SAY(false, pal_err_name(err));
	}
	pal_arena_done(&a);
}

static void
test_damage(void)
{
	static const char *const files[] = { CORPUS "zip/good/torch_nested.pt", CORPUS "pickle/good/torch_legacy.pt",
					     CORPUS "zip/good/torch_big.pt" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct pal_buf b = collect_file(files[i]);

		plans = 0;
		pal_mutate_all(pal_buf_view(&b), plan_damaged, NULL);
		CHECK_SAY(plans > 100, files[i]); /* damage to the numbers themselves */
		pal_buf_done(&b);
	}
}

/* ---- by a worker ---- */

static const struct {
	const char  *file;
	bool         drop;
	enum pal_err err;
	const char  *words; /* of the refusal, or the header's text */
} files[] = {
	{ CORPUS "zip/good/torch_nested.pt", false, PAL_EDENIED, "\"epoch\" is no tensor but 3" },
	{ CORPUS "zip/good/torch_nested.pt", true, PAL_OK,
	  "{\"__metadata__\":{\"format\":\"pt\",\"dropped.epoch\":\"3\"},"
	  "\"model.layers.0.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
	  "\"model.t\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[24,48]},"
	  "\"model.tied\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[48,72]},"
	  "\"model.layers.1.weight\":{\"dtype\":\"F16\",\"shape\":[4],\"data_offsets\":[72,80]}}" },
	{ CORPUS "pickle/good/torch_legacy.pt", true, PAL_OK, "\"model.t\":{\"dtype\":\"F32\",\"shape\":[3,2]" },
	{ CORPUS "zip/good/torch_big.pt", false, PAL_OK, "\"w\":{\"dtype\":\"F32\",\"shape\":[2,2]" },
	{ CORPUS "zip/bad/torch_offset.pt", false, PAL_EDENIED, "it reaches beyond its storage" },
	{ CORPUS "zip/bad/torch_numel.pt", false, PAL_EDENIED, "shorter than it is said to be" },
	{ CORPUS "zip/bad/torch_twice.pt", false, PAL_EDENIED, "two sizes" },
	{ CORPUS "zip/bad/torch_missing.pt", false, PAL_EDENIED, "without the bytes of its storage" },
	{ CORPUS "zip/good/torch_script.pt", true, PAL_EDENIED, "needs __torch__.Net()" },
	{ CORPUS "zip/bad/duplicate.zip", true, PAL_EDENIED, "" },
	{ CORPUS "zip/good/two.zip", true, PAL_EDENIED, "no data.pkl" },
	{ CORPUS "pickle/good/call.pkl", true, PAL_EDENIED, "needs " },
	{ CORPUS "pickle/bad/torch_legacy_cut.pt", false, PAL_EDENIED, "is missing, too long" },
	{ CORPUS "safetensors/good/does-not-exist", false, PAL_ENOTFOUND, "" },
};

static void
test_files(void)
{
	static const struct pal_convert_options plain = { 0 }, dropping = { .drop = true };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char                 to[] = "/tmp/palisade-convert-XXXXXX";
		PAL_AUTO_ARENA       a;
		struct pal_converted c = { 0 };
		struct pal_diag      d = { 0 };
		enum pal_err         err = PAL_OK;
		int                  fd = mkstemp(to);

		(void)close(fd);
		(void)unlink(to);
		pal_arena_init(&a, (size_t)64 << 20);
		err = pal_convert(files[i].file, to, files[i].drop ? &dropping : &plain, &a, &c, &d);
		CHECK_SAY(err == files[i].err, d.text);
		if (err != PAL_OK) {
			CHECK_SAY(strstr(d.text, files[i].words) != NULL, d.text);
			CHECK(access(to, F_OK) != 0);
		} else {
			struct pal_buf b = collect_file(to);
			struct collect got = collect(&pal_format_safetensors, pal_buf_view(&b));

			CHECK(got.counts[PAL_CONTENT_ANOMALY] == 0 && b.len == c.output_bytes);
			CHECK_SAY(pal_view_find(pal_buf_view(&b), pal_view_of(files[i].words), 0) != SIZE_MAX,
				  files[i].words);
			CHECK(pal_convert(files[i].file, to, &dropping, &a, &c, &d) == PAL_EEXIST);
			collect_done(&got);
			pal_buf_done(&b);
		}
		(void)unlink(to);
		pal_arena_done(&a);
	}
}

/* The numbers themselves: a transposed view is made dense, big-endian ones are turned. */
static void
test_numbers(void)
{
	static const struct {
		const char *file;
		float       last[6];
		size_t      count, behind; /* bytes after them */
	} cases[] = { { CORPUS "zip/good/torch_nested.pt", { 0, 3, 1, 4, 2, 5 }, 6, 24 + 8 } };
	struct pal_convert_options o = { .drop = true };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char                 to[] = "/tmp/palisade-convert-XXXXXX";
		PAL_AUTO_ARENA       a;
		struct pal_converted c = { 0 };
		struct pal_diag      d = { 0 };
		struct pal_buf       b = { 0 };
		float                got[6] = { 0 };
		int                  fd = mkstemp(to);

		(void)close(fd);
		pal_arena_init(&a, (size_t)64 << 20);
		o.replace = true;
		CHECK_SAY(pal_convert(cases[i].file, to, &o, &a, &c, &d) == PAL_OK, d.text);
		CHECK(c.shared.count == 2);
		b = collect_file(to);
		if (CHECK(b.len > sizeof(got) + cases[i].behind))
			memcpy(got, b.data + b.len - cases[i].behind - cases[i].count * sizeof(float),
			       cases[i].count * sizeof(float));
		CHECK(memcmp(got, cases[i].last, cases[i].count * sizeof(float)) == 0);
		o.refuse_shared = true;
		CHECK(pal_convert(cases[i].file, to, &o, &a, &c, &d) == PAL_EDENIED &&
		      strstr(d.text, "shares its bytes") != NULL);
		pal_buf_done(&b);
		(void)unlink(to);
		pal_arena_done(&a);
	}
}

int
main(int argc, char **argv)
{
	(void)argc;
	if (pal_scan_is_worker(argv[0]))
		return pal_scan_worker_main();
	test_vetting();
	test_damage();
	test_files();
	test_numbers();
	return check_done();
}
