/* finding.c - names of the enums, and the list that counts equal findings instead of repeating them. */
#include "palisade/finding.h"

#include <stdarg.h>
#include <stdio.h>

#include "palisade/buf.h"

static const char *const severities[] = { "info", "low", "medium", "high", "critical" };
static const char *const confidences[] = { "low", "medium", "high" };
static const char *const classes[] = { "none", "pii", "phi", "pci", "secret" };

struct pal_findings
pal_findings_of(struct pal_arena *a, size_t most)
{
	return (struct pal_findings){ .list = pal_list_of(a, sizeof(struct pal_finding)),
				      .index = pal_map_of(a),
				      .most = most };
}

static const char *
copy_text(struct pal_arena *a, const char *text)
{
	return text == NULL ? NULL : pal_arena_text(a, pal_view_of(text));
}

static void
add_new(struct pal_findings *f, const struct pal_finding *one, void **place)
{
	struct pal_arena   *a = f->list.arena;
	struct pal_finding *copy = f->list.count < f->most ? pal_list_add(&f->list) : NULL;

	if (copy == NULL) {
		f->dropped += one->count;
		if (one->severity > f->dropped_worst)
			f->dropped_worst = one->severity;
		return;
	}
	*copy = *one;
	copy->place.path = copy_text(a, one->place.path);
	copy->place.field = copy_text(a, one->place.field);
	copy->text = copy_text(a, one->text);
	if (place != NULL)
		*place = (void *)(uintptr_t)f->list.count; /* index + 1: items move when the list grows */
}

void
pal_findings_add(struct pal_findings *f, const struct pal_finding *one)
{
	PAL_AUTO_BUF key = pal_buf_of(0);
	void       **place = NULL;

	pal_buf_printf(&key, "%s\n%s\n%s", one->rule->id, one->place.path == NULL ? "" : one->place.path,
		       one->place.field == NULL ? "" : one->place.field);
	if (f->list.count < f->most || pal_map_get(&f->index, pal_buf_view(&key)) != NULL)
		place = pal_map_put(&f->index, pal_buf_view(&key));
	if (place == NULL || *place == NULL) {
		add_new(f, one, place);
	} else {
		struct pal_finding *first = pal_list_at(&f->list, (size_t)(uintptr_t)*place - 1);

		first->count += one->count;
		if (one->confidence > first->confidence)
			first->confidence = one->confidence;
		if (one->severity > first->severity)
			first->severity = one->severity;
	}
}

void
pal_found(struct pal_findings *f, const struct pal_rule *rule, enum pal_confidence confidence,
	  const struct pal_place *place, const char *fmt, ...)
{
	char               text[PAL_DIAG_TEXT];
	struct pal_finding one = {
		.rule = rule, .severity = rule->severity, .confidence = confidence, .place = *place, .count = 1
	};
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	one.text = text;
	pal_findings_add(f, &one);
}

const char *
pal_severity_name(enum pal_severity s)
{
	return (size_t)s < sizeof(severities) / sizeof(severities[0]) ? severities[s] : "unknown";
}

const char *
pal_confidence_name(enum pal_confidence c)
{
	return (size_t)c < sizeof(confidences) / sizeof(confidences[0]) ? confidences[c] : "unknown";
}

const char *
pal_data_class_name(enum pal_data_class c)
{
	return (size_t)c < sizeof(classes) / sizeof(classes[0]) ? classes[c] : "unknown";
}

static bool
index_of(const char *const *names, size_t n, struct pal_view name, size_t *ret)
{
	for (size_t i = 0; i < n; i++)
		if (pal_view_is(name, names[i])) {
			*ret = i;
			return true;
		}
	return false;
}

bool
pal_severity_of(struct pal_view name, enum pal_severity *ret)
{
	size_t i = 0;
	bool   known = index_of(severities, sizeof(severities) / sizeof(severities[0]), name, &i);

	if (known)
		*ret = (enum pal_severity)i;
	return known;
}

bool
pal_data_class_of(struct pal_view name, enum pal_data_class *ret)
{
	size_t i = 0;
	bool   known = index_of(classes, sizeof(classes) / sizeof(classes[0]), name, &i);

	if (known)
		*ret = (enum pal_data_class)i;
	return known;
}
