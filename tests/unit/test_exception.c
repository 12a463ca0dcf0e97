/* test_exception.c - what counts, what does not and why; the approval is bound to every word of the exception. */
#include "palisade/exception.h"

#include "check.h"
#include "sample_pipeline.h"

#define DAY_MS UINT64_C(86400000)

struct fake {
	bool         approved;
	enum pal_err err;
	char         digest[PAL_DIGEST_TEXT];
	size_t       roles;
};

static enum pal_err
fake_find(void *arg, const struct pal_exception_decl *e, const char *digest, struct pal_texts roles,
	  struct pal_arena *a, struct pal_exception_approval *ret_approval, struct pal_diag *d)
{
	struct fake *f = arg;

	(void)e;
	(void)a;
	(void)snprintf(f->digest, sizeof(f->digest), "%s", digest);
	f->roles = roles.count;
	if (f->err != PAL_OK)
		return pal_fail(d, f->err, 0, "the ledger cannot be read");
	*ret_approval = f->approved ? (struct pal_exception_approval){ true, "rui", NULL }
				    : (struct pal_exception_approval){ false, NULL, "rui has not signed" };
	return PAL_OK;
}

static uint64_t
fake_now(void *arg)
{
	return *(uint64_t *)arg;
}

static const struct {
	int64_t     before_ms; /* from now to the expiry; negative: after it */
	bool        approved, counts;
	int         days;
	const char *why;
} cases[] = {
	{ 1, true, true, 0, "one site only until March (approved by rui, expires 2027-03-01T00:00:00Z)" },
	{ 86400000, true, true, 1, "one site only until March (approved by rui, expires 2027-03-01T00:00:00Z)" },
	{ 86399999, true, true, 0, "one site only until March (approved by rui, expires 2027-03-01T00:00:00Z)" },
	{ 0, true, false, 0,
	  "the exception expired at 2027-03-01T00:00:00Z; fix the cause, or declare and approve a new one" },
	{ -1, true, false, -1,
	  "the exception expired at 2027-03-01T00:00:00Z; fix the cause, or declare and approve a new one" },
	{ -86400001, false, false, -2,
	  "the exception expired at 2027-03-01T00:00:00Z; fix the cause, or declare and approve a new one" },
	{ 86400000, false, false, 1, "the exception is not approved with a signature: rui has not signed" },
};

static void
test_digest(void)
{
	const struct pal_exception_decl e[] = {
		{ .control = "VAL-01", .artifact = "risk", .reason = "r", .expires_ms = DAY_MS },
		{ .control = "VAL-02", .artifact = "risk", .reason = "r", .expires_ms = DAY_MS },
		{ .control = "VAL-01", .artifact = "rask", .reason = "r", .expires_ms = DAY_MS },
		{ .control = "VAL-01", .artifact = "risk", .reason = "s", .expires_ms = DAY_MS },
		{ .control = "VAL-01", .artifact = "risk", .reason = "r", .expires_ms = 2 * DAY_MS },
		{ .control = "VAL-01", .artifact = "risk", .reason = "r\",\"x\":\"", .expires_ms = DAY_MS },
	};
	struct pal_digest g[6] = { 0 };
	PAL_AUTO_BUF      b = pal_buf_of(0);

	for (size_t i = 0; i < 6; i++) {
		CHECK(pal_exception_digest(&e[i], &g[i]) == PAL_OK);
		for (size_t j = 0; j < i; j++)
			CHECK(!pal_digest_eq(&g[i], &g[j]));
	}
	pal_exception_write(&e[0], &b);
	CHECK(strcmp(pal_buf_text(&b), "{\"artifact\":\"risk\",\"control\":\"VAL-01\",\"expires\":\"1970-01-02T00:00:"
				       "00Z\",\"reason\":\"r\"}") == 0);
}

int
main(void)
{
	PAL_AUTO_ARENA              a;
	struct pal_pipeline        *p = NULL;
	struct pal_exceptions       x = { 0 };
	struct pal_diag             d = { 0 };
	struct fake                 fake = { 0 };
	struct pal_exception_source source = { fake_find, &fake };
	uint64_t                    now = 0, expires = 0;
	struct pal_clock            clock = { fake_now, &now };
	struct pal_digest           g = { 0 };
	char                        hex[PAL_DIGEST_TEXT];

	pal_arena_init(&a, (size_t)8 << 20);
	CHECK(sample_parse(sample_yaml, &a, &p, NULL, &d) == PAL_OK);
	expires = ((const struct pal_exception_decl *)p->policy.exceptions.items)->expires_ms;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		now = (uint64_t)((int64_t)expires - cases[i].before_ms);
		fake.approved = cases[i].approved;
		CHECK(pal_exceptions_judge(&p->policy, &clock, &source, &a, &x, &d) == PAL_OK && x.count == 1);
		CHECK_SAY(x.items[0].counts == cases[i].counts && x.items[0].days_left == cases[i].days, cases[i].why);
		CHECK_SAY(strcmp(x.items[0].why, cases[i].why) == 0, x.items[0].why);
		CHECK((x.items[0].approved_by != NULL) == cases[i].approved);
	}
	CHECK(pal_exception_digest(p->policy.exceptions.items, &g) == PAL_OK && fake.roles == 1);
	pal_digest_hex(&g, hex);
	CHECK(strcmp(hex, fake.digest) == 0);
	CHECK(pal_exception_for(&x, "VAL-01", "risk") == &x.items[0] &&
	      pal_exception_for(&x, "VAL-01", "ward") == NULL);
	CHECK(pal_exception_for(&x, "VAL-02", "risk") == NULL && pal_exception_for(NULL, "VAL-01", "risk") == NULL);
	CHECK(pal_exception_for(&x, "VAL-01", NULL) == NULL);
	CHECK(strcmp(pal_exception_purpose(x.items[0].decl, &a), "exception:VAL-01") == 0);
	fake.err = PAL_ESYS;
	x = (struct pal_exceptions){ 0 };
	CHECK(pal_exceptions_judge(&p->policy, &clock, &source, &a, &x, &d) == PAL_ESYS && x.count == 0);
	test_digest();
	return check_done();
}
