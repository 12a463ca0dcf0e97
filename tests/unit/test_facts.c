/* test_facts.c - digests are of what is on the disk, whatever the store says; links and bases do not slip past them. */
#include "palisade/cache.h"
#include "palisade/taint.h"

#include "workspace_fixture.h"

/* An attacker who can write store.db says that the bad file has the digest of the good one. */
static void
test_forged_digest(void)
{
	struct pal_store  *s = pal_workspace_store(fix_ws);
	const char        *good = fix_digest("feed");
	struct pal_file_id id = { 0 };
	PAL_AUTO_FD        fd = -1;
	char               hex[PAL_ID_TEXT] = "";

	fix_rows("data/feed.csv", "age,dose,truth", 500, 90);
	CHECK(pal_file_open(scratch_path("data/feed.csv"), &fd, &id, NULL) == PAL_OK);
	CHECK(s->ops->file_put(s, &id, good, NULL) == PAL_OK);
	CHECK(s->ops->result_put(s, good, "digest of a file", pal_view_of(good), NULL) == PAL_OK);
	CHECK(s->ops->file_get(s, &id, hex, NULL) == PAL_OK && strcmp(hex, good) == 0);
	fix_judge();
	CHECK(fix_digest("feed") != NULL && strcmp(fix_digest("feed"), good) != 0);
	fix_rows("data/feed.csv", "age,dose,truth", 0, 90);
	fix_judge();
	CHECK(strcmp(fix_digest("feed"), good) == 0);
}

/* What a link leads to is in no digest, so there is none. */
static void
test_link(void)
{
	CHECK(symlink("/etc/hostname", scratch_path("models/risk/extra.txt")) == 0);
	fix_judge();
	CHECK(fix_digest("risk") == NULL);
	fix_expect("TRN-01", "risk", PAL_FAIL, "extra.txt");
	CHECK(fix_check.decision.closed && !pal_check_passed(&fix_check, PAL_DEPLOY, "api"));
	CHECK(unlink(scratch_path("models/risk/extra.txt")) == 0);
	fix_judge();
	CHECK(fix_digest("risk") != NULL && !fix_check.decision.closed);
}

/* Quarantining validation data, or a declared base model, closes what stands on it. */
static void
test_taint_sideways(void)
{
	static const char     base[] = "3333333333333333333333333333333333333333333333333333333333333333";
	struct pal_quarantine q = { .digest = base, .name = "bert", .by = "ann", .reason = "backdoor" };
	char                  id[PAL_ID_TEXT], other[PAL_ID_TEXT];

	fix_load(FIX_HEAD FIX_DATA FIX_STEPS
		 "models:\n  - {name: risk, version: 1.0.0, path: models/risk, signature: {file: models/risk.sig, "
		 "signers: [press]}, base: [{name: bert, digest: "
		 "\"sha256:3333333333333333333333333333333333333333333333333333333333333333\"}]}\n" FIX_POLICY);
	CHECK(pal_quarantine(fix_ws, &q, NULL, id, NULL) == PAL_OK);
	fix_judge();
	fix_expect("REL-01", "risk", PAL_FAIL, "bert");
	q.id = id;
	CHECK(pal_restore(fix_ws, &q, NULL, other, NULL) == PAL_OK);
	fix_load(FIX_YAML);
	fix_judge();
	q = (struct pal_quarantine){ .digest = fix_digest("val-a"), .name = "val-a", .by = "ann", .reason = "leak" };
	CHECK(pal_quarantine(fix_ws, &q, NULL, id, NULL) == PAL_OK);
	fix_judge();
	fix_expect("VAL-01", "risk", PAL_FAIL, "val-a");
	q.id = id;
	CHECK(pal_restore(fix_ws, &q, NULL, other, NULL) == PAL_OK);
	fix_judge();
	CHECK(!fix_check.decision.closed);
}

int
main(int argc, char **argv)
{
	(void)argc;
	FIX_WORKER(argv)
	fix_init(FIX_YAML);
	fix_all();
	test_forged_digest();
	test_link();
	test_taint_sideways();
	return fix_done();
}
