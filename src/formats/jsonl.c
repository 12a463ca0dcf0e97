/* jsonl.c - JSON Lines and JSON documents as rows and texts; recovery after broken text is in give_raw_line(). */
#include "config_json.h"
#include "feed.h"
#include "give.h"
#include "json_pull.h"
#include "json_record.h"
#include "keras.h"
#include "palisade/format.h"
#include "zip.h"
#include "palisade/mem.h"

#define KEEP_MAX   ((size_t)8 << 20) /* a record longer than this is not kept whole: no row, its members become texts */
#define PATH_MAX_  512
#define KEYS_MAX   4096
#define BROKEN_MAX 16 /* in a document; after that the rest is read as plain text */

struct parse {
	struct pal_feed      feed;
	struct pal_json_pull pull;
	struct pal_json_row  row;
	struct pal_sink     *sink;
	unsigned int         record_depth; /* 1: the elements of the top-level array are the records */
	bool                 in_record, keeping;
	uint64_t             number; /* of the record, in a document's array */
	size_t               column; /* of the key that was read last, at the record's top */
	unsigned int         broken;
	bool                 configures;            /* a key that configures loaders stood here */
	bool                 has_class, has_config; /* keys by which Keras could load this */
	char                 path[PATH_MAX_];
	size_t               path_len[PAL_JSON_DEPTH + 1]; /* of the value at a depth, without its last key */
	uint64_t             keys[KEYS_MAX]; /* hashes of the keys of the open objects below the record's top */
	size_t               key_count, first_key[PAL_JSON_DEPTH + 1];
};

static struct pal_view
first_line(struct pal_view v)
{
	size_t end = pal_view_find_byte(v, '\n', 0);

	return pal_view_trim(pal_view_sub(v, 0, end == SIZE_MAX ? v.len : end));
}

/* Brackets balance and nothing follows: a whole value, as far as that can be told without parsing. */
static bool
is_closed(struct pal_view line)
{
	size_t depth = 0;
	bool   quoted = false;

	for (size_t i = 0; i < line.len; i++) {
		uint8_t c = line.data[i];

		if (quoted) {
			i += c == '\\';
			quoted = c != '"';
		} else if (c == '"') {
			quoted = true;
		} else if (c == '{' || c == '[') {
			depth++;
		} else if ((c == '}' || c == ']') && depth > 0 && --depth == 0) {
			return i + 1 == line.len;
		}
	}
	return false;
}

static bool
starts_like_json(struct pal_view v)
{
	struct pal_view rest = { 0 };
	uint8_t         open = 0;

	v = pal_view_trim(v);
	if (v.len < 2 || (v.data[0] != '{' && v.data[0] != '['))
		return false;
	open = v.data[0];
	rest = pal_view_trim(pal_view_sub(v, 1, v.len));
	if (rest.len == 0)
		return false;
	if (open == '{')
		return rest.data[0] == '"' || rest.data[0] == '}';
	return pal_is_digit(rest.data[0]) || pal_view_find_byte(pal_view_of("{[\"]-"), rest.data[0], 0) != SIZE_MAX ||
	       pal_view_starts(rest, "true") || pal_view_starts(rest, "false") || pal_view_starts(rest, "null") ||
	       pal_view_starts(rest, "NaN");
}

static unsigned int
jsonl_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	static const char *const endings[] = { ".json", ".jsonl", ".ndjson", ".geojson", NULL };
	size_t                   mark = 0;
	enum pal_encoding        e = pal_encoding_of(head, &mark);
	bool                     named = pal_name_ends(name, endings);

	(void)size;
	head = pal_view_sub(head, mark, head.len);
	if (e == PAL_ENCODING_UTF16LE || e == PAL_ENCODING_UTF16BE)
		return named ? 45 : 0;
	if (head.len == 0 || pal_view_find_byte(head, 0, 0) != SIZE_MAX)
		return 0;
	if (starts_like_json(head))
		return named ? 85 : 75;
	return named ? 40 : 0;
}

/* ---- where we are ---- */

static uint64_t
row_of(const struct parse *p)
{
	return p->pull.lines ? p->pull.line : p->number;
}

/* The path of the value at the present depth, as a C string. */
static const char *
path_of(struct parse *p)
{
	return p->path[0] == '\0' ? NULL : p->path;
}

static void
path_add(struct parse *p, size_t from, struct pal_view part, bool dot)
{
	size_t n = from;

	if (dot && n > 0 && n + 1 < PATH_MAX_)
		p->path[n++] = '.';
	for (size_t i = 0; i < part.len && n + 1 < PATH_MAX_; i++)
		p->path[n++] = (char)(part.data[i] < 0x20 || part.data[i] == 0x7f ? '?' : part.data[i]);
	p->path[n] = '\0';
}

