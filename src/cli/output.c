/* output.c - reports and pictures on their way out; an unwritable place is trouble, never a silent yes. */
#include "output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "palisade/file.h"

static bool
is_standard(const char *file)
{
	return file == NULL || strcmp(file, "-") == 0;
}

int
cli_output(const char *file, struct pal_view content)
{
	struct pal_diag d = { 0 };
	enum pal_err    err = PAL_OK;

	if (!is_standard(file)) {
		err = pal_file_write(file, content, 0644, &d);
		return err == PAL_OK ? CLI_YES : cli_fail(err, &d);
	}
	if (fwrite(content.data, 1, content.len, stdout) == content.len && fflush(stdout) == 0)
		return CLI_YES;
	err = pal_fail(&d, PAL_ESYS, 0, "standard output: %s", strerror(errno));
	return cli_fail(err, &d);
}

int
cli_output_report(const struct cli_args *a, const struct pal_report *r)
{
	const char             *file = cli_text(a, "output", NULL), *name = cli_text(a, "format", "table");
	enum pal_report_format  format = PAL_REPORT_TABLE;
	struct pal_report_style style = { .verbose = cli_flag(a, "verbose") };
	PAL_AUTO_BUF            out = pal_buf_of(0);
	enum pal_err            err = PAL_OK;
	int                     code = CLI_YES;

	if (!pal_report_format_of(name, &format))
		return cli_usage("--format %s: expected table, json, sarif, junit or html", name);
	if (format == PAL_REPORT_HTML && is_standard(file) && isatty(STDOUT_FILENO) == 1)
		return cli_usage("--format html: a page is no use on a terminal; add -o report.html");
	style.colour = is_standard(file) && cli_colour(stdout);
	style.columns = is_standard(file) ? cli_columns(stdout) : 0;
	err = pal_report_write(r, format, &style, &out);
	if (err != PAL_OK)
		return cli_fail(err, NULL);
	code = cli_output(file, pal_buf_view(&out));
	return code != CLI_YES ? code : r->closed ? CLI_NO : CLI_YES;
}
