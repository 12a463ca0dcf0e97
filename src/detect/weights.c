/* weights.c - the detector that reads tensors' numbers, once, in segments; to audit: read_segment(), which any thread
 * may run, and which never holds more than one window. */
#include "weights.h"

#include <stdio.h>

#include "mask.h"
#include "palisade/mem.h"

#define BEHIND PAL_WEIGHTS_BLOCK /* bytes that a mark may need behind it */
#define STEP \
	(PAL_INPUT_WINDOW - BEHIND - PAL_WEIGHTS_BLOCK) /* bytes at a time: what stands before may be needed, too */
#define NAMES_MOST  24u                                 /* findings with a name of their own; the rest are counted */
#define SIDES_MOST  16000000u                           /* numbers of a matrix that could be a classifier */
#define SIDES_PARTS (SIDES_MOST * sizeof(uint64_t) / PAL_WEIGHTS_SEGMENT + 1) /* segments that it can have */
#define ROW_LEAST   64u /* numbers in a row, for rows of large matrices */

static enum pal_err
start(const struct pal_detect *rules, struct pal_arena *a, void **ret_state)
{
	struct pal_weights *w = pal_arena_array(a, 1, sizeof(*w));

	if (w == NULL)
		return pal_arena_err(a);
	w->payload = pal_detect_own(rules, "WEIGHTS-PAYLOAD");
	w->text = pal_detect_own(rules, "WEIGHTS-TEXT");
	w->lowbits = pal_detect_own(rules, "WEIGHTS-LOW-BITS");
	w->tail = pal_detect_own(rules, "WEIGHTS-TAIL");
	w->top = pal_detect_own(rules, "WEIGHTS-OVERWRITTEN");
	w->noise = pal_detect_own(rules, "WEIGHTS-NO-NUMBERS");
	w->nan = pal_detect_own(rules, "WEIGHTS-NAN");
	w->nan_data = pal_detect_own(rules, "WEIGHTS-NAN-DATA");
	w->infinite = pal_detect_own(rules, "WEIGHTS-INFINITE");
	w->denormal = pal_detect_own(rules, "WEIGHTS-DENORMAL");
	w->zero = pal_detect_own(rules, "WEIGHTS-ZERO");
	w->duplicate = pal_detect_own(rules, "WEIGHTS-COPY");
	w->row = pal_detect_own(rules, "WEIGHTS-ROW");
	w->head = pal_detect_own(rules, "WEIGHTS-CLASS");
	w->norm = pal_detect_own(rules, "WEIGHTS-LAYER");
	w->arena = a;
	w->crew = rules->crew;
	w->notes = pal_list_of(a, sizeof(struct pal_weight_note));
	*ret_state = w;
	return PAL_OK;
}

void
pal_weights_found(struct pal_weights *w, struct pal_findings *out, const struct pal_rule *rule,
		  enum pal_severity severity, uint64_t at, const char *fmt, ...)
{
	const struct pal_content *c = w->run.piece;
	char                      name[104], text[PAL_DIAG_TEXT];
	struct pal_finding        f = { .rule = rule,
					.severity = severity,
					.confidence = severity >= PAL_HIGH ? PAL_CONFIDENCE_HIGH : PAL_CONFIDENCE_MEDIUM,
					.place = c->place,
					.count = 1,
					.text = text };
	va_list                   ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	f.place.offset += at;
	f.place.length = 0;
	f.place.field = w->reported++ < NAMES_MOST ? pal_excerpt(c->name, 100, name) : "(more tensors)";
	pal_findings_add(out, &f);
}

/* Bytes of a number and bits of its exponent; false: bytes that are no numbers one by one. */
static bool
layout_of(enum pal_dtype type, unsigned int *ret_width, unsigned int *ret_exponent)
{
	*ret_width = pal_dtype_bits(type) / 8;
	*ret_exponent = 0;
	switch (type) {
	case PAL_DTYPE_F16:
		*ret_exponent = 5;
		return true;
	case PAL_DTYPE_BF16:
	case PAL_DTYPE_F32:
		*ret_exponent = 8;
		return true;
	case PAL_DTYPE_F64:
		*ret_exponent = 11;
		return true;
	case PAL_DTYPE_C64:
		*ret_width = 4;
		*ret_exponent = 8;
		return true;
	case PAL_DTYPE_C128:
		*ret_width = 8;
		*ret_exponent = 11;
		return true;
	case PAL_DTYPE_I8:
	case PAL_DTYPE_U8:
	case PAL_DTYPE_F8_E4M3:
	case PAL_DTYPE_F8_E5M2:
	case PAL_DTYPE_I16:
	case PAL_DTYPE_U16:
	case PAL_DTYPE_I32:
	case PAL_DTYPE_U32:
	case PAL_DTYPE_I64:
	case PAL_DTYPE_U64:
		return true;
	case PAL_DTYPE_OTHER:
	case PAL_DTYPE_BOOL:
	case PAL_DTYPE_BLOCKS:
		break;
	}
	*ret_width = type == PAL_DTYPE_BLOCKS ? 2 : 1;
	return false;
}

