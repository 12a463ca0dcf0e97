/* fuzz_yaml.c - the whole way from bytes to a pipeline: a fault has a place and words, a pipeline is whole. */
#include <string.h>

#include "palisade/pipeline.h"

int         LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* libfyaml 0.7 loses a buffer on a scalar of nothing but escaped quotes; unit tests run without this. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:libfyaml.so";
}

static void
look_at(const struct pal_pipeline *p)
{
	PAL_AUTO_BUF b = pal_buf_of(0);

	PAL_ASSERT(p->name != NULL && p->file != NULL && p->folder != NULL);
	for (size_t i = 0; i < p->artifact_count; i++) {
		const struct pal_artifact_decl *a = &p->artifacts[i];

		PAL_ASSERT(pal_artifact_find(p, a->name) == i);
		PAL_ASSERT(a->made_by == PAL_NONE || a->made_by < p->step_count);
		PAL_ASSERT(a->of == PAL_NONE || a->of < p->artifact_count);
		PAL_ASSERT(a->path == NULL || (strcmp(a->path, "..") != 0 && strstr(a->path, "/../") == NULL &&
					       strncmp(a->path, "../", 3) != 0));
	}
	for (size_t i = 0; i < p->step_count; i++)
		PAL_ASSERT(p->order[i] < p->step_count);
	pal_policy_write(&p->policy, &b);
	PAL_ASSERT(pal_buf_err(&b) == PAL_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PAL_AUTO_ARENA         a;
	PAL_AUTO_BUF           said = pal_buf_of(0);
	struct pal_yaml_faults f = { 0 };
	struct pal_pipeline   *p = NULL;
	struct pal_diag        d = { 0 };

	pal_arena_init(&a, (size_t)64 << 20);
	if (pal_pipeline_parse("p.yaml", (struct pal_view){ data, size }, &a, &p, &f, &d) == PAL_OK) {
		look_at(p);
		return 0;
	}
	PAL_ASSERT(p == NULL && d.text[0] != '\0');
	pal_yaml_faults_write(&f, &said);
	return 0;
}
