/* file.c - the flags of open(2) and the order write, fsync, rename, fsync of the folder are what to audit. */
#include "palisade/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define READ_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

static enum pal_err
sys_fail(struct pal_diag *d, const char *what, const char *path)
{
	int          e = errno;
	enum pal_err err = e == ENOENT || e == ENOTDIR ? PAL_ENOTFOUND : e == EEXIST ? PAL_EEXIST : PAL_ESYS;

	return pal_fail(d, err, 0, "cannot %s %s: %s", what, path, strerror(e));
}

static int64_t
nanoseconds(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + (int64_t)t.tv_nsec;
}

struct pal_file_id
pal_file_id_of(const struct stat *st)
{
	return (struct pal_file_id){ .device = (uint64_t)st->st_dev,
				     .inode = (uint64_t)st->st_ino,
				     .size = (uint64_t)st->st_size,
				     .mtime_ns = nanoseconds(st->st_mtim),
				     .ctime_ns = nanoseconds(st->st_ctim) };
}

bool
pal_file_id_eq(const struct pal_file_id *a, const struct pal_file_id *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size && a->mtime_ns == b->mtime_ns &&
	       a->ctime_ns == b->ctime_ns;
}

static enum pal_err
vet(int fd, const char *path, struct pal_file_id *ret_id, struct pal_diag *d)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return sys_fail(d, "stat", path);
	if (!S_ISREG(st.st_mode))
		return pal_fail(d, PAL_EFORM, 0, "%s is not a regular file", path);
	if (ret_id != NULL)
		*ret_id = pal_file_id_of(&st);
	return PAL_OK;
}

static enum pal_err
open_at(int dir, const char *name, const char *path, int flags, int *ret_fd, struct pal_diag *d)
{
	int fd = openat(dir, name, READ_FLAGS | flags);

	if (fd >= 0) {
		*ret_fd = fd;
		return PAL_OK;
	}
	if (errno == ELOOP)
		return pal_fail(d, PAL_EFORM, 0, "%s is a symbolic link, which is not followed", path);
	return sys_fail(d, "open", path);
}

enum pal_err
pal_file_open(const char *path, int *ret_fd, struct pal_file_id *ret_id, struct pal_diag *d)
{
	PAL_AUTO_FD fd = -1;

	PAL_TRY(open_at(AT_FDCWD, path, path, O_NOFOLLOW, &fd, d));
	PAL_TRY(vet(fd, path, ret_id, d));
	*ret_fd = fd;
	fd = -1;
	return PAL_OK;
}

/* The folders of a path below root_fd, one by one; *ret_dir stays -1 when there are none. */
static enum pal_err
open_folders(int root_fd, const char *path, int *ret_dir, const char **ret_name, struct pal_diag *d)
{
	struct pal_view rest = pal_view_of(path), part = { 0 };
	PAL_AUTO_FD     dir = -1;
	PAL_AUTO_FD     fd = -1;

	if (rest.len == 0 || path[0] == '/' || pal_view_ends(rest, "/"))
		return pal_fail(d, PAL_EFORM, 0, "\"%s\" is not a path below its folder", path);
	while (pal_view_split(&rest, '/', &part)) {
		char name[256] = "";

		if (part.len == 0 || part.len >= sizeof(name) || pal_view_is(part, ".") || pal_view_is(part, ".."))
			return pal_fail(d, PAL_EFORM, 0, "\"%s\" is not a path below its folder", path);
		if (rest.len == 0)
			break;
		(void)snprintf(name, sizeof(name), "%.*s", (int)part.len, (const char *)part.data);
		PAL_TRY(open_at(dir < 0 ? root_fd : dir, name, path, O_NOFOLLOW | O_DIRECTORY, &fd, d));
		pal_file_close(&dir);
		dir = fd;
		fd = -1;
	}
	*ret_name = (const char *)part.data; /* the last name ends where the path does */
	*ret_dir = dir;
	dir = -1;
	return PAL_OK;
}

enum pal_err
pal_file_open_parent(int root_fd, const char *path, int *ret_fd, const char **ret_name, struct pal_diag *d)
{
	PAL_AUTO_FD dir = -1;

	PAL_TRY(open_folders(root_fd, path, &dir, ret_name, d));
	if (dir < 0)
		PAL_TRY(open_at(root_fd, ".", path, O_DIRECTORY, &dir, d));
	*ret_fd = dir;
	dir = -1;
	return PAL_OK;
}

/* Is every part a name? The kernel takes more than we do: empty parts and the two kinds of dots. */
static bool
is_plain(const char *path)
{
	struct pal_view rest = pal_view_of(path), part = { 0 };

	if (rest.len == 0 || path[0] == '/' || pal_view_ends(rest, "/"))
		return false;
	while (pal_view_split(&rest, '/', &part))
		if (part.len == 0 || pal_view_is(part, ".") || pal_view_is(part, ".."))
			return false;
	return true;
}

