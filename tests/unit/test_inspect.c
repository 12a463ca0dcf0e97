/* test_inspect.c - a scan speaks for exactly the bytes that were read, and is believed only whole. */
#include "palisade/cache.h"
#include "palisade/digest.h"

#include "workspace_fixture.h"

static const char card[] = "age,card,truth\n1,4111111111111111,0\n2,5500005555555559,1\n3,4012888888881881,0\n";

static void
test_recall(void)
{
	const char *first = NULL;

	fix_judge();
	first = fix_check.facts[0].scan_evidence->id;
	fix_judge();
	CHECK(fix_check.examined == 0 && strcmp(fix_check.facts[0].scan_evidence->id, first) == 0);
}

/* Blobs that were lost or replaced: the bytes are examined again. */
static void
test_blobs(void)
{
	const struct pal_fact *f = NULL;

	for (unsigned int which = 0; which < 2; which++)
		for (unsigned int lost = 0; lost < 2; lost++) {
			const char *digest = NULL;
			char        path[128];

			fix_judge();
			f = &fix_check.facts[0];
			digest = which == 0 ? f->scan.report : f->scan.manifest;
			(void)snprintf(path, sizeof(path), ".palisade/blobs/sha256/%.2s/%s", digest, digest + 2);
			CHECK(pal_file_exists(scratch_path(path)));
			if (lost == 1)
				CHECK(unlink(scratch_path(path)) == 0);
			else
				fix_write(path, "[]");
			fix_judge();
			f = &fix_check.facts[0];
			CHECK(f->scan_evidence != NULL && f->finding_count > 0);
			fix_expect("COL-02", "feed", PAL_FAIL, "pci");
			fix_expect("COL-03", "feed", PAL_PASS, "manifest");
		}
}

/* A forged clean result in the store's cache. */
static void
test_forged_result(void)
{
	struct pal_store   *s = pal_workspace_store(fix_ws);
	struct pal_scanner *scanner = fix_check.scanner;
	PAL_AUTO_BUF        key = pal_buf_of(0);
	PAL_AUTO_BUF        kept = pal_buf_of(0);
	struct pal_digest   g = { 0 };
	static const char   zero[] = "a clean bill of health, forged";

	CHECK(pal_digest_of(PAL_SHA256, pal_view_of(card), &g) == PAL_OK);
	pal_scan_cache_key(scanner, pal_digest_view(&g), "feed.csv", &key);
	CHECK(pal_cache_get_result(fix_ws, fix_digest("feed"), pal_buf_text(&key), &kept) && kept.len > 0);
	CHECK(s->ops->result_put(s, fix_digest("feed"), pal_buf_text(&key), pal_view_of(zero), NULL) == PAL_OK);
	pal_buf_clear(&kept);
	CHECK(!pal_cache_get_result(fix_ws, fix_digest("feed"), pal_buf_text(&key), &kept) && kept.len == 0);
}

/* The name decides, too, how bytes are examined, so a scan under one name is none under another. */
static void
test_renamed(void)
{
	CHECK(rename(scratch_path("data/feed.csv"), scratch_path("data/feed.pkl")) == 0);
	fix_load(FIX_HEAD "datasets:\n  - {name: feed, path: data/feed.pkl, label: internal}\n" FIX_POLICY);
	fix_judge();
	CHECK(fix_check.examined == 1);
	CHECK(rename(scratch_path("data/feed.pkl"), scratch_path("data/feed.csv")) == 0);
}

static const struct pal_store_ops *real_ops;

/* The scan asks for an earlier result when it has opened the file: that is when somebody writes to it. */
static enum pal_err
result_get_and_write(struct pal_store *s, const char *digest, const char *rules, struct pal_buf *out,
		     struct pal_diag *d)
{
	int fd = -1;

	if (strcmp(rules, "digest of a file") != 0) {
		fd = open(scratch_path("data/feed.csv"), O_WRONLY | O_CLOEXEC);
		CHECK(fd >= 0 && pwrite(fd, "AGE", 3, 0) == 3 && close(fd) == 0);
		return PAL_ENOTFOUND;
	}
	return real_ops->result_get(s, digest, rules, out, d);
}

static void
test_race(void)
{
	struct pal_store    *s = pal_workspace_store(fix_ws);
	struct pal_store_ops shim = *s->ops;

	real_ops = s->ops;
	shim.result_get = result_get_and_write;
	fix_load(FIX_HEAD FIX_DATA FIX_POLICY);
	fix_write("data/feed.csv", "age,dose,truth\n1,2,3\n4,5,6\n");
	s->ops = &shim;
	fix_judge();
	s->ops = real_ops;
	CHECK(fix_digest("feed") == NULL && fix_check.facts[0].scan_evidence == NULL);
	fix_expect("COL-01", "feed", PAL_FAIL, "changed while it was examined");
	fix_judge();
	fix_expect("COL-03", "feed", PAL_PASS, "manifest");
}

int
main(int argc, char **argv)
{
	(void)argc;
	FIX_WORKER(argv)
	fix_init(FIX_HEAD FIX_DATA FIX_POLICY "    COL-02: {mode: enforce, forbid: [pci]}\n");
	fix_write("data/feed.csv", card);
	test_recall();
	test_blobs();
	/* Files this young are not remembered by the second; the scan's result is. */
	test_forged_result();
	test_renamed();
	test_race();
	return fix_done();
}
