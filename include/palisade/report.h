/*
 * report.h - one picture of what was decided and found, and the formats it is written in.
 *
 * Whoever has facts fills a struct pal_report; the writers know nothing of where
 * the facts came from. Every text may hold hostile bytes: each writer escapes for
 * its own format (and the terminal table shows controls as U+FFFD).
 *
 *   units    times are RFC 3339 text
 *   memory   a report borrows everything it points to; writers add to the caller's buffer
 *   errors   those of the buffer
 *   threads  pure
 */
#ifndef PALISADE_REPORT_H
#define PALISADE_REPORT_H

#include "palisade/buf.h"
#include "palisade/compare.h"
#include "palisade/finding.h"
#include "palisade/scan.h"

enum pal_verdict { PAL_PASS, PAL_WARN, PAL_WAIVED, PAL_NOT_CHECKED, PAL_FAIL }; /* in rising order of trouble */

enum pal_report_format {
	PAL_REPORT_TABLE,
	PAL_REPORT_JSON,
	PAL_REPORT_SARIF, /* OASIS SARIF 2.1.0 */
	PAL_REPORT_JUNIT,
	PAL_REPORT_JSONL, /* of a scan: an artifact a line */
	PAL_REPORT_HTML,  /* one self-contained page: inline SVG and CSS, no script */
};

struct pal_report_gate {
	const char  *stage; /* "collect" */
	bool         open;
	unsigned int passed, failed, warned, waived, not_checked;
	const char  *decision; /* evidence id of the decision; NULL: none */
};

struct pal_report_row {
	const char      *stage, *control, *title; /* "collect", "COL-04", "Origin and lineage are known" */
	const char      *artifact;                /* name as declared; NULL: the stage as a whole */
	enum pal_verdict verdict;
	const char      *reason;   /* one sentence that names the place, what was found, and what to do */
	const char      *evidence; /* id; NULL: none */
	const char      *atlas, *owasp, *nist;
};

struct pal_report_finding {
	const char               *artifact;
	const struct pal_finding *finding;
	const char               *accepted; /* why it is known and does not count; NULL: it counts */
};

/* A file of a scan; its findings stand together in the report's. */
struct pal_report_file {
	const char           *path, *format;
	enum pal_scan_verdict verdict;
	const char           *sha256; /* hex; NULL: not hashed */
	uint64_t              size, unread, members;
	size_t                first, count; /* of its findings */
};

struct pal_report_node {
	const char *id, *name, *kind; /* digest; "feed"; "dataset" "step" "model" ... */
	const char *label;            /* "restricted pii phi"; NULL: none */
	const char *taint;            /* why it is tainted; NULL: it is not */
	const char *stage;
};

struct pal_report_edge {
	const char *from, *to; /* node ids */
};

struct pal_report_evidence {
	const char *id, *time, *type, *subject, *signer;
	uint64_t    index; /* in the ledger */
};

struct pal_report_exception {
	const char *control, *artifact, *reason, *expires, *approved_by;
	int         days_left; /* negative: expired */
	bool        counts;    /* signed and not expired */
};

struct pal_report {
	const char       *tool_version;
	const char       *title;   /* "palisade check" */
	const char       *subject; /* the pipeline's name, or the path that was scanned */
	const char       *time;
	const char       *profile;
	const char       *checkpoint; /* the ledger's, as text; NULL: none */
	bool              closed;     /* a gate is closed, or a finding is at or above the limit */
	enum pal_severity limit;      /* of a scan: findings from here up close it (--fail-on) */

	const struct pal_report_gate      *gates;
	size_t                             gate_count;
	const struct pal_report_row       *rows;
	size_t                             row_count;
	const struct pal_report_finding   *findings;
	size_t                             finding_count;
	const struct pal_report_node      *nodes;
	size_t                             node_count;
	const struct pal_report_edge      *edges;
	size_t                             edge_count;
	const struct pal_report_evidence  *evidence;
	size_t                             evidence_count;
	const struct pal_report_exception *exceptions;
	size_t                             exception_count;
	const struct pal_report_file      *files; /* of a scan; NULL: this is none */
	uint64_t                           file_count, byte_count, elapsed_ms;
	const struct pal_comparison       *base; /* of a scan, with the declared base; NULL: none */
	const char                        *base_path;
	const char                        *rules;   /* version of the rules of a scan; NULL: not told */
	const char                        *sandbox; /* what confined the workers; NULL: nothing was examined */
};

struct pal_report_style {
	bool         colour;  /* ANSI, on terminals that want it */
	unsigned int columns; /* width of the terminal; 0: do not cut */
	bool         verbose; /* the table also lists controls that pass */
};

/* How much a finding of a scan weighs against the limit: what was not examined, medium at least. */
enum pal_severity pal_report_weight(const struct pal_finding *f);

const char *pal_verdict_name(enum pal_verdict v);                                /* "not checked" */
bool        pal_report_format_of(const char *name, enum pal_report_format *ret); /* "table" "json" ... */

PAL_NODISCARD enum pal_err pal_report_write(const struct pal_report *r, enum pal_report_format format,
					    const struct pal_report_style *style, struct pal_buf *out);

/* The lineage of a report as one SVG picture, laid out by Graphviz. */
PAL_NODISCARD enum pal_err pal_report_svg(const struct pal_report *r, struct pal_buf *out, struct pal_diag *d);

#endif
