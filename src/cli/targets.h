/*
 * targets.h - what the words of a command line name to be scanned: files, trees, links, standard input.
 *
 * Files of one folder that stand side by side (as a shell writes them) are one
 * target, so that they are scanned together; a tree is one; a link and standard
 * input are descriptors of their own.
 *
 *   units    bytes
 *   memory   lives in the caller's arena; cli_targets_done() closes the descriptors
 *   errors   PAL_ENOTFOUND, PAL_ESYS, with the word in the text
 *   threads  one
 */
#ifndef PALISADE_CLI_TARGETS_H
#define PALISADE_CLI_TARGETS_H

#include "cli.h"
#include "palisade/report.h"
#include "palisade/scan.h"

struct cli_target {
	const char  *root;   /* as given; NULL: a descriptor */
	const char  *prefix; /* before each path when it is shown; NULL: the path alone */
	const char **paths;
	size_t       count;
	int          fd;
	const char  *name; /* of the descriptor */
};

struct cli_targets {
	struct pal_arena *arena;
	struct pal_list   list;  /* of struct cli_target */
	uint64_t          bytes; /* of all files */
	bool              follow;
	size_t            words; /* how many there are in all: at most so many files stand side by side */
};

struct cli_targets         cli_targets_of(struct pal_arena *a, size_t words, bool follow_links);
PAL_NODISCARD enum pal_err cli_targets_add(struct cli_targets *t, const char *word, struct pal_diag *d);
void                       cli_targets_done(struct cli_targets *t);

/* A path of the target as it is shown. */
const char *cli_target_path(struct cli_targets *all, const struct cli_target *t, const char *path);

/* A file of a scan as reports have it; its findings are told apart. */
struct pal_report_file cli_report_file(const struct pal_scan_file *f, const char *path);

/* Examines one target, and hashes it when asked. */
PAL_NODISCARD enum pal_err cli_target_scan(struct pal_scanner *s, const struct cli_target *t, bool hash,
					   struct pal_arena *a, struct pal_scan_result *ret_result, struct pal_diag *d);

#endif
