/* sqlite_bind.c - values into statements, columns out of them, and what SQLite's codes mean to a user. */
#include <errno.h>
#include <string.h>

#include "sqlite.h"

static const char *const sql_text[SQL_COUNT] = {
#define SQL(name, text) [SQL_##name] = (text),
#include "sqlite_sql.def"
#undef SQL
};

static enum pal_err
fail_io(sqlite3 *db, const char *path, struct pal_diag *d)
{
	int e = db == NULL ? 0 : sqlite3_system_errno(db);

	if (e == ENOSPC || e == EDQUOT || e == EFBIG)
		return pal_fail(d, PAL_ESYS, 0, "%s cannot grow (%s); make room, then try again; nothing was changed",
				path, strerror(e));
	return pal_fail(d, PAL_ESYS, 0, "%s cannot be read or written: %s%s%s", path,
			db == NULL ? "SQLite" : sqlite3_errmsg(db), e == 0 ? "" : ": ", e == 0 ? "" : strerror(e));
}

enum pal_err
sqlite_fail(sqlite3 *db, int rc, const char *path, struct pal_diag *d)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return pal_fail(d, PAL_ELOCKED, 0,
				"%s is in use by another process; wait for it to end, then try again", path);
	case SQLITE_FULL:
		return pal_fail(d, PAL_ESYS, 0,
				"%s cannot grow, the disk is full; make room, then try again; "
				"nothing was changed",
				path);
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return pal_fail(d, PAL_ESYS, 0, "%s cannot be written; check its owner and permissions", path);
	case SQLITE_CANTOPEN:
		return pal_fail(d, PAL_ESYS, 0, "%s cannot be opened; check that its folder exists and is writable",
				path);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return pal_fail(d, PAL_EFORM, 0,
				"%s is damaged or no database (%s); move it away: the index is made "
				"again from the ledger",
				path, db == NULL ? "unreadable" : sqlite3_errmsg(db));
	case SQLITE_NOMEM:
		return pal_fail(d, PAL_ENOMEM, 0, "%s: out of memory", path);
	case SQLITE_TOOBIG:
		return pal_fail(d, PAL_ELIMIT, 0, "%s: a value is too big for the store", path);
	default:
		return fail_io(db, path, d);
	}
}

enum pal_err
sqlite_exec(sqlite3 *db, const char *sql, const char *path, struct pal_diag *d)
{
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? PAL_OK : sqlite_fail(db, rc, path, d);
}

struct sqlite_bound
sqlite_bind(struct pal_store *store, enum sqlite_sql which)
{
	struct sqlite_store *s = sqlite_store_of(store);
	struct sqlite_bound  b = { .store = s };

	if (s->statements[which] == NULL)
		b.rc = sqlite3_prepare_v3(s->db, sql_text[which], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[which],
					  NULL);
	b.st = s->statements[which];
	return b;
}

void
sqlite_bound_done(struct sqlite_bound *b)
{
	if (b->st == NULL)
		return;
	(void)sqlite3_reset(b->st); /* repeats the error of the last step, which has been reported */
	(void)sqlite3_clear_bindings(b->st);
}

void
sqlite_bind_text(struct sqlite_bound *b, const char *text)
{
	if (b->rc != SQLITE_OK)
		return;
	if (text == NULL)
		b->rc = sqlite3_bind_null(b->st, ++b->n);
	else
		b->rc = sqlite3_bind_text(b->st, ++b->n, text, -1, SQLITE_STATIC);
}

void
sqlite_bind_bytes(struct sqlite_bound *b, struct pal_view bytes)
{
	if (b->rc == SQLITE_OK)
		b->rc = sqlite3_bind_blob64(b->st, ++b->n, bytes.len == 0 ? "" : (const char *)bytes.data, bytes.len,
					    SQLITE_STATIC);
}

void
sqlite_bind_u64(struct sqlite_bound *b, uint64_t n)
{
	if (b->rc == SQLITE_OK)
		b->rc = sqlite3_bind_int64(b->st, ++b->n, (sqlite3_int64)n); /* all 64 bits, for inodes and devices */
}

enum pal_err
sqlite_next(struct sqlite_bound *b, bool *ret_row, struct pal_diag *d)
{
	int rc = b->rc == SQLITE_OK ? sqlite3_step(b->st) : b->rc;

	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return sqlite_fail(b->store->db, rc, b->store->path, d);
	*ret_row = rc == SQLITE_ROW;
	return PAL_OK;
}

enum pal_err
sqlite_run(struct sqlite_bound *b, struct pal_diag *d)
{
	bool row = false;

	return sqlite_next(b, &row, d);
}

struct pal_view
sqlite_column_view(const struct sqlite_bound *b, int column)
{
	const void *p = sqlite3_column_blob(b->st, column);
	int         n = sqlite3_column_bytes(b->st, column);

	return p == NULL || n <= 0 ? (struct pal_view){ 0 } : (struct pal_view){ p, (size_t)n };
}

const char *
sqlite_column_copy(const struct sqlite_bound *b, int column, struct pal_arena *a)
{
	return pal_arena_text(a, sqlite_column_view(b, column));
}

uint64_t
sqlite_column_u64(const struct sqlite_bound *b, int column)
{
	return (uint64_t)sqlite3_column_int64(b->st, column);
}
