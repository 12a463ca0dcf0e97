/* fuzz_patterns.c - any bytes as text, as a cell and as a column's name: hits lie inside, in order, apart. */
#include "detect/rules.h"

extern const struct pal_detector pal_detector_patterns, pal_detector_columns;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pal_detect *rules;

static void
scan(struct pal_view text)
{
	struct pal_scanner_state *s = NULL;
	struct pal_scan_text      t = { text, pal_view_sub(text, 0, 20) };

	if (pal_engine_borrow(rules->engine, &s) != PAL_OK)
		return;
	if (pal_engine_scan(rules->engine, s, &t, false) == PAL_OK)
		for (size_t i = 0; i < s->hit_count; i++) {
			const struct pal_hit *h = &s->hits[i];

			PAL_ASSERT(h->start < h->end && h->end <= text.len);
			PAL_ASSERT(h->value_start >= h->start && h->value_end <= h->end);
			PAL_ASSERT(i == 0 || h->start >= s->hits[i - 1].end);
			PAL_ASSERT(h->belief > PAL_BELIEF_NONE);
		}
	pal_engine_return(rules->engine, &s);
}

static void
feed(const struct pal_detector *d, struct pal_content first, struct pal_content second)
{
	PAL_AUTO_ARENA      a;
	struct pal_findings found;
	void               *state = NULL;

	pal_arena_init(&a, (size_t)64 << 20);
	found = pal_findings_of(&a, 100);
	if (d->start(rules, &a, &state) != PAL_OK)
		return;
	PAL_ASSERT(d->feed(state, &first, &found) == PAL_OK);
	PAL_ASSERT(d->feed(state, &second, &found) == PAL_OK);
	PAL_ASSERT(d->finish(state, &found) == PAL_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pal_view text = { data, size }, half = { data, size / 2 }, rest = { data + size / 2, size - size / 2 };
	struct pal_view cells[16];
	struct pal_content a = { .kind = PAL_CONTENT_TEXT, .text = half }, b = a, c = { .kind = PAL_CONTENT_COLUMNS },
			   r;
	size_t n = 0;

	if (rules == NULL && pal_detect_load(NULL, &rules, NULL) != PAL_OK)
		return 0;
	scan(text);
	b.text = rest;
	b.place.offset = half.len;
	feed(&pal_detector_patterns, a, b);
	while (n < 16 && pal_view_split(&text, ',', &cells[n]))
		n++;
	c.cells = cells;
	c.cell_count = n / 2;
	r = c;
	r.kind = PAL_CONTENT_ROW;
	r.cells = cells + n / 2;
	r.cell_count = n - n / 2;
	feed(&pal_detector_columns, c, r);
	return 0;
}
