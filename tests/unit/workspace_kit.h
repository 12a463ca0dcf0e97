/* workspace_kit.h - a workspace with keys for two people, for tests that add evidence. */
#ifndef PALISADE_TEST_WORKSPACE_KIT_H
#define PALISADE_TEST_WORKSPACE_KIT_H

#include "palisade/evidence.h"

#include "check.h"
#include "scratch.h"

static struct pal_key *kit_key, *kit_ann, *kit_bo;
static uint64_t        kit_now = 1700000000000;

static inline uint64_t
kit_clock_now(void *arg)
{
	(void)arg;
	return kit_now;
}

static const struct pal_clock kit_clock = { .now_ms = kit_clock_now };

static inline struct pal_workspace *
kit_open(void)
{
	struct pal_workspace_options o = { .key = kit_key, .clock = &kit_clock };
	struct pal_workspace        *ws = NULL;
	struct pal_diag              d = { 0 };

	CHECK_SAY(pal_workspace_open(scratch_root, &o, &ws, &d) == PAL_OK, d.text);
	if (ws == NULL)
		abort();
	return ws;
}

/* A new workspace in a new folder, with the keys "ann" and "bo" beside its own. */
static inline struct pal_workspace *
kit_init(void)
{
	PAL_AUTO_SECRET pass = { 0 };
	struct pal_diag d = { 0 };

	(void)scratch_init();
	CHECK(pal_secret_of(pal_view_of("correct horse"), &pass) == PAL_OK);
	CHECK_SAY(pal_workspace_create(scratch_root, "example.org/ledger", &pass, &d) == PAL_OK, d.text);
	CHECK_SAY(pal_workspace_load_key(scratch_root, NULL, &pass, &kit_key, &d) == PAL_OK, d.text);
	CHECK_SAY(pal_workspace_new_key(scratch_root, "ann", &pass, &kit_ann, &d) == PAL_OK, d.text);
	CHECK_SAY(pal_workspace_new_key(scratch_root, "bo", &pass, &kit_bo, &d) == PAL_OK, d.text);
	return kit_open();
}

static inline int
kit_done(struct pal_workspace **ws)
{
	pal_workspace_free(ws);
	pal_key_free(&kit_key);
	pal_key_free(&kit_ann);
	pal_key_free(&kit_bo);
	scratch_done();
	return check_done();
}

/* Digests that are easy to tell apart: a number, filled up to 64 digits. */
static inline const char *
kit_digest(unsigned int n)
{
	static char         text[16][PAL_ID_TEXT];
	static unsigned int next;
	char               *p = text[next++ % 16];

	(void)snprintf(p, PAL_ID_TEXT, "%08x%056u", n, n);
	return p;
}

static inline enum pal_err
kit_add(struct pal_workspace *ws, const char *type, const char *subject, const char *predicate,
	const struct pal_key *key, char ret_id[PAL_ID_TEXT])
{
	struct pal_resource  r = { .name = "thing", .digest = subject };
	struct pal_statement s = { .type = type, .subjects = &r, .subject_count = 1, .predicate = predicate };
	struct pal_diag      d = { 0 };
	enum pal_err         err = pal_evidence_add(ws, &s, key, ret_id, &d);

	CHECK_SAY(err == PAL_OK, d.text);
	return err;
}

#endif