/* One call of the kernel (Linux 5.6) for what open_folders() does name by name; -1: that shall say why not. */
static int
open_at_once(int root_fd, const char *path)
{
	struct open_how how = { .flags = READ_FLAGS | O_NOFOLLOW, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };

	return is_plain(path) ? (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how)) : -1;
}

enum pal_err
pal_file_open_below(int root_fd, const char *path, int *ret_fd, struct pal_file_id *ret_id, struct pal_diag *d)
{
	PAL_AUTO_FD dir = -1;
	PAL_AUTO_FD fd = open_at_once(root_fd, path);
	const char *name = NULL;

	if (fd < 0) {
		PAL_TRY(open_folders(root_fd, path, &dir, &name, d));
		PAL_TRY(open_at(dir < 0 ? root_fd : dir, name, path, O_NOFOLLOW, &fd, d));
	}
	PAL_TRY(vet(fd, path, ret_id, d));
	*ret_fd = fd;
	fd = -1;
	return PAL_OK;
}

void
pal_file_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

enum pal_err
pal_file_read(const char *path, size_t most, struct pal_buf *b, struct pal_diag *d)
{
	PAL_AUTO_FD        fd = -1;
	struct pal_file_id id = { 0 };
	uint8_t            chunk[8192];

	PAL_TRY(open_at(AT_FDCWD, path, path, 0, &fd, d));
	PAL_TRY(vet(fd, path, &id, d));
	if (id.size > most)
		return pal_fail(d, PAL_ELIMIT, most, "%s has %llu bytes, at most %zu are read", path,
				(unsigned long long)id.size, most);
	for (size_t total = 0; total <= most;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sys_fail(d, "read", path);
		if (n == 0)
			return pal_buf_err(b) == PAL_OK ? PAL_OK : pal_fail(d, pal_buf_err(b), 0, "%s", path);
		total += (size_t)n;
		pal_buf_add(b, (struct pal_view){ chunk, (size_t)n });
	}
	return pal_fail(d, PAL_ELIMIT, most, "%s grew beyond %zu bytes while it was read", path, most);
}

enum pal_err
pal_file_write_fd(int fd, struct pal_view content, const char *path, struct pal_diag *d)
{
	while (content.len > 0) {
		ssize_t n = write(fd, content.data, content.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return sys_fail(d, "write", path);
		content = pal_view_sub(content, (size_t)n, SIZE_MAX);
	}
	return PAL_OK;
}

enum pal_err
pal_file_sync_dir(const char *path, struct pal_diag *d)
{
	PAL_AUTO_FD fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return sys_fail(d, "open", path);
	if (fsync(fd) != 0)
		return sys_fail(d, "flush", path);
	return PAL_OK;
}

static enum pal_err
write_beside(const char *temp, const char *path, struct pal_view content, unsigned int mode, struct pal_diag *d)
{
	PAL_AUTO_FD fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);

	if (fd < 0)
		return sys_fail(d, "create", temp);
	PAL_TRY(pal_file_write_fd(fd, content, path, d));
	if (fsync(fd) != 0)
		return sys_fail(d, "flush", path);
	if (rename(temp, path) != 0)
		return sys_fail(d, "replace", path);
	return PAL_OK;
}

enum pal_err
pal_file_write(const char *path, struct pal_view content, unsigned int mode, struct pal_diag *d)
{
	PAL_AUTO_BUF temp = pal_buf_of(0);
	PAL_AUTO_BUF folder = pal_buf_of(0);
	enum pal_err err = PAL_OK;

	pal_buf_printf(&temp, "%s.%ld.tmp", path, (long)getpid());
	pal_buf_add_text(&folder, path);
	PAL_TRY(pal_buf_err(&temp));
	PAL_TRY(pal_buf_err(&folder));
	(void)unlink(pal_buf_text(&temp)); /* left by a process of our number that died */
	err = write_beside(pal_buf_text(&temp), path, content, mode, d);
	if (err != PAL_OK) {
		(void)unlink(pal_buf_text(&temp));
		return err;
	}
	return pal_file_sync_dir(dirname(folder.data), d);
}

enum pal_err
pal_file_make_dir(const char *path, unsigned int mode, struct pal_diag *d)
{
	struct stat st;

	if (mkdir(path, (mode_t)mode) == 0)
		return PAL_OK;
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return PAL_OK;
	return sys_fail(d, "create folder", path);
}

enum pal_err
pal_file_lock(const char *path, unsigned int wait_ms, int *ret_fd, struct pal_diag *d)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	PAL_AUTO_FD           fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return sys_fail(d, "open", path);
	for (unsigned int waited = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited += 10) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return sys_fail(d, "lock", path);
		if (waited >= wait_ms)
			return pal_fail(d, PAL_ELOCKED, 0,
					"%s is held by another process; wait for it to end, then try again", path);
		(void)nanosleep(&pause, NULL);
	}
	*ret_fd = fd;
	fd = -1;
	return PAL_OK;
}

bool
pal_file_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}
