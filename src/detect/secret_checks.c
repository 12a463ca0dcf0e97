/* secret_checks.c - is it a key that opens something, or a word, a reference, a sample? */
#include <zlib.h>

#include "palisade/hex.h"
#include "palisade/json.h"
#include "secrets.h"
#include "validators.h"

static bool
contains_nocase(struct pal_view v, const char *word)
{
	struct pal_view w = pal_view_of(word);

	for (size_t i = 0; i + w.len <= v.len; i++)
		if (pal_view_is_nocase(pal_view_sub(v, i, w.len), word))
			return true;
	return false;
}

/* log2(x) for 1 <= x, to about three digits: enough for a threshold, and the same on every machine. */
static double
log2_of(double x)
{
	double whole = 0, part = 0, unit = 0.5;

	while (x >= 2) {
		x /= 2;
		whole += 1;
	}
	for (size_t i = 0; i < 12; i++) {
		x *= x;
		if (x >= 2) {
			x /= 2;
			part += unit;
		}
		unit /= 2;
	}
	return whole + part;
}

unsigned int
pal_entropy_milli(struct pal_view v)
{
	uint16_t seen[256] = { 0 };
	double   bits = 0;

	if (v.len == 0 || v.len > 4096)
		return 0;
	for (size_t i = 0; i < v.len; i++)
		seen[v.data[i]]++;
	for (size_t c = 0; c < 256; c++)
		if (seen[c] > 0)
			bits += seen[c] * log2_of((double)v.len / seen[c]);
	return (unsigned int)(bits * 1000 / (double)v.len);
}

/* Four characters that go on counting or repeat, up to the end of the alphabet: "abcdefgh", "12345678", "aaaaaaaa". */
static size_t
longest_run(struct pal_view v)
{
	size_t best = 0, same = 1, next = 1;

	for (size_t i = 1; i < v.len; i++) {
		same = v.data[i] == v.data[i - 1] ? same + 1 : 1;
		next = v.data[i] == v.data[i - 1] + 1 ? next + 1 : 1;
		best = same > best ? same : best;
		best = next > best ? next : best;
	}
	return best;
}

bool
pal_is_placeholder(struct pal_view v)
{
	static const char *const words[] = { "example",  "placeholder", "changeme", "change_me", "change-me",
					     "your_",    "your-",       "yourkey",  "yourtoken", "redacted",
					     "dummy",    "sample",      "xxxx",     "insert",    "replace",
					     "<",        "${",          "{{",       "****",      "....",
					     "todo",     "fixme",       "notreal",  "not_real",  "deadbeef",
					     "00000000", "foobar",      "11111111", "fake" };
	bool                     seen[256] = { false };
	size_t                   distinct = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (contains_nocase(v, words[i]))
			return true;
	for (size_t i = 0; i < v.len; i++) {
		distinct += seen[v.data[i]] ? 0 : 1;
		seen[v.data[i]] = true;
	}
	return distinct < 5 || longest_run(v) >= 8 || (v.len < 24 && longest_run(v) >= 6);
}

/* GitHub's and npm's tokens end in the CRC-32 of what is between prefix and end, in base 62. */
enum pal_check
pal_check_github_token(struct pal_view *v)
{
	static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	size_t            from = pal_view_find_byte(*v, '_', 0);
	uint64_t          want = 0;
	uLong             crc;

	if (from == SIZE_MAX || v->len < from + 1 + 36)
		return PAL_CHECK_FAIL;
	crc = crc32(0, v->data + from + 1, (uInt)(v->len - from - 7));
	for (size_t i = v->len - 6; i < v->len; i++) {
		size_t n = pal_view_find_byte(pal_view_of(alphabet), v->data[i], 0);

		if (n == SIZE_MAX)
			return PAL_CHECK_FAIL;
		want = want * 62 + n;
	}
	return want == crc ? PAL_CHECK_STRONG : PAL_CHECK_PASS;
}

/* RFC 7519: three parts; the first is base64url of a JSON object with "alg". */
enum pal_check
pal_check_jwt(struct pal_view *v)
{
	size_t        dot, second;
	PAL_AUTO_BUF  header = pal_buf_of(4096);
	PAL_AUTO_JSON doc = NULL;

	while (v->len > 0 && v->data[v->len - 1] == '.')
		*v = pal_view_sub(*v, 0, v->len - 1);
	for (size_t i = 0; i + 2 < v->len; i++)
		if (pal_view_starts(pal_view_sub(*v, i, 3), "eyJ")) {
			*v = pal_view_sub(*v, i, v->len);
			break;
		}
	dot = pal_view_find_byte(*v, '.', 0);
	second = dot == SIZE_MAX ? SIZE_MAX : pal_view_find_byte(*v, '.', dot + 1);
	if (second == SIZE_MAX || second - dot < 9 || v->len - second < 9)
		return PAL_CHECK_FAIL;
	if (pal_base64_decode(pal_view_sub(*v, 0, dot), &header) != PAL_OK ||
	    pal_json_parse(pal_buf_view(&header), 4096, &doc, NULL) != PAL_OK)
		return PAL_CHECK_FAIL;
	return pal_json_text(doc, "alg") != NULL ? PAL_CHECK_STRONG : PAL_CHECK_FAIL;
}

