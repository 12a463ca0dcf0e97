/* openlineage.c - events of one run are gathered before a step is made of them; what names a dataset is in
 * read_dataset(). */
#include "palisade/openlineage.h"

#include <string.h>

#include "fields.h"
#include "palisade/digest.h"

#define DATASETS_MOST 10000 /* of one run, on either side */
#define NAME_MOST     1024
#define CHUNK         40 /* datasets on either side of one statement, so that it fits an entry of the ledger */

/* What is known of one run, or of one job or dataset event. */
struct run {
	const char     *job, *id, *producer; /* id NULL: no run */
	struct pal_list inputs, outputs;     /* of struct pal_resource */
	struct pal_map  seen;                /* datasets that are in a list already */
	uint64_t        time_ms;
	bool            worked, broken; /* an event that is more than START; ABORT or FAIL */
};

struct reading {
	struct pal_arena       *arena;
	struct pal_list         runs; /* of struct run * */
	struct pal_map          by_id;
	struct pal_openlineage *counts;
	char                    what[48]; /* "event 3 (line 3)": for errors */
};

static struct run *
new_run(struct reading *r, const char *job, const char *id)
{
	struct run  *run = pal_arena_array(r->arena, 1, sizeof(*run));
	struct run **place = run == NULL ? NULL : pal_list_add(&r->runs);

	if (place == NULL)
		return NULL;
	*run = (struct run){ .job = job,
			     .id = id,
			     .inputs = pal_list_of(r->arena, sizeof(struct pal_resource)),
			     .outputs = pal_list_of(r->arena, sizeof(struct pal_resource)),
			     .seen = pal_map_of(r->arena) };
	*place = run;
	return run;
}

/* "namespace" and "name" of a job or a dataset, with a colon between. */
static const char *
full_name(struct fields *f)
{
	const char *space = field_text(f, "namespace"), *name = field_text(f, "name");

	if (space == NULL || name == NULL)
		return NULL;
	if (strlen(space) + strlen(name) > NAME_MOST)
		fields_fail(f, "name", "with its namespace at most 1,024 bytes");
	return pal_arena_printf(f->arena, "%s:%s", space, name);
}

/* The facet of a dataset, unless it is deleted ("_deleted": true). Facets are objects, whatever is in them. */
static const json_t *
facet_of(struct fields *f, const char *name)
{
	const json_t *all = field_object(f, "facets"), *one = json_object_get(all, name);

	if (one == NULL || json_is_null(one) || json_is_true(json_object_get(one, "_deleted")))
		return NULL;
	if (json_is_object(one))
		return one;
	fields_fail(f, name, "a facet, which is an object,");
	return NULL;
}

static const char *
content_digest(struct fields *f, const char *version)
{
	const json_t   *facet = facet_of(f, "palisade_contentDigest");
	const char     *told = facet == NULL ? NULL : pal_json_text(facet, "sha256");
	struct pal_view v = pal_view_of(version);

	if (facet != NULL && !pal_store_is_digest(told)) {
		fields_fail(f, "palisade_contentDigest", "\"sha256\" in 64 lower-case hex digits");
		return NULL;
	}
	if (facet != NULL)
		return pal_arena_text(f->arena, pal_view_of(told));
	if (pal_view_starts(v, "sha256:") && pal_store_is_digest(version + 7))
		return pal_arena_text(f->arena, pal_view_sub(v, 7, SIZE_MAX));
	return NULL;
}

/*
 * A dataset is its content if an event tells the digest of that, else its name and version: two events that name the
 * same dataset then meet in one node of the lineage.
 */
