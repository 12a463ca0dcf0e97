/* test_dtype.c - every type has a name of its own and a width that fits it. */
#include "check.h"
#include "palisade/dtype.h"
#include "palisade/view.h"

int
main(void)
{
	for (enum pal_dtype t = PAL_DTYPE_OTHER; t <= PAL_DTYPE_BLOCKS; t++) {
		CHECK(pal_dtype_name(t) != NULL && pal_dtype_bits(t) % 8 == 0);
		for (enum pal_dtype o = PAL_DTYPE_OTHER; o < t; o++)
			CHECK(strcmp(pal_dtype_name(t), pal_dtype_name(o)) != 0);
	}
	CHECK(pal_dtype_of(pal_view_of("bfloat16")) == PAL_DTYPE_BF16 &&
	      pal_dtype_of(pal_view_of("blocks")) == PAL_DTYPE_OTHER);
	CHECK(pal_dtype_bits(PAL_DTYPE_OTHER) == 0 && pal_dtype_bits(PAL_DTYPE_BLOCKS) == 0);
	CHECK(pal_dtype_bits(PAL_DTYPE_BF16) == 16 && pal_dtype_bits(PAL_DTYPE_C128) == 128);
	CHECK(pal_dtype_is_float(PAL_DTYPE_F8_E4M3) && !pal_dtype_is_float(PAL_DTYPE_I64));
	return check_done();
}
