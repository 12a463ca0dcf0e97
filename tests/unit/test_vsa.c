/* test_vsa.c - decisions there and back, the shared vectors with their verdicts, levels, and damaged copies. */
#include "palisade/vsa.h"

#include "check.h"
#include "mutate.h"
#include "palisade/file.h"

#define HEX "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define MID                                                                                                         \
	"{\"verifier\":{\"id\":\"v\"},\"timeVerified\":\"2026-01-01T00:00:00Z\",\"resourceUri\":\"r\",\"policy\":{" \
	"\"uri\":\"p\"},\"verificationResult\":"

static const struct pal_resource subject = { .name = "n", .digest = HEX };

static enum pal_err
read_one(const char *predicate, struct pal_arena *a, struct pal_vsa *ret, struct pal_diag *d)
{
	struct pal_statement s = {
		.type = PAL_TYPE_VSA, .subjects = &subject, .subject_count = 1, .predicate = predicate
	};

	return pal_vsa_of(&s, a, ret, d);
}

static const struct {
	const char  *text;
	enum pal_err err;
} cases[] = {
	{ MID "\"PASSED\",\"verifiedLevels\":[\"SLSA_BUILD_LEVEL_2\"]}", PAL_OK },
	{ MID "\"FAILED\",\"verifiedLevels\":[\"FAILED\"]}", PAL_OK },
	{ MID "\"PASSED\",\"verifiedLevels\":[\"SLSA_BUILD_LEVEL_2\",\"SLSA_SOURCE_LEVEL_1\",\"OURS\"]}", PAL_OK },
	{ MID "\"PASSED\",\"verifiedLevels\":[\"SLSA_BUILD_LEVEL_1\",\"SLSA_BUILD_LEVEL_3\"]}", PAL_EFORM },
	{ MID "\"passed\",\"verifiedLevels\":[]}", PAL_EFORM },
	{ MID "\"PASSED\"}", PAL_EFORM },
	{ MID "true,\"verifiedLevels\":[]}", PAL_EFORM },
	{ MID "\"PASSED\",\"verifiedLevels\":[7]}", PAL_EFORM },
	{ "{\"resourceUri\":\"r\",\"verificationResult\":\"PASSED\",\"verifiedLevels\":[]}", PAL_EFORM },
	{ "{}", PAL_EFORM },
};

static void
read_damaged(struct pal_view damaged, void *arg)
{
	PAL_AUTO_ARENA a;
	PAL_AUTO_BUF   text = pal_buf_of(0);
	struct pal_vsa v = { 0 };

	pal_arena_init(&a, 1 << 20);
	pal_buf_add(&text, damaged);
	if (memchr(damaged.data, '\0', damaged.len) == NULL && read_one(pal_buf_text(&text), &a, &v, NULL) == PAL_OK)
		++*(unsigned int *)arg;
}

static void
test_levels(void)
{
	const char *const levels[] = { "SLSA_BUILD_LEVEL_2", "PALISADE_COLLECT_GATE" };
	struct pal_vsa    v = {
		   .verifier = "me", .resource_uri = "r", .passed = true, .levels = levels, .level_count = 2
	};
	struct pal_diag d = { 0 };

	CHECK(pal_vsa_check(&v, "me", "r", "SLSA_BUILD_LEVEL_2", &d) == PAL_OK);
	CHECK(pal_vsa_check(&v, "me", "r", "SLSA_BUILD_LEVEL_1", &d) == PAL_OK);
	CHECK(pal_vsa_check(&v, "me", "r", "PALISADE_COLLECT_GATE", &d) == PAL_OK);
	CHECK(pal_vsa_check(&v, "me", "r", "SLSA_BUILD_LEVEL_3", &d) == PAL_EDENIED);
	CHECK(pal_vsa_check(&v, "me", "r", "SLSA_SOURCE_LEVEL_1", &d) == PAL_EDENIED);
	CHECK(pal_vsa_check(&v, "me", "r", "PALISADE_DEPLOY_GATE", &d) == PAL_EDENIED);
	CHECK(pal_vsa_check(&v, "you", "r", "SLSA_BUILD_LEVEL_2", &d) == PAL_EDENIED &&
	      strstr(d.text, "by me") != NULL);
	CHECK(pal_vsa_check(&v, "me", "s", "SLSA_BUILD_LEVEL_2", &d) == PAL_EDENIED);
	v.passed = false;
	CHECK(pal_vsa_check(&v, "me", "r", "SLSA_BUILD_LEVEL_2", &d) == PAL_EDENIED &&
	      strstr(d.text, "FAILED") != NULL);
}

