/*
 * fuzz_report.c - a report whose texts, counts and shape come from the input, in every format: what is written nests,
 * parses, and holds no markup and no escape sequence of the texts.
 */
#include "palisade/json.h"
#include "palisade/report.h"

#include "../unit/well_formed.h"
#include "report/width.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST 6

struct input {
	struct pal_view  rest;
	struct pal_arena arena;
};

static uint8_t
byte(struct input *in)
{
	uint8_t b = in->rest.len == 0 ? 0 : in->rest.data[0];

	in->rest = pal_view_sub(in->rest, 1, SIZE_MAX);
	return b;
}

static uint64_t
number(struct input *in)
{
	uint64_t n = 0;

	for (unsigned int width = byte(in) % 9; width > 0; width--)
		n = n << 8 | byte(in);
	return n;
}

/* NULL, or what stands before the next NUL. */
static const char *
text(struct input *in)
{
	struct pal_view part = { 0 };
	const char     *copy = NULL;

	if (byte(in) % 16 == 0 || !pal_view_split(&in->rest, 0, &part))
		return NULL;
	copy = pal_arena_text(&in->arena, part);
	return copy;
}

static void *
items(struct input *in, size_t size, size_t *ret_n)
{
	size_t n = byte(in) % MOST;
	void  *made = n == 0 ? NULL : pal_arena_array(&in->arena, n, size);

	*ret_n = made == NULL ? 0 : n;
	return made;
}

static void
fill_decisions(struct input *in, struct pal_report *r)
{
	struct pal_report_gate *gates = items(in, sizeof(*gates), &r->gate_count);
	struct pal_report_row  *rows = items(in, sizeof(*rows), &r->row_count);

	for (size_t i = 0; i < r->gate_count; i++)
		gates[i] = (struct pal_report_gate){ text(in), byte(in) % 2 == 0, byte(in), byte(in), byte(in), 0,
						     1,        text(in) };
	for (size_t i = 0; i < r->row_count; i++) {
		const char *stage = text(in), *control = text(in), *title = text(in), *artifact = text(in);

		rows[i] =
		    (struct pal_report_row){ stage,    control,  title,    artifact, (enum pal_verdict)(byte(in) % 5),
					     text(in), text(in), text(in), text(in), text(in) };
	}
	r->gates = gates;
	r->rows = rows;
}

static void
fill_findings(struct input *in, struct pal_report *r)
{
	struct pal_report_finding *findings = items(in, sizeof(*findings), &r->finding_count);

	for (size_t i = 0; i < r->finding_count; i++) {
		struct pal_rule    *rule = pal_arena_array(&in->arena, 1, sizeof(*rule));
		struct pal_finding *f = pal_arena_array(&in->arena, 1, sizeof(*f));

		if (rule == NULL || f == NULL) {
			r->finding_count = i;
			break;
		}
		*rule = (struct pal_rule){ .id = text(in),
					   .title = text(in),
					   .help = text(in),
					   .severity = (enum pal_severity)(byte(in) % 5),
					   .data_class = PAL_CLASS_PII,
					   .atlas = text(in),
					   .owasp = text(in),
					   .cwe = text(in),
					   .cve = text(in),
					   .loader = text(in) };
		*f = (struct pal_finding){ rule,
					   (enum pal_severity)(byte(in) % 5),
					   PAL_CONFIDENCE_LOW,
					   { text(in), text(in), number(in), number(in), number(in) },
					   number(in),
					   text(in) };
		findings[i] = (struct pal_report_finding){ text(in), f, text(in) };
	}
	r->findings = findings;
}

/* Makes it a scan, or not: the findings belong to the files in turn. */
static void
fill_files(struct input *in, struct pal_report *r)
{
	size_t                  n = 0, at = 0;
	struct pal_report_file *files = items(in, sizeof(*files), &n);

	for (size_t i = 0; i < n; i++) {
		size_t count = byte(in) % (r->finding_count - at + 1);

		files[i] = (struct pal_report_file){ .path = text(in),
						     .format = text(in),
						     .verdict = PAL_SCAN_PARTIAL,
						     .sha256 = text(in),
						     .size = number(in),
						     .unread = number(in),
						     .first = at,
						     .count = count };
		at += count;
	}
	if (n > 0) {
		r->files = files;
		r->file_count = n;
	}
}