enum pal_check
pal_check_openai_key(struct pal_view *v)
{
	for (size_t i = 0; i + 3 < v->len; i++)
		if (pal_view_starts(pal_view_sub(*v, i, 3), "sk-")) {
			*v = pal_view_sub(*v, i, v->len);
			return pal_pass_if(v->len >= 48);
		}
	return PAL_CHECK_FAIL;
}

/* A PEM header with at least 40 base64 characters behind it; documentation stops at the header or at dots. */
enum pal_check
pal_check_pem_private(struct pal_view *v)
{
	size_t from = pal_view_find(*v, pal_view_of("PRIVATE KEY"), 0), n = 0;

	if (from == SIZE_MAX)
		return PAL_CHECK_FAIL;
	for (size_t i = from + 11; i < v->len; i++) {
		uint8_t c = v->data[i];

		if (c == '.' && i + 2 < v->len && v->data[i + 1] == '.' && v->data[i + 2] == '.')
			return PAL_CHECK_FAIL;
		n += pal_is_alnum(c) || c == '+' || c == '/' ? 1 : 0;
	}
	return pal_pass_if(n >= 40);
}

static bool
is_reference(struct pal_view v)
{
	static const char *const starts[] = { "os.",    "self.", "process.", "env.",  "config.", "settings.",
					      "getenv", "$",     "%",        "args.", "params.", "request.",
					      "http",   "/",     "./",       "../",   "None",    "null",
					      "true",   "false", "&",        "*",     "@" };

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (pal_view_starts(v, starts[i]))
			return true;
	return false;
}

/* scheme://user:password@host */
enum pal_check
pal_check_url_password(struct pal_view *v)
{
	static const char *const common[] = { "password", "passwd", "pass",  "pw", "secret",
					      "user",     "pwd",    "token", "key" };
	size_t                   scheme = pal_view_find(*v, pal_view_of("://"), 0), colon, at;
	struct pal_view          word;

	if (scheme == SIZE_MAX || scheme == 0)
		return PAL_CHECK_FAIL;
	colon = pal_view_find_byte(*v, ':', scheme + 3);
	at = pal_view_find_byte(*v, '@', scheme + 3);
	if (colon == SIZE_MAX || at == SIZE_MAX || at < colon + 4)
		return PAL_CHECK_FAIL;
	word = pal_view_sub(*v, colon + 1, at - colon - 1);
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if (pal_view_is_nocase(word, common[i]))
			return PAL_CHECK_FAIL;
	return pal_pass_if(!is_reference(word) && !pal_is_placeholder(word) &&
			   !pal_view_eq(word, pal_view_sub(*v, scheme + 3, colon - scheme - 3)));
}

struct makeup {
	size_t digits, lower, upper, other;
};

static struct makeup
makeup_of(struct pal_view v)
{
	struct makeup m = { 0, 0, 0, 0 };

	for (size_t i = 0; i < v.len; i++) {
		uint8_t c = v.data[i];

		m.digits += pal_is_digit(c) ? 1 : 0;
		m.lower += c >= 'a' && c <= 'z' ? 1 : 0;
		m.upper += c >= 'A' && c <= 'Z' ? 1 : 0;
		m.other += pal_is_alnum(c) ? 0 : 1;
	}
	return m;
}

enum pal_check
pal_check_mixed(struct pal_view *v)
{
	struct makeup m = makeup_of(*v);

	return pal_pass_if(m.digits >= 2 && m.lower + m.upper >= 2);
}

enum pal_check
pal_check_hex_mixed(struct pal_view *v)
{
	struct makeup m = makeup_of(*v);

	return pal_pass_if(m.digits >= 4 && m.lower + m.upper >= 4 && !(m.lower > 0 && m.upper > 0));
}

/* Code is full of `password = something`. A secret has letters and digits mixed, no call, no path, and is not built
 * from words: fewer than two separators such as _ or . between letters. */
enum pal_check
pal_check_secret_value(struct pal_view *v)
{
	struct makeup m = makeup_of(*v);
	size_t        joints = 0;
	/* Capitals are few in a name (getSecretValue) and as many as small letters in random text. */
	bool balanced = v->len >= 16 && m.upper >= 5 && m.lower >= 5 && m.upper * 3 > m.lower;

	for (size_t i = 1; i + 1 < v->len; i++)
		joints += (v->data[i] == '_' || v->data[i] == '.' || v->data[i] == '-') &&
			  pal_is_alpha(v->data[i - 1]) && pal_is_alpha(v->data[i + 1]);
	return pal_pass_if(!is_reference(*v) && (m.digits >= 2 || balanced) && m.lower + m.upper >= 3 && joints < 2 &&
			   m.other * 2 < v->len);
}
