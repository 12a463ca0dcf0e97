/* path.c - names that unpack to somewhere else; both separators are honoured, whatever system wrote the archive. */
#include "path.h"

static bool
is_separator(uint8_t c)
{
	return c == '/' || c == '\\';
}

static bool
names_drive(struct pal_view v)
{
	return v.len > 1 && pal_is_alpha(v.data[0]) && v.data[1] == ':';
}

/* The next part of a path, without its separators; false at the end. */
static bool
next_part(struct pal_view *rest, struct pal_view *ret_part)
{
	size_t n = 0;

	while (rest->len > 0 && is_separator(rest->data[0]))
		*rest = pal_view_sub(*rest, 1, rest->len);
	while (n < rest->len && !is_separator(rest->data[n]))
		n++;
	*ret_part = pal_view_sub(*rest, 0, n);
	*rest = pal_view_sub(*rest, n, rest->len);
	return n > 0;
}

const char *
pal_path_wrong(struct pal_view name)
{
	struct pal_view rest = name, part = { 0 };

	if (name.len == 0)
		return "is empty";
	if (is_separator(name.data[0]))
		return "is absolute";
	if (names_drive(name))
		return "names a drive";
	while (next_part(&rest, &part))
		if (pal_view_is(part, ".."))
			return "steps out of the folder";
	for (size_t i = 0; i < name.len; i++)
		if (name.data[i] < 0x20 || name.data[i] == 0x7f)
			return "holds a control character";
	return NULL;
}

/* How deep a path ends, from `depth` on; negative as soon as it is above the folder. */
static int64_t
depth_after(struct pal_view path, int64_t depth)
{
	struct pal_view part = { 0 };

	while (depth >= 0 && next_part(&path, &part)) {
		if (pal_view_is(part, ".."))
			depth--;
		else if (!pal_view_is(part, "."))
			depth++;
	}
	return depth;
}

const char *
pal_path_leaves(struct pal_view from, struct pal_view target)
{
	if (target.len == 0)
		return "leads nowhere";
	if (is_separator(target.data[0]))
		return "is absolute";
	if (names_drive(target))
		return "names a drive";
	return depth_after(target, depth_after(from, 0)) < 0 ? "leaves the folder" : NULL;
}
