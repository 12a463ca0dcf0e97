/* person_checks.c - national identity, tax and health numbers of people. */
#include "validators.h"

enum pal_check
pal_check_us_ssn(struct pal_view *v)
{
	unsigned int area = pal_number_at(*v, 0, 3);

	/* 078-05-1120 and 987-65-4320..9 were printed in advertisements, 219-09-9999 by the agency itself. */
	return pal_pass_if(pal_digits_are(*v, 9) && area != 0 && area != 666 && area < 900 &&
			   pal_number_at(*v, 3, 2) != 0 && pal_number_at(*v, 5, 4) != 0 &&
			   !pal_view_is(*v, "078051120") && !pal_view_is(*v, "219099999") && !pal_same_throughout(*v));
}

enum pal_check
pal_check_us_itin(struct pal_view *v)
{
	unsigned int g = pal_number_at(*v, 3, 2);
	bool group = (g >= 50 && g <= 65) || (g >= 70 && g <= 88) || (g >= 90 && g <= 92) || (g >= 94 && g <= 99);

	return pal_pass_if(pal_digits_are(*v, 9) && v->data[0] == '9' && group);
}

enum pal_check
pal_check_us_npi(struct pal_view *v)
{
	/* The prefix 80840 adds 24 to the sum, so the digits alone must add up to 6 mod 10: Luhn with one more digit
	 * tells the same. */
	uint8_t full[15] = { '8', '0', '8', '4', '0' };

	if (!pal_digits_are(*v, 10) || (v->data[0] != '1' && v->data[0] != '2'))
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i < 10; i++)
		full[5 + i] = v->data[i];
	return pal_pass_if(pal_luhn((struct pal_view){ full, 15 }));
}

enum pal_check
pal_check_us_dea(struct pal_view *v)
{
	static const uint8_t w[] = { 1, 2, 1, 2, 1, 2 };
	struct pal_view      n = pal_view_sub(*v, 2, 7);

	if (v->len != 9 || !pal_all_digits(n) ||
	    pal_view_find_byte(pal_view_of("ABCDEFGHJKLMPRSTUX"), v->data[0], 0) == SIZE_MAX)
		return PAL_CHECK_FAIL;
	if ((v->data[1] < 'A' || v->data[1] > 'Z') && v->data[1] != '9')
		return PAL_CHECK_FAIL;
	return pal_pass_if(pal_weigh(n, w, 6) % 10 == pal_digit_at(n, 6));
}

enum pal_check
pal_check_us_mbi(struct pal_view *v)
{
	static const char form[] = "CAX9AX9AA99"; /* C: 1 to 9; the letters S L O I B Z do not occur */

	if (v->len != 11)
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i < 11; i++) {
		uint8_t c = v->data[i];
		bool    letter = c >= 'A' && c <= 'Z' && pal_view_find_byte(pal_view_of("SLOIBZ"), c, 0) == SIZE_MAX;
		bool    fits = form[i] == 'A'   ? letter
			       : form[i] == 'X' ? letter || pal_is_digit(c)
						: pal_is_digit(c) && (form[i] == '9' || c != '0');

		if (!fits)
			return PAL_CHECK_FAIL;
	}
	return PAL_CHECK_PASS;
}

enum pal_check
pal_check_uk_nhs(struct pal_view *v)
{
	static const uint8_t w[] = { 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 };

	return pal_pass_if(pal_digits_are(*v, 10) && !pal_same_throughout(*v) && pal_weigh(*v, w, 10) % 11 == 0);
}

