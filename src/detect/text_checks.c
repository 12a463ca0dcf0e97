/* text_checks.c - addresses of people and machines, dates, names, codes: what has a form but no number scheme. */
#include "validators.h"

#include <arpa/inet.h>

static bool
has(const char *set, uint8_t c)
{
	return pal_view_find_byte(pal_view_of(set), c, 0) != SIZE_MAX;
}

/* Top-level domains that never reach anybody (RFC 2606, RFC 6761). example.com counts: made-up data uses it where real
 * data would have a real domain. */
static bool
reserved_domain(struct pal_view domain)
{
	static const char *const tops[] = { ".example", ".invalid", ".localhost", ".local", ".internal", ".lan" };

	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++)
		if (pal_view_ends(domain, tops[i]))
			return true;
	return false;
}

/* Endings that look like a top-level domain and are not: user@2x.png, decorator@module.py */
static bool
file_ending(struct pal_view top)
{
	static const char *const none[] = { "png",     "jpg",    "jpeg",   "gif",   "svg",  "py",  "js",   "ts",
					    "css",     "html",   "json",   "xml",   "txt",  "csv", "md",   "so",
					    "service", "socket", "target", "patch", "diff", "git", "conf", "lock",
					    "log",     "yaml",   "yml",    "zip",   "gz" };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (pal_view_is_nocase(top, none[i]))
			return !pal_view_is(top, "so") && !pal_view_is(top, "md"); /* those two are countries too */
	return false;
}

/* Narrows a domain to labels of letters, digits and hyphens with a top-level domain of letters; empty when it is none.
 */
static struct pal_view
domain_of(struct pal_view d)
{
	size_t label = 0, top = 0, end = 0, i = 0;

	for (; i <= d.len; i++) {
		if (i < d.len && d.data[i] != '.')
			continue;
		if (i == label || i - label > 63 || d.data[label] == '-' || d.data[i - 1] == '-')
			break;
		top = label;
		end = i;
		label = i + 1;
	}
	if (end == 0 || top == 0 || end - top < 2)
		return (struct pal_view){ NULL, 0 };
	for (i = top; i < end; i++)
		if (!pal_is_alpha(d.data[i]) && !pal_view_starts(pal_view_sub(d, top, end - top), "xn--"))
			return (struct pal_view){ NULL, 0 };
	return pal_view_sub(d, 0, end);
}

enum pal_check
pal_check_email(struct pal_view *v)
{
	size_t          at = pal_view_find_byte(*v, '@', 0), from = 0, dot = 0;
	struct pal_view domain;

	if (at == SIZE_MAX || at == 0)
		return PAL_CHECK_FAIL;
	while (from < at && !pal_is_alnum(v->data[from]) && v->data[from] != '_')
		from++;
	domain = domain_of(pal_view_sub(*v, at + 1, v->len));
	if (from == at || at - from > 64 || v->data[at - 1] == '.' || domain.len == 0 || reserved_domain(domain))
		return PAL_CHECK_FAIL;
	for (size_t i = from; i + 1 < at; i++)
		if (v->data[i] == '.' && v->data[i + 1] == '.')
			from = i + 2; /* an ellipsis before the name */
	for (size_t i = 0; i < domain.len; i++)
		dot = domain.data[i] == '.' ? i : dot;
	if (from >= at || file_ending(pal_view_sub(domain, dot + 1, domain.len)))
		return PAL_CHECK_FAIL;
	*v = pal_view_sub(*v, from, at + 1 + domain.len - from);
	return PAL_CHECK_PASS;
}

/* ITU-T E.164 assigned country codes of one and two digits; others have three. */
static bool
country_code(struct pal_view digits)
{
	static const char two[] =
	    "2027303132333436394041434445464748495152535455565758606162636465668182848690919293949598";

	if (digits.data[0] == '1' || digits.data[0] == '7')
		return true;
	for (size_t i = 0; i + 1 < sizeof(two); i += 2)
		if (digits.data[0] == (uint8_t)two[i] && digits.data[1] == (uint8_t)two[i + 1])
			return true;
	return has("2356789", digits.data[0]);
}

enum pal_check
pal_check_phone_e164(struct pal_view *v)
{
	uint8_t d[16];
	size_t  n = 0, end = 0, gaps = 0;

	for (size_t i = 0; i < v->len && n < 16; i++) {
		if (pal_is_digit(v->data[i])) {
			d[n++] = v->data[i];
			end = i + 1;
			gaps = 0;
		} else if (v->data[i] != '(' && v->data[i] != ')' && ++gaps > 1) {
			break;
		}
	}
	if (n < 8 || n > 15 || !country_code((struct pal_view){ d, n }))
		return PAL_CHECK_FAIL;
	if (d[0] == '1' && (n != 11 || d[1] < '2' || d[4] < '2'))
		return PAL_CHECK_FAIL;
	*v = pal_view_sub(*v, 0, end);
	return PAL_CHECK_PASS;
}

