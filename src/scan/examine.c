/* examine.c - formats meet detectors; to audit: take(), through which all content passes, and what makes a file
 * incomplete. */
#include "palisade/examine.h"

#include <stdarg.h>
#include <stdio.h>

#include "palisade/anomaly.h"
#include "palisade/claim.h"
#include "palisade/detector.h"
#include "palisade/format.h"
#include "palisade/scan_result.h"
#include "palisade/utf8.h"

#define MEMORY       ((size_t)512 << 20)
#define MOST_NAME    1024u        /* of a member, in a path */
#define SURE         60u          /* a probe that is this sure of a second format makes a polyglot */
#define ZIP_END      ((size_t)22) /* APPNOTE 4.3.16: the end of central directory record, without comment */
#define ZIP_TAIL     (ZIP_END + 65535)
#define DETECTORS_AT 64

/* One file handed in, with all that is inside it. */
struct job {
	const struct pal_examiner *e;
	struct pal_arena          *a; /* of the result */
	struct pal_findings        found;
	struct pal_scan_file      *file;
	uint64_t                   next_tick;
};

/* One file, or one member of a file. */
struct unit {
	struct job              *job;
	struct pal_input        *in;
	const char              *path; /* as findings name it */
	struct pal_view          name; /* the last part of it */
	struct pal_view          head; /* a copy */
	bool                     top;
	bool                     quiet;           /* a second look: that it breaks its format is no news */
	bool                     zip_seen;        /* the archive at its end, if there is one, was examined */
	uint64_t                 zip_at, zip_end; /* where the last archive is stored that was examined as a member */
	const struct pal_format *format;
	struct pal_arena         arena;
	struct pal_limits        limits;
	struct pal_sink          sink;
	uint64_t                 skipped; /* bytes of tensors that were not read, because nobody asked for them */
	struct pal_input         side; /* the same bytes, for who reads a tensor while the parser has its own window */
	void                    *states[DETECTORS_AT];
	size_t                   started; /* how many states there are */
};

static void
add(struct unit *u, const struct pal_rule *rule, enum pal_severity severity, const struct pal_place *place,
    const char *text)
{
	struct pal_finding f = { .rule = rule,
				 .severity = severity,
				 .confidence = PAL_CONFIDENCE_HIGH,
				 .place = *place,
				 .count = 1,
				 .text = text };

	f.place.path = u->path;
	pal_findings_add(&u->job->found, &f);
}

PAL_PRINTF(4, 5)
static void
say(struct unit *u, const struct pal_rule *rule, enum pal_severity severity, const char *fmt, ...)
{
	struct pal_place place = { 0 };
	char             text[PAL_DIAG_TEXT];
	va_list          ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add(u, rule, severity, &place, text);
}

static void
unread(struct unit *u, uint64_t length)
{
	struct pal_scan_file *f = u->job->file;

	f->complete = false;
	f->unread = length > UINT64_MAX - f->unread ? UINT64_MAX : f->unread + length;
}

static void
say_incomplete(struct unit *u, enum pal_err e, const struct pal_diag *d)
{
	unread(u, 0); /* how far it came is not known */
	say(u, &pal_scan_rule_incomplete, pal_scan_rule_incomplete.severity, "%s: %s",
	    u->format == NULL ? "examination" : u->format->name, d->text[0] != '\0' ? d->text : pal_err_text(e));
}

static enum pal_err
feed(struct unit *u, const struct pal_content *piece)
{
	for (size_t i = 0; i < u->started; i++)
		if ((pal_detectors[i]->reads & PAL_READS(piece->kind)) != 0)
			PAL_TRY(pal_detectors[i]->feed(u->states[i], piece, &u->job->found));
	return pal_arena_err(u->job->a);
}

static void
add_anomaly(struct unit *u, const struct pal_content *piece)
{
	char              text[PAL_DIAG_TEXT];
	enum pal_severity severity = piece->rule->severity, least = piece->rule->unread;

	if (least != PAL_INFO)
		unread(u, piece->place.length);
	severity = severity < least ? least : severity;
	u->zip_seen = u->zip_seen || piece->rule == &pal_anomaly_zip_polyglot;
	(void)snprintf(text, sizeof(text), "%.*s",
		       (int)(piece->text.len < sizeof(text) ? piece->text.len : sizeof(text)),
		       (const char *)piece->text.data);
	add(u, piece->rule, severity, &piece->place, text);
}

