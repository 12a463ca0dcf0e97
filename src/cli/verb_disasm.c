/* verb_disasm.c - pickles opcode by opcode, as text or JSON. A worker reads them; its words are cleaned before they are
 * written. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "palisade/disasm.h"
#include "palisade/file.h"
#include "palisade/json.h"
#include "palisade/pickle_trace.h"
#include "palisade/utf8.h"

#define MOST_SHOWN 400u

struct job {
	const char    *file; /* as it was given */
	bool           json, first, head;
	struct pal_buf path; /* of the member that the lines belong to */
	struct pal_buf text; /* of one line */
};

static void
add_clean(struct pal_buf *b, struct pal_view v)
{
	pal_utf8_clean(v, MOST_SHOWN, b);
}

static enum pal_err
print(struct job *j)
{
	PAL_TRY(pal_buf_err(&j->text));
	if (fwrite(j->text.data, 1, j->text.len, stdout) != j->text.len)
		return PAL_ESYS;
	return PAL_OK;
}

static void
text_line(struct job *j, const struct pal_disasm_line *l)
{
	const char *name = pal_pickle_op_name(l->code);
	size_t      at = 0;

	if (l->kind == PAL_DISASM_NOTE) {
		pal_buf_printf(&j->text, "%8" PRIu64 "     ", l->offset);
	} else {
		pal_buf_printf(&j->text, "%8" PRIu64 " %02x  %-17s", l->offset, (unsigned int)l->code,
			       name == NULL ? "(no opcode)" : name);
		at = j->text.len;
		add_clean(&j->text, l->argument);
		pal_buf_printf(&j->text, "%*s  %" PRIu64 " -> %" PRIu64,
			       j->text.len - at < 30 ? (int)(30 - (j->text.len - at)) : 0, "", l->before, l->after);
		if (l->after > 0 && l->top.len > 0) {
			pal_buf_add_text(&j->text, "  ");
			add_clean(&j->text, l->top);
		}
		if (l->memo >= 0)
			pal_buf_printf(&j->text, "  memo %" PRId64, l->memo);
	}
	if (l->judged) {
		pal_buf_printf(&j->text, "\n%15s%s: ", "# ", pal_severity_name(l->severity));
		add_clean(&j->text, l->text);
	}
	pal_buf_add_byte(&j->text, '\n');
}

static void
json_line(struct job *j, const struct pal_disasm_line *l)
{
	struct pal_json_writer w = pal_json_writer_of(&j->text, 0);
	PAL_AUTO_BUF           b = pal_buf_of(0);

	pal_buf_add_text(&j->text, j->first ? "\n" : ",\n");
	j->first = false;
	pal_json_begin(&w, NULL, '{');
	pal_json_put_view(&w, "member", pal_buf_view(&j->path));
	pal_json_put_u64(&w, "offset", l->offset);
	if (l->kind == PAL_DISASM_OP) {
		pal_json_put_text(&w, "op", pal_pickle_op_name(l->code));
		pal_json_put_u64(&w, "code", l->code);
		add_clean(&b, l->argument);
		pal_json_put_view(&w, "argument", pal_buf_view(&b));
		pal_json_put_u64(&w, "before", l->before);
		pal_json_put_u64(&w, "after", l->after);
		pal_buf_clear(&b);
		add_clean(&b, l->top);
		pal_json_put_view(&w, "top", pal_buf_view(&b));
	}
	if (l->memo >= 0)
		pal_json_put_u64(&w, "memo", (uint64_t)l->memo);
	if (l->judged) {
		pal_buf_clear(&b);
		add_clean(&b, l->text);
		pal_json_put_text(&w, "severity", pal_severity_name(l->severity));
		pal_json_put_view(&w, "verdict", pal_buf_view(&b));
	}
	pal_json_end(&w, '}');
}

