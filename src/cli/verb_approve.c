/* verb_approve.c - a person says yes to an artifact, with a key of their own. */
#include <stdlib.h>

#include "output.h"
#include "palisade/approval.h"
#include "palisade/clock.h"
#include "ref.h"
#include "session.h"

#define DAY_MS 86400000u

/* PALISADE_PASSPHRASE_ANN for "ann"; what is neither letter nor digit becomes '_'. */
static const char *
passphrase_variable(struct pal_arena *arena, const char *name)
{
	char  *text = pal_arena_printf(arena, "PALISADE_PASSPHRASE_%s", name);
	size_t at = sizeof("PALISADE_PASSPHRASE_") - 1;

	for (; text != NULL && text[at] != '\0'; at++) {
		uint8_t c = (uint8_t)text[at];

		text[at] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : pal_is_alnum(c) ? c : '_');
	}
	return text == NULL ? NULL : getenv(text); /* NOLINT(concurrency-mt-unsafe) */
}

/* People have passphrases of their own; without one given the workspace's is tried. */
static enum pal_err
person_key(struct session *session, const struct cli_args *a, const char *name, struct pal_diag *d)
{
	PAL_AUTO_SECRET own = { 0 };
	const char     *file = cli_text(a, "key-passphrase-file", NULL);
	const char     *text = passphrase_variable(&session->arena, name);

	if (file != NULL)
		PAL_TRY(pal_secret_read(file, &own, d));
	else if (text != NULL && text[0] != '\0')
		PAL_TRY(pal_secret_of(pal_view_of(text), &own));
	else
		return session_key(session, a, name, d);
	return pal_workspace_load_key(session->folder, name, &own, &session->other, d);
}

static enum pal_err
approve(const struct cli_args *a, struct session *session, uint64_t days, struct pal_buf *out, struct pal_diag *d)
{
	const char         *name = cli_text(a, "as", NULL);
	struct cli_ref      ref = { 0 };
	struct pal_approval ap = { .purpose = cli_text(a, "for", "COL-05"),
				   .by = name,
				   .role = cli_text(a, "role", NULL),
				   .reason = cli_text(a, "reason", NULL) };
	char                id[PAL_ID_TEXT] = "";

	PAL_TRY(session_open(session, a, true, d));
	PAL_TRY(cli_ref(session, a->words[0], &ref, d));
	PAL_TRY(person_key(session, a, name, d));
	if (cli_text(a, "for", NULL) == NULL && ref.purpose != NULL)
		ap.purpose = ref.purpose;
	ap.subject = (struct pal_resource){ .name = ref.name, .digest = ref.digest };
	ap.time_ms = pal_workspace_now_ms(session->workspace);
	ap.expires_ms = days == 0 ? 0 : ap.time_ms + days * DAY_MS;
	PAL_TRY(pal_approval_add(session->workspace, &ap, session->other, id, d));
	pal_buf_add_text(out, "approved ");
	cli_add_safe(out, ref.name == NULL ? "artifact" : ref.name);
	pal_buf_printf(out, " sha256:%.12s for %s by %s; evidence %.16s\n", ref.digest, ap.purpose, name, id);
	cli_add_others(out, &ref);
	return pal_buf_err(out);
}

static int
approve_run(const struct cli_args *a)
{
	SESSION_AUTO    session = { 0 };
	PAL_AUTO_BUF    out = pal_buf_of(0);
	struct pal_diag d = { 0 };
	uint64_t        days = 0;
	enum pal_err    err = PAL_OK;

	if (cli_text(a, "as", NULL) == NULL || cli_text(a, "reason", NULL) == NULL)
		return cli_usage("palisade approve needs --as NAME and --reason TEXT");
	if (!cli_number(a, "days", 0, 36500, &days))
		return CLI_TROUBLE;
	err = approve(a, &session, days, &out, &d);
	if (err != PAL_OK)
		return cli_fail(err, &d);
	return cli_output(NULL, pal_buf_view(&out));
}

static const struct cli_option approve_options[] = {
	{ .name = "as", .value = "NAME", .help = "who approves; signs with .palisade/keys/NAME.pem" },
	{ .name = "role", .value = "ROLE", .help = "in which role; otherwise any that the person holds" },
	{ .name = "for", .value = "CONTROL", .help = "what the approval is for: COL-05 (default), exception:CONTROL" },
	{ .name = "reason", .value = "TEXT", .help = "why; it is signed, too" },
	{ .name = "days", .value = "N", .help = "the approval expires after N days" },
	{ .name = "key-passphrase-file", .value = "FILE", .help = "its first line opens the key of the person" },
	SESSION_OPTIONS,
	{ 0 },
};

const struct cli_verb cli_verb_approve = {
	.name = "approve",
	.args = "REF",
	.min = 1,
	.max = 1,
	.summary = "approve an artifact, with a signed reason",
	.about =
	    "Signs an approval of exactly this content with the key of the person, and adds it to the ledger. Policy\n"
	    "decides which roles may approve what and how many different people it takes; nobody approves what they\n"
	    "submitted themselves.\n\n"
	    "REF is a declared or known name, NAME@VERSION, sha256:HEX (8 digits or more), a path, or an exception as\n"
	    "exception:CONTROL[:ARTIFACT], which is approved as it is worded now.\n\n"
	    "The ledger is signed with the workspace's key, so two keys are opened: the workspace's "
	    "(--passphrase-file,\n"
	    "PALISADE_PASSPHRASE_FILE, PALISADE_PASSPHRASE or the terminal) and the person's (--key-passphrase-file,\n"
	    "PALISADE_PASSPHRASE_NAME, else the same passphrase). palisade key new NAME makes the key of a person.",
	.examples = "palisade approve partner-feed --as ann --reason \"licence and sample checked\"\tadmit a dataset\n"
		    "palisade approve model@1.2 --as bo --role release-manager --for REL-01 --reason \"pen test "
		    "passed\"\tin one role",
	.options = approve_options,
	.run = approve_run,
};
