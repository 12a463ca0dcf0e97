/* tf_probe.c - which of TensorFlow's messages a file is: its fields, as far as the head shows them, must be those of
 * the message, and at least one of them must be what only this message has at its place. */
#include "tf.h"

#define LEVELS 8u

/* Messages on the way to a name that proves something. */
enum shape {
	ANY, /* not looked into */
	SAVED,
	META,
	INFO,
	OPS,
	OP_DEF,
	GRAPH,
	NODE,
	ENTRY,
	VERSIONS,
	LIBRARY,
	FUNCTION,
	KERAS,
	KERAS_NODE,
	WORD,       /* a string: of an operation, a proof */
	TEXT,       /* a string: printable */
	KERAS_WORD, /* a string: _tf_keras_..., a proof */
};

static const struct row {
	enum shape       in;
	uint8_t          number;
	enum pal_pb_wire wire;
	enum shape       is;
} rows[] = {
	{ SAVED, 1, PAL_PB_VARINT, ANY },       { SAVED, 2, PAL_PB_BYTES, META },
	{ META, 1, PAL_PB_BYTES, INFO },        { META, 2, PAL_PB_BYTES, GRAPH },
	{ META, 3, PAL_PB_BYTES, ANY },         { META, 4, PAL_PB_BYTES, ANY },
	{ META, 5, PAL_PB_BYTES, ANY },         { META, 6, PAL_PB_BYTES, ANY },
	{ META, 7, PAL_PB_BYTES, ANY },         { INFO, 1, PAL_PB_BYTES, TEXT },
	{ INFO, 2, PAL_PB_BYTES, OPS },         { INFO, 3, PAL_PB_BYTES, ANY },
	{ INFO, 4, PAL_PB_BYTES, TEXT },        { INFO, 5, PAL_PB_BYTES, TEXT },
	{ INFO, 6, PAL_PB_BYTES, TEXT },        { INFO, 7, PAL_PB_VARINT, ANY },
	{ INFO, 8, PAL_PB_BYTES, ANY },         { OPS, 1, PAL_PB_BYTES, OP_DEF },
	{ OP_DEF, 1, PAL_PB_BYTES, WORD },      { OP_DEF, 2, PAL_PB_BYTES, ANY },
	{ OP_DEF, 3, PAL_PB_BYTES, ANY },       { OP_DEF, 4, PAL_PB_BYTES, ANY },
	{ OP_DEF, 5, PAL_PB_BYTES, ANY },       { OP_DEF, 6, PAL_PB_BYTES, ANY },
	{ OP_DEF, 8, PAL_PB_BYTES, ANY },       { OP_DEF, 16, PAL_PB_VARINT, ANY },
	{ OP_DEF, 17, PAL_PB_VARINT, ANY },     { OP_DEF, 18, PAL_PB_VARINT, ANY },
	{ OP_DEF, 19, PAL_PB_VARINT, ANY },     { OP_DEF, 20, PAL_PB_BYTES, ANY },
	{ OP_DEF, 21, PAL_PB_VARINT, ANY },     { GRAPH, 1, PAL_PB_BYTES, NODE },
	{ GRAPH, 2, PAL_PB_BYTES, LIBRARY },    { GRAPH, 3, PAL_PB_VARINT, ANY },
	{ GRAPH, 4, PAL_PB_BYTES, VERSIONS },   { GRAPH, 5, PAL_PB_BYTES, ANY },
	{ NODE, 1, PAL_PB_BYTES, TEXT },        { NODE, 2, PAL_PB_BYTES, WORD },
	{ NODE, 3, PAL_PB_BYTES, TEXT },        { NODE, 4, PAL_PB_BYTES, TEXT },
	{ NODE, 5, PAL_PB_BYTES, ENTRY },       { NODE, 6, PAL_PB_BYTES, ANY },
	{ NODE, 7, PAL_PB_BYTES, ANY },         { ENTRY, 1, PAL_PB_BYTES, TEXT },
	{ ENTRY, 2, PAL_PB_BYTES, ANY },        { VERSIONS, 1, PAL_PB_VARINT, ANY },
	{ VERSIONS, 2, PAL_PB_VARINT, ANY },    { VERSIONS, 3, PAL_PB_VARINT, ANY },
	{ LIBRARY, 1, PAL_PB_BYTES, FUNCTION }, { LIBRARY, 2, PAL_PB_BYTES, ANY },
	{ LIBRARY, 3, PAL_PB_BYTES, ANY },      { FUNCTION, 1, PAL_PB_BYTES, OP_DEF },
	{ FUNCTION, 3, PAL_PB_BYTES, NODE },    { FUNCTION, 4, PAL_PB_BYTES, ANY },
	{ FUNCTION, 5, PAL_PB_BYTES, ENTRY },   { FUNCTION, 6, PAL_PB_BYTES, ANY },
	{ FUNCTION, 7, PAL_PB_BYTES, ANY },     { FUNCTION, 8, PAL_PB_BYTES, ANY },
	{ KERAS, 1, PAL_PB_BYTES, KERAS_NODE }, { KERAS_NODE, 2, PAL_PB_VARINT, ANY },
	{ KERAS_NODE, 3, PAL_PB_BYTES, TEXT },  { KERAS_NODE, 4, PAL_PB_BYTES, KERAS_WORD },
	{ KERAS_NODE, 5, PAL_PB_BYTES, ANY },   { KERAS_NODE, 6, PAL_PB_BYTES, ANY },
};

