/* tar_names.c - where names and links lead when the archive is unpacked; a path is followed by its text and by the
 * links that the archive itself makes. */
#include "path.h"
#include "palisade/buf.h"
#include "tar.h"

#define PATH_MOST  ((size_t)4096) /* Linux's PATH_MAX: nothing longer can be unpacked */
#define PARTS_MOST 256
#define ROOT_LEAST 3 /* folders of a system that make a root of one */

enum leads { LEADS_NOWHERE, LEADS_INSIDE, LEADS_OUTSIDE };

int
pal_tar_shown(struct pal_view name)
{
	return (int)(name.len < 120 ? name.len : 120);
}

/* Without "." and empty parts; ".." stays. */
static struct pal_view
tidy(struct pal_tar *t, struct pal_view path)
{
	uint8_t *to = pal_arena_array(&t->arena, path.len + 1, 1);
	size_t   n = 0;

	for (size_t i = 0; to != NULL && i < path.len;) {
		size_t end = pal_view_find_byte(path, '/', i);

		end = end == SIZE_MAX ? path.len : end;
		if (end > i && !(end == i + 1 && path.data[i] == '.')) {
			if (n > 0)
				to[n++] = '/';
			while (i < end)
				to[n++] = path.data[i++];
		}
		i = end + 1;
	}
	return (struct pal_view){ to, n };
}

static struct pal_view
folder_of(struct pal_view path)
{
	size_t n = path.len;

	while (n > 0 && path.data[n - 1] != '/')
		n--;
	return pal_view_sub(path, 0, n > 0 ? n - 1 : 0);
}

/* The first link on the way to path (path itself left out), of those that the archive has made so far. */
static enum leads
through(const struct pal_tar *t, struct pal_view path, struct pal_view *ret_link)
{
	size_t parts = 0;

	if (t->links.count == 0)
		return LEADS_NOWHERE;
	for (size_t i = 1; i < path.len && i < PATH_MOST && parts < PARTS_MOST; i++) {
		uintptr_t leads = 0;

		if (path.data[i] != '/')
			continue;
		parts++;
		*ret_link = pal_view_sub(path, 0, i);
		leads = (uintptr_t)pal_map_get(&t->links, *ret_link);
		if (leads != 0)
			return (enum leads)leads;
	}
	return LEADS_NOWHERE;
}

