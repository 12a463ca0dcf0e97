/* test_statement.c - statements there and back, the specification's own samples, strictness, and damaged copies. */
#include "palisade/statement.h"

#include "check.h"
#include "mutate.h"
#include "palisade/file.h"

#define HEX  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TYPE "\"_type\":\"https://in-toto.io/Statement/v1\""
#define SUBJ "\"subject\":[{\"name\":\"n\",\"digest\":{\"sha256\":\"" HEX "\"}}]"
#define REST ",\"predicateType\":\"t\",\"predicate\":{}}"

static const struct {
	const char  *text;
	enum pal_err err;
} cases[] = {
	{ "{" TYPE "," SUBJ REST, PAL_OK },
	{ "{" TYPE "," SUBJ ",\"predicateType\":\"t\"}", PAL_OK }, /* "predicate: object, optional" */
	{ "{" TYPE "," SUBJ ",\"more\":1" REST, PAL_OK },          /* unknown fields are ignored */
	{ "{" TYPE ",\"subject\":[{\"digest\":{\"gitCommit\":\"abc\"}}]" REST, PAL_OK },
	{ "{" TYPE ",\"subject\":[{\"digest\":{\"gitCommit\":\"abc\",\"sha256\":\"" HEX "\"}}]" REST, PAL_OK },
	{ "{\"_type\":\"https://in-toto.io/Statement/v0.1\"," SUBJ REST, PAL_EFORM },
	{ "{" TYPE ",\"subject\":[]" REST, PAL_EFORM },
	{ "{" TYPE REST, PAL_EFORM },
	{ "{" TYPE ",\"subject\":{}" REST, PAL_EFORM },
	{ "{" TYPE ",\"subject\":[7]" REST, PAL_EFORM },
	{ "{" TYPE ",\"subject\":[{\"name\":\"n\"}]" REST, PAL_EFORM },
	{ "{" TYPE ",\"subject\":[{\"uri\":\"u\"}]" REST, PAL_EFORM }, /* a subject needs a digest */
	{ "{" TYPE ",\"subject\":[{\"digest\":{}}]" REST, PAL_EFORM },
	{ "{" TYPE ",\"subject\":[{\"digest\":{\"sha256\":\"AAAA\"}}]" REST, PAL_EFORM },
	{ "{" TYPE ",\"subject\":[{\"digest\":{\"sha256\":7}}]" REST, PAL_EFORM },
	{ "{" TYPE ",\"subject\":[{\"digest\":{\"sha256\":\"A" HEX "\"}}]" REST, PAL_EFORM },
	{ "{" TYPE "," SUBJ ",\"predicate\":{}}", PAL_EFORM },
	{ "{" TYPE "," SUBJ ",\"predicateType\":\"\",\"predicate\":{}}", PAL_EFORM },
	{ "{" TYPE "," SUBJ ",\"predicateType\":\"t\",\"predicate\":[]}", PAL_EFORM },
	{ "{" TYPE "," SUBJ ",\"predicateType\":\"t\",\"predicateType\":\"u\",\"predicate\":{}}", PAL_EFORM },
	{ "{" TYPE "," SUBJ ",\"signedOn\":\"today\"" REST, PAL_EFORM },
	{ "{" TYPE "," SUBJ REST "x", PAL_EFORM },
	{ "[]", PAL_EFORM },
};

static void
test_cases(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PAL_AUTO_ARENA       a;
		struct pal_statement s = { 0 };
		struct pal_diag      d = { 0 };

		pal_arena_init(&a, 1 << 20);
		CHECK_SAY(pal_statement_parse(pal_view_of(cases[i].text), &a, &s, &d) == cases[i].err, cases[i].text);
		CHECK_SAY((s.type != NULL) == (cases[i].err == PAL_OK), cases[i].text);
		CHECK_SAY(cases[i].err == PAL_OK || d.text[0] != '\0', cases[i].text);
	}
}

static void
parse_damaged(struct pal_view damaged, void *arg)
{
	PAL_AUTO_ARENA       a;
	struct pal_statement s = { 0 };

	pal_arena_init(&a, 1 << 20);
	if (pal_statement_parse(damaged, &a, &s, NULL) == PAL_OK)
		++*(unsigned int *)arg;
}

static void
test_there_and_back(void)
{
	const struct pal_resource subjects[] = { { .name = "a \"b\" \x01", .digest = HEX },
						 { .digest = HEX, .by_name = true, .uri = "u", .media_type = "m" } };
	struct pal_statement      s = { .type = "t",
					.subjects = subjects,
					.subject_count = 2,
					.predicate = "{\"x\":[1]}",
					.time_ms = 1700000000000 };
	struct pal_statement      back = { 0 };
	PAL_AUTO_BUF              text = pal_buf_of(0);
	PAL_AUTO_BUF              small = pal_buf_of(20);
	PAL_AUTO_ARENA            a;
	PAL_AUTO_JSON             doc = NULL;
	struct pal_diag           d = { 0 };
	unsigned int              survived = 0;

	pal_arena_init(&a, 1 << 20);
	CHECK(pal_statement_write(&s, &text, &d) == PAL_OK);
	CHECK_SAY(pal_statement_parse(pal_buf_view(&text), &a, &back, &d) == PAL_OK, d.text);
	CHECK(back.subject_count == 2 && strcmp(back.subjects[0].name, subjects[0].name) == 0 &&
	      !back.subjects[0].by_name && back.subjects[1].by_name && strcmp(back.subjects[1].digest, HEX) == 0 &&
	      strcmp(back.subjects[1].media_type, "m") == 0 && back.time_ms == s.time_ms);
	CHECK(strcmp(back.predicate, s.predicate) == 0);
	CHECK(pal_statement_predicate(&back, "t", &doc, &d) == PAL_OK &&
	      json_array_size(json_object_get(doc, "x")) == 1);
	CHECK(pal_statement_predicate(&back, "u", &doc, &d) == PAL_EFORM);
	pal_mutate_all(pal_buf_view(&text), parse_damaged, &survived);
	CHECK(survived > 0);
	CHECK(pal_statement_write(&s, &small, &d) == PAL_ELIMIT);
	s.predicate = "7";
	CHECK(pal_statement_write(&s, &text, &d) == PAL_EFORM);
	s.predicate = "{}";
	s.subject_count = 0;
	CHECK(pal_statement_write(&s, &text, &d) == PAL_ELIMIT);
}

static void
test_vectors(void)
{
	static const char *const files[] = { "slsa_provenance_v1.json", "vsa_passed.json", "vsa_failed.json",
					     "vsa_wrong_resource.json" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char                 path[300] = "";
		PAL_AUTO_BUF         text = pal_buf_of(0);
		PAL_AUTO_ARENA       a;
		struct pal_statement s = { 0 };
		struct pal_diag      d = { 0 };

		pal_arena_init(&a, 1 << 20);
		(void)snprintf(path, sizeof(path), SOURCE_DIR "/../shared/vectors/supply/intoto/%s", files[i]);
		if (!pal_file_exists(path)) {
			(void)printf("skipped: ../shared/vectors is not here\n");
			return;
		}
		CHECK(pal_file_read(path, 1 << 20, &text, &d) == PAL_OK);
		CHECK_SAY(pal_statement_parse(pal_buf_view(&text), &a, &s, &d) == PAL_OK, d.text);
		CHECK(s.subject_count == 1 && s.subjects[0].digest != NULL);
	}
}

int
main(void)
{
	test_cases();
	test_there_and_back();
	test_vectors();
	return check_done();
}
