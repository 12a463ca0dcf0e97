/* test_fields.c - the first wrong field is the one that is named; what is absent gets its default. */
#include "evidence/fields.h"

#include "check.h"
#include "palisade/label.h"

int
main(void)
{
	static const char text[] =
	    "{\"t\":\"x\",\"e\":\"\",\"n\":7,\"r\":1.5,\"neg\":-1,\"z\":null,\"o\":{\"a\":[1]},\"l\":[],"
	    "\"when\":\"2026-01-01T00:00:00Z\",\"classes\":[\"pii\",\"secret\"],\"bad\":[\"x\"]}";
	PAL_AUTO_JSON   doc = NULL;
	PAL_AUTO_ARENA  a;
	struct fields   f = { 0 };
	struct pal_diag d = { 0 };

	pal_arena_init(&a, 1 << 16);
	CHECK(pal_json_parse(pal_view_of(text), 1000, &doc, &d) == PAL_OK);
	f = fields_of(doc, "thing", &a);
	CHECK(strcmp(field_text(&f, "t"), "x") == 0 && strcmp(field_text_or(&f, "none", "y"), "y") == 0);
	CHECK(field_text_or(&f, "z", NULL) == NULL && field_u64(&f, "n") == 7 && field_u64(&f, "none") == 0);
	CHECK(field_real(&f, "r", 0) > 1.4 && field_real(&f, "none", 2) > 1.9 && field_digest(&f, "none") == NULL);
	CHECK(field_time(&f, "when") == 1767225600000 && field_time(&f, "none") == 0);
	CHECK(strcmp(field_json(&f, "o"), "{\"a\":[1]}") == 0 && strcmp(field_json(&f, "none"), "{}") == 0);
	CHECK(field_array(&f, "l") != NULL && field_object(&f, "none") == NULL);
	CHECK(field_classes(&f) == (PAL_CLASS_BIT(PAL_CLASS_PII) | PAL_CLASS_BIT(PAL_CLASS_SECRET)));
	CHECK(fields_err(&f, &d) == PAL_OK);
	(void)field_u64(&f, "neg");
	CHECK(field_text(&f, "t") == NULL); /* after the first failure nothing is read */
	CHECK(fields_err(&f, &d) == PAL_EFORM && strstr(d.text, "thing: \"neg\": a whole number") != NULL);
	{
		static const char *const text_keys[] = { "e", "n", "z", "none" };

		for (size_t i = 0; i < 4; i++) {
			f = fields_of(doc, "thing", &a);
			CHECK(field_text(&f, text_keys[i]) == NULL && fields_err(&f, &d) == PAL_EFORM);
		}
	}
	f = fields_of(doc, "thing", &a);
	CHECK(field_digest(&f, "t") == NULL && fields_err(&f, &d) == PAL_EFORM);
	f = fields_of(doc, "thing", &a);
	CHECK(field_time(&f, "t") == 0 && fields_err(&f, &d) == PAL_EFORM);
	f = fields_of(doc, "thing", &a);
	CHECK(field_object(&f, "l") == NULL && fields_err(&f, &d) == PAL_EFORM);
	f = fields_of(json_object_get(doc, "l"), "thing", &a);
	CHECK(fields_err(&f, &d) == PAL_EFORM && strstr(d.text, "object") != NULL);
	return check_done();
}
