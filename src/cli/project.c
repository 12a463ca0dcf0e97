/* project.c - the pipeline file of a session. */
#include "project.h"

#include <string.h>
#include <unistd.h>

/* All of them, in the order of the file; the closing line is d. */
static enum pal_err
show_faults(const struct pal_yaml_faults *faults, const char *file, struct pal_diag *d)
{
	PAL_AUTO_BUF    lines = pal_buf_of(0);
	struct pal_view rest = { 0 }, line = { 0 };

	pal_yaml_faults_write(faults, &lines);
	PAL_TRY(pal_buf_err(&lines));
	rest = pal_buf_view(&lines);
	while (pal_view_line(&rest, &line))
		cli_say(line, stderr);
	return pal_fail(d, PAL_ECONFIG, 0, "%s: %zu faults; nothing was done", file,
			faults->list.count + faults->dropped);
}

enum pal_err
project_load(struct session *s, const struct cli_args *a, const char *file, struct pal_pipeline **ret_pipeline,
	     struct pal_diag *d)
{
	struct pal_yaml_faults faults = { 0 };
	enum pal_err           err = PAL_OK;

	if (s->arena.limit == 0)
		pal_arena_init(&s->arena, (size_t)2 << 30);
	if (file == NULL) {
		PAL_TRY(session_find(s, a, d));
		file = pal_arena_printf(&s->arena, "%s/palisade.yaml", s->folder);
	}
	if (file == NULL)
		return pal_arena_err(&s->arena);
	err = pal_pipeline_load(file, &s->arena, ret_pipeline, &faults, d);
	if (err == PAL_OK)
		err = pal_pipeline_check_files(*ret_pipeline, false, &s->arena, &faults, d);
	if (err != PAL_OK && faults.list.count > 1) /* one alone is in d */
		return show_faults(&faults, file, d);
	PAL_TRY(err);
	if (s->folder == NULL)
		s->folder = (*ret_pipeline)->folder;
	return PAL_OK;
}

const struct pal_artifact_decl *
project_artifact(const struct pal_pipeline *p, const char *ref)
{
	struct pal_view rest = pal_view_of(ref), name = { 0 };

	(void)pal_view_split(&rest, '@', &name);
	for (size_t i = 0; i < p->artifact_count; i++)
		if (pal_view_is(name, p->artifacts[i].name) &&
		    (rest.len == 0 || (p->artifacts[i].version != NULL && pal_view_is(rest, p->artifacts[i].version))))
			return &p->artifacts[i];
	return NULL;
}
