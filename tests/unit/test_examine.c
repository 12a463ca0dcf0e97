/* test_examine.c - what one file is taken for, what is said about it, and that nothing is skipped in silence. */
#include <stdlib.h>
#include <zlib.h>

#include "check.h"
#include "palisade/anomaly.h"
#include "palisade/examine.h"
#include "palisade/file.h"
#include "palisade/format.h"

static struct pal_arena      arena;
static struct pal_scan_rules rules;

static struct pal_scan_file
examine_with(const char *name, struct pal_view content, const struct pal_limits *limits, size_t memory)
{
	struct pal_examiner  e = { .rules = &rules, .limits = limits, .memory = memory };
	struct pal_input     in = pal_input_of_view(content);
	struct pal_scan_file f = { 0 };

	CHECK(pal_examine(&e, &in, name, &arena, &f) == PAL_OK);
	pal_input_done(&in);
	return f;
}

static struct pal_scan_file
examine(const char *name, struct pal_view content)
{
	return examine_with(name, content, NULL, 0);
}

static const struct pal_finding *
finding(const struct pal_scan_file *f, const char *rule)
{
	for (size_t i = 0; i < f->finding_count; i++)
		if (strcmp(f->findings[i].rule->id, rule) == 0)
			return &f->findings[i];
	return NULL;
}

#define PICKLE                           \
	"\x80\x02]q\x00(K\x01K\x02K\x03" \
	"e."
#define BYTES(s)                                    \
	{                                           \
		(const uint8_t *)(s), sizeof(s) - 1 \
	}

static const struct {
	const char       *name;
	struct pal_view   content;
	const char       *format;
	bool              complete;
	const char       *rule; /* NULL: no finding at all */
	enum pal_severity severity;
} cases[] = {
	{ "empty.pkl", BYTES(""), "empty", true, NULL, PAL_INFO },
	{ "a.txt", BYTES("just some words\n"), "text", true, NULL, PAL_INFO },
	{ "a.csv", BYTES("a,b\n1,2\n3,4\n5,6\n"), "csv", true, NULL, PAL_INFO },
	{ "noise.xyz", BYTES("\x00\x01\x02\xfe\xff\x00\x9a"), "unknown", false, "SCAN-UNKNOWN", PAL_LOW },
	{ "a.rar", BYTES("Rar!\x1a\x07\x01\x00\x00\x00"), "unknown", false, "SCAN-UNKNOWN", PAL_LOW },
	{ "a.png", BYTES("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"), "unknown", false, "SCAN-UNKNOWN", PAL_LOW },
	{ "a.pt", BYTES("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"), "unknown", false, "SCAN-UNKNOWN", PAL_LOW },
	{ "m.safetensors", BYTES("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"), "text", true,
	  "SCAN-EXT-MISMATCH", PAL_LOW },
	{ "numbers.pkl", BYTES(PICKLE), "pickle", true, NULL, PAL_INFO },
	{ "numbers.PNG", BYTES(PICKLE), "pickle", true, "SCAN-EXT-MISMATCH", PAL_HIGH },
	{ "m.safetensors", BYTES(PICKLE), "pickle", true, "SCAN-EXT-MISMATCH", PAL_HIGH },
	{ "a.pkl", BYTES("just some words\n"), "text", true, "SCAN-EXT-MISMATCH", PAL_LOW },
};

static void
test_table(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pal_scan_file      f = examine(cases[i].name, cases[i].content);
		const struct pal_finding *one = cases[i].rule == NULL ? NULL : finding(&f, cases[i].rule);

		CHECK_SAY(strcmp(f.format, cases[i].format) == 0, cases[i].name);
		CHECK_SAY(f.complete == cases[i].complete, cases[i].name);
		CHECK_SAY(cases[i].rule != NULL || f.finding_count == 0, cases[i].name);
		CHECK_SAY(cases[i].rule == NULL || (one != NULL && one->severity == cases[i].severity), cases[i].name);
		CHECK_SAY(one == NULL || strcmp(one->place.path, cases[i].name) == 0, cases[i].name);
	}
}

