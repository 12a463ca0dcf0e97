/* finance_checks.c - cards, accounts, securities and tax numbers of companies. */
#include "validators.h"

enum pal_check
pal_check_luhn(struct pal_view *v)
{
	return pal_pass_if(pal_all_digits(*v) && pal_luhn(*v));
}

/* Issuer ranges as the networks publish them: first digits from..to, and the lengths that cards of the range have. */
static const struct {
	unsigned int from, to;
	uint8_t      digits, least, most;
} issuers[] = {
	{ 4, 4, 1, 13, 19 },           /* Visa: 13, 16, 19 */
	{ 51, 55, 2, 16, 16 },         /* Mastercard */
	{ 2221, 2720, 4, 16, 16 },     /* Mastercard */
	{ 34, 34, 2, 15, 15 },         /* American Express */
	{ 37, 37, 2, 15, 15 },         /* American Express */
	{ 6011, 6011, 4, 16, 19 },     /* Discover */
	{ 644, 659, 3, 16, 19 },       /* Discover */
	{ 622126, 622925, 6, 16, 19 }, /* UnionPay and Discover */
	{ 62, 62, 2, 16, 19 },         /* UnionPay */
	{ 81, 81, 2, 16, 19 },         /* UnionPay */
	{ 300, 305, 3, 14, 19 },       /* Diners */
	{ 36, 36, 2, 14, 19 },         /* Diners */
	{ 38, 39, 2, 14, 19 },         /* Diners */
	{ 35, 35, 2, 16, 19 },         /* JCB: 3528 to 3589 */
	{ 2131, 2131, 4, 15, 15 },     /* JCB */
	{ 1800, 1800, 4, 15, 15 },     /* JCB */
	{ 5018, 5018, 4, 13, 19 },     /* Maestro */
	{ 5020, 5020, 4, 13, 19 },     /* Maestro */
	{ 5038, 5038, 4, 13, 19 },     /* Maestro */
	{ 6304, 6304, 4, 13, 19 },     /* Maestro */
	{ 6759, 6763, 4, 13, 19 },     /* Maestro */
	{ 2200, 2204, 4, 16, 19 },     /* Mir */
	{ 60, 60, 2, 16, 16 },         /* RuPay, Hipercard */
};

enum pal_check
pal_check_card(struct pal_view *v)
{
	if (!pal_all_digits(*v) || v->len < 13 || v->len > 19 || pal_same_throughout(*v) || !pal_luhn(*v))
		return PAL_CHECK_FAIL;
	/* The ranges allow 17 and 18 digits; nobody issues them, and identifiers of that length are everywhere. */
	if (v->len == 17 || v->len == 18 || (v->data[0] == '4' && v->len != 13 && v->len != 16 && v->len != 19))
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i < sizeof(issuers) / sizeof(issuers[0]); i++) {
		unsigned int head = pal_number_at(*v, 0, issuers[i].digits);

		if (head >= issuers[i].from && head <= issuers[i].to && v->len >= issuers[i].least &&
		    v->len <= issuers[i].most)
			return PAL_CHECK_PASS;
	}
	return PAL_CHECK_FAIL;
}

/* ISO 13616 registry: country and length of the whole number. */
static const char iban_lengths[] = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE2"
				   "0EG29ES24FI18FK18FO18FR27GB22GE22GI"
				   "23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21L"
				   "Y25MC27MD24ME22MK19MN20MR27MT31MU30"
				   "NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST2"
				   "5SV28TL23TN24TR26UA29VA22VG24XK20YE"
				   "30";

static unsigned int
iban_length(struct pal_view v)
{
	for (size_t i = 0; i + 4 < sizeof(iban_lengths); i += 4)
		if (v.data[0] == (uint8_t)iban_lengths[i] && v.data[1] == (uint8_t)iban_lengths[i + 1])
			return (unsigned int)(iban_lengths[i + 2] - '0') * 10 +
			       (unsigned int)(iban_lengths[i + 3] - '0');
	return 0;
}

/* ISO 7064 MOD 97-10 of letters and digits, going on from r. */
static unsigned int
mod97(unsigned int r, struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++) {
		uint8_t c = v.data[i];

		if (pal_is_digit(c))
			r = (r * 10 + (unsigned int)(c - '0')) % 97;
		else if (c >= 'A' && c <= 'Z')
			r = (r * 100 + (unsigned int)(c - 'A') + 10) % 97;
		else
			return 0;
	}
	return r;
}