static struct pal_resource
read_dataset(struct fields *f)
{
	struct pal_resource r = { .name = full_name(f) };
	const json_t       *facet = facet_of(f, "version");
	const char         *version = facet == NULL ? NULL : pal_json_text(facet, "datasetVersion");
	struct pal_digest   g = { 0 };
	char                hex[PAL_DIGEST_TEXT] = "";

	if (facet != NULL && version == NULL)
		fields_fail(f, "version", "a facet with a text \"datasetVersion\"");
	if (version != NULL && strlen(version) > NAME_MOST)
		fields_fail(f, "version", "at most 1,024 bytes");
	if (f->why.code != PAL_OK)
		return r;
	r.digest = content_digest(f, version);
	if (r.digest != NULL || r.name == NULL)
		return r;
	if (version != NULL)
		r.name = pal_arena_printf(f->arena, "%s:%s", r.name, version);
	if (pal_digest_of(PAL_SHA256, pal_view_of(r.name), &g) != PAL_OK)
		fields_fail(f, "name", "memory to hash it");
	pal_digest_hex(&g, hex);
	r.digest = pal_arena_text(f->arena, pal_view_of(hex));
	r.by_name = true;
	return r;
}

static void
add_dataset(struct fields *f, struct run *run, struct pal_list *list, const json_t *dataset)
{
	struct fields        one = fields_of(dataset, f->what, f->arena);
	struct pal_resource  r = read_dataset(&one);
	struct pal_resource *place = NULL;
	PAL_AUTO_BUF         key = pal_buf_of(0);
	void               **seen = NULL;

	f->why = one.why;
	if (f->why.code != PAL_OK || r.digest == NULL)
		return;
	pal_buf_printf(&key, "%c%s", list == &run->inputs ? 'i' : 'o', r.digest);
	seen = pal_map_put(&run->seen, pal_buf_view(&key));
	if (seen == NULL || *seen != NULL)
		return;
	*seen = run;
	if (list->count == DATASETS_MOST) {
		fields_fail(f, list == &run->inputs ? "inputs" : "outputs", "at most 10,000 datasets");
		return;
	}
	place = pal_list_add(list);
	if (place != NULL)
		*place = r;
}

static void
add_datasets(struct fields *f, struct run *run, struct pal_list *list, const char *key)
{
	const json_t *all = field_array(f, key);

	for (size_t i = 0; i < json_array_size(all) && f->why.code == PAL_OK; i++)
		add_dataset(f, run, list, json_array_get(all, i));
}

/* RFC 9562, section 4: 8-4-4-4-12 hex digits. */
static bool
is_uuid(const char *text)
{
	size_t i = 0;

	for (; i < 36 && text[i] != '\0'; i++) {
		uint8_t c = pal_to_lower((uint8_t)text[i]);
		bool    dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? c != '-' : !(pal_is_digit(c) || (c >= 'a' && c <= 'f')))
			return false;
	}
	return i == 36 && text[i] == '\0';
}

static void
read_state(struct fields *f, struct run *run)
{
	static const char *const states[] = { "START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER", NULL };
	const char              *state = field_text_or(f, "eventType", "OTHER");
	size_t                   i = 0;

	while (state != NULL && states[i] != NULL && strcmp(states[i], state) != 0)
		i++;
	if (states[i] == NULL)
		fields_fail(f, "eventType", "START, RUNNING, COMPLETE, ABORT, FAIL or OTHER");
	run->worked = run->worked || i == 1 || i == 2 || i == 5;
	run->broken = run->broken || i == 3 || i == 4;
}

static struct run *
run_of_event(struct reading *r, struct fields *f, const char *job)
{
	struct fields run_fields = fields_of(field_object(f, "run"), f->what, f->arena);
	const char   *id = field_text(&run_fields, "runId");
	void        **place = NULL;

	if (id != NULL && !is_uuid(id))
		fields_fail(&run_fields, "runId", "a UUID");
	(void)field_object(&run_fields, "facets");
	if (f->why.code == PAL_OK)
		f->why = run_fields.why;
	if (f->why.code != PAL_OK || id == NULL)
		return NULL;
	place = pal_map_put(&r->by_id, pal_view_of(id));
	if (place != NULL && *place == NULL)
		*place = new_run(r, job, id);
	return place == NULL ? NULL : *place;
}