static void
test_there_and_back(void)
{
	const char *const         levels[] = { "SLSA_BUILD_LEVEL_2" };
	const struct pal_resource input = { .uri = "e", .digest = HEX };
	struct pal_vsa            v = { .verifier = "https://palisade.dev",
					.verifier_version = "1",
					.time_ms = 1700000000000,
					.resource_uri = "r",
					.policy = { .uri = "p", .digest = HEX },
					.inputs = &input,
					.input_count = 1,
					.passed = true,
					.levels = levels,
					.level_count = 1 };
	struct pal_vsa            back = { 0 };
	PAL_AUTO_BUF              text = pal_buf_of(0);
	PAL_AUTO_ARENA            a;
	struct pal_diag           d = { 0 };
	unsigned int              survived = 0;

	pal_arena_init(&a, 1 << 20);
	CHECK(pal_vsa_write(&v, &text) == PAL_OK);
	CHECK_SAY(read_one(pal_buf_text(&text), &a, &back, &d) == PAL_OK, d.text);
	CHECK(back.passed && back.input_count == 1 && back.level_count == 1 && back.time_ms == v.time_ms &&
	      strcmp(back.policy.digest, HEX) == 0 && strcmp(back.verifier_version, "1") == 0);
	pal_mutate_all(pal_buf_view(&text), read_damaged, &survived);
	CHECK(survived > 0);
	v.passed = false;
	pal_buf_clear(&text);
	CHECK(pal_vsa_write(&v, &text) == PAL_OK && strstr(pal_buf_text(&text), "\"FAILED\"]") != NULL);
	CHECK(read_one(pal_buf_text(&text), &a, &back, &d) == PAL_OK && !back.passed);
}

static const struct {
	const char *file;
	bool        reads, passes;
} vectors[] = {
	{ "vsa_passed.json", true, true },
	{ "vsa_failed.json", true, false },
	{ "vsa_wrong_resource.json", true, false },
	{ "vsa_two_levels_one_track.json", false, false },
};

static void
test_vectors(void)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		char                 path[300] = "";
		PAL_AUTO_BUF         text = pal_buf_of(0);
		PAL_AUTO_ARENA       a;
		struct pal_statement s = { 0 };
		struct pal_vsa       v = { 0 };
		struct pal_diag      d = { 0 };

		pal_arena_init(&a, 1 << 20);
		(void)snprintf(path, sizeof(path), SOURCE_DIR "/../shared/vectors/supply/intoto/%s", vectors[i].file);
		if (!pal_file_exists(path)) {
			(void)printf("skipped: ../shared/vectors is not here\n");
			return;
		}
		CHECK(pal_file_read(path, 1 << 20, &text, &d) == PAL_OK);
		CHECK(pal_statement_parse(pal_buf_view(&text), &a, &s, &d) == PAL_OK);
		CHECK_SAY((pal_vsa_of(&s, &a, &v, &d) == PAL_OK) == vectors[i].reads, path);
		if (vectors[i].reads)
			CHECK_SAY((pal_vsa_check(&v, "https://example.com/admission",
						 "pkg:huggingface/org/m@0123456789abcdef0123456789abcdef01234567",
						 "SLSA_BUILD_LEVEL_2", &d) == PAL_OK) == vectors[i].passes,
				  path);
	}
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PAL_AUTO_ARENA  a;
		struct pal_vsa  v = { 0 };
		struct pal_diag d = { 0 };

		pal_arena_init(&a, 1 << 20);
		CHECK_SAY(read_one(cases[i].text, &a, &v, &d) == cases[i].err, cases[i].text);
	}
	test_levels();
	test_there_and_back();
	test_vectors();
	return check_done();
}
