/* test_baseline.c - what is written is read; an entry that says too little accepts nothing; days end. */
#include "check.h"
#include "palisade/baseline.h"
#include "palisade/clock.h"
#include "palisade/file.h"
#include "scratch.h"

#define A "8cc73ceecc3fb6787129f6639c5171a97fae9256e36d20d1ca7e4916aee299a4"
#define B "ab8ee66173fa1b3d8055b756a577f4ef400ab1f3c3652c7fd096d72943fe6384"

static struct pal_arena arena;

static enum pal_err
read_text(const char *text, struct pal_baseline *b, struct pal_diag *d)
{
	CHECK(pal_file_write(scratch_path("b.json"), pal_view_of(text), 0600, NULL) == PAL_OK);
	return pal_baseline_read(scratch_path("b.json"), &arena, b, d);
}

static void
test_back(void)
{
	struct pal_baseline b = pal_baseline_of(&arena), back;
	PAL_AUTO_BUF        out = pal_buf_of(0), again = pal_buf_of(0);
	uint64_t            day = 0;

	CHECK(pal_time_parse(pal_view_of("2027-01-31"), &day) == PAL_OK);
	pal_baseline_put(&b, &(struct pal_baseline_entry){ A, "R-1", "x.pkl", "old", NULL, UINT64_MAX });
	pal_baseline_put(&b, &(struct pal_baseline_entry){ B, "R-1", NULL, "other file", NULL, UINT64_MAX });
	pal_baseline_put(&b, &(struct pal_baseline_entry){ A, "R-1", "x.pkl", "new \"reason\"", "2027-01-31", day });
	CHECK(b.entries.count == 2);
	pal_baseline_write(&b, &out);
	CHECK(read_text(pal_buf_text(&out), &back, NULL) == PAL_OK);
	pal_baseline_write(&back, &again);
	CHECK(pal_view_eq(pal_buf_view(&out), pal_buf_view(&again)));
	CHECK(strcmp(pal_baseline_find(&back, A, "R-1", day - 1)->reason, "new \"reason\"") == 0);
	CHECK_SAY(pal_baseline_find(&back, A, "R-1", day) == NULL, "from its day on it does not count");
	CHECK(pal_baseline_find(&back, B, "R-1", UINT64_MAX - 1) != NULL);
	CHECK(pal_baseline_find(&back, B, "R-2", 0) == NULL && pal_baseline_find(&back, NULL, "R-1", 0) == NULL);
}

static void
test_wrong(void)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "", "b.json" },
		{ "[]", "expected {" },
		{ "{\"version\": \"2\", \"accepted\": []}", "expected {" },
		{ "{\"version\": \"1\", \"accepted\": [7]}", "accepted[0] is no object" },
		{ "{\"version\": \"1\", \"accepted\": [{}]}", "sha256 must be" },
		{ "{\"version\": \"1\", \"accepted\": [{\"sha256\": \"" A "\"}]}", "rule must name" },
		{ "{\"version\": \"1\", \"accepted\": [{\"sha256\": \"" A "\", \"rule\": \"R\"}]}", "reason must say" },
		{ "{\"version\": \"1\", \"accepted\": [{\"sha256\": \"" A "\", \"rule\": \"R\", \"reason\": \" \"}]}",
		  "reason must say" },
		{ "{\"version\": \"1\", \"accepted\": [{\"sha256\": \"" A
		  "\", \"rule\": \"R\", \"reason\": \"x\", \"expires\": "
		  "\"soon\"}]}",
		  "expected a day" },
		{ "{\"version\": \"1\", \"accepted\": [{\"sha265\": \"" A "\"}]}", "sha265" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pal_baseline b = pal_baseline_of(&arena);
		struct pal_diag     d = { 0 };

		CHECK(read_text(cases[i].text, &b, &d) == PAL_ECONFIG);
		CHECK_SAY(strstr(d.text, cases[i].says) != NULL, d.text);
	}
}

int
main(void)
{
	scratch_init();
	pal_arena_init(&arena, (size_t)16 << 20);
	test_back();
	test_wrong();
	pal_arena_done(&arena);
	scratch_done();
	return check_done();
}