static struct run *
read_job_or_run(struct reading *r, struct fields *f)
{
	struct fields job_fields = fields_of(field_object(f, "job"), f->what, f->arena);
	const char   *job = full_name(&job_fields);
	struct run   *run = NULL;

	(void)field_object(&job_fields, "facets");
	if (f->why.code == PAL_OK)
		f->why = job_fields.why;
	if (json_object_get(f->object, "run") == NULL) {
		r->counts->job_events++;
		run = new_run(r, job, NULL);
		if (run != NULL)
			run->worked = true;
	} else {
		r->counts->run_events++;
		run = run_of_event(r, f, job);
		if (run != NULL)
			read_state(f, run);
	}
	if (run == NULL)
		return NULL;
	add_datasets(f, run, &run->inputs, "inputs");
	add_datasets(f, run, &run->outputs, "outputs");
	return run;
}

static struct run *
read_dataset_event(struct reading *r, struct fields *f)
{
	struct run *run = new_run(r, "dataset", NULL);

	r->counts->dataset_events++;
	if (run == NULL)
		return NULL;
	run->worked = true;
	add_dataset(f, run, &run->outputs, json_object_get(f->object, "dataset"));
	return run;
}

/* A run event has run and job, a job event has job and no run, a dataset event has dataset and neither. */
static enum pal_err
read_event(struct reading *r, const json_t *event, struct pal_diag *d)
{
	struct fields f = fields_of(event, r->what, r->arena);
	const char   *producer = field_text(&f, "producer");
	const char   *schema = field_text(&f, "schemaURL");
	uint64_t      time_ms = field_time(&f, "eventTime");
	struct run   *run = NULL;

	if (field_text(&f, "eventTime") == NULL || schema == NULL)
		return fields_err(&f, d);
	r->counts->events++;
	if (json_object_get(event, "job") != NULL)
		run = read_job_or_run(r, &f);
	else if (json_object_get(event, "run") != NULL)
		fields_fail(&f, "job", "an object");
	else if (json_object_get(event, "dataset") != NULL)
		run = read_dataset_event(r, &f);
	else
		fields_fail(&f, "job", "a job, or a \"dataset\",");
	PAL_TRY(fields_err(&f, d));
	if (run != NULL) {
		run->producer = producer;
		run->time_ms = time_ms > run->time_ms ? time_ms : run->time_ms;
	}
	return PAL_OK;
}

