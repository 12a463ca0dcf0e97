/* seize.c - signs the reason, then shows the state of everything downstream as the ledger now has it. */
#include "seize.h"

#include <pwd.h>
#include <unistd.h>

#include "output.h"
#include "palisade/taint.h"
#include "ref.h"
#include "session.h"

#define SHOWN_MOST 20

static const char *
user_name(void)
{
	const struct passwd *p = getpwuid(getuid());

	return p == NULL || p->pw_name[0] == '\0' ? "unnamed" : p->pw_name;
}

static void
add_node(struct pal_buf *out, const struct pal_lineage_node *n)
{
	pal_buf_add_text(out, "  ");
	cli_add_safe(out, n->name == NULL ? "(no name)" : n->name);
	pal_buf_printf(out, " sha256:%.12s\n", n->digest);
}

static enum pal_err
tell_downstream(struct pal_workspace *ws, const char *digest, struct pal_arena *a, struct pal_buf *out,
		struct pal_diag *d)
{
	struct pal_lineage l = pal_lineage_of(a);
	struct pal_taint   t = { 0 };
	struct pal_list    down = pal_list_of(a, sizeof(size_t));
	size_t             tainted = 0;
	PAL_AUTO_BUF       names = pal_buf_of(0);

	PAL_TRY(pal_lineage_load(ws, &l, d));
	PAL_TRY(pal_taint_load(ws, &l, &t, d));
	pal_lineage_reach(&l, pal_lineage_find(&l, digest), PAL_DOWN, &down);
	for (size_t i = 0; i < down.count; i++) {
		const struct pal_lineage_node *n = pal_lineage_at(&l, *(size_t *)pal_list_at(&down, i));

		if (!pal_tainted(&t, n->digest))
			continue;
		if (tainted++ < SHOWN_MOST)
			add_node(&names, n);
	}
	pal_buf_printf(out, "%zu of %zu artifacts from here on downstream are tainted%s\n", tainted, down.count,
		       tainted == 0 ? "" : ":");
	pal_buf_add(out, pal_buf_view(&names));
	if (tainted > SHOWN_MOST)
		pal_buf_printf(out, "  and %zu more; see palisade lineage --down\n", tainted - SHOWN_MOST);
	return pal_buf_err(out);
}

static enum pal_err
seize(const struct cli_args *a, struct session *session, cli_seize_fn *act, const char *done, struct pal_buf *out,
      struct pal_diag *d)
{
	struct cli_ref        ref = { 0 };
	struct pal_quarantine q = { .by = cli_text(a, "as", user_name()), .reason = cli_text(a, "reason", "") };
	char                  id[PAL_ID_TEXT] = "";

	PAL_TRY(cli_ref(session, a->words[0], &ref, d));
	q.digest = ref.digest;
	q.name = ref.name;
	PAL_TRY(act(session->workspace, &q, NULL, id, d));
	pal_buf_printf(out, "%s ", done);
	cli_add_safe(out, ref.name == NULL ? "artifact" : ref.name);
	pal_buf_printf(out, " sha256:%.12s; evidence %.16s\n", ref.digest, id);
	cli_add_others(out, &ref);
	return tell_downstream(session->workspace, ref.digest, &session->arena, out, d);
}

int
cli_seize(const struct cli_args *a, cli_seize_fn *act, const char *done)
{
	SESSION_AUTO    session = { 0 };
	PAL_AUTO_BUF    out = pal_buf_of(0);
	struct pal_diag d = { 0 };
	enum pal_err    err = PAL_OK;

	if (cli_text(a, "reason", NULL) == NULL)
		return cli_usage("palisade %s needs --reason TEXT", a->verb->name);
	err = session_open(&session, a, true, &d);
	if (err == PAL_OK)
		err = seize(a, &session, act, done, &out, &d);
	if (err != PAL_OK)
		return cli_fail(err, &d);
	return cli_output(NULL, pal_buf_view(&out));
}
