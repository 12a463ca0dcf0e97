/* test_references.c - paths and URLs: which stay in the folder, which do not, however they are spelt. */
#include "detecting.h"

extern const struct pal_detector pal_detector_references;

static struct pal_detect *rules;

static const struct {
	const char       *path, *id; /* NULL: nothing */
	enum pal_severity severity;
} cases[] = {
	{ "weights.bin", NULL, PAL_INFO },
	{ "sub/dir/weights.bin", NULL, PAL_INFO },
	{ "sub\\weights.bin", NULL, PAL_INFO },
	{ "./weights.bin", NULL, PAL_INFO },
	{ "", NULL, PAL_INFO },
	{ ".", NULL, PAL_INFO },
	{ "...", NULL, PAL_INFO },
	{ "..data", NULL, PAL_INFO },
	{ "100%25 done.bin", NULL, PAL_INFO },
	{ "a$b.bin", NULL, PAL_INFO },
	{ "price$.bin", NULL, PAL_INFO },
	{ "layer:0", NULL, PAL_INFO },
	{ "console.bin", NULL, PAL_INFO },
	{ "~weights", NULL, PAL_INFO },
	{ "..", "REF-TRAVERSAL", PAL_HIGH },
	{ "../up.bin", "REF-TRAVERSAL", PAL_HIGH },
	{ "a/../../up.bin", "REF-TRAVERSAL", PAL_HIGH },
	{ "a\\..\\..\\up.bin", "REF-TRAVERSAL", PAL_HIGH },
	{ "./../up.bin", "REF-TRAVERSAL", PAL_HIGH },
	{ "a/../b.bin", "REF-TRAVERSAL", PAL_MEDIUM },
	{ "%2e%2e/up.bin", "REF-TRAVERSAL", PAL_HIGH },
	{ "%2E%2E%2Fup.bin", "REF-TRAVERSAL", PAL_HIGH },
	{ "%252e%252e%252fup.bin", "REF-TRAVERSAL", PAL_HIGH },
	{ ".. /up.bin", "REF-TRAVERSAL", PAL_HIGH },
	{ "/etc/passwd", "REF-ABSOLUTE", PAL_HIGH },
	{ "/home/me/.ssh/id_rsa", "REF-ABSOLUTE", PAL_HIGH },
	{ "/proc/self/environ", "REF-ABSOLUTE", PAL_HIGH },
	{ "/data/weights.bin", "REF-ABSOLUTE", PAL_MEDIUM },
	{ "%2fdata%2fweights.bin", "REF-ABSOLUTE", PAL_MEDIUM },
	{ "C:\\data\\weights.bin", "REF-ABSOLUTE", PAL_MEDIUM },
	{ "c:weights.bin", "REF-ABSOLUTE", PAL_MEDIUM },
	{ "C:\\Windows\\System32\\config\\SAM", "REF-ABSOLUTE", PAL_HIGH },
	{ "\\\\host\\share\\w.bin", "REF-ABSOLUTE", PAL_HIGH },
	{ "//host/share/w.bin", "REF-ABSOLUTE", PAL_HIGH },
	{ "\\\\?\\C:\\w.bin", "REF-ABSOLUTE", PAL_HIGH },
	{ "~/w.bin", "REF-ABSOLUTE", PAL_HIGH },
	{ "~root/w.bin", "REF-ABSOLUTE", PAL_HIGH },
	{ "$HOME/w.bin", "REF-ABSOLUTE", PAL_MEDIUM },
	{ "${HOME}/w.bin", "REF-ABSOLUTE", PAL_MEDIUM },
	{ "%APPDATA%\\w.bin", "REF-ABSOLUTE", PAL_MEDIUM },
	{ "NUL", "REF-ABSOLUTE", PAL_LOW },
	{ "sub/com1.bin", "REF-ABSOLUTE", PAL_LOW },
	{ "file:///etc/passwd", "REF-ABSOLUTE", PAL_HIGH },
	{ "FILE:/etc/passwd", "REF-ABSOLUTE", PAL_HIGH },
	{ "http://host.example/w.bin", "REF-URL", PAL_MEDIUM },
	{ "https://host.example/../w.bin", "REF-URL", PAL_MEDIUM },
	{ "smb://host/share", "REF-URL", PAL_HIGH },
	{ "s3://bucket/w.bin", "REF-URL", PAL_LOW },
	{ "gopher://host/1", "REF-URL", PAL_MEDIUM },
};

static struct pal_content
reference(const char *what, struct pal_view path)
{
	return (struct pal_content){ .kind = PAL_CONTENT_REFERENCE,
				     .loader = "onnx",
				     .name = pal_view_of(what),
				     .text = path,
				     .place = { .path = "m.onnx", .offset = 9, .field = "tensor w" } };
}

static void
one(const char *what, struct pal_view path, const char *id, enum pal_severity severity)
{
	struct detecting          t;
	const struct pal_finding *f;

	detecting_start(&t, rules, &pal_detector_references);
	detecting_feed(&t, reference(what, path));
	detecting_finish(&t);
	f = id == NULL ? NULL : detecting_found(&t, id, NULL);
	if (!CHECK(t.found.list.count == (id == NULL ? 0 : 1) &&
		   (id == NULL || (f != NULL && f->severity == severity))))
		printf("  %.*s: %s\n", (int)path.len, (const char *)path.data,
		       t.found.list.count == 0 ? "nothing"
					       : ((const struct pal_finding *)pal_list_at(&t.found.list, 0))->text);
	detecting_done(&t);
}

static void
texts(void)
{
	struct detecting          t;
	const struct pal_finding *f;

	detecting_start(&t, rules, &pal_detector_references);
	for (int i = 0; i < 3; i++)
		detecting_feed(&t, reference("external_data", pal_view_of("../x\n")));
	detecting_finish(&t);
	f = detecting_found(&t, "REF-TRAVERSAL", "../x?");
	CHECK(f != NULL && f->count == 3 && f->place.offset == 9);
	CHECK(f != NULL && strcmp(f->text, "onnx: external_data of tensor w \"../x?\" leaves the model's folder") == 0);
	detecting_done(&t);
}

int
main(void)
{
	char long_path[5000];

	rules = detecting_rules();
	if (rules == NULL)
		return check_done();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		one("vocabulary", pal_view_of(cases[i].path), cases[i].id, cases[i].severity);
	one("external_data", pal_view_of("/data/weights.bin"), "REF-ABSOLUTE", PAL_HIGH);
	one("external_data", pal_view_of("D:\\weights.bin"), "REF-ABSOLUTE", PAL_HIGH);
	one("external_data", pal_view_of("s3://bucket/w.bin"), "REF-URL", PAL_HIGH);
	one("vocabulary", (struct pal_view){ (const uint8_t *)"a\0b", 3 }, "REF-TRAVERSAL", PAL_HIGH);
	one("vocabulary", pal_view_of("a%00b"), "REF-TRAVERSAL", PAL_HIGH);
	memset(long_path, 'a', sizeof(long_path));
	one("vocabulary", (struct pal_view){ (const uint8_t *)long_path, sizeof(long_path) }, "REF-TRAVERSAL",
	    PAL_MEDIUM);
	texts();
	pal_detect_free(&rules);
	return check_done();
}
