/* inspect.c - scans: reused when the ledger has one of these bytes under these rules, made and signed when not. */
#include <string.h>

#include "palisade/cache.h"
#include "palisade/digest.h"
#include "stage.h"

#define REPORT_MOST   ((size_t)64 << 20)
#define MANIFEST_MOST ((size_t)1 << 30)

/* What one scan remembers until it is known that the bytes stood still. */
struct watched {
	struct pal_check      *c;
	const struct pal_fact *f;
	struct pal_list        results; /* of struct fresh */
	const char            *moved;   /* a file that was no longer the one that had been hashed; NULL: none */
};

struct fresh {
	size_t          item;
	struct pal_view bytes;
};

static const struct pal_manifest_entry *
entry_at(const struct pal_fact *f, size_t item)
{
	return pal_list_at(&f->manifest.entries, item);
}

/* The name decides, too, how a file is examined. */
static const char *
name_of(const struct pal_fact *f, const struct pal_manifest_entry *e)
{
	const char *path = f->manifest.is_file ? f->path : e->path;
	const char *slash = strrchr(path, '/');

	return f->manifest.is_file && slash != NULL ? slash + 1 : path;
}

static void
key_of(const struct watched *k, size_t item, struct pal_buf *key, char ret_hex[PAL_DIGEST_TEXT])
{
	const struct pal_manifest_entry *e = entry_at(k->f, item);

	pal_digest_hex(&e->digest, ret_hex);
	pal_scan_cache_key(k->c->scanner, pal_digest_view(&e->digest), name_of(k->f, e), key);
}

/* Is asked for every file, with what the scan has opened: it must be what was hashed. */
static bool
cache_get(void *arg, size_t item, const struct pal_file_id *id, struct pal_buf *bytes)
{
	struct watched *k = arg;
	PAL_AUTO_BUF    key = pal_buf_of(0);
	char            hex[PAL_DIGEST_TEXT];

	if (!pal_file_id_eq(id, &entry_at(k->f, item)->id)) {
		k->moved = entry_at(k->f, item)->path;
		return false;
	}
	if (k->c->o.no_cache)
		return false;
	key_of(k, item, &key, hex);
	return pal_cache_get_result(k->c->o.workspace, hex, pal_buf_text(&key), bytes);
}

static void
cache_put(void *arg, size_t item, const struct pal_file_id *id, struct pal_view bytes)
{
	struct watched *k = arg;
	struct fresh   *one = pal_file_id_eq(id, &entry_at(k->f, item)->id) ? pal_list_add(&k->results) : NULL;

	if (one != NULL)
		*one = (struct fresh){ item, pal_arena_copy(k->c->arena, bytes) };
}

/*
 * The digest is of bytes that were hashed, the findings of bytes that a worker read. Only when every file has the same
 * version before and after is it proven that they are one; files that are too young for their times to tell are hashed
 * a second time.
 */
static bool
stood_still(struct watched *k)
{
	struct pal_digest_cache     cache = pal_cache_of_digests(k->c->o.workspace);
	struct pal_manifest_options o = { .alg = PAL_SHA256, .cache = &cache };
	struct pal_manifest         now = { 0 };

	if (k->moved != NULL || pal_manifest_make(k->f->path, &o, k->c->arena, &now, NULL) != PAL_OK ||
	    now.entries.count != k->f->manifest.entries.count || now.others.count > 0)
		return false;
	for (size_t i = 0; i < now.entries.count; i++) {
		const struct pal_manifest_entry *a = entry_at(k->f, i), *b = pal_list_at(&now.entries, i);

		if (strcmp(a->path, b->path) != 0 || !pal_file_id_eq(&a->id, &b->id) ||
		    !pal_digest_eq(&a->digest, &b->digest))
			return false;
	}
	return true;
}

static void
keep_results(const struct watched *k)
{
	for (size_t i = 0; i < k->results.count; i++) {
		const struct fresh *one = pal_list_at(&k->results, i);
		PAL_AUTO_BUF        key = pal_buf_of(0);
		char                hex[PAL_DIGEST_TEXT];

		key_of(k, one->item, &key, hex);
		pal_cache_put_result(k->c->o.workspace, hex, pal_buf_text(&key), one->bytes);
	}
}

