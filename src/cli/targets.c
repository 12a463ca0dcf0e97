/* targets.c - from words to files; nothing here follows a link that nobody asked for. */
#include "targets.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "palisade/walk.h"

#define MOST_FILES ((size_t)10 << 20)

struct cli_targets
cli_targets_of(struct pal_arena *a, size_t words, bool follow_links)
{
	return (struct cli_targets){
		.arena = a, .list = pal_list_of(a, sizeof(struct cli_target)), .follow = follow_links, .words = words
	};
}

static struct cli_target *
add_target(struct cli_targets *all)
{
	struct cli_target *t = pal_list_add(&all->list);

	if (t != NULL)
		t->fd = -1;
	return t;
}

static enum pal_err
add_descriptor(struct cli_targets *all, int fd, const char *name)
{
	struct cli_target *t = add_target(all);
	struct stat        st;

	if (t == NULL) {
		(void)close(fd);
		return pal_arena_err(all->arena);
	}
	t->fd = fd;
	t->name = name;
	if (fstat(fd, &st) == 0)
		all->bytes += (uint64_t)st.st_size;
	return PAL_OK;
}

/* Workers read at any offset, which a pipe does not let them: standard input goes to a file without a name. */
static enum pal_err
add_standard_input(struct cli_targets *all, struct pal_diag *d)
{
	FILE  *spool = tmpfile();
	char   path[64], chunk[8192];
	size_t n = 0;
	int    fd = -1, error = 0;
	bool   ok = spool != NULL;

	while (ok && (n = fread(chunk, 1, sizeof(chunk), stdin)) > 0)
		ok = fwrite(chunk, 1, n, spool) == n;
	ok = ok && ferror(stdin) == 0 && fflush(spool) == 0;
	if (ok) {
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(spool));
		fd = open(path, O_RDONLY | O_CLOEXEC); /* the worker gets no right to write */
	}
	error = errno;
	if (spool != NULL)
		(void)fclose(spool);
	return fd >= 0
		   ? add_descriptor(all, fd, "standard input")
		   : pal_fail(d, PAL_ESYS, 0, "cannot keep standard input in a temporary file: %s", strerror(error));
}

/* A link that the user named, or asked to follow: its content under its own name, whose ending says what it claims. */
static enum pal_err
add_link(struct cli_targets *all, const char *path, struct pal_diag *d)
{
	char        real[PATH_MAX];
	struct stat st;
	int         fd =
            realpath(path, real) == NULL ? -1 : open(real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	bool ok = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

	if (ok)
		return add_descriptor(all, fd, pal_arena_text(all->arena, pal_view_of(path)));
	if (fd >= 0)
		(void)close(fd);
	return pal_fail(d, PAL_ENOTFOUND, 0, "%s is a link to nothing that is a readable file", path);
}

static bool
leads_to_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static enum pal_err
add_tree(struct cli_targets *all, const char *root, struct pal_diag *d)
{
	struct pal_list    entries = pal_list_of(all->arena, sizeof(struct pal_entry));
	struct cli_target *t = NULL;
	const char       **paths = NULL;
	size_t             n = 0;

	PAL_TRY(pal_walk(root, MOST_FILES, &entries, d));
	paths = pal_arena_array(all->arena, entries.count, sizeof(*paths));
	for (size_t i = 0; i < entries.count && paths != NULL; i++) {
		const struct pal_entry *e = pal_list_at(&entries, i);
		const char             *whole = e->kind == PAL_ENTRY_LINK && all->follow
						    ? pal_arena_printf(all->arena, "%s/%s", root, e->path)
						    : NULL;

		if (whole != NULL && leads_to_file(whole)) {
			PAL_TRY(add_link(all, whole, d));
			continue;
		}
		all->bytes += e->kind == PAL_ENTRY_FILE ? e->id.size : 0;
		paths[n++] = e->path;
	}
	t = n == 0 ? NULL : add_target(all);
	if (t != NULL) {
		t->root = root;
		t->prefix = root;
		t->paths = paths;
		t->count = n;
	}
	return pal_arena_err(all->arena);
}

static enum pal_err
add_file(struct cli_targets *all, const char *path, const struct stat *st)
{
	char              *folder_of = pal_arena_text(all->arena, pal_view_of(path));
	char              *name_of = pal_arena_text(all->arena, pal_view_of(path));
	const char        *folder = folder_of == NULL ? NULL : dirname(folder_of);
	struct cli_target *t = all->list.count == 0 ? NULL : pal_list_at(&all->list, all->list.count - 1);

	if (folder == NULL || name_of == NULL)
		return pal_arena_err(all->arena);
	if (t == NULL || t->root == NULL || t->prefix == t->root || strcmp(t->root, folder) != 0) {
		t = add_target(all);
		if (t == NULL)
			return pal_arena_err(all->arena);
		t->root = folder;
		t->prefix = strchr(path, '/') == NULL ? NULL : pal_arena_text(all->arena, pal_view_of(folder));
		t->paths = pal_arena_array(all->arena, all->words, sizeof(*t->paths));
	}
	if (t->paths == NULL)
		return pal_arena_err(all->arena);
	t->paths[t->count++] = basename(name_of);
	all->bytes += (uint64_t)st->st_size;
	return PAL_OK;
}

enum pal_err
cli_targets_add(struct cli_targets *all, const char *word, struct pal_diag *d)
{
	struct stat st, link;

	if (strcmp(word, "-") == 0)
		return add_standard_input(all, d);
	if (stat(word, &st) != 0 || lstat(word, &link) != 0)
		return pal_fail(d, errno == ENOENT ? PAL_ENOTFOUND : PAL_ESYS, 0, "cannot open %s: %s", word,
				strerror(errno));
	if (S_ISDIR(st.st_mode))
		return add_tree(all, word, d);
	return S_ISLNK(link.st_mode) ? add_link(all, word, d) : add_file(all, word, &st);
}

const char *
cli_target_path(struct cli_targets *all, const struct cli_target *t, const char *path)
{
	struct pal_view prefix = pal_view_of(t->prefix);

	if (t->root == NULL || t->prefix == NULL)
		return path;
	return pal_arena_printf(all->arena, pal_view_ends(prefix, "/") ? "%s%s" : "%s/%s", t->prefix, path);
}

struct pal_report_file
cli_report_file(const struct pal_scan_file *f, const char *path)
{
	return (struct pal_report_file){ .path = path,
					 .format = f->format,
					 .verdict = pal_scan_verdict_of(f),
					 .sha256 = f->sha256,
					 .size = f->size,
					 .unread = f->unread,
					 .members = f->members,
					 .count = f->finding_count };
}

enum pal_err
cli_target_scan(struct pal_scanner *s, const struct cli_target *t, bool hash, struct pal_arena *a,
		struct pal_scan_result *ret_result, struct pal_diag *d)
{
	struct pal_scan_result r = { 0 };

	if (t->root != NULL)
		PAL_TRY(pal_scan(s, t->root, t->paths, t->count, a, &r, d));
	else
		PAL_TRY(pal_scan_fd(s, t->fd, t->name, a, &r, d));
	if (hash)
		PAL_TRY(t->root != NULL ? pal_scan_hash(t->root, &r, a, d) : pal_scan_hash_fd(t->fd, &r, a, d));
	*ret_result = r;
	return PAL_OK;
}

void
cli_targets_done(struct cli_targets *all)
{
	for (size_t i = 0; i < all->list.count; i++) {
		struct cli_target *t = pal_list_at(&all->list, i);

		if (t->fd >= 0)
			(void)close(t->fd);
	}
}
