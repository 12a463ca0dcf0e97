/* manifest.c - what is read of a tree and in which order; a file that changes meanwhile must not get a digest. */
#include "palisade/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "palisade/clock.h"
#include "palisade/threads.h"

/* A change within one tick of the file system's clock leaves no trace, so what is this fresh is not remembered. */
#define FRESH_NS INT64_C(2000000000)

struct job {
	size_t             entry;
	uint64_t           len;
	struct pal_file_id id; /* as the walk saw it; of a link, the link's own */
	bool               link, known;
};

struct work {
	const char                        *root;
	const struct pal_manifest_options *options;
	struct pal_manifest               *m;
	struct pal_list                    jobs; /* of struct job */
	char                              *real_root;
	int                                root_fd;
	atomic_uint_fast64_t               links_outside;
	pthread_mutex_t                    lock; /* guards failed and d */
	bool                               failed;
	struct pal_diag                   *d;
};

bool
pal_path_ignored(const char *path, const char *const *ignore, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t n = strlen(ignore[i]);

		if (n > 0 && strncmp(path, ignore[i], n) == 0 && (path[n] == '\0' || path[n] == '/'))
			return true;
	}
	return false;
}

static bool
wanted(struct work *w, const struct pal_entry *e)
{
	if (!w->m->is_file && pal_path_ignored(e->path, w->options->ignore, w->options->ignore_count)) {
		w->m->ignored++;
		return false;
	}
	return w->m->is_file || w->options->only == NULL || pal_map_get(w->options->only, pal_view_of(e->path)) != NULL;
}

static enum pal_err
add_job(struct work *w, const struct pal_entry *e, uint64_t start, uint64_t end)
{
	struct pal_manifest_entry *entry = pal_list_add(&w->m->entries);
	struct job                *job = pal_list_add(&w->jobs);
	size_t                     most = w->options->most == 0 ? PAL_MANIFEST_MOST : w->options->most;

	if (entry == NULL || job == NULL)
		return pal_fail(w->d, pal_arena_err(w->m->entries.arena), 0, "%s: too many files", w->root);
	if (w->m->entries.count > most)
		return pal_fail(w->d, PAL_ELIMIT, 0, "%s: more than %zu files or pieces", w->root, most);
	*entry =
	    (struct pal_manifest_entry){ .path = e->path, .start = start, .end = end, .size = e->id.size, .id = e->id };
	*job = (struct job){
		.entry = w->m->entries.count - 1, .len = end - start, .id = e->id, .link = e->kind == PAL_ENTRY_LINK
	};
	return PAL_OK;
}

static enum pal_err
add_file(struct work *w, const struct pal_entry *e)
{
	uint64_t size = e->id.size, step = w->options->shard_size;

	w->m->files++;
	w->m->bytes += size;
	if (size == 0)
		w->m->empty++;
	if (step == 0)
		return add_job(w, e, 0, size);
	for (uint64_t at = 0; at < size; at += size - at < step ? size - at : step)
		PAL_TRY(add_job(w, e, at, size - at < step ? size : at + step));
	return PAL_OK;
}

/* A link to a file takes the file's size; it is opened again later, and must then be of that size still. */
static enum pal_err
add_link(struct work *w, const struct pal_entry *e)
{
	struct pal_entry file = *e;
	struct stat      st;

	if (fstatat(w->root_fd, e->path, &st, 0) != 0)
		return pal_fail(w->d, PAL_EFORM, 0, "%s/%s is a link that leads nowhere: %s", w->root, e->path,
				strerror(errno));
	if (!S_ISREG(st.st_mode))
		return pal_fail(w->d, PAL_EFORM, 0, "%s/%s is a link to something that is no file", w->root, e->path);
	file.id.size = (uint64_t)st.st_size;
	return add_file(w, &file);
}

static enum pal_err
plan(struct work *w, const struct pal_list *found)
{
	for (size_t i = 0; i < found->count; i++) {
		const struct pal_entry *e = pal_list_at(found, i);
		struct pal_entry       *other = NULL;

		if (!wanted(w, e))
			continue;
		if (e->kind == PAL_ENTRY_FILE) {
			PAL_TRY(add_file(w, e));
		} else if (e->kind == PAL_ENTRY_LINK && w->options->follow_links) {
			PAL_TRY(add_link(w, e));
		} else {
			other = pal_list_add(&w->m->others);
			if (other != NULL)
				*other = *e;
		}
	}
	return pal_arena_err(w->m->entries.arena);
}

/* What the operating system says the open file's path is, against the root's. */
static bool
is_outside(const struct work *w, int fd)
{
	char    self[64] = "", target[PATH_MAX] = "";
	size_t  n = strlen(w->real_root);
	ssize_t len = 0;

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	len = readlink(self, target, sizeof(target) - 1);
	return len < 0 || strncmp(target, w->real_root, n) != 0 || target[n] != '/';
}

