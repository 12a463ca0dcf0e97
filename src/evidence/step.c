/* step.c - lineage steps of ours, and SLSA Provenance v1 (slsa.dev/spec/v1.2/build-provenance). */
#include "fields.h"
#include "palisade/lineage.h"

enum pal_err
pal_step_write(const struct pal_step *s, struct pal_buf *out)
{
	struct pal_json_writer w = pal_json_writer_of(out, 0);

	pal_json_begin(&w, NULL, '{');
	pal_json_put_text(&w, "name", s->name);
	put_if(&w, "kind", s->kind);
	put_resources(&w, "inputs", s->inputs, s->input_count);
	if (s->code.digest != NULL)
		pal_resource_write(&w, "code", &s->code);
	pal_json_put_raw(&w, "parameters", s->parameters == NULL ? "{}" : s->parameters);
	put_if(&w, "by", s->by);
	put_if(&w, "source", s->source);
	put_time(&w, "finishedOn", s->time_ms);
	pal_json_end(&w, '}');
	return pal_buf_err(out);
}

enum pal_err
pal_step_of(const struct pal_statement *s, struct pal_arena *a, struct pal_step *ret, struct pal_diag *d)
{
	PAL_AUTO_JSON   doc = NULL;
	struct fields   f = { 0 };
	struct pal_step step = { .outputs = s->subjects, .output_count = s->subject_count };
	struct pal_list inputs = pal_list_of(a, sizeof(struct pal_resource));

	PAL_TRY(pal_statement_predicate(s, PAL_TYPE_STEP, &doc, d));
	f = fields_of(doc, "lineage step", a);
	step.name = field_text(&f, "name");
	step.kind = field_text_or(&f, "kind", NULL);
	field_resources(&f, "inputs", &inputs);
	step.inputs = inputs.items;
	step.input_count = inputs.count;
	step.code = field_resource(&f, "code");
	step.parameters = field_json(&f, "parameters");
	step.by = field_text_or(&f, "by", NULL);
	step.source = field_text_or(&f, "source", NULL);
	step.time_ms = field_time(&f, "finishedOn");
	PAL_TRY(fields_err(&f, d));
	*ret = step;
	return PAL_OK;
}

enum pal_err
pal_provenance_write(const struct pal_provenance *p, struct pal_buf *out)
{
	struct pal_json_writer w = pal_json_writer_of(out, 0);

	pal_json_begin(&w, NULL, '{');
	pal_json_begin(&w, "buildDefinition", '{');
	pal_json_put_text(&w, "buildType", p->build_type);
	pal_json_put_raw(&w, "externalParameters", p->parameters == NULL ? "{}" : p->parameters);
	put_resources(&w, "resolvedDependencies", p->inputs, p->input_count);
	pal_json_end(&w, '}');
	pal_json_begin(&w, "runDetails", '{');
	pal_json_begin(&w, "builder", '{');
	pal_json_put_text(&w, "id", p->builder);
	pal_json_end(&w, '}');
	pal_json_begin(&w, "metadata", '{');
	put_if(&w, "invocationId", p->invocation);
	put_time(&w, "startedOn", p->started_ms);
	put_time(&w, "finishedOn", p->finished_ms);
	pal_json_end(&w, '}');
	pal_json_end(&w, '}');
	pal_json_end(&w, '}');
	return pal_buf_err(out);
}

static enum pal_err
read_definition(const json_t *doc, struct pal_arena *a, struct pal_provenance *p, struct pal_diag *d)
{
	struct fields   f = fields_of(json_object_get(doc, "buildDefinition"), "provenance: buildDefinition", a);
	struct pal_list inputs = pal_list_of(a, sizeof(struct pal_resource));

	p->build_type = field_text(&f, "buildType");
	if (field_object(&f, "externalParameters") == NULL)
		fields_fail(&f, "externalParameters", "an object");
	p->parameters = field_json(&f, "externalParameters");
	field_resources(&f, "resolvedDependencies", &inputs);
	p->inputs = inputs.items;
	p->input_count = inputs.count;
	return fields_err(&f, d);
}

static enum pal_err
read_run(const json_t *doc, struct pal_arena *a, struct pal_provenance *p, struct pal_diag *d)
{
	struct fields run = fields_of(json_object_get(doc, "runDetails"), "provenance: runDetails", a);
	struct fields builder = { 0 }, metadata = { 0 };

	PAL_TRY(fields_err(&run, d));
	builder = fields_of(json_object_get(run.object, "builder"), "provenance: builder", a);
	p->builder = field_text(&builder, "id");
	PAL_TRY(fields_err(&builder, d));
	if (field_object(&run, "metadata") == NULL)
		return fields_err(&run, d);
	metadata = fields_of(field_object(&run, "metadata"), "provenance: metadata", a);
	p->invocation = field_text_or(&metadata, "invocationId", NULL);
	p->started_ms = field_time(&metadata, "startedOn");
	p->finished_ms = field_time(&metadata, "finishedOn");
	return fields_err(&metadata, d);
}

/* "palisade:PIPELINE/STEP#RUN", as palisade run writes it, names the step; else there is only the kind of build. */
static const char *
step_of(const struct pal_provenance *p, struct pal_arena *a)
{
	struct pal_view v = pal_view_of(p->invocation);
	size_t          from = pal_view_find_byte(v, '/', 0), to = pal_view_find_byte(v, '#', 0);

	if (!pal_view_starts(v, "palisade:") || from == SIZE_MAX || to == SIZE_MAX || to <= from)
		return p->build_type;
	return pal_arena_text(a, pal_view_sub(v, from + 1, to - from - 1));
}

enum pal_err
pal_provenance_of(const struct pal_statement *s, struct pal_arena *a, struct pal_provenance *ret, struct pal_diag *d)
{
	PAL_AUTO_JSON         doc = NULL;
	struct pal_provenance p = { 0 };

	PAL_TRY(pal_statement_predicate(s, PAL_TYPE_PROVENANCE, &doc, d));
	PAL_TRY(read_definition(doc, a, &p, d));
	PAL_TRY(read_run(doc, a, &p, d));
	p.step = step_of(&p, a);
	*ret = p;
	return PAL_OK;
}
