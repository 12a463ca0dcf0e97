/* test_openlineage.c - events as clients write them, what is refused and where, and every damaged copy of a good one.
 */
#include "palisade/openlineage.h"

#include <dirent.h>

#include "mutate.h"
#include "workspace_kit.h"

#define BASE "\"eventTime\":\"2026-01-02T03:04:05.5Z\",\"producer\":\"https://p\",\"schemaURL\":\"https://s\""
#define RUN(id, type) \
	BASE ",\"eventType\":\"" type "\",\"run\":{\"runId\":\"0196c9a0-0000-7000-8000-00000000000" id "\"}"
#define JOB       ",\"job\":{\"namespace\":\"etl\",\"name\":\"load\"}"
#define SET(name) "{\"namespace\":\"s3://b\",\"name\":\"" name "\"}"
#define HEX       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
	const char  *text;
	enum pal_err err;
	size_t       steps, inputs, outputs; /* of the first step */
	const char  *say;                    /* part of the error */
} cases[] = {
	{ "{" RUN("1", "COMPLETE") JOB ",\"inputs\":[" SET("a") "," SET("b") "],\"outputs\":[" SET("c") "]}", PAL_OK, 1,
	  2, 1, NULL },
	{ "[{" RUN("1", "START") JOB ",\"inputs\":[" SET("a") "]},{" RUN("1", "COMPLETE") JOB
	  ",\"outputs\":[" SET("c") "]}]",
	  PAL_OK, 1, 1, 1, NULL },
	{ "{" RUN("1", "START") JOB ",\"inputs\":[" SET("a") "]}\n\n{" RUN("1", "COMPLETE") JOB
	  ",\"inputs\":[" SET("a") "],\"outputs\":[" SET("c") "]}\r\n",
	  PAL_OK, 1, 1, 1, NULL },
	{ "{" RUN("1", "START") JOB ",\"outputs\":[" SET("c") "]}", PAL_OK, 0, 0, 0, NULL },
	{ "{" RUN("1", "FAIL") JOB ",\"outputs\":[" SET("c") "]}", PAL_OK, 0, 0, 0, NULL },
	{ "{" RUN("1", "COMPLETE") JOB ",\"outputs\":[]}", PAL_OK, 0, 0, 0, NULL },
	{ "{" RUN("1", "RUNNING") JOB ",\"inputs\":[" SET("a") "],\"outputs\":[" SET("c") "]}", PAL_OK, 1, 1, 1, NULL },
	{ "{" BASE JOB ",\"inputs\":[" SET("a") "],\"outputs\":[" SET("c") "," SET("d") "]}", PAL_OK, 1, 1, 2, NULL },
	{ "{" BASE ",\"dataset\":" SET("a") "}", PAL_OK, 1, 0, 1, NULL },
	{ "[]", PAL_OK, 0, 0, 0, NULL },
	{ "", PAL_EFORM, 0, 0, 0, "nothing" },
	{ "{", PAL_EFORM, 0, 0, 0, "line 1" },
	{ "7", PAL_EFORM, 0, 0, 0, "object expected" },
	{ "{" BASE "}", PAL_EFORM, 0, 0, 0, "dataset" },
	{ "{\"producer\":\"x\",\"schemaURL\":\"x\"" JOB "}", PAL_EFORM, 0, 0, 0, "eventTime" },
	{ "{\"eventTime\":\"yesterday\",\"producer\":\"x\",\"schemaURL\":\"x\"" JOB "}", PAL_EFORM, 0, 0, 0,
	  "eventTime" },
	{ "{\"eventTime\":\"2026-01-02T03:04:05+01:00\",\"schemaURL\":\"x\"" JOB "}", PAL_EFORM, 0, 0, 0, "producer" },
	{ "{" RUN("1", "DONE") JOB "}", PAL_EFORM, 0, 0, 0, "eventType" },
	{ "{" BASE ",\"run\":{\"runId\":\"1\"}" JOB "}", PAL_EFORM, 0, 0, 0, "UUID" },
	{ "{" BASE ",\"run\":{\"runId\":\"0196c9a0-0000-7000-8000-000000000001\"}}", PAL_EFORM, 0, 0, 0, "job" },
	{ "{" BASE ",\"job\":{\"name\":\"x\"}}", PAL_EFORM, 0, 0, 0, "namespace" },
	{ "{" BASE JOB ",\"inputs\":{}}", PAL_EFORM, 0, 0, 0, "inputs" },
	{ "{" BASE JOB ",\"inputs\":[{\"namespace\":\"x\"}]}", PAL_EFORM, 0, 0, 0, "name" },
	{ "{" BASE JOB "}\n{\"x\":1}\n", PAL_EFORM, 0, 0, 0, "line 2" },
	{ "{" BASE JOB "}\n{", PAL_EFORM, 0, 0, 0, "line 2" },
	{ "{" BASE ",\"dataset\":{\"namespace\":\"n\",\"name\":\"m\",\"facets\":{\"version\":{}}}}", PAL_EFORM, 0, 0, 0,
	  "datasetVersion" },
	{ "{" BASE ",\"dataset\":{\"namespace\":\"n\",\"name\":\"m\",\"facets\":{\"palisade_contentDigest\":{}}}}",
	  PAL_EFORM, 0, 0, 0, "64" },
	{ "{" BASE ",\"dataset\":{\"namespace\":\"n\",\"name\":\"m\",\"facets\":{\"version\":7}}}", PAL_EFORM, 0, 0, 0,
	  "facet" },
};