enum pal_check
pal_check_uk_nino(struct pal_view *v)
{
	static const char never[] = "BGGBNKKNTNNTZZ";

	if (v->len != 9 || !pal_all_digits(pal_view_sub(*v, 2, 6)) || v->data[8] < 'A' || v->data[8] > 'D')
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i < 2; i++)
		if (v->data[i] < 'A' || v->data[i] > 'Z' ||
		    pal_view_find_byte(pal_view_of(i == 0 ? "DFIQUV" : "DFIOQUV"), v->data[i], 0) != SIZE_MAX)
			return PAL_CHECK_FAIL;
	for (size_t i = 0; i + 1 < sizeof(never); i += 2)
		if (v->data[0] == (uint8_t)never[i] && v->data[1] == (uint8_t)never[i + 1])
			return PAL_CHECK_FAIL;
	return PAL_CHECK_PASS;
}

enum pal_check
pal_check_uk_utr(struct pal_view *v)
{
	static const uint8_t w[] = { 6, 7, 8, 9, 10, 5, 4, 3, 2 };

	if (!pal_digits_are(*v, 10))
		return PAL_CHECK_FAIL;
	return pal_pass_if(v->data[0] == (uint8_t) "21987654321"[pal_weigh(pal_view_sub(*v, 1, 9), w, 9) % 11]);
}

enum pal_check
pal_check_uk_postcode(struct pal_view *v)
{
	static const char areas[] =
	    " AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN "
	    "EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML "
	    "N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF "
	    "TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE ";
	uint8_t key[4] = { ' ', 0, ' ', ' ' };
	size_t  letters = 0;

	if (v->len < 5 || v->len > 7)
		return PAL_CHECK_FAIL;
	while (letters < 3 && pal_is_alpha(v->data[letters]))
		letters++;
	if (letters == 0 || letters > 2 || !pal_is_digit(v->data[v->len - 3]) || v->len - 3 <= letters)
		return PAL_CHECK_FAIL;
	for (size_t i = v->len - 2; i < v->len; i++) /* the last two letters: none of CIKMOV */
		if (!pal_is_alpha(v->data[i]) || pal_view_find_byte(pal_view_of("CIKMOV"), v->data[i], 0) != SIZE_MAX)
			return PAL_CHECK_FAIL;
	for (size_t i = 0; i < letters; i++)
		key[1 + i] = v->data[i];
	return pal_pass_if(pal_view_find(pal_view_of(areas), (struct pal_view){ key, letters + 2 }, 0) != SIZE_MAX);
}

enum pal_check
pal_check_ca_sin(struct pal_view *v)
{
	return pal_pass_if(pal_digits_are(*v, 9) && v->data[0] != '0' && v->data[0] != '8' &&
			   !pal_same_throughout(*v) && pal_luhn(*v));
}

/* The multiplication of the dihedral group D5, and its permutation (Verhoeff 1969). */
static bool
verhoeff(struct pal_view v)
{
	static const uint8_t p[8][11] = { "0123456789", "1576283094", "5803796142", "8916043527",
					  "9453126870", "4286573901", "2793806415", "7046913258" };
	unsigned int         c = 0;

	for (size_t i = 0; i < v.len; i++) {
		unsigned int n = (unsigned int)(p[i % 8][v.data[v.len - 1 - i] - '0'] - '0');

		if (c < 5)
			c = n < 5 ? (c + n) % 5 : 5 + (c + n) % 5;
		else
			c = n < 5 ? 5 + (c - n) % 5 : (c - n + 5) % 5;
	}
	return c == 0;
}

enum pal_check
pal_check_in_aadhaar(struct pal_view *v)
{
	bool palindrome = true;

	if (!pal_digits_are(*v, 12) || v->data[0] < '2')
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i < 6; i++)
		palindrome &= v->data[i] == v->data[11 - i];
	return pal_pass_if(!palindrome && verhoeff(*v));
}

enum pal_check
pal_check_in_pan(struct pal_view *v)
{
	return pal_pass_if(v->len == 10 && v->data[9] >= 'A' &&
			   pal_view_find_byte(pal_view_of("ABCFGHJLPTK"), v->data[3], 0) != SIZE_MAX &&
			   pal_number_at(*v, 5, 4) != 0);
}

