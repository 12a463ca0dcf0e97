/* tally.c - from a table to counts (in the worker), and from a worker's bytes to counts (in the parent). */
#include "palisade/tally.h"

#include "ask.h"
#include "palisade/format.h"
#include "palisade/reader.h"
#include "palisade/serve.h"
#include "palisade/utf8.h"

#define MEMORY ((size_t)64 << 20)
#define ABSENT SIZE_MAX

struct counter {
	const struct pal_tally_columns *columns;
	struct pal_scores              *scores;
	size_t                          truth, predicted, group; /* places of the columns */
	bool                            table;
	struct pal_diag                *d;
};

static size_t
place_of(const struct pal_content *header, const char *name)
{
	for (size_t i = 0; name != NULL && i < header->cell_count; i++)
		if (pal_view_is(pal_view_trim(header->cells[i]), name))
			return i;
	return ABSENT;
}

static enum pal_err
take_header(struct counter *c, const struct pal_content *piece)
{
	c->truth = place_of(piece, c->columns->truth);
	c->predicted = place_of(piece, c->columns->predicted);
	c->group = place_of(piece, c->columns->group);
	if (c->truth == ABSENT)
		return pal_fail(c->d, PAL_EFORM, 0, "there is no column \"%s\"", c->columns->truth);
	if (c->predicted == ABSENT)
		return pal_fail(c->d, PAL_EFORM, 0, "there is no column \"%s\"", c->columns->predicted);
	if (c->columns->group != NULL && c->group == ABSENT)
		return pal_fail(c->d, PAL_EFORM, 0, "there is no column \"%s\"", c->columns->group);
	c->table = true;
	return PAL_OK;
}

static enum pal_err
take_row(struct counter *c, const struct pal_content *piece)
{
	struct pal_view truth = { 0 }, predicted = { 0 }, group = { 0 };

	if (!c->table)
		return pal_fail(c->d, PAL_EFORM, piece->place.offset, "the table has no header");
	if (c->truth >= piece->cell_count || c->predicted >= piece->cell_count ||
	    (c->group != ABSENT && c->group >= piece->cell_count))
		return pal_fail(c->d, PAL_EFORM, piece->place.offset, "row %llu has %zu cells, fewer than its header",
				(unsigned long long)piece->place.row, piece->cell_count);
	truth = pal_view_trim(piece->cells[c->truth]);
	predicted = pal_view_trim(piece->cells[c->predicted]);
	if (c->group != ABSENT)
		group = pal_view_trim(piece->cells[c->group]);
	if (truth.len > PAL_TALLY_CELL || predicted.len > PAL_TALLY_CELL || group.len > PAL_TALLY_CELL)
		return pal_fail(c->d, PAL_ELIMIT, piece->place.offset, "row %llu: a class name of more than %d bytes",
				(unsigned long long)piece->place.row, PAL_TALLY_CELL);
	pal_scores_add(c->scores, truth, predicted, group, 1);
	if (pal_scores_err(c->scores) != PAL_OK)
		return pal_fail(c->d, pal_scores_err(c->scores), piece->place.offset,
				"row %llu: more than %d classes or %d groups; are these columns classes?",
				(unsigned long long)piece->place.row, PAL_SCORES_CLASSES, PAL_SCORES_GROUPS);
	return PAL_OK;
}

static enum pal_err
take(void *arg, const struct pal_content *piece)
{
	struct counter *c = arg;

	if (piece->kind == PAL_CONTENT_COLUMNS)
		return take_header(c, piece);
	if (piece->kind == PAL_CONTENT_ROW)
		return take_row(c, piece);
	if (piece->kind == PAL_CONTENT_ANOMALY)
		return pal_fail(c->d, PAL_EFORM, piece->place.offset, "%.*s",
				(int)(piece->text.len < 200 ? piece->text.len : 200), (const char *)piece->text.data);
	return PAL_OK;
}

enum pal_err
pal_tally_count(struct pal_input *in, const struct pal_tally_columns *columns, struct pal_arena *a,
		struct pal_scores *ret_scores, struct pal_diag *d)
{
	struct pal_scores        scores = pal_scores_of(a);
	struct counter           c = { .columns = columns, .scores = &scores, .d = d };
	struct pal_limits        limits = pal_limits_default;
	struct pal_sink          sink = { .take = take, .arg = &c, .arena = a, .limits = &limits };
	struct pal_view          head = { 0 };
	const struct pal_format *format = NULL;

