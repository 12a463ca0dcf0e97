/* test_ggml.c - files of ggml before GGUF in each layout, and each way in which they can be wrong. */
#include "collect.h"

extern const struct pal_format pal_format_ggml;

static const struct collect_case cases[] = {
	{ "good/llama.ggml", "vocabulary a\nbc\nthe\ntok_embeddings.weight F32 3x2 +24\nlayers.0.w Q4_0 1x32 +20" },
	{ "good/llama.ggmf", "vocabulary a\ntok_embeddings.weight F32 3x2 +24\nlayers.0.w Q4_0 1x32 +20" },
	{ "good/one.ggjt", "vocabulary a\nTENSOR @128\nF32 3x2 +24\nlayers.0.w Q4_0 1x32 +20" },
	{ "good/three.ggjt", "vocabulary a\nTENSOR @128\nF32 3x2 +24\nlayers.0.w Q4_0 1x32 +18" },
	{ "good/lora.ggla", "TENSOR @64 a.loraA F32 2x2 +16" },
	{ "good/whisper.bin", "vocabulary a\nencoder.conv1.weight F32 2x1x2 +16\nlayers.0.w Q4_0 1x32 +18" },
	{ "good/words.bin", "vocabulary a\nbc\nthe" },
	{ "good/gpt2.bin", "vocabulary a\nmodel/wte F32 3x2 +24" },
	{ "good/mpt.bin", "vocabulary a\nwte F32 3x2 +24" },
	{ "good/rwkv.bin", "emb.weight F32 3x2 +24" },
	{ "bad/version.ggjt", "GGML-HEADER @0\na version that there is not" },
	{ "bad/vocab.ggjt", "GGML-HEADER\nmore words than fit" },
	{ "bad/word.ggjt", "GGML-HEADER\na word of more than 65536 bytes" },
	{ "bad/dims.ggjt", "TENSOR\nGGML-TENSOR\nmore than 4 dimensions" },
	{ "bad/overflow.ggjt", "TENSOR\nGGML-TENSOR\nthe product of its dimensions overflows" },
	{ "bad/long.ggjt", "TENSOR\nGGML-TENSOR\na tensor of more bytes than the file has" },
	{ "bad/type.ggjt", "TENSOR\nGGML-TENSOR\na type that there is not" },
	{ "bad/rows.ggjt", "TENSOR\nGGML-TENSOR\nits rows are no whole blocks" },
	{ "bad/name.ggjt", "TENSOR\nGGML-TENSOR\na name of more than 1024 bytes" },
	{ "bad/unnamed.ggjt", "TENSOR\nGGML-TENSOR\nwithout a name that can be" },
	{ "bad/behind.ggml", "vocabulary a\nTENSOR\nas a file of LLaMA\nmore bytes than there" },
	{ "bad/mels.bin", "ANOMALY GGML-" },
};

int
main(void)
{
	check_cases(&pal_format_ggml, cases, sizeof(cases) / sizeof(cases[0]));
	CHECK(PROBE(pal_format_ggml, "tjgg\3...............", "") == 70);
	CHECK(PROBE(pal_format_ggml, "lmgg................", "") == 95 &&
	      PROBE(pal_format_ggml, "lmgg", "a.ggml") == 0);
	CHECK(PROBE(pal_format_ggml, "ggml................", "a.ggml") == 0);
	check_corpus(&pal_format_ggml, 700);
	return check_done();
}