static enum pal_err examine_unit(struct unit *u);

static struct pal_view
last_part(const char *path)
{
	struct pal_view v = pal_view_of(path);
	size_t          at = v.len;

	while (at > 0 && v.data[at - 1] != '/')
		at--;
	return pal_view_sub(v, at, v.len - at);
}

/* Where the member's bytes stand in the file, unless they were unpacked. */
static bool
is_stored(const struct pal_input *in, const struct pal_input *member, uint64_t *ret_at)
{
	uintptr_t first = (uintptr_t)in->memory.data, here = (uintptr_t)member->memory.data;
	bool      there = in->fd >= 0 ? member->base >= in->base : in->memory.len > 0 && here >= first;

	if (member->fd != in->fd || !there)
		return false;
	*ret_at = in->fd >= 0 ? member->base - in->base : here - first;
	return *ret_at <= in->size && member->size <= in->size - *ret_at;
}

/* Remembers where an archive is stored: an end of directory in there is the member's, not this file's. */
static void
remember_zip(struct unit *u, const struct unit *child)
{
	bool     zip = child->format != NULL && child->format == pal_format_named("zip");
	uint64_t at = 0, from = zip ? 0 : child->zip_at, to = zip ? child->in->size : child->zip_end;

	if (to > 0 && is_stored(u->in, child->in, &at) && at + to > u->zip_end) {
		u->zip_at = at + from;
		u->zip_end = at + to;
	}
}

/* What depth, members and output remain is shared with what is inside; items count anew in each file. */
static enum pal_err
/* NOLINTNEXTLINE(misc-no-recursion): limits.depth ends it */
examine_member(struct unit *u, const struct pal_content *piece)
{
	PAL_AUTO_BUF path = pal_buf_of(0);
	struct unit  child = { .job = u->job, .in = piece->member, .limits = u->limits };
	enum pal_err e = PAL_OK;

	if (u->limits.depth == 0) {
		unread(u, piece->member->size);
		say(u, &pal_scan_rule_budget, pal_scan_rule_budget.severity,
		    "files are nested more than %u deep; what is deeper was not examined",
		    (u->job->e->limits == NULL ? &pal_limits_default : u->job->e->limits)->depth);
		return PAL_OK;
	}
	pal_buf_printf(&path, "%s!/", u->path);
	if (piece->name.len == 0)
		pal_claim_unpacked(u->name, &path);
	else
		pal_utf8_clean(piece->name, MOST_NAME, &path);
	child.path = pal_buf_text(&path);
	child.name = last_part(child.path);
	child.limits.depth--;
	child.limits.items = (u->job->e->limits == NULL ? &pal_limits_default : u->job->e->limits)->items;
	pal_arena_init(&child.arena, u->arena.limit - u->arena.used);
	u->job->file->members++;
	e = examine_unit(&child);
	pal_arena_done(&child.arena);
	remember_zip(u, &child);
	u->limits.members = child.limits.members;
	u->limits.output = child.limits.output;
	return e;
}

/* Members that are stored in the file itself count with the place that they have in it; unpacked ones do not. */
static void
tick(struct unit *u, uint64_t offset)
{
	struct job *job = u->job;
	uint64_t    at = u->in->base + offset;

	if (job->e->progress == NULL || (!u->top && u->in->fd < 0) || at < job->next_tick || at > job->file->size)
		return;
	job->next_tick = at + PAL_EXAMINE_TICK;
	job->e->progress(job->e->arg, at);
}