static enum pal_err
take_line(void *arg, const struct pal_disasm_line *l)
{
	struct job *j = arg;

	pal_buf_clear(&j->text);
	if (l->kind == PAL_DISASM_MEMBER) {
		pal_buf_clear(&j->path);
		pal_buf_add_text(&j->path, j->file);
		pal_buf_add_text(&j->path, l->text.len > 0 ? "!/" : "");
		pal_utf8_clean(l->text, 4096, &j->path);
		if (j->json)
			return pal_buf_err(&j->path);
		pal_buf_printf(&j->text, "%s%s\n", j->head ? "\n" : "", pal_buf_text(&j->path));
		j->head = true;
	} else if (j->json) {
		json_line(j, l);
	} else {
		text_line(j, l);
	}
	return print(j);
}

/* The file is what stands before the first "!/" that leads to one. */
static const char *
split_path(char *path)
{
	struct stat st;
	char       *cut = NULL;

	if (stat(path, &st) == 0)
		return "";
	for (cut = strstr(path, "!/"); cut != NULL; cut = strstr(cut + 2, "!/")) {
		*cut = '\0';
		if (stat(path, &st) == 0)
			return cut + 2;
		*cut = '!';
	}
	return "";
}

static enum pal_err
disassemble(struct job *j, const char *path, const char *member, const char *rules, struct pal_diag *d)
{
	struct pal_disasm_out out = { .line = take_line, .arg = j };
	struct stat           st;
	PAL_AUTO_FD           fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return pal_fail(d, errno == ENOENT ? PAL_ENOTFOUND : PAL_ESYS, 0, "cannot open %s: %s", path,
				strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return pal_fail(d, PAL_EUSAGE, 0, "%s is no regular file; give one file, or FILE!/MEMBER", path);
	return pal_disasm(fd, (uint64_t)st.st_size, member, rules, &out, d);
}

static int
disasm_run(const struct cli_args *a)
{
	struct job      j = { .json = strcmp(cli_text(a, "format", "text"), "json") == 0, .first = true };
	struct pal_diag d = { 0 };
	PAL_AUTO_BUF    path = pal_buf_of(0);
	const char     *member = NULL;
	enum pal_err    err = PAL_OK;

	j.path = pal_buf_of(0);
	j.text = pal_buf_of(0);
	pal_buf_add_text(&path, a->words[0]);
	pal_buf_add_byte(&path, 0);
	if (pal_buf_err(&path) != PAL_OK)
		return cli_fail(PAL_ENOMEM, NULL);
	member = split_path((char *)path.data);
	j.file = (const char *)path.data;
	if (j.json)
		(void)fputs("{\"ops\":[", stdout);
	err = disassemble(&j, j.file, member, cli_text(a, "rules", NULL), &d);
	if (j.json)
		(void)puts("\n]}");
	pal_buf_done(&j.path);
	pal_buf_done(&j.text);
	if (fflush(stdout) != 0 || ferror(stdout))
		return cli_usage("standard output: %s", strerror(errno));
	return err == PAL_OK ? CLI_YES : cli_fail(err, &d);
}

static const struct cli_option disasm_options[] = {
	{ .name = "format", .value = "text|json", .help = "how to print it (text)" },
	{ .name = "rules", .value = "DIR", .help = "also use the rules and globals.tsv in DIR" },
	{ 0 },
};

const struct cli_verb cli_verb_disasm = {
	.name = "disasm",
	.args = "FILE[!/MEMBER]",
	.min = 1,
	.max = 1,
	.summary = "show the pickles of a file opcode by opcode, each judged",
	.about =
	    "Prints every opcode of every pickle in FILE: offset, name, argument, stack depth before and after, what "
	    "is\n"
	    "then on top, the memo entry it touches, and what the policy says of the names it looks up and the\n"
	    "calls it makes. Nothing is run. FILE may be a pickle, several in a row, or hold pickles: a zip archive\n"
	    "(PyTorch, NumPy), a compressed file, a pickle inside a pickle. MEMBER chooses one of them, by the path\n"
	    "that findings give.\n\n"
	    "The file is read in a process that has no network, no files and no keys, as by scan.\n\n"
	    "Exit code: 0 shown, 2 no pickle there, or it could not be read.",
	.examples = "palisade disasm model.pkl\tone pickle\n"
		    "palisade disasm model.pt!/model/data.pkl\tone member of an archive\n"
		    "palisade disasm --format json model.joblib\tfor programs",
	.options = disasm_options,
	.run = disasm_run,
};
