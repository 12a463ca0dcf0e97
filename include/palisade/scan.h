/*
 * scan.h - examines files: formats meet detectors here, in workers that can do nothing else.
 *
 * Each file is opened by the caller's process and read by a worker that has no
 * network, no files, no keys. A worker that dies or hangs is a finding on the
 * file that it was reading; the scan goes on. A program that scans must call
 * pal_scan_worker_main() first thing in main() when pal_scan_is_worker(argv[0]).
 *
 *   units    bytes; milliseconds
 *   memory   results live in the caller's arena; their rules live as long as the scanner
 *   errors   a file that cannot be examined is a finding; an error means that the scan itself could not be done
 *   threads  one scanner belongs to one thread; it runs as many workers as there are cores
 */
#ifndef PALISADE_SCAN_H
#define PALISADE_SCAN_H

#include "palisade/file.h"
#include "palisade/finding.h"
#include "palisade/progress.h"

/*
 * Results of an earlier scan, kept by the caller under pal_scan_cache_key(). `item` is the index in `paths`; `id` tells
 * whether the file is still the one whose digest the caller knows (get and put must compare). What get() adds to
 * `bytes` is read as strictly as what a worker says; anything wrong with it only means that the file is examined again.
 * A result that a crash or a time limit cut short is never put.
 */
struct pal_scan_cache {
	bool (*get)(void *arg, size_t item, const struct pal_file_id *id, struct pal_buf *bytes);
	void (*put)(void *arg, size_t item, const struct pal_file_id *id, struct pal_view bytes);
	void *arg;
};

struct pal_scan_file;

/* Called in the caller's thread as each file is done, with its findings; the file and its findings stay in the result.
 */
typedef void pal_scan_found(void *arg, const struct pal_scan_file *f);

struct pal_scan_options {
	unsigned int    workers;    /* 0: one a core */
	unsigned int    timeout_ms; /* for one file; 0: 120 s, 1 s more for every 10 MB, and on as long as it gets on */
	const char     *rules_dir;  /* the user's rules; NULL: none */
	const char     *sandbox;    /* a row of pal_sandboxes (confine.h); NULL: "worker" */
	bool            structure;  /* tensors' numbers are not read, and the result says so */
	bool            no_sandbox; /* examine in this process (tests, fuzzing) */
	bool            soon;       /* files are there: a worker starts while this process loads its own rules */
	uint64_t        soon_bytes; /* of these files, for the worker's threads; 0: not known, one thread */
	pal_scan_found *found;      /* NULL: the result alone tells */
	void           *arg;        /* of found */
	struct pal_progress         *progress; /* NULL: silent; pal_scan() adds bytes, the caller starts and ends it */
	const struct pal_scan_cache *cache;    /* NULL: none */
};

struct pal_scan_file {
	const char         *path;   /* relative to the root, or the root itself */
	const char         *format; /* "csv"; "unknown"; "empty"; "none" when the file could not be read at all */
	uint64_t            size;
	uint64_t            rows;     /* of tables */
	uint64_t            members;  /* files inside it that were examined too */
	bool                complete; /* all of it was examined; if not, a finding says what was not and why */
	uint64_t            unread;   /* bytes known not to have been examined; of members, as unpacked */
	bool                cached;   /* the result of an earlier scan */
	struct pal_file_id  id;       /* of what was examined; zero when it could not be opened */
	const char         *sha256;   /* hex, after pal_scan_hash(); NULL: not hashed, or no longer the same file */
	struct pal_finding *findings;
	size_t              finding_count;
};

/* What became of a file, in one word. Findings come before what is missing: both are in the findings. */
enum pal_scan_verdict {
	PAL_SCAN_CLEAN,    /* all of it was examined, and nothing was found but information */
	PAL_SCAN_FINDINGS, /* something was found */
	PAL_SCAN_PARTIAL,  /* nothing was found, and part of it was not examined */
	PAL_SCAN_UNKNOWN,  /* nothing was found, and no reader knows the format */
	PAL_SCAN_ERROR,    /* it could not be read, or its reader failed */
};

enum pal_scan_verdict pal_scan_verdict_of(const struct pal_scan_file *f);
const char           *pal_scan_verdict_name(enum pal_scan_verdict v); /* "clean" "findings" "partial" ... */

struct pal_scan_result {
	struct pal_list files; /* of struct pal_scan_file, in the order of the paths */
	const char     *rules; /* pal_scan_version() */
	const char *sandbox; /* "rlimits landlock seccomp", and what could not be applied; NULL: nothing was examined */
	uint64_t    bytes, elapsed_ms;
	uint64_t    cached; /* files whose result came from the cache */
};

struct pal_scanner;

PAL_NODISCARD enum pal_err pal_scanner_new(const struct pal_scan_options *o, struct pal_scanner **ret_scanner,
					   struct pal_diag *d);
void                       pal_scanner_free(struct pal_scanner **s);

/* Another cache for the next calls of pal_scan(); NULL: none. */
void pal_scanner_set_cache(struct pal_scanner *s, const struct pal_scan_cache *cache);

/* Examines the files of `paths` below root (root itself when root is a file and the path is "."). */
PAL_NODISCARD enum pal_err pal_scan(struct pal_scanner *s, const char *root, const char *const *paths, size_t count,
				    struct pal_arena *a, struct pal_scan_result *ret_result, struct pal_diag *d);

/* The same for one file by its path, which may be a link. */
PAL_NODISCARD enum pal_err pal_scan_file(struct pal_scanner *s, const char *path, struct pal_arena *a,
					 struct pal_scan_result *ret_result, struct pal_diag *d);

/* The same for one open regular file; `name` is what it is called in the result. */
PAL_NODISCARD enum pal_err pal_scan_fd(struct pal_scanner *s, int fd, const char *name, struct pal_arena *a,
				       struct pal_scan_result *ret_result, struct pal_diag *d);

/*
 * Hashes the files of a result, on all cores, with the same root: what is no longer the version that was examined gets
 * no digest. The second form is for pal_scan_fd().
 */
PAL_NODISCARD enum pal_err pal_scan_hash(const char *root, struct pal_scan_result *r, struct pal_arena *a,
					 struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_scan_hash_fd(int fd, struct pal_scan_result *r, struct pal_arena *a, struct pal_diag *d);

/* A digest, in hex, of everything that decides what is found: program, rules, formats' and the scan's own. */
const char *pal_scan_version(const struct pal_scanner *s);

/* Every rule that a finding can name: detectors', formats' and the scan's own. */
const struct pal_rule *pal_scan_rule(const struct pal_scanner *s, struct pal_view id); /* NULL when unknown */
size_t                 pal_scan_rule_count(const struct pal_scanner *s);
const struct pal_rule *pal_scan_rule_at(const struct pal_scanner *s, size_t i);

/* The name under which a cache keeps the result for content of this SHA-256 under this path. */
void pal_scan_cache_key(const struct pal_scanner *s, struct pal_view sha256, const char *path, struct pal_buf *out);

/* Is this process a worker? Its main loop then never returns to anything but exit. */
bool pal_scan_is_worker(const char *argv0);
int  pal_scan_worker_main(void);

#endif
