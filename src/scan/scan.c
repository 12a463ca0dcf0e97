/* scan.c - the scanner as its callers see it; the work is in run.c, the files in item.c. */
#include "palisade/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "palisade/confine.h"
#include "palisade/hex.h"
#include "palisade/mem.h"
#include "palisade/threads.h"
#include "run.h"

#define SCANNER_ARENA ((size_t)64 << 20)

struct sized {
	uint64_t size;
	size_t   item;
};

static int
larger_first(const void *a, const void *b)
{
	const struct sized *x = a, *y = b;

	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	return x->item < y->item ? -1 : x->item > y->item;
}

static enum pal_err
prepare(struct pal_scan_run *r, const char *const *paths, size_t count)
{
	PAL_AUTO_ARENA  a;
	struct pal_list sizes;

	pal_arena_init(&a, SIZE_MAX);
	sizes = pal_list_of(&a, sizeof(struct sized));
	r->count = count;
	r->alone = pal_list_of(r->a, sizeof(size_t));
	r->files = pal_arena_array(r->a, count, sizeof(*r->files));
	r->order = pal_arena_array(r->a, count, sizeof(*r->order));
	r->regular = pal_arena_array(r->a, count, sizeof(*r->regular));
	if (count > 0 && (r->files == NULL || r->order == NULL || r->regular == NULL))
		return pal_fail(r->d, pal_arena_err(r->a), 0, "no memory for %zu files", count);
	for (size_t i = 0; i < count; i++) {
		struct sized *one = pal_list_add(&sizes);
		struct stat   st;

		if (one == NULL)
			return pal_fail(r->d, pal_arena_err(&a), 0, "no memory for %zu files", count);
		one->item = i;
		if (r->root_fd >= 0 && fstatat(r->root_fd, paths[i], &st, AT_SYMLINK_NOFOLLOW) == 0) {
			one->size = (uint64_t)st.st_size;
			r->regular[i] = S_ISREG(st.st_mode);
		}
		r->large += one->size >= PAL_SCAN_LARGE;
		r->files[i].path = pal_arena_text(r->a, pal_view_of(r->root_fd >= 0 ? paths[i] : r->root));
	}
	pal_list_sort(&sizes, larger_first);
	for (size_t i = 0; i < count; i++)
		r->order[i] = ((const struct sized *)pal_list_at(&sizes, i))->item;
	return pal_arena_err(r->a);
}

enum pal_err
pal_scan(struct pal_scanner *s, const char *root, const char *const *paths, size_t count, struct pal_arena *a,
	 struct pal_scan_result *ret_result, struct pal_diag *d)
{
	struct pal_scan_result result = { 0 };
	struct stat            st;
	PAL_AUTO_FD            root_fd = -1;
	struct pal_scan_run    r = {
		   .s = s, .a = a, .root = root, .root_fd = -1, .only_fd = -1, .result = &result, .d = d
	};

	if (stat(root, &st) != 0)
		return pal_fail(d, errno == ENOENT ? PAL_ENOTFOUND : PAL_ESYS, 0, "cannot open %s: %s", root,
				strerror(errno));
	if (S_ISDIR(st.st_mode)) {
		root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (root_fd < 0)
			return pal_fail(d, PAL_ESYS, 0, "cannot open %s: %s", root, strerror(errno));
		r.root_fd = root_fd;
	} else if (count != 1 || strcmp(paths[0], ".") != 0) {
		return pal_fail(d, PAL_EUSAGE, 0, "%s is a file, so the one path below it is \".\"", root);
	}
	PAL_TRY(prepare(&r, paths, count));
	PAL_TRY(pal_scan_run_all(&r));
	*ret_result = result;
	return PAL_OK;
}

enum pal_err
pal_scan_fd(struct pal_scanner *s, int fd, const char *name, struct pal_arena *a, struct pal_scan_result *ret_result,
	    struct pal_diag *d)
{
	struct pal_scan_result result = { 0 };
	const char            *only = ".";
	struct pal_scan_run    r = {
		   .s = s, .a = a, .root = name, .root_fd = -1, .only_fd = fd, .result = &result, .d = d
	};

	PAL_TRY(prepare(&r, &only, 1));
	PAL_TRY(pal_scan_run_all(&r));
	*ret_result = result;
	return PAL_OK;
}

enum pal_err
pal_scan_file(struct pal_scanner *s, const char *path, struct pal_arena *a, struct pal_scan_result *ret_result,
	      struct pal_diag *d)
{
	PAL_AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return pal_fail(d, errno == ENOENT ? PAL_ENOTFOUND : PAL_ESYS, 0, "cannot open %s: %s", path,
				strerror(errno));
	return pal_scan_fd(s, fd, path, a, ret_result, d);
}