static enum pal_err
open_followed(struct work *w, const char *path, int dir, int *ret_fd, struct pal_diag *d)
{
	PAL_AUTO_FD fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return pal_fail(d, PAL_ESYS, 0, "cannot open %s: %s", path, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return pal_fail(d, PAL_EFORM, 0, "%s is not a regular file", path);
	if (w->root_fd >= 0 && is_outside(w, fd))
		(void)atomic_fetch_add(&w->links_outside, 1);
	*ret_fd = fd;
	fd = -1;
	return PAL_OK;
}

static enum pal_err
open_entry(struct work *w, const struct job *job, const struct pal_manifest_entry *e, int *ret_fd, struct pal_diag *d)
{
	if (w->m->is_file) /* the path that the user named may be a link */
		return open_followed(w, w->root, AT_FDCWD, ret_fd, d);
	if (job->link)
		return open_followed(w, e->path, w->root_fd, ret_fd, d);
	return pal_file_open_below(w->root_fd, e->path, ret_fd, NULL, d);
}

static struct pal_file_id
id_now(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return (struct pal_file_id){ 0 };
	return pal_file_id_of(&st);
}

static enum pal_err
hash_entry(struct work *w, const struct job *job, struct pal_manifest_entry *e, struct pal_diag *d)
{
	PAL_AUTO_FD             fd = -1;
	struct pal_file_id      before = { 0 }, after = { 0 };
	struct pal_digest_piece piece = {
		.at = e->start, .len = e->end - e->start, .alg = w->options->alg, .progress = w->options->progress
	};

	PAL_TRY(open_entry(w, job, e, &fd, d));
	piece.fd = fd;
	before = id_now(fd);
	PAL_TRY(pal_digest_of_fd(&piece, &e->digest, d));
	after = id_now(fd);
	if (!pal_file_id_eq(&before, &after) || after.size != e->size ||
	    (!job->link && !pal_file_id_eq(&job->id, &after)))
		return pal_fail(d, PAL_EFORM, 0, "the file changed while it was read; try again when it is at rest");
	return PAL_OK;
}

static enum pal_err
run_job(void *arg, size_t item, unsigned int thread)
{
	struct work               *w = arg;
	const struct job          *job = pal_list_at(&w->jobs, item);
	struct pal_manifest_entry *e = pal_list_at(&w->m->entries, job->entry);
	struct pal_diag            d = { 0 };
	enum pal_err               err = PAL_OK;

	(void)thread;
	if (job->known)
		return PAL_OK;
	err = hash_entry(w, job, e, &d);
	if (err == PAL_OK)
		return PAL_OK;
	(void)pthread_mutex_lock(&w->lock);
	if (!w->failed)
		err = pal_fail(w->d, err, d.offset, "%s%s%s: %s", w->root, w->m->is_file ? "" : "/",
			       w->m->is_file ? "" : e->path, d.text);
	w->failed = true;
	(void)pthread_mutex_unlock(&w->lock);
	return err;
}

static int
longest_first(const void *a, const void *b)
{
	const struct job *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? 1 : -1;
	return x->entry < y->entry ? -1 : 1;
}

static bool
cacheable(const struct work *w, const struct job *job)
{
	return w->options->cache != NULL && w->options->shard_size == 0 && !job->link;
}

static void
ask_cache(struct work *w)
{
	const struct pal_digest_cache *cache = w->options->cache;

	for (size_t i = 0; i < w->jobs.count; i++) {
		struct job                *job = pal_list_at(&w->jobs, i);
		struct pal_manifest_entry *e = pal_list_at(&w->m->entries, job->entry);

		if (!cacheable(w, job) || cache->get == NULL)
			continue;
		job->known = cache->get(cache->arg, &job->id, w->options->alg, &e->digest);
		w->m->from_cache += job->known ? 1 : 0;
	}
}

static void
tell_cache(struct work *w, int64_t now_ns)
{
	const struct pal_digest_cache *cache = w->options->cache;

	for (size_t i = 0; i < w->jobs.count; i++) {
		const struct job                *job = pal_list_at(&w->jobs, i);
		const struct pal_manifest_entry *e = pal_list_at(&w->m->entries, job->entry);

		if (!cacheable(w, job) || cache->put == NULL || job->known)
			continue;
		if (now_ns - job->id.ctime_ns > FRESH_NS && now_ns - job->id.mtime_ns > FRESH_NS)
			cache->put(cache->arg, &job->id, &e->digest);
	}
}

static uint64_t
bytes_to_read(const struct work *w)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < w->jobs.count; i++) {
		const struct job *job = pal_list_at(&w->jobs, i);

		sum += job->known ? 0 : job->len;
	}
	return sum;
}

static enum pal_err
hash_all(struct work *w)
{
	int64_t now_ns = (int64_t)pal_clock_now_ms(&pal_clock_system) * 1000000;

	ask_cache(w);
	if (w->options->progress != NULL)
		w->options->progress->total = bytes_to_read(w);
	pal_list_sort(&w->jobs, longest_first);
	PAL_TRY(pal_parallel(w->options->threads, w->jobs.count, run_job, w));
	w->m->links_outside = atomic_load(&w->links_outside);
	tell_cache(w, now_ns);
	return PAL_OK;
}

