/* yaml_config.c - YAML beside a model: the tags, line by line, and the keys by which loaders run code; what is one is
 * in marks_of(). */
#include "config_give.h"
#include "feed.h"
#include "give.h"
#include "palisade/format.h"
#include "yaml_walk.h"

extern const struct pal_format pal_format_text;

#define LINE_MOST   ((size_t)64 << 10) /* of a line; what is behind it is read as a line of its own */
#define TEXT_MOST   ((size_t)4 << 20)  /* that is read for its keys */
#define MEMORY_MOST ((size_t)16 << 20)

static struct pal_view
tail_of(struct pal_view v, size_t from)
{
	return pal_view_sub(v, from, v.len);
}

static bool
is_key_char(uint8_t c)
{
	return pal_is_alnum(c) || c == '_' || c == '-' || c == '.' || c == '/' || c == '"' || c == '\'' || c == ' ';
}

/* "key: value", "- key: value", "key:": what a line of YAML mostly looks like. */
static bool
is_pair(struct pal_view line)
{
	size_t n = 0;

	line = pal_view_trim(line);
	if (pal_view_starts(line, "- "))
		line = pal_view_trim(tail_of(line, 2));
	while (n < line.len && n < 80 && is_key_char(line.data[n]))
		n++;
	return n > 0 && n < line.len && line.data[n] == ':' && (n + 1 == line.len || pal_is_space(line.data[n + 1]));
}

/* How many lines of the head are pairs, and how many are nothing that YAML has at the start of a line. */
static void
marks_of(struct pal_view head, unsigned int *ret_pairs, unsigned int *ret_others)
{
	struct pal_view line = { 0 };

	while (pal_view_line(&head, &line)) {
		struct pal_view bare = pal_view_trim(line);

		if (is_pair(line))
			++*ret_pairs;
		else if (bare.len > 0 && bare.data[0] != '#' && bare.data[0] != '-' && bare.data[0] != '%' &&
			 bare.data[0] != '!' && !pal_is_space(line.data[0]))
			++*ret_others;
	}
}

static unsigned int
yaml_config_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	static const char *const endings[] = { ".yaml", ".yml", "MLmodel", NULL };
	bool                     named = pal_name_ends(name, endings);
	unsigned int             pairs = 0, others = 0, mark = pal_format_text.probe(head, size, name);

	if (mark < 15)
		return 0;
	marks_of(head, &pairs, &others);
	if (named)
		return pairs > 0 || pal_view_find(head, pal_view_of("!!python/"), 0) != SIZE_MAX ? 70 : 0;
	if (pal_view_find(head, pal_view_of("!!python/object"), 0) != SIZE_MAX && pairs >= others)
		return 40;
	return pairs >= 2 && others == 0 && mark < 60 ? 24 : 0;
}

/* ---- tags ---- */

static bool
ends_tag(uint8_t c)
{
	return pal_is_space(c) || c == ',' || c == '[' || c == ']' || c == '{' || c == '}' || c == '"' || c == '\'';
}

/* python/object/apply:os.system, behind its !! or its whole name: what an unsafe loader would build or call. */
static enum pal_err
take_tag(struct pal_sink *s, struct pal_view tag, uint64_t at)
{
	static const struct {
		const char *prefix;
		bool        calls, says;
	} tags[] = { { "object/apply:", true, true },
		     { "object/new:", true, true },
		     { "object:", true, false },
		     { "name:", false, false },
		     { "module:", false, false } };
	size_t n = 0;

	while (n < tag.len && !ends_tag(tag.data[n]))
		n++;
	tag = pal_view_sub(tag, 0, n);
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		struct pal_view name = tail_of(tag, pal_view_of(tags[i].prefix).len);

		if (!pal_view_starts(tag, tags[i].prefix))
			continue;
		if (tags[i].says)
			PAL_TRY(pal_sink_anomaly(s, &pal_anomaly_yaml_python, at,
						 "the tag python/%.*s has yaml.unsafe_load run or look up code",
						 (int)(tag.len < 100 ? tag.len : 100), (const char *)tag.data));
		return pal_config_import(s, tags[i].calls ? PAL_CONTENT_CALL : PAL_CONTENT_IMPORT, "pyyaml", name, at);
	}
	return PAL_OK; /* python/tuple and other plain values */
}

static enum pal_err
take_tags(struct pal_sink *s, struct pal_view line, uint64_t at)
{
	static const char *const starts[] = { "!!python/", "tag:yaml.org,2002:python/", NULL };

	if (pal_view_starts(line, "%TAG") && pal_view_find(line, pal_view_of("python"), 0) != SIZE_MAX)
		PAL_TRY(pal_sink_anomaly(s, &pal_anomaly_yaml_python, at,
					 "a %%TAG directive gives Python's tags another name"));
	for (const char *const *t = starts; *t != NULL; t++)
		for (size_t i = 0; (i = pal_view_find(line, pal_view_of(*t), i)) != SIZE_MAX;) {
			i += pal_view_of(*t).len;
			PAL_TRY(take_tag(s, tail_of(line, i), at + i));
		}
	return PAL_OK;
}

/* ---- keys ---- */

/* Keys whose value is a class or a module that a loader imports, and those that name a file. */
static const struct {
	const char           *key, *loader;
	enum pal_content_kind kind;
} keys[] = {
	{ "_target_", "hydra", PAL_CONTENT_CALL },
	{ "class_path", "jsonargparse", PAL_CONTENT_CALL },
	{ "loader_module", "mlflow", PAL_CONTENT_IMPORT },
	{ "pickled_model", "mlflow", PAL_CONTENT_REFERENCE },
	{ "python_model", "mlflow", PAL_CONTENT_REFERENCE },
	{ "model_path", "mlflow", PAL_CONTENT_REFERENCE },
	{ "model_code_path", "mlflow", PAL_CONTENT_REFERENCE },
};