/* Keys of one nested object; an object of very many keys is checked against its latest 256. */
static bool
key_is_new(struct parse *p, struct pal_view key)
{
	uint64_t h = pal_view_hash(PAL_HASH_START, key);
	size_t   first = p->first_key[p->pull.depth];

	if (p->key_count > first + 256)
		first = p->key_count - 256;
	for (size_t i = first; i < p->key_count; i++)
		if (p->keys[i] == h)
			return false;
	if (p->key_count < KEYS_MAX)
		p->keys[p->key_count++] = h;
	return true;
}

static struct pal_view
token_text(const struct parse *p)
{
	return pal_view_sub(pal_feed_view(&p->feed), p->pull.start, p->pull.len);
}

static struct pal_place
place_at(const struct parse *p, size_t ahead, size_t len)
{
	return (struct pal_place){ .offset = pal_feed_offset(&p->feed, ahead), .length = len, .row = row_of(p) };
}

/* ---- giving ---- */

static enum pal_err
give_text(struct parse *p, size_t at, size_t len, const char *field)
{
	struct pal_place place = place_at(p, at, len);

	place.field = field;
	return pal_give_text(p->sink, pal_view_sub(pal_feed_view(&p->feed), at, len), &place);
}

/* The record is too long to be kept: what was collected of its row is given as texts. */
static enum pal_err
stop_keeping(struct parse *p)
{
	p->keeping = false;
	for (size_t i = 0; i < p->row.count; i++) {
		const struct pal_json_cell *c = &p->row.cells[i];

		if (!pal_json_row_has(&p->row, i))
			continue;
		PAL_TRY(give_text(p, c->at, c->len, pal_arena_text(p->sink->arena, p->row.names[i])));
	}
	return PAL_OK;
}

/* All to the end of the line, as it is: nothing is skipped because it is broken. */
static enum pal_err
give_raw_line(struct parse *p, size_t from)
{
	for (;;) {
		struct pal_view v = pal_feed_view(&p->feed);
		size_t          end = pal_view_find_byte(v, '\n', p->pull.at < v.len ? p->pull.at : 0);
		size_t          stop = end == SIZE_MAX ? v.len : end;

		if (stop > from)
			PAL_TRY(give_text(p, from, stop - from, NULL));
		p->pull.at = stop;
		pal_json_pull_release(&p->pull); /* the line's end itself is counted by the next token */
		from = 0;
		if (end != SIZE_MAX || pal_feed_ended(&p->feed))
			return PAL_OK;
		PAL_TRY(pal_feed_more(&p->feed));
	}
}

static enum pal_err
take_broken(struct parse *p)
{
	const struct pal_rule *rule = p->pull.deep ? &pal_anomaly_json_depth : &pal_anomaly_json_broken;
	uint64_t               at = pal_feed_offset(&p->feed, p->pull.at);

	p->pull.deep = false;
	PAL_TRY(pal_sink_anomaly(p->sink, rule, at, "line %llu: %s", (unsigned long long)p->pull.line, p->pull.why));
	PAL_TRY(give_raw_line(p, p->pull.lines ? 0 : p->pull.at));
	p->in_record = false;
	p->key_count = 0;
	p->record_depth = 0;
	pal_json_pull_reset(&p->pull);
	if (p->pull.lines || ++p->broken < BROKEN_MAX)
		return PAL_OK;
	while (!pal_feed_ended(&p->feed) || pal_feed_view(&p->feed).len > 0) {
		p->pull.at = pal_text_cut(pal_feed_view(&p->feed));
		PAL_TRY(give_text(p, 0, p->pull.at, NULL));
		pal_json_pull_release(&p->pull);
		PAL_TRY(pal_feed_more(&p->feed));
	}
	return PAL_OK;
}

/* ---- tokens ---- */

static bool
at_record_top(const struct parse *p)
{
	return p->in_record && p->pull.depth == p->record_depth + 1 && !p->pull.in_array[p->record_depth];
}

static enum pal_err
duplicate_key(struct parse *p, struct pal_view key)
{
	return pal_sink_anomaly(p->sink, &pal_anomaly_json_duplicate_key, pal_feed_offset(&p->feed, p->pull.start),
				"line %llu: the key \"%.*s\" stands twice in one object",
				(unsigned long long)p->pull.line, (int)(key.len < 60 ? key.len : 60), key.data);
}

static bool
is_plain_name(struct pal_view key)
{
	for (size_t i = 0; i < key.len; i++)
		if (!pal_is_alnum(key.data[i]) &&
		    pal_view_find_byte(pal_view_of("_-.$: /"), key.data[i], 0) == SIZE_MAX)
			return false;
	return key.len <= 40;
}

