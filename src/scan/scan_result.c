/* scan_result.c - both directions of one small format; to audit: decode, which reads what a broken-in worker may say.
 */
#include "palisade/scan_result.h"

#include "palisade/format.h"
#include "palisade/reader.h"
#include "palisade/utf8.h"

#define VERSION      2u
#define MOST_PATH    8192u
#define MOST_FIELD   1024u
#define MOST_TEXT    ((size_t)PAL_DIAG_TEXT)
#define LEAST_RECORD 43u /* bytes of a finding whose texts are empty */

static void
put_text(struct pal_buf *out, struct pal_view v, size_t most)
{
	PAL_AUTO_BUF clean = pal_buf_of(0);

	pal_utf8_clean(v, most, &clean);
	if (pal_buf_err(&clean) != PAL_OK)
		out->err = pal_buf_err(&clean);
	pal_buf_add_u16le(out, (uint16_t)clean.len);
	pal_buf_add(out, pal_buf_view(&clean));
}

/* "a.zip!/b.pkl" of a finding in "a.zip" is "!/b.pkl"; of the file itself, "". */
static struct pal_view
inside(const char *file, const char *path)
{
	struct pal_view v = pal_view_of(path);

	return path != NULL && pal_view_starts(v, file) ? pal_view_sub(v, pal_view_of(file).len, v.len)
							: (struct pal_view){ 0 };
}

static void
put_finding(struct pal_buf *out, const struct pal_scan_file *file, const struct pal_finding *f)
{
	put_text(out, pal_view_of(f->rule->id), MOST_FIELD);
	pal_buf_add_byte(out, (uint8_t)f->severity);
	pal_buf_add_byte(out, (uint8_t)f->confidence);
	put_text(out, inside(file->path, f->place.path), MOST_PATH);
	pal_buf_add_byte(out, f->place.field != NULL);
	put_text(out, pal_view_of(f->place.field), MOST_FIELD);
	pal_buf_add_u64le(out, f->place.offset);
	pal_buf_add_u64le(out, f->place.length);
	pal_buf_add_u64le(out, f->place.row);
	pal_buf_add_u64le(out, f->count);
	put_text(out, pal_view_of(f->text), MOST_TEXT);
}

enum pal_err
pal_scan_result_encode(const struct pal_scan_file *f, struct pal_buf *out)
{
	pal_buf_add_byte(out, VERSION);
	put_text(out, pal_view_of(f->format), MOST_FIELD);
	pal_buf_add_u64le(out, f->size);
	pal_buf_add_u64le(out, f->rows);
	pal_buf_add_u64le(out, f->members);
	pal_buf_add_byte(out, f->complete);
	pal_buf_add_u64le(out, f->unread);
	pal_buf_add_u32le(out, (uint32_t)f->finding_count);
	for (size_t i = 0; i < f->finding_count; i++)
		put_finding(out, f, &f->findings[i]);
	return pal_buf_err(out);
}

struct decoder {
	struct pal_reader            r;
	const char                  *path;
	const struct pal_scan_rules *rules;
	struct pal_arena            *a;
	struct pal_diag             *d;
};

/* The answer for everything that cannot be: what stands there, what was expected. */
static enum pal_err
refuse(const struct decoder *c, const char *what)
{
	enum pal_err e = pal_reader_err(&c->r);

	return pal_fail(c->d, e == PAL_OK ? PAL_EFORM : e, c->r.offset, "scan result: %s", what);
}

static struct pal_view
get_view(struct decoder *c, size_t most)
{
	uint16_t len = pal_read_u16le(&c->r);

	if (len > most && pal_reader_err(&c->r) == PAL_OK)
		c->r.err = PAL_ELIMIT;
	return pal_read_view(&c->r, len);
}

/* A cleaned copy, after `prefix`. */
static const char *
get_text(struct decoder *c, const char *prefix, size_t most)
{
	PAL_AUTO_BUF clean = pal_buf_of(0);

	pal_buf_add_text(&clean, prefix);
	pal_utf8_clean(get_view(c, most), most, &clean);
	return pal_arena_text(c->a, pal_buf_view(&clean));
}

static bool
get_bool(struct decoder *c)
{
	uint8_t b = pal_read_u8(&c->r);

	if (b > 1 && pal_reader_err(&c->r) == PAL_OK)
		c->r.err = PAL_EFORM;
	return b == 1;
}