static void
fill_lineage(struct input *in, struct pal_report *r)
{
	struct pal_report_node *nodes = items(in, sizeof(*nodes), &r->node_count);
	struct pal_report_edge *edges = items(in, sizeof(*edges), &r->edge_count);

	for (size_t i = 0; i < r->node_count; i++)
		nodes[i] = (struct pal_report_node){ text(in), text(in), text(in), text(in), text(in), text(in) };
	for (size_t i = 0; i < r->edge_count; i++) {
		size_t from = byte(in), to = byte(in);

		if (r->node_count > 0)
			edges[i] =
			    (struct pal_report_edge){ nodes[from % r->node_count].id, nodes[to % r->node_count].id };
	}
	r->nodes = nodes;
	r->edges = edges;
}

static void
fill_rest(struct input *in, struct pal_report *r)
{
	struct pal_report_evidence  *evidence = items(in, sizeof(*evidence), &r->evidence_count);
	struct pal_report_exception *exceptions = items(in, sizeof(*exceptions), &r->exception_count);

	for (size_t i = 0; i < r->evidence_count; i++)
		evidence[i] =
		    (struct pal_report_evidence){ text(in), text(in), text(in), text(in), text(in), number(in) };
	for (size_t i = 0; i < r->exception_count; i++)
		exceptions[i] = (struct pal_report_exception){ text(in),         text(in), text(in),
							       text(in),         text(in), (int)(uint32_t)number(in),
							       byte(in) % 2 == 0 };
	r->evidence = evidence;
	r->exceptions = exceptions;
}

static void
check_terminal(struct pal_view v)
{
	while (v.len > 0) {
		uint32_t c = pal_utf8_next(&v);

		PAL_ASSERT(c == '\n' || c == pal_width_shown(c));
	}
}

static void
check_lines(struct pal_view v)
{
	struct pal_view line = { 0 };

	while (pal_view_line(&v, &line)) {
		PAL_AUTO_JSON   doc = NULL;
		struct pal_diag d = { 0 };

		PAL_ASSERT(pal_json_parse(line, line.len, &doc, &d) == PAL_OK);
	}
}

static void
check(enum pal_report_format format, const struct pal_buf *b)
{
	PAL_AUTO_JSON   doc = NULL;
	struct pal_diag d = { 0 };

	switch (format) {
	case PAL_REPORT_TABLE:
		check_terminal(pal_buf_view(b));
		return;
	case PAL_REPORT_JSON:
	case PAL_REPORT_SARIF:
		PAL_ASSERT(pal_json_parse(pal_buf_view(b), b->len, &doc, &d) == PAL_OK);
		return;
	case PAL_REPORT_JSONL:
		check_lines(pal_buf_view(b));
		return;
	case PAL_REPORT_JUNIT:
		PAL_ASSERT(well_formed(pal_buf_view(b), false));
		return;
	case PAL_REPORT_HTML:
		PAL_ASSERT(well_formed(pal_buf_view(b), true));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input            in = { .rest = { data, size } };
	struct pal_report_style style = { 0 };
	struct pal_report       r = { 0 };

	pal_arena_init(&in.arena, (size_t)16 << 20);
	style.columns = byte(&in);
	style.verbose = byte(&in) % 2 == 0;
	r = (struct pal_report){ .tool_version = text(&in),
				 .title = text(&in),
				 .subject = text(&in),
				 .time = text(&in),
				 .profile = text(&in),
				 .checkpoint = text(&in),
				 .sandbox = text(&in) };
	r.closed = byte(&in) % 2 == 0;
	r.limit = (enum pal_severity)(byte(&in) % 5);
	r.file_count = number(&in);
	r.byte_count = number(&in);
	r.elapsed_ms = number(&in);
	fill_decisions(&in, &r);
	fill_findings(&in, &r);
	fill_files(&in, &r);
	fill_lineage(&in, &r);
	fill_rest(&in, &r);
	for (unsigned int f = PAL_REPORT_TABLE; f <= PAL_REPORT_HTML && pal_arena_err(&in.arena) == PAL_OK; f++) {
		PAL_AUTO_BUF b = pal_buf_of(0);

		if (f == PAL_REPORT_JSONL && r.files == NULL)
			continue;
		PAL_ASSERT(pal_report_write(&r, (enum pal_report_format)f, &style, &b) == PAL_OK);
		check((enum pal_report_format)f, &b);
	}
	pal_arena_done(&in.arena);
	return 0;
}
