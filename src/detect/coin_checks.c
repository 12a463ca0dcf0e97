/* coin_checks.c - addresses of crypto currencies: Base58Check, Bech32 (BIP 173, BIP 350), EIP-55. */
#include <openssl/evp.h>

#include "validators.h"

static enum pal_check
strong(bool ok)
{
	return ok ? PAL_CHECK_STRONG : PAL_CHECK_FAIL;
}

static bool
sha256(const uint8_t *data, size_t n, uint8_t ret_digest[32])
{
	unsigned int len = 0;

	return EVP_Digest(data, n, ret_digest, &len, EVP_sha256(), NULL) == 1 && len == 32;
}

/* 25 bytes: version, 20 bytes of hash, the first four of a double SHA-256. */
static bool
base58check(struct pal_view v)
{
	static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
	uint8_t           out[25] = { 0 }, digest[32];

	for (size_t i = 0; i < v.len; i++) {
		size_t n = pal_view_find_byte(pal_view_of(alphabet), v.data[i], 0);

		if (n == SIZE_MAX)
			return false;
		for (size_t k = sizeof(out); k-- > 0;) {
			n += (size_t)out[k] * 58;
			out[k] = (uint8_t)(n & 0xff);
			n >>= 8;
		}
		if (n != 0)
			return false;
	}
	if (!sha256(out, 21, digest) || !sha256(digest, 32, digest))
		return false;
	return (out[0] == 0 || out[0] == 5) && digest[0] == out[21] && digest[1] == out[22] && digest[2] == out[23] &&
	       digest[3] == out[24];
}

static uint32_t
bech32_step(uint32_t c, uint32_t value)
{
	static const uint32_t generator[] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3 };
	uint32_t              top = c >> 25;

	c = (c & 0x1ffffff) << 5 ^ value;
	for (unsigned int i = 0; i < 5; i++)
		if ((top >> i & 1) != 0)
			c ^= generator[i];
	return c;
}

static bool
bech32(struct pal_view v)
{
	static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
	uint32_t          c = 1;

	for (size_t i = 0; i < 2; i++)
		c = bech32_step(c, (uint32_t)("bc"[i] >> 5));
	c = bech32_step(c, 0);
	for (size_t i = 0; i < 2; i++)
		c = bech32_step(c, (uint32_t)("bc"[i] & 31));
	for (size_t i = 3; i < v.len; i++) {
		size_t n = pal_view_find_byte(pal_view_of(alphabet), pal_to_lower(v.data[i]), 0);

		if (n == SIZE_MAX)
			return false;
		c = bech32_step(c, (uint32_t)n);
	}
	return c == 1 || c == 0x2bc830a3; /* Bech32, Bech32m */
}

enum pal_check
pal_check_bitcoin(struct pal_view *v)
{
	/* Witness programs in use have 20 bytes (version 0) or 32 (versions 0 and 1). */
	if ((v->len == 42 || v->len == 62) && (pal_view_starts(*v, "bc1") || pal_view_starts(*v, "BC1")))
		return strong(bech32(*v));
	return strong(v->len >= 26 && v->len <= 35 && base58check(*v));
}

static uint64_t
turn(uint64_t x, unsigned int by)
{
	return by == 0 ? x : x << by | x >> (64 - by);
}

/* Keccak-f[1600], as of the submission that Ethereum took (padding 0x01, not that of FIPS 202). */
static void
keccak_f(uint64_t s[25])
{
	static const uint8_t offsets[] = { 1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
					   27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44 };
	static const uint8_t lanes[] = { 10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
					 15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1 };
	uint8_t              lfsr = 1;

	for (unsigned int round = 0; round < 24; round++) {
		uint64_t b[5], t;

		for (size_t x = 0; x < 5; x++)
			b[x] = s[x] ^ s[x + 5] ^ s[x + 10] ^ s[x + 15] ^ s[x + 20];
		for (size_t i = 0; i < 25; i++)
			s[i] ^= b[(i + 4) % 5] ^ turn(b[(i + 1) % 5], 1);
		t = s[1];
		for (size_t i = 0; i < 24; i++) {
			uint64_t next = s[lanes[i]];

			s[lanes[i]] = turn(t, offsets[i]);
			t = next;
		}
		for (size_t y = 0; y < 25; y += 5) {
			for (size_t x = 0; x < 5; x++)
				b[x] = s[y + x];
			for (size_t x = 0; x < 5; x++)
				s[y + x] = b[x] ^ (~b[(x + 1) % 5] & b[(x + 2) % 5]);
		}
		for (unsigned int j = 0; j < 7; j++) { /* the round constant, from its shift register */
			if ((lfsr & 1) != 0)
				s[0] ^= (uint64_t)1 << ((1u << j) - 1);
			lfsr = (uint8_t)(lfsr << 1 ^ ((lfsr & 0x80) != 0 ? 0x71 : 0));
		}
	}
}

/* EIP-55: a letter is a capital where the same nibble of the hash of the lower-case text is 8 or more. */
static bool
eip55(struct pal_view hex)
{
	uint8_t  block[136] = { 0 };
	uint64_t s[25] = { 0 };

	for (size_t i = 0; i < 40; i++)
		block[i] = pal_to_lower(hex.data[i]);
	block[40] = 0x01;
	block[135] |= 0x80;
	for (size_t i = 0; i < sizeof(block); i++)
		s[i / 8] |= (uint64_t)block[i] << (i % 8 * 8);
	keccak_f(s);
	for (size_t i = 0; i < 40; i++) {
		unsigned int byte = (unsigned int)(s[i / 16] >> (i / 2 % 8 * 8) & 0xff);
		unsigned int nibble = i % 2 == 0 ? byte >> 4 : byte & 15;
		bool         capital = hex.data[i] >= 'A' && hex.data[i] <= 'F';

		if (pal_is_alpha(hex.data[i]) && capital != (nibble >= 8))
			return false;
	}
	return true;
}

enum pal_check
pal_check_ethereum(struct pal_view *v)
{
	struct pal_view hex = pal_view_sub(*v, 2, v->len);
	bool            lower = false, upper = false, varied = false;

	if (v->len != 42)
		return PAL_CHECK_FAIL;
	for (size_t i = 0; i < 40; i++) {
		uint8_t c = hex.data[i];

		if (!pal_is_digit(c) && (pal_to_lower(c) < 'a' || pal_to_lower(c) > 'f'))
			return PAL_CHECK_FAIL;
		lower |= c >= 'a';
		upper |= c >= 'A' && c <= 'F';
		varied |= c != hex.data[0];
	}
	if (!varied)
		return PAL_CHECK_FAIL;
	return lower && upper ? strong(eip55(hex)) : PAL_CHECK_PASS;
}
