/* tree.h - small folders made by tests: files by name and text, links, and their removal. */
#ifndef PALISADE_TEST_TREE_H
#define PALISADE_TEST_TREE_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The path of name below root; one static room, so use it at once. */
static inline const char *
tree_path(const char *root, const char *name)
{
	static char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

static inline void
tree_put_bytes(const char *root, const char *name, const void *bytes, size_t len)
{
	char  path[4096];
	FILE *f = NULL;

	(void)snprintf(path, sizeof(path), "%s", tree_path(root, name));
	for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		(void)mkdir(path, 0755);
		*slash = '/';
	}
	f = fopen(path, "wb");
	if (f == NULL || fwrite(bytes, 1, len, f) != len || fclose(f) != 0)
		abort();
}

static inline void
tree_put(const char *root, const char *name, const char *text)
{
	tree_put_bytes(root, name, text, strlen(text));
}

static inline int
tree_drop_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline void
tree_drop(const char *root)
{
	(void)nftw(root, tree_drop_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
