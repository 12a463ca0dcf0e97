/* world_checks.c - more national numbers: Czechia to Mexico. */
#include "validators.h"

enum pal_check
pal_check_cz_rc(struct pal_view *v)
{
	unsigned int month = pal_number_at(*v, 2, 2), rest;

	if (!pal_digits_are(*v, 9) && !pal_digits_are(*v, 10))
		return PAL_CHECK_FAIL;
	month %= 50;                  /* women */
	month -= month > 20 ? 20 : 0; /* full days, since 2004 */
	if (!pal_short_date(pal_number_at(*v, 0, 2), month, pal_number_at(*v, 4, 2)))
		return PAL_CHECK_FAIL;
	if (v->len == 9) /* until 1953, without check digit */
		return pal_pass_if(pal_number_at(*v, 0, 2) <= 53 && pal_number_at(*v, 6, 3) != 0);
	rest = pal_number_at(*v, 0, 9) % 11;
	return pal_pass_if(rest % 10 == pal_digit_at(*v, 9));
}

enum pal_check
pal_check_ee_ik(struct pal_view *v)
{
	static const uint8_t first[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 1 }, second[] = { 3, 4, 5, 6, 7, 8, 9, 1, 2, 3 };
	unsigned int         c, century;

	if (!pal_digits_are(*v, 11) || v->data[0] == '0' || v->data[0] > '8')
		return PAL_CHECK_FAIL;
	century = 1800 + (pal_digit_at(*v, 0) - 1) / 2 * 100;
	if (!pal_is_date(century + pal_number_at(*v, 1, 2), pal_number_at(*v, 3, 2), pal_number_at(*v, 5, 2)))
		return PAL_CHECK_FAIL;
	c = pal_weigh(*v, first, 10) % 11;
	if (c == 10)
		c = pal_weigh(*v, second, 10) % 11 % 10;
	return pal_pass_if(c == pal_digit_at(*v, 10));
}

enum pal_check
pal_check_gr_amka(struct pal_view *v)
{
	return pal_pass_if(pal_digits_are(*v, 11) &&
			   pal_short_date(pal_number_at(*v, 4, 2), pal_number_at(*v, 2, 2), pal_number_at(*v, 0, 2)) &&
			   pal_luhn(*v));
}

enum pal_check
pal_check_tr_tckn(struct pal_view *v)
{
	unsigned int odd = 0, even = 0;

	if (!pal_digits_are(*v, 11) || v->data[0] == '0')
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i < 9; i++)
		*(i % 2 == 0 ? &odd : &even) += pal_digit_at(*v, i);
	return pal_pass_if((7 * odd + 10 * even - even) % 10 == pal_digit_at(*v, 9) &&
			   (odd + even + pal_digit_at(*v, 9)) % 10 == pal_digit_at(*v, 10));
}

enum pal_check
pal_check_il_id(struct pal_view *v)
{
	return pal_pass_if(pal_digits_are(*v, 9) && pal_number_at(*v, 0, 9) != 0 && pal_luhn(*v));
}

enum pal_check
pal_check_za_id(struct pal_view *v)
{
	return pal_pass_if(pal_digits_are(*v, 13) && v->data[10] <= '2' &&
			   pal_short_date(pal_number_at(*v, 0, 2), pal_number_at(*v, 2, 2), pal_number_at(*v, 4, 2)) &&
			   pal_luhn(*v));
}

enum pal_check
pal_check_br_cpf(struct pal_view *v)
{
	static const uint8_t w[] = { 11, 10, 9, 8, 7, 6, 5, 4, 3, 2 };

	return pal_pass_if(pal_digits_are(*v, 11) && !pal_same_throughout(*v) &&
			   pal_weigh(*v, w + 1, 9) * 10 % 11 % 10 == pal_digit_at(*v, 9) &&
			   pal_weigh(*v, w, 10) * 10 % 11 % 10 == pal_digit_at(*v, 10));
}

enum pal_check
pal_check_au_tfn(struct pal_view *v)
{
	static const uint8_t nine[] = { 1, 4, 3, 7, 5, 8, 6, 9, 10 }, eight[] = { 10, 7, 8, 4, 6, 3, 5, 1 };

	if (pal_digits_are(*v, 8))
		return pal_pass_if(pal_weigh(*v, eight, 8) % 11 == 0);
	return pal_pass_if(pal_digits_are(*v, 9) && !pal_same_throughout(*v) && pal_weigh(*v, nine, 9) % 11 == 0);
}

enum pal_check
pal_check_au_medicare(struct pal_view *v)
{
	static const uint8_t w[] = { 1, 3, 7, 9, 1, 3, 7, 9 };

	return pal_pass_if((pal_digits_are(*v, 10) || pal_digits_are(*v, 11)) && v->data[0] >= '2' &&
			   v->data[0] <= '6' && v->data[9] != '0' && pal_weigh(*v, w, 8) % 10 == pal_digit_at(*v, 8));
}

