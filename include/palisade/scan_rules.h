/*
 * scan_rules.h - the catalogue of everything that a finding can name, from three floors.
 *
 * Detectors bring the rules that pal_detect_load() read, formats their anomalies
 * (anomaly.def), and the scan its own (SCAN-*): what was not examined, and why.
 *
 *   units    none
 *   memory   the catalogue borrows the detectors' rules; its index lives in the caller's arena
 *   errors   PAL_ECONFIG when two rules have one id; those of the arena
 *   threads  immutable once made
 */
#ifndef PALISADE_SCAN_RULES_H
#define PALISADE_SCAN_RULES_H

#include "palisade/detector.h"

#define PAL_SCAN_RULE(name, id, severity, title, help, atlas, ...) extern const struct pal_rule pal_scan_rule_##name;
#include "palisade/scan_rules.def"
#undef PAL_SCAN_RULE

struct pal_scan_rules {
	const struct pal_detect *detect;
	struct pal_list          all;     /* of const struct pal_rule * */
	struct pal_map           index;   /* by id */
	const char              *version; /* a digest in hex of everything that decides what is found */
};

PAL_NODISCARD enum pal_err pal_scan_rules_of(const struct pal_detect *detect, struct pal_arena *a,
					     struct pal_scan_rules *ret_rules, struct pal_diag *d);
const struct pal_rule *pal_scan_rules_get(const struct pal_scan_rules *r, struct pal_view id); /* NULL when unknown */

#endif
