/* store.c - what every store shares; the work is in the table of functions of each. */
#include "palisade/store.h"

#include <string.h>

void
pal_store_free(struct pal_store **s)
{
	if (*s != NULL)
		(*s)->ops->close(*s);
	*s = NULL;
}

bool
pal_store_is_digest(const char *text)
{
	size_t n = 0;

	if (text == NULL)
		return false;
	while (n < PAL_ID_TEXT && text[n] != '\0' && strchr("0123456789abcdef", text[n]) != NULL)
		n++;
	return n == PAL_ID_TEXT - 1 && text[n] == '\0';
}