enum pal_check
pal_check_cn_ric(struct pal_view *v)
{
	static const uint8_t w[] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 };
	unsigned int         province = pal_number_at(*v, 0, 2), year = pal_number_at(*v, 6, 4);

	if (v->len != 18 || !pal_all_digits(pal_view_sub(*v, 0, 17)) || province < 11 ||
	    (province > 65 && province != 71 && province != 81 && province != 82))
		return PAL_CHECK_FAIL;
	if (year < 1880 || year > 2100 || !pal_is_date(year, pal_number_at(*v, 10, 2), pal_number_at(*v, 12, 2)))
		return PAL_CHECK_FAIL;
	return pal_pass_if((v->data[17] == 'x' ? 'X' : v->data[17]) ==
			   (uint8_t) "10X98765432"[pal_weigh(*v, w, 17) % 11]);
}

enum pal_check
pal_check_kr_rrn(struct pal_view *v)
{
	static const uint8_t w[] = { 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5 };

	return pal_pass_if(pal_digits_are(*v, 13) &&
			   pal_short_date(pal_number_at(*v, 0, 2), pal_number_at(*v, 2, 2), pal_number_at(*v, 4, 2)) &&
			   (11 - pal_weigh(*v, w, 12) % 11) % 10 == pal_digit_at(*v, 12));
}

enum pal_check
pal_check_jp_mynumber(struct pal_view *v)
{
	static const uint8_t w[] = { 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2 };
	unsigned int         r;

	if (!pal_digits_are(*v, 12) || pal_same_throughout(*v))
		return PAL_CHECK_FAIL;
	r = pal_weigh(*v, w, 11) % 11;
	return pal_pass_if((r < 2 ? 0 : 11 - r) == pal_digit_at(*v, 11));
}

enum pal_check
pal_check_th_pin(struct pal_view *v)
{
	static const uint8_t w[] = { 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2 };

	return pal_pass_if(pal_digits_are(*v, 13) && v->data[0] >= '1' && v->data[0] <= '8' &&
			   (11 - pal_weigh(*v, w, 12) % 11) % 10 == pal_digit_at(*v, 12));
}

enum pal_check
pal_check_sg_nric(struct pal_view *v)
{
	static const uint8_t w[] = { 2, 7, 6, 5, 4, 3, 2 };
	struct pal_view      n = pal_view_sub(*v, 1, 7);
	unsigned int         sum;
	const char          *letters = "JZIHGFEDCBA";

	if (v->len != 9 || !pal_all_digits(n) || pal_view_find_byte(pal_view_of("STFGM"), v->data[0], 0) == SIZE_MAX)
		return PAL_CHECK_FAIL;
	sum = pal_weigh(n, w, 7);
	if (v->data[0] == 'T' || v->data[0] == 'G')
		sum += 4;
	if (v->data[0] == 'M')
		sum += 3;
	if (v->data[0] == 'F' || v->data[0] == 'G')
		letters = "XWUTRQPNMLK";
	if (v->data[0] == 'M')
		letters = "XWUTRQPNJLK";
	return pal_pass_if(v->data[8] == (uint8_t)letters[sum % 11]);
}

/* Digits, A-N, N with tilde, O-Z: the tilde shifts what comes after N by one. */
static unsigned int
curp_value(uint8_t c)
{
	if (pal_is_digit(c))
		return (unsigned int)(c - '0');
	return (unsigned int)(c - 'A') + (c > 'N' ? 11 : 10);
}

enum pal_check
pal_check_mx_curp(struct pal_view *v)
{
	static const char states[] = "ASBCBSCCCLCMCSCHDFDGGTGRHGJCMCMNMSNTNLOCPLQTQRSPSLSRTCTSTLVZYNZSNE";
	unsigned int      sum = 0;
	bool              state = false;

	if (v->len != 18 ||
	    !pal_short_date(pal_number_at(*v, 4, 2), pal_number_at(*v, 6, 2), pal_number_at(*v, 8, 2)) ||
	    (v->data[10] != 'H' && v->data[10] != 'M' && v->data[10] != 'X') || !pal_is_digit(v->data[17]))
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i + 1 < sizeof(states); i += 2)
		state |= v->data[11] == (uint8_t)states[i] && v->data[12] == (uint8_t)states[i + 1];
	for (size_t i = 0; i < 17; i++) {
		if (!pal_is_digit(v->data[i]) && (v->data[i] < 'A' || v->data[i] > 'Z'))
			return PAL_CHECK_FAIL;
		sum += curp_value(v->data[i]) * (unsigned int)(18 - i);
	}
	return pal_pass_if(state && (10 - sum % 10) % 10 == pal_digit_at(*v, 17));
}

enum pal_check
pal_check_cl_rut(struct pal_view *v)
{
	unsigned int sum = 0;
	size_t       n = v->len;

	if (n < 8 || n > 9 || !pal_all_digits(pal_view_sub(*v, 0, n - 1)))
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i + 1 < n; i++)
		sum += pal_digit_at(*v, n - 2 - i) * (unsigned int)(2 + i % 6);
	return pal_pass_if((v->data[n - 1] == 'k' ? 'K' : v->data[n - 1]) ==
			   (uint8_t) "0123456789K"[(11 - sum % 11) % 11]);
}
