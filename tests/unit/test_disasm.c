/* test_disasm.c - the opcodes of pickles, found in files and archives, judged; and what a worker may say of them. */
#include "palisade/disasm.h"

#include "detecting.h"
#include "mutate.h"
#include "palisade/pickle_trace.h"

static struct pal_detect *rules;

/* One line a record: kind, offset, name, argument, depths, top, memo, severity and verdict. */
static enum pal_err
dump(void *arg, const struct pal_disasm_line *l)
{
	struct pal_buf *b = arg;
	const char     *name = pal_pickle_op_name(l->code);

	if (l->kind == PAL_DISASM_MEMBER)
		pal_buf_add_text(b, "MEMBER ");
	else
		pal_buf_printf(b, "%llu %s ", (unsigned long long)l->offset,
			       l->kind == PAL_DISASM_NOTE ? "NOTE"
			       : name == NULL             ? "?"
							  : name);
	pal_buf_add(b, l->argument);
	pal_buf_printf(b, " %llu>%llu ", (unsigned long long)l->before, (unsigned long long)l->after);
	pal_buf_add(b, l->top);
	pal_buf_printf(b, " @%lld %s ", (long long)l->memo, l->judged ? pal_severity_name(l->severity) : "-");
	pal_buf_add(b, l->text);
	pal_buf_add_byte(b, '\n');
	return PAL_OK;
}

static enum pal_err
read_bytes(struct pal_view v, const char *member, struct pal_buf *b, struct pal_diag *d)
{
	struct pal_disasm_out out = { .line = dump, .arg = b };
	struct pal_input      in = pal_input_of_view(v);
	enum pal_err          err = pal_disasm_read(&in, pal_view_of(member), rules, &out, d);

	pal_input_done(&in);
	return err;
}

static const struct {
	const char *bytes;
	size_t      len;
	const char *expected[4];
} cases[] = {
#define BYTES(s) s, sizeof(s) - 1
	{ BYTES("\x80\x02"
		"cos\nsystem\nX\x02\x00\x00\x00id\x85R."),
	  { "2 GLOBAL os system 0>1 os.system @-1 high import os.system: PICKLE-DANGEROUS-IMPORT",
	    "13 BINUNICODE 'id' 1>2 'id' @-1 - ",
	    "21 REDUCE  2>1 os.system(...) @-1 critical call os.system('id'): PICKLE-EXEC", "22 STOP  1>0" } },
	{ BYTES("\x80\x04]\x94(K\x01J\xff\xff\xff\xffG?\xf0\x00\x00\x00\x00\x00\x00"
		"e."),
	  { "3 MEMOIZE  1>1 [...] @0", "4 MARK  1>2", "7 BININT -1 3>4 -1", "12 BINFLOAT 1 4>5" } },
	{ BYTES("(lp0\nI1\nag0\na."),
	  { "2 PUT 0 1>1 [...] @0", "5 INT 1 1>2 1", "9 GET 0 1>2 [...] @0", "12 APPEND" } },
	{ BYTES("\x80\x02N.\x80\x02K\x07."), { "2 NONE", "3 STOP", "4 PROTO 2", "6 BININT1 7" } },
	{ BYTES("\x80\x02N.what is this that follows here"), { "3 STOP", "NOTE", "low PICKLE-TRAILING, ", "" } },
	{ BYTES("\x80\x02]0\xff"
		"cos\nsystem\n."),
	  { "4 (no opcode)", "high PICKLE-BROKEN", "", "" } },
};

static void
lines(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		PAL_AUTO_BUF    b = pal_buf_of(0);
		struct pal_view v = { (const uint8_t *)cases[i].bytes, cases[i].len };
		const char     *at = NULL;

		CHECK(read_bytes(v, "", &b, NULL) == PAL_OK);
		at = pal_buf_text(&b);
		for (size_t k = 0; k < 4 && at != NULL; k++) {
			const char *expected = cases[i].expected[k];

			if (strncmp(expected, "4 (no", 5) == 0)
				expected = "4 ? ";
			at = strstr(at, expected);
			if (!CHECK_SAY(at != NULL, expected))
				printf("--- got\n%s---\n", pal_buf_text(&b));
		}
	}
}

