/* pickle_call.c - the registry of extension codes, which a pickle can fill by itself. */
#include "pickle.h"

/* copyreg.add_extension('os', 'system', 7): from now on EXT1 7 means os.system. */
enum pal_err
pal_pickle_register(struct pal_pickle *m, const struct pal_pickle_value *args, size_t n)
{
	PAL_AUTO_BUF            module = pal_buf_of(64 * 1024);
	PAL_AUTO_BUF            name = pal_buf_of(64 * 1024);
	struct pal_view         text = { 0 };
	struct pal_pickle_value v = { 0 };

	if (n < 3 || args[0].tag != PAL_V_STR || args[1].tag != PAL_V_STR || args[2].tag != PAL_V_INT)
		return PAL_OK;
	PAL_TRY(pal_pickle_text(m, args[0], 1024, &text));
	pal_buf_add(&module, text);
	PAL_TRY(pal_pickle_text(m, args[1], 1024, &text));
	pal_buf_add(&name, text);
	PAL_TRY(pal_pickle_global(m, pal_buf_view(&module), pal_buf_view(&name), &v));
	if (m->extension_count == sizeof(m->extensions) / sizeof(m->extensions[0]))
		return PAL_OK;
	m->extensions[m->extension_count].code = (int64_t)args[2].at;
	m->extensions[m->extension_count++].value = v;
	return PAL_OK;
}

enum pal_err
pal_pickle_extension(struct pal_pickle *m, int64_t code)
{
	for (size_t i = m->extension_count; i > 0; i--)
		if (m->extensions[i - 1].code == code)
			return pal_pickle_push(m, m->extensions[i - 1].value);
	PAL_TRY(pal_sink_anomaly(m->sink, &pal_anomaly_pickle_extension, m->op_at,
				 "extension code %lld, which this file does not register", (long long)code));
	return pal_pickle_push(m, (struct pal_pickle_value){ 0 });
}
