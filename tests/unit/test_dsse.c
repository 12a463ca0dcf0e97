/* test_dsse.c - the protocol's own example, what reading refuses, and that nothing damaged verifies. */
#include "palisade/dsse.h"

#include "check.h"
#include "mutate.h"
#include "palisade/file.h"
#include "palisade/hex.h"

#define VECTORS "../shared/vectors/supply/dsse/"

/* protocol.md's test vector: the pre-authentication encoding of "hello world". */
static void
test_pae(void)
{
	PAL_AUTO_BUF b = pal_buf_of(0);

	pal_dsse_pae(pal_view_of("http://example.com/HelloWorld"), pal_view_of("hello world"), &b);
	CHECK(pal_view_is(pal_buf_view(&b), "DSSEv1 29 http://example.com/HelloWorld 11 hello world"));
	pal_buf_clear(&b);
	pal_dsse_pae((struct pal_view){ 0 }, (struct pal_view){ 0 }, &b);
	CHECK(pal_view_is(pal_buf_view(&b), "DSSEv1 0  0 "));
}

static const struct {
	const char *json;
	int         want;
} reads[] = {
	{ "{\"payload\":\"YQ==\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"YQ==\"}]}", PAL_OK },
	{ "{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"YQ==\",\"keyid\":null}]}", PAL_OK },
	{ "{\"payload\":\"-_8\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"YQ==\",\"keyid\":\"\"}]}", PAL_OK },
	{ "{\"payload\":\"+/8=\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"YQ==\",\"keyid\":\"k\"}],\"x\":1}",
	  PAL_OK },
	{ "{\"payload\":\"-/8=\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"YQ==\"}]}", PAL_EFORM },
	{ "{\"payload\":\"YR==\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"YQ==\"}]}", PAL_EFORM },
	{ "{\"payload\":\"YQ==\",\"payload\":\"YQ==\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"YQ==\"}]}",
	  PAL_EFORM },
	{ "{\"payload\":\"YQ==\",\"payloadType\":\"\",\"signatures\":[{\"sig\":\"YQ==\"}]}", PAL_EFORM },
	{ "{\"payload\":\"YQ==\",\"signatures\":[{\"sig\":\"YQ==\"}]}", PAL_EFORM },
	{ "{\"payload\":\"YQ==\",\"payloadType\":\"t\",\"signatures\":[]}", PAL_EFORM },
	{ "{\"payload\":\"YQ==\",\"payloadType\":\"t\"}", PAL_EFORM },
	{ "{\"payload\":\"YQ==\",\"payloadType\":\"t\",\"signatures\":[{}]}", PAL_EFORM },
	{ "{\"payload\":\"YQ==\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"\"}]}", PAL_EFORM },
	{ "{\"payload\":\"YQ==\",\"payloadType\":\"t\",\"signatures\":[\"YQ==\"]}", PAL_EFORM },
	{ "{\"payload\":\"YQ==\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"YQ==\",\"keyid\":7}]}", PAL_EFORM },
	{ "{\"payload\":5,\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"YQ==\"}]}", PAL_EFORM },
	{ "{\"payload\":\"YQ==\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"YQ==\"}]} x", PAL_EFORM },
	{ "[]", PAL_EFORM },
	{ "", PAL_EFORM },
};

static void
test_reads(void)
{
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		PAL_AUTO_ARENA  arena;
		struct pal_dsse e = { 0 };
		struct pal_diag d = { 0 };

		pal_arena_init(&arena, 65536);
		CHECK_SAY((int)pal_dsse_read(pal_view_of(reads[i].json), &arena, &e, &d) == reads[i].want,
			  reads[i].json);
		CHECK((reads[i].want == PAL_OK) == (d.text[0] == '\0'));
	}
}

static void
test_many_signatures(void)
{
	PAL_AUTO_ARENA  arena;
	PAL_AUTO_BUF    b = pal_buf_of(0);
	struct pal_dsse e = { 0 };

	pal_arena_init(&arena, 65536);
	pal_buf_add_text(&b, "{\"payload\":\"YQ==\",\"payloadType\":\"t\",\"signatures\":[");
	for (int i = 0; i <= PAL_DSSE_SIGNATURES_MAX; i++)
		pal_buf_printf(&b, "%s{\"sig\":\"YQ==\"}", i == 0 ? "" : ",");
	pal_buf_add_text(&b, "]}");
	CHECK(pal_dsse_read(pal_buf_view(&b), &arena, &e, NULL) == PAL_ELIMIT);
}

