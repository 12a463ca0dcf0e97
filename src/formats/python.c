/* python.c - Python source; what makes a text Python is in count_lines(). */
#include "give.h"
#include "palisade/format.h"
#include "source.h"

extern const struct pal_format pal_format_text;

static bool
is_name_char(uint8_t c)
{
	return pal_is_alnum(c) || c == '_' || c >= 0x80;
}

/* How many bytes of v are names with dots between: os.path */
static size_t
name_len(struct pal_view v)
{
	size_t n = 0;

	while (n < v.len && (is_name_char(v.data[n]) || (n > 0 && v.data[n] == '.')))
		n++;
	return n > 0 && pal_is_digit(v.data[0]) ? 0 : n;
}

static struct pal_view
after(struct pal_view line, const char *word)
{
	return pal_view_trim(pal_view_sub(line, pal_view_of(word).len, line.len));
}

/* A line that begins as only Python's do: import a.b, from a import b, def f(, class C:, @f */
static bool
is_strong(struct pal_view line)
{
	struct pal_view rest;
	size_t          n = 0;

	if (pal_view_starts(line, "from ")) {
		rest = after(line, "from ");
		while (rest.len > 0 && rest.data[0] == '.')
			rest = pal_view_sub(rest, 1, rest.len);
		return pal_view_starts(after(pal_view_sub(rest, name_len(rest), rest.len), ""), "import ");
	}
	if (pal_view_starts(line, "import ")) {
		rest = after(line, "import ");
		n = name_len(rest);
		rest = pal_view_trim(pal_view_sub(rest, n, rest.len));
		return n > 0 && (rest.len == 0 || rest.data[0] == ',' || rest.data[0] == '#' || rest.data[0] == ';' ||
				 pal_view_starts(rest, "as "));
	}
	if (pal_view_starts(line, "def ") || pal_view_starts(line, "async def "))
		return pal_view_find_byte(line, '(', 0) != SIZE_MAX;
	if (pal_view_starts(line, "class ")) {
		rest = after(line, "class ");
		rest = pal_view_sub(rest, name_len(rest), 1);
		return rest.len == 1 && (rest.data[0] == '(' || rest.data[0] == ':');
	}
	return pal_view_starts(line, "if __name__ ==");
}

/* A line that may be Python's: a call, an assignment, a decorator, a comment, the opening of a string. */
static bool
is_weak(struct pal_view line)
{
	size_t          n = name_len(line);
	struct pal_view rest = pal_view_trim(pal_view_sub(line, n, line.len));

	if (line.len == 0 || line.data[0] == '#' || pal_view_starts(line, "\"\"\"") || pal_view_starts(line, "'''") ||
	    pal_view_starts(line, "r\"\"\""))
		return true;
	if (line.data[0] == '@')
		return name_len(pal_view_sub(line, 1, line.len)) > 0;
	return n > 0 && rest.len > 0 && (rest.data[0] == '(' || (rest.data[0] == '=' && !pal_view_starts(rest, "==")));
}

struct counts {
	unsigned int strong, weak, other; /* lines that begin in the first column */
};

static struct counts
count_lines(struct pal_view head)
{
	struct counts   c = { 0 };
	struct pal_view line = { 0 };

	while (pal_view_line(&head, &line)) {
		if (line.len > 0 && pal_is_space(line.data[0]))
			continue;
		if (is_strong(line))
			c.strong++;
		else if (is_weak(line))
			c.weak += line.len > 0;
		else
			c.other++;
	}
	return c;
}

static bool
has_interpreter(struct pal_view head)
{
	size_t          end = pal_view_find_byte(head, '\n', 0);
	struct pal_view first = pal_view_sub(head, 0, end == SIZE_MAX ? head.len : end);

	return pal_view_starts(first, "#!") && pal_view_find(first, pal_view_of("python"), 0) != SIZE_MAX;
}

static unsigned int
python_probe(struct pal_view head, uint64_t size, struct pal_view name)
{
	static const char *const endings[] = { ".py", ".pyw", ".pyi", NULL };
	bool                     named = pal_name_ends(name, endings);
	struct counts            c;

	(void)size;
	if (pal_view_starts(head, "\xef\xbb\xbf"))
		head = pal_view_sub(head, 3, head.len);
	if (!pal_source_is_text(head))
		return 0;
	c = count_lines(head);
	if (named)
		return c.strong + c.weak > 0 || has_interpreter(head) ? 89 : 0;
	if (has_interpreter(head))
		return c.strong > 0 ? 89 : 0;
	return c.strong >= 2 && c.strong + c.weak >= c.other ? 50 : 0;
}

static enum pal_err
python_parse(struct pal_input *in, struct pal_sink *sink, struct pal_diag *d)
{
	struct pal_view head = { 0 };

	PAL_TRY(pal_input_view(in, 0, 0, PAL_PROBE_HEAD, &head));
	if (has_interpreter(head)) /* as of any script */
		PAL_TRY(pal_sink_anomaly(sink, &pal_anomaly_exec_script, 0, "a script for python"));
	PAL_TRY(pal_give_source(in, sink, "python"));
	return pal_format_text.parse(in, sink, d);
}

const struct pal_format pal_format_python = {
	.name = "python",
	.summary = "Python source",
	.covers =
	    "The program as a whole, up to 4 MiB, and all of its text as text. A file that is not called .py is one "
	    "when lines "
	    "begin as only Python's do (import, from, def, class) and it is no document by its ending. Notebooks "
	    "are JSON, and "
	    "compiled code (.pyc) is not read.",
	.probe = python_probe,
	.parse = python_parse,
};
