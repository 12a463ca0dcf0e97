/* torch7_value.c - numbers and texts of Torch7's files in both forms, and what their first bytes look like. */
#include "torch7.h"

#define TOKEN_MOST 48u

static bool
is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool
pal_t7_failed(const struct pal_t7 *t)
{
	return t->odd || pal_reader_err(&t->r) != PAL_OK;
}

/* The next word of a file in text; 0: none, or too long. */
static size_t
next_token(struct pal_t7 *t, char token[TOKEN_MOST])
{
	size_t  n = 0;
	uint8_t c = pal_read_u8(&t->r);

	while (is_blank(c) && pal_reader_err(&t->r) == PAL_OK)
		c = pal_read_u8(&t->r);
	while (pal_reader_err(&t->r) == PAL_OK && !is_blank(c)) {
		if (n == TOKEN_MOST)
			return 0;
		token[n++] = (char)c;
		if (pal_reader_left(&t->r) == 0)
			return n;
		c = pal_read_u8(&t->r);
	}
	return pal_reader_err(&t->r) == PAL_OK ? n : 0;
}

static int64_t
ascii_number(struct pal_t7 *t)
{
	char     token[TOKEN_MOST];
	size_t   n = next_token(t, token), i = n > 0 && token[0] == '-';
	uint64_t x = 0;

	t->odd = t->odd || i == n || n - i > 18;
	for (; i < n && !t->odd; i++) {
		t->odd = !pal_is_digit((uint8_t)token[i]);
		x = x * 10 + (uint64_t)(token[i] - '0');
	}
	if (t->odd)
		return 0;
	return token[0] == '-' ? -(int64_t)x : (int64_t)x;
}

int64_t
pal_t7_int(struct pal_t7 *t)
{
	return t->ascii ? ascii_number(t) : (int32_t)pal_read_u32le(&t->r);
}

int64_t
pal_t7_long(struct pal_t7 *t)
{
	return t->ascii ? ascii_number(t) : (int64_t)pal_read_u64le(&t->r);
}

static void
skip_token(struct pal_t7 *t)
{
	char token[TOKEN_MOST];

	t->odd = t->odd || next_token(t, token) == 0;
}

void
pal_t7_skip_number(struct pal_t7 *t)
{
	if (t->ascii)
		skip_token(t);
	else
		pal_read_skip(&t->r, 8);
}

void
pal_t7_end_text(struct pal_t7 *t)
{
	if (t->ascii && pal_reader_left(&t->r) > 0)
		pal_read_skip(&t->r, 1);
}

struct pal_view
pal_t7_text(struct pal_t7 *t, size_t most)
{
	int64_t len = pal_t7_int(t);

	if (len < 0 || (uint64_t)len > most)
		t->odd = true;
	return t->odd ? (struct pal_view){ 0 } : pal_read_view(&t->r, (uint64_t)len);
}

/* Chars are raw bytes in both forms. */
void
pal_t7_skip_numbers(struct pal_t7 *t, uint64_t count, enum pal_dtype type)
{
	uint64_t width = pal_dtype_bits(type) / 8, len = 0;

	if (!t->ascii || type == PAL_DTYPE_I8) {
		t->odd = t->odd || __builtin_mul_overflow(count, width, &len);
		if (!t->odd)
			pal_read_skip(&t->r, len);
		pal_t7_end_text(t);
		return;
	}
	t->odd = t->odd || count > pal_reader_left(&t->r);
	for (uint64_t i = 0; i < count && !pal_t7_failed(t); i++)
		skip_token(t);
}

