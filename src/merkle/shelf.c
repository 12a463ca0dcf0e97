/* shelf.c - the order of files on disk is ledger.c's; here only names, sizes and descriptors. */
#include "shelf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "palisade/file.h"
#include "palisade/mem.h"

static enum pal_err
join(const char *dir, const char *name, char ret_path[PATH_MAX], struct pal_diag *d)
{
	int len = snprintf(ret_path, PATH_MAX, "%s/%s", dir, name);

	if (len < 0 || len >= PATH_MAX)
		return pal_fail(d, PAL_ELIMIT, 0, "the path %.200s is too long", dir);
	return PAL_OK;
}

static enum pal_err
sys_fail(struct pal_diag *d, const char *what, const char *path)
{
	int e = errno;

	return pal_fail(d, e == ENOENT ? PAL_ENOTFOUND : PAL_ESYS, 0, "cannot %s %s: %s", what, path, strerror(e));
}

static enum pal_err
read_all(int fd, const char *path, uint64_t size, struct pal_buf *b, struct pal_diag *d)
{
	uint8_t *room = size == 0 ? NULL : pal_buf_room(b, (size_t)size);
	size_t   done = 0;

	if (size != 0 && room == NULL)
		return pal_fail(d, pal_buf_err(b), 0, "%s", path);
	while (done < size) {
		ssize_t n = pread(fd, room + done, (size_t)size - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sys_fail(d, "read", path);
		if (n == 0)
			return pal_fail(d, PAL_ETRUNC, done, "%s became shorter while it was read", path);
		done += (size_t)n;
	}
	return PAL_OK;
}

enum pal_err
pal_shelf_read(const char *dir, const char *name, size_t most, struct pal_buf *b, struct pal_diag *d)
{
	PAL_AUTO_FD        fd = -1;
	struct pal_file_id id = { 0 };
	char               path[PATH_MAX];

	PAL_TRY(join(dir, name, path, d));
	PAL_TRY(pal_file_open(path, &fd, &id, d));
	if (id.size > most)
		return pal_fail(d, PAL_ELIMIT, most, "%s has %llu bytes, at most %zu are expected", path,
				(unsigned long long)id.size, most);
	return read_all(fd, path, id.size, b, d);
}

/* The file of a tile, or of the full one when a partial is gone. */
static enum pal_err
read_tile(const char *dir, const struct pal_tile_id *id, size_t most, struct pal_buf *b, struct pal_diag *d)
{
	struct pal_tile_id full = *id;
	char               name[PAL_TILE_PATH], other[PAL_TILE_PATH];
	enum pal_err       err = PAL_OK;

	pal_tile_path(id, name);
	err = pal_shelf_read(dir, name, most, b, d);
	if (err != PAL_ENOTFOUND || id->width == PAL_TILE_WIDTH)
		return err;
	full.width = PAL_TILE_WIDTH;
	pal_tile_path(&full, other);
	/* When both are missing the partial one is named: it is the one that the checkpoint asks for. */
	return pal_shelf_read(dir, other, most, b, NULL) == PAL_OK ? PAL_OK : err;
}

enum pal_err
pal_shelf_tile(const char *dir, const struct pal_tile_id *id, struct pal_hash ret_hashes[PAL_TILE_WIDTH],
	       struct pal_diag *d)
{
	PAL_AUTO_BUF b = pal_buf_of(0);
	char         name[PAL_TILE_PATH];
	size_t       want = id->width * sizeof(struct pal_hash);

	PAL_TRY(read_tile(dir, id, PAL_TILE_WIDTH * sizeof(struct pal_hash), &b, d));
	if (b.len != want && b.len != PAL_TILE_WIDTH * sizeof(struct pal_hash)) {
		pal_tile_path(id, name);
		return pal_fail(d, b.len < want ? PAL_ETRUNC : PAL_EFORM, b.len < want ? b.len : want,
				"%s has %zu bytes, expected %zu (%u hashes)", name, b.len, want, id->width);
	}
	pal_mem_copy(ret_hashes, PAL_TILE_WIDTH * sizeof(struct pal_hash), b.data, want);
	return PAL_OK;
}

enum pal_err
pal_shelf_bundle(const char *dir, const struct pal_tile_id *id, struct pal_buf *b, struct pal_view *ret_entries,
		 size_t *ret_count, struct pal_diag *d)
{
	char         name[PAL_TILE_PATH];
	enum pal_err err = PAL_OK;

	*ret_count = 0;
	pal_buf_clear(b);
	PAL_TRY(read_tile(dir, id, PAL_BUNDLE_MOST, b, d));
	pal_tile_path(id, name);
	err = pal_bundle_split(pal_buf_view(b), ret_entries, ret_count, d);
	if (err != PAL_OK)
		return pal_fail_in(d, err, name);
	if (*ret_count == PAL_TILE_WIDTH)
		*ret_count = id->width;
	if (*ret_count != id->width)
		return pal_fail(d, PAL_ETRUNC, b->len, "%s holds %zu entries, expected %u", name, *ret_count,
				id->width);
	return PAL_OK;
}

/* Makes every folder of DIR/name below DIR. */
static enum pal_err
make_folders(char *path, size_t dir_len, struct pal_diag *d)
{
	for (size_t i = dir_len + 1; path[i] != '\0'; i++) {
		enum pal_err err = PAL_OK;

		if (path[i] != '/')
			continue;
		path[i] = '\0';
		err = pal_file_make_dir(path, 0755, d);
		path[i] = '/';
		PAL_TRY(err);
	}
	return PAL_OK;
}

static enum pal_err
write_new(const char *path, struct pal_view content, struct pal_diag *d)
{
	PAL_AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0)
		return sys_fail(d, "write", path);
	return pal_file_write_fd(fd, content, path, d);
}

