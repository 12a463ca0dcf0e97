/*
 * validators.h - functions that tell a real identifier from a look-alike, by name.
 *
 * A validator gets the text of a candidate; separators between groups are taken
 * off before, unless it asks for the whole. It may narrow the view to the part that is the identifier (a phone
 * number with a closing bracket, say). A check digit that fits is evidence, not
 * proof: one random number in ten passes most of them.
 *
 *   units    characters
 *   memory   none
 *   errors   none: every function is total
 *   threads  pure
 */
#ifndef PALISADE_DETECT_VALIDATORS_H
#define PALISADE_DETECT_VALIDATORS_H

#include "palisade/view.h"

enum pal_check {
	PAL_CHECK_FAIL,
	PAL_CHECK_PASS,
	PAL_CHECK_STRONG, /* a checksum of 16 bits or more fits: chance is out of the question */
};

struct pal_validator {
	const char *name, *summary;
	bool        whole; /* gets the text as it stands, separators and all */
	enum pal_check (*check)(struct pal_view *value);
};

const struct pal_validator *pal_validator_named(struct pal_view name); /* NULL when there is none */
const struct pal_validator *pal_validator_at(size_t i);                /* NULL past the last */

#define PAL_VALIDATOR(name, whole, summary) enum pal_check pal_check_##name(struct pal_view *value);
#include "validators.def"
#undef PAL_VALIDATOR

/* Sum of digit times weight over the weights, of a value that has at least as many digits. */
unsigned int pal_weigh(struct pal_view v, const uint8_t *weights, size_t n);

static inline enum pal_check
pal_pass_if(bool ok)
{
	return ok ? PAL_CHECK_PASS : PAL_CHECK_FAIL;
}

static inline unsigned int
pal_digit_at(struct pal_view v, size_t i)
{
	return (unsigned int)(v.data[i] - '0');
}

bool pal_digits_are(struct pal_view v, size_t n); /* n of them, and nothing else */
bool pal_same_throughout(struct pal_view v);
bool pal_short_date(unsigned int year, unsigned int month, unsigned int day); /* two digits of a year, of any century */
bool pal_all_digits(struct pal_view v);
bool pal_luhn(struct pal_view digits);
bool pal_is_date(unsigned int year, unsigned int month, unsigned int day);
bool pal_is_country(struct pal_view two_letters);                     /* ISO 3166-1 alpha-2, and XK */
unsigned int pal_number_at(struct pal_view v, size_t at, size_t len); /* of up to 9 digits; 0 when they are none */

#endif
