/* scratch.h - a folder of its own for one test program, removed with all that is in it. */
#ifndef PALISADE_TEST_SCRATCH_H
#define PALISADE_TEST_SCRATCH_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char scratch_root[64];

static inline void
scratch_remove(int at, const char *name)
{
	int            fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR           *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e = NULL;

	while (dir != NULL && (e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			scratch_remove(fd, e->d_name);
	if (dir != NULL)
		(void)closedir(dir);
	(void)unlinkat(at, name, dir == NULL ? 0 : AT_REMOVEDIR);
}

static inline void
scratch_done(void)
{
	scratch_remove(AT_FDCWD, scratch_root);
}

/* "/tmp/palisade-XXXXXX" made anew. */
static inline const char *
scratch_init(void)
{
	(void)snprintf(scratch_root, sizeof(scratch_root), "/tmp/palisade-XXXXXX");
	if (mkdtemp(scratch_root) == NULL)
		abort();
	return scratch_root;
}

/* A path in it; one of eight buffers that are used in turn. */
static inline const char *
scratch_path(const char *name)
{
	static char         paths[8][256];
	static unsigned int next;
	char               *p = paths[next++ % 8];

	(void)snprintf(p, sizeof(paths[0]), "%s/%s", scratch_root, name);
	return p;
}

#endif
