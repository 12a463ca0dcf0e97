/* run_check.h - hands what was written to a checker that is not ours: a Python script of this folder, xmllint. */
#ifndef PALISADE_TEST_RUN_CHECK_H
#define PALISADE_TEST_RUN_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "palisade/buf.h"

/* Runs `command FILE` with the bytes in FILE: its exit status; 127 when the command is not there. */
static inline int
run_check(const char *command, const struct pal_buf *b)
{
	char  path[] = "/tmp/palisade-test-XXXXXX";
	char  line[1024];
	int   fd = mkstemp(path), status = -1;
	FILE *p = NULL;

	if (fd < 0 || write(fd, b->data, b->len) != (ssize_t)b->len || close(fd) != 0)
		return -1;
	(void)snprintf(line, sizeof(line), "%s %s", command, path);
	p = popen(line, "r");
	while (p != NULL && fgets(line, sizeof(line), p) != NULL)
		printf("  %s", line);
	status = p == NULL ? -1 : pclose(p);
	(void)unlink(path);
	return status < 0 ? -1 : WEXITSTATUS(status);
}

#endif
