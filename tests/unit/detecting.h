/* detecting.h - runs one detector over pieces of content, for its tests. */
#ifndef PALISADE_TEST_DETECTING_H
#define PALISADE_TEST_DETECTING_H

#include "detect/rules.h"

#include "check.h"

extern const struct pal_detector pal_detector_patterns, pal_detector_columns, pal_detector_imports,
    pal_detector_payloads, pal_detector_templates;

struct detecting {
	struct pal_arena           arena;
	struct pal_findings        found;
	const struct pal_detector *detector;
	void                      *state;
};

static inline struct pal_detect *
detecting_rules(void)
{
	struct pal_detect *rules = NULL;
	struct pal_diag    d = { .text = "" };

	(void)CHECK_SAY(pal_detect_load(NULL, &rules, &d) == PAL_OK, d.text);
	return rules;
}

static inline void
detecting_start(struct detecting *t, const struct pal_detect *rules, const struct pal_detector *detector)
{
	pal_arena_init(&t->arena, (size_t)64 << 20);
	t->found = pal_findings_of(&t->arena, 1000);
	t->detector = detector;
	t->state = NULL;
	(void)CHECK(detector->start(rules, &t->arena, &t->state) == PAL_OK);
}

static inline void
detecting_feed(struct detecting *t, struct pal_content piece)
{
	(void)CHECK((t->detector->reads & PAL_READS(piece.kind)) != 0);
	(void)CHECK(t->detector->feed(t->state, &piece, &t->found) == PAL_OK);
}

static inline void
detecting_finish(struct detecting *t)
{
	if (t->detector->finish != NULL)
		(void)CHECK(t->detector->finish(t->state, &t->found) == PAL_OK);
}

/* The finding of a rule, with this field when one is given; NULL when there is none. */
static inline const struct pal_finding *
detecting_found(const struct detecting *t, const char *id, const char *field)
{
	for (size_t i = 0; i < t->found.list.count; i++) {
		const struct pal_finding *f = pal_list_at(&t->found.list, i);

		if (strcmp(f->rule->id, id) == 0 &&
		    (field == NULL || (f->place.field != NULL && strcmp(f->place.field, field) == 0)))
			return f;
	}
	return NULL;
}

static inline void
detecting_done(struct detecting *t)
{
	pal_arena_done(&t->arena);
}

#endif
