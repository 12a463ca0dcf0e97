/* test_buf.c - random adds against a flat copy; the limit is hard and sticky. */
#include <stdlib.h>

#include "check.h"
#include "palisade/buf.h"
#include "palisade/err.h"
#include "palisade/mem.h"

int
main(void)
{
	static uint8_t  model[200000];
	size_t          len = 0;
	PAL_AUTO_BUF    b = pal_buf_of(0);
	PAL_AUTO_BUF    small = pal_buf_of(10);
	struct pal_diag d = { 0 };
	void           *p = NULL;

	srandom(5);
	CHECK(strcmp(pal_buf_text(&b), "") == 0);
	while (len < sizeof(model) - 1000) {
		size_t n = (size_t)random() % 500;

		for (size_t i = 0; i < n; i++)
			model[len + i] = (uint8_t)random();
		pal_buf_add(&b, (struct pal_view){ model + len, n });
		len += n;
	}
	CHECK(b.len == len && memcmp(b.data, model, len) == 0 && b.data[len] == '\0');
	pal_buf_clear(&b);
	pal_buf_printf(&b, "%s-%d", "x", 7);
	pal_buf_add_u16le(&b, 0x0102);
	pal_buf_add_u32le(&b, 1);
	pal_buf_add_u64le(&b, 2);
	CHECK(b.len == 17 && memcmp(b.data, "x-7\2\1\1\0\0\0\2", 10) == 0);
	pal_buf_add_text(&small, "0123456789");
	CHECK(pal_buf_err(&small) == PAL_OK);
	pal_buf_add_byte(&small, 'x');
	CHECK(pal_buf_err(&small) == PAL_ELIMIT && small.len == 10);
	pal_buf_printf(&small, "%s", "");
	CHECK_SAY(pal_buf_err(&small) == PAL_ELIMIT, "the first error stays");
	pal_buf_clear(&small);
	CHECK(pal_buf_room(&small, 11) == NULL && pal_buf_room(&small, SIZE_MAX) == NULL);

	CHECK(pal_fail(&d, PAL_EFORM, 7, "line %d", 3) == PAL_EFORM && d.offset == 7);
	CHECK(pal_fail_in(&d, PAL_EFORM, "file") == PAL_EFORM && strcmp(d.text, "file: line 3") == 0 && d.offset == 7);
	CHECK(pal_fail(NULL, PAL_ESYS, 0, "x") == PAL_ESYS && pal_fail_in(NULL, PAL_ESYS, "x") == PAL_ESYS);
	CHECK(pal_err_exit(PAL_OK) == 0 && pal_err_exit(PAL_EVERIFY) == 1 && pal_err_exit(PAL_ESYS) == 2);
	CHECK(strcmp(pal_err_name(PAL_EFORM), "EFORM") == 0 && pal_err_text((enum pal_err)999) != NULL);
	CHECK(pal_mem_new(SIZE_MAX, 2) == NULL);
	p = pal_mem_grow(NULL, 0, 16);
	CHECK(p != NULL && ((char *)p)[15] == 0);
	pal_mem_free(p);
	return check_done();
}
