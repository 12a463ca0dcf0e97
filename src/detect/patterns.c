/* patterns.c - the detector that reads texts: documents, code, metadata, values of keys. */
#include "mask.h"
#include "palisade/mem.h"
#include "rules.h"
#include "sweep.h"

struct state {
	struct pal_engine        *engine;
	struct pal_scanner_state *scanner; /* borrowed */
	struct pal_seam           seam;
	const struct pal_content *piece;
	struct pal_findings      *out;
	size_t                    cut; /* in a seam: hits must lie on both sides of it; 0: no seam */
};

static enum pal_err
start(const struct pal_detect *rules, struct pal_arena *a, void **ret_state)
{
	struct state *s = pal_arena_array(a, 1, sizeof(*s));

	if (s == NULL)
		return pal_arena_err(a);
	s->engine = rules->engine;
	*ret_state = s;
	return PAL_OK;
}

static enum pal_err
report(void *arg, struct pal_view text, uint64_t at, struct pal_hit *hits, size_t count)
{
	struct state    *s = arg;
	struct pal_place place = s->piece->place;
	char             mask[PAL_MASK_TEXT], name[64];
	bool             named = place.field == NULL && s->piece->name.len > 0;

	if (named) {
		struct pal_view n = pal_view_sub(s->piece->name, 0, sizeof(name) - 4);

		place.field = pal_excerpt(n, n.len, name);
	}
	for (size_t i = 0; i < count; i++) {
		const struct pal_hit *h = &hits[i];

		if (s->cut > 0 && (h->start >= s->cut || h->end <= s->cut))
			continue;
		place.offset = s->piece->place.offset + at + h->start - s->cut;
		place.length = h->end - h->start;
		pal_found(s->out, &h->def->rule, (enum pal_confidence)(h->belief - 1), &place, "%s %s%s%s",
			  h->def->rule.title,
			  pal_mask(pal_view_sub(text, h->value_start, h->value_end - h->value_start), mask),
			  h->def->validator != NULL ? "; check passes" : "",
			  h->in_context ? "; context speaks for it" : "");
	}
	return PAL_OK;
}

static enum pal_err
sweep(struct state *s, struct pal_view text, struct pal_view name, size_t cut)
{
	struct pal_sweep     w = { s->engine, s->scanner, false, report, s };
	struct pal_scan_text t = { text, name };

	s->cut = cut;
	return pal_sweep_text(&w, &t);
}

static enum pal_err
feed(void *state, const struct pal_content *piece, struct pal_findings *out)
{
	struct state   *s = state;
	struct pal_view name = piece->place.field != NULL ? pal_view_of(piece->place.field) : piece->name;

	if (s->scanner == NULL)
		PAL_TRY(pal_engine_borrow(s->engine, &s->scanner));
	s->piece = piece;
	s->out = out;
	if (piece->kind == PAL_CONTENT_TEXT && pal_seam_join(&s->seam, piece->text, piece->place.offset))
		PAL_TRY(sweep(s, (struct pal_view){ s->seam.bytes, s->seam.len }, name, s->seam.tail));
	PAL_TRY(sweep(s, piece->text, name, 0));
	if (piece->kind == PAL_CONTENT_TEXT)
		pal_seam_keep(&s->seam, piece->text, piece->place.offset);
	return PAL_OK;
}

static enum pal_err
finish(void *state, struct pal_findings *out)
{
	struct state *s = state;

	(void)out;
	pal_engine_return(s->engine, &s->scanner);
	return PAL_OK;
}

const struct pal_detector pal_detector_patterns = {
	.name = "patterns",
	.summary = "personal data, health data, financial data and secrets in texts",
	.reads = PAL_READS(PAL_CONTENT_TEXT) | PAL_READS(PAL_CONTENT_META),
	.start = start,
	.feed = feed,
	.finish = finish,
};