enum pal_check
pal_check_iban(struct pal_view *v)
{
	unsigned int check;

	if (v->len < 15 || v->len != iban_length(*v) || !pal_is_digit(v->data[2]) || !pal_is_digit(v->data[3]))
		return PAL_CHECK_FAIL;
	check = pal_number_at(*v, 2, 2);
	return pal_pass_if(check >= 2 && check <= 98 &&
			   mod97(mod97(0, pal_view_sub(*v, 4, v->len)), pal_view_sub(*v, 0, 4)) == 1);
}

enum pal_check
pal_check_lei(struct pal_view *v)
{
	return pal_pass_if(v->len == 20 && pal_is_digit(v->data[18]) && pal_is_digit(v->data[19]) && mod97(0, *v) == 1);
}

enum pal_check
pal_check_bic(struct pal_view *v)
{
	if ((v->len != 8 && v->len != 11) || !pal_is_country(pal_view_sub(*v, 4, 2)))
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i < 4; i++)
		if (v->data[i] < 'A' || v->data[i] > 'Z')
			return PAL_CHECK_FAIL;
	return PAL_CHECK_PASS;
}

enum pal_check
pal_check_us_aba(struct pal_view *v)
{
	static const uint8_t w[] = { 3, 7, 1, 3, 7, 1, 3, 7, 1 };
	unsigned int         head = pal_number_at(*v, 0, 2);
	bool range = head <= 12 || (head >= 21 && head <= 32) || (head >= 61 && head <= 72) || head == 80;

	return pal_pass_if(v->len == 9 && pal_all_digits(*v) && range && pal_number_at(*v, 0, 9) != 0 &&
			   pal_weigh(*v, w, 9) % 10 == 0);
}

enum pal_check
pal_check_isin(struct pal_view *v)
{
	uint8_t digits[24];
	size_t  n = 0;

	if (v->len != 12 || !pal_is_digit(v->data[11]))
		return PAL_CHECK_FAIL;
	/* XS: international securities. */
	if (!pal_is_country(pal_view_sub(*v, 0, 2)) && !pal_view_starts(*v, "XS") && !pal_view_starts(*v, "EU"))
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i < 12; i++) {
		uint8_t c = v->data[i];

		if (c >= 'A' && c <= 'Z') {
			digits[n++] = (uint8_t)('0' + (c - 'A' + 10) / 10);
			digits[n++] = (uint8_t)('0' + (c - 'A' + 10) % 10);
		} else if (pal_is_digit(c)) {
			digits[n++] = c;
		} else {
			return PAL_CHECK_FAIL;
		}
	}
	return pal_pass_if(pal_luhn((struct pal_view){ digits, n }));
}

enum pal_check
pal_check_cusip(struct pal_view *v)
{
	unsigned int sum = 0;

	if (v->len != 9 || !pal_is_digit(v->data[8]))
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i < 8; i++) {
		uint8_t      c = v->data[i];
		unsigned int n;

		if (pal_is_digit(c))
			n = (unsigned int)(c - '0');
		else if (c >= 'A' && c <= 'Z')
			n = (unsigned int)(c - 'A') + 10;
		else
			return PAL_CHECK_FAIL;
		n *= (unsigned int)(1 + i % 2);
		sum += n / 10 + n % 10;
	}
	return pal_pass_if((10 - sum % 10) % 10 == (unsigned int)(v->data[8] - '0'));
}

/* Prefixes that the IRS has never given out. */
enum pal_check
pal_check_us_ein(struct pal_view *v)
{
	static const uint8_t none[] = { 0, 7, 8, 9, 17, 18, 19, 28, 29, 49, 69, 70, 78, 79, 89, 96, 97 };
	unsigned int         head = pal_number_at(*v, 0, 2);

	if (v->len != 9 || !pal_all_digits(*v))
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i < sizeof(none); i++)
		if (head == none[i])
			return PAL_CHECK_FAIL;
	return PAL_CHECK_PASS;
}

