/* test_pickle_memo.c - what is put comes out again, packed or not; rows that grow, numbers that are put twice. */
#include "check.h"
#include "formats/pickle.h"
#include "palisade/mem.h"

static struct pal_pickle_memo
memo_new(void)
{
	struct pal_pickle_memo memo = { .recent_size = 16 };

	memo.recent = pal_mem_new(memo.recent_size, sizeof(*memo.recent));
	return memo;
}

static bool
same(const struct pal_pickle_value *a, const struct pal_pickle_value *b)
{
	return a->tag == b->tag && a->flag == b->flag && a->aux == b->aux && a->len == b->len && a->at == b->at;
}

static const struct pal_pickle_value whole[] = {
	{ .tag = PAL_V_UNKNOWN },
	{ .tag = PAL_V_PLAIN },
	{ .tag = PAL_V_INT, .at = 0 },
	{ .tag = PAL_V_INT, .at = 255 },
	{ .tag = PAL_V_INT, .at = (uint64_t)-1 },
	{ .tag = PAL_V_INT, .at = ((uint64_t)1 << 59) - 1 },
	{ .tag = PAL_V_INT, .at = (uint64_t) - ((int64_t)1 << 59) },
	{ .tag = PAL_V_STR, .flag = PAL_V_REPR, .aux = PAL_V_NESTED | PAL_V_SETTING, .len = 12, .at = 1 },
	{ .tag = PAL_V_STR, .len = PAL_PICKLE_LONG, .at = ((uint64_t)1 << 44) - 1 },
	{ .tag = PAL_V_BYTES, .aux = PAL_V_NESTED, .len = 9, .at = 5000000000 },
	{ .tag = PAL_V_GLOBAL, .at = 1 },
	{ .tag = PAL_V_MADE, .at = 200000 },
	{ .tag = PAL_V_DTYPE, .flag = 'f', .len = UINT32_MAX },
	{ .tag = PAL_V_CALLER, .flag = PAL_CALLER_PARTIAL, .aux = PAL_PICKLE_ITEMS, .len = UINT32_MAX },
	{ .tag = PAL_V_LIST, .aux = 3, .len = 77, .at = PAL_V_SHARED | 123456 },
	{ .tag = PAL_V_DICT, .flag = PAL_V_SETTER, .aux = 2, .len = 78, .at = PAL_V_SHARED | 1 },
};
#define WHOLE (sizeof(whole) / sizeof(whole[0]))

/* Each at each of these numbers: in a row of small ones and in one that had to become wide. */
static void
test_whole(void)
{
	for (size_t i = 0; i < WHOLE; i++) {
		struct pal_pickle_memo  memo = memo_new();
		struct pal_pickle_value v = { 0 };

		for (uint32_t n = 0; n < 3000; n++)
			CHECK(pal_pickle_memo_set(&memo, n, &whole[(n + i) % WHOLE]) == PAL_OK);
		for (uint32_t n = 3000 - 16; n < 3000; n++)
			CHECK_SAY(pal_pickle_memo_get(&memo, n, &v) && same(&v, &whole[(n + i) % WHOLE]), "packed");
		CHECK(memo.kept == 3000);
		CHECK(!pal_pickle_memo_get(&memo, 3000, &v));
		pal_pickle_memo_done(&memo);
	}
}

static void
test_gaps(void)
{
	struct pal_pickle_memo  memo = memo_new();
	struct pal_pickle_value v = { 0 }, one = { .tag = PAL_V_INT, .at = 1 }, far = { .tag = PAL_V_STR, .at = 9 };

	CHECK(pal_pickle_memo_set(&memo, 2000, &one) == PAL_OK);
	CHECK(memo.count == 2001 && memo.kept == 1);
	CHECK(!pal_pickle_memo_get(&memo, 0, &v) && !pal_pickle_memo_get(&memo, 1999, &v));
	CHECK(pal_pickle_memo_set(&memo, 1999, &far) == PAL_OK);
	CHECK(pal_pickle_memo_set(&memo, 2000, &one) == PAL_OK);
	CHECK(memo.kept == 2);
	CHECK(pal_pickle_memo_get(&memo, 2000, &v) && same(&v, &one));
	CHECK(pal_pickle_memo_get(&memo, 1999, &v) && same(&v, &far));
	CHECK(pal_pickle_memo_set(&memo, 1999, &one) == PAL_OK);
	CHECK(pal_pickle_memo_get(&memo, 1999, &v) && same(&v, &one));
	pal_pickle_memo_done(&memo);
}

/* Of what has no room, what is left is true. */
static void
test_less(void)
{
	struct pal_pickle_memo        memo = memo_new();
	struct pal_pickle_value       v = { 0 };
	const struct pal_pickle_value in[] = {
		{ .tag = PAL_V_INT, .at = (uint64_t)1 << 59 },
		{ .tag = PAL_V_STR, .len = 1, .at = (uint64_t)1 << 44 },
		{ .tag = PAL_V_STR, .len = 1 << 20, .at = 7 },
	};
	const struct pal_pickle_value out[] = {
		{ .tag = PAL_V_PLAIN },
		{ .tag = PAL_V_UNKNOWN },
		{ .tag = PAL_V_STR, .len = PAL_PICKLE_LONG, .at = 7 },
	};

	for (uint32_t i = 0; i < 3; i++) {
		CHECK(pal_pickle_memo_set(&memo, i, &in[i]) == PAL_OK);
		CHECK(pal_pickle_memo_get(&memo, i, &v) && same(&v, &out[i]));
	}
	pal_pickle_memo_done(&memo);
}

/* A tuple keeps its weight and depth for ever, and its items until others are put in their place. */
static void
test_tuples(void)
{
	static const struct pal_pickle_heft hefts[] = {
		{ 1, 0 }, { 2, 0 }, { 8191, 3 }, { 8192, 20001 }, { 3e10F, 7 }
	};
	struct pal_pickle_memo memo = memo_new();

	for (uint32_t i = 0; i < sizeof(hefts) / sizeof(hefts[0]); i++) {
		struct pal_pickle_value put = { .tag = PAL_V_TUPLE, .aux = 1, .len = 40 + i }, v = { 0 };
		struct pal_pickle_heft  h;

		pal_pickle_weigh(&put, hefts[i]);
		CHECK(pal_pickle_memo_set(&memo, i, &put) == PAL_OK);
		CHECK(pal_pickle_memo_get(&memo, i, &v) && same(&v, &put));
		CHECK(pal_pickle_memo_set(&memo, i + 16, &put) == PAL_OK);
		CHECK(pal_pickle_memo_get(&memo, i, &v));
		h = pal_pickle_heft_in(&v);
		CHECK((double)h.values == (double)hefts[i].values && h.depth == hefts[i].depth);
		CHECK(v.tag == PAL_V_TUPLE && v.aux == 0 && ((v.flag & PAL_V_PART) == 0) == (i == 0));
	}
	pal_pickle_memo_done(&memo);
}

int
main(void)
{
	test_whole();
	test_gaps();
	test_less();
	test_tuples();
	return check_done();
}