/* torch, cutorch and cltorch: a device's name, a type's, then what it is. */
bool
pal_t7_class_of(struct pal_view name, struct pal_t7_class *ret_class)
{
	static const struct {
		const char    *name, *type;
		enum pal_dtype dtype;
	} types[] = {
		{ "Byte", "uint8", PAL_DTYPE_U8 },      { "Char", "int8", PAL_DTYPE_I8 },
		{ "Short", "int16", PAL_DTYPE_I16 },    { "Int", "int32", PAL_DTYPE_I32 },
		{ "Long", "int64", PAL_DTYPE_I64 },     { "Half", "float16", PAL_DTYPE_F16 },
		{ "Double", "float64", PAL_DTYPE_F64 }, { "Float", "float32", PAL_DTYPE_F32 },
		{ "", "float32", PAL_DTYPE_F32 },
	};
	struct pal_view v = pal_view_sub(name, 6, name.len);
	bool            device = pal_view_starts(v, "Cuda") || pal_view_starts(v, "Cl");

	if (!pal_view_starts(name, "torch."))
		return false;
	if (device)
		v = pal_view_sub(v, v.data[1] == 'u' ? 4 : 2, v.len);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct pal_view rest = pal_view_sub(v, pal_view_of(types[i].name).len, v.len);
		bool            tensor = pal_view_is(rest, "Tensor"), storage = pal_view_is(rest, "Storage");

		if (!pal_view_starts(v, types[i].name) || (!tensor && !storage) ||
		    (types[i].name[0] == '\0' && !device))
			continue;
		*ret_class = (struct pal_t7_class){ tensor, storage, types[i].dtype, types[i].type };
		return true;
	}
	return false;
}

static bool
is_class_name(struct pal_view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (!pal_is_alnum(v.data[i]) && v.data[i] != '.' && v.data[i] != '_' && v.data[i] != '-')
			return false;
	return v.len >= 2 && pal_is_alpha(v.data[0]);
}

static bool
is_dump(struct pal_view v)
{
	return pal_view_starts(v, "\x1bLJ") || pal_view_starts(v, "\x1bLua");
}

/* What stands behind the type of the first object. */
static bool
fits(struct pal_t7 *t, int64_t type)
{
	int64_t         size = 0;
	struct pal_view v = { 0 };

	if (type != PAL_T7_FUNCTION && pal_t7_int(t) != 1) /* the first index */
		return false;
	if (type == PAL_T7_OBJECT) {
		v = pal_t7_text(t, 64);
		if (!pal_view_starts(v, "V "))
			return is_class_name(v) && pal_view_find_byte(v, '.', 0) != SIZE_MAX;
		pal_t7_end_text(t);
		return is_class_name(pal_t7_text(t, 128)) && !pal_t7_failed(t);
	}
	size = pal_t7_int(t);
	if (type != PAL_T7_TABLE)
		return size > 4 && is_dump(pal_read_peek(&t->r, 4));
	type = pal_t7_int(t);
	if (pal_t7_failed(t) || size < 1 || (type != PAL_T7_NUMBER && type != PAL_T7_STRING))
		return false;
	if (type == PAL_T7_NUMBER)
		return pal_t7_long(t) == (t->ascii ? 1 : INT64_C(0x3ff0000000000000)) && !pal_t7_failed(t);
	v = pal_t7_text(t, 256);
	for (size_t i = 0; i < v.len; i++)
		if (v.data[i] < 0x20 || v.data[i] >= 0x7f)
			return false;
	return v.len > 0 && !pal_t7_failed(t);
}

unsigned int
pal_t7_looks(struct pal_view head, bool *ret_ascii)
{
	struct pal_t7 t = { .r = pal_reader_of(head), .ascii = head.len > 1 && head.data[1] == '\n' };
	int64_t       type = pal_t7_int(&t);

	*ret_ascii = t.ascii;
	if (pal_t7_failed(&t) || !(type == PAL_T7_TABLE || type == PAL_T7_OBJECT ||
				   (type >= PAL_T7_FUNCTION && type <= PAL_T7_SHARED_FUNCTION)))
		return 0;
	if (!fits(&t, type))
		return 0;
	return type == PAL_T7_TABLE ? 84 : 95;
}
