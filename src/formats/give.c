/* give.c - handing over content; the budget of members is counted in pal_give_member_input() alone. */
#include "give.h"

#include "palisade/format.h"

#define PAL_FORMAT(name) extern const struct pal_format pal_format_##name;
#include "formats.def"
#undef PAL_FORMAT

static size_t
last_of(struct pal_view v, uint8_t byte)
{
	for (size_t i = v.len; i > 0; i--)
		if (v.data[i - 1] == byte)
			return i;
	return 0;
}

size_t
pal_text_cut(struct pal_view v)
{
	size_t n = 0;

	if (v.len <= PAL_TEXT_PIECE)
		return v.len;
	v.len = PAL_TEXT_PIECE;
	n = last_of(v, '\n');
	if (n == 0)
		n = last_of(v, ' ');
	if (n > 0)
		return n;
	for (n = v.len; n > v.len - 4; n--)
		if ((v.data[n] & 0xc0) != 0x80) /* more than v.len bytes are there */
			return n;
	return v.len;
}

enum pal_err
pal_give_text(struct pal_sink *s, struct pal_view text, const struct pal_place *place)
{
	struct pal_content c = { .kind = PAL_CONTENT_TEXT, .place = *place };

	while (text.len > 0) {
		size_t n = pal_text_cut(text);

		c.text = pal_view_sub(text, 0, n);
		c.place.length = n;
		PAL_TRY(pal_sink_take(s, &c));
		c.place.offset += n;
		text = pal_view_sub(text, n, text.len);
	}
	return PAL_OK;
}

static bool
begins_with(struct pal_view text, const char *const *starts)
{
	for (; *starts != NULL; starts++)
		if (pal_view_starts(text, *starts))
			return true;
	return false;
}

/* exec(code, run_globals): a line out of a program, as tracebacks quote it; alone it has nothing to run. */
static bool
is_quoted_line(struct pal_view v)
{
	static const char *const calls[] = { "exec(", "eval(", "getattr(", NULL };

	return begins_with(v, calls) && pal_view_find_byte(v, '\n', 0) == SIZE_MAX &&
	       pal_view_find_byte(v, '"', 0) == SIZE_MAX && pal_view_find_byte(v, '\'', 0) == SIZE_MAX;
}

enum pal_err
pal_give_program(struct pal_sink *s, struct pal_view text, uint64_t offset, const char *loader)
{
	static const char *const python[] = { "import ", "from ",  "exec(",    "eval(", "__import__(",
					      "def ",    "class ", "getattr(", NULL };
	static const char *const shell[] = { "curl ", "wget ",      "bash ", "sh -", "/bin/",
					     "nc ",   "powershell", "#!/",   NULL };
	struct pal_view          v = pal_view_trim(text);
	struct pal_content       c = { .kind = PAL_CONTENT_SOURCE,
				       .place = { .offset = offset, .length = text.len },
				       .text = v,
				       .loader = loader };

	if (v.len < 12 || v.len > PAL_TEXT_PIECE)
		return PAL_OK;
	if (begins_with(v, python) && pal_view_find_byte(v, '(', 0) != SIZE_MAX && !is_quoted_line(v))
		c.name = pal_view_of("python");
	else if (begins_with(v, shell))
		c.name = pal_view_of("shell");
	return c.name.len == 0 ? PAL_OK : pal_sink_take(s, &c);
}

enum pal_err
pal_give_meta(struct pal_sink *s, struct pal_view name, struct pal_view text, uint64_t offset)
{
	struct pal_content c = {
		.kind = PAL_CONTENT_META,
		.place = { .offset = offset, .length = text.len },
		.name = name,
		.text = text,
	};

	PAL_TRY(pal_sink_take(s, &c));
	return pal_give_program(s, text, offset, "metadata");
}

enum pal_err
pal_give_metas(struct pal_sink *s, struct pal_view name, struct pal_view texts, uint64_t offset)
{
	while (texts.len > 0) {
		size_t n = pal_text_cut(texts);

		PAL_TRY(pal_give_meta(s, name, pal_view_sub(texts, 0, n), offset));
		texts = pal_view_sub(texts, n, texts.len);
	}
	return PAL_OK;
}

enum pal_err
pal_give_member_input(struct pal_sink *s, struct pal_input *member, uint64_t at, struct pal_view name)
{
	struct pal_content c = {
		.kind = PAL_CONTENT_MEMBER,
		.place = { .offset = at, .length = member->size },
		.name = name,
		.member = member,
	};

	if (s->limits->members == 0)
		return pal_sink_anomaly(s, &pal_anomaly_format_limit, at,
					"the budget of files inside files is used up; this one was not examined");
	s->limits->members--;
	return pal_sink_take(s, &c);
}

enum pal_err
pal_give_member(struct pal_sink *s, struct pal_input *in, uint64_t at, uint64_t len, struct pal_view name)
{
	struct pal_input member = { .fd = -1 };
	enum pal_err     err = PAL_OK;

	PAL_TRY(pal_input_part(in, at, len, &member));
	err = pal_give_member_input(s, &member, at, name);
	pal_input_done(&member);
	return err;
}

enum pal_err
pal_give_bytes(struct pal_sink *s, struct pal_input *in, uint64_t at, uint64_t len)
{
	struct pal_content c = { .kind = PAL_CONTENT_BYTES };

	while (len > 0) {
		PAL_TRY(pal_input_view(in, at, 1, len < PAL_INPUT_WINDOW ? (size_t)len : PAL_INPUT_WINDOW, &c.text));
		c.place.offset = at;
		c.place.length = c.text.len;
		at += c.text.len;
		len -= c.text.len;
		PAL_TRY(pal_sink_take(s, &c));
	}
	return PAL_OK;
}

/* Their probes are for whole files: many a string looks like one. */
static bool
is_too_common(const struct pal_format *f)
{
	static const struct pal_format *const common[] = { &pal_format_text,       &pal_format_csv,
							   &pal_format_jsonl,      &pal_format_model_config,
							   &pal_format_jinja,      &pal_format_python,
							   &pal_format_yaml_config };

	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if (f == common[i])
			return true;
	return false;
}

const struct pal_format *
pal_format_inside(struct pal_view head, uint64_t size)
{
	const struct pal_format *best = NULL;
	unsigned int             most = 59; /* a guess is not enough */

	for (const struct pal_format *const *f = pal_formats; *f != NULL; f++) {
		unsigned int sure = is_too_common(*f) ? 0 : (*f)->probe(head, size, (struct pal_view){ 0 });

		if (sure > most) {
			most = sure;
			best = *f;
		}
	}
	return best;
}

enum pal_err
pal_give_stray(struct pal_sink *s, struct pal_input *in, uint64_t at, uint64_t len, struct pal_view name)
{
	struct pal_view head = { 0 };

	PAL_TRY(pal_input_view(in, at, 0, len < PAL_PROBE_HEAD ? (size_t)len : PAL_PROBE_HEAD, &head));
	if (pal_format_inside(head, len) != NULL)
		return pal_give_member(s, in, at, len, name);
	return pal_give_bytes(s, in, at, len);
}

bool
pal_name_ends(struct pal_view name, const char *const *endings)
{
	for (; *endings != NULL; endings++) {
		size_t n = pal_view_of(*endings).len;

		if (name.len >= n && pal_view_is_nocase(pal_view_sub(name, name.len - n, n), *endings))
			return true;
	}
	return false;
}