/* What stands behind "Phone:" and looks like a number: brackets, blanks, hyphens, points or slashes between groups. */
enum pal_check
pal_check_phone_loose(struct pal_view *v)
{
	size_t n = 0, from = 0, end = 0, points = 0, gap = 0;

	while (from < v->len && !pal_is_digit(v->data[from]) && v->data[from] != '+' && v->data[from] != '(')
		from++;
	for (size_t i = from; i < v->len && gap < 3; i++) {
		bool digit = pal_is_digit(v->data[i]);

		gap = digit ? 0 : gap + 1;
		n += digit ? 1 : 0;
		points += v->data[i] == '.' ? 1 : 0;
		end = digit ? i + 1 : end;
	}
	if (n < 7 || n > 15 || (points > 0 && n < 9))
		return PAL_CHECK_FAIL;
	*v = pal_view_sub(*v, from, end - from);
	for (size_t len = 8; len <= 10 && len <= v->len; len++) { /* 2024-10-12, 1/2/2024 */
		struct pal_view head = pal_view_sub(*v, 0, len);

		if (!pal_all_digits(head) && pal_check_date(&head) != PAL_CHECK_FAIL)
			return PAL_CHECK_FAIL;
	}
	return PAL_CHECK_PASS;
}

/* NANP: area and exchange start at 2; neither is N11. */
enum pal_check
pal_check_phone_us(struct pal_view *v)
{
	uint8_t         d[10];
	size_t          n = 0, skip = 0;
	struct pal_view s = *v;

	if (pal_all_digits(s)) /* 1 or 001 may stand before the area */
		skip = s.len == 11 && s.data[0] == '1' ? 1 : s.len == 13 && pal_view_starts(s, "001") ? 3 : 0;
	if (pal_all_digits(s) && s.len - skip != 10)
		return PAL_CHECK_FAIL;
	for (size_t i = skip; i < v->len; i++)
		if (pal_is_digit(v->data[i]) && n < 10)
			d[n++] = v->data[i];
	if (n != 10 || d[0] < '2' || d[3] < '2' || (d[1] == '1' && d[2] == '1') || (d[4] == '1' && d[5] == '1'))
		return PAL_CHECK_FAIL;
	return pal_pass_if(d[1] != '9');
}

enum pal_check
pal_check_phone_national(struct pal_view *v)
{
	bool varied = false;

	for (size_t i = 1; i < v->len; i++)
		varied |= v->data[i] != v->data[1];
	return pal_pass_if(pal_all_digits(*v) && v->len >= 9 && v->len <= 12 && v->data[0] == '0' &&
			   v->data[1] != '0' && varied);
}

/* Private, loopback, link-local, documentation, multicast and reserved addresses name nobody (RFC 6890). */
static bool
public_v4(const uint8_t a[4])
{
	return a[0] != 0 && a[0] != 10 && a[0] != 127 && a[0] < 224 && !(a[0] == 100 && a[1] >= 64 && a[1] < 128) &&
	       !(a[0] == 169 && a[1] == 254) && !(a[0] == 172 && a[1] >= 16 && a[1] < 32) &&
	       !(a[0] == 192 && a[1] == 168) && !(a[0] == 192 && a[1] == 0 && (a[2] == 2 || a[2] == 0)) &&
	       !(a[0] == 198 && (a[1] == 18 || a[1] == 19)) && !(a[0] == 198 && a[1] == 51 && a[2] == 100) &&
	       !(a[0] == 203 && a[1] == 0 && a[2] == 113);
}

enum pal_check
pal_check_ipv4(struct pal_view *v)
{
	struct pal_view rest = *v, part;
	uint8_t         a[4] = { 0 };
	size_t          n = 0;
	uint64_t        octet;

	while (pal_view_split(&rest, '.', &part)) {
		if (n == 4 || !pal_view_u64(part, &octet) || octet > 255)
			return PAL_CHECK_FAIL;
		a[n++] = (uint8_t)octet;
	}
	/* 1.2.3.4 and 4.18.0.0 are version numbers more often than hosts. */
	return pal_pass_if(n == 4 && public_v4(a) && !(a[0] < 10 && a[1] < 20 && a[2] < 20) &&
			   !(a[2] == 0 && a[3] == 0));
}