/* ISO 7064 MOD 11,10 */
static bool
mod_11_10(struct pal_view v)
{
	unsigned int p = 10;

	for (size_t i = 0; i + 1 < v.len; i++) {
		unsigned int s = (pal_digit_at(v, i) + p) % 10;

		p = 2 * (s == 0 ? 10 : s) % 11;
	}
	return (11 - p) % 10 == pal_digit_at(v, v.len - 1);
}

enum pal_check
pal_check_de_idnr(struct pal_view *v)
{
	uint8_t      seen[10] = { 0 };
	unsigned int repeated = 0, most = 0;

	if (!pal_digits_are(*v, 11) || v->data[0] == '0')
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i < 10; i++)
		seen[pal_digit_at(*v, i)]++;
	for (size_t i = 0; i < 10; i++) {
		repeated += seen[i] > 1;
		most = seen[i] > most ? seen[i] : most;
	}
	return pal_pass_if(repeated == 1 && most <= 3 && mod_11_10(*v));
}

enum pal_check
pal_check_hr_oib(struct pal_view *v)
{
	return pal_pass_if(pal_digits_are(*v, 11) && mod_11_10(*v));
}

enum pal_check
pal_check_fr_nir(struct pal_view *v)
{
	uint64_t     n = 0;
	unsigned int month = pal_number_at(*v, 3, 2);

	if (v->len != 15 || (v->data[0] != '1' && v->data[0] != '2'))
		return PAL_CHECK_FAIL;
	if (month == 0 || (month > 12 && month < 20) || (month > 42 && month < 50)) /* 20 and above: unknown month */
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i < 13; i++) {
		uint8_t c = v->data[i];

		if (i == 6 && (c == 'A' || c == 'B') && v->data[5] == '2')
			n = (n - 2) * 10 + (c == 'A' ? 19 : 18); /* Corsica: 2A is 19, 2B is 18 */
		else if (pal_is_digit(c))
			n = n * 10 + (uint64_t)(c - '0');
		else
			return PAL_CHECK_FAIL;
	}
	return pal_pass_if(pal_all_digits(pal_view_sub(*v, 13, 2)) && 97 - n % 97 == pal_number_at(*v, 13, 2));
}

enum pal_check
pal_check_es_nif(struct pal_view *v)
{
	unsigned int n;

	if (v->len != 9 || !pal_all_digits(pal_view_sub(*v, 1, 7)))
		return PAL_CHECK_FAIL;
	if (v->data[0] >= 'X' && v->data[0] <= 'Z')
		n = (unsigned int)(v->data[0] - 'X') * 10000000 + pal_number_at(*v, 1, 7);
	else if (pal_is_digit(v->data[0]))
		n = pal_number_at(*v, 0, 8);
	else
		return PAL_CHECK_FAIL;
	return pal_pass_if(n != 0 && v->data[8] == (uint8_t) "TRWAGMYFPDXBNJZSQVHLCKE"[n % 23]);
}

/* Omocodia: where two people would have one code, digits are written as these letters. */
static unsigned int
cf_digit(uint8_t c)
{
	size_t at = pal_view_find_byte(pal_view_of("LMNPQRSTUV"), c, 0);

	return pal_is_digit(c) ? (unsigned int)(c - '0') : at == SIZE_MAX ? 99 : (unsigned int)at;
}

