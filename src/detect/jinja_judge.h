/*
 * jinja_judge.h - which names, strings and texts of a template are worth a word.
 *
 *   units    bytes
 *   memory   none
 *   errors   none
 *   threads  pure, but for what say() does
 */
#ifndef PALISADE_DETECT_JINJA_JUDGE_H
#define PALISADE_DETECT_JINJA_JUDGE_H

#include "jinja.h"

/* A name that stands for itself; `next` is the sign behind it. */
void pal_jinja_judge_name(const struct pal_jinja *j, struct pal_view name, struct pal_view next, size_t at);

/* A string as it is written, or as it was put together. */
void pal_jinja_judge_string(const struct pal_jinja *j, struct pal_view text, bool assembled, size_t at);

/* The attribute or key `name` of `of`, whatever way it is asked for. */
void pal_jinja_judge_attribute(const struct pal_jinja *j, const struct pal_fold_value *of,
			       const struct pal_fold_value *name, size_t at);

void pal_jinja_judge_load(const struct pal_jinja *j, struct pal_view how, const struct pal_fold_value *what, size_t at);

/* Text that becomes part of the prompt: once as it is written, and again where only some messages bring it. */
void pal_jinja_judge_text(const struct pal_jinja *j, struct pal_view text, bool conditional, size_t at);

/* content.replace(old, new) */
void pal_jinja_judge_replace(const struct pal_jinja *j, struct pal_view from, struct pal_view to, size_t at);

/* Words as people say them, not a mark of some protocol: the condition of a trap. */
bool pal_jinja_is_plain(const struct pal_fold_value *v);

#endif
