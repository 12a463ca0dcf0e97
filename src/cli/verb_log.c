/* verb_log.c - the ledger from outside: verify, prove, check, consistency, tail, checkpoint. Nothing here needs the
 * private key. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "palisade/file.h"
#include "palisade/hex.h"
#include "palisade/json.h"
#include "palisade/ledger.h"
#include "palisade/progress.h"
#include "palisade/tlog_proof.h"

#define LEDGER      ".palisade/ledger"
#define LEVELS_MOST 64u
#define ID_DIGITS   64u
#define ID_LEAST    8u /* digits of an id that is given short */
#define PREVIEW     60u

typedef unsigned long long ull;

/* Where the ledger is and who signs it. */
struct place {
	struct pal_buf           dir;
	struct pal_vkey          vkey;
	struct pal_ledger_access at;
	bool                     found; /* by looking upwards, not by --ledger */
};

static bool
is_json(const struct cli_args *a)
{
	return strcmp(cli_text(a, "format", "table"), "json") == 0;
}

static bool
same_folder(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* From the working folder up to the root, as git looks for its own. */
static enum pal_err
find_ledger(struct pal_buf *dir, struct pal_diag *d)
{
	PAL_AUTO_BUF up = pal_buf_of(0);
	PAL_AUTO_BUF here = pal_buf_of(0);

	for (unsigned int level = 0; level < LEVELS_MOST; level++) {
		pal_buf_clear(dir);
		pal_buf_printf(dir, "%s" LEDGER, pal_buf_text(&up));
		if (pal_file_exists(pal_buf_text(dir)))
			return PAL_OK;
		pal_buf_clear(&here);
		pal_buf_printf(&here, "%s.", pal_buf_text(&up));
		pal_buf_add_text(&up, "../");
		if (same_folder(pal_buf_text(&here), pal_buf_text(&up)))
			break;
	}
	return pal_fail(d, PAL_ENOTFOUND, 0,
			"no " LEDGER
			" here or in a folder above; name a ledger with --ledger DIR, or run palisade init");
}

/* --vkey is the key itself or a file that holds it; by convention LEDGER.vkey. */
static enum pal_err
read_vkey(const struct cli_args *a, const char *dir, struct pal_vkey *ret_vkey, struct pal_diag *d)
{
	const char  *given = cli_text(a, "vkey", NULL);
	PAL_AUTO_BUF path = pal_buf_of(0);
	PAL_AUTO_BUF text = pal_buf_of(0);
	enum pal_err err = PAL_OK;

	if (given != NULL && strchr(given, '+') != NULL && !pal_file_exists(given))
		return pal_vkey_parse(pal_view_of(given), ret_vkey, d);
	if (given == NULL && dir == NULL)
		return pal_fail(d, PAL_EUSAGE, 0, "--vkey is needed: the verifier key of the log, or a file with it");
	if (given != NULL)
		pal_buf_add_text(&path, given);
	else
		pal_buf_printf(&path, "%s.vkey", dir);
	err = pal_file_read(pal_buf_text(&path), 4096, &text, d);
	if (err == PAL_ENOTFOUND && given == NULL)
		return pal_fail(d, PAL_EKEY, 0, "%s is not there; give the verifier key of the log with --vkey",
				pal_buf_text(&path));
	PAL_TRY(err);
	err = pal_vkey_parse(pal_buf_view(&text), ret_vkey, d);
	return err == PAL_OK ? PAL_OK : pal_fail_in(d, err, pal_buf_text(&path));
}

static enum pal_err
find_place(const struct cli_args *a, struct place *ret, struct pal_diag *d)
{
	const char *dir = cli_text(a, "ledger", NULL);

	ret->found = dir == NULL;
	if (ret->found)
		PAL_TRY(find_ledger(&ret->dir, d));
	else
		pal_buf_add(&ret->dir, pal_view_of(dir));
	while (ret->dir.len > 1 && ret->dir.data[ret->dir.len - 1] == '/')
		ret->dir.data[--ret->dir.len] = '\0';
	PAL_TRY(read_vkey(a, pal_buf_text(&ret->dir), &ret->vkey, d));
	ret->at = (struct pal_ledger_access){ .dir = pal_buf_text(&ret->dir), .vkey = &ret->vkey };
	return pal_buf_err(&ret->dir);
}

static int
print(const struct pal_buf *b)
{
	if (pal_buf_err(b) != PAL_OK || fwrite(pal_buf_text(b), 1, b->len, stdout) != b->len || fflush(stdout) != 0)
		return cli_usage("cannot write to standard output");
	return CLI_YES;
}

static void
put_hash(struct pal_json_writer *w, const char *key, const struct pal_hash *h)
{
	PAL_AUTO_BUF text = pal_buf_of(0);

	pal_hash_add(&text, h);
	pal_json_put_text(w, key, pal_buf_text(&text));
}

static void
put_head(struct pal_json_writer *w, const struct pal_vkey *vkey, const struct pal_tree_head *head)
{
	pal_json_put_text(w, "origin", vkey->name);
	pal_json_put_u64(w, "size", head->size);
	put_hash(w, "root", &head->root);
}

static void
put_proof(struct pal_json_writer *w, const struct pal_proof *p)
{
	pal_json_begin(w, "proof", '[');
	for (size_t i = 0; i < p->count; i++)
		put_hash(w, NULL, &p->hashes[i]);
	pal_json_end(w, ']');
}

static void
add_report_json(struct pal_buf *b, const struct place *p, const struct pal_ledger_report *r)
{
	struct pal_json_writer w = pal_json_writer_of(b, 2);

	pal_json_begin(&w, NULL, '{');
	put_head(&w, &p->vkey, &r->head);
	pal_json_put_bool(&w, "whole", r->faults.count == 0);
	pal_json_put_u64(&w, "tiles", r->tiles);
	pal_json_put_u64(&w, "bundles", r->bundles);
	pal_json_put_u64(&w, "ahead", r->ahead);
	pal_json_put_u64(&w, "journal_bytes", r->journal_bytes);
	pal_json_put_u64(&w, "faults_not_listed", r->dropped);
	pal_json_begin(&w, "faults", '[');
	for (size_t i = 0; i < r->faults.count; i++) {
		const struct pal_ledger_fault *f = pal_list_at(&r->faults, i);

		pal_json_begin(&w, NULL, '{');
		if (f->index != UINT64_MAX)
			pal_json_put_u64(&w, "entry", f->index);
		pal_json_put_text(&w, "file", f->file);
		pal_json_put_text(&w, "text", f->text);
		pal_json_end(&w, '}');
	}
	pal_json_end(&w, ']');
	pal_json_end(&w, '}');
	pal_buf_add_byte(b, '\n');
}

static void
add_report(struct pal_buf *b, const struct place *p, const struct pal_ledger_report *r)
{
	pal_buf_printf(b, "ledger    %s\nlog       %s\nentries   %llu\nroot      ", p->at.dir, p->vkey.name,
		       (ull)r->head.size);
	pal_hash_add(b, &r->head.root);
	pal_buf_printf(b, "\nread      %llu tiles, %llu bundles\n", (ull)r->tiles, (ull)r->bundles);
	if (r->journal_bytes > 0)
		pal_buf_printf(b, "journal   %llu bytes: a writer is at work, or was interrupted\n",
			       (ull)r->journal_bytes);
	if (r->faults.count == 0) {
		pal_buf_add_text(b, "result    whole: every entry is the one that was signed\n");
		return;
	}
	for (size_t i = 0; i < r->faults.count; i++) {
		const struct pal_ledger_fault *f = pal_list_at(&r->faults, i);

		if (strstr(f->text, f->file) != NULL)
			pal_buf_printf(b, "fault     %s\n", f->text);
		else
			pal_buf_printf(b, "fault     %s: %s\n", f->file, f->text);
	}
	pal_buf_printf(b, "result    %llu fault%s: do not rely on this ledger\n", (ull)(r->faults.count + r->dropped),
		       r->faults.count == 1 ? "" : "s");
}

static int
run_verify(const struct cli_args *a, struct place *p)
{
	PAL_AUTO_ARENA           arena;
	PAL_AUTO_BUF             out = pal_buf_of(0);
	struct pal_ledger_report r = { 0 };
	struct pal_progress      progress = { 0 };
	struct pal_diag          d = { 0 };
	enum pal_err             err = PAL_OK;

	pal_arena_init(&arena, (size_t)64 << 20);
	err = pal_ledger_verify(p->at.dir, &p->vkey, &arena, &progress, &r, &d);
	/* A workspace whose writer lost its power is put right first; a copy is never touched. */
	if (err == PAL_EVERIFY && p->found && r.journal_bytes > 0 && pal_ledger_recover(&p->at, NULL) == PAL_OK)
		err = pal_ledger_verify(p->at.dir, &p->vkey, &arena, &progress, &r, &d);
	if (err != PAL_OK && err != PAL_EVERIFY)
		return cli_fail(err, &d);
	(is_json(a) ? add_report_json : add_report)(&out, p, &r);
	return print(&out) == CLI_YES ? pal_err_exit(err) : CLI_TROUBLE;
}

/* The SHA-256 of an entry, which is also the id of evidence. */
static void
add_id(struct pal_buf *b, struct pal_view entry)
{
	const struct pal_hash h = pal_hash_of(entry);

	pal_hex_add(b, (struct pal_view){ h.bytes, PAL_HASH });
}

/* By the first digits of an id: the whole ledger is read, so that a second match is seen. */
static enum pal_err
find_id(struct pal_ledger *l, const char *id, uint64_t *ret_index, struct pal_diag *d)
{
	PAL_AUTO_BUF entry = pal_buf_of(0);
	PAL_AUTO_BUF hex = pal_buf_of(0);
	uint64_t     found = UINT64_MAX;

	for (uint64_t i = pal_ledger_size(l); i > 0; i--) {
		pal_buf_clear(&entry);
		pal_buf_clear(&hex);
		PAL_TRY(pal_ledger_read_entry(l, i - 1, &entry, d));
		add_id(&hex, pal_buf_view(&entry));
		if (!pal_view_starts(pal_buf_view(&hex), id))
			continue;
		if (strlen(id) == ID_DIGITS) {
			*ret_index = i - 1;
			return PAL_OK;
		}
		if (found != UINT64_MAX)
			return pal_fail(d, PAL_EUSAGE, 0, "%s is the beginning of more than one id; give more digits",
					id);
		found = i - 1;
	}
	if (found == UINT64_MAX)
		return pal_fail(d, PAL_ENOTFOUND, 0, "no entry of the ledger has the id %s", id);
	*ret_index = found;
	return PAL_OK;
}

/* A number is an index; 8 to 64 hexadecimal digits are an id, "sha256:" before them allowed. */
static enum pal_err
find_entry(struct pal_ledger *l, const char *word, uint64_t *ret_index, struct pal_diag *d)
{
	const char *id = pal_view_starts(pal_view_of(word), "sha256:") ? word + strlen("sha256:") : word;

	if (strlen(word) < ID_LEAST + 4 && pal_view_u64(pal_view_of(word), ret_index))
		return PAL_OK;
	if (strlen(id) < ID_LEAST || strlen(id) > ID_DIGITS || strspn(id, "0123456789abcdef") != strlen(id))
		return pal_fail(
		    d, PAL_EUSAGE, 0,
		    "\"%s\" is neither the index of an entry nor an id of %u to %u lower-case hexadecimal digits", word,
		    ID_LEAST, ID_DIGITS);
	return find_id(l, id, ret_index, d);
}

static enum pal_err
prove(const struct cli_args *a, struct pal_ledger *l, const struct place *p, struct pal_buf *out, struct pal_diag *d)
{
	const struct pal_tree_head head = pal_ledger_head(l);
	struct pal_json_writer     w = pal_json_writer_of(out, 2);
	struct pal_proof           proof = { 0 };
	PAL_AUTO_BUF               entry = pal_buf_of(0);
	PAL_AUTO_BUF               id = pal_buf_of(0);
	uint64_t                   index = 0;

	PAL_TRY(find_entry(l, a->words[1], &index, d));
	PAL_TRY(pal_ledger_read_entry(l, index, &entry, d));
	PAL_TRY(pal_ledger_prove_inclusion(l, index, &proof, d));
	if (cli_text(a, "entry", NULL) != NULL)
		PAL_TRY(pal_file_write(cli_text(a, "entry", NULL), pal_buf_view(&entry), 0644, d));
	if (!is_json(a)) {
		pal_tlog_proof_add(out, index, &proof, pal_ledger_checkpoint(l));
		return pal_buf_err(out);
	}
	add_id(&id, pal_buf_view(&entry));
	pal_json_begin(&w, NULL, '{');
	pal_json_put_u64(&w, "index", index);
	pal_json_put_text(&w, "id", pal_buf_text(&id));
	put_head(&w, &p->vkey, &head);
	put_proof(&w, &proof);
	pal_json_put_view(&w, "checkpoint", pal_ledger_checkpoint(l));
	pal_json_end(&w, '}');
	pal_buf_add_byte(out, '\n');
	return pal_buf_err(out);
}

static int
run_prove(const struct cli_args *a, struct place *p)
{
	const char     *file = cli_text(a, "output", NULL);
	PAL_AUTO_BUF    out = pal_buf_of(0);
	PAL_AUTO_LEDGER l = NULL;
	struct pal_diag d = { 0 };
	enum pal_err    err = pal_ledger_open(&p->at, &l, &d);

	if (err == PAL_OK)
		err = prove(a, l, p, &out, &d);
	if (err == PAL_OK && file != NULL)
		err = pal_file_write(file, pal_buf_view(&out), 0644, &d);
	if (err != PAL_OK)
		return cli_fail(err, &d);
	return file == NULL ? print(&out) : CLI_YES;
}

/* Old size, proof, checkpoint: what a C2SP witness takes in add-checkpoint, so that nothing new has to be read. */
static int
run_consistency(const struct cli_args *a, struct place *p)
{
	PAL_AUTO_BUF           out = pal_buf_of(0);
	PAL_AUTO_LEDGER        l = NULL;
	struct pal_diag        d = { 0 };
	struct pal_proof       proof = { 0 };
	struct pal_tree_head   old = { .root = pal_tree_empty() }, head = { 0 };
	struct pal_json_writer w = pal_json_writer_of(&out, 2);
	enum pal_err           err = PAL_OK;

	if (!pal_view_u64(pal_view_of(a->words[1]), &old.size))
		return cli_usage("\"%s\" is not a size of the ledger; expected a number of entries", a->words[1]);
	err = pal_ledger_open(&p->at, &l, &d);
	if (err == PAL_OK && old.size > 0)
		err = pal_ledger_prove_consistency(l, old.size, &proof, &old.root, &d);
	if (err != PAL_OK)
		return cli_fail(err, &d);
	if (is_json(a)) {
		head = pal_ledger_head(l);
		pal_json_begin(&w, NULL, '{');
		pal_json_put_u64(&w, "old_size", old.size);
		put_hash(&w, "old_root", &old.root);
		put_head(&w, &p->vkey, &head);
		put_proof(&w, &proof);
		pal_json_put_view(&w, "checkpoint", pal_ledger_checkpoint(l));
		pal_json_end(&w, '}');
		pal_buf_add_byte(&out, '\n');
		return print(&out);
	}
	pal_buf_printf(&out, "old %llu\n", (ull)old.size);
	for (size_t i = 0; i < proof.count; i++) {
		pal_hash_add(&out, &proof.hashes[i]);
		pal_buf_add_byte(&out, '\n');
	}
	pal_buf_add_byte(&out, '\n');
	pal_buf_add(&out, pal_ledger_checkpoint(l));
	return print(&out);
}

/* What an entry says it is: the predicate and first subject of a DSSE envelope, else how it begins. */
static void
add_preview(struct pal_buf *b, struct pal_view entry)
{
	PAL_AUTO_JSON doc = NULL;
	PAL_AUTO_JSON statement = NULL;
	PAL_AUTO_BUF  payload = pal_buf_of(0);
	const char   *text = NULL, *name = NULL;

	if (pal_json_parse(entry, PAL_ENTRY_MOST, &doc, NULL) == PAL_OK)
		text = pal_json_text(doc, "payload");
	if (text != NULL && pal_base64_decode(pal_view_of(text), &payload) == PAL_OK &&
	    pal_json_parse(pal_buf_view(&payload), PAL_ENTRY_MOST, &statement, NULL) == PAL_OK &&
	    pal_json_text(statement, "predicateType") != NULL) {
		name = pal_json_text(json_array_get(pal_json_array(statement, "subject"), 0), "name");
		entry = pal_view_of(pal_json_text(statement, "predicateType"));
	}
	/* An entry is anybody's bytes: what a terminal could obey is not shown. */
	for (size_t i = 0; i < entry.len && i < PREVIEW; i++)
		pal_buf_add_byte(b, entry.data[i] >= 0x20 && entry.data[i] < 0x7f ? entry.data[i] : '.');
	for (size_t i = 0; name != NULL && name[i] != '\0' && i < PREVIEW; i++) {
		if (i == 0)
			pal_buf_add_byte(b, ' ');
		pal_buf_add_byte(b, name[i] >= 0x20 && name[i] < 0x7f ? (uint8_t)name[i] : '.');
	}
}

static void
add_tail(struct pal_buf *out, struct pal_json_writer *w, uint64_t index, struct pal_view entry)
{
	PAL_AUTO_BUF id = pal_buf_of(0);
	PAL_AUTO_BUF preview = pal_buf_of(0);

	add_id(&id, entry);
	add_preview(&preview, entry);
	if (w == NULL) {
		pal_buf_printf(out, "%10llu  %.16s  %5zu bytes  %s\n", (ull)index, pal_buf_text(&id), entry.len,
			       pal_buf_text(&preview));
		return;
	}
	pal_json_begin(w, NULL, '{');
	pal_json_put_u64(w, "index", index);
	pal_json_put_text(w, "id", pal_buf_text(&id));
	pal_json_put_u64(w, "bytes", entry.len);
	pal_json_put_text(w, "what", pal_buf_text(&preview));
	pal_json_end(w, '}');
}

static int
run_tail(const struct cli_args *a, struct place *p)
{
	PAL_AUTO_BUF           out = pal_buf_of(0);
	PAL_AUTO_BUF           entry = pal_buf_of(0);
	PAL_AUTO_LEDGER        l = NULL;
	struct pal_diag        d = { 0 };
	struct pal_json_writer w = pal_json_writer_of(&out, 2);
	uint64_t               count = 0, size = 0;
	enum pal_err           err = PAL_OK;

	if (!cli_number(a, "lines", 10, UINT32_MAX, &count))
		return CLI_TROUBLE;
	err = pal_ledger_open(&p->at, &l, &d);
	if (err != PAL_OK)
		return cli_fail(err, &d);
	size = pal_ledger_size(l);
	if (is_json(a))
		pal_json_begin(&w, NULL, '[');
	for (uint64_t i = size > count ? size - count : 0; i < size; i++) {
		pal_buf_clear(&entry);
		err = pal_ledger_read_entry(l, i, &entry, &d);
		if (err != PAL_OK)
			return cli_fail(err, &d);
		add_tail(&out, is_json(a) ? &w : NULL, i, pal_buf_view(&entry));
	}
	if (is_json(a)) {
		pal_json_end(&w, ']');
		pal_buf_add_byte(&out, '\n');
	}
	return print(&out);
}

static int
run_checkpoint(const struct cli_args *a, struct place *p)
{
	PAL_AUTO_BUF           out = pal_buf_of(0);
	PAL_AUTO_LEDGER        l = NULL;
	struct pal_diag        d = { 0 };
	struct pal_json_writer w = pal_json_writer_of(&out, 2);
	struct pal_tree_head   head = { 0 };
	enum pal_err           err = pal_ledger_open(&p->at, &l, &d);

	if (err != PAL_OK)
		return cli_fail(err, &d);
	if (!is_json(a)) {
		pal_buf_add(&out, pal_ledger_checkpoint(l));
		return print(&out);
	}
	head = pal_ledger_head(l);
	pal_json_begin(&w, NULL, '{');
	put_head(&w, &p->vkey, &head);
	pal_json_put_view(&w, "checkpoint", pal_ledger_checkpoint(l));
	pal_json_end(&w, '}');
	pal_buf_add_byte(&out, '\n');
	return print(&out);
}

static enum pal_err
check(const struct cli_args *a, struct pal_vkey *vkey, struct pal_tlog_proof *ret_proof, struct pal_tree_head *ret_head,
      struct pal_diag *d)
{
	PAL_AUTO_BUF          text = pal_buf_of(0);
	PAL_AUTO_BUF          entry = pal_buf_of(0);
	struct pal_tlog_proof proof = { 0 };
	enum pal_err          err = PAL_OK;

	PAL_TRY(pal_file_read(a->words[1], PAL_NOTE_MOST, &text, d));
	PAL_TRY(pal_file_read(a->words[2], PAL_ENTRY_MOST, &entry, d));
	err = pal_tlog_proof_parse(pal_buf_view(&text), &proof, d);
	if (err == PAL_OK)
		err = pal_tlog_proof_check(&proof, vkey, pal_buf_view(&entry), ret_head, d);
	if (err != PAL_OK)
		return pal_fail_in(d, err, a->words[1]);
	ret_proof->index = proof.index;
	return PAL_OK;
}

/* Needs no ledger: a proof, the entry and the key of the log. */
static int
run_check(const struct cli_args *a)
{
	PAL_AUTO_BUF           out = pal_buf_of(0);
	struct pal_json_writer w = pal_json_writer_of(&out, 2);
	struct pal_diag        d = { 0 };
	struct pal_vkey        vkey = { 0 };
	struct pal_tlog_proof  proof = { 0 };
	struct pal_tree_head   head = { 0 };
	enum pal_err           err = read_vkey(a, NULL, &vkey, &d);

	if (err == PAL_OK)
		err = check(a, &vkey, &proof, &head, &d);
	if (err != PAL_OK)
		return cli_fail(err, &d);
	if (is_json(a)) {
		pal_json_begin(&w, NULL, '{');
		pal_json_put_u64(&w, "index", proof.index);
		put_head(&w, &vkey, &head);
		pal_json_end(&w, '}');
		pal_buf_add_byte(&out, '\n');
	} else {
		pal_buf_printf(&out, "%s is entry %llu of the log %s, signed at a size of %llu\n", a->words[2],
			       (ull)proof.index, vkey.name, (ull)head.size);
	}
	return print(&out);
}

static const struct {
	const char *name;
	size_t      words; /* after the name */
	const char *args;
	int (*run)(const struct cli_args *a, struct place *p);
} actions[] = {
	{ "verify", 0, "", run_verify },
	{ "prove", 1, " INDEX|ID", run_prove },
	{ "check", 2, " PROOF-FILE ENTRY-FILE", NULL },
	{ "consistency", 1, " OLD-SIZE", run_consistency },
	{ "tail", 0, "", run_tail },
	{ "checkpoint", 0, "", run_checkpoint },
};

static int
log_run(const struct cli_args *a)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		struct place    p = { .dir = pal_buf_of(0) };
		struct pal_diag d = { 0 };
		enum pal_err    err = PAL_OK;
		int             code = CLI_YES;

		if (strcmp(a->words[0], actions[i].name) != 0)
			continue;
		if (a->word_count != 1 + actions[i].words)
			return cli_usage("expected palisade log %s%s", actions[i].name, actions[i].args);
		if (actions[i].run == NULL)
			return run_check(a);
		err = find_place(a, &p, &d);
		code = err == PAL_OK ? actions[i].run(a, &p) : cli_fail(err, &d);
		pal_buf_done(&p.dir);
		return code;
	}
	return cli_usage(
	    "palisade log does not know \"%s\"; expected verify, prove, check, consistency, tail or checkpoint",
	    a->words[0]);
}