static void
remember_root(struct pal_tar *t, struct pal_view path)
{
	static const char *const folders[] = { "bin",  "boot", "dev", "etc",  "home", "lib", "lib64", "opt",
					       "proc", "root", "run", "sbin", "srv",  "sys", "usr",   "var" };
	size_t                   end = pal_view_find_byte(path, '/', 0);
	struct pal_view          first = pal_view_sub(path, 0, end == SIZE_MAX ? path.len : end);

	for (unsigned int i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (pal_view_is(first, folders[i]))
			t->system |= 1u << i;
}

/* OCI layer.md, "Whiteouts": a file .wh.NAME removes NAME of the layers below. */
static void
count_whiteout(struct pal_tar *t, struct pal_view path)
{
	size_t folder = folder_of(path).len;

	t->whiteouts += pal_view_starts(pal_view_sub(path, folder == 0 ? 0 : folder + 1, path.len), ".wh.");
}

static enum pal_err
say_link(struct pal_tar *t, const struct pal_rule *rule, const struct pal_tar_header *h, uint64_t at, const char *wrong)
{
	return pal_sink_anomaly(t->sink, rule, at, "%.*s is a link to %.*s, which %s", pal_tar_shown(h->name),
				h->name.data, pal_tar_shown(h->link), h->link.data, wrong);
}

static bool
climbs(struct pal_view target)
{
	const struct pal_view up = { (const uint8_t *)"..", 2 };

	return pal_view_find(target, up, 0) != SIZE_MAX;
}

/* A hard link to a symbolic one is that link under another name (link(2) follows none). NULL: it stays inside. */
static const char *
link_to_link(struct pal_tar *t, struct pal_view target, struct pal_view path)
{
	uintptr_t leads = (uintptr_t)pal_map_get(&t->links, target);
	void    **slot = leads == 0 ? NULL : pal_map_put(&t->links, path);

	if (slot != NULL)
		*slot = (void *)leads;
	return (enum leads)leads == LEADS_OUTSIDE ? "is a symbolic link that leaves the folder" : NULL;
}

/* A symbolic link starts from its own folder, a hard link from the top. One that goes through another link and then up
 * leads somewhere that its text does not tell. */
static enum pal_err
check_link(struct pal_tar *t, const struct pal_tar_header *h, struct pal_view path, uint64_t at)
{
	bool            hard = h->type == '1';
	struct pal_view from = hard ? (struct pal_view){ 0 } : folder_of(path), by = { 0 }, whole = { 0 };
	const char     *wrong = pal_path_leaves(from, pal_view_sub(h->link, 0, PATH_MOST));
	enum leads      leads = LEADS_INSIDE, way = LEADS_NOWHERE;
	void          **slot = NULL;

	if (wrong == NULL && t->links.count > 0) {
		whole = tidy(t, pal_view_of(pal_arena_printf(&t->arena, "%.*s/%.*s", (int)from.len, from.data,
							     pal_tar_shown(h->link), h->link.data)));
		way = through(t, whole, &by);
		if (way == LEADS_OUTSIDE || (way == LEADS_INSIDE && climbs(h->link)))
			wrong = "goes through another link";
		if (hard && wrong == NULL)
			wrong = link_to_link(t, whole, path);
	}
	if (wrong != NULL)
		leads = LEADS_OUTSIDE;
	if (!hard && (slot = pal_map_put(&t->links, path)) != NULL)
		*slot = (void *)(uintptr_t)leads;
	if (wrong == NULL)
		return PAL_OK;
	if (!hard && h->link.len > 0 && h->link.data[0] == '/') {
		struct pal_tar_link *later = pal_list_add(&t->absolute);

		if (later != NULL)
			*later = (struct pal_tar_link){ at, pal_arena_copy(&t->kept, pal_view_sub(h->name, 0, 120)),
							pal_arena_copy(&t->kept, pal_view_sub(h->link, 0, 120)) };
		return PAL_OK;
	}
	return say_link(t, &pal_anomaly_tar_link, h, at, wrong);
}

static enum pal_err
check_twice(struct pal_tar *t, const struct pal_tar_header *h, struct pal_view path, uint64_t at)
{
	void **slot = h->type == '5' || path.len == 0 ? NULL : pal_map_put(&t->names, path);

	if (slot == NULL)
		return PAL_OK;
	if (*slot != NULL)
		return pal_sink_anomaly(t->sink, &pal_anomaly_tar_duplicate_name, at, "%.*s stands there twice",
					pal_tar_shown(h->name), h->name.data);
	*slot = t;
	return PAL_OK;
}

/* pax writes a path only where the header has no room for it, or cannot spell it. */
static enum pal_err
check_short(struct pal_tar *t, const struct pal_tar_header *h, uint64_t at)
{
	struct pal_view a = tidy(t, h->short_name), b = tidy(t, h->name);

	for (size_t i = 0; i < h->name.len; i++)
		if (h->name.data[i] >= 0x80 || h->name.len > 100 || h->sparse)
			return PAL_OK;
	if (pal_view_eq(a, b))
		return PAL_OK;
	return pal_sink_anomaly(t->sink, &pal_anomaly_tar_name_mismatch, at,
				"%.*s in the header, %.*s in the one that extends it", pal_tar_shown(h->short_name),
				h->short_name.data, pal_tar_shown(h->name), h->name.data);
}

enum pal_err
pal_tar_names(struct pal_tar *t, const struct pal_tar_header *h, uint64_t at)
{
	const char     *wrong = pal_path_wrong(h->name);
	struct pal_view path = tidy(t, pal_view_sub(h->name, 0, PATH_MOST)), by = { 0 };

	if (wrong != NULL)
		PAL_TRY(pal_sink_anomaly(t->sink, &pal_anomaly_tar_path, at, "the name %.*s %s", pal_tar_shown(h->name),
					 h->name.data, wrong));
	if (h->two_names)
		PAL_TRY(pal_sink_anomaly(t->sink, &pal_anomaly_tar_name_mismatch, at,
					 "%.*s has a prefix that its kind of header does not have",
					 pal_tar_shown(h->name), h->name.data));
	PAL_TRY(check_short(t, h, at));
	remember_root(t, path);
	count_whiteout(t, path);
	if (through(t, path, &by) == LEADS_OUTSIDE)
		PAL_TRY(pal_sink_anomaly(t->sink, &pal_anomaly_tar_through_link, at,
					 "%.*s would be written through the link %.*s", pal_tar_shown(h->name),
					 h->name.data, pal_tar_shown(by), by.data));
	PAL_TRY(check_twice(t, h, path, at));
	if (h->type == '1' || h->type == '2')
		return check_link(t, h, path, at);
	if (h->type == '3' || h->type == '4' || h->type == '6')
		return pal_sink_anomaly(t->sink, &pal_anomaly_tar_device, at, "%.*s is a %s", pal_tar_shown(h->name),
					h->name.data, h->type == '6' ? "named pipe" : "device");
	return PAL_OK;
}

/* In the root of a system (a layer of a container image) an absolute link starts from that root. */
enum pal_err
pal_tar_roots(struct pal_tar *t)
{
	bool root = __builtin_popcount(t->system) >= ROOT_LEAST;

	if (t->whiteouts > 0)
		PAL_TRY(pal_sink_anomaly(t->sink, &pal_anomaly_tar_whiteout, 0,
					 "%llu files or folders of the layers below are removed",
					 (unsigned long long)t->whiteouts));
	for (size_t i = 0; i < t->absolute.count; i++) {
		const struct pal_tar_link *l = pal_list_at(&t->absolute, i);

		PAL_TRY(pal_sink_anomaly(t->sink, root ? &pal_anomaly_tar_root_link : &pal_anomaly_tar_link, l->at,
					 "%.*s is a link to %.*s, which is absolute", pal_tar_shown(l->name),
					 l->name.data, pal_tar_shown(l->target), l->target.data));
	}
	return PAL_OK;
}
