/* tflite_flex.c - a Flex operator's options: a FlexBuffer vector of two strings, a TensorFlow operation's name and the
 * NodeDef that the delegate runs (tensorflow/lite/delegates/flex). */
#include "tflite.h"

#include "give.h"
#include "tf.h"

#define TYPE_STRING 5u  /* flatbuffers/flexbuffers.h */
#define TYPE_VECTOR 10u /* untyped: types of the items stand behind them */

struct flex {
	struct pal_tflite *t;
	uint64_t           at, len;
	bool               wrong;
};

static uint64_t
number(struct flex *f, uint64_t at, uint64_t width)
{
	struct pal_view v = { 0 };
	uint64_t        n = 0;

	if (f->wrong || at > f->len || width > f->len - at ||
	    pal_input_view(f->t->in, f->at + at, (size_t)width, (size_t)width, &v) != PAL_OK) {
		f->wrong = true;
		return 0;
	}
	for (size_t i = (size_t)width; i > 0; i--)
		n = n << 8 | v.data[i - 1];
	return n;
}

/* What the offset at `at` leads back to. */
static uint64_t
back(struct flex *f, uint64_t at, uint64_t width)
{
	uint64_t by = number(f, at, width);

	f->wrong = f->wrong || by == 0 || by > at;
	return f->wrong ? 0 : at - by;
}

/* The i-th string of the vector at the root; its length stands before it, in as many bytes as its type says. */
static bool
string_of(struct flex *f, unsigned int i, uint64_t *ret_at, uint64_t *ret_len)
{
	uint64_t width = number(f, f->len - 1, 1), type = number(f, f->len - 2, 1), vector = 0, count = 0, item = 0;
	uint64_t each = (uint64_t)1 << (type & 3), at = 0, wide = 0;

	f->wrong = f->wrong || (width != 1 && width != 2 && width != 4 && width != 8) || type >> 2 != TYPE_VECTOR;
	vector = f->wrong ? 0 : back(f, f->len - 2 - width, width);
	f->wrong = f->wrong || vector < each;
	count = f->wrong ? 0 : number(f, vector - each, each);
	if (f->wrong || i >= count || count > f->len / each)
		return false;
	item = number(f, vector + count * each + i, 1);
	at = back(f, vector + i * each, each);
	wide = (uint64_t)1 << (item & 3);
	if (f->wrong || item >> 2 != TYPE_STRING || at < wide)
		return false;
	*ret_len = number(f, at - wide, wide);
	*ret_at = f->at + at;
	return !f->wrong && at <= f->len && *ret_len <= f->len - at;
}

enum pal_err
pal_tflite_flex(struct pal_tflite *t, uint64_t at, uint64_t len)
{
	struct flex f = { .t = t, .at = at, .len = len };
	uint64_t    node_at = 0, node_len = 0;

	if (len < 3 || !string_of(&f, 1, &node_at, &node_len))
		return pal_tflite_wrong(t, &pal_anomaly_tflite_flex, at,
					"options of %llu bytes that are no FlexBuffer vector of a name and a NodeDef",
					(unsigned long long)len);
	return pal_tf_one_node(t->in, t->sink, node_at, node_len);
}
