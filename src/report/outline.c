/* outline.c - order and counts; stable sorts, so that equal things stay in the order in which they came. */
#include "outline.h"

#include "palisade/map.h"

/* How much attention a verdict wants, least first: not checked comes last in a stage, because it says nothing. */
static const unsigned int attention[PAL_VERDICTS] = {
	[PAL_NOT_CHECKED] = 0, [PAL_PASS] = 1, [PAL_WAIVED] = 2, [PAL_WARN] = 3, [PAL_FAIL] = 4
};

const char *
pal_outline_text(const char *text)
{
	return text == NULL ? "" : text;
}

const char *
pal_outline_plural(uint64_t n, const char *ending)
{
	return n == 1 ? "" : ending;
}

unsigned int
pal_outline_verdict(enum pal_verdict v)
{
	return (unsigned int)v < PAL_VERDICTS ? (unsigned int)v : PAL_FAIL;
}

unsigned int
pal_outline_severity(enum pal_severity s)
{
	return (unsigned int)s < PAL_SEVERITIES ? (unsigned int)s : PAL_CRITICAL;
}

static struct pal_outline_stage *
stage_named(struct pal_map *by_name, struct pal_list *stages, const char *name)
{
	void                    **place = pal_map_put(by_name, pal_view_of(name));
	struct pal_outline_stage *s = NULL;

	if (place == NULL)
		return NULL;
	if (*place != NULL)
		return pal_list_at(stages, (size_t)(uintptr_t)*place - 1);
	s = pal_list_add(stages);
	if (s == NULL)
		return NULL;
	s->name = pal_outline_text(name);
	*place = (void *)(uintptr_t)stages->count; /* index + 1: items move when the list grows */
	return s;
}

/* One pass a level of attention keeps the order in which rows came. */
static void
fill_rows(const struct pal_report *r, struct pal_map *by_name, struct pal_list *stages)
{
	for (unsigned int level = PAL_VERDICTS; level-- > 0;)
		for (size_t i = 0; i < r->row_count; i++) {
			unsigned int              v = pal_outline_verdict(r->rows[i].verdict);
			struct pal_outline_stage *s = NULL;

			if (attention[v] != level)
				continue;
			s = stage_named(by_name, stages, r->rows[i].stage);
			if (s != NULL && s->rows != NULL)
				s->rows[s->row_count++] = &r->rows[i];
		}
}

static void
make_stages(struct pal_outline *o, struct pal_arena *a)
{
	const struct pal_report *r = o->report;
	struct pal_list          stages = pal_list_of(a, sizeof(struct pal_outline_stage));
	struct pal_map           by_name = pal_map_of(a);

	for (size_t i = 0; i < r->gate_count; i++) {
		struct pal_outline_stage *s = stage_named(&by_name, &stages, r->gates[i].stage);

		if (s != NULL && s->gate == NULL)
			s->gate = &r->gates[i];
		o->gates_closed += r->gates[i].open ? 0 : 1;
	}
	for (size_t i = 0; i < r->row_count; i++) {
		struct pal_outline_stage *s = stage_named(&by_name, &stages, r->rows[i].stage);

		if (s != NULL)
			s->verdicts[pal_outline_verdict(r->rows[i].verdict)]++;
		o->verdicts[pal_outline_verdict(r->rows[i].verdict)]++;
	}
	for (size_t i = 0; i < stages.count; i++) {
		struct pal_outline_stage *s = pal_list_at(&stages, i);
		size_t                    n = 0;

		for (unsigned int v = 0; v < PAL_VERDICTS; v++)
			n += s->verdicts[v];
		s->rows = n == 0 ? NULL : pal_arena_array(a, n, sizeof(*s->rows));
	}
	fill_rows(r, &by_name, &stages);
	o->stages = stages.items;
	o->stage_count = stages.count;
}

/* How many findings of this severity were put behind the others, from `at` on. */
static size_t
take_level(struct pal_outline *o, unsigned int level, bool accepted, size_t at)
{
	const struct pal_report *r = o->report;
	size_t                   n = 0;

	for (size_t i = 0; i < r->finding_count; i++)
		if (pal_outline_severity(r->findings[i].finding->severity) == level &&
		    (r->findings[i].accepted != NULL) == accepted)
			o->findings[at + n++] = &r->findings[i];
	return n;
}

static void
make_findings(struct pal_outline *o, struct pal_arena *a)
{
	const struct pal_report *r = o->report;

	if (r->finding_count == 0)
		return;
	o->findings = pal_arena_array(a, r->finding_count, sizeof(*o->findings));
	if (o->findings == NULL)
		return;
	for (unsigned int level = PAL_SEVERITIES; level-- > 0;) {
		size_t n = take_level(o, level, false, o->finding_count);

		o->finding_count += n;
		o->severities[level] += (unsigned int)n;
	}
	for (unsigned int level = PAL_SEVERITIES; level-- > 0;)
		o->accepted_count += take_level(o, level, true, o->finding_count + o->accepted_count);
}

enum pal_err
pal_outline_make(const struct pal_report *r, struct pal_arena *a, struct pal_outline *ret)
{
	struct pal_outline o = { .report = r };

	make_stages(&o, a);
	make_findings(&o, a);
	PAL_TRY(pal_arena_err(a));
	*ret = o;
	return PAL_OK;
}

const char *
pal_outline_word(const struct pal_report *r)
{
	if (r->gate_count > 0 || r->row_count > 0)
		return r->closed ? "closed" : "open";
	if (r->closed)
		return "stop";
	for (size_t i = 0; i < r->finding_count; i++)
		if (r->findings[i].accepted == NULL)
			return "pass";
	return "clean";
}