static bool
holds(const char *dir, const char *name, struct pal_view content)
{
	PAL_AUTO_BUF b = pal_buf_of(0);

	return pal_shelf_read(dir, name, content.len, &b, NULL) == PAL_OK && pal_view_eq(pal_buf_view(&b), content);
}

enum pal_err
pal_shelf_write(const char *dir, const char *name, struct pal_view content, struct pal_diag *d)
{
	char         path[PATH_MAX];
	enum pal_err err = PAL_OK;

	PAL_TRY(join(dir, name, path, d));
	/* Somebody may be reading it: a file that is right is not opened for writing. */
	if (pal_file_exists(path) && holds(dir, name, content))
		return PAL_OK;
	err = write_new(path, content, d);
	if (err != PAL_ENOTFOUND)
		return err;
	PAL_TRY(make_folders(path, strlen(dir), d));
	return write_new(path, content, d);
}

enum pal_err
pal_shelf_replace(const char *dir, const char *name, struct pal_view content, struct pal_diag *d)
{
	char path[PATH_MAX], beside[PATH_MAX], temp[64];

	(void)snprintf(temp, sizeof(temp), "%s.new", name);
	PAL_TRY(join(dir, name, path, d));
	PAL_TRY(join(dir, temp, beside, d));
	PAL_TRY(write_new(beside, content, d));
	if (rename(beside, path) != 0)
		return sys_fail(d, "replace", path);
	return PAL_OK;
}

enum pal_err
pal_shelf_sync(const char *dir, const char *name, struct pal_diag *d)
{
	char   path[PATH_MAX];
	size_t least = strlen(dir);

	PAL_TRY(join(dir, name, path, d));
	for (bool file = true;; file = false) {
		PAL_AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | (file ? 0 : O_DIRECTORY));
		char       *slash = strrchr(path, '/');

		/* DIR itself may be a link to where the ledger lives. */
		if (fd < 0 && strlen(path) <= least)
			fd = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
		if (fd < 0)
			return sys_fail(d, "open", path);
		if (fsync(fd) != 0)
			return sys_fail(d, "flush", path);
		if (slash == NULL || strlen(path) <= least)
			return PAL_OK;
		*slash = '\0';
	}
}

enum pal_err
pal_shelf_sync_all(const char *dir, struct pal_diag *d)
{
	PAL_AUTO_FD fd = open(dir, O_RDONLY | O_CLOEXEC | O_DIRECTORY);

	if (fd < 0)
		return sys_fail(d, "open", dir);
	return syncfs(fd) == 0 ? PAL_OK : sys_fail(d, "flush the file system of", dir);
}

static enum pal_err
append_at(int fd, const char *path, uint64_t at, struct pal_view content, struct pal_diag *d)
{
	if (lseek(fd, (off_t)at, SEEK_SET) < 0)
		return sys_fail(d, "seek in", path);
	PAL_TRY(pal_file_write_fd(fd, content, path, d));
	return fdatasync(fd) == 0 ? PAL_OK : sys_fail(d, "flush", path);
}

enum pal_err
pal_shelf_append(const char *dir, const char *name, uint64_t at, struct pal_view content, struct pal_diag *d)
{
	char         path[PATH_MAX];
	PAL_AUTO_FD  fd = -1;
	enum pal_err err = PAL_OK;

	PAL_TRY(join(dir, name, path, d));
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return sys_fail(d, "open", path);
	err = append_at(fd, path, at, content, d);
	if (err != PAL_OK && ftruncate(fd, (off_t)at) == 0)
		(void)fdatasync(fd);
	return err;
}

enum pal_err
pal_shelf_cut(const char *dir, const char *name, uint64_t len, struct pal_diag *d)
{
	char        path[PATH_MAX];
	PAL_AUTO_FD fd = -1;

	PAL_TRY(join(dir, name, path, d));
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return sys_fail(d, "open", path);
	if (ftruncate(fd, (off_t)len) != 0 || fsync(fd) != 0)
		return sys_fail(d, "shorten", path);
	return PAL_OK;
}

enum pal_err
pal_shelf_size(const char *dir, const char *name, uint64_t *ret_size, struct pal_diag *d)
{
	char        path[PATH_MAX];
	struct stat st;

	PAL_TRY(join(dir, name, path, d));
	if (lstat(path, &st) == 0)
		*ret_size = (uint64_t)st.st_size;
	else if (errno == ENOENT)
		*ret_size = 0;
	else
		return sys_fail(d, "stat", path);
	return PAL_OK;
}

void
pal_shelf_remove(const char *dir, const char *name)
{
	char path[PATH_MAX];

	if (join(dir, name, path, NULL) == PAL_OK)
		(void)unlink(path);
}

static void
close_dir(DIR **p)
{
	if (*p != NULL)
		(void)closedir(*p);
}

void
pal_shelf_retire(const char *dir, const struct pal_tile_id *id)
{
	struct pal_tile_id                       one = { .level = id->level, .index = id->index, .width = 1 };
	char                                     name[PAL_TILE_PATH], path[PATH_MAX];
	char                                    *slash = NULL;
	__attribute__((cleanup(close_dir))) DIR *folder = NULL;

	pal_tile_path(&one, name);
	if (join(dir, name, path, NULL) != PAL_OK || (slash = strrchr(path, '/')) == NULL)
		return;
	*slash = '\0';
	folder = opendir(path);
	if (folder == NULL)
		return;
	for (const struct dirent *e = readdir(folder); e != NULL; e = readdir(folder))
		if (e->d_name[0] != '.')
			(void)unlinkat(dirfd(folder), e->d_name, 0);
	(void)rmdir(path);
}