enum pal_err
pal_scanner_new(const struct pal_scan_options *o, struct pal_scanner **ret_scanner, struct pal_diag *d)
{
	__attribute__((cleanup(pal_scanner_free))) struct pal_scanner *s = pal_mem_new(1, sizeof(*s));

	if (s == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "no memory for a scanner");
	for (unsigned int i = 0; i < PAL_SCAN_WORKERS; i++) {
		s->slots[i].fd = s->slots[i].worker.fd = -1;
		s->slots[i].batch.frame = pal_buf_of(0);
	}
	pal_arena_init(&s->arena, SCANNER_ARENA);
	if (pal_sandbox_named(o->sandbox) == NULL)
		return pal_fail(d, PAL_EUSAGE, 0, "there is no sandbox \"%s\"; there are worker and none", o->sandbox);
	s->sandbox = pal_sandbox_named(o->sandbox)->name;
	s->rules_dir = o->rules_dir == NULL ? "" : pal_arena_text(&s->arena, pal_view_of(o->rules_dir));
	s->slot_count = o->workers == 0 ? pal_thread_count() : o->workers;
	s->slot_count = s->slot_count > PAL_SCAN_WORKERS ? PAL_SCAN_WORKERS : s->slot_count;
	s->timeout_ms = o->timeout_ms;
	s->here = o->no_sandbox;
	s->structure = o->structure;
	s->found = o->found;
	s->arg = o->arg;
	s->progress = o->progress;
	s->cache = o->structure ? NULL : o->cache; /* what is left out must not be taken for whole later */
	if (o->soon && !o->no_sandbox)
		PAL_TRY(pal_scan_start_first(s, o->soon_bytes, d));
	PAL_TRY(pal_detect_load(o->rules_dir, &s->detect, d));
	PAL_TRY(pal_scan_rules_of(s->detect, &s->arena, &s->rules, d));
	PAL_TRY(pal_arena_err(&s->arena));
	*ret_scanner = s;
	s = NULL;
	return PAL_OK;
}

void
pal_scanner_set_cache(struct pal_scanner *s, const struct pal_scan_cache *cache)
{
	s->cache = s->structure ? NULL : cache;
}

void
pal_scanner_free(struct pal_scanner **s)
{
	if (*s == NULL)
		return;
	pal_scan_drop_all(*s);
	pal_detect_free(&(*s)->detect);
	pal_arena_done(&(*s)->arena);
	pal_mem_free(*s);
	*s = NULL;
}

enum pal_scan_verdict
pal_scan_verdict_of(const struct pal_scan_file *f)
{
	bool found = false, failed = strcmp(f->format, "none") == 0;

	for (size_t i = 0; i < f->finding_count; i++) {
		const struct pal_finding *one = &f->findings[i];

		failed = failed || one->rule == &pal_scan_rule_worker_limit;
		found = found || (one->rule->unread == PAL_INFO && one->severity > PAL_INFO);
	}
	if (failed)
		return PAL_SCAN_ERROR;
	if (found)
		return PAL_SCAN_FINDINGS;
	if (f->complete)
		return PAL_SCAN_CLEAN;
	return strcmp(f->format, "unknown") == 0 ? PAL_SCAN_UNKNOWN : PAL_SCAN_PARTIAL;
}

const char *
pal_scan_verdict_name(enum pal_scan_verdict v)
{
	static const char *const names[] = { [PAL_SCAN_CLEAN] = "clean",
					     [PAL_SCAN_FINDINGS] = "findings",
					     [PAL_SCAN_PARTIAL] = "partial",
					     [PAL_SCAN_UNKNOWN] = "unknown",
					     [PAL_SCAN_ERROR] = "error" };

	return names[v];
}

const char *
pal_scan_version(const struct pal_scanner *s)
{
	return s->rules.version;
}

const struct pal_rule *
pal_scan_rule(const struct pal_scanner *s, struct pal_view id)
{
	return pal_scan_rules_get(&s->rules, id);
}

size_t
pal_scan_rule_count(const struct pal_scanner *s)
{
	return s->rules.all.count;
}

const struct pal_rule *
pal_scan_rule_at(const struct pal_scanner *s, size_t i)
{
	return *(const struct pal_rule *const *)pal_list_at(&s->rules.all, i);
}

/* The name is part of it: its ending is examined too. Folders above are not. */
void
pal_scan_cache_key(const struct pal_scanner *s, struct pal_view sha256, const char *path, struct pal_buf *out)
{
	const char *slash = strrchr(path, '/');

	pal_buf_printf(out, "%s ", s->rules.version);
	pal_hex_add(out, sha256);
	pal_buf_printf(out, " %s", slash == NULL ? path : slash + 1);
}