static const char *
parameters_of(const struct run *run, struct pal_arena *a)
{
	PAL_AUTO_BUF           text = pal_buf_of(0);
	struct pal_json_writer w = pal_json_writer_of(&text, 0);

	pal_json_begin(&w, NULL, '{');
	put_if(&w, "runId", run->id);
	put_if(&w, "producer", run->producer);
	pal_json_end(&w, '}');
	return pal_arena_text(a, pal_buf_view(&text));
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Every input meets every output in one of the steps. */
static void
make_steps(struct reading *r, const struct run *run)
{
	const struct pal_resource *inputs = run->inputs.items, *outputs = run->outputs.items;
	const char                *parameters = parameters_of(run, r->arena);
	size_t                     in = 0;

	do {
		size_t n = least(CHUNK, run->inputs.count - in);

		for (size_t out = 0; out < run->outputs.count; out += CHUNK) {
			struct pal_step *s = pal_list_add(&r->counts->steps);

			if (s == NULL)
				return;
			*s = (struct pal_step){ .name = run->job,
						.kind = "dataset",
						.inputs = inputs == NULL ? NULL : inputs + in,
						.input_count = n,
						.outputs = outputs + out,
						.output_count = least(CHUNK, run->outputs.count - out),
						.parameters = parameters,
						.by = run->producer,
						.source = "openlineage",
						.time_ms = run->time_ms };
		}
		in += n;
	} while (in < run->inputs.count);
}

static enum pal_err
read_lines(struct reading *r, struct pal_view text, struct pal_diag *d)
{
	struct pal_view rest = text, line = { 0 };

	for (size_t n = 1; pal_view_line(&rest, &line); n++) {
		PAL_AUTO_JSON event = NULL;

		if (pal_view_trim(line).len == 0)
			continue;
		(void)snprintf(r->what, sizeof(r->what), "OpenLineage line %zu", n);
		if (pal_json_parse(pal_view_trim(line), PAL_OPENLINEAGE_MOST, &event, d) != PAL_OK)
			return pal_fail_in(d, d == NULL ? PAL_EFORM : d->code, r->what);
		PAL_TRY(read_event(r, event, d));
	}
	return PAL_OK;
}

static enum pal_err
read_document(struct reading *r, const json_t *doc, struct pal_diag *d)
{
	if (!json_is_array(doc)) {
		(void)snprintf(r->what, sizeof(r->what), "OpenLineage event");
		return read_event(r, doc, d);
	}
	for (size_t i = 0; i < json_array_size(doc); i++) {
		(void)snprintf(r->what, sizeof(r->what), "OpenLineage event %zu", i + 1);
		PAL_TRY(read_event(r, json_array_get(doc, i), d));
	}
	return PAL_OK;
}

/* More than one line, and the first is a whole value: JSON lines. */
static bool
is_lines(struct pal_view text)
{
	struct pal_view rest = pal_view_trim(text), line = { 0 };
	PAL_AUTO_JSON   first = NULL;

	return pal_view_line(&rest, &line) && rest.len > 0 &&
	       pal_json_parse(pal_view_trim(line), PAL_OPENLINEAGE_MOST, &first, NULL) == PAL_OK;
}

enum pal_err
pal_openlineage_parse(struct pal_view text, struct pal_arena *a, struct pal_openlineage *ret, struct pal_diag *d)
{
	struct pal_openlineage counts = { .steps = pal_list_of(a, sizeof(struct pal_step)) };
	struct reading         r = {
			.arena = a, .runs = pal_list_of(a, sizeof(struct run *)), .by_id = pal_map_of(a), .counts = &counts
	};

	if (text.len > PAL_OPENLINEAGE_MOST)
		return pal_fail(d, PAL_ELIMIT, 0,
				"OpenLineage events of %zu bytes, at most %zu are read; split the file", text.len,
				PAL_OPENLINEAGE_MOST);
	if (is_lines(text)) {
		PAL_TRY(read_lines(&r, text, d));
	} else {
		PAL_AUTO_JSON doc = NULL;

		PAL_TRY(pal_json_parse(text, PAL_OPENLINEAGE_MOST, &doc, d));
		PAL_TRY(read_document(&r, doc, d));
	}
	for (size_t i = 0; i < r.runs.count && pal_arena_err(a) == PAL_OK; i++) {
		const struct run *run = *(struct run **)pal_list_at(&r.runs, i);

		if (run->broken || !run->worked || run->outputs.count == 0)
			counts.unfinished++;
		else
			make_steps(&r, run);
	}
	if (pal_arena_err(a) != PAL_OK)
		return pal_fail(d, pal_arena_err(a), 0, "OpenLineage events");
	*ret = counts;
	return PAL_OK;
}

static enum pal_err
add_steps(struct pal_workspace *ws, const struct pal_openlineage *events, const struct pal_key *key,
	  struct pal_arena *a, struct pal_diag *d)
{
	size_t                n = events->steps.count;
	struct pal_statement *s = pal_arena_array(a, n, sizeof(*s));
	char(*ids)[PAL_ID_TEXT] = pal_arena_array(a, n, PAL_ID_TEXT);

	for (size_t i = 0; i < n && ids != NULL; i++) {
		const struct pal_step *step = pal_list_at(&events->steps, i);
		PAL_AUTO_BUF           predicate = pal_buf_of(0);

		PAL_TRY(pal_step_write(step, &predicate));
		s[i] = (struct pal_statement){ .type = PAL_TYPE_STEP,
					       .subjects = step->outputs,
					       .subject_count = step->output_count,
					       .predicate = pal_arena_text(a, pal_buf_view(&predicate)) };
	}
	if (pal_arena_err(a) != PAL_OK)
		return pal_fail(d, pal_arena_err(a), 0, "lineage steps");
	return n == 0 ? PAL_OK : pal_evidence_add_many(ws, s, n, key, ids, d);
}

enum pal_err
pal_openlineage_add(struct pal_workspace *ws, const struct pal_openlineage *events, const struct pal_key *key,
		    struct pal_diag *d)
{
	PAL_AUTO_ARENA a;

	pal_arena_init(&a, PAL_OPENLINEAGE_MOST * 4);
	return add_steps(ws, events, key, &a, d);
}