/* A tensor's bytes are read by detectors, in windows, out of what the piece names; most formats mean their own file. */
static enum pal_err
lend_bytes(struct unit *u, struct pal_content *piece)
{
	if (piece->kind != PAL_CONTENT_TENSOR || piece->place.length == 0)
		return PAL_OK;
	if (u->job->e->structure) {
		u->skipped += piece->place.length;
		unread(u, piece->place.length);
		piece->place.length = 0;
		return PAL_OK;
	}
	if (piece->member != NULL)
		return PAL_OK;
	if (piece->place.offset > u->in->size || piece->place.length > u->in->size - piece->place.offset) {
		piece->place.length = 0; /* said by its format; there is nothing to read */
		return PAL_OK;
	}
	if (u->side.size == 0)
		PAL_TRY(pal_input_part(u->in, 0, u->in->size, &u->side));
	piece->member = &u->side;
	return PAL_OK;
}

/* Every piece of content of every format comes through here. */
static enum pal_err
/* NOLINTNEXTLINE(misc-no-recursion): limits.depth ends it */
take(void *arg, const struct pal_content *piece)
{
	struct unit       *u = arg;
	struct pal_content here = *piece;

	here.place.path = u->path;
	tick(u, here.place.offset);
	if (here.kind == PAL_CONTENT_ANOMALY) {
		if (!u->quiet)
			add_anomaly(u, &here);
	} else if (here.kind == PAL_CONTENT_MEMBER) {
		PAL_TRY(examine_member(u, &here));
	} else if (here.kind == PAL_CONTENT_ROW && !here.part) {
		u->job->file->rows++;
	}
	PAL_TRY(lend_bytes(u, &here));
	return feed(u, &here);
}

static enum pal_err
start_detectors(struct unit *u)
{
	for (size_t i = 0; pal_detectors[i] != NULL; i++) {
		PAL_ASSERT(i < DETECTORS_AT);
		PAL_TRY(pal_detectors[i]->start(u->job->e->rules->detect, &u->arena, &u->states[i]));
		u->started = i + 1;
	}
	return PAL_OK;
}

/* Also after a failure: finish() frees. */
static enum pal_err
finish_detectors(struct unit *u)
{
	enum pal_err first = PAL_OK;

	for (size_t i = 0; i < u->started; i++) {
		enum pal_err e =
		    pal_detectors[i]->finish == NULL ? PAL_OK : pal_detectors[i]->finish(u->states[i], &u->job->found);

		first = first == PAL_OK ? e : first;
	}
	u->started = 0;
	return first;
}

/* Nobody reads this format; those who look at raw bytes still see all of it. */
static enum pal_err
/* NOLINTNEXTLINE(misc-no-recursion): limits.depth ends it */
feed_raw(struct unit *u)
{
	for (uint64_t at = 0; at < u->in->size;) {
		struct pal_content piece = { .kind = PAL_CONTENT_BYTES, .place.offset = at };

		PAL_TRY(pal_input_view(u->in, at, 1, PAL_INPUT_WINDOW, &piece.text));
		piece.place.length = piece.text.len;
		at += piece.text.len;
		PAL_TRY(take(u, &piece));
	}
	return PAL_OK;
}

static void
say_unknown(struct unit *u)
{
	const char       *looks = pal_claim_looks(u->head), *raw = pal_claim_raw(u->name);
	enum pal_severity severity = pal_scan_rule_unknown.severity;

	unread(u, u->in->size);
	if (looks == NULL && raw != NULL) {
		say(u, &pal_scan_rule_unknown, severity, "by its name %s; its content was searched as raw bytes only",
		    raw);
		return;
	}

	say(u, &pal_scan_rule_unknown, severity, "%s%s; its content was searched as raw bytes only",
	    looks == NULL ? "no known format" : "looks like ", looks == NULL ? "" : looks);
}

/* Content that no loader of models runs (text, tables) under a model's name is a mistake, mostly a pointer of Git LFS
 * or a page that said "not found"; a pickle under a picture's name is an attack. */
static void
say_mismatch(struct unit *u)
{
	const struct pal_claim *c = pal_claim_of(u->name);

	if (c == NULL || u->format == NULL || pal_claim_fits(c, u->format->name))
		return;
	say(u, &pal_scan_rule_mismatch,
	    pal_claim_fits(pal_claim_of(pal_view_of("a.txt")), u->format->name) ? PAL_LOW
										: pal_scan_rule_mismatch.severity,
	    "the name ends with %s, the content is %s", c->ending, u->format->name);
}

