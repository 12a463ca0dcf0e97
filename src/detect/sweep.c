/* sweep.c - windows that overlap by more than any hit is long; a hit belongs to the window that it starts in. */
#include "sweep.h"

#include "palisade/mem.h"

#define WINDOW  ((size_t)256 << 10)
#define OVERLAP ((size_t)16 << 10)

enum pal_err
pal_sweep_text(const struct pal_sweep *s, const struct pal_scan_text *t)
{
	size_t at = 0;

	do {
		struct pal_scan_text window = { pal_view_sub(t->text, at, WINDOW), t->name };
		bool                 last = t->text.len - at <= WINDOW;
		size_t               kept = 0, *count = &s->scanner->hit_count;
		struct pal_hit      *hits;

		PAL_TRY(pal_engine_scan(s->engine, s->scanner, &window, s->all));
		hits = s->scanner->hits;
		for (size_t i = 0; i < *count; i++)
			if (last || hits[i].start < WINDOW - OVERLAP)
				hits[kept++] = hits[i];
		if (kept > 0)
			PAL_TRY(s->fn(s->arg, window.text, at, hits, kept));
		if (last)
			return PAL_OK;
		at += WINDOW - OVERLAP;
	} while (at < t->text.len);
	return PAL_OK;
}

bool
pal_seam_join(struct pal_seam *s, struct pal_view piece, uint64_t at)
{
	size_t head = piece.len < PAL_SEAM ? piece.len : PAL_SEAM;

	if (!s->open || at != s->end || s->tail == 0 || head == 0)
		return false;
	pal_mem_copy(s->bytes + s->tail, sizeof(s->bytes) - s->tail, piece.data, head);
	s->len = s->tail + head;
	return true;
}

void
pal_seam_keep(struct pal_seam *s, struct pal_view piece, uint64_t at)
{
	size_t tail = piece.len < PAL_SEAM ? piece.len : PAL_SEAM;

	s->tail = tail;
	s->len = tail;
	s->open = true;
	s->end = at + piece.len;
	if (tail > 0)
		pal_mem_copy(s->bytes, sizeof(s->bytes), piece.data + piece.len - tail, tail);
}
