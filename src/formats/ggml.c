/*
 * ggml.c - model files of ggml before GGUF: ggml, ggmf, ggjt (versions 1 to 3) and ggla (LoRA adapters).
 *
 * A mark, a version where the mark has one, hyper-parameters of 32 bits, the vocabulary, then tensor after tensor to
 * the file's end: rank, length of the name, type, dimensions, name, bytes (on a multiple of 32 in ggjt and ggla). How
 * many hyper-parameters there are, and which of them counts the vocabulary, only the program knows that a file was
 * made for. So each layout is tried, and the one that ends with the file, or that goes farthest, is taken.
 */
#include "ggml_type.h"
#include "give.h"
#include "palisade/buf.h"
#include "palisade/format.h"
#include "palisade/mem.h"
#include "palisade/reader.h"
#include "zip.h"

#define MAGIC_GGML   0x67676d6cu
#define MAGIC_GGMF   0x67676d66u
#define MAGIC_GGJT   0x67676a74u
#define MAGIC_GGLA   0x67676c61u
#define VOCAB_MOST   2000000u
#define TENSORS_MOST 1000000u
#define WORD_MOST    65536u
#define NAME_MOST    1024u
#define DIMS_MOST    4u
#define NO_VOCAB     UINT8_MAX
#define ALIGNMENT    32u

enum { REPEATED = 1, MELS = 2, SCORES = 4, ALIGNED = 8 };

struct layout {
	const char *program;
	uint32_t    magic, first, last; /* versions; 0: it has none */
	uint8_t     words, vocab;       /* hyper-parameters; which of them counts the vocabulary */
	uint8_t     has;
};

static const struct layout layouts[] = {
	{ "LLaMA, BERT", MAGIC_GGML, 0, 0, 7, 0, 0 },
	{ "LLaMA", MAGIC_GGMF, 1, 1, 7, 0, SCORES },
	{ "LLaMA", MAGIC_GGJT, 1, 3, 7, 0, SCORES | ALIGNED },
	{ "a LoRA adapter", MAGIC_GGLA, 1, 1, 2, NO_VOCAB, ALIGNED },
	{ "Whisper", MAGIC_GGML, 0, 0, 11, 0, MELS | REPEATED },
	{ "GPT-2, StarCoder", MAGIC_GGML, 0, 0, 6, 0, REPEATED },
	{ "GPT-J", MAGIC_GGML, 0, 0, 7, 0, REPEATED },
	{ "GPT-NeoX, Dolly", MAGIC_GGML, 0, 0, 8, 0, 0 },
	{ "MPT", MAGIC_GGML, 0, 0, 8, 4, 0 },
	{ "Replit", MAGIC_GGML, 0, 0, 6, 4, SCORES },
	{ "BLOOM", MAGIC_GGML, 0, 0, 6, 0, 0 },
	{ "Segment Anything", MAGIC_GGML, 0, 0, 6, NO_VOCAB, 0 },
	{ "RWKV", MAGIC_GGMF, 100, 101, 4, NO_VOCAB, 0 },
};
#define LAYOUTS (sizeof(layouts) / sizeof(layouts[0]))

static const struct layout unknown = { .program = "ggml" };

struct ggml {
	struct pal_input    *in, *side;
	struct pal_sink     *sink;
	struct pal_reader    r;
	struct pal_buf       texts; /* the vocabulary on its way to the sink */
	const struct layout *layout;
	uint32_t             version;
	bool                 before; /* blocks as they were before May 2023 */
	bool                 trial;  /* nothing is given, only counted */
	bool                 stop;
	uint64_t             got; /* tensors, and one for the vocabulary */
};

static uint32_t
magic_of(struct pal_view head)
{
	struct pal_reader r = pal_reader_of(head);

	return pal_read_u32le(&r);
}

static bool
fits(const struct layout *l, uint32_t magic, uint32_t version)
{
	return l->magic == magic && (l->first == 0 || (version >= l->first && version <= l->last));
}

/* Text does not begin so: in the order of the file the marks read lmgg, fmgg, tjgg and algg. */
static unsigned int
ggml_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	struct pal_reader r = pal_reader_of(head);
	uint32_t          magic = pal_read_u32le(&r), version = pal_read_u32le(&r);

	(void)name;
	if (size < 16 || pal_reader_err(&r) != PAL_OK)
		return 0;
	for (size_t i = 0; i < LAYOUTS; i++)
		if (layouts[i].magic == magic)
			return fits(&layouts[i], magic, version) ? 95 : 70;
	return 0;
}

static enum pal_err
give_up(struct ggml *g, const struct pal_rule *rule, uint64_t at, const char *what)
{
	enum pal_err err = pal_reader_err(&g->r);

	if (err != PAL_OK && err != PAL_ETRUNC && err != PAL_ELIMIT)
		return err;
	g->stop = true;
	if (g->trial)
		return PAL_OK;
	at = at < g->in->size ? at : g->in->size;
	PAL_TRY(pal_sink_unread(g->sink, rule, at, g->in->size - at, "as a file of %s, at %llu: %s", g->layout->program,
				(unsigned long long)at, what));
	return pal_give_bytes(g->sink, g->in, at, g->in->size - at);
}