static enum pal_err
parse_as(struct unit *u, const struct pal_format *f, bool quiet, struct pal_diag *d)
{
	enum pal_err e = PAL_OK;

	u->quiet = quiet;
	e = f->parse(u->in, &u->sink, d);
	u->quiet = false;
	return e;
}

/* Does a zip archive end here, and not a member with it? Its directory must stand where the record says, counted back
 * from the record. */
static bool
ends_as_zip(struct unit *u)
{
	uint64_t        from = u->in->size > ZIP_TAIL ? u->in->size - ZIP_TAIL : 0;
	struct pal_view tail = { 0 }, entry = { 0 };

	if (pal_input_view(u->in, from, (size_t)(u->in->size - from), ZIP_TAIL, &tail) != PAL_OK)
		return false;
	for (size_t i = tail.len < ZIP_END ? 0 : tail.len - ZIP_END + 1; i > 0; i--) {
		struct pal_view   end = pal_view_sub(tail, i - 1, ZIP_END);
		struct pal_reader r = { 0 };
		uint64_t          length = 0, at = from + i - 1;

		if (!pal_view_starts(end, "PK\005\006"))
			continue;
		r = pal_reader_of(pal_view_sub(end, 12, 4));
		length = pal_read_u32le(&r);
		if (length < 46 || length > at)
			continue;
		if (at >= u->zip_at && at < u->zip_end)
			return false;
		return pal_input_view(u->in, at - length, 4, 4, &entry) == PAL_OK &&
		       pal_view_starts(entry, "PK\001\002");
	}
	return false;
}

/* HDF5 may begin at 512, 1024, 2048 and so on; its readers look at all of these places before they give up. */
static bool
holds_hdf5(struct unit *u)
{
	bool found = false;

	for (uint64_t at = 512; !found && at < u->in->size && u->in->size - at >= 8; at *= 2) {
		struct pal_input part = { .fd = -1 };
		struct pal_view  v = { 0 };

		found = pal_input_part(u->in, at, 8, &part) == PAL_OK && pal_input_view(&part, 0, 8, 8, &v) == PAL_OK &&
			pal_view_starts(v, "\x89HDF\r\n\x1a\n");
		pal_input_done(&part);
	}
	return found;
}

/* A file that its name or nothing else gives to HDF5's readers is theirs, whatever stands before the mark. */
static enum pal_err
look_for_hdf5(struct unit *u, const struct pal_claim *c, struct pal_diag *d)
{
	const struct pal_format *hdf5 = pal_format_named("hdf5");
	const char              *first = u->format == NULL ? "unknown" : u->format->name;

	if (hdf5 == NULL || u->format == hdf5 ||
	    (u->format != NULL && (c == NULL || !pal_claim_fits(c, "hdf5") || pal_claim_fits(c, first))) ||
	    !holds_hdf5(u))
		return PAL_OK;
	say(u, &pal_scan_rule_polyglot, pal_scan_rule_polyglot.severity,
	    "the content is %s and, behind its start, an HDF5 file", first);
	return parse_as(u, hdf5, false, d);
}

/* What else this file is: the reader that its name asks for, an archive at its end, another format at its head. */
static enum pal_err
second_look(struct unit *u, struct pal_diag *d)
{
	const struct pal_claim  *c = pal_claim_of(u->name);
	const struct pal_format *pickle = pal_format_named("pickle"), *zip = pal_format_named("zip");
	const char              *first = u->format == NULL ? "unknown" : u->format->name;

	if (zip != NULL && u->format != zip && !u->zip_seen && !u->sink.tail_read && ends_as_zip(u)) {
		say(u, &pal_scan_rule_polyglot, pal_scan_rule_polyglot.severity,
		    "the content is %s from its start and a zip archive from its end", first);
		PAL_TRY(parse_as(u, zip, false, d));
	}
	PAL_TRY(look_for_hdf5(u, c, d));
	if (pickle == NULL || u->format == pickle || (c != NULL && u->format != NULL && pal_claim_fits(c, first)))
		return PAL_OK;
	if (u->format != NULL && pickle->probe(u->head, u->in->size, (struct pal_view){ 0 }) >= SURE) {
		say(u, &pal_scan_rule_polyglot, pal_scan_rule_polyglot.severity,
		    "the content is %s and, from the same byte on, a pickle", first);
		return parse_as(u, pickle, true, d);
	}
	return c != NULL && pal_claim_fits(c, "pickle") ? parse_as(u, pickle, true, d) : PAL_OK;
}

