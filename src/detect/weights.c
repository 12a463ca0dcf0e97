/* weights.c - the detector that reads tensors' numbers, once, in windows; to audit: read_tensor(), which never holds
 * more than one window. */
#include "weights.h"

#include <stdio.h>

#include "mask.h"
#include "palisade/mem.h"

#define STEP       (PAL_INPUT_WINDOW - PAL_WEIGHTS_BLOCK) /* of the window: the rest is what a mark may need behind it */
#define NAMES_MOST 24u                                    /* findings with a name of their own; the rest are counted */
#define SIDES_MOST 16000000u                              /* numbers of a matrix that could be a classifier */
#define ROW_LEAST  64u                                    /* numbers in a row, for rows of large matrices */

static enum pal_err
start(const struct pal_detect *rules, struct pal_arena *a, void **ret_state)
{
	struct pal_weights *w = pal_arena_array(a, 1, sizeof(*w));

	if (w == NULL)
		return pal_arena_err(a);
	*w = (struct pal_weights){ .payload = pal_detect_own(rules, "WEIGHTS-PAYLOAD"),
				   .text = pal_detect_own(rules, "WEIGHTS-TEXT"),
				   .lowbits = pal_detect_own(rules, "WEIGHTS-LOW-BITS"),
				   .tail = pal_detect_own(rules, "WEIGHTS-TAIL"),
				   .top = pal_detect_own(rules, "WEIGHTS-OVERWRITTEN"),
				   .noise = pal_detect_own(rules, "WEIGHTS-NO-NUMBERS"),
				   .nan = pal_detect_own(rules, "WEIGHTS-NAN"),
				   .nan_data = pal_detect_own(rules, "WEIGHTS-NAN-DATA"),
				   .infinite = pal_detect_own(rules, "WEIGHTS-INFINITE"),
				   .denormal = pal_detect_own(rules, "WEIGHTS-DENORMAL"),
				   .zero = pal_detect_own(rules, "WEIGHTS-ZERO"),
				   .duplicate = pal_detect_own(rules, "WEIGHTS-COPY"),
				   .row = pal_detect_own(rules, "WEIGHTS-ROW"),
				   .head = pal_detect_own(rules, "WEIGHTS-CLASS"),
				   .norm = pal_detect_own(rules, "WEIGHTS-LAYER"),
				   .arena = a,
				   .notes = pal_list_of(a, sizeof(struct pal_weight_note)) };
	*ret_state = w;
	return PAL_OK;
}

void
pal_weights_found(struct pal_weights *w, struct pal_findings *out, const struct pal_rule *rule,
		  enum pal_severity severity, uint64_t at, const char *fmt, ...)
{
	const struct pal_content *c = w->room->run.piece;
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

static void
set_up(struct pal_weights *w, const struct pal_content *c)
{
	struct pal_weight_room *m = w->room;
	struct pal_weight_run  *t = &m->run;

	*t = (struct pal_weight_run){ .piece = c, .constant = true, .tail_first = UINT64_MAX };
	m->samples[0].distinct = m->samples[1].distinct = 1;
	(void)layout_of(c->tensor.type, &t->width, &t->exponent);
	t->count = c->place.length / t->width;
	m->carried = 0;
	if (c->tensor.rank > 1 && c->tensor.shape[0] > 0)
		t->in_first = t->count / c->tensor.shape[0];
	if (t->exponent == 0 || c->tensor.rank != 2 || c->tensor.shape[0] == 0 || c->tensor.shape[1] == 0 ||
	    c->tensor.shape[0] > t->count || t->count / c->tensor.shape[0] != c->tensor.shape[1] ||
	    t->count % c->tensor.shape[0] != 0)
		return;
	t->shape[0] = c->tensor.shape[0];
	t->shape[1] = c->tensor.shape[1];
	t->sides = t->count <= SIDES_MOST && (t->shape[0] <= PAL_WEIGHTS_SIDE || t->shape[1] <= PAL_WEIGHTS_SIDE);
	t->rows = t->shape[0] <= PAL_WEIGHTS_ROWS && (t->shape[1] >= ROW_LEAST || t->sides);
	t->sides = t->sides && t->rows;
	for (size_t i = 0; t->rows && i < t->shape[0]; i++)
		m->row_squares[i] = 0;
	for (size_t i = 0; t->sides && i < PAL_WEIGHTS_SIDE; i++) {
		m->row_positive[i] = 0;
		m->column_positive[i] = 0;
	}
}

/* One block of the window, and what lies behind it in the window. */
static void
take_block(struct pal_weights *w, struct pal_view v, size_t bytes, uint64_t at, bool last, struct pal_findings *out)
{
	struct pal_weight_room *m = w->room;
	struct pal_weight_run  *t = &m->run;
	size_t                  whole = bytes / t->width * t->width;

	m->block = (const uint64_t *)(const void *)v.data;
	if (t->piece->tensor.big_endian || (uintptr_t)v.data % sizeof(*m->block) != 0) {
		pal_mem_copy(m->room, sizeof(m->room), v.data, whole);
		m->block = m->room;
	}
	if (t->piece->tensor.big_endian && t->width > 1)
		pal_lanes_swap((uint8_t *)m->room, whole / t->width, t->width);
	pal_weights_block(m, whole);
	if (t->odd)
		pal_weights_raw(w, v, bytes, at, out);
	if (at == 0 && !t->found)
		pal_weights_start(w, whole, out);
	if (t->width > 1)
		pal_weights_low(w, whole, last, out);
	t->at += whole / t->width;
}

static enum pal_err
read_tensor(struct pal_weights *w, const struct pal_content *c, struct pal_findings *out)
{
	uint64_t length = c->place.length;

	for (uint64_t at = 0; at < length;) {
		uint64_t        left = length - at;
		struct pal_view v = { 0 };
		size_t          have = left < PAL_INPUT_WINDOW ? (size_t)left : PAL_INPUT_WINDOW;
		size_t          step = left <= PAL_INPUT_WINDOW ? have : STEP;

		PAL_TRY(pal_input_view(c->member, c->place.offset + at, have, have, &v));
		for (size_t i = 0; i < step; i += PAL_WEIGHTS_BLOCK) {
			size_t bytes = step - i < PAL_WEIGHTS_BLOCK ? step - i : PAL_WEIGHTS_BLOCK;

			take_block(w, pal_view_sub(v, i, v.len), bytes, at + i, at + i + bytes == length, out);
		}
		at += step;
	}
	return PAL_OK;
}

static enum pal_err
feed(void *state, const struct pal_content *piece, struct pal_findings *out)
{
	struct pal_weights *w = state;

	if (piece->member == NULL || piece->place.length == 0)
		return PAL_OK;
	if (w->room == NULL)
		w->room = pal_arena_array(w->arena, 1, sizeof(*w->room));
	if (w->room == NULL)
		return pal_arena_err(w->arena);
	set_up(w, piece);
	if (w->room->run.count == 0)
		return PAL_OK;
	PAL_TRY(read_tensor(w, piece, out));
	pal_weights_group(w->room);
	pal_weights_judge(w, out);
	pal_weights_head(w);
	pal_weights_rows(w, out);
	return pal_weights_note(w);
}

static enum pal_err
finish(void *state, struct pal_findings *out)
{
	struct pal_weights *w = state;

	return w->room == NULL ? PAL_OK : pal_weights_rank(w, out);
}

const struct pal_detector pal_detector_weights = {
	.name = "weights",
	.summary = "what is hidden in the numbers of a model, and numbers that are none",
	.reads = PAL_READS(PAL_CONTENT_TENSOR),
	.start = start,
	.feed = feed,
	.finish = finish,
};
