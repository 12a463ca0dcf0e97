/* walk.c - a stack of folders instead of recursion, so that depth costs memory of the arena and nothing else. */
#include "palisade/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "palisade/utf8.h"

struct walk {
	const char      *root;
	int              root_fd;
	size_t           most;
	struct pal_list *list;
	struct pal_list  folders; /* const char *: relative paths still to be read */
	struct pal_diag *d;
};

static void
close_dir(DIR **dir)
{
	if (*dir != NULL)
		(void)closedir(*dir);
}

static enum pal_err
add(struct walk *w, const char *path, const struct stat *st)
{
	struct pal_entry *e = NULL;

	if (S_ISDIR(st->st_mode)) {
		const char **folder = pal_list_add(&w->folders);

		if (folder != NULL)
			*folder = path;
		return pal_arena_err(w->folders.arena);
	}
	if (w->list->count >= w->most)
		return pal_fail(w->d, PAL_ELIMIT, 0, "%s holds more than %zu files", w->root, w->most);
	e = pal_list_add(w->list);
	if (e == NULL)
		return pal_arena_err(w->list->arena);
	*e = (struct pal_entry){ .path = path,
				 .kind = S_ISREG(st->st_mode)   ? PAL_ENTRY_FILE
					 : S_ISLNK(st->st_mode) ? PAL_ENTRY_LINK
								: PAL_ENTRY_OTHER,
				 .id = pal_file_id_of(st) };
	return PAL_OK;
}

static enum pal_err
add_name(struct walk *w, int dir_fd, const char *folder, const char *name)
{
	struct stat st;
	const char *path = folder[0] == '\0' ? pal_arena_printf(w->list->arena, "%s", name)
					     : pal_arena_printf(w->list->arena, "%s/%s", folder, name);

	if (path == NULL)
		return pal_fail(w->d, pal_arena_err(w->list->arena), 0, "%s: too many files", w->root);
	if (!pal_utf8_valid(pal_view_of(name)))
		return pal_fail(w->d, PAL_EFORM, 0, "%s/%s: the name is not UTF-8; rename it", w->root, path);
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return pal_fail(w->d, PAL_ESYS, 0, "cannot stat %s/%s: %s", w->root, path, strerror(errno));
	return add(w, path, &st);
}

static enum pal_err
read_folder(struct walk *w, const char *folder)
{
	__attribute__((cleanup(close_dir))) DIR *dir = NULL;
	int fd = openat(w->root_fd, folder[0] == '\0' ? "." : folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	const struct dirent *entry = NULL;

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (dir == NULL)
		return pal_fail(w->d, PAL_ESYS, 0, "cannot read folder %s/%s: %s", w->root, folder, strerror(errno));
	while ((entry = readdir(dir)) != NULL) /* one stream, one thread */
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			PAL_TRY(add_name(w, fd, folder, entry->d_name));
	return PAL_OK;
}

static int
by_path(const void *a, const void *b)
{
	const struct pal_entry *x = a, *y = b;

	return strcmp(x->path, y->path);
}

enum pal_err
pal_walk(const char *root, size_t most, struct pal_list *list, struct pal_diag *d)
{
	struct stat st;
	PAL_AUTO_FD fd = -1;
	struct walk w = { .root = root, .most = most, .list = list, .d = d };

	if (stat(root, &st) != 0)
		return pal_fail(d, errno == ENOENT ? PAL_ENOTFOUND : PAL_ESYS, 0, "cannot open %s: %s", root,
				strerror(errno));
	w.folders = pal_list_of(list->arena, sizeof(const char *));
	if (!S_ISDIR(st.st_mode))
		return add(&w, ".", &st);
	fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return pal_fail(d, PAL_ESYS, 0, "cannot open %s: %s", root, strerror(errno));
	w.root_fd = fd;
	PAL_TRY(read_folder(&w, ""));
	for (size_t i = 0; i < w.folders.count; i++)
		PAL_TRY(read_folder(&w, *(const char **)pal_list_at(&w.folders, i)));
	pal_list_sort(list, by_path);
	return pal_arena_err(list->arena);
}
