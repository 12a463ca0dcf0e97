/* config_give.c - names of classes and files, handed over with the loader that would use them. */
#include "config_give.h"

#include "palisade/anomaly.h"

#define NAME_MOST 1024

static struct pal_content
piece_of(enum pal_content_kind kind, const char *loader, struct pal_view all, uint64_t offset)
{
	return (struct pal_content){ .kind = kind, .loader = loader, .place = { .offset = offset, .length = all.len } };
}

static size_t
last_dot(struct pal_view v)
{
	size_t at = v.len;

	while (at > 0 && v.data[at - 1] != '.')
		at--;
	return at;
}

enum pal_err
pal_config_import(struct pal_sink *s, enum pal_content_kind kind, const char *loader, struct pal_view dotted,
		  uint64_t offset)
{
	struct pal_content c = piece_of(kind, loader, dotted, offset);
	size_t             dot = last_dot(dotted);

	c.module = dot == 0 ? (struct pal_view){ 0 } : pal_view_sub(dotted, 0, dot - 1);
	c.name = pal_view_sub(dotted, dot, dotted.len);
	return pal_sink_take(s, &c);
}

/* Projects name their own classes all over their configurations; a function that is named is called and nothing else.
 */
enum pal_err
pal_config_construct(struct pal_sink *s, const char *loader, struct pal_view dotted, uint64_t offset)
{
	struct pal_view name = pal_view_sub(dotted, last_dot(dotted), dotted.len);
	bool class = name.len > 0 && name.data[0] >= 'A' && name.data[0] <= 'Z';

	return pal_config_import(s, class ? PAL_CONTENT_IMPORT : PAL_CONTENT_CALL, loader, dotted, offset);
}

enum pal_err
pal_config_import_of(struct pal_sink *s, const char *loader, struct pal_view module, struct pal_view name,
		     uint64_t offset)
{
	struct pal_content c = piece_of(PAL_CONTENT_IMPORT, loader, name, offset);

	c.module = module;
	c.name = name;
	return pal_sink_take(s, &c);
}

enum pal_err
pal_config_reference(struct pal_sink *s, const char *loader, const char *what, struct pal_view path, uint64_t offset)
{
	struct pal_content c = piece_of(PAL_CONTENT_REFERENCE, loader, path, offset);

	c.name = pal_view_of(what);
	c.text = path;
	return path.len == 0 ? PAL_OK : pal_sink_take(s, &c);
}

enum pal_err
pal_config_auto_class(struct pal_sink *s, struct pal_view text, uint64_t offset)
{
	size_t          dashes = pal_view_find(text, pal_view_of("--"), 0);
	struct pal_view local = dashes == SIZE_MAX ? text : pal_view_sub(text, dashes + 2, text.len);
	struct pal_view repo = pal_view_sub(text, 0, dashes == SIZE_MAX ? 0 : dashes);

	if (text.len == 0 || text.len > NAME_MOST)
		return PAL_OK;
	if (dashes != SIZE_MAX)
		PAL_TRY(
		    pal_sink_anomaly(s, &pal_anomaly_config_remote_code, offset,
				     "loading with trust_remote_code runs %.*s from the repository %.*s, as it is then",
				     (int)(local.len < 100 ? local.len : 100), (const char *)local.data,
				     (int)(repo.len < 100 ? repo.len : 100), (const char *)repo.data));
	else
		PAL_TRY(pal_sink_anomaly(s, &pal_anomaly_config_local_code, offset,
					 "loading with trust_remote_code runs %.*s from this folder",
					 (int)(local.len < 100 ? local.len : 100), (const char *)local.data));
	if (pal_view_find_byte(local, '/', 0) != SIZE_MAX || pal_view_find_byte(local, '\\', 0) != SIZE_MAX ||
	    pal_view_find(local, pal_view_of(".."), 0) != SIZE_MAX)
		return pal_config_reference(s, "huggingface", "auto_map", local, offset);
	return PAL_OK;
}

bool
pal_config_is_name(struct pal_view v)
{
	if (v.len == 0 || v.len > NAME_MOST || pal_is_digit(v.data[0]) || v.data[0] == '.' || v.data[v.len - 1] == '.')
		return false;
	for (size_t i = 0; i < v.len; i++)
		if (!pal_is_alnum(v.data[i]) && v.data[i] != '_' && v.data[i] != '.' && v.data[i] < 0x80)
			return false;
	return true;
}

bool
pal_config_is_dotted(struct pal_view v)
{
	return pal_config_is_name(v) && pal_view_find_byte(v, '.', 0) != SIZE_MAX;
}
