/* sqlite.h - between the sources of the SQLite store: the connection, bound statements, and errors as sentences. */
#ifndef PALISADE_STORE_SQLITE_H
#define PALISADE_STORE_SQLITE_H

#include <sqlite3.h>

#include "palisade/store.h"

enum sqlite_sql {
#define SQL(name, text) SQL_##name,
#include "sqlite_sql.def"
#undef SQL
	SQL_COUNT
};

struct sqlite_store {
	struct pal_store base;
	sqlite3         *db;   /* owned */
	char            *path; /* owned */
	unsigned int     wait_ms;
	sqlite3_stmt    *statements[SQL_COUNT]; /* owned; prepared when first used */
};

extern const struct pal_store_ops sqlite_store_ops;

static inline struct sqlite_store *
sqlite_store_of(struct pal_store *s)
{
	return (struct sqlite_store *)(void *)s;
}

/* A prepared statement with its values. Bind in order, then run or step; the first error stays. */
struct sqlite_bound {
	struct sqlite_store *store;
	sqlite3_stmt        *st;
	int                  n, rc;
};

#define SQLITE_AUTO_BOUND __attribute__((cleanup(sqlite_bound_done))) struct sqlite_bound

struct sqlite_bound sqlite_bind(struct pal_store *s, enum sqlite_sql which);
void                sqlite_bound_done(struct sqlite_bound *b); /* makes the statement ready for its next use */
void                sqlite_bind_text(struct sqlite_bound *b, const char *text); /* NULL binds SQL NULL */
void                sqlite_bind_bytes(struct sqlite_bound *b, struct pal_view bytes);
void                sqlite_bind_u64(struct sqlite_bound *b, uint64_t n);
enum pal_err        sqlite_run(struct sqlite_bound *b, struct pal_diag *d); /* expects no row */
enum pal_err        sqlite_next(struct sqlite_bound *b, bool *ret_row, struct pal_diag *d);

struct pal_view sqlite_column_view(const struct sqlite_bound *b, int column);
const char     *sqlite_column_copy(const struct sqlite_bound *b, int column, struct pal_arena *a);
uint64_t        sqlite_column_u64(const struct sqlite_bound *b, int column);

/* The sentence for what SQLite said about the file at path. */
enum pal_err sqlite_fail(sqlite3 *db, int rc, const char *path, struct pal_diag *d);

/* Runs SQL of ours without values. */
enum pal_err sqlite_exec(sqlite3 *db, const char *sql, const char *path, struct pal_diag *d);

/* Brings the database to the newest migration; refuses what is not ours or newer. */
enum pal_err sqlite_migrate(sqlite3 *db, const char *path, struct pal_diag *d);

enum pal_err sqlite_query(struct pal_store *s, const char *sql, const struct pal_store_limits *limits,
			  struct pal_arena *a, struct pal_store_rows *ret_rows, struct pal_diag *d);

#endif
