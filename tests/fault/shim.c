/*
 * shim.c - preloaded into the real command, makes the n-th allocation or the n-th write of the process fail.
 *
 *   FAULT_ALLOC=n   the n-th malloc, calloc or realloc (and with FAULT_STICKY=1 all after it) returns NULL
 *   FAULT_WRITE=n   the n-th write, pwrite, fsync, fdatasync, rename, ftruncate or creating open fails with ENOSPC
 *   FAULT_MARK=file is made when a fault was injected; its absence tells the driver that n is past the end
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);

static atomic_long alloc_at, write_at, allocs, writes;
static atomic_int  ready;
static const char *mark;
static int         sticky;

static long
number(const char *name)
{
	const char *text = getenv(name);

	return text == NULL ? 0 : strtol(text, NULL, 10);
}

__attribute__((constructor)) static void
start(void)
{
	mark = getenv("FAULT_MARK");
	sticky = number("FAULT_STICKY") != 0;
	atomic_store(&alloc_at, number("FAULT_ALLOC"));
	atomic_store(&write_at, number("FAULT_WRITE"));
	(void)unsetenv("LD_PRELOAD");
	atomic_store(&ready, 1);
}

static int
fires(atomic_long *count, atomic_long *at)
{
	long limit = atomic_load(at), n = 0;

	if (!atomic_load(&ready) || limit == 0)
		return 0;
	n = atomic_fetch_add(count, 1) + 1;
	if (n != limit && !(sticky && n > limit))
		return 0;
	if (mark != NULL && n == limit) {
		int (*real_open)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
		int fd = 0;

		atomic_store(&ready, 0);
		fd = real_open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (fd >= 0)
			(void)close(fd);
		atomic_store(&ready, 1);
	}
	return 1;
}

void *
malloc(size_t n)
{
	return fires(&allocs, &alloc_at) ? (errno = ENOMEM, NULL) : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return fires(&allocs, &alloc_at) ? (errno = ENOMEM, NULL) : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return fires(&allocs, &alloc_at) ? (errno = ENOMEM, NULL) : __libc_realloc(p, n);
}

/* Standard streams are not our files. */
#define FULL(fd)   ((fd) > 2 && fires(&writes, &write_at))
#define NEXT(name) dlsym(RTLD_NEXT, name)

ssize_t
write(int fd, const void *p, size_t n)
{
	ssize_t (*real)(int, const void *, size_t) = (ssize_t(*)(int, const void *, size_t))NEXT("write");

	return FULL(fd) ? (errno = ENOSPC, -1) : real(fd, p, n);
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	ssize_t (*real)(int, const void *, size_t, off64_t) =
	    (ssize_t(*)(int, const void *, size_t, off64_t))NEXT("pwrite64");

	return FULL(fd) ? (errno = ENOSPC, -1) : real(fd, p, n, at);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	return pwrite64(fd, p, n, at);
}

int
fsync(int fd)
{
	int (*real)(int) = (int (*)(int))NEXT("fsync");

	return FULL(fd) ? (errno = EIO, -1) : real(fd);
}

int
fdatasync(int fd)
{
	int (*real)(int) = (int (*)(int))NEXT("fdatasync");

	return FULL(fd) ? (errno = EIO, -1) : real(fd);
}

int
ftruncate64(int fd, off64_t n)
{
	int (*real)(int, off64_t) = (int (*)(int, off64_t))NEXT("ftruncate64");

	return FULL(fd) ? (errno = ENOSPC, -1) : real(fd, n);
}

int
ftruncate(int fd, off_t n)
{
	return ftruncate64(fd, n);
}

int
rename(const char *from, const char *to)
{
	int (*real)(const char *, const char *) = (int (*)(const char *, const char *))NEXT("rename");

	return fires(&writes, &write_at) ? (errno = ENOSPC, -1) : real(from, to);
}

int
open64(const char *path, int flags, ...)
{
	int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))NEXT("open64");
	va_list ap;
	mode_t  mode = 0;

	va_start(ap, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	if ((flags & O_CREAT) != 0 && fires(&writes, &write_at))
		return errno = ENOSPC, -1;
	return real(path, flags, mode);
}