static void
test_cases(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PAL_AUTO_ARENA         a;
		struct pal_openlineage o = { 0 };
		struct pal_diag        d = { 0 };
		const struct pal_step *s = NULL;

		pal_arena_init(&a, 1 << 20);
		if (!CHECK_SAY(pal_openlineage_parse(pal_view_of(cases[i].text), &a, &o, &d) == cases[i].err,
			       cases[i].text))
			(void)printf("%s\n", d.text);
		if (cases[i].say != NULL)
			CHECK_SAY(strstr(d.text, cases[i].say) != NULL, d.text);
		CHECK_SAY(o.steps.count == cases[i].steps, cases[i].text);
		if (o.steps.count == 0 || cases[i].steps == 0)
			continue;
		s = pal_list_at(&o.steps, 0);
		CHECK_SAY(s->input_count == cases[i].inputs && s->output_count == cases[i].outputs, cases[i].text);
	}
}

static void
test_names(void)
{
	static const char text[] =
	    "{" BASE JOB ",\"inputs\":[{\"namespace\":\"n\",\"name\":\"a\",\"facets\":{\"version\":{\"datasetVersion\":"
	    "\"7\"}}},{\"namespace\":\"n\",\"name\":\"b\",\"facets\":{\"version\":{\"datasetVersion\":\"sha256:" HEX
	    "\"}}},{\"namespace\":\"n\",\"name\":\"a\",\"facets\":{\"version\":{\"_deleted\":true}}}],\"outputs\":[{"
	    "\"namespace\":\"n\",\"name\":\"c\",\"facets\":{\"palisade_contentDigest\":{\"sha256\":\"" HEX "\"}}}]}";
	PAL_AUTO_ARENA         a;
	struct pal_openlineage o = { 0 };
	const struct pal_step *s = NULL;
	struct pal_diag        d = { 0 };

	pal_arena_init(&a, 1 << 20);
	CHECK_SAY(pal_openlineage_parse(pal_view_of(text), &a, &o, &d) == PAL_OK && o.steps.count == 1, d.text);
	if (o.steps.count != 1)
		return;
	s = pal_list_at(&o.steps, 0);
	CHECK(strcmp(s->name, "etl:load") == 0 && strcmp(s->source, "openlineage") == 0 && s->input_count == 3);
	CHECK(strcmp(s->inputs[0].name, "n:a:7") == 0 && s->inputs[0].by_name);
	CHECK(strcmp(s->inputs[1].name, "n:b") == 0 && !s->inputs[1].by_name && strcmp(s->inputs[1].digest, HEX) == 0);
	CHECK(strcmp(s->inputs[2].name, "n:a") == 0 && strcmp(s->inputs[2].digest, s->inputs[0].digest) != 0);
	CHECK(strcmp(s->outputs[0].digest, HEX) == 0 && s->time_ms == 1767323045500);
}

/* More datasets than a statement holds: every pair is in one of the steps. */
static void
test_many(struct pal_workspace *ws)
{
	PAL_AUTO_BUF           text = pal_buf_of(0);
	PAL_AUTO_ARENA         a;
	struct pal_openlineage o = { 0 };
	struct pal_lineage     l;
	struct pal_diag        d = { 0 };

	pal_arena_init(&a, (size_t)64 << 20);
	pal_buf_add_text(&text, "{" RUN("1", "COMPLETE") JOB ",\"inputs\":[");
	for (int i = 0; i < 90; i++)
		pal_buf_printf(&text, "%s{\"namespace\":\"n\",\"name\":\"in-%d\"}", i == 0 ? "" : ",", i);
	pal_buf_add_text(&text, "],\"outputs\":[");
	for (int i = 0; i < 50; i++)
		pal_buf_printf(&text, "%s{\"namespace\":\"n\",\"name\":\"out-%d\"}", i == 0 ? "" : ",", i);
	pal_buf_add_text(&text, "]}");
	CHECK_SAY(pal_openlineage_parse(pal_buf_view(&text), &a, &o, &d) == PAL_OK && o.steps.count == 6, d.text);
	CHECK_SAY(pal_openlineage_add(ws, &o, NULL, &d) == PAL_OK, d.text);
	l = pal_lineage_of(&a);
	CHECK_SAY(pal_lineage_load(ws, &l, &d) == PAL_OK, d.text);
	CHECK(l.nodes.count == 140 && l.edges.count == 90 * 50);
}