static const char *
get_format(struct decoder *c)
{
	static const char *const others[] = { "unknown", "empty", "none" };
	struct pal_view          name = get_view(c, MOST_FIELD);

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (pal_view_is(name, others[i]))
			return others[i];
	for (const struct pal_format *const *f = pal_formats; *f != NULL; f++)
		if (pal_view_is(name, (*f)->name))
			return (*f)->name;
	return NULL;
}

static enum pal_err
get_place(struct decoder *c, struct pal_place *ret_place)
{
	struct pal_place p = { .path = get_text(c, c->path, MOST_PATH) };
	bool             has_field = get_bool(c);
	const char      *field = get_text(c, "", MOST_FIELD);
	struct pal_view  tail = { 0 };

	if (pal_arena_err(c->a) != PAL_OK)
		return pal_fail(c->d, pal_arena_err(c->a), 0, "scan result: more findings than there is memory for");
	tail = inside(c->path, p.path);
	if (tail.len > 0 && !pal_view_starts(tail, "!"))
		return refuse(c, "a path that is not inside the file");
	if (!has_field && field[0] != '\0')
		return refuse(c, "a field that is said to be absent");
	p.field = has_field ? field : NULL;
	p.offset = pal_read_u64le(&c->r);
	p.length = pal_read_u64le(&c->r);
	p.row = pal_read_u64le(&c->r);
	*ret_place = p;
	return PAL_OK;
}

static enum pal_err
get_finding(struct decoder *c, struct pal_finding *ret_finding)
{
	const struct pal_rule *rule = pal_scan_rules_get(c->rules, get_view(c, MOST_FIELD));
	uint8_t                severity = pal_read_u8(&c->r), confidence = pal_read_u8(&c->r);
	struct pal_finding     f = { .rule = rule };

	if (pal_reader_err(&c->r) != PAL_OK)
		return refuse(c, "a finding that is cut short");
	if (rule == NULL)
		return refuse(c, "a rule that is not in the catalogue");
	if (severity > PAL_CRITICAL || confidence > PAL_CONFIDENCE_HIGH)
		return refuse(c, "a severity or confidence that does not exist");
	f.severity = (enum pal_severity)severity;
	f.confidence = (enum pal_confidence)confidence;
	PAL_TRY(get_place(c, &f.place));
	f.count = pal_read_u64le(&c->r);
	f.text = get_text(c, "", MOST_TEXT);
	if (pal_reader_err(&c->r) != PAL_OK || f.count == 0)
		return refuse(c, "a finding that is cut short or counts nothing");
	*ret_finding = f;
	return pal_arena_err(c->a);
}

static enum pal_err
get_findings(struct decoder *c, struct pal_scan_file *f)
{
	f->finding_count = pal_read_count(&c->r, pal_read_u32le(&c->r), LEAST_RECORD, PAL_SCAN_FINDINGS + 1);
	if (pal_reader_err(&c->r) != PAL_OK)
		return refuse(c, "more findings than may be, or than there are bytes for");
	f->findings = pal_arena_array(c->a, f->finding_count, sizeof(*f->findings));
	if (pal_arena_err(c->a) != PAL_OK)
		return pal_fail(c->d, pal_arena_err(c->a), 0, "scan result: more findings than there is memory for");
	for (size_t i = 0; i < f->finding_count; i++)
		PAL_TRY(get_finding(c, &f->findings[i]));
	return PAL_OK;
}

enum pal_err
pal_scan_result_decode(struct pal_view bytes, const char *path, const struct pal_scan_rules *rules, struct pal_arena *a,
		       struct pal_scan_file *ret_file, struct pal_diag *d)
{
	struct decoder       c = { .r = pal_reader_of(bytes), .path = path, .rules = rules, .a = a, .d = d };
	struct pal_scan_file f = { .path = path };

	if (pal_read_u8(&c.r) != VERSION)
		return refuse(&c, "another version");
	f.format = get_format(&c);
	if (f.format == NULL)
		return refuse(&c, "a format that is not known");
	f.size = pal_read_u64le(&c.r);
	f.rows = pal_read_u64le(&c.r);
	f.members = pal_read_u64le(&c.r);
	f.complete = get_bool(&c);
	f.unread = pal_read_u64le(&c.r);
	if (f.complete && f.unread > 0)
		return refuse(&c, "bytes that were not examined in a file that was");
	PAL_TRY(get_findings(&c, &f));
	if (!pal_reader_done(&c.r))
		return refuse(&c, "bytes after the end");
	*ret_file = f;
	return PAL_OK;
}
