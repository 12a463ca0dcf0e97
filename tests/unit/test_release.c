/* test_release.c - names, versions, signers and parts; the ledger remembers what the store may have forgotten. */
#include "workspace_fixture.h"

static void
reopen_without_store(void)
{
	static const char *const files[] = { ".palisade/store.db", ".palisade/store.db-wal", ".palisade/store.db-shm" };

	pal_check_done(&fix_check);
	pal_workspace_free(&fix_ws);
	for (size_t i = 0; i < 3; i++)
		(void)unlink(scratch_path(files[i]));
	fix_ws = kit_open();
}

static void
test_other_bytes(void)
{
	fix_expect("REL-08", "risk", PAL_PASS, "never had other bytes");
	fix_write("models/risk/notes.txt", "other weights\n");
	fix_sign(fix_press);
	reopen_without_store();
	fix_judge();
	fix_expect("REL-08", "risk", PAL_FAIL, "was released with other bytes");
	fix_load(FIX_HEAD FIX_DATA FIX_STEPS "models:\n  - {name: risk, version: 1.0.1, path: models/risk, signature: "
					     "{file: models/risk.sig, signers: [press]}}\n");
	fix_judge();
	fix_expect("REL-08", "risk", PAL_PASS, "never had other bytes"); /* a version of its own */
}

static void
test_twin(void)
{
	fix_load(FIX_HEAD "models:\n  - {name: r1sk, version: 2.0.0, path: models/risk}\n");
	fix_judge();
	fix_expect("REL-08", "r1sk", PAL_FAIL, "can be taken for \"risk\"");
}

static void
test_parts(void)
{
	PAL_AUTO_BUF b = pal_buf_of(0);

	fix_load(FIX_HEAD "models:\n  - {name: found, version: 1.0.0, path: models/risk}\n");
	fix_judge();
	fix_expect("REL-11", "found", PAL_FAIL, "no step makes it");
	pal_buf_printf(&b,
		       FIX_HEAD
		       "models:\n  - {name: found, version: 1.0.0, path: models/risk}\npolicy:\n  trusted: {bases: "
		       "[{name: found, digest: \"sha256:%s\"}]}\n",
		       fix_digest("found"));
	fix_load(pal_buf_text(&b));
	fix_judge();
	fix_expect("REL-11", "found", PAL_PASS, "by digest");
}

#define SIGNED(model, policy)                                                                                   \
	FIX_HEAD                                                                                                \
	"models:\n  - {name: found, version: 1.0.0, path: models/risk, signature: {file: models/risk.sig" model \
	"}}\n" policy

static void
test_signers(void)
{
	fix_load(SIGNED(", signers: [press]", ""));
	fix_judge();
	fix_expect("REL-01", "found", PAL_PASS, "signed by press");
	fix_load(SIGNED(", signers: [other]", ""));
	fix_judge();
	fix_expect("REL-01", "found", PAL_FAIL, "models/risk.sig");
	fix_load(SIGNED(", signers: [press]", "policy: {trusted: {signers: [other]}}\n"));
	fix_judge();
	fix_expect("REL-01", "found", PAL_FAIL, "not among `trusted: signers:`");
	fix_expect("REL-11", "found", PAL_FAIL, "no step makes it");
	fix_load(SIGNED(", signers: [press]", "policy: {trusted: {signers: [press]}}\n"));
	fix_judge();
	fix_expect("REL-11", "found", PAL_PASS, "signed by press");
}

int
main(int argc, char **argv)
{
	(void)argc;
	FIX_WORKER(argv)
	fix_init(FIX_YAML);
	fix_all();
	test_other_bytes();
	test_twin();
	test_parts();
	test_signers();
	return fix_done();
}