struct case_of {
	const struct pal_key *key;
	struct pal_view       payload;
	unsigned int          accepted, changed;
};

static void
damaged(struct pal_view v, void *arg)
{
	struct case_of *c = arg;
	struct pal_dsse e = { 0 };
	PAL_AUTO_ARENA  arena;

	pal_arena_init(&arena, 65536);
	if (pal_dsse_read(v, &arena, &e, NULL) != PAL_OK || pal_dsse_verify(&e, &c->key, 1, NULL, NULL) != PAL_OK)
		return;
	c->accepted++;
	if (!pal_view_eq(e.payload, c->payload) || strcmp(e.type, PAL_DSSE_INTOTO) != 0)
		c->changed++;
}

static void
test_sign(enum pal_key_kind kind)
{
	PAL_AUTO_ARENA        arena;
	PAL_AUTO_KEY          key = NULL;
	PAL_AUTO_KEY          other = NULL;
	PAL_AUTO_BUF          b = pal_buf_of(0);
	PAL_AUTO_BUF          again = pal_buf_of(0);
	struct pal_dsse       e = { 0 };
	const struct pal_key *keys[2] = { 0 };
	struct case_of        c = { .payload = pal_view_of("{\"a\":1}") };
	size_t                which = 9;

	pal_arena_init(&arena, 65536);
	CHECK(pal_key_generate(kind, &key, NULL) == PAL_OK && pal_key_generate(kind, &other, NULL) == PAL_OK);
	CHECK(pal_dsse_sign(key, PAL_DSSE_INTOTO, c.payload, &b, NULL) == PAL_OK);
	CHECK(pal_dsse_read(pal_buf_view(&b), &arena, &e, NULL) == PAL_OK);
	CHECK(strcmp(e.type, PAL_DSSE_INTOTO) == 0 && pal_view_eq(e.payload, c.payload));
	CHECK(e.signature_count == 1 && strcmp(e.signatures[0].key_id, pal_key_id(key)) == 0);
	pal_dsse_write(&e, &again);
	CHECK(pal_view_eq(pal_buf_view(&b), pal_buf_view(&again)));
	keys[0] = other;
	keys[1] = key;
	CHECK(pal_dsse_verify(&e, keys, 1, &which, NULL) == PAL_EVERIFY && which == 9);
	CHECK(pal_dsse_verify(&e, keys, 2, &which, NULL) == PAL_OK && which == 1);
	CHECK(pal_dsse_verify(&e, NULL, 0, NULL, NULL) == PAL_EVERIFY);
	c.key = key;
	pal_mutate_all(pal_buf_view(&b), damaged, &c);
	CHECK(c.accepted > 0 && c.changed == 0); /* a changed key id is still accepted: it is only a hint */
}

static void
test_vector(void)
{
	PAL_AUTO_ARENA  arena;
	PAL_AUTO_KEY    key = NULL;
	PAL_AUTO_BUF    json = pal_buf_of(0);
	PAL_AUTO_BUF    pae = pal_buf_of(0);
	PAL_AUTO_BUF    ours = pal_buf_of(0);
	struct pal_dsse e = { 0 };

	pal_arena_init(&arena, 65536);
	if (!pal_file_exists(VECTORS)) {
		printf("skipped: ../shared/vectors is not here\n");
		return;
	}
	CHECK(pal_key_load_public(VECTORS "helloworld.pub.pem", &key, NULL) == PAL_OK);
	CHECK(pal_file_read(VECTORS "helloworld.json", 65536, &json, NULL) == PAL_OK);
	CHECK(pal_file_read(VECTORS "helloworld.pae", 65536, &pae, NULL) == PAL_OK);
	CHECK(pal_dsse_read(pal_buf_view(&json), &arena, &e, NULL) == PAL_OK);
	if (key == NULL || e.type == NULL)
		return;
	pal_dsse_pae(pal_view_of(e.type), e.payload, &ours);
	CHECK(pal_view_eq(pal_buf_view(&ours), pal_buf_view(&pae)));
	CHECK(pal_dsse_verify(&e, (const struct pal_key *const *)&key, 1, NULL, NULL) == PAL_OK);
	e.type = "http://example.com/HelloWorle";
	CHECK(pal_dsse_verify(&e, (const struct pal_key *const *)&key, 1, NULL, NULL) == PAL_EVERIFY);
}

int
main(void)
{
	test_pae();
	test_reads();
	test_many_signatures();
	for (int k = PAL_KEY_P256; k < PAL_KEY_RSA; k++)
		test_sign((enum pal_key_kind)k);
	test_vector();
	return check_done();
}
