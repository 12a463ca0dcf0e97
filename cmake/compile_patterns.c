/*
 * compile_patterns.c - for the build: writes the patterns of our own rules, compiled, to a file
 * (src/detect/database.h).
 *
 * usage: compile-patterns FILE
 */
#include <stdio.h>

#include "database.h"
#include "palisade/file.h"
#include "rules.h"

/* What is being made is not there yet. */
extern const unsigned char pal_data_compiled_patterns[];
extern const size_t        pal_data_compiled_patterns_len;
const unsigned char        pal_data_compiled_patterns[] = { 0 };
const size_t               pal_data_compiled_patterns_len = 0;

int
main(int argc, char **argv)
{
	struct pal_detect *rules = NULL;
	struct pal_diag    d = { 0 };
	PAL_AUTO_BUF       out = pal_buf_of(0);

	if (argc == 2 && pal_detect_load(NULL, &rules, &d) == PAL_OK &&
	    pal_database_kinds(&rules->defs, pal_detect_version(rules), &out, &d) == PAL_OK &&
	    pal_file_write(argv[1], pal_buf_view(&out), 0644, &d) == PAL_OK) {
		pal_detect_free(&rules);
		return 0;
	}
	(void)fprintf(stderr, "compile-patterns: %s\n", argc == 2 ? d.text : "usage: compile-patterns FILE");
	return 1;
}