enum pal_check
pal_check_it_cf(struct pal_view *v)
{
	static const uint8_t odd[] = { 1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
				       20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23 };
	static const uint8_t at[] = { 6, 7, 9, 10, 12, 13, 14 };
	unsigned int         sum = 0, day;
	size_t               month;

	if (v->len != 16 || v->data[15] < 'A' || v->data[15] > 'Z')
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i < sizeof(at); i++)
		if (cf_digit(v->data[at[i]]) > 9)
			return PAL_CHECK_FAIL;
	month = pal_view_find_byte(pal_view_of("ABCDEHLMPRST"), v->data[8], 0);
	day = cf_digit(v->data[9]) * 10 + cf_digit(v->data[10]);
	day -= day > 40 ? 40 : 0;
	if (month == SIZE_MAX ||
	    !pal_short_date(cf_digit(v->data[6]) * 10 + cf_digit(v->data[7]), (unsigned int)month + 1, day))
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i < 15; i++) {
		uint8_t      c = v->data[i];
		unsigned int n = pal_is_digit(c) ? (unsigned int)(c - '0') : (unsigned int)(c - 'A');

		if (!pal_is_digit(c) && (c < 'A' || c > 'Z'))
			return PAL_CHECK_FAIL;
		sum += i % 2 == 0 ? odd[n] : n;
	}
	return pal_pass_if(sum % 26 == (unsigned int)(v->data[15] - 'A'));
}

enum pal_check
pal_check_nl_bsn(struct pal_view *v)
{
	static const uint8_t w[] = { 9, 8, 7, 6, 5, 4, 3, 2 };

	if (!pal_digits_are(*v, 9) || pal_number_at(*v, 0, 9) == 0 || pal_same_throughout(*v))
		return PAL_CHECK_FAIL;
	return pal_pass_if((pal_weigh(*v, w, 8) + 10 * pal_digit_at(*v, 8)) % 11 == 0); /* -1 is 10 mod 11 */
}

enum pal_check
pal_check_be_nrn(struct pal_view *v)
{
	unsigned int n = pal_number_at(*v, 0, 9), check = pal_number_at(*v, 9, 2), month = pal_number_at(*v, 2, 2);
	bool         before = 97 - n % 97 == check, since = 97 - (n + 2000000000u % 97) % 97 == check;

	if (!pal_digits_are(*v, 11) || month > 12 || pal_number_at(*v, 4, 2) > 31 || pal_number_at(*v, 6, 3) == 0)
		return PAL_CHECK_FAIL;
	return pal_pass_if(before || since);
}

enum pal_check
pal_check_pl_pesel(struct pal_view *v)
{
	static const uint8_t  w[] = { 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1 };
	static const unsigned century[] = { 1900, 2000, 2100, 2200, 1800 };
	unsigned int          month = pal_number_at(*v, 2, 2);

	return pal_pass_if(
	    pal_digits_are(*v, 11) && month / 20 < 5 &&
	    pal_is_date(century[month / 20 % 5] + pal_number_at(*v, 0, 2), month % 20, pal_number_at(*v, 4, 2)) &&
	    pal_weigh(*v, w, 11) % 10 == 0);
}

enum pal_check
pal_check_ie_pps(struct pal_view *v)
{
	static const uint8_t w[] = { 8, 7, 6, 5, 4, 3, 2 };
	unsigned int         sum;

	if ((v->len != 8 && v->len != 9) || !pal_all_digits(pal_view_sub(*v, 0, 7)))
		return PAL_CHECK_FAIL;
	sum = pal_weigh(*v, w, 7);
	if (v->len == 9 && v->data[8] >= 'A' && v->data[8] <= 'I')
		sum += 9 * (unsigned int)(v->data[8] - 'A' + 1);
	else if (v->len == 9 && v->data[8] != 'W' && v->data[8] != 'T' && v->data[8] != 'X')
		return PAL_CHECK_FAIL;
	return pal_pass_if(v->data[7] == (uint8_t) "WABCDEFGHIJKLMNOPQRSTUV"[sum % 23]);
}

enum pal_check
pal_check_ch_ahv(struct pal_view *v)
{
	static const uint8_t w[] = { 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1 };

	return pal_pass_if(pal_digits_are(*v, 13) && pal_view_starts(*v, "756") && pal_weigh(*v, w, 13) % 10 == 0);
}