enum pal_check
pal_check_fr_siret(struct pal_view *v)
{
	if (!pal_all_digits(*v) || (v->len != 9 && v->len != 14) || pal_same_throughout(*v))
		return PAL_CHECK_FAIL;
	if (v->len == 14 && pal_view_starts(*v, "356000000")) { /* La Poste: the digits add up to a multiple of 5 */
		unsigned int sum = 0;

		for (size_t i = 0; i < 14; i++)
			sum += (unsigned int)(v->data[i] - '0');
		if (sum % 5 == 0)
			return PAL_CHECK_PASS;
	}
	return pal_pass_if(pal_luhn(*v) && (v->len == 9 || pal_luhn(pal_view_sub(*v, 0, 9))));
}

enum pal_check
pal_check_br_cnpj(struct pal_view *v)
{
	static const uint8_t w[] = { 6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2 };
	unsigned int         digit[2];

	if (v->len != 14 || pal_same_throughout(*v) || !pal_is_digit(v->data[12]) || !pal_is_digit(v->data[13]))
		return PAL_CHECK_FAIL;
	for (size_t k = 0; k < 2; k++) { /* letters count as their code less 48, as digits do */
		unsigned int r = pal_weigh(*v, w + 1 - k, 12 + k) % 11;

		digit[k] = r < 2 ? 0 : 11 - r;
	}
	return pal_pass_if(digit[0] == (unsigned int)(v->data[12] - '0') &&
			   digit[1] == (unsigned int)(v->data[13] - '0'));
}

enum pal_check
pal_check_au_abn(struct pal_view *v)
{
	static const uint8_t w[] = { 10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19 };

	return pal_pass_if(v->len == 11 && pal_all_digits(*v) && v->data[0] != '0' &&
			   (pal_weigh(*v, w, 11) - 10) % 89 == 0);
}

enum pal_check
pal_check_pl_nip(struct pal_view *v)
{
	static const uint8_t w[] = { 6, 5, 7, 2, 3, 4, 5, 6, 7 };

	return pal_pass_if(v->len == 10 && pal_all_digits(*v) && !pal_same_throughout(*v) &&
			   pal_weigh(*v, w, 9) % 11 == (unsigned int)(v->data[9] - '0'));
}

enum pal_check
pal_check_pt_nif(struct pal_view *v)
{
	static const uint8_t w[] = { 9, 8, 7, 6, 5, 4, 3, 2 };
	unsigned int         r;

	if (v->len != 9 || !pal_all_digits(*v) || v->data[0] == '0')
		return PAL_CHECK_FAIL;
	r = pal_weigh(*v, w, 8) % 11;
	return pal_pass_if((r < 2 ? 0 : 11 - r) == (unsigned int)(v->data[8] - '0'));
}

enum pal_check
pal_check_ar_cuit(struct pal_view *v)
{
	static const uint8_t w[] = { 5, 4, 3, 2, 7, 6, 5, 4, 3, 2 };
	static const uint8_t kinds[] = { 20, 23, 24, 27, 30, 33, 34, 50, 51, 55 };
	unsigned int         head = pal_number_at(*v, 0, 2), c;
	bool                 known = false;

	for (size_t i = 0; i < sizeof(kinds); i++)
		known |= head == kinds[i];
	if (v->len != 11 || !pal_all_digits(*v) || !known)
		return PAL_CHECK_FAIL;
	c = 11 - pal_weigh(*v, w, 10) % 11;
	return pal_pass_if((c == 11 ? 0 : c == 10 ? 9 : c) == (unsigned int)(v->data[10] - '0'));
}

enum pal_check
pal_check_nz_ird(struct pal_view *v)
{
	static const uint8_t first[] = { 3, 2, 7, 6, 5, 4, 3, 2 }, second[] = { 7, 4, 3, 2, 5, 2, 7, 6 };
	uint8_t              nine[9] = { '0' };
	struct pal_view      d = { nine, 9 };
	unsigned int         n, c;

	if (!pal_all_digits(*v) || (v->len != 8 && v->len != 9))
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i < v->len; i++)
		nine[9 - v->len + i] = v->data[i];
	n = pal_number_at(d, 0, 9);
	if (n < 10000000 || n >= 150000000)
		return PAL_CHECK_FAIL;
	c = (11 - pal_weigh(d, first, 8) % 11) % 11;
	if (c == 10)
		c = (11 - pal_weigh(d, second, 8) % 11) % 11;
	return pal_pass_if(c == (unsigned int)(nine[8] - '0'));
}