static enum pal_err
/* NOLINTNEXTLINE(misc-no-recursion): limits.depth ends it */
look(struct unit *u, struct pal_diag *d)
{
	struct pal_view head = { 0 };

	PAL_TRY(pal_input_view(u->in, 0, 0, PAL_PROBE_HEAD, &head));
	u->head = pal_arena_copy(&u->arena, head);
	PAL_TRY(pal_arena_err(&u->arena));
	u->format = pal_format_probe(u->head, u->in->size, u->name);
	if (u->top && u->format != NULL)
		u->job->file->format = u->format->name;
	PAL_TRY(start_detectors(u));
	say_mismatch(u);
	if (u->format != NULL) {
		PAL_TRY(parse_as(u, u->format, false, d));
	} else {
		say_unknown(u);
		PAL_TRY(feed_raw(u));
	}
	return second_look(u, d);
}

/* Fails only when the result itself has no room; everything else is said in it. */
static enum pal_err
/* NOLINTNEXTLINE(misc-no-recursion): limits.depth ends it */
examine_unit(struct unit *u)
{
	struct pal_diag d = { 0 };
	enum pal_err    e = PAL_OK, end = PAL_OK;

	if (u->in->size == 0) {
		if (u->top)
			u->job->file->format = "empty";
		return PAL_OK;
	}
	u->sink = (struct pal_sink){ .take = take, .arg = u, .arena = &u->arena, .limits = &u->limits };
	e = look(u, &d);
	end = finish_detectors(u);
	pal_input_done(&u->side);
	if (u->skipped > 0)
		say(u, &pal_scan_rule_structure, pal_scan_rule_structure.severity,
		    "%llu bytes of tensors were not read: only the structure was examined",
		    (unsigned long long)u->skipped);
	e = e == PAL_OK ? end : e;
	e = e == PAL_OK ? pal_arena_err(&u->arena) : e;
	if (e != PAL_OK)
		say_incomplete(u, e, &d);
	return pal_arena_err(u->job->a);
}

/* What did not fit into the list must not vanish: it takes the severity of the worst that was left out. */
static void
say_many(struct unit *u)
{
	struct pal_findings *f = &u->job->found;

	if (f->dropped == 0)
		return;
	f->most++;
	say(u, &pal_scan_rule_many, f->dropped_worst, "%llu more findings are not listed; the worst of them is %s",
	    (unsigned long long)f->dropped, pal_severity_name(f->dropped_worst));
}

enum pal_err
pal_examine(const struct pal_examiner *e, struct pal_input *in, const char *name, struct pal_arena *a,
	    struct pal_scan_file *ret_file)
{
	struct pal_scan_file file = { .path = name, .format = "unknown", .size = in->size, .complete = true };
	struct job           job = { .e = e,
				     .a = a,
				     .found = pal_findings_of(a, PAL_SCAN_FINDINGS),
				     .file = &file,
				     .next_tick = PAL_EXAMINE_TICK };
	struct unit          top = { .job = &job,
				     .in = in,
				     .path = name,
				     .name = last_part(name),
				     .top = true,
				     .limits = e->limits == NULL ? pal_limits_default : *e->limits };
	enum pal_err         err = PAL_OK;

	pal_arena_init(&top.arena, e->memory == 0 ? MEMORY : e->memory);
	err = examine_unit(&top);
	pal_arena_done(&top.arena);
	say_many(&top);
	PAL_TRY(err);
	PAL_TRY(pal_arena_err(a));
	file.findings = job.found.list.items;
	file.finding_count = job.found.list.count;
	*ret_file = file;
	return PAL_OK;
}