/* "HEX SIZE PATH" for each file: what the signed record covers. */
static void
write_manifest(const struct pal_fact *f, struct pal_buf *out)
{
	for (size_t i = 0; i < f->manifest.entries.count; i++) {
		const struct pal_manifest_entry *e = entry_at(f, i);
		char                             hex[PAL_DIGEST_TEXT];

		pal_digest_hex(&e->digest, hex);
		pal_buf_printf(out, "%s %llu ", hex, (unsigned long long)e->size);
		pal_buf_add_text(out, name_of(f, e));
		pal_buf_add_text(out, "\n");
	}
}

bool
pal_inspect_covers(struct pal_check *c, const struct pal_fact *f)
{
	PAL_AUTO_BUF signed_one = pal_buf_of(0);
	PAL_AUTO_BUF now = pal_buf_of(0);

	write_manifest(f, &now);
	return f->scan.manifest != NULL && pal_buf_err(&now) == PAL_OK &&
	       pal_blob_get(pal_workspace_blobs(c->o.workspace), f->scan.manifest, MANIFEST_MOST, &signed_one, NULL) ==
		   PAL_OK &&
	       pal_view_eq(pal_buf_view(&signed_one), pal_buf_view(&now));
}

static void
write_place(struct pal_json_writer *w, const struct pal_place *p)
{
	if (p->path != NULL)
		pal_json_put_text(w, "path", p->path);
	if (p->field != NULL)
		pal_json_put_text(w, "field", p->field);
	pal_json_put_u64(w, "offset", p->offset);
	pal_json_put_u64(w, "length", p->length);
	pal_json_put_u64(w, "row", p->row);
}

/* Every finding, for the blob that the statement refers to. */
static void
write_findings(const struct pal_finding *findings, size_t count, struct pal_buf *out)
{
	struct pal_json_writer w = pal_json_writer_of(out, 0);

	pal_json_begin(&w, NULL, '[');
	for (size_t i = 0; i < count; i++) {
		const struct pal_finding *f = &findings[i];

		pal_json_begin(&w, NULL, '{');
		pal_json_put_text(&w, "rule", f->rule->id);
		pal_json_put_text(&w, "severity", pal_severity_name(f->severity));
		pal_json_put_u64(&w, "confidence", (uint64_t)f->confidence);
		write_place(&w, &f->place);
		pal_json_put_u64(&w, "count", f->count);
		pal_json_put_text(&w, "text", f->text);
		pal_json_end(&w, '}');
	}
	pal_json_end(&w, ']');
}

static const char *
copy(struct pal_check *c, const char *text)
{
	return text == NULL ? NULL : pal_arena_text(c->arena, pal_view_of(text));
}

static uint64_t
number(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n < 0 ? 0 : (uint64_t)n;
}

static bool
read_finding(struct pal_check *c, const json_t *o, struct pal_finding *f)
{
	const char            *id = pal_json_text(o, "rule"), *severity = pal_json_text(o, "severity");
	const struct pal_rule *rule = id == NULL ? NULL : pal_scan_rule(c->scanner, pal_view_of(id));

	if (rule == NULL || severity == NULL || !pal_severity_of(pal_view_of(severity), &f->severity))
		return false;
	f->rule = rule;
	f->confidence = number(o, "confidence") > PAL_CONFIDENCE_HIGH ? PAL_CONFIDENCE_HIGH
								      : (enum pal_confidence)number(o, "confidence");
	f->place = (struct pal_place){ .path = copy(c, pal_json_text(o, "path")),
				       .field = copy(c, pal_json_text(o, "field")),
				       .offset = number(o, "offset"),
				       .length = number(o, "length"),
				       .row = number(o, "row") };
	f->count = number(o, "count");
	f->text = copy(c, pal_json_text(o, "text"));
	return f->text != NULL;
}

/* The findings of a scan on record; false: the blob is missing or damaged, so the scan is made again. */
static bool
load_findings(struct pal_check *c, struct pal_fact *f)
{
	PAL_AUTO_BUF        bytes = pal_buf_of(0);
	PAL_AUTO_JSON       doc = NULL;
	struct pal_finding *findings = NULL;
	size_t              n = 0;

	if (f->scan.report == NULL ||
	    pal_blob_get(pal_workspace_blobs(c->o.workspace), f->scan.report, REPORT_MOST, &bytes, NULL) != PAL_OK ||
	    pal_json_parse(pal_buf_view(&bytes), REPORT_MOST, &doc, NULL) != PAL_OK || !json_is_array(doc))
		return false;
	n = json_array_size(doc);
	findings = pal_arena_array(c->arena, n, sizeof(*findings));
	if (n > 0 && findings == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!read_finding(c, json_array_get(doc, i), &findings[i]))
			return false;
	f->findings = findings;
	f->finding_count = n;
	return true;
}

