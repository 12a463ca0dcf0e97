/* payloads.c - the detector that finds programs, scripts and pickles in bytes that belong to nothing. */
#include "marks.h"
#include "rules.h"
#include "sweep.h"

struct state {
	const struct pal_rule *elf, *pe, *macho, *script, *pickle;
	struct pal_seam        seam;
};

static enum pal_err
start(const struct pal_detect *rules, struct pal_arena *a, void **ret_state)
{
	struct state *s = pal_arena_array(a, 1, sizeof(*s));

	if (s == NULL)
		return pal_arena_err(a);
	s->elf = pal_detect_own(rules, "PAYLOAD-ELF");
	s->pe = pal_detect_own(rules, "PAYLOAD-PE");
	s->macho = pal_detect_own(rules, "PAYLOAD-MACHO");
	s->script = pal_detect_own(rules, "PAYLOAD-SCRIPT");
	s->pickle = pal_detect_own(rules, "PAYLOAD-PICKLE");
	*ret_state = s;
	return PAL_OK;
}

struct look {
	const struct state  *s;
	struct pal_view      text;
	struct pal_place     place;
	struct pal_findings *out;
};

static void
found(const struct look *l, const struct pal_rule *rule, size_t at, const char *what)
{
	struct pal_place place = l->place;

	place.offset += at;
	place.length = 0;
	pal_found(l->out, rule, PAL_CONFIDENCE_HIGH, &place, "%s begins at byte %llu, its header is sound", what,
		  (unsigned long long)place.offset);
}

static void
look_at(const struct look *l, size_t i)
{
	struct pal_view        v = pal_view_sub(l->text, i, l->text.len);
	const char            *what = NULL;
	const struct pal_rule *rule = NULL;

	switch (pal_mark_at(v, i == 0, &what)) {
	case PAL_MARK_ELF:
		rule = l->s->elf;
		break;
	case PAL_MARK_PE:
		rule = l->s->pe;
		break;
	case PAL_MARK_MACHO:
		rule = l->s->macho;
		break;
	case PAL_MARK_SCRIPT:
		rule = i == 0 || l->text.data[i - 1] == '\n' || l->text.data[i - 1] == 0 ? l->s->script : NULL;
		break;
	case PAL_MARK_PICKLE:
		rule = l->s->pickle;
		break;
	case PAL_MARK_ARCHIVE: /* formats look for those */
	case PAL_MARK_NONE:
		break;
	}
	if (rule != NULL)
		found(l, rule, i, what);
}

static enum pal_err
feed(void *state, const struct pal_content *piece, struct pal_findings *out)
{
	struct state *s = state;
	struct look   l = { s, piece->text, piece->place, out };

	if (pal_seam_join(&s->seam, piece->text, piece->place.offset)) {
		struct look seam = { s, { s->seam.bytes, s->seam.len }, piece->place, out };

		seam.place.offset -= s->seam.tail;
		/* Headers that were cut: those that start before the seam, and were not sound without what follows. */
		for (size_t i = s->seam.tail > 64 ? s->seam.tail - 64 : 0; i < s->seam.tail; i++)
			look_at(&seam, i);
	}
	for (size_t i = 0; (i = pal_marks_next(piece->text, i)) < piece->text.len; i++)
		look_at(&l, i);
	pal_seam_keep(&s->seam, piece->text, piece->place.offset);
	return PAL_OK;
}

const struct pal_detector pal_detector_payloads = {
	.name = "payloads",
	.summary = "programs, scripts and pickles hidden in bytes",
	.reads = PAL_READS(PAL_CONTENT_BYTES),
	.start = start,
	.feed = feed,
};
