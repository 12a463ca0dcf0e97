/* hdf5_type.c - datatype and dataspace messages (IV.A.2.b and d), and messages that stand elsewhere. */
#include "hdf5.h"

static const struct {
	enum pal_hdf5_class class;
	uint8_t        size, detail; /* detail: 1 signed; exponent bits of floats */
	enum pal_dtype dtype;
	const char    *spelled;
} numbers[] = {
	{ PAL_HDF5_INTEGER, 1, 0, PAL_DTYPE_U8, "u1" },    { PAL_HDF5_INTEGER, 1, 1, PAL_DTYPE_I8, "i1" },
	{ PAL_HDF5_INTEGER, 2, 0, PAL_DTYPE_U16, "u2" },   { PAL_HDF5_INTEGER, 2, 1, PAL_DTYPE_I16, "i2" },
	{ PAL_HDF5_INTEGER, 4, 0, PAL_DTYPE_U32, "u4" },   { PAL_HDF5_INTEGER, 4, 1, PAL_DTYPE_I32, "i4" },
	{ PAL_HDF5_INTEGER, 8, 0, PAL_DTYPE_U64, "u8" },   { PAL_HDF5_INTEGER, 8, 1, PAL_DTYPE_I64, "i8" },
	{ PAL_HDF5_FLOAT, 2, 5, PAL_DTYPE_F16, "f2" },     { PAL_HDF5_FLOAT, 2, 8, PAL_DTYPE_BF16, "bfloat16" },
	{ PAL_HDF5_FLOAT, 4, 8, PAL_DTYPE_F32, "f4" },     { PAL_HDF5_FLOAT, 8, 11, PAL_DTYPE_F64, "f8" },
	{ PAL_HDF5_FLOAT, 1, 4, PAL_DTYPE_F8_E4M3, "f1" }, { PAL_HDF5_FLOAT, 1, 5, PAL_DTYPE_F8_E5M2, "f1" },
};

static const char *const names[] = { "integer",  "float",     "time", "string",   "bits", "opaque",
				     "compound", "reference", "enum", "variable", "array" };

bool
pal_hdf5_type_of(struct pal_view body, struct pal_hdf5_type *ret_type)
{
	struct pal_reader    r = pal_reader_of(body);
	uint8_t              head = pal_read_u8(&r), bits = pal_read_u8(&r), detail = 0;
	struct pal_hdf5_type t = { .dtype = PAL_DTYPE_OTHER };

	pal_read_skip(&r, 2);
	t.size = pal_read_u32le(&r);
	if (pal_reader_err(&r) != PAL_OK || (head & 15) > PAL_HDF5_ARRAY || head >> 4 < 1 || head >> 4 > 5)
		return false;
	t.class = (enum pal_hdf5_class)(head & 15);
	t.spelled = names[t.class];
	t.big_endian = (t.class == PAL_HDF5_INTEGER || t.class == PAL_HDF5_FLOAT) && (bits & 1) != 0;
	detail = (bits & 8) != 0;
	if (t.class == PAL_HDF5_FLOAT) {
		pal_read_skip(&r, 5); /* bit offset and precision, place of the exponent */
		detail = pal_read_u8(&r);
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].class == t.class && numbers[i].size == t.size && numbers[i].detail == detail) {
			t.dtype = numbers[i].dtype;
			t.spelled = numbers[i].spelled;
		}
	if (t.class == PAL_HDF5_ENUM && t.size == 1)
		t.dtype = PAL_DTYPE_U8;
	*ret_type = t;
	return pal_reader_err(&r) == PAL_OK;
}

bool
pal_hdf5_shape_of(const struct pal_hdf5 *h, struct pal_view body, struct pal_hdf5_shape *ret_shape)
{
	struct pal_reader     r = pal_reader_of(body);
	uint8_t               version = pal_read_u8(&r), kind = 0;
	struct pal_hdf5_shape s = { .count = 1 };

	s.rank = pal_read_u8(&r);
	pal_read_skip(&r, 1);
	kind = pal_read_u8(&r); /* version 2: scalar, simple, null */
	if (version == 1)
		pal_read_skip(&r, 4);
	if (version < 1 || version > 2 || s.rank > PAL_HDF5_RANK)
		return false;
	for (unsigned int i = 0; i < s.rank; i++) {
		s.dims[i] = pal_hdf5_number(&r, h->lengths);
		s.overflow = __builtin_mul_overflow(s.count, s.dims[i], &s.count) || s.overflow;
	}
	if (version == 2 && kind == 2)
		s.count = 0;
	*ret_shape = s;
	return pal_reader_err(&r) == PAL_OK;
}

/* The datatype message of a named datatype, in the first block of its object header. */
static enum pal_err
find_type(struct pal_hdf5 *h, uint64_t at, struct pal_hdf5_bytes *ret_body)
{
	struct pal_hdf5_bytes block = { .at = 0 };
	uint64_t              len = at < h->size ? h->size - at : 0;
	struct pal_reader     r = { 0 };
	bool new = false, order = false;
	uint8_t flags = 0;

	PAL_TRY(pal_hdf5_block(h, at, len < 1024 ? len : 1024, "a shared message", &block));
	r = pal_reader_of(block.view);
	new = pal_view_starts(block.view, "OHDR");
	pal_read_skip(&r, new ? 5 : 16);
	if (new) {
		flags = pal_read_u8(&r);
		order = (flags & 4) != 0;
		pal_read_skip(&r,
			      ((flags & 0x20) != 0 ? 16u : 0u) + ((flags & 0x10) != 0 ? 4u : 0u) + (1u << (flags & 3)));
	}
	while (pal_reader_err(&r) == PAL_OK && pal_reader_left(&r) >= 8) {
		unsigned int type = new ? pal_read_u8(&r) : pal_read_u16le(&r);
		uint16_t     size = pal_read_u16le(&r);

		pal_read_skip(&r, new ? (order ? 3 : 1) : 4);
		if (type == 3) {
			ret_body->at = block.at + r.offset;
			ret_body->view = pal_read_view(&r, size);
			return PAL_OK;
		}
		pal_read_skip(&r, size);
	}
	return pal_hdf5_broken(h, at, "a shared datatype that is not there");
}

/* IV.A.2: a message with the flag `shared` holds where it stands; only datatypes are shared by ordinary writers. */
enum pal_err
pal_hdf5_shared(struct pal_hdf5 *h, struct pal_hdf5_bytes *body)
{
	struct pal_reader r = pal_reader_of(body->view);
	uint8_t           version = pal_read_u8(&r), type = pal_read_u8(&r);
	uint64_t          at = 0;

	if (version == 1)
		pal_read_skip(&r, 6);
	at = pal_hdf5_address(h, &r);
	body->view = (struct pal_view){ 0 };
	if (pal_reader_err(&r) != PAL_OK || version < 1 || version > 3 || (version == 3 && type == 1))
		return pal_hdf5_broken(h, body->at - h->base, "a shared message of a kind that is not followed here");
	return find_type(h, at, body);
}