static enum pal_err
flush(struct ggml *g, uint64_t at)
{
	enum pal_err e = PAL_OK;

	if (g->texts.len > 0)
		e = pal_give_metas(g->sink, pal_view_of("vocabulary"), pal_buf_view(&g->texts), at);
	pal_buf_clear(&g->texts);
	return e;
}

static enum pal_err
take_words(struct ggml *g, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = g->r.offset;
		uint32_t len = pal_read_u32le(&g->r);

		if (pal_reader_err(&g->r) != PAL_OK || len > WORD_MOST || len > pal_reader_left(&g->r))
			return give_up(g, &pal_anomaly_ggml_header, at,
				       "a word of more than 65536 bytes, or longer than the file");
		if (!g->trial) {
			pal_buf_add(&g->texts, pal_read_view(&g->r, len));
			pal_buf_add_byte(&g->texts, '\n');
			PAL_TRY(pal_buf_err(&g->texts));
			if (g->texts.len >= PAL_TEXT_PIECE)
				PAL_TRY(flush(g, at));
		} else {
			pal_read_skip(&g->r, len);
		}
		pal_read_skip(&g->r, (g->layout->has & SCORES) != 0 ? 4 : 0);
	}
	if (pal_reader_err(&g->r) != PAL_OK)
		return give_up(g, &pal_anomaly_ggml_header, g->r.offset, "the file ends inside the vocabulary");
	g->got++;
	return flush(g, g->r.offset);
}

/* Up to the first tensor. */
static enum pal_err
take_head(struct ggml *g)
{
	uint64_t count = 0, bins = 0;
	bool     vocab = g->layout->vocab != NO_VOCAB;

	pal_read_skip(&g->r, g->layout->first == 0 ? 4 : 8);
	for (unsigned int i = 0; i < g->layout->words; i++) {
		uint32_t word = pal_read_u32le(&g->r);

		count = vocab && i == g->layout->vocab ? word : count;
	}
	if ((g->layout->has & MELS) != 0) {
		bins = pal_read_u32le(&g->r);
		bins *= pal_read_u32le(&g->r); /* two of 32 bits */
		if (bins > pal_reader_left(&g->r) / 4)
			return give_up(g, &pal_anomaly_ggml_header, g->r.offset, "filters longer than the file");
		pal_read_skip(&g->r, bins * 4);
	}
	if ((g->layout->has & REPEATED) != 0)
		count = pal_read_u32le(&g->r);
	if (pal_reader_err(&g->r) != PAL_OK || count > VOCAB_MOST || count > pal_reader_left(&g->r) / 4)
		return give_up(g, &pal_anomaly_ggml_header, g->r.offset,
			       "no whole header, or more words than fit into the file, or than 2000000");
	return take_words(g, count);
}

static const struct pal_ggml_type *
type_of(const struct ggml *g, uint32_t id)
{
	return g->before ? pal_ggml_type_before(id) : pal_ggml_type_of(id);
}

static bool
is_name(struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.data[i] < 0x20 || v.data[i] == 0x7f)
			return false;
	return v.len > 0;
}

static enum pal_err
give_tensor(struct ggml *g, struct pal_view name, const struct pal_ggml_type *t, const uint64_t *dims, uint32_t rank,
	    uint64_t len)
{
	uint64_t           shape[DIMS_MOST] = { 0 };
	struct pal_content c = { .kind = PAL_CONTENT_TENSOR,
				 .name = name,
				 .place = { .offset = g->r.offset, .length = len } };

	for (uint32_t i = 0; i < rank; i++)
		shape[i] = dims[rank - 1 - i]; /* ggml counts from the innermost dimension */
	c.tensor = (struct pal_tensor){ .dtype = pal_view_of(t->name), .type = t->type, .shape = shape, .rank = rank };
	return pal_sink_take(g->sink, &c);
}

