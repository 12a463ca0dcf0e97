/* test_gguf.c - pairs, tensors and places, in both byte orders, and each way in which they can be wrong. */
#include "collect.h"

extern const struct pal_format pal_format_gguf;

static const struct collect_case cases[] = {
	{ "good/ok.gguf", "META @56 general.name tiny\nMETA @103 tokenizer.chat_template {{ messages }}\ntokens "
			  "<s>\\x0ahello\\x0aworld\\x0a\n"
			  "nest in\nw F32 2x4 +32\nq Q8_0 32 +34" },
	{ "good/big.gguf", "general.name tiny\nw F32 4 +16" },
	{ "good/v2.gguf", "general.name tiny" },
	{ "good/v1.gguf", "META @40 general.name tiny\nTENSOR @96 w F32 4 +16" },
	{ "bad/version.gguf", "GGUF-HEADER\nversion other\nBYTES" },
	{ "bad/padding.gguf", "GGUF-PADDING\n7 zeros\nTENSOR @128 w F32 2 +8" },
	{ "bad/count.gguf", "GGUF-HEADER\nmore pairs" },
	{ "bad/tensors.gguf", "general.name tiny\nGGUF-HEADER\nmore tensors" },
	{ "bad/string.gguf", "GGUF-HEADER\na string longer\nBYTES" },
	{ "bad/array.gguf", "GGUF-HEADER\nan array" },
	{ "bad/nested.gguf", "GGUF-HEADER\nmore than 8 levels" },
	{ "bad/type.gguf", "GGUF-HEADER\na type that there is not" },
	{ "bad/duplicate.gguf", "k one\nGGUF-DUPLICATE-KEY\nk two" },
	{ "bad/key.gguf", "GGUF-HEADER\n\"../../x\" has an empty segment" },
	{ "bad/key_bytes.gguf", "GGUF-HEADER\nno printable ASCII" },
	{ "bad/alignment.gguf", "GGUF-HEADER\nno power of two" },
	{ "bad/dims.gguf", "GGUF-TENSOR\noverflows" },
	{ "bad/overlap.gguf", "GGUF-OVERLAP" },
	{ "bad/outside.gguf", "GGUF-TENSOR\nends behind" },
	{ "bad/hole.gguf", "GGUF-HOLE\n64 bytes\npayload" },
};

int
main(void)
{
	check_cases(&pal_format_gguf, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_gguf, "GGUF", "") == 97 && PROBE(pal_format_gguf, "GGML", "") == 0);
	check_corpus(&pal_format_gguf, 700);
	return check_done();
}