size_t
pal_outline_over(const struct pal_outline *o)
{
	size_t over = 0;

	for (size_t i = 0; i < o->finding_count; i++)
		over += pal_report_weight(o->findings[i]->finding) >= o->report->limit;
	return over;
}

static void
decide_scan(const struct pal_outline *o, struct pal_buf *to)
{
	const struct pal_report *r = o->report;
	const char              *limit = pal_severity_name(r->limit);
	size_t                   over = pal_outline_over(o);

	if (o->finding_count == 0)
		pal_buf_add_text(to, r->closed ? "the decision is no, without a finding" : "nothing was found");
	else if (r->closed)
		pal_buf_printf(to, "%zu of %zu finding%s %s at %s or above", over, o->finding_count,
			       pal_outline_plural(o->finding_count, "s"), over == 1 ? "is" : "are", limit);
	else
		pal_buf_printf(to, "%zu finding%s, none at %s or above", o->finding_count,
			       pal_outline_plural(o->finding_count, "s"), limit);
	if (o->accepted_count > 0)
		pal_buf_printf(to, "; %zu more %s accepted", o->accepted_count, o->accepted_count == 1 ? "is" : "are");
}

void
pal_outline_decision(const struct pal_outline *o, struct pal_buf *to)
{
	const struct pal_report *r = o->report;
	size_t                   n = r->gate_count;

	if (n == 0 && r->row_count == 0)
		decide_scan(o, to);
	else if (n == 0)
		pal_buf_printf(to, "%u of %zu checks failed", o->verdicts[PAL_FAIL], r->row_count);
	else if (o->gates_closed == 0 && n == 1)
		pal_buf_printf(to, "the gate of %s is open", pal_outline_text(r->gates[0].stage));
	else if (o->gates_closed == 0)
		pal_buf_printf(to, "all %zu gates are open", n);
	else
		pal_buf_printf(to, "%u of %zu gate%s %s closed", o->gates_closed, n, pal_outline_plural(n, "s"),
			       o->gates_closed == 1 ? "is" : "are");
	for (size_t i = 0, closed = 0; i < n; i++)
		if (!r->gates[i].open)
			pal_buf_printf(to, "%s%s", closed++ == 0 ? ": " : ", ", pal_outline_text(r->gates[i].stage));
}

void
pal_outline_place(const struct pal_report_finding *f, struct pal_buf *to)
{
	const struct pal_place *p = &f->finding->place;
	bool                    named = f->artifact != NULL && f->artifact[0] != '\0';

	if (named)
		pal_buf_add_text(to, f->artifact);
	if (p->path != NULL && p->path[0] != '\0' && (!named || !pal_view_is(pal_view_of(f->artifact), p->path)))
		pal_buf_printf(to, "%s%s", named ? ": " : "", p->path);
	else if (!named)
		pal_buf_add_text(to, "everywhere");
	if (p->field != NULL && p->field[0] != '\0')
		pal_buf_printf(to, ", field %s", p->field);
	if (p->row > 0)
		pal_buf_printf(to, ", row %llu", (unsigned long long)p->row);
	if (p->offset > 0 || p->length > 0)
		pal_buf_printf(to, ", byte %llu", (unsigned long long)p->offset);
}

void
pal_outline_put_count(struct pal_json_writer *w, const char *key, uint64_t n)
{
	pal_json_put_u64(w, key, n > INT64_MAX ? INT64_MAX : n);
}

void
pal_outline_size(uint64_t bytes, struct pal_buf *to)
{
	static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB", "PB", "EB" };
	size_t                   unit = 0;
	uint64_t                 tenths = 0, scale = 1;

	for (; bytes / scale >= 1000 && unit < 6; unit++)
		scale *= 1000;
	if (unit == 0) {
		pal_buf_printf(to, "%u byte%s", (unsigned int)bytes, pal_outline_plural(bytes, "s"));
		return;
	}
	tenths = bytes / (scale / 10);
	pal_buf_printf(to, "%u.%u %s", (unsigned int)(tenths / 10), (unsigned int)(tenths % 10), units[unit]);
}

void
pal_outline_elapsed(uint64_t ms, struct pal_buf *to)
{
	if (ms < 1000)
		pal_buf_printf(to, "%u ms", (unsigned int)ms);
	else if (ms < 120000)
		pal_buf_printf(to, "%u.%u s", (unsigned int)(ms / 1000), (unsigned int)(ms / 100 % 10));
	else
		pal_buf_printf(to, "%llu min", (unsigned long long)ms / 60000);
}

uint64_t
pal_outline_count(const struct pal_report *r, enum pal_scan_verdict verdict)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < r->file_count; i++)
		n += r->files[i].verdict == verdict;
	return n;
}

/* " (3 clean, 1 partial)": how many files there are of each verdict. */
static void
add_verdicts(const struct pal_report *r, struct pal_buf *to)
{
	const char *before = " (";

	for (enum pal_scan_verdict v = PAL_SCAN_CLEAN; v <= PAL_SCAN_ERROR; v++) {
		uint64_t n = pal_outline_count(r, v);

		if (n == 0)
			continue;
		pal_buf_printf(to, "%s%llu %s", before, (unsigned long long)n,
			       v == PAL_SCAN_FINDINGS ? "with findings" : pal_scan_verdict_name(v));
		before = ", ";
	}
	pal_buf_add_text(to, r->file_count == 0 ? "" : ")");
}

void
pal_outline_work(const struct pal_report *r, struct pal_buf *to)
{
	pal_buf_printf(to, "%llu file%s", (unsigned long long)r->file_count, pal_outline_plural(r->file_count, "s"));
	if (r->files != NULL)
		add_verdicts(r, to);
	pal_buf_add_text(to, ", ");
	pal_outline_size(r->byte_count, to);
	pal_buf_add_text(to, ", in ");
	pal_outline_elapsed(r->elapsed_ms, to);
}
