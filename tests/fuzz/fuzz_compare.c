/* fuzz_compare.c - two hostile models are compared, and the records that this makes are damaged: sizes first, then the
 * model, then the base. */
#include "palisade/detector.h"
#include "scan/compare_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct job {
	struct pal_view bytes[2];
	struct pal_buf  records;
};

static enum pal_err
get(void *arg, enum pal_compare_which which, uint32_t file, struct pal_input *ret_in)
{
	struct job *j = arg;

	PAL_ASSERT(file == 0);
	*ret_in = pal_input_of_view(j->bytes[which]);
	return PAL_OK;
}

static enum pal_err
take(void *arg, const struct pal_compare_pair *p, const struct pal_compared *c)
{
	struct job *j = arg;

	pal_compare_encode(p, c, &j->records);
	return pal_buf_err(&j->records);
}

/* Every record of our own is accepted; a damaged one is refused or sound. */
static void
judge(struct pal_view records, bool ours, struct pal_arena *a)
{
	static const char *const files[] = { "x" };
	struct pal_compare_names names = { .files = { files, files }, .counts = { 1, 1 } };
	struct pal_comparison    c = { .tensors = pal_list_of(a, sizeof(struct pal_compared)) };
	struct pal_reader        r = pal_reader_of(records);

	while (pal_reader_left(&r) > 0) {
		struct pal_compared  one = { 0 };
		enum pal_err         e = pal_compare_decode(&r, &names, a, &one);
		struct pal_compared *kept = e == PAL_OK ? pal_list_add(&c.tensors) : NULL;

		PAL_ASSERT(!ours || e == PAL_OK);
		if (kept == NULL)
			break;
		*kept = one;
		pal_compare_count(&c, &one);
	}
	PAL_ASSERT(pal_compare_judge(&c, a) == PAL_OK || pal_arena_err(a) != PAL_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct job               j = { .records = pal_buf_of((size_t)64 << 20) };
	struct pal_compare_files files = { .get = get, .take = take, .arg = &j };
	struct pal_compare_side  sides[2];
	size_t                   first = size < 3 ? 0 : (size_t)data[0] << 8 | data[1];
	struct pal_view          all = { data, size };
	PAL_AUTO_ARENA           a;

	pal_arena_init(&a, (size_t)256 << 20);
	if (size < 3)
		return 0;
	j.bytes[0] = pal_view_sub(all, 3, first);
	j.bytes[1] = pal_view_sub(all, 3 + j.bytes[0].len, size);
	for (unsigned int i = 0; i < 2; i++) {
		struct pal_input in = pal_input_of_view(j.bytes[i]);

		sides[i] = (struct pal_compare_side){ .arena = &a,
						      .tensors = pal_list_of(&a, sizeof(struct pal_compare_tensor)) };
		(void)pal_compare_list(&sides[i], &in, "model", 0);
		pal_input_done(&in);
	}
	if (pal_compare_all(&sides[0], &sides[1], &files, &a) == PAL_OK && pal_buf_err(&j.records) == PAL_OK)
		judge(pal_buf_view(&j.records), true, &a);
	for (size_t i = data[2]; i < j.records.len && data[2] != 0; i += 1 + (size_t)data[2])
		j.records.data[i] = (char)((uint8_t)j.records.data[i] ^ data[2]);
	judge(pal_buf_view(&j.records), false, &a);
	pal_buf_done(&j.records);
	return 0;
}
