/* test_scan_result.c - what is encoded comes back, cleaned; every damage is refused or harmless, never a crash. */
#include "check.h"
#include "mutate.h"
#include "palisade/scan_result.h"

static struct pal_arena      arena;
static struct pal_detect    *detect;
static struct pal_scan_rules rules;

static struct pal_finding found[] = {
	{ .rule = &pal_scan_rule_unknown,
	  .severity = PAL_LOW,
	  .confidence = PAL_CONFIDENCE_MEDIUM,
	  .place = { .path = "dir/a.zip!/b.pkl", .field = "ssn", .offset = 7, .length = 3, .row = 9 },
	  .count = 12,
	  .text = "text with \x1b[31mcolour, \xe2\x80\xae turned and \xff broken" },
	{ .rule = &pal_scan_rule_worker_limit,
	  .severity = PAL_CRITICAL,
	  .confidence = PAL_CONFIDENCE_HIGH,
	  .place = { .path = "dir/a.zip" },
	  .count = 1,
	  .text = "" },
};

static struct pal_scan_file file = { .path = "dir/a.zip",
				     .format = "unknown",
				     .size = 1000,
				     .rows = 5,
				     .members = 2,
				     .findings = found,
				     .finding_count = 2 };

static void
test_back(void)
{
	PAL_AUTO_BUF         bytes = pal_buf_of(0), again = pal_buf_of(0);
	struct pal_scan_file f = { 0 };
	struct pal_diag      d = { 0 };

	CHECK(pal_scan_result_encode(&file, &bytes) == PAL_OK);
	CHECK(pal_scan_result_decode(pal_buf_view(&bytes), "x.zip", &rules, &arena, &f, &d) == PAL_OK);
	CHECK(strcmp(f.path, "x.zip") == 0 && strcmp(f.format, "unknown") == 0 && f.size == 1000 && f.rows == 5);
	CHECK(f.members == 2 && !f.complete && f.finding_count == 2);
	if (f.finding_count != 2)
		return;
	CHECK_SAY(strcmp(f.findings[0].place.path, "x.zip!/b.pkl") == 0, "paths follow the file's name");
	CHECK(strcmp(f.findings[1].place.path, "x.zip") == 0 && f.findings[1].place.field == NULL);
	CHECK(f.findings[0].rule == &pal_scan_rule_unknown && f.findings[0].severity == PAL_LOW);
	CHECK(f.findings[0].confidence == PAL_CONFIDENCE_MEDIUM && f.findings[0].count == 12);
	CHECK(strcmp(f.findings[0].place.field, "ssn") == 0 && f.findings[0].place.row == 9);
	CHECK_SAY(strcmp(f.findings[0].text, "text with \xef\xbf\xbd[31mcolour, \xef\xbf\xbd turned and \xef\xbf\xbd"
					     " broken") == 0,
		  f.findings[0].text);
	f.path = "x.zip";
	CHECK(pal_scan_result_encode(&f, &again) == PAL_OK);
	CHECK_SAY(pal_view_eq(pal_buf_view(&bytes), pal_buf_view(&again)), "one result has one encoding");
}

/* Whatever comes out of damaged bytes obeys the rules that readers of results rely on. */
static void
look(struct pal_view damaged, void *arg)
{
	struct pal_arena     a;
	struct pal_scan_file f = { 0 };
	struct pal_diag      d = { 0 };
	unsigned int        *wrong = arg;

	pal_arena_init(&a, 1 << 20);
	if (pal_scan_result_decode(damaged, "x", &rules, &a, &f, &d) == PAL_OK) {
		for (size_t i = 0; i < f.finding_count; i++)
			*wrong += f.findings[i].rule == NULL || f.findings[i].severity > PAL_CRITICAL ||
				  f.findings[i].place.path[0] != 'x' || f.findings[i].count == 0 ||
				  strlen(f.findings[i].text) >= (size_t)3 * PAL_DIAG_TEXT;
	} else {
		*wrong += d.text[0] == '\0';
	}
	pal_arena_done(&a);
}

static void
test_damage(void)
{
	PAL_AUTO_BUF bytes = pal_buf_of(0);
	unsigned int wrong = 0;

	CHECK(pal_scan_result_encode(&file, &bytes) == PAL_OK);
	pal_mutate_all(pal_buf_view(&bytes), look, &wrong);
	CHECK(wrong == 0);
}

static void
put_text(struct pal_buf *b, const char *text)
{
	pal_buf_add_u16le(b, (uint16_t)strlen(text));
	pal_buf_add_text(b, text);
}

/* One hand-made result, wrong in one place. */
static enum pal_err
decode_unread(const char *format, uint32_t count, const char *rule, const char *path, const char *field,
	      uint64_t unread, bool complete)
{
	PAL_AUTO_BUF         b = pal_buf_of(0);
	struct pal_scan_file f = { 0 };

	pal_buf_add_byte(&b, 2);
	put_text(&b, format);
	for (int i = 0; i < 3; i++)
		pal_buf_add_u64le(&b, 1);
	pal_buf_add_byte(&b, complete);
	pal_buf_add_u64le(&b, unread);
	pal_buf_add_u32le(&b, count);
	put_text(&b, rule);
	pal_buf_add_byte(&b, PAL_HIGH);
	pal_buf_add_byte(&b, 0);
	put_text(&b, path);
	pal_buf_add_byte(&b, 0);
	put_text(&b, field);
	for (int i = 0; i < 4; i++)
		pal_buf_add_u64le(&b, 1);
	put_text(&b, "text");
	return pal_scan_result_decode(pal_buf_view(&b), "x", &rules, &arena, &f, NULL);
}

static enum pal_err
decode_made(const char *format, uint32_t count, const char *rule, const char *path, const char *field)
{
	return decode_unread(format, count, rule, path, field, 0, true);
}

static void
test_lies(void)
{
	CHECK(decode_unread("unknown", 1, "WORKER-LIMIT", "", "", 7, false) == PAL_OK);
	CHECK(decode_unread("unknown", 1, "WORKER-LIMIT", "", "", 7, true) == PAL_EFORM);
	CHECK(decode_made("unknown", 1, "WORKER-LIMIT", "", "") == PAL_OK);
	CHECK(decode_made("unknown", 1, "WORKER-LIMIT", "!/a", "") == PAL_OK);
	CHECK(decode_made("nothing", 1, "WORKER-LIMIT", "", "") == PAL_EFORM);
	CHECK(decode_made("unknown", 1, "SCAN-CRUSH", "", "") == PAL_EFORM);
	CHECK(decode_made("unknown", 1, "WORKER-LIMIT", "/../etc", "") == PAL_EFORM);
	CHECK(decode_made("unknown", 1, "WORKER-LIMIT", "", "field") == PAL_EFORM);
	CHECK(decode_made("unknown", 0, "WORKER-LIMIT", "", "") == PAL_EFORM);
	CHECK(decode_made("unknown", 2, "WORKER-LIMIT", "", "") == PAL_ELIMIT);
	CHECK(decode_made("unknown", 0xffffffff, "WORKER-LIMIT", "", "") == PAL_ELIMIT);
}

int
main(void)
{
	struct pal_diag d = { 0 };

	pal_arena_init(&arena, (size_t)16 << 20);
	CHECK(pal_detect_load(NULL, &detect, &d) == PAL_OK);
	CHECK(pal_scan_rules_of(detect, &arena, &rules, &d) == PAL_OK);
	test_back();
	test_damage();
	test_lies();
	pal_detect_free(&detect);
	pal_arena_done(&arena);
	return check_done();
}
