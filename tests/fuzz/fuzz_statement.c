/* fuzz_statement.c - statements, and each kind of predicate in them; what is read writes and reads back. */
#include "palisade/approval.h"
#include "palisade/label.h"
#include "palisade/lineage.h"
#include "palisade/predicate.h"
#include "palisade/taint.h"
#include "palisade/vsa.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_predicate(const struct pal_statement *s, struct pal_arena *a)
{
	struct pal_scan_summary    scan = { 0 };
	struct pal_source          source = { 0 };
	struct pal_evaluation      evaluation = { 0 };
	struct pal_vsa             vsa = { 0 };
	struct pal_label_statement label = { 0 };
	struct pal_approval        approval = { 0 };
	struct pal_diag            d = { 0 };

	if (pal_scan_summary_of(s, a, &scan, &d) == PAL_OK || pal_source_of(s, a, &source, &d) == PAL_OK ||
	    pal_evaluation_of(s, a, &evaluation, &d) == PAL_OK || pal_vsa_of(s, a, &vsa, &d) == PAL_OK ||
	    pal_label_of(s, a, &label, &d) == PAL_OK || pal_approval_of(s, a, &approval, &d) == PAL_OK)
		return;
	PAL_ASSERT(d.text[0] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PAL_AUTO_ARENA      a;
	PAL_AUTO_BUF        text = pal_buf_of(0);
	struct pal_evidence e = { .id = "e", .signer = "k" };
	struct pal_lineage  l;
	struct pal_taint    t;
	struct pal_diag     d = { 0 };

	pal_arena_init(&a, (size_t)32 << 20);
	if (pal_statement_parse((struct pal_view){ data, size }, &a, &e.statement, &d) != PAL_OK)
		return 0;
	read_predicate(&e.statement, &a);
	l = pal_lineage_of(&a);
	t = pal_taint_of(&l);
	PAL_ASSERT(pal_lineage_take(&l, &e, &d) == PAL_OK || d.text[0] != '\0');
	PAL_ASSERT(pal_taint_take(&t, &e, &d) == PAL_OK || d.text[0] != '\0');
	if (pal_statement_write(&e.statement, &text, &d) == PAL_OK)
		PAL_ASSERT(pal_statement_parse(pal_buf_view(&text), &a, &e.statement, &d) == PAL_OK ||
			   pal_arena_err(&a) != PAL_OK);
	return 0;
}