static enum pal_err
make(struct work *w, struct pal_arena *arena, char real_root[PATH_MAX])
{
	PAL_AUTO_FD             fd = -1;
	struct pal_list         found = pal_list_of(arena, sizeof(struct pal_entry));
	const struct pal_entry *first = NULL;

	PAL_TRY(pal_walk(w->root, w->options->most == 0 ? PAL_MANIFEST_MOST : w->options->most, &found, w->d));
	first = found.count == 0 ? NULL : pal_list_at(&found, 0);
	w->m->is_file = found.count == 1 && strcmp(first->path, ".") == 0;
	if (!w->m->is_file) {
		fd = open(w->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 || realpath(w->root, real_root) == NULL)
			return pal_fail(w->d, PAL_ESYS, 0, "cannot open %s: %s", w->root, strerror(errno));
	}
	w->root_fd = fd;
	w->real_root = real_root;
	PAL_TRY(plan(w, &found));
	return hash_all(w);
}

enum pal_err
pal_manifest_make(const char *root, const struct pal_manifest_options *options, struct pal_arena *arena,
		  struct pal_manifest *ret, struct pal_diag *d)
{
	struct pal_manifest m = { .entries = pal_list_of(arena, sizeof(struct pal_manifest_entry)),
				  .others = pal_list_of(arena, sizeof(struct pal_entry)) };
	char                real_root[PATH_MAX] = "";
	struct work         w = { .root = root, .options = options, .m = &m, .root_fd = -1, .d = d };
	enum pal_err        err = PAL_OK;

	w.jobs = pal_list_of(arena, sizeof(struct job));
	if (pthread_mutex_init(&w.lock, NULL) != 0)
		return pal_fail(d, PAL_ESYS, 0, "cannot make a lock");
	err = make(&w, arena, real_root);
	(void)pthread_mutex_destroy(&w.lock);
	PAL_TRY(err);
	*ret = m;
	return PAL_OK;
}

enum pal_err
pal_manifest_digest(const struct pal_manifest *m, struct pal_digest *ret, struct pal_diag *d)
{
	PAL_AUTO_HASHER h = pal_hasher_of(PAL_SHA256);

	for (size_t i = 0; i < m->entries.count; i++) {
		const struct pal_manifest_entry *e = pal_list_at(&m->entries, i);
		char                             hex[PAL_DIGEST_TEXT];

		if (e->digest.alg != PAL_SHA256 || e->start != 0 || e->end != e->size)
			return pal_fail(d, PAL_EUSAGE, 0, "an artifact's digest is made of SHA-256 over whole files");
		if (m->is_file) {
			*ret = e->digest;
			return PAL_OK;
		}
		/* dirhash.go: "dirhash: filenames with newlines are not supported" */
		if (strchr(e->path, '\n') != NULL)
			return pal_fail(d, PAL_EFORM, 0,
					"a file name holds a line end, which a list of digests cannot");
		pal_digest_hex(&e->digest, hex);
		pal_hasher_add(&h, pal_view_of(hex));
		pal_hasher_add(&h, pal_view_of("  "));
		pal_hasher_add(&h, pal_view_of(e->path));
		pal_hasher_add(&h, pal_view_of("\n"));
	}
	return pal_hasher_end(&h, ret);
}

const char *
pal_change_name(enum pal_change_kind kind)
{
	static const char *const names[] = { "missing", "extra", "changed" };

	PAL_ASSERT((size_t)kind < sizeof(names) / sizeof(names[0]));
	return names[kind];
}

/* By where a piece begins, not where it ends: a file that grew has changed and is not another one. */
static int
compare_entries(const struct pal_manifest_entry *a, const struct pal_manifest_entry *b)
{
	int c = strcmp(a->path, b->path);

	if (c != 0)
		return c;
	return a->start == b->start ? 0 : a->start < b->start ? -1 : 1;
}

static void
add_change(struct pal_list *list, enum pal_change_kind kind, const struct pal_manifest_entry *expected,
	   const struct pal_manifest_entry *found)
{
	struct pal_change *c = pal_list_add(list);

	if (c != NULL)
		*c = (struct pal_change){ .kind = kind, .expected = expected, .found = found };
}

enum pal_err
pal_manifest_compare(const struct pal_manifest *expected, const struct pal_manifest *found, struct pal_list *list)
{
	size_t i = 0, k = 0, n = expected->entries.count, m = found->entries.count;

	while (i < n || k < m) {
		const struct pal_manifest_entry *e = i < n ? pal_list_at(&expected->entries, i) : NULL;
		const struct pal_manifest_entry *f = k < m ? pal_list_at(&found->entries, k) : NULL;
		int                              c = e == NULL ? 1 : f == NULL ? -1 : compare_entries(e, f);

		if (c < 0)
			add_change(list, PAL_CHANGE_MISSING, e, NULL);
		else if (c > 0)
			add_change(list, PAL_CHANGE_EXTRA, NULL, f);
		else if (!pal_digest_eq(&e->digest, &f->digest))
			add_change(list, PAL_CHANGE_DIFFERS, e, f);
		i += c <= 0 ? 1 : 0;
		k += c >= 0 ? 1 : 0;
	}
	return pal_arena_err(list->arena);
}
