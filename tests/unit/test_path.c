/* test_path.c - names and link targets that unpack to somewhere else, and those that do not. */
#include "check.h"
#include "formats/path.h"

static const struct {
	const char *name, *wrong;
} names[] = {
	{ "a/b.txt", NULL },
	{ "./a", NULL },
	{ "a..b/c..", NULL },
	{ "...", NULL },
	{ "a\\x2db.slice", NULL },
	{ "", "is empty" },
	{ "/etc/passwd", "is absolute" },
	{ "\\x", "is absolute" },
	{ "C:x", "names a drive" },
	{ "..", "steps out of the folder" },
	{ "a/../../b", "steps out of the folder" },
	{ "a\\..\\b", "steps out of the folder" },
	{ "a\nb", "holds a control character" },
	{ "a\x7f", "holds a control character" },
};

static const struct {
	const char *from, *target, *leaves;
} links[] = {
	{ "", "a", NULL },
	{ "a/b", "../c", NULL },
	{ "a/b", "../../c", NULL },
	{ "a/b", "../../../c", "leaves the folder" },
	{ "a", "./../..", "leaves the folder" },
	{ "", "x/../../y", "leaves the folder" },
	{ "", "..\\x", "leaves the folder" },
	{ "a", "/b", "is absolute" },
	{ "a", "c:\\b", "names a drive" },
	{ "a", "", "leads nowhere" },
};

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK_SAY(same(pal_path_wrong(pal_view_of(names[i].name)), names[i].wrong), names[i].name);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		CHECK_SAY(
		    same(pal_path_leaves(pal_view_of(links[i].from), pal_view_of(links[i].target)), links[i].leaves),
		    links[i].target);
	return check_done();
}
