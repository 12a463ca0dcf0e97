/*
 * finding.h - one observation on an artifact or a message, and the list that collects them.
 *
 * A rule says what kind of observation it is, once; a finding says where. Equal
 * findings (rule, file, field) are counted on the first one, so that a million
 * hits in a column are one line with a count and memory stays bounded.
 *
 *   units    offsets and lengths are bytes in the file (in the unpacked member, for members); rows count from 1
 *   memory   findings and their texts live in the arena of the list; rules are static or outlive the list
 *   errors   none while adding: past `most` distinct findings the rest is counted in `dropped`
 *   threads  one list belongs to one thread
 */
#ifndef PALISADE_FINDING_H
#define PALISADE_FINDING_H

#include "palisade/list.h"
#include "palisade/map.h"

enum pal_severity { PAL_INFO, PAL_LOW, PAL_MEDIUM, PAL_HIGH, PAL_CRITICAL };

/* How sure the detector is; the three levels that Purview users know (65, 75, 85). */
enum pal_confidence { PAL_CONFIDENCE_LOW, PAL_CONFIDENCE_MEDIUM, PAL_CONFIDENCE_HIGH };

enum pal_data_class { PAL_CLASS_NONE, PAL_CLASS_PII, PAL_CLASS_PHI, PAL_CLASS_PCI, PAL_CLASS_SECRET };

struct pal_rule {
	const char         *id;    /* stable, upper case: "PICKLE-EXEC", "PII-US-SSN" */
	const char         *title; /* what it is, in a few words */
	const char         *help;  /* what to do about it, one sentence */
	enum pal_severity   severity;
	enum pal_data_class data_class;
	const char         *atlas, *owasp; /* ids with blanks between, or "" */
	const char         *cwe, *cve;     /* the same; NULL: none */
	const char         *loader;        /* what would do the harm: "pickle.load, torch.load"; NULL: any reader */
	enum pal_severity   unread; /* not PAL_INFO: what this reports was not examined, and weighs at least so much */
};

struct pal_place {
	const char *path; /* file, relative to the artifact; members as "a.zip!/b.pkl"; NULL: the artifact as a whole */
	const char *field;  /* column, JSON path, metadata key; NULL: none */
	uint64_t    offset; /* first byte */
	uint64_t    length; /* 0: unknown */
	uint64_t    row;    /* 0: none */
};

struct pal_finding {
	const struct pal_rule *rule;
	enum pal_severity      severity; /* the rule's, unless the detector knows better */
	enum pal_confidence    confidence;
	struct pal_place       place; /* of the first */
	uint64_t               count; /* how many like it */
	const char            *text;  /* what was found, what was expected; never the secret or personal value itself */
};

struct pal_findings {
	struct pal_list   list; /* of struct pal_finding */
	struct pal_map    index;
	size_t            most;
	uint64_t          dropped;
	enum pal_severity dropped_worst; /* of those */
};

struct pal_findings pal_findings_of(struct pal_arena *a, size_t most);

/* Adds a finding with the rule's severity, or counts it on the one already there. */
void pal_found(struct pal_findings *f, const struct pal_rule *rule, enum pal_confidence confidence,
	       const struct pal_place *place, const char *fmt, ...) PAL_PRINTF(5, 6);

/* The same for a finding that is complete (from a worker, from a cache); texts are copied. */
void pal_findings_add(struct pal_findings *f, const struct pal_finding *one);

const char *pal_severity_name(enum pal_severity s);     /* "high" */
const char *pal_confidence_name(enum pal_confidence c); /* "medium" */
const char *pal_data_class_name(enum pal_data_class c); /* "pii"; "none" */
bool        pal_severity_of(struct pal_view name, enum pal_severity *ret);
bool        pal_data_class_of(struct pal_view name, enum pal_data_class *ret);

#endif