/* A pickle inside a pickle is a member; it alone can be asked for. */
static void
members(void)
{
	static const char inner[] = "\x80\x02"
				    "cos\nsystem\n.";
	PAL_AUTO_BUF      file = pal_buf_of(0);
	PAL_AUTO_BUF      b = pal_buf_of(0);
	struct pal_diag   d = { .text = "" };

	pal_buf_add_text(&file, "\x80\x04"
				"C");
	pal_buf_add_byte(&file, sizeof(inner) - 1);
	pal_buf_add(&file, (struct pal_view){ (const uint8_t *)inner, sizeof(inner) - 1 });
	pal_buf_add_text(&file, "K\x05\x86.");
	CHECK(read_bytes(pal_buf_view(&file), "", &b, &d) == PAL_OK);
	CHECK(strstr(pal_buf_text(&b), "MEMBER (inside the pickle)") != NULL ||
	      strstr(pal_buf_text(&b), "inside the pickle") != NULL);
	CHECK(strstr(pal_buf_text(&b), "GLOBAL os system") != NULL && strstr(pal_buf_text(&b), "TUPLE2") != NULL);
	pal_buf_clear(&b);
	CHECK(read_bytes(pal_buf_view(&file), "(inside the pickle)", &b, &d) == PAL_OK);
	CHECK(strstr(pal_buf_text(&b), "GLOBAL os system") != NULL && strstr(pal_buf_text(&b), "TUPLE2") == NULL);
	pal_buf_clear(&b);
	CHECK(read_bytes(pal_buf_view(&file), "nothing", &b, &d) == PAL_ENOTFOUND && b.len == 0);
	CHECK(strstr(d.text, "of that name") != NULL);
	CHECK(read_bytes(pal_view_of("a,b\n1,2\n3,4\n"), "", &b, &d) == PAL_ENOTFOUND);
}

static void
damaged(struct pal_view v, void *arg)
{
	PAL_AUTO_BUF b = pal_buf_of(0);
	enum pal_err err = read_bytes(v, "", &b, NULL);

	(void)arg;
	if (!CHECK(err == PAL_OK || err == PAL_ENOTFOUND))
		printf("  %s\n", pal_err_text(err));
}

static enum pal_err
ignore(void *arg, const struct pal_disasm_line *l)
{
	size_t *count = arg;

	*count += l->kind >= PAL_DISASM_MEMBER && l->kind <= PAL_DISASM_NOTE && l->severity <= PAL_CRITICAL;
	return PAL_OK;
}

static void
hostile(struct pal_view v, void *arg)
{
	size_t                count = 0;
	struct pal_disasm_out out = { .line = ignore, .arg = &count };
	enum pal_err          err = pal_disasm_decode(v, &out);

	(void)arg;
	CHECK(err == PAL_OK || err == PAL_EFORM || err == PAL_ETRUNC || err == PAL_ELIMIT);
}

static void
frames(void)
{
	PAL_AUTO_BUF           b = pal_buf_of(0);
	PAL_AUTO_BUF           got = pal_buf_of(0);
	struct pal_disasm_line l = { .kind = PAL_DISASM_OP,
				     .code = 'R',
				     .judged = true,
				     .severity = PAL_CRITICAL,
				     .offset = 7,
				     .before = 3,
				     .after = 2,
				     .memo = -1,
				     .argument = pal_view_of("x"),
				     .top = pal_view_of("y"),
				     .text = pal_view_of("why") };
	struct pal_disasm_out  out = { .line = dump, .arg = &got };

	pal_disasm_encode(&l, &b);
	l = (struct pal_disasm_line){ .kind = PAL_DISASM_MEMBER, .memo = -1, .text = pal_view_of("a.pkl") };
	pal_disasm_encode(&l, &b);
	CHECK(pal_disasm_decode(pal_buf_view(&b), &out) == PAL_OK);
	CHECK(strcmp(pal_buf_text(&got), "7 REDUCE x 3>2 y @-1 critical why\nMEMBER  0>0  @-1 - a.pkl\n") == 0);
	pal_mutate_all(pal_buf_view(&b), hostile, NULL);
}

int
main(void)
{
	rules = detecting_rules();
	if (rules == NULL)
		return check_done();
	lines();
	members();
	frames();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		pal_mutate_all((struct pal_view){ (const uint8_t *)cases[i].bytes, cases[i].len }, damaged, NULL);
	pal_detect_free(&rules);
	return check_done();
}
