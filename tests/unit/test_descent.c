/* test_descent.c - REL-03: a model against the base that it declares, measured once and believed only for these bytes.
 */
#include "comparing.h"
#include "workspace_fixture.h"

#define FOUND "models:\n  - {name: found, version: 1.0.0, path: models/risk"

static struct toy base, model;

static void
write_toy(const char *name, const struct toy *t)
{
	PAL_AUTO_BUF b = pal_buf_of(0);

	toy_write(t, "", &b);
	CHECK(pal_file_write(scratch_path(name), pal_buf_view(&b), 0600, NULL) == PAL_OK);
}

static void
judge(const char *models, const char *policy)
{
	PAL_AUTO_BUF b = pal_buf_of(0);

	pal_buf_printf(&b, FIX_HEAD FOUND "%s}\n%s", models, policy);
	fix_load(pal_buf_text(&b));
	fix_judge();
}

static size_t
records(void)
{
	PAL_AUTO_ARENA  a;
	struct pal_list found;

	pal_arena_init(&a, (size_t)16 << 20);
	found = pal_list_of(&a, sizeof(struct pal_evidence));
	CHECK(pal_evidence_find(fix_ws, fix_digest("found"), PAL_TYPE_DESCENT, &found, NULL) == PAL_OK);
	return found.count;
}

static void
without_base(void)
{
	judge("", "");
	fix_expect("REL-03", "found", PAL_PASS, "it declares no base");
	judge(", base: [{name: start}]", "");
	fix_expect("REL-03", "found", PAL_NOT_CHECKED, "base start has no `path:`");
	judge(", base: [{name: start}]", "policy: {controls: {REL-03: {unknown: accept}}}\n");
	fix_expect("REL-03", "found", PAL_PASS, "not compared: base start has no `path:`");
	judge(", base: [{name: start, path: data/none.safetensors}]", "");
	fix_expect("REL-03", "found", PAL_NOT_CHECKED, "cannot be read at data/none.safetensors");
	judge(", base: [{name: start, path: split.sh}]", "");
	fix_expect("REL-03", "found", PAL_NOT_CHECKED, "has no tensor that a reader knows");
}

#define BASE ", base: [{name: start, path: start.safetensors}]"

static void
with_base(void)
{
	judge(BASE, "");
	fix_expect("REL-03", "found", PAL_PASS,
		   "compared with its base start: 0 of 3 tensors changed: the same numbers");
	CHECK(records() == 1);
	judge(BASE, "");
	CHECK(records() == 1); /* on record: not measured again */
	judge(", base: [{name: start, path: start.safetensors, digest: "
	      "\"sha256:00000000000000000000000000000000000000000000000000000000000000aa\"}]",
	      "");
	fix_expect("REL-03", "found", PAL_FAIL, "declared is sha256:000000000000");
}

/* The record is of the base's bytes, too. */
static void
with_other_base(void)
{
	base.up[3] += 0.25f;
	write_toy("start.safetensors", &base);
	judge(BASE, "");
	CHECK(records() == 2);
	fix_expect("REL-03", "found", PAL_PASS, "1 of 3 tensors changed");
	judge(BASE, "policy: {controls: {REL-03: {fail_on: medium}}}\n");
	fix_expect("REL-03", "found", PAL_FAIL, "BASE-ROWS");
	CHECK(records() == 2);
	judge(BASE, "policy: {profile: strict}\n");
	fix_expect("REL-03", "found", PAL_FAIL, "BASE-ROWS");
}

static void
with_hidden_data(void)
{
	uint32_t *bits = (uint32_t *)(void *)model.down;

	for (size_t i = 0; i < 500; i++)
		bits[i] = (bits[i] & ~3u) | (uint32_t)((toy_dice() + 0.5) * 4);
	write_toy("models/risk/model.safetensors", &model);
	judge(BASE, "");
	fix_expect("REL-03", "found", PAL_FAIL, "BASE-LOW-BITS");
}

int
main(int argc, char **argv)
{
	(void)argc;
	FIX_WORKER(argv)
	fix_init(FIX_HEAD FOUND "}\n");
	toy_make(&base, 42);
	model = base;
	write_toy("models/risk/model.safetensors", &model);
	write_toy("start.safetensors", &base);
	without_base();
	with_base();
	with_other_base();
	with_hidden_data();
	return fix_done();
}