/* Is there a good scan of these bytes under these rules? */
static bool
recall(struct pal_check *c, struct pal_fact *f)
{
	struct pal_list found = pal_stage_evidence(c, f->digest, PAL_TYPE_SCAN);

	for (size_t i = 0; i < found.count; i++) {
		const struct pal_evidence *e = pal_list_at(&found, i);

		if (pal_scan_summary_of(&e->statement, c->arena, &f->scan, NULL) != PAL_OK)
			continue;
		if (strcmp(f->scan.rules, pal_scan_version(c->scanner)) != 0 || f->scan.sandbox == NULL ||
		    !pal_inspect_covers(c, f) || !load_findings(c, f))
			break; /* an older one says no more than this one */
		f->scan_evidence = e;
		return true;
	}
	f->scan = (struct pal_scan_summary){ 0 };
	return false;
}

static int
worst_first(const void *a, const void *b)
{
	const struct pal_finding *x = a, *y = b;

	return x->severity == y->severity ? 0 : x->severity > y->severity ? -1 : 1;
}

static void
sum_up(struct pal_check *c, struct pal_fact *f, const struct pal_scan_result *r)
{
	struct pal_list all = pal_list_of(c->arena, sizeof(struct pal_finding));

	f->scan = (struct pal_scan_summary){ .version = PALISADE_VERSION,
					     .rules = pal_scan_version(c->scanner),
					     .sandbox = r->sandbox == NULL ? "results of earlier scans" : r->sandbox,
					     .started_ms = c->now_ms,
					     .finished_ms = c->now_ms + r->elapsed_ms,
					     .files = r->files.count,
					     .bytes = f->manifest.bytes };
	for (size_t i = 0; i < r->files.count; i++) {
		const struct pal_scan_file *file = pal_list_at(&r->files, i);

		f->scan.rows += file->rows;
		f->scan.files_incomplete += file->complete ? 0 : 1;
		for (size_t k = 0; k < file->finding_count; k++) {
			struct pal_finding *one = pal_list_add(&all);

			if (one != NULL)
				*one = file->findings[k];
		}
	}
	pal_list_sort(&all, worst_first);
	for (size_t i = 0; i < all.count; i++) {
		const struct pal_finding *one = pal_list_at(&all, i);

		f->scan.by_severity[one->severity] += one->count;
		if (one->rule->data_class != PAL_CLASS_NONE)
			f->scan.classes |= PAL_CLASS_BIT(one->rule->data_class);
	}
	f->findings = f->scan.findings = all.items;
	f->finding_count = f->scan.finding_count = all.count;
}

static enum pal_err
read_all(struct watched *k, struct pal_scan_result *r, struct pal_diag *d)
{
	struct pal_check     *c = k->c;
	size_t                n = k->f->manifest.entries.count;
	struct pal_scan_cache cache = { .get = cache_get, .put = cache_put, .arg = k };
	const char          **paths = pal_arena_array(c->arena, n, sizeof(*paths));
	enum pal_err          err = PAL_OK;

	if (paths == NULL)
		return pal_arena_err(c->arena);
	for (size_t i = 0; i < n; i++)
		paths[i] = entry_at(k->f, i)->path;
	pal_scanner_set_cache(c->scanner, &cache);
	err = pal_scan(c->scanner, k->f->path, paths, n, c->arena, r, d);
	pal_scanner_set_cache(c->scanner, NULL);
	return err;
}

static enum pal_err
scan(struct pal_check *c, struct pal_fact *f, struct pal_diag *d)
{
	struct watched         k = { .c = c, .f = f, .results = pal_list_of(c->arena, sizeof(struct fresh)) };
	struct pal_scan_result r = { 0 };

	PAL_TRY(read_all(&k, &r, d));
	PAL_TRY(pal_arena_err(c->arena));
	c->examined += r.files.count - r.cached;
	if (r.sandbox != NULL)
		c->sandbox = r.sandbox;
	if (!stood_still(&k)) {
		f->digest = NULL;
		f->trouble =
		    pal_arena_printf(c->arena, "%s changed while it was examined; check again when it is at rest",
				     k.moved == NULL || f->manifest.is_file ? f->path : k.moved);
		return pal_arena_err(c->arena);
	}
	keep_results(&k);
	sum_up(c, f, &r);
	return pal_arena_err(c->arena);
}

