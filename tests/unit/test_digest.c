/* test_digest.c - known answers of FIPS 180-4 and RFC 7693, streams cut anywhere, pieces of files. */
#include "palisade/digest.h"

#include <stdlib.h>
#include <unistd.h>

#include "check.h"

static const struct {
	enum pal_digest_alg alg;
	const char         *name, *text, *hex;
} known[] = {
	{ PAL_SHA256, "sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ PAL_SHA256, "sha256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ PAL_SHA384, "sha384", "abc",
	  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7" },
	{ PAL_SHA512, "sha512", "abc",
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643c"
	  "e"
	  "80e2a9ac94fa54ca49f" },
	{ PAL_BLAKE2B, "blake2b", "abc",
	  "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1"
	  "925ab92386edd4009923" },
};

static void
test_known(void)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct pal_digest   g = { 0 }, back = { 0 };
		enum pal_digest_alg alg = PAL_SHA512;
		char                hex[PAL_DIGEST_TEXT];

		CHECK(pal_digest_of(known[i].alg, pal_view_of(known[i].text), &g) == PAL_OK);
		CHECK(g.len == pal_digest_size(known[i].alg));
		pal_digest_hex(&g, hex);
		CHECK_SAY(strcmp(hex, known[i].hex) == 0, known[i].name);
		CHECK(pal_digest_parse(known[i].alg, pal_view_of(hex), &back) == PAL_OK && pal_digest_eq(&g, &back));
		CHECK(pal_digest_alg_of(pal_view_of(known[i].name), &alg) && alg == known[i].alg);
		CHECK(strcmp(pal_digest_alg_name(alg), known[i].name) == 0);
	}
}

static void
test_parse_refuses(void)
{
	static const char *const bad[] = {
		"",
		"00",
		"E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85500",
		" e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",
	};
	struct pal_digest   g = { .len = 7 };
	enum pal_digest_alg alg = PAL_SHA256;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_SAY(pal_digest_parse(PAL_SHA256, pal_view_of(bad[i]), &g) == PAL_EFORM && g.len == 7, bad[i]);
	CHECK(!pal_digest_alg_of(pal_view_of("blake3"), &alg) && !pal_digest_alg_of(pal_view_of(""), &alg));
}

static void
test_stream(void)
{
	static const char text[] = "the quick brown fox jumps over the lazy dog, again and again";
	struct pal_view   all = pal_view_of(text);
	struct pal_digest whole = { 0 }, parts = { 0 };

	CHECK(pal_digest_of(PAL_SHA384, all, &whole) == PAL_OK);
	for (size_t cut = 0; cut <= all.len; cut++) {
		struct pal_view two[] = { pal_view_sub(all, 0, cut), pal_view_sub(all, cut, SIZE_MAX) };

		CHECK(pal_digest_of_parts(PAL_SHA384, two, 2, &parts) == PAL_OK && pal_digest_eq(&whole, &parts));
	}
	parts.alg = PAL_SHA512;
	CHECK(!pal_digest_eq(&whole, &parts));
}

static void
test_file(void)
{
	static uint8_t          data[600000];
	FILE                   *f = tmpfile();
	struct pal_digest       g = { 0 }, want = { 0 };
	struct pal_progress     progress = { .total = 1 };
	struct pal_digest_piece p = { .alg = PAL_SHA256, .progress = &progress };
	static const struct {
		uint64_t at, len;
	} pieces[] = { { 0, 600000 }, { 0, 0 }, { 1, 262144 }, { 262143, 262146 }, { 599999, 1 }, { 600000, 0 } };

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 31 >> 3);
	if (!CHECK(f != NULL && fwrite(data, 1, sizeof(data), f) == sizeof(data) && fflush(f) == 0) || f == NULL)
		return;
	p.fd = fileno(f);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		p.at = pieces[i].at;
		p.len = pieces[i].len;
		CHECK(pal_digest_of_fd(&p, &g, NULL) == PAL_OK);
		CHECK(pal_digest_of(PAL_SHA256, (struct pal_view){ data + p.at, p.len }, &want) == PAL_OK);
		CHECK(pal_digest_eq(&g, &want));
	}
	p.at = 0;
	p.len = sizeof(data) + 1;
	CHECK(pal_digest_of_fd(&p, &g, NULL) == PAL_ETRUNC);
	p.fd = -1;
	CHECK(pal_digest_of_fd(&p, &g, NULL) == PAL_ESYS);
	(void)fclose(f);
}

int
main(void)
{
	CHECK(pal_digest_start(NULL) == PAL_OK && pal_digest_start(NULL) == PAL_OK);
	test_known();
	test_parse_refuses();
	test_stream();
	test_file();
	return check_done();
}