static void
test_rows(void)
{
	struct pal_scan_file f = examine("t.csv", pal_view_of("a,b\n1,2\n3,4\n5,6\n"));

	CHECK(f.rows == 3 && f.size == 16 && f.members == 0);
}

/* Too little memory, or too small a budget, is said; it is never a shorter answer. */
static void
test_limits(void)
{
	struct pal_limits    few = pal_limits_default;
	struct pal_scan_file f = examine_with("t.csv", pal_view_of("a,b\n1,2\n3,4\n5,6\n"), NULL, 64);

	CHECK(!f.complete && finding(&f, "SCAN-INCOMPLETE") != NULL);
	few.items = 2;
	f = examine_with("t.csv", pal_view_of("a,b\n1,2\n3,4\n5,6\n"), &few, 0);
	CHECK(!f.complete && finding(&f, "FORMAT-LIMIT") != NULL &&
	      finding(&f, "FORMAT-LIMIT")->severity == PAL_HIGH); /* the rule says medium */
}

static void
add_crc(struct pal_buf *b, struct pal_view v)
{
	pal_buf_add_u32le(b, (uint32_t)crc32(0, v.data, (uInt)v.len));
	pal_buf_add_u32le(b, (uint32_t)v.len);
	pal_buf_add_u32le(b, (uint32_t)v.len);
}

/* Adds an archive of one stored member (APPNOTE 4.3.7, 4.3.12, 4.3.16); its offsets count from its own start. */
static void
add_zip(struct pal_buf *b, const char *name, struct pal_view content)
{
	size_t at = b->len, directory = 0, n = strlen(name);

	pal_buf_add(b, (struct pal_view)BYTES("PK\x03\x04\x14\0\0\0\0\0\0\0\x21\0"));
	add_crc(b, content);
	pal_buf_add_u16le(b, (uint16_t)n);
	pal_buf_add_u16le(b, 0);
	pal_buf_add_text(b, name);
	pal_buf_add(b, content);
	directory = b->len;
	pal_buf_add(b, (struct pal_view)BYTES("PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\x21\0"));
	add_crc(b, content);
	pal_buf_add_u16le(b, (uint16_t)n);
	pal_buf_add(b, (struct pal_view)BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
	pal_buf_add_text(b, name);
	pal_buf_add(b, (struct pal_view)BYTES("PK\x05\x06\0\0\0\0\1\0\1\0"));
	pal_buf_add_u32le(b, (uint32_t)(46 + n));
	pal_buf_add_u32le(b, (uint32_t)(directory - at));
	pal_buf_add_u16le(b, 0);
}

#define RAGGED pal_view_of("a,b\n1,2\n3,4\n5,6\n7,8\n9,1\n2,3\n4,5\n6\n7,8\n9,1\n1,2\n")

static void
test_members(void)
{
	PAL_AUTO_BUF              inner = pal_buf_of(0), outer = pal_buf_of(0);
	struct pal_limits         flat = pal_limits_default;
	struct pal_scan_file      f;
	const struct pal_finding *one = NULL;

	add_zip(&inner, "deep/t.csv", RAGGED);
	f = examine("a.zip", pal_buf_view(&inner));
	one = finding(&f, "CSV-RAGGED");
	CHECK(strcmp(f.format, "zip") == 0 && f.complete && f.members == 1 && f.rows == 11);
	CHECK(one != NULL && strcmp(one->place.path, "a.zip!/deep/t.csv") == 0);
	add_zip(&outer, "in.zip", pal_buf_view(&inner));
	f = examine("b.zip", pal_buf_view(&outer));
	one = finding(&f, "CSV-RAGGED");
	CHECK(f.members == 2 && one != NULL && strcmp(one->place.path, "b.zip!/in.zip!/deep/t.csv") == 0);
	flat.depth = 1;
	f = examine_with("b.zip", pal_buf_view(&outer), &flat, 0);
	CHECK(!f.complete && finding(&f, "SCAN-BUDGET") != NULL && finding(&f, "CSV-RAGGED") == NULL);
}

/* An archive behind another format is seen whatever stands before it, and each member once. */
static void
test_polyglots(void)
{
	static const struct pal_view heads[] = { BYTES(PICKLE), BYTES("just some words\n"),
						 BYTES("\x00\x01\x02\xfe\xff"),
						 BYTES("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR") };

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		PAL_AUTO_BUF              b = pal_buf_of(0);
		struct pal_scan_file      f;
		const struct pal_finding *one = NULL;

		pal_buf_add(&b, heads[i]);
		add_zip(&b, "t.csv", RAGGED);
		f = examine("a.bin", pal_buf_view(&b));
		one = finding(&f, "CSV-RAGGED");
		CHECK(one != NULL && one->count == 1);
		if (one == NULL)
			printf("head %zu: %s\n", i, f.format);
		CHECK(finding(&f, "SCAN-POLYGLOT") != NULL || finding(&f, "ZIP-POLYGLOT") != NULL ||
		      finding(&f, "PICKLE-TRAILING") != NULL);
	}
}