/* Every path, size and digest, and every finding, go to blobs; the statement names them by digest. */
static enum pal_err
put_blobs(struct pal_check *c, struct pal_fact *f, struct pal_diag *d)
{
	PAL_AUTO_BUF findings = pal_buf_of(0);
	PAL_AUTO_BUF manifest = pal_buf_of(0);
	char         digest[PAL_ID_TEXT];

	write_findings(f->findings, f->finding_count, &findings);
	write_manifest(f, &manifest);
	PAL_TRY(pal_buf_err(&findings));
	PAL_TRY(pal_buf_err(&manifest));
	PAL_TRY(pal_blob_put(pal_workspace_blobs(c->o.workspace), pal_buf_view(&findings), digest, d));
	f->scan.report = pal_arena_text(c->arena, pal_view_of(digest));
	PAL_TRY(pal_blob_put(pal_workspace_blobs(c->o.workspace), pal_buf_view(&manifest), digest, d));
	f->scan.manifest = pal_arena_text(c->arena, pal_view_of(digest));
	return pal_arena_err(c->arena);
}

static enum pal_err
state(struct pal_check *c, struct pal_fact *f, struct pal_statement *ret, struct pal_diag *d)
{
	PAL_AUTO_BUF         predicate = pal_buf_of(0);
	struct pal_resource *subject = pal_arena_array(c->arena, 1, sizeof(*subject));

	PAL_TRY(put_blobs(c, f, d));
	PAL_TRY(pal_scan_summary_write(&f->scan, &predicate));
	if (subject == NULL)
		return pal_arena_err(c->arena);
	*subject = (struct pal_resource){ .name = f->decl->name, .digest = f->digest };
	*ret = (struct pal_statement){ .type = PAL_TYPE_SCAN,
				       .subjects = subject,
				       .subject_count = 1,
				       .predicate = pal_arena_text(c->arena, pal_buf_view(&predicate)),
				       .time_ms = c->now_ms };
	return pal_arena_err(c->arena);
}

static bool
is_examined(const struct pal_fact *f)
{
	return f->digest != NULL && f->path != NULL && f->decl->kind != PAL_ARTIFACT_DEPLOYMENT;
}

/* Signs what was seen, all with one flush, and remembers the evidence. */
static enum pal_err
sign(struct pal_check *c, const struct pal_list *statements, const struct pal_list *facts, struct pal_diag *d)
{
	char(*ids)[PAL_ID_TEXT] = pal_arena_array(c->arena, statements->count, sizeof(*ids));

	if (ids == NULL)
		return pal_arena_err(c->arena);
	PAL_TRY(pal_evidence_add_many(c->o.workspace, statements->items, statements->count, NULL, ids, d));
	for (size_t i = 0; i < facts->count; i++) {
		struct pal_fact     *f = *(struct pal_fact **)pal_list_at(facts, i);
		struct pal_evidence *e = pal_arena_array(c->arena, 1, sizeof(*e));

		if (e == NULL)
			return pal_arena_err(c->arena);
		PAL_TRY(pal_evidence_load(c->o.workspace, ids[i], c->arena, e, d));
		f->scan_evidence = e;
	}
	return PAL_OK;
}

enum pal_err
pal_inspect(struct pal_check *c, struct pal_diag *d)
{
	struct pal_list statements = pal_list_of(c->arena, sizeof(struct pal_statement));
	struct pal_list facts = pal_list_of(c->arena, sizeof(struct pal_fact *));

	for (size_t i = 0; i < c->o.pipeline->artifact_count; i++) {
		struct pal_fact      *f = &c->facts[i], **place = NULL;
		struct pal_statement *s = NULL;

		if (!is_examined(f) || (!c->o.no_cache && recall(c, f)))
			continue;
		PAL_TRY(scan(c, f, d));
		if (c->o.dry || f->digest == NULL)
			continue;
		s = pal_list_add(&statements);
		place = pal_list_add(&facts);
		if (s == NULL || place == NULL)
			return pal_arena_err(c->arena);
		PAL_TRY(state(c, f, s, d));
		*place = f;
	}
	return statements.count == 0 ? PAL_OK : sign(c, &statements, &facts, d);
}