/* Rows and columns whose sums are kept: of matrices, when there are not too many. */
static void
choose_sums(struct pal_weights *w, const struct pal_tensor *c)
{
	struct pal_weight_run *t = &w->run;

	if (t->exponent == 0 || c->rank != 2 || c->shape[0] == 0 || c->shape[1] == 0 || c->shape[0] > t->count ||
	    t->count / c->shape[0] != c->shape[1] || t->count % c->shape[0] != 0)
		return;
	t->shape[0] = c->shape[0];
	t->shape[1] = c->shape[1];
	t->sides = t->count <= SIDES_MOST && (t->shape[0] <= PAL_WEIGHTS_SIDE || t->shape[1] <= PAL_WEIGHTS_SIDE);
	t->rows = t->shape[0] <= PAL_WEIGHTS_ROWS && (t->shape[1] >= ROW_LEAST || t->sides);
	t->sides = t->sides && t->rows;
	for (size_t i = 0; t->rows && i < t->shape[0]; i++)
		w->sums->row_squares[i] = 0;
	for (size_t i = 0; t->sides && i < PAL_WEIGHTS_SIDE; i++) {
		w->sums->row_positive[i] = 0;
		w->sums->column_positive[i] = 0;
	}
}

static void
set_up(struct pal_weights *w, const struct pal_content *c)
{
	struct pal_weight_run *t = &w->run;

	*t = (struct pal_weight_run){ .piece = c, .constant = true, .tail_first = UINT64_MAX };
	(void)layout_of(c->tensor.type, &t->width, &t->exponent);
	t->count = c->place.length / t->width;
	if (c->tensor.rank > 1 && c->tensor.shape[0] > 0)
		t->in_first = t->count / c->tensor.shape[0];
	choose_sums(w, &c->tensor);
}

/* One block of the window, and what lies behind it in the window. */
static void
take_block(const struct pal_weights *w, struct pal_weight_room *m, struct pal_view v, size_t bytes, uint64_t at)
{
	struct pal_weight_run *t = &m->run;
	size_t                 whole = bytes / t->width * t->width;

	m->block = (const uint64_t *)(const void *)v.data;
	if (t->piece->tensor.big_endian || (uintptr_t)v.data % sizeof(*m->block) != 0) {
		pal_mem_copy(m->room, sizeof(m->room), v.data, whole);
		m->block = m->room;
	}
	if (t->piece->tensor.big_endian && t->width > 1)
		pal_lanes_swap((uint8_t *)m->room, whole / t->width, t->width);
	pal_weights_block(m, whole);
	if (t->odd)
		pal_weights_raw(w, m, v, bytes, at);
	if (at == 0 && t->said.rule == NULL)
		pal_weights_start(w, m, whole);
	if (t->width > 1)
		pal_weights_low(w, m, whole, at + bytes == t->piece->place.length);
	t->at += whole / t->width;
}

/* The low bytes of the numbers before the segment: a mark may begin there. */
static void
take_carry(struct pal_weight_room *m, struct pal_view v)
{
	const struct pal_weight_run *t = &m->run;
	uint8_t                     *low = (uint8_t *)m->low;
	size_t                       lowest = t->piece->tensor.big_endian ? t->width - 1 : 0;

	for (size_t i = 0; i < PAL_WEIGHTS_CARRY; i++)
		low[i] = v.data[i * t->width + lowest];
	m->carried = PAL_WEIGHTS_CARRY;
}

/* Bytes [at, end) of the tensor, a segment. */
static enum pal_err
read_bytes(const struct pal_weights *w, struct pal_weight_room *m, struct pal_input *in, uint64_t at, uint64_t end)
{
	const struct pal_place *p = &m->run.piece->place;
	size_t                  before = at > 0 && m->run.width > 1 ? PAL_WEIGHTS_CARRY * m->run.width : 0;

	m->carried = 0;
	while (at < end) {
		size_t          step = end - at < STEP ? (size_t)(end - at) : STEP;
		size_t          have = p->length - at < step + BEHIND ? (size_t)(p->length - at) : step + BEHIND;
		struct pal_view v = { 0 };

		PAL_TRY(pal_input_view(in, p->offset + at - before, before + have, before + have, &v));
		if (before > 0)
			take_carry(m, v);
		v = pal_view_sub(v, before, have);
		before = 0;
		for (size_t i = 0; i < step; i += PAL_WEIGHTS_BLOCK)
			take_block(w, m, pal_view_sub(v, i, v.len),
				   step - i < PAL_WEIGHTS_BLOCK ? step - i : PAL_WEIGHTS_BLOCK, at + i);
		at += step;
	}
	return PAL_OK;
}

struct wave {
	struct pal_weights   *w;
	struct pal_weight_run blank; /* what every segment begins with */
	uint64_t              from;
};

