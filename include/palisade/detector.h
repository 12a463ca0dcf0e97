/*
 * detector.h - what a detector is to the scanner.
 *
 * A detector is one source, src/detect/NAME.c, that exports one constant,
 * pal_detector_NAME, and one line in src/detect/detectors.def. It is started for
 * each file, fed the pieces of content of the kinds that it reads, and finished.
 *
 *   units    see finding.h
 *   memory   state lives in the arena that start() is given; findings go to the list
 *   errors   an error stops the file's examination, which is then reported as incomplete
 *   threads  a detector's tables are immutable after pal_detect_load(); one state belongs to one thread
 */
#ifndef PALISADE_DETECTOR_H
#define PALISADE_DETECTOR_H

#include "palisade/buf.h"
#include "palisade/content.h"

struct pal_detect; /* the loaded rules: patterns compiled, policies indexed; immutable, shared by threads */

struct pal_detector {
	const char  *name;
	const char  *summary;
	unsigned int reads; /* PAL_READS(kind) | ... */

	PAL_NODISCARD enum pal_err (*start)(const struct pal_detect *rules, struct pal_arena *a, void **ret_state);
	PAL_NODISCARD enum pal_err (*feed)(void *state, const struct pal_content *piece, struct pal_findings *out);
	PAL_NODISCARD enum pal_err (*finish)(void *state, struct pal_findings *out); /* NULL allowed; also frees */
};

extern const struct pal_detector *const pal_detectors[]; /* NULL-terminated */

/*
 * Loads the built-in rules and, when user_dir is not NULL, every *.rules file in it. A rule that does not compile, a
 * duplicate id or an unknown key names file, line, what was expected and the nearest known key (PAL_ECONFIG).
 */
PAL_NODISCARD enum pal_err pal_detect_load(const char *user_dir, struct pal_detect **ret_rules, struct pal_diag *d);
void                       pal_detect_free(struct pal_detect **rules);

/* Threads for detectors that have much to do in one file; the crew must outlive the rules. */
struct pal_crew;
void pal_detect_help(struct pal_detect *rules, struct pal_crew *crew);

/*
 * Patterns are compiled when the first text is scanned (a tenth of a second or so; a process that only reads pickles
 * never pays). compile() does it now: call it before forking workers. save() and restore() carry the compiled patterns
 * from one process to another on the same kind of processor; restore() refuses others with PAL_EFORM, and compiling
 * then happens as usual. The bytes must come from a place that only we can write.
 */
PAL_NODISCARD enum pal_err pal_detect_compile(const struct pal_detect *rules, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_detect_save(const struct pal_detect *rules, struct pal_buf *b, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_detect_restore(const struct pal_detect *rules, struct pal_view bytes,
					      struct pal_diag *d);

/* A digest of everything that decides what is found (rules and program version), hex: the key of the result cache. */
const char *pal_detect_version(const struct pal_detect *rules);

/* The policy on one IMPORT or CALL: the rule and severity that it would be reported with, and why. False: allowed. */
bool pal_detect_weigh(const struct pal_detect *rules, const struct pal_content *piece, const struct pal_rule **ret_rule,
		      enum pal_severity *ret_severity, const char **ret_why);

/* Every rule that a detector or format can report, by id; NULL when unknown. */
const struct pal_rule *pal_detect_rule(const struct pal_detect *rules, struct pal_view id);
size_t                 pal_detect_rule_count(const struct pal_detect *rules);
const struct pal_rule *pal_detect_rule_at(const struct pal_detect *rules, size_t i);

#endif