/* A model that its loader finds behind 4 KiB of words, past what a probe is shown. */
static void
test_user_block(void)
{
	PAL_AUTO_BUF         b = pal_buf_of(0), model = pal_buf_of(0);
	struct pal_scan_file f = { 0 };

	CHECK(pal_file_read(SOURCE_DIR "/tests/corpus/hdf5/bad/external_link.h5", 1 << 20, &model, NULL) == PAL_OK);
	for (size_t i = 0; i < 1024; i++)
		pal_buf_add_text(&b, "abc\n");
	pal_buf_add(&b, pal_buf_view(&model));
	f = examine("a.h5", pal_buf_view(&b));
	CHECK(finding(&f, "SCAN-POLYGLOT") != NULL && finding(&f, "HDF5-EXTERNAL") != NULL);
	f = examine("a.txt", pal_buf_view(&b));
	CHECK(finding(&f, "HDF5-EXTERNAL") == NULL || strcmp(f.format, "unknown") == 0);
}

static void
count_progress(void *arg, uint64_t bytes)
{
	uint64_t *last = arg;

	CHECK(bytes >= *last + PAL_EXAMINE_TICK);
	*last = bytes;
}

/* What is large says how far it is, in steps that are worth more time. */
static void
test_progress(void)
{
	size_t               n = (size_t)5 * PAL_EXAMINE_TICK / 2;
	uint8_t             *zeros = calloc(n, 1);
	uint64_t             last = 0;
	struct pal_examiner  e = { .rules = &rules, .progress = count_progress, .arg = &last };
	struct pal_input     in = pal_input_of_view((struct pal_view){ zeros, n });
	struct pal_scan_file f = { 0 };

	if (!CHECK(zeros != NULL))
		return;
	CHECK(pal_examine(&e, &in, "zeros", &arena, &f) == PAL_OK && last >= 2 * PAL_EXAMINE_TICK && last <= n);
	pal_input_done(&in);
	free(zeros);
}

/* A file that cannot be read after all. */
static void
test_unreadable(void)
{
	struct pal_examiner  e = { .rules = &rules };
	struct pal_input     in = pal_input_of_fd(1000, 100); /* no such descriptor */
	struct pal_scan_file f = { 0 };

	CHECK(pal_examine(&e, &in, "gone.csv", &arena, &f) == PAL_OK);
	CHECK(!f.complete && finding(&f, "SCAN-INCOMPLETE") != NULL);
	pal_input_done(&in);
}