	PAL_TRY(pal_input_view(in, 0, 0, PAL_PROBE_HEAD, &head));
	format = pal_format_probe(head, in->size, pal_view_of("table.csv"));
	if (format == NULL)
		return pal_fail(d, PAL_EFORM, 0, "this is no table that is known; CSV or JSON Lines expected");
	PAL_TRY(format->parse(in, &sink, d));
	if (!c.table)
		return pal_fail(d, PAL_EFORM, 0, "a file of the format %s holds no table; CSV or JSON Lines expected",
				format->name);
	*ret_scores = scores;
	return pal_arena_err(a);
}

static void
add_name(struct pal_buf *out, const char *name)
{
	struct pal_view v = pal_view_of(name);

	pal_buf_add_u32le(out, (uint32_t)v.len);
	pal_buf_add(out, v);
}

void
pal_tally_encode(const struct pal_scores *s, struct pal_buf *out)
{
	pal_buf_add_u32le(out, (uint32_t)s->cells.count);
	for (size_t i = 0; i < s->cells.count; i++) {
		const struct pal_score_cell *c = pal_list_at(&s->cells, i);

		add_name(out, *(const char **)pal_list_at(&s->names, c->truth));
		add_name(out, *(const char **)pal_list_at(&s->names, c->predicted));
		add_name(out, *(const char **)pal_list_at(&s->groups, c->group));
		pal_buf_add_u64le(out, c->count);
	}
}

static struct pal_view
read_name(struct pal_reader *r)
{
	struct pal_view v = pal_read_view(r, pal_read_count(r, pal_read_u32le(r), 1, PAL_TALLY_CELL));

	return pal_utf8_valid(v) ? v : pal_view_of("?");
}

enum pal_err
pal_tally_decode(struct pal_view bytes, struct pal_arena *a, struct pal_scores *ret_scores)
{
	struct pal_reader r = pal_reader_of(bytes);
	struct pal_scores s = pal_scores_of(a);
	size_t            n = pal_read_count(&r, pal_read_u32le(&r), 20, (size_t)1 << 20);

	for (size_t i = 0; i < n; i++) {
		struct pal_view truth = read_name(&r), predicted = read_name(&r), group = read_name(&r);
		uint64_t        count = pal_read_u64le(&r);

		PAL_TRY(pal_reader_err(&r));
		if (count > (uint64_t)1 << 48)
			return PAL_EFORM;
		pal_scores_put(&s, truth, predicted, group, count);
	}
	if (!pal_reader_done(&r))
		return pal_reader_err(&r) == PAL_OK ? PAL_EFORM : pal_reader_err(&r);
	PAL_TRY(pal_scores_err(&s));
	*ret_scores = s;
	return pal_arena_err(a);
}

enum pal_err
pal_tally(int fd, uint64_t size, const struct pal_tally_columns *columns, struct pal_arena *a,
	  struct pal_scores *ret_scores, struct pal_diag *d)
{
	PAL_AUTO_ASKED   worker = { .worker.fd = -1 };
	PAL_AUTO_BUF     names = pal_buf_of(0);
	struct pal_frame f = { 0 };

	pal_buf_printf(&names, "%s\n%s\n%s", columns->truth, columns->predicted,
		       columns->group == NULL ? "" : columns->group);
	PAL_TRY(pal_buf_err(&names));
	PAL_TRY(pal_ask_start(&worker, "the worker that reads the table", d));
	PAL_TRY(pal_ask(&worker, PAL_SERVE_TALLY,
			&(struct pal_serve_words){ .first = pal_buf_view(&names), .number = size }, fd, &f, d));
	if (f.type != PAL_SERVE_COUNTS || pal_tally_decode(f.payload, a, ret_scores) != PAL_OK)
		return pal_fail(d, PAL_ESYS, 0, "the worker that reads the table says what no reader says");
	return PAL_OK;
}

enum pal_err
pal_tally_serve(int fd, const struct pal_serve_words *words, struct pal_buf *out, struct pal_diag *d)
{
	PAL_AUTO_ARENA           a;
	struct pal_input         in = pal_input_of_fd(fd, words->number);
	struct pal_view          rest = words->first, name[3] = { 0 };
	struct pal_tally_columns columns = { 0 };
	struct pal_scores        scores = { 0 };
	enum pal_err             err = PAL_OK;

	pal_arena_init(&a, MEMORY);
	for (size_t i = 0; i < 3; i++)
		(void)pal_view_split(&rest, '\n', &name[i]);
	columns.truth = pal_arena_text(&a, name[0]);
	columns.predicted = pal_arena_text(&a, name[1]);
	columns.group = name[2].len == 0 ? NULL : pal_arena_text(&a, name[2]);
	err = pal_arena_err(&a);
	if (err == PAL_OK)
		err = pal_tally_count(&in, &columns, &a, &scores, d);
	pal_input_done(&in);
	if (err == PAL_OK)
		pal_tally_encode(&scores, out);
	return err;
}