enum pal_check
pal_check_ipv6(struct pal_view *v)
{
	char    text[INET6_ADDRSTRLEN];
	uint8_t a[16];

	while (v->len > 0 && has(":.", v->data[v->len - 1]) && !pal_view_ends(*v, "::"))
		*v = pal_view_sub(*v, 0, v->len - 1);
	if (v->len >= sizeof(text))
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i < v->len; i++)
		text[i] = (char)v->data[i];
	text[v->len] = '\0';
	if (inet_pton(AF_INET6, text, a) != 1)
		return PAL_CHECK_FAIL;
	/* Not the unspecified, loopback, link-local, unique local, multicast and documentation addresses, not protocol
	 * assignments (2001::/23, RFC 2928). */
	return pal_pass_if(a[0] != 0 && a[0] != 0xff && (a[0] & 0xfe) != 0xfc && !(a[0] == 0xfe && a[1] >> 6 == 2) &&
			   !(a[0] == 0x20 && a[1] == 0x01 && ((a[2] == 0x0d && a[3] == 0xb8) || a[2] < 2)));
}

enum pal_check
pal_check_mac(struct pal_view *v)
{
	bool zero = true, ones = true;

	for (size_t i = 0; i < v->len; i++) {
		uint8_t c = pal_to_lower(v->data[i]);

		if (i % 3 == 2 ? c != v->data[2] : !pal_is_digit(c) && (c < 'a' || c > 'f'))
			return PAL_CHECK_FAIL; /* one separator throughout */
		zero &= i % 3 == 2 || c == '0';
		ones &= i % 3 == 2 || c == 'f';
	}
	return pal_pass_if(v->len == 17 && !zero && !ones);
}

/* Day first, month first or year first; the separators are gone when the run scanner found it. */
static bool
date_parts(struct pal_view v, unsigned int part[3], size_t len[3])
{
	size_t n = 0;

	len[0] = 0;
	for (size_t i = 0; i < v.len; i++) {
		if (!pal_is_digit(v.data[i])) {
			if (len[n] == 0 || ++n == 3)
				return false;
			len[n] = 0;
		} else if (len[n]++ > 3) {
			return false;
		}
	}
	if (n != 2 || len[2] == 0)
		return false;
	for (size_t k = 0, at = 0; k < 3; at += len[k] + 1, k++)
		part[k] = pal_number_at(v, at, len[k]);
	return true;
}

static unsigned int
year_of_date(struct pal_view v)
{
	unsigned int p[3] = { 0 };
	size_t       len[3] = { 0 };

	if (pal_all_digits(v) && v.len == 8) {
		if (pal_is_date(pal_number_at(v, 0, 4), pal_number_at(v, 4, 2), pal_number_at(v, 6, 2)))
			return pal_number_at(v, 0, 4);
		return 0;
	}
	if (!date_parts(v, p, len))
		return 0;
	if (len[0] == 4)
		return pal_is_date(p[0], p[1], p[2]) ? p[0] : 0;
	if (len[2] == 2)
		p[2] += 1900;
	return (len[2] == 4 || len[2] == 2) && (pal_is_date(p[2], p[1], p[0]) || pal_is_date(p[2], p[0], p[1])) ? p[2]
														: 0;
}

enum pal_check
pal_check_date(struct pal_view *v)
{
	unsigned int year = year_of_date(*v);

	return pal_pass_if(year >= 1900 && year < 2100);
}

enum pal_check
pal_check_date_of_birth(struct pal_view *v)
{
	unsigned int year = year_of_date(*v);

	return pal_pass_if(year >= 1900 && year < 2035);
}

/* A decimal number, its size and how many digits follow the point. */
static bool
decimal(struct pal_view v, double *ret_size, size_t *ret_places)
{
	double size = 0, unit = 1;
	size_t places = 0, whole = 0;
	bool   point = false;

	if (v.len > 0 && (v.data[0] == '-' || v.data[0] == '+'))
		v = pal_view_sub(v, 1, v.len);
	for (size_t i = 0; i < v.len; i++) {
		if (v.data[i] == '.' && !point) {
			point = true;
			continue;
		}
		if (!pal_is_digit(v.data[i]))
			return false;
		size = size * 10 + (v.data[i] - '0');
		unit *= point ? 10 : 1;
		places += point ? 1 : 0;
		whole += point ? 0 : 1;
	}
	if (whole == 0 || whole + places > 18)
		return false;
	*ret_size = size / unit;
	*ret_places = places;
	return true;
}

static bool
within(struct pal_view v, double most, size_t least_places)
{
	double size = 0;
	size_t places = 0;

	return decimal(pal_view_trim(v), &size, &places) && size <= most && places >= least_places;
}

enum pal_check
pal_check_geo(struct pal_view *v)
{
	size_t comma = pal_view_find_byte(*v, ',', 0);

	return pal_pass_if(comma != SIZE_MAX && within(pal_view_sub(*v, 0, comma), 90, 4) &&
			   within(pal_view_sub(*v, comma + 1, v->len), 180, 4));
}

enum pal_check
pal_check_latitude(struct pal_view *v)
{
	return pal_pass_if(within(*v, 90, 3));
}

