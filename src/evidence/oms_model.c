/* oms_model.c - which files are the model: what is ignored, what is refused, how one file is named. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oms_inside.h"

/* 6.2: "The following paths MUST be excluded by default" */
static const char *const default_ignore[] = { ".git", ".gitignore", ".gitattributes", ".github" };

#define DEFAULT_COUNT (sizeof(default_ignore) / sizeof(default_ignore[0]))

void
oms_base_name(const char *path, char ret_name[OMS_NAME_ROOM])
{
	char        real[PATH_MAX] = "";
	const char *slash = NULL;

	if (realpath(path, real) == NULL)
		(void)snprintf(real, sizeof(real), "%s", path);
	/* The name that the user gave is the model's; only "." and the like have to be looked up. */
	slash = strrchr(path, '/');
	slash = slash == NULL ? path : slash + 1;
	if (slash[0] == '\0' || strcmp(slash, ".") == 0 || strcmp(slash, "..") == 0) {
		slash = strrchr(real, '/');
		slash = slash == NULL || slash[1] == '\0' ? "model" : slash + 1;
	}
	(void)snprintf(ret_name, OMS_NAME_ROOM, "%s", slash);
}

/* The absolute path of what may not exist yet: that of its folder, and its name. NULL when the folder is not there. */
static const char *
absolute(const char *path, struct pal_arena *arena)
{
	char        real[PATH_MAX] = "";
	const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
	size_t      len = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
	const char *folder = len == 0 ? "." : pal_arena_text(arena, pal_view_sub(pal_view_of(path), 0, len));

	if (folder == NULL || realpath(folder, real) == NULL)
		return NULL;
	return pal_arena_printf(arena, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name);
}

/* path relative to the model, NULL when it lies outside. */
static const char *
relative(const char *model, const char *path, struct pal_arena *arena)
{
	char        root[PATH_MAX] = "";
	const char *file = absolute(path, arena);
	size_t      n = 0;

	if (file == NULL || realpath(model, root) == NULL)
		return NULL;
	n = strlen(root);
	if (strncmp(file, root, n) != 0 || file[n] != '/' || file[n + 1] == '\0')
		return NULL;
	return file + n + 1;
}

static void
add_ignored(struct oms_ignored *list, const char *path)
{
	for (size_t i = 0; path != NULL && i < list->count; i++)
		if (strcmp(list->paths[i], path) == 0)
			return;
	if (path != NULL && list->paths != NULL)
		list->paths[list->count++] = path;
}

enum pal_err
oms_collect_ignored(const struct pal_oms_model *m, const char *const *more, size_t more_count, struct pal_arena *arena,
		    struct oms_ignored *ret, struct pal_diag *d)
{
	size_t             most = DEFAULT_COUNT + m->ignore_count + more_count + 1;
	struct oms_ignored list = { .paths = pal_arena_array(arena, most, sizeof(*list.paths)) };

	for (size_t i = 0; i < DEFAULT_COUNT; i++)
		add_ignored(&list, default_ignore[i]);
	for (size_t i = 0; i < m->ignore_count; i++) {
		if (m->ignore[i][0] != '/' && !oms_path_is_legal(m->ignore[i]))
			return pal_fail(
			    d, PAL_EUSAGE, 0,
			    "ignore path \"%s\": give a path below the model, without \".\", \"..\" and \"//\"",
			    m->ignore[i]);
		add_ignored(&list, m->ignore[i][0] == '/' ? relative(m->path, m->ignore[i], arena) : m->ignore[i]);
	}
	if (m->signature_path != NULL)
		add_ignored(&list, relative(m->path, m->signature_path, arena));
	for (size_t i = 0; i < more_count; i++)
		add_ignored(&list, more[i]);
	*ret = list;
	return pal_arena_err(arena);
}

struct pal_manifest_options
oms_options_of(const struct pal_oms_model *m, const struct oms_ignored *ignored)
{
	return (struct pal_manifest_options){ .ignore = ignored->paths,
					      .ignore_count = ignored->count,
					      .threads = m->threads,
					      .progress = m->progress,
					      .cache = m->cache };
}

enum pal_err
oms_refuse_others(const struct pal_oms_model *m, const struct pal_manifest *found, enum pal_err code,
		  struct pal_diag *d)
{
	const struct pal_entry *e = found->others.count == 0 ? NULL : pal_list_at(&found->others, 0);

	if (e == NULL)
		return PAL_OK;
	return pal_fail(d, code, 0, "%s/%s is %s; a model is made of regular files (ignore it, or replace it)", m->path,
			e->path, e->kind == PAL_ENTRY_LINK ? "a symbolic link, and links are not allowed" : "no file");
}

enum pal_err
oms_name_single(const struct pal_oms_model *m, struct pal_manifest *found, const char *name, struct pal_arena *arena)
{
	char own[OMS_NAME_ROOM] = "";

	if (!found->is_file)
		return PAL_OK;
	oms_base_name(m->path, own);
	for (size_t i = 0; i < found->entries.count; i++) {
		struct pal_manifest_entry *e = pal_list_at(&found->entries, i);

		e->path = pal_arena_text(arena, pal_view_of(name == NULL ? own : name));
	}
	return pal_arena_err(arena);
}

bool
oms_is_default_ignore(const char *path)
{
	for (size_t i = 0; i < DEFAULT_COUNT; i++)
		if (strcmp(path, default_ignore[i]) == 0)
			return true;
	return false;
}