/* A sample of a format's corpus. */
static struct pal_buf
sample(const char *path)
{
	struct pal_buf b = pal_buf_of(0);
	FILE          *f = fopen(path, "rb");
	uint8_t        chunk[4096];
	size_t         n = 0;

	CHECK_SAY(f != NULL, path);
	while (f != NULL && (n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		pal_buf_add(&b, (struct pal_view){ chunk, n });
	if (f != NULL)
		(void)fclose(f);
	return b;
}

/* An archive that ends near the end of another is a member of it, not a second reading of the whole file. */
static void
test_nested(void)
{
	struct pal_buf            b = sample(SOURCE_DIR "/tests/corpus/nested/good/zip_in_tar.nemo");
	struct pal_scan_file      f = examine("m.nemo", pal_buf_view(&b));
	const struct pal_finding *one = NULL;

	CHECK(f.complete && f.finding_count == 0 && f.members == 3);
	pal_buf_done(&b);
	b = sample(SOURCE_DIR "/tests/corpus/nested/bad/zip_behind_tar.tar");
	f = examine("m.tar", pal_buf_view(&b));
	CHECK(finding(&f, "ZIP-POLYGLOT") != NULL && finding(&f, "TAR-TRAILING") != NULL);
	pal_buf_done(&b);
	b = sample(SOURCE_DIR "/tests/corpus/nested/bad/deep.7z.zst.xz"); /* a pickle in zip, tar, gzip, 7z, zstd, xz */
	f = examine("deep.7z.zst.xz", pal_buf_view(&b));
	one = finding(&f, "PICKLE-EXEC");
	CHECK(f.complete && f.finding_count == 1 && one != NULL);
	CHECK(one != NULL && strcmp(one->place.path, "deep.7z.zst.xz!/deep.7z.zst!/deep.7z!/a.tar.gz!/a.tar!/a.zip!/"
						     "model.pkl") == 0);
	pal_buf_done(&b);
}

/* Bombs within bombs: what depth and output leave out is said, and it is soon over. */
static void
test_nested_bombs(void)
{
	struct pal_buf       b = sample(SOURCE_DIR "/tests/corpus/nested/bad/sixty.gz");
	struct pal_limits    few = pal_limits_default;
	struct pal_scan_file f = examine("sixty.gz", pal_buf_view(&b));

	CHECK(!f.complete && finding(&f, "SCAN-BUDGET") != NULL && f.members == 8);
	pal_buf_done(&b);
	b = sample(SOURCE_DIR "/tests/corpus/nested/bad/tree.zip"); /* 16 in each of 16 in each of 16 ... */
	few.output = 1u << 20;
	f = examine_with("tree.zip", pal_buf_view(&b), &few, 0);
	CHECK(!f.complete && finding(&f, "FORMAT-LIMIT") != NULL && f.members < 2000);
	pal_buf_done(&b);
}

/* A tensor's numbers, with a program among them: found in what the file lends, left out and said when nobody asks. */
static void
test_tensors(void)
{
	static const char    header[] = "{\"w\":{\"dtype\":\"F32\",\"shape\":[64],\"data_offsets\":[0,256]}}";
	static uint8_t       file[8 + sizeof(header) - 1 + 256] = { sizeof(header) - 1 };
	static const uint8_t elf[64] = { 0x7f, 'E',      'L',       'F',      2,         1,
					 1,    [16] = 2, [18] = 62, [20] = 1, [52] = 64, [54] = 56 };
	struct pal_examiner  e = { .rules = &rules, .structure = true };
	struct pal_input     in = pal_input_of_view((struct pal_view){ file, sizeof(file) });
	struct pal_scan_file f = { 0 };

	memcpy(file + 8, header, sizeof(header) - 1);
	memcpy(file + sizeof(file) - 200, elf, sizeof(elf));
	f = examine("m.safetensors", (struct pal_view){ file, sizeof(file) });
	CHECK(f.complete && f.unread == 0 && finding(&f, "WEIGHTS-PAYLOAD") != NULL);
	CHECK(pal_examine(&e, &in, "m.safetensors", &arena, &f) == PAL_OK);
	pal_input_done(&in);
	CHECK(!f.complete && f.unread == 256 && finding(&f, "SCAN-STRUCTURE") != NULL);
	CHECK(finding(&f, "WEIGHTS-PAYLOAD") == NULL);
}

int
main(void)
{
	struct pal_detect *detect = NULL;
	struct pal_diag    d = { 0 };

	pal_arena_init(&arena, (size_t)64 << 20);
	CHECK(pal_detect_load(NULL, &detect, &d) == PAL_OK);
	CHECK(pal_scan_rules_of(detect, &arena, &rules, &d) == PAL_OK);
	test_table();
	test_rows();
	test_limits();
	test_nested();
	test_nested_bombs();
	test_members();
	test_polyglots();
	test_user_block();
	test_progress();
	test_unreadable();
	test_tensors();
	pal_detect_free(&detect);
	pal_arena_done(&arena);
	return check_done();
}
