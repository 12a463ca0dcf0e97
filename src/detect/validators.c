/* validators.c - the table of validators, and the arithmetic that they share. */
#include "validators.h"

static const struct pal_validator validators[] = {
#define PAL_VALIDATOR(name, whole, summary) { #name, summary, whole, pal_check_##name },
#include "validators.def"
#undef PAL_VALIDATOR
};
static const size_t validator_count = sizeof(validators) / sizeof(validators[0]);

static const char countries[] =
    "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZ"
    "DEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJO"
    "JPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNU"
    "NZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTV"
    "TWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZWXK";

const struct pal_validator *
pal_validator_at(size_t i)
{
	return i < validator_count ? &validators[i] : NULL;
}

const struct pal_validator *
pal_validator_named(struct pal_view name)
{
	for (size_t i = 0; i < validator_count; i++)
		if (pal_view_is(name, validators[i].name))
			return &validators[i];
	return NULL;
}

unsigned int
pal_weigh(struct pal_view v, const uint8_t *weights, size_t n)
{
	unsigned int sum = 0;

	for (size_t i = 0; i < n && i < v.len; i++)
		sum += (unsigned int)(v.data[i] - '0') * weights[i];
	return sum;
}

bool
pal_all_digits(struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (!pal_is_digit(v.data[i]))
			return false;
	return v.len > 0;
}

bool
pal_digits_are(struct pal_view v, size_t n)
{
	return v.len == n && pal_all_digits(v);
}

bool
pal_same_throughout(struct pal_view v)
{
	for (size_t i = 1; i < v.len; i++)
		if (v.data[i] != v.data[0])
			return false;
	return true;
}

bool
pal_luhn(struct pal_view digits)
{
	unsigned int sum = 0;

	for (size_t i = 0; i < digits.len; i++) {
		unsigned int d = (unsigned int)(digits.data[digits.len - 1 - i] - '0');

		d *= (unsigned int)(1 + i % 2);
		sum += d > 9 ? d - 9 : d;
	}
	return sum % 10 == 0;
}

bool
pal_is_date(unsigned int year, unsigned int month, unsigned int day)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool                 leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (month < 1 || month > 12 || day < 1)
		return false;
	return day <= days[month - 1] + (unsigned int)(month == 2 && leap);
}

bool
pal_short_date(unsigned int year, unsigned int month, unsigned int day)
{
	return pal_is_date(1900 + year, month, day) || pal_is_date(2000 + year, month, day);
}

bool
pal_is_country(struct pal_view two_letters)
{
	if (two_letters.len != 2)
		return false;
	for (size_t i = 0; i + 1 < sizeof(countries); i += 2)
		if (two_letters.data[0] == (uint8_t)countries[i] && two_letters.data[1] == (uint8_t)countries[i + 1])
			return true;
	return false;
}

unsigned int
pal_number_at(struct pal_view v, size_t at, size_t len)
{
	unsigned int n = 0;

	for (size_t i = at; i < at + len; i++) {
		if (i >= v.len || !pal_is_digit(v.data[i]))
			return 0;
		n = n * 10 + (unsigned int)(v.data[i] - '0');
	}
	return n;
}