/* What the head proves. */
struct proof {
	unsigned int words;   /* operations' names */
	unsigned int entries; /* attributes, or versions: a graph of another program has the like of the rest */
	unsigned int unknown; /* fields that the message does not have */
	bool         no;
};

static const struct row *
row_of(enum shape in, const struct pal_pb_field *f, bool *ret_known)
{
	*ret_known = false;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].in != in || rows[i].number != f->number)
			continue;
		*ret_known = true;
		return rows[i].wire == f->wire ? &rows[i] : NULL;
	}
	return NULL;
}

static bool
is_printable(struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.data[i] < 0x20 || v.data[i] == 0x7f)
			return false;
	return true;
}

/* Names of operations and functions: letters, digits, and what generated names have. */
static bool
is_word(struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (!pal_is_alnum(v.data[i]) && v.data[i] != '_' && v.data[i] != '>' && v.data[i] != '-' &&
		    v.data[i] != '.' && v.data[i] != '/')
			return false;
	return v.len > 0 && (pal_is_alpha(v.data[0]) || v.data[0] == '_');
}

/* A string of the head, which may be cut. */
static void
see_text(struct proof *p, enum shape is, struct pal_view v)
{
	if (is == KERAS_WORD ? !pal_view_starts(v, "_tf_keras_") : !is_printable(v) || (is == WORD && !is_word(v)))
		p->no = true;
	else if (is != TEXT)
		p->words++;
}

/* Walks as far as the head goes; the messages on the way are on a stack of their own. */
static struct proof
walk(struct pal_view head, uint64_t size, enum shape root)
{
	struct pal_input in = pal_input_of_view(head);
	struct proof     p = { 0 };
	struct {
		enum shape shape;
		uint64_t   end;
	} level[LEVELS] = { { root, size } };
	size_t   depth = 1;
	uint64_t at = 0;

	while (depth > 0 && at < head.len && !p.no) {
		struct pal_pb       m = { .in = &in, .at = at, .end = level[depth - 1].end };
		struct pal_pb_field f = { 0 };
		const struct row   *row = NULL;
		bool                known = false;

		if (at >= m.end) {
			depth--;
			continue;
		}
		if (!pal_pb_next(&m, &f)) {
			p.no = head.len - at >= 16 || head.len == size; /* else: a tag or length that is cut */
			break;
		}
		row = row_of(level[depth - 1].shape, &f, &known);
		p.no = known && row == NULL;
		p.unknown += !known;
		at = m.at;
		if (row == NULL || row->is == ANY)
			continue;
		if (row->is >= WORD) {
			see_text(&p, row->is,
				 pal_view_sub(head, (size_t)f.at, (size_t)(f.len < head.len ? f.len : head.len)));
			continue;
		}
		p.entries += row->is == ENTRY || row->is == VERSIONS;
		if (depth == LEVELS)
			break;
		level[depth].shape = row->is;
		level[depth++].end = f.at + f.len;
		at = f.at;
	}
	return p;
}

/* FingerprintDef: numbers 1 to 5 of 64 bits, which hashes are, then a version. */
static bool
is_fingerprint(struct pal_view head, uint64_t size)
{
	struct pal_input    in = pal_input_of_view(head);
	struct pal_pb       m = pal_pb_of(&in, 0, head.len);
	struct pal_pb_field f = { 0 };
	unsigned int        hashes = 0;

	if (size > 256 || head.len != size)
		return false;
	while (pal_pb_next(&m, &f)) {
		if (f.number > 7 || (f.number <= 5) != (f.wire == PAL_PB_VARINT))
			return false;
		hashes += f.number <= 5 && f.value > UINT32_MAX;
	}
	return m.err == PAL_OK && hashes >= 3;
}

enum pal_tf_kind
pal_tf_kind_of(struct pal_view head, uint64_t size, unsigned int *ret_sure)
{
	static const struct {
		enum pal_tf_kind kind;
		enum shape       root;
		uint8_t          first[2]; /* the tags that such a file begins with: 0: none */
	} kinds[] = {
		{ PAL_TF_SAVED_MODEL, SAVED, { 0x08, 0x12 } },
		{ PAL_TF_META_GRAPH, META, { 0x0a, 0x12 } },
		{ PAL_TF_GRAPH, GRAPH, { 0x0a, 0x12 } },
		{ PAL_TF_KERAS_METADATA, KERAS, { 0x0a, 0 } },
	};

	*ret_sure = 0;
	if (head.len < 4)
		return PAL_TF_NONE;
	if (is_fingerprint(head, size)) {
		*ret_sure = 85;
		return PAL_TF_FINGERPRINT;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct proof p = { 0 };

		if (head.data[0] != kinds[i].first[0] && head.data[0] != kinds[i].first[1])
			continue;
		p = walk(head, size, kinds[i].root);
		if (p.no || p.words == 0 || p.unknown > 2 || (kinds[i].kind == PAL_TF_GRAPH && p.entries == 0))
			continue;
		*ret_sure = p.unknown == 0 ? 92 : 75;
		return kinds[i].kind;
	}
	return PAL_TF_NONE;
}