enum pal_check
pal_check_longitude(struct pal_view *v)
{
	return pal_pass_if(within(*v, 180, 3));
}

enum pal_check
pal_check_number(struct pal_view *v)
{
	return pal_pass_if(within(*v, 1e18, 0));
}

enum pal_check
pal_check_vin(struct pal_view *v)
{
	static const uint8_t w[] = { 8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2 };
	static const char    value[] = "12345678.12345.7.923456789"; /* A to Z; I, O and Q do not occur */
	unsigned int         sum = 0, letters = 0;

	if (v->len != 17)
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i < 17; i++) {
		uint8_t c = v->data[i];

		if (!pal_is_digit(c) && (c < 'A' || c > 'Z' || value[c - 'A'] == '.'))
			return PAL_CHECK_FAIL;
		letters += !pal_is_digit(c);
		sum += (unsigned int)((pal_is_digit(c) ? c : (uint8_t)value[c - 'A']) - '0') * w[i];
	}
	return pal_pass_if(letters >= 2 && letters <= 12 && v->data[8] == (uint8_t) "0123456789X"[sum % 11]);
}

enum pal_check
pal_check_imei(struct pal_view *v)
{
	static const uint8_t bodies[] = { 1, 10, 30, 33, 35, 44, 45, 49, 50, 51, 52, 53, 54, 86, 91, 98, 99 };
	unsigned int         head = pal_number_at(*v, 0, 2);

	if (v->len != 15 || !pal_all_digits(*v) || !pal_luhn(*v))
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i < sizeof(bodies); i++)
		if (head == bodies[i])
			return PAL_CHECK_PASS;
	return PAL_CHECK_FAIL;
}

/* ICD-10: a chapter letter (U for provisional codes), two digits or a digit and A/B, up to four more. */
enum pal_check
pal_check_icd10(struct pal_view *v)
{
	uint8_t c = v->len >= 3 ? v->data[0] : 0;

	if (c < 'A' || c > 'Z' || v->len > 7 || !pal_is_digit(v->data[1]))
		return PAL_CHECK_FAIL;
	if (!pal_is_digit(v->data[2]) && v->data[2] != 'A' && v->data[2] != 'B')
		return PAL_CHECK_FAIL;
	return pal_pass_if(!(c == 'D' && pal_number_at(*v, 1, 2) > 89) && !(c == 'E' && pal_number_at(*v, 1, 2) > 90));
}

enum pal_check
pal_check_digits_some(struct pal_view *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->len; i++)
		n += pal_is_digit(v->data[i]) ? 1 : 0;
	return pal_pass_if(v->len > 0 && n * 2 >= v->len);
}

/* Letters of any script, with the marks that names have; every word starts with a capital or is a short particle. */
enum pal_check
pal_check_person_name(struct pal_view *v)
{
	struct pal_view rest = pal_view_trim(*v), word;
	size_t          words = 0, capital = 0;

	if (rest.len < 2 || rest.len > 60)
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i < rest.len; i++)
		if (!pal_is_alpha(rest.data[i]) && rest.data[i] < 0x80 && !has(" .'-,", rest.data[i]))
			return PAL_CHECK_FAIL;
	while (pal_view_split(&rest, ' ', &word)) {
		if (word.len == 0)
			continue;
		words++;
		if ((word.data[0] >= 'A' && word.data[0] <= 'Z') || word.data[0] >= 0x80)
			capital++;
		else if (word.len > 3)
			return PAL_CHECK_FAIL;
	}
	return pal_pass_if(words >= 1 && words <= 5 && capital >= 1);
}

/* A house number and words, in either order. */
enum pal_check
pal_check_street(struct pal_view *v)
{
	struct pal_view rest = pal_view_trim(*v), word;
	bool            number = false, name = false;

	if (rest.len < 5 || rest.len > 120)
		return PAL_CHECK_FAIL;
	while (pal_view_split(&rest, ' ', &word)) {
		size_t letters = 0;

		if (word.len == 0)
			continue;
		for (size_t i = 0; i < word.len; i++)
			letters += pal_is_alpha(word.data[i]) || word.data[i] >= 0x80;
		number |= pal_is_digit(word.data[0]) && word.len <= 7;
		name |= letters >= 3 && letters + 1 >= word.len;
	}
	return pal_pass_if(number && name);
}

enum pal_check
pal_check_words(struct pal_view *v)
{
	struct pal_view t = pal_view_trim(*v);
	size_t          letters = 0;

	for (size_t i = 0; i < t.len; i++)
		letters += pal_is_alpha(t.data[i]) || t.data[i] >= 0x80;
	return pal_pass_if(t.len >= 2 && t.len <= 80 && letters * 10 >= t.len * 7);
}