static const struct cli_option log_options[] = {
	{ .name = "ledger",
	  .value = "DIR",
	  .help = "the ledger, or a copy of one; otherwise .palisade/ledger here or above" },
	{ .name = "vkey",
	  .value = "KEY",
	  .help = "the verifier key of the log, or a file with it; otherwise LEDGER.vkey" },
	{ .name = "format", .value = "table|json", .help = "how to print" },
	{ .name = "output", .value = "FILE", .help = "prove: write the proof here", .letter = 'o' },
	{ .name = "entry", .value = "FILE", .help = "prove: write the entry itself here", .letter = 'e' },
	{ .name = "lines", .value = "N", .help = "tail: how many entries (10)", .letter = 'n' },
	{ 0 },
};

const struct cli_verb cli_verb_log = {
	.name = "log",
	.args = "verify | prove INDEX|ID | check PROOF ENTRY | consistency OLD-SIZE | tail | checkpoint",
	.words = "verify prove check consistency tail checkpoint",
	.min = 1,
	.max = 3,
	.summary = "verify the ledger and prove what is in it",
	.about =
	    "The ledger is a folder that any C2SP tlog-tiles client can read. None of this needs the private key,\n"
	    "and all of it works on a copy, offline.\n\n"
	    "verify recomputes every entry and every tile and compares them with the signed checkpoint; each entry\n"
	    "that was changed, removed or moved is named with its file. Exit 1 when there is one.\n\n"
	    "prove prints a c2sp.org/tlog-proof@v1 for the entry with this index or id (the SHA-256 of the entry, or\n"
	    "its first 8 digits or more). check verifies such a proof with nothing but the key of the log and the\n"
	    "entry.\n\n"
	    "consistency proves that the ledger of OLD-SIZE entries is the beginning of the present one, in the form\n"
	    "that C2SP witnesses take.",
	.examples =
	    "palisade log verify\tverify the ledger of this workspace\n"
	    "palisade log verify --ledger copy/ledger --vkey ledger.vkey\tverify a copy with the public key only\n"
	    "palisade log prove 17 -o 17.tlog-proof -e 17.json\tprove an entry, and write it out\n"
	    "palisade log check 17.tlog-proof 17.json --vkey ledger.vkey\tcheck the proof elsewhere\n"
	    "palisade log tail -n 20\tthe last entries",
	.options = log_options,
	.run = log_run,
};