enum pal_check
pal_check_se_pnr(struct pal_view *v)
{
	struct pal_view ten = pal_view_sub(*v, v->len == 12 ? 2 : 0, 10);
	unsigned int    day = pal_number_at(ten, 4, 2);

	if (!pal_all_digits(*v) || (v->len != 10 && v->len != 12))
		return PAL_CHECK_FAIL;
	if (v->len == 12 && pal_number_at(*v, 0, 2) != 19 && pal_number_at(*v, 0, 2) != 20)
		return PAL_CHECK_FAIL;
	day -= day > 60 ? 60 : 0; /* coordination number */
	return pal_pass_if(pal_short_date(pal_number_at(ten, 0, 2), pal_number_at(ten, 2, 2), day) && pal_luhn(ten));
}

enum pal_check
pal_check_no_fnr(struct pal_view *v)
{
	static const uint8_t first[] = { 3, 7, 6, 1, 8, 9, 4, 5, 2 }, second[] = { 5, 4, 3, 2, 7, 6, 5, 4, 3, 2 };
	unsigned int         day = pal_number_at(*v, 0, 2), month = pal_number_at(*v, 2, 2);

	day -= day > 40 ? 40 : 0;     /* D-number */
	month -= month > 40 ? 40 : 0; /* H-number */
	return pal_pass_if(pal_digits_are(*v, 11) && pal_short_date(pal_number_at(*v, 4, 2), month, day) &&
			   (11 - pal_weigh(*v, first, 9) % 11) % 11 == pal_digit_at(*v, 9) &&
			   (11 - pal_weigh(*v, second, 10) % 11) % 11 == pal_digit_at(*v, 10));
}

enum pal_check
pal_check_dk_cpr(struct pal_view *v)
{
	/* The check digit was given up in 2007. */
	return pal_pass_if(pal_digits_are(*v, 10) &&
			   pal_short_date(pal_number_at(*v, 4, 2), pal_number_at(*v, 2, 2), pal_number_at(*v, 0, 2)));
}

enum pal_check
pal_check_fi_hetu(struct pal_view *v)
{
	uint8_t         nine[9];
	struct pal_view n = { nine, 9 };

	if (v->len != 11 || pal_view_find_byte(pal_view_of("+-ABCDEFUVWXY"), v->data[6], 0) == SIZE_MAX)
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i < 9; i++)
		nine[i] = v->data[i < 6 ? i : i + 1];
	return pal_pass_if(pal_all_digits(n) && pal_number_at(n, 6, 3) >= 2 &&
			   pal_short_date(pal_number_at(n, 4, 2), pal_number_at(n, 2, 2), pal_number_at(n, 0, 2)) &&
			   v->data[10] == (uint8_t) "0123456789ABCDEFHJKLMNPRSTUVWXY"[pal_number_at(n, 0, 9) % 31]);
}

enum pal_check
pal_check_ro_cnp(struct pal_view *v)
{
	static const uint8_t w[] = { 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9 };
	unsigned int         c, county = pal_number_at(*v, 7, 2);

	if (!pal_digits_are(*v, 13) || v->data[0] == '0' || county == 0 || (county > 52 && county != 70) ||
	    !pal_short_date(pal_number_at(*v, 1, 2), pal_number_at(*v, 3, 2), pal_number_at(*v, 5, 2)))
		return PAL_CHECK_FAIL;
	c = pal_weigh(*v, w, 12) % 11;
	return pal_pass_if((c == 10 ? 1 : c) == pal_digit_at(*v, 12));
}

enum pal_check
pal_check_bg_egn(struct pal_view *v)
{
	static const uint8_t w[] = { 2, 4, 8, 5, 10, 9, 7, 3, 6 };
	unsigned int         month = pal_number_at(*v, 2, 2), year = 1900;

	if (month > 40) {
		month -= 40;
		year = 2000;
	} else if (month > 20) {
		month -= 20;
		year = 1800;
	}
	return pal_pass_if(pal_digits_are(*v, 10) &&
			   pal_is_date(year + pal_number_at(*v, 0, 2), month, pal_number_at(*v, 4, 2)) &&
			   pal_weigh(*v, w, 9) % 11 % 10 == pal_digit_at(*v, 9));
}