static enum pal_err
take_key(struct parse *p)
{
	struct pal_view key = token_text(p);
	size_t          c = PAL_JSON_COLUMNS;

	p->has_class = p->has_class || pal_view_is(key, "class_name");
	p->has_config = p->has_config || pal_view_is(key, "config");
	path_add(p, p->path_len[p->pull.depth], key, true);
	p->configures = p->configures || pal_config_json_key(key);
	if (!is_plain_name(key))
		PAL_TRY(give_text(p, p->pull.start, p->pull.len, "(key)"));
	if (!at_record_top(p))
		return key_is_new(p, key) ? PAL_OK : duplicate_key(p, key);
	if (p->keeping)
		c = pal_json_row_column(&p->row, key);
	if (c < PAL_JSON_COLUMNS && pal_json_row_has(&p->row, c)) {
		PAL_TRY(duplicate_key(p, key));
		c = PAL_JSON_COLUMNS; /* the first one stays in the row, the second is given as text */
	}
	p->column = c;
	return PAL_OK;
}

/* Identifiers and card numbers are written as numbers too; measurements and vectors are not worth a look. */
static bool
is_long_integer(struct pal_view v)
{
	return v.len >= 7 && pal_view_find_byte(v, '.', 0) == SIZE_MAX && pal_view_find_byte(v, 'e', 0) == SIZE_MAX;
}

static enum pal_err
take_scalar(struct parse *p, enum pal_json_token kind)
{
	struct pal_view text = token_text(p);

	if (kind == PAL_JSON_ODD)
		PAL_TRY(pal_sink_anomaly(p->sink, &pal_anomaly_json_nonstandard,
					 pal_feed_offset(&p->feed, p->pull.start), "line %llu: %.*s",
					 (unsigned long long)p->pull.line, (int)text.len, text.data));
	if (at_record_top(p) && p->keeping && p->column < PAL_JSON_COLUMNS) {
		bool null = kind == PAL_JSON_WORD && text.data[0] == 'n';

		pal_json_row_set(&p->row, p->column, p->pull.start, null ? 0 : text.len);
		return PAL_OK;
	}
	if (kind == PAL_JSON_STRING || (kind == PAL_JSON_NUMBER && is_long_integer(text)))
		return give_text(p, p->pull.start, p->pull.len, path_of(p));
	return PAL_OK;
}

static void
take_open(struct parse *p, bool array)
{
	unsigned int d = p->pull.depth; /* of what is inside */

	if (!p->in_record && d == p->record_depth + 1 && !array) {
		p->in_record = p->keeping = true;
		pal_json_row_start(&p->row);
		p->path[0] = '\0';
		p->path_len[d] = 0;
	} else {
		size_t n = pal_view_of(p->path).len;

		if (array && !(d == 1 && p->record_depth == 1)) {
			path_add(p, n, pal_view_of("[]"), false);
			n = pal_view_of(p->path).len;
		}
		p->path_len[d] = n;
	}
	p->first_key[d] = p->key_count;
}

/* An object or array of depth d + 1 has ended. */
static enum pal_err
take_close(struct parse *p)
{
	unsigned int     d = p->pull.depth;
	struct pal_place place = place_at(p, 0, p->pull.at);
	bool             array_element = d > 0 && p->pull.in_array[d - 1];

	p->key_count = p->first_key[d + 1];
	p->path[array_element || d == 0 ? p->path_len[d] : pal_view_of(p->path).len] = '\0';
	if (!p->in_record || d != p->record_depth)
		return PAL_OK;
	p->in_record = false;
	if (p->sink->limits->items > 0)
		p->sink->limits->items--;
	p->path[0] = '\0';
	if (p->keeping)
		return pal_json_row_give(&p->row, pal_feed_view(&p->feed), &place);
	return PAL_OK;
}

static enum pal_err
take_token(struct parse *p, enum pal_json_token t)
{
	switch (t) {
	case PAL_JSON_OBJECT:
	case PAL_JSON_ARRAY:
		take_open(p, t == PAL_JSON_ARRAY);
		return PAL_OK;
	case PAL_JSON_OBJECT_END:
	case PAL_JSON_ARRAY_END:
		return take_close(p);
	case PAL_JSON_KEY:
		return take_key(p);
	case PAL_JSON_STRING:
	case PAL_JSON_NUMBER:
	case PAL_JSON_WORD:
	case PAL_JSON_ODD:
		return take_scalar(p, t);
	case PAL_JSON_BROKEN:
		return take_broken(p);
	case PAL_JSON_END:
		break;
	}
	return PAL_OK;
}