static void
parse_damaged(struct pal_view damaged, void *arg)
{
	PAL_AUTO_ARENA         a;
	struct pal_openlineage o = { 0 };
	struct pal_diag        d = { 0 };
	enum pal_err           err = PAL_OK;

	pal_arena_init(&a, 1 << 20);
	err = pal_openlineage_parse(damaged, &a, &o, &d);
	*(unsigned int *)arg += err != PAL_OK && d.text[0] == '\0'; /* every refusal says why */
}

/* A facet of the specification's own tests, as a facet of a dataset, a run and a job. */
static void
load_facet(const char *path)
{
	PAL_AUTO_BUF           file = pal_buf_of(0);
	PAL_AUTO_BUF           event = pal_buf_of(0);
	PAL_AUTO_ARENA         a;
	struct pal_openlineage o = { 0 };
	struct pal_diag        d = { 0 };

	pal_arena_init(&a, 4 << 20);
	CHECK_SAY(pal_file_read(path, 1 << 20, &file, &d) == PAL_OK, d.text);
	if (strstr(pal_buf_text(&file), "\"eventTime\"") != NULL)
		pal_buf_add(&event, pal_buf_view(&file));
	else
		pal_buf_printf(
		    &event,
		    "{" BASE ",\"eventType\":\"COMPLETE\",\"run\":{\"runId\":\"0196c9a0-0000-7000-8000-000000000001\","
		    "\"facets\":%s},\"job\":{\"namespace\":\"n\",\"name\":\"j\",\"facets\":%s},\"outputs\":[{"
		    "\"namespace\":\"n\",\"name\":\"o\",\"facets\":%s}]}",
		    pal_buf_text(&file), pal_buf_text(&file), pal_buf_text(&file));
	CHECK_SAY(pal_openlineage_parse(pal_buf_view(&event), &a, &o, &d) == PAL_OK && o.events == 1, path);
	if (d.code != PAL_OK)
		(void)printf("%s: %s\n", path, d.text);
}

static void
load_folder(const char *folder)
{
	DIR           *dir = opendir(folder);
	struct dirent *e = NULL;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		char path[600] = "";

		(void)snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (e->d_name[0] == '.')
			continue;
		if (pal_view_ends(pal_view_of(path), ".json"))
			load_facet(path);
		else
			load_folder(path);
	}
	if (dir != NULL)
		(void)closedir(dir);
}

/* What the Python client sent: each request's body is an event. */
static void
load_wire(const char *path)
{
	PAL_AUTO_BUF  file = pal_buf_of(0);
	PAL_AUTO_JSON doc = NULL;
	unsigned int  count = 0;

	CHECK(pal_file_read(path, 1 << 22, &file, NULL) == PAL_OK &&
	      pal_json_parse(pal_buf_view(&file), SIZE_MAX, &doc, NULL) == PAL_OK);
	for (size_t i = 0; i < json_array_size(doc); i++) {
		const json_t *requests = json_object_get(json_array_get(doc, i), "requests");

		for (size_t j = 0; j < json_array_size(requests); j++) {
			char          *text = json_dumps(json_object_get(json_array_get(requests, j), "body"), 0);
			PAL_AUTO_ARENA a;
			struct pal_openlineage o = { 0 };
			struct pal_diag        d = { 0 };

			pal_arena_init(&a, 1 << 20);
			CHECK_SAY(text != NULL && pal_openlineage_parse(pal_view_of(text), &a, &o, &d) == PAL_OK &&
				      o.steps.count == 1,
				  d.text);
			count++;
			free(text);
		}
	}
	CHECK(count >= 3);
}

static void
test_vectors(void)
{
	if (!pal_file_exists(SOURCE_DIR "/../shared/vectors/supply/openlineage")) {
		(void)printf("skipped: ../shared/vectors is not here\n");
		return;
	}
	load_folder(SOURCE_DIR "/../shared/vectors/supply/openlineage/tests");
	load_wire(SOURCE_DIR "/../shared/vectors/supply/openlineage/wire_python_client_1.53.0.json");
}

int
main(void)
{
	struct pal_workspace *ws = kit_init();
	unsigned int          silent = 0;

	test_cases();
	test_names();
	test_many(ws);
	pal_mutate_all(pal_view_of(cases[0].text), parse_damaged, &silent);
	CHECK(silent == 0);
	test_vectors();
	return kit_done(&ws);
}
