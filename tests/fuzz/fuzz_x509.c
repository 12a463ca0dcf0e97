/* fuzz_x509.c - certificates as PEM and as DER; what was read is checked as a chain against itself. */
#include "palisade/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PAL_AUTO_CERTS  certs = NULL;
	PAL_AUTO_KEY    key = NULL;
	PAL_AUTO_BUF    name = pal_buf_of(0);
	struct pal_view v = { data, size };
	struct pal_diag d = { 0 };

	if (pal_certs_new(&certs) != PAL_OK)
		return 0;
	(void)pal_certs_add_der(certs, v, &d);
	(void)pal_certs_add_pem(certs, v, &d);
	if (pal_certs_count(certs) == 0)
		return 0;
	(void)pal_certs_subject(certs, 0, &name);
	(void)pal_chain_verify(certs, certs, UINT64_C(1790000000000), &key, &d);
	return 0;
}
