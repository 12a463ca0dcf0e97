/*
 * manifest.h - what a file or a folder holds: every file below it with its size and digest.
 *
 * pal_manifest_make() walks a tree and hashes its files on all cores, the largest
 * first. A file's digest is one sequence of work, so with few large files ask for
 * pieces (shard_size), which are hashed side by side. Links and special files are
 * never read unless asked for; they are listed, and the caller decides.
 *
 *   units    bytes
 *   memory   a manifest lives in the arena; hashing takes 64 KiB a thread, whatever the sizes
 *   errors   those of walk.h and digest.h; PAL_EFORM when a file changes while it is read, or for a name that
 *            cannot be told in a list of names; PAL_ELIMIT (more files or pieces than `most`)
 *   threads  one call at a time per manifest; the cache is called from the caller's thread alone
 */
#ifndef PALISADE_MANIFEST_H
#define PALISADE_MANIFEST_H

#include "palisade/digest.h"
#include "palisade/file.h"
#include "palisade/list.h"
#include "palisade/map.h"
#include "palisade/progress.h"
#include "palisade/walk.h"

#define PAL_MANIFEST_MOST ((size_t)1 << 22) /* files or pieces, unless the options say otherwise */
#define PAL_SHARD_SIZE    UINT64_C(1000000000)

/* Remembers digests of whole files. NULL functions: no cache. */
struct pal_digest_cache {
	void *arg;
	bool (*get)(void *arg, const struct pal_file_id *id, enum pal_digest_alg alg, struct pal_digest *ret);
	void (*put)(void *arg, const struct pal_file_id *id, const struct pal_digest *digest);
};

struct pal_manifest_options {
	enum pal_digest_alg   alg;
	const char *const    *ignore; /* relative paths; each takes what is below it along */
	size_t                ignore_count;
	const struct pal_map *only; /* NULL: everything; else just the paths that are keys here */
	bool         follow_links;  /* links to files count as files under the link's name; links to folders never do */
	uint64_t     shard_size;    /* 0: whole files */
	unsigned int threads;       /* 0: all cores */
	size_t       most;          /* 0: PAL_MANIFEST_MOST */
	struct pal_progress           *progress; /* started by the caller or NULL; its total is set here */
	const struct pal_digest_cache *cache;    /* NULL allowed; not asked for pieces */
};

struct pal_manifest_entry {
	const char        *path;       /* relative, '/' between names; "." when the root is itself a file */
	uint64_t           start, end; /* the piece; 0 and the size for a whole file */
	uint64_t           size;       /* of the file */
	struct pal_digest  digest;
	struct pal_file_id id; /* which version of the file this is; of a followed link, the link's own */
};

struct pal_manifest {
	struct pal_list entries; /* of struct pal_manifest_entry, by path in byte order, then by start */
	struct pal_list others;  /* of struct pal_entry: links and special files, which were not read */
	bool            is_file; /* the root is one file */
	uint64_t        files, bytes;
	uint64_t        ignored;       /* files left out because of an ignored path */
	uint64_t        empty;         /* files of no bytes; among pieces they have no entry */
	uint64_t        from_cache;    /* files whose digest was known */
	uint64_t        links_outside; /* followed links that lead out of the root */
};

PAL_NODISCARD enum pal_err pal_manifest_make(const char *root, const struct pal_manifest_options *options,
					     struct pal_arena *arena, struct pal_manifest *ret, struct pal_diag *d);

/*
 * The digest that names an artifact: of a file its own SHA-256; of a folder in-toto's "dirHash" (digest_set.md),
 * which is Go's dirhash Hash1: SHA-256 over the lines "HEX  PATH\n" in byte order of the paths.
 * It covers names, unlike the root digest of Model Signing. Needs a manifest of whole files in SHA-256.
 */
PAL_NODISCARD enum pal_err pal_manifest_digest(const struct pal_manifest *m, struct pal_digest *ret,
					       struct pal_diag *d);

enum pal_change_kind { PAL_CHANGE_MISSING, PAL_CHANGE_EXTRA, PAL_CHANGE_DIFFERS };

struct pal_change {
	enum pal_change_kind             kind;
	const struct pal_manifest_entry *expected, *found; /* NULL where there is none */
};

const char *pal_change_name(enum pal_change_kind kind); /* "missing", "extra", "changed" */

/* What differs, in byte order of the paths; `list` is of struct pal_change. Equal manifests give none. */
PAL_NODISCARD enum pal_err pal_manifest_compare(const struct pal_manifest *expected, const struct pal_manifest *found,
						struct pal_list *list);

/* Is path one of the ignored ones, or below one? */
bool pal_path_ignored(const char *path, const char *const *ignore, size_t count);

#endif