static enum pal_err
take_tensor(struct ggml *g)
{
	uint64_t                    at = g->r.offset, dims[DIMS_MOST] = { 0 }, len = 0;
	uint32_t                    rank = pal_read_u32le(&g->r), name_len = pal_read_u32le(&g->r);
	const struct pal_ggml_type *t = type_of(g, pal_read_u32le(&g->r));
	char                        kept[NAME_MOST];
	struct pal_view             name = { 0 };
	const char                 *bad = NULL;

	if (pal_reader_err(&g->r) != PAL_OK || rank == 0 || rank > DIMS_MOST || name_len > NAME_MOST)
		return give_up(g, &pal_anomaly_ggml_tensor, at,
			       "a tensor of no or more than 4 dimensions, a name of more than 1024 bytes, or the file "
			       "ends inside its description");
	for (uint32_t i = 0; i < rank; i++)
		dims[i] = pal_read_u32le(&g->r);
	name = pal_read_view(&g->r, name_len);
	if (pal_reader_err(&g->r) != PAL_OK || !is_name(name))
		return give_up(g, &pal_anomaly_ggml_tensor, at,
			       "a tensor without a name that can be, or the file ends inside its description");
	pal_mem_copy(kept, sizeof(kept), name.data, name.len);
	name.data = (const uint8_t *)kept; /* what the reader shows ends with its next step */
	if ((g->layout->has & ALIGNED) != 0 && g->r.offset % ALIGNMENT != 0)
		pal_read_skip(&g->r, ALIGNMENT - g->r.offset % ALIGNMENT);
	bad = pal_ggml_measure(t, dims, rank, &len);
	if (bad != NULL)
		return give_up(g, &pal_anomaly_ggml_tensor, at, bad);
	if (pal_reader_err(&g->r) != PAL_OK || len > pal_reader_left(&g->r))
		return give_up(g, &pal_anomaly_ggml_tensor, at, "a tensor of more bytes than the file has");
	if (!g->trial)
		PAL_TRY(give_tensor(g, name, t, dims, rank, len));
	pal_read_skip(&g->r, len);
	g->got++;
	return PAL_OK;
}

static enum pal_err
walk(struct ggml *g)
{
	g->r = pal_reader_at(g->side, 0, g->side->size);
	g->got = 0;
	g->stop = false;
	PAL_TRY(take_head(g));
	while (!g->stop && pal_reader_left(&g->r) > 0) {
		if (g->got > TENSORS_MOST)
			return give_up(g, &pal_anomaly_ggml_tensor, g->r.offset, "more than 1000000 tensors");
		PAL_TRY(take_tensor(g));
	}
	return PAL_OK;
}

/* The layout and the size of blocks that explain most of the file; all of it, when one does. */
static enum pal_err
choose(struct ggml *g, uint32_t magic, uint32_t version)
{
	uint64_t             most = 0;
	const struct layout *best = NULL;
	bool                 before = false;

	g->trial = true;
	for (size_t i = 0; i < 2 * LAYOUTS; i++) {
		g->layout = &layouts[i / 2];
		g->before = i % 2 == 0;
		if (!fits(g->layout, magic, version) ||
		    (magic == MAGIC_GGJT && g->before != (version < 3))) /* ggjt says which blocks it has */
			continue;
		PAL_TRY(walk(g));
		if (best == NULL || !g->stop || g->got > most) {
			best = g->layout;
			before = g->before;
			most = g->got;
		}
		if (!g->stop)
			break;
	}
	g->layout = best;
	g->before = before;
	g->trial = false;
	return PAL_OK;
}

static enum pal_err
read_file(struct ggml *g)
{
	struct pal_view   head = { 0 };
	struct pal_reader r = { 0 };
	uint32_t          magic = 0;

	PAL_TRY(pal_input_view(g->in, 0, 0, 8, &head));
	magic = magic_of(head);
	r = pal_reader_of(pal_view_sub(head, 4, 4));
	PAL_TRY(choose(g, magic, pal_read_u32le(&r)));
	if (g->layout != NULL)
		return walk(g);
	g->layout = &unknown;
	return give_up(g, &pal_anomaly_ggml_header, 0, "a version that there is not");
}

static enum pal_err
ggml_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_input side = { .fd = -1 };
	struct ggml      g = { .in = in, .side = &side, .sink = sink, .texts = pal_buf_of(4 * PAL_TEXT_PIECE) };
	enum pal_err     err = PAL_OK;

	PAL_TRY(pal_input_part(in, 0, in->size, &side)); /* the reader keeps a window of its own */
	g.r = pal_reader_at(&side, 0, side.size);
	err = read_file(&g);
	pal_buf_done(&g.texts);
	pal_input_done(&side);
	return err == PAL_OK && pal_zip_at_end(in) ? pal_zip_also(in, sink, d) : err;
}

const struct pal_format pal_format_ggml = {
	.name = "ggml",
	.summary = "ggml model files before GGUF: ggml, ggmf, ggjt, ggla",
	.covers =
	    "The layouts of llama.cpp (ggml, ggmf, ggjt 1 to 3, LoRA adapters), whisper.cpp, GPT-2, GPT-J, "
	    "GPT-NeoX, MPT, Replit, BLOOM, BERT, StarCoder, Segment Anything and RWKV; a file does not say which "
	    "it has, so the one that explains it is taken. The vocabulary as metadata; every tensor's name, type, "
	    "dimensions and bytes against the file; numbers go to the weight tests, quantised blocks are searched "
	    "for payloads only. Hyper-parameters are not judged. A file of another layout is reported, and its "
	    "bytes searched.",
	.probe = ggml_probe,
	.parse = ggml_parse,
};