/* A loader_module is imported for its _load_pyfunc (mlflow.pyfunc.load_model), also one without a dot. */
static enum pal_err
take_class(struct pal_sink *s, size_t i, struct pal_view value, uint64_t offset)
{
	if (!pal_config_is_dotted(value))
		return keys[i].kind == PAL_CONTENT_IMPORT && pal_config_is_name(value)
			   ? pal_config_import_of(s, keys[i].loader, value, pal_view_of("_load_pyfunc"), offset)
			   : PAL_OK;
	return keys[i].kind == PAL_CONTENT_CALL ? pal_config_construct(s, keys[i].loader, value, offset)
						: pal_config_import(s, keys[i].kind, keys[i].loader, value, offset);
}

static bool
is_template(struct pal_view key, struct pal_view value)
{
	return pal_view_find(key, pal_view_of("template"), 0) != SIZE_MAX &&
	       (pal_view_find(value, pal_view_of("{%"), 0) != SIZE_MAX ||
		pal_view_find(value, pal_view_of("{{"), 0) != SIZE_MAX);
}

static enum pal_err
take_pair(void *arg, struct pal_view key, struct pal_view value, uint64_t offset)
{
	struct pal_sink *s = arg;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!pal_view_is(key, keys[i].key))
			continue;
		return keys[i].kind == PAL_CONTENT_REFERENCE
			   ? pal_config_reference(s, keys[i].loader, keys[i].key, value, offset)
			   : take_class(s, i, value, offset);
	}
	if (pal_view_is(key, "trust_remote_code") && pal_view_is_nocase(value, "true"))
		return pal_sink_anomaly(s, &pal_anomaly_config_trust, offset,
					"trust_remote_code is true in the configuration");
	return is_template(key, value) ? pal_give_meta(s, key, value, offset) : PAL_OK;
}

/* A tag with escapes; one without is found on its line. */
static enum pal_err
take_escaped(void *arg, struct pal_view tag, uint64_t at)
{
	size_t i = pal_view_find(tag, pal_view_of("python/"), 0);

	return i == SIZE_MAX ? PAL_OK : take_tag(arg, tail_of(tag, i + 7), at);
}

/* As far as it is read at once; nobody's configuration is longer. */
static enum pal_err
take_pairs(struct pal_input *in, struct pal_sink *s)
{
	const struct pal_yaml_walker w = { .arg = s, .pair = take_pair, .tag = take_escaped };
	PAL_AUTO_FEED                f = { 0 };
	PAL_AUTO_ARENA               a;
	enum pal_err                 err = PAL_OK;

	pal_arena_init(&a, MEMORY_MOST);
	PAL_TRY(pal_feed_open(&f, in, TEXT_MOST));
	while (err == PAL_OK && !pal_feed_ended(&f))
		err = pal_feed_more(&f);
	if (err != PAL_OK && err != PAL_ELIMIT)
		return err;
	PAL_TRY(pal_yaml_walk(pal_feed_view(&f), &a, &w));
	if (pal_arena_err(&a) == PAL_OK && err == PAL_OK)
		return PAL_OK;
	return pal_sink_anomaly(s, &pal_anomaly_format_limit, 0,
				"only the first %zu bytes were read for their keys; all of it was searched as text",
				TEXT_MOST);
}

/* ---- lines ---- */

static enum pal_err
take_line(struct pal_sink *s, struct pal_view line, uint64_t at)
{
	struct pal_view bare = pal_view_trim(line);

	if (bare.len == 0 || bare.data[0] == '#')
		return PAL_OK;
	return take_tags(s, line, at);
}

static enum pal_err
take_lines(struct pal_input *in, struct pal_sink *s)
{
	PAL_AUTO_FEED f = { 0 };

	PAL_TRY(pal_feed_open(&f, in, 4 * LINE_MOST));
	for (;;) {
		struct pal_view v = pal_feed_view(&f);
		size_t          end = pal_view_find_byte(pal_view_sub(v, 0, LINE_MOST), '\n', 0);

		if (end == SIZE_MAX && v.len < LINE_MOST && !pal_feed_ended(&f)) {
			PAL_TRY(pal_feed_more(&f));
			continue;
		}
		if (v.len == 0)
			return PAL_OK;
		end = end != SIZE_MAX ? end + 1 : v.len < LINE_MOST ? v.len : LINE_MOST;
		PAL_TRY(take_line(s, pal_view_sub(v, 0, end), f.offset));
		pal_feed_skip(&f, end);
	}
}

static enum pal_err
yaml_config_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	PAL_TRY(take_lines(in, sink));
	PAL_TRY(take_pairs(in, sink));
	return pal_format_text.parse(in, sink, d);
}

const struct pal_format pal_format_yaml_config = {
	.name = "yaml_config",
	.summary = "YAML: MLflow's MLmodel, NeMo's and Hydra's configurations",
	.covers =
	    "All of it as text; line by line the tags of Python's objects (!!python/object/apply and its like, by "
	    "either name, with escapes, and %TAG directives that rename them); of the first 4 MiB the keys _target_, "
	    "class_path, loader_module, trust_remote_code, those of MLflow's files and chat templates, however they "
	    "are "
	    "written: quoted, with escapes, by an alias, behind a question mark, on the next line, in blocks.",
	.probe = yaml_config_probe,
	.parse = yaml_config_parse,
};
