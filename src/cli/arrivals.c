/* arrivals.c - inotify to paths; to audit: add_folder, which watches a folder before it lists it, so that nothing slips
 * between. */
#include "arrivals.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "palisade/file.h"

#define EVENTS   (IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE)
#define QUIET_MS 200
#define MEMORY   ((size_t)256 << 20)

static const char *
join(struct pal_arena *a, const char *folder, const char *name)
{
	return folder[0] == '\0' ? pal_arena_text(a, pal_view_of(name)) : pal_arena_printf(a, "%s/%s", folder, name);
}

static void
close_dir(DIR **dir)
{
	if (*dir != NULL)
		(void)closedir(*dir);
}

/* Watches one folder; a folder that was moved keeps its descriptor and gets its new name. */
static enum pal_err
watch(struct cli_arrivals *w, const char *folder, struct pal_diag *d)
{
	const char *whole = folder[0] == '\0' ? w->root : pal_arena_printf(&w->arena, "%s/%s", w->root, folder);
	int         at = whole == NULL ? -1 : inotify_add_watch(w->fd, whole, EVENTS | IN_ONLYDIR | IN_DONT_FOLLOW);

	if (at < 0 && errno == ENOSPC)
		return pal_fail(d, PAL_ELIMIT, 0,
				"%s: the kernel watches no more folders; raise fs.inotify.max_user_watches", whole);
	if (at < 0) /* it is gone again, or may not be read: what cannot be entered is told by the scan of its parent */
		return PAL_OK;
	while (w->folders.count <= (size_t)at)
		if (pal_list_add(&w->folders) == NULL)
			return pal_arena_err(&w->arena);
	*(const char **)pal_list_at(&w->folders, (size_t)at) = pal_arena_text(&w->arena, pal_view_of(folder));
	return pal_arena_err(&w->arena);
}

static enum pal_err
list_folder(struct cli_arrivals *w, const char *folder, struct pal_list *folders, struct pal_list *paths)
{
	const char *whole = folder[0] == '\0' ? w->root : pal_arena_printf(paths->arena, "%s/%s", w->root, folder);
	__attribute__((cleanup(close_dir))) DIR *dir = whole == NULL ? NULL : opendir(whole);
	struct dirent                           *e = NULL;
	struct stat                              st;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		const char **one = NULL;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISDIR(st.st_mode) || S_ISREG(st.st_mode))
			one = pal_list_add(S_ISDIR(st.st_mode) ? folders : paths);
		if (one != NULL)
			*one = join(paths->arena, folder, e->d_name);
	}
	return pal_arena_err(paths->arena);
}

/* The folder and all below it: watched first, listed after. */
static enum pal_err
add_folder(struct cli_arrivals *w, const char *folder, struct pal_list *paths, struct pal_diag *d)
{
	struct pal_list open = pal_list_of(paths->arena, sizeof(const char *));
	const char    **first = pal_list_add(&open);

	if (first == NULL)
		return pal_arena_err(paths->arena);
	*first = folder;
	for (size_t i = 0; i < open.count; i++) {
		const char *one = *(const char **)pal_list_at(&open, i);

		PAL_TRY(watch(w, one, d));
		PAL_TRY(list_folder(w, one, &open, paths));
	}
	return PAL_OK;
}

enum pal_err
cli_arrivals_open(struct cli_arrivals *w, const char *root, struct pal_list *paths, struct pal_diag *d)
{
	struct stat st;

	*w = (struct cli_arrivals){ .root = root, .fd = -1 };
	pal_arena_init(&w->arena, MEMORY);
	w->folders = pal_list_of(&w->arena, sizeof(const char *));
	if (stat(root, &st) != 0 || !S_ISDIR(st.st_mode))
		return pal_fail(d, PAL_ENOTFOUND, 0, "%s is no folder", root);
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd < 0)
		return pal_fail(d, PAL_ESYS, 0, "inotify: %s", strerror(errno));
	return add_folder(w, "", paths, d);
}

/* A name twice in one round is one path. */
static enum pal_err
add_path(struct pal_list *paths, const char *folder, const char *name)
{
	const char  *path = join(paths->arena, folder, name);
	const char **one = NULL;

	for (size_t i = paths->count; path != NULL && i > 0 && paths->count - i < 64; i--)
		if (strcmp(*(const char **)pal_list_at(paths, i - 1), path) == 0)
			return PAL_OK;
	one = pal_list_add(paths);
	if (one != NULL)
		*one = path;
	return pal_arena_err(paths->arena);
}

static enum pal_err
take_event(struct cli_arrivals *w, const struct inotify_event *e, struct pal_list *paths, struct pal_diag *d)
{
	const char *folder = e->wd >= 0 && (size_t)e->wd < w->folders.count
				 ? *(const char **)pal_list_at(&w->folders, (size_t)e->wd)
				 : NULL;

	if ((e->mask & IN_Q_OVERFLOW) != 0)
		return add_folder(w, "", paths, d);
	if (folder == NULL || e->len == 0)
		return PAL_OK;
	if ((e->mask & IN_ISDIR) != 0)
		return add_folder(w, join(paths->arena, folder, e->name), paths, d);
	return (e->mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0 ? add_path(paths, folder, e->name) : PAL_OK;
}

static enum pal_err
take_events(struct cli_arrivals *w, struct pal_list *paths, struct pal_diag *d)
{
	_Alignas(struct inotify_event) char buf[8192];
	ssize_t                             n = 0;

	while ((n = read(w->fd, buf, sizeof(buf))) > 0)
		for (char *at = buf; at < buf + n;) {
			const struct inotify_event *e = (const void *)at;

			PAL_TRY(take_event(w, e, paths, d));
			at += sizeof(*e) + e->len;
		}
	return PAL_OK;
}

enum pal_err
cli_arrivals_next(struct cli_arrivals *w, struct pal_list *paths, struct pal_diag *d)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	int           n = poll(&p, 1, -1);

	while (n > 0) {
		PAL_TRY(take_events(w, paths, d));
		n = poll(&p, 1, QUIET_MS);
	}
	if (n < 0 && errno != EINTR)
		return pal_fail(d, PAL_ESYS, 0, "inotify: %s", strerror(errno));
	return PAL_OK;
}

void
cli_arrivals_done(struct cli_arrivals *w)
{
	pal_file_close(&w->fd);
	pal_arena_done(&w->arena);
}