/* The caller's thread reads through the member itself, the others through windows of their own. */
static enum pal_err
open_input(struct pal_weight_room *m, struct pal_input *member, unsigned int thread, struct pal_input **ret_in)
{
	struct pal_input *in = &m->input;

	*ret_in = thread == 0 ? member : in;
	if (thread == 0)
		return PAL_OK;
	if (in->window == NULL || in->fd != member->fd || in->base != member->base || in->size != member->size) {
		pal_input_done(in);
		PAL_TRY(pal_input_part(member, 0, member->size, in));
	}
	return PAL_OK;
}

static enum pal_err
read_segment(void *arg, size_t item, unsigned int thread)
{
	const struct wave      *v = arg;
	struct pal_weights     *w = v->w;
	struct pal_weight_room *m = w->rooms[thread];
	const struct pal_place *p = &v->blank.piece->place;
	uint64_t                at = v->from + item * PAL_WEIGHTS_SEGMENT, left = p->length - at;
	uint64_t                end = left < PAL_WEIGHTS_SEGMENT ? p->length : at + PAL_WEIGHTS_SEGMENT;
	struct pal_input       *in = NULL;
	bool                    steps = false;
	enum pal_err            e = PAL_OK;

	m->run = v->blank;
	m->run.from = m->run.at = at / m->run.width;
	m->run.to = end / m->run.width;
	m->samples[0].distinct = m->samples[1].distinct = 1;
	if (m->run.sides) {
		m->run.columns = w->columns + item * PAL_WEIGHTS_SIDE;
		for (size_t i = 0; i < PAL_WEIGHTS_SIDE; i++)
			m->run.columns[i] = 0;
	}
	PAL_TRY(open_input(m, v->blank.piece->member, thread, &in));
	steps = in->steps;
	in->steps = true;
	e = read_bytes(w, m, in, at, end);
	in->steps = steps;
	pal_weights_group(m);
	m->run.distinct = end == p->length && m->run.exponent > 0 ? pal_weights_distinct(m) : 1;
	w->parts[item] = m->run;
	return e;
}

static enum pal_err
read_tensor(struct pal_weights *w, uint64_t length)
{
	struct wave v = { .w = w, .blank = w->run };

	for (; v.from < length; v.from += PAL_WEIGHTS_WAVE * PAL_WEIGHTS_SEGMENT) {
		uint64_t segments = (length - v.from + PAL_WEIGHTS_SEGMENT - 1) / PAL_WEIGHTS_SEGMENT;
		size_t   n = segments < PAL_WEIGHTS_WAVE ? (size_t)segments : PAL_WEIGHTS_WAVE;

		PAL_TRY(pal_crew_run(w->crew, n, read_segment, &v));
		for (size_t i = 0; i < n; i++)
			pal_weights_merge(w, &w->parts[i]);
	}
	return PAL_OK;
}

static enum pal_err
make_rooms(struct pal_weights *w)
{
	unsigned int             n = pal_crew_size(w->crew);
	struct pal_weight_room **rooms = pal_arena_array(w->arena, n, sizeof(*rooms));

	w->sums = pal_arena_array(w->arena, 1, sizeof(*w->sums));
	w->parts = pal_arena_array(w->arena, PAL_WEIGHTS_WAVE, sizeof(*w->parts));
	for (unsigned int i = 0; i < n && rooms != NULL; i++) {
		rooms[i] = pal_arena_array(w->arena, 1, sizeof(*rooms[i]));
		PAL_TRY(pal_arena_err(w->arena));
		rooms[i]->sums = w->sums;
		rooms[i]->input.fd = -1;
	}
	PAL_TRY(pal_arena_err(w->arena));
	w->rooms = rooms;
	return PAL_OK;
}

static enum pal_err
feed(void *state, const struct pal_content *piece, struct pal_findings *out)
{
	struct pal_weights *w = state;

	if (piece->member == NULL || piece->place.length == 0)
		return PAL_OK;
	if (w->rooms == NULL)
		PAL_TRY(make_rooms(w));
	set_up(w, piece);
	if (w->run.count == 0)
		return PAL_OK;
	if (w->run.sides && w->columns == NULL)
		w->columns = pal_arena_array(w->arena, SIDES_PARTS * PAL_WEIGHTS_SIDE, sizeof(*w->columns));
	PAL_TRY(pal_arena_err(w->arena));
	PAL_TRY(read_tensor(w, piece->place.length));
	if (w->run.said.rule != NULL)
		pal_weights_found(w, out, w->run.said.rule, w->run.said.severity, w->run.said.at, "%s",
				  w->run.said.text);
	pal_weights_judge(w, out);
	pal_weights_head(w);
	pal_weights_rows(w, out);
	return pal_weights_note(w);
}

static enum pal_err
finish(void *state, struct pal_findings *out)
{
	struct pal_weights *w = state;

	if (w->rooms == NULL)
		return PAL_OK;
	for (unsigned int i = 0; i < pal_crew_size(w->crew); i++)
		pal_input_done(&w->rooms[i]->input);
	return pal_weights_rank(w, out);
}

const struct pal_detector pal_detector_weights = {
	.name = "weights",
	.summary = "what is hidden in the numbers of a model, and numbers that are none",
	.reads = PAL_READS(PAL_CONTENT_TENSOR),
	.start = start,
	.feed = feed,
	.finish = finish,
};
