/* label.c - the table from data classes to sensitivity is what to audit. */
#include "palisade/label.h"

#include "fields.h"

static const char *const names[] = { "public", "internal", "confidential", "restricted" };

/* What data of a class demands: secrets open doors, health and card data are regulated, other personal data is not for
 * all. */
static const enum pal_sensitivity demands[] = {
	[PAL_CLASS_NONE] = PAL_PUBLIC,    [PAL_CLASS_PII] = PAL_CONFIDENTIAL,  [PAL_CLASS_PHI] = PAL_RESTRICTED,
	[PAL_CLASS_PCI] = PAL_RESTRICTED, [PAL_CLASS_SECRET] = PAL_RESTRICTED,
};

struct pal_label
pal_label_join(struct pal_label a, struct pal_label b)
{
	return (struct pal_label){ a.sensitivity > b.sensitivity ? a.sensitivity : b.sensitivity,
				   a.classes | b.classes };
}

bool
pal_label_covers(struct pal_label high, struct pal_label low)
{
	return high.sensitivity >= low.sensitivity && (low.classes & ~high.classes) == 0;
}

const char *
pal_sensitivity_name(enum pal_sensitivity s)
{
	return names[s];
}

bool
pal_sensitivity_of(struct pal_view name, enum pal_sensitivity *ret)
{
	for (int i = PAL_PUBLIC; i <= PAL_RESTRICTED; i++)
		if (pal_view_is(name, names[i])) {
			*ret = (enum pal_sensitivity)i;
			return true;
		}
	return false;
}

void
pal_label_add_text(struct pal_buf *b, struct pal_label l)
{
	pal_buf_add_text(b, names[l.sensitivity]);
	for (int i = PAL_CLASS_PII; i <= PAL_CLASS_SECRET; i++)
		if ((l.classes & PAL_CLASS_BIT(i)) != 0)
			pal_buf_printf(b, " %s", pal_data_class_name((enum pal_data_class)i));
}

enum pal_err
pal_label_parse(struct pal_view text, struct pal_label *ret_label, struct pal_diag *d)
{
	struct pal_label    l = { 0 };
	struct pal_view     rest = pal_view_trim(text), word = { 0 };
	enum pal_data_class c = PAL_CLASS_NONE;

	if (!pal_view_split(&rest, ' ', &word) || !pal_sensitivity_of(word, &l.sensitivity))
		return pal_fail(d, PAL_EFORM, 0,
				"\"%.*s\" is no sensitivity; public, internal, confidential or restricted expected",
				(int)(word.len < 40 ? word.len : 40), word.len == 0 ? "" : (const char *)word.data);
	while (pal_view_split(&rest, ' ', &word)) {
		if (word.len == 0)
			continue;
		if (!pal_data_class_of(word, &c) || c == PAL_CLASS_NONE)
			return pal_fail(d, PAL_EFORM, 0, "\"%.*s\" is no data class; pii, phi, pci or secret expected",
					(int)(word.len < 40 ? word.len : 40), (const char *)word.data);
		l.classes |= PAL_CLASS_BIT(c);
	}
	*ret_label = l;
	return PAL_OK;
}

static void
add_reason(struct pal_buf *reason, struct pal_label l, const struct pal_finding *decided)
{
	if (decided == NULL) {
		pal_buf_add_text(reason, "no personal, health, payment or secret data was found");
		return;
	}
	pal_buf_printf(reason, "%s: %s (%s) in %s", names[l.sensitivity], decided->rule->id,
		       pal_data_class_name(decided->rule->data_class),
		       decided->place.path == NULL ? "the artifact" : decided->place.path);
	if (decided->place.field != NULL)
		pal_buf_printf(reason, ", %s", decided->place.field);
}

struct pal_label
pal_label_of_findings(const struct pal_finding *findings, size_t count, struct pal_buf *reason)
{
	struct pal_label          l = { 0 };
	const struct pal_finding *decided = NULL;

	for (size_t i = 0; i < count; i++) {
		enum pal_data_class c = findings[i].rule->data_class;

		if (c == PAL_CLASS_NONE || findings[i].confidence == PAL_CONFIDENCE_LOW)
			continue;
		l.classes |= PAL_CLASS_BIT(c);
		if (demands[c] > l.sensitivity) {
			l.sensitivity = demands[c];
			decided = &findings[i];
		}
	}
	if (reason != NULL)
		add_reason(reason, l, decided);
	return l;
}

enum pal_err
pal_label_write(const struct pal_label_statement *l, struct pal_buf *out)
{
	struct pal_json_writer w = pal_json_writer_of(out, 0);

	pal_json_begin(&w, NULL, '{');
	pal_json_put_text(&w, "sensitivity", names[l->label.sensitivity]);
	put_classes(&w, l->label.classes);
	put_if(&w, "reason", l->reason);
	put_if(&w, "by", l->by);
	pal_json_end(&w, '}');
	return pal_buf_err(out);
}

enum pal_err
pal_label_of(const struct pal_statement *s, struct pal_arena *a, struct pal_label_statement *ret, struct pal_diag *d)
{
	PAL_AUTO_JSON              doc = NULL;
	struct fields              f = { 0 };
	struct pal_label_statement l = { 0 };

	PAL_TRY(pal_statement_predicate(s, PAL_TYPE_LABEL, &doc, d));
	f = fields_of(doc, "label", a);
	if (!pal_sensitivity_of(pal_view_of(field_text(&f, "sensitivity")), &l.label.sensitivity))
		fields_fail(&f, "sensitivity", "public, internal, confidential or restricted");
	l.label.classes = field_classes(&f);
	l.reason = field_text_or(&f, "reason", NULL);
	l.by = field_text_or(&f, "by", NULL);
	PAL_TRY(fields_err(&f, d));
	*ret = l;
	return PAL_OK;
}