/* Reads on when a token does not fit: first without the row, then as plain text. */
static enum pal_err
make_room(struct parse *p)
{
	if (p->in_record && p->keeping) {
		PAL_TRY(stop_keeping(p));
		pal_json_pull_release(&p->pull);
		return PAL_OK;
	}
	if (p->pull.at > 0) {
		pal_json_pull_release(&p->pull);
		return PAL_OK;
	}
	p->pull.why = "longer than what is read at once";
	PAL_TRY(pal_sink_anomaly(p->sink, &pal_anomaly_format_limit, p->feed.offset,
				 "line %llu: a string of more than %zu bytes, read as plain text",
				 (unsigned long long)p->pull.line, p->feed.most));
	return take_broken(p);
}

static enum pal_err
read_all(struct parse *p)
{
	enum pal_json_token t = PAL_JSON_BROKEN;

	while (t != PAL_JSON_END) {
		enum pal_err err = PAL_OK;

		if (!p->in_record || !p->keeping)
			pal_json_pull_release(&p->pull);
		else if (p->pull.at > KEEP_MAX)
			PAL_TRY(stop_keeping(p));
		err = pal_json_pull(&p->pull, &t);
		if (err == PAL_ELIMIT) {
			PAL_TRY(make_room(p));
			continue;
		}
		PAL_TRY(err);
		if (t == PAL_JSON_OBJECT && !p->in_record && p->pull.depth == p->record_depth + 1) {
			p->number += p->record_depth;
			p->pull.at--; /* the record's first byte is the feed's front */
			pal_json_pull_release(&p->pull);
			p->pull.at++;
		}
		PAL_TRY(take_token(p, t));
		if (p->sink->limits->items == 0)
			return pal_sink_anomaly(p->sink, &pal_anomaly_format_limit, p->feed.offset,
						"the budget of records is used up at line %llu",
						(unsigned long long)p->pull.line);
	}
	return PAL_OK;
}

/* Lines or a document, and where its records are. */
static enum pal_err
choose(struct parse *p, bool *ret_lines)
{
	struct pal_view v = { 0 }, line = { 0 };

	do {
		PAL_TRY(pal_feed_more(&p->feed));
		v = pal_view_trim(pal_feed_view(&p->feed));
		line = first_line(v);
	} while (!pal_feed_ended(&p->feed) && line.len == v.len && v.len < KEEP_MAX);
	*ret_lines = is_closed(line) && (line.len < v.len || line.data[0] == '{');
	p->record_depth = !*ret_lines && v.len > 0 && v.data[0] == '[';
	return PAL_OK;
}

static void
parse_done(struct parse **p)
{
	if (*p != NULL)
		pal_feed_close(&(*p)->feed);
	pal_mem_free(*p);
}

static enum pal_err
jsonl_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	__attribute__((cleanup(parse_done))) struct parse *p = pal_mem_new(1, sizeof(*p));
	size_t most = sink->limits->text < 2 * KEEP_MAX ? 2 * KEEP_MAX : sink->limits->text;
	bool   lines = false;

	if (p == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "jsonl: no memory for the parser");
	p->sink = sink;
	PAL_TRY(pal_feed_open(&p->feed, in, most));
	PAL_TRY(pal_json_row_init(&p->row, sink));
	PAL_TRY(choose(p, &lines));
	pal_json_pull_init(&p->pull, &p->feed, lines);
	PAL_TRY(read_all(p));
	if (p->configures && (!lines || p->pull.line <= 2)) /* one document, not a file of records */
		PAL_TRY(pal_config_json(in, sink, d));
	if (p->has_class && p->has_config && (!lines || p->pull.line <= 2)) /* one document, not many records */
		PAL_TRY(pal_keras_also(in, sink));
	if (p->feed.bad)
		PAL_TRY(pal_sink_anomaly(sink, &pal_anomaly_text_encoding, p->feed.bad_at, "not UTF-8: read as %s",
					 p->feed.encoding == PAL_ENCODING_UTF8 ? "it is"
									       : pal_encoding_name(p->feed.encoding)));
	return pal_zip_at_end(in) ? pal_zip_also(in, sink, d) : PAL_OK;
}

const struct pal_format pal_format_jsonl = {
	.name = "jsonl",
	.summary = "JSON Lines and JSON documents",
	.covers =
	    "Every value. The plain members of an object on a line (or of an object in a document's top-level array) "
	    "are "
	    "a row; a new key adds a column at the end, and the columns are given again. All other strings, and whole "
	    "numbers of 7 digits and more, are text with their path (messages[].content) and line. A broken line is "
	    "reported, its raw text examined, and the next one read; so are keys that stand twice, more than 256 "
	    "levels, "
	    "NaN. A record above 8 MiB gives texts instead of a row. A document with keys that configure loaders is "
	    "also read as "
	    "model_config.",
	.probe = jsonl_probe,
	.parse = jsonl_parse,
};
