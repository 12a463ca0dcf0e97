/* fuzz_key.c - keys as PEM and as DER, public and private. */
#include "palisade/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pal_view v = { data, size };
	PAL_AUTO_KEY    pem = NULL;
	PAL_AUTO_KEY    der = NULL;
	PAL_AUTO_KEY private = NULL;
	PAL_AUTO_BUF sig = pal_buf_of(0);

	if (pal_key_of_public_pem(v, &pem, NULL) == PAL_OK)
		PAL_ASSERT(pal_key_verify(pem, v, v, NULL) != PAL_OK);
	if (pal_key_of_public_der(v, &der, NULL) == PAL_OK)
		PAL_ASSERT(pal_key_verify(der, v, v, NULL) != PAL_OK);
	if (pal_key_of_private_pem(v, NULL, "input", &private, NULL) == PAL_OK)
		(void)pal_key_sign(private, v, &sig, NULL);
	return 0;
}
