/* sqlite_query.c - a user's SELECT: the authorizer's table of what it may touch is what to audit. */
#include <string.h>

#include "palisade/clock.h"
#include "sqlite.h"

#define QUERY_TEXT_MOST   65536  /* of SQL */
#define QUERY_VALUE_MOST  100000 /* of one value */
#define QUERY_MEMORY_MOST (256 << 20)
#define DEFAULT_TIME_MS   2000
#define DEFAULT_ROWS      1000

static const char *const views[] = { "v_artifacts", "v_evidence",    "v_findings", "v_labels",
				     "v_lineage",   "v_quarantines", "v_upstream", NULL };

/* What the views are made of. */
static const char *const tables[] = { "artifacts", "evidence",    "subjects", "edges",
				      "findings",  "quarantines", "labels",   NULL };

/* Pure, and with an output no longer than their input allows. */
static const char *const functions[] = { "abs",       "avg",          "coalesce",  "count",  "date",  "datetime",
					 "glob",      "group_concat", "hex",       "ifnull", "iif",   "instr",
					 "julianday", "length",       "like",      "lower",  "ltrim", "max",
					 "min",       "nullif",       "replace",   "round",  "rtrim", "sign",
					 "strftime",  "substr",       "substring", "sum",    "time",  "total",
					 "trim",      "typeof",       "unixepoch", "upper",  NULL };

struct guard {
	uint64_t deadline_us;
	int64_t  memory; /* that SQLite held before */
	bool     late, large;
	char     refused[120]; /* what the authorizer said no to */
};

static bool
is_among(const char *const *list, const char *name)
{
	for (size_t i = 0; list[i] != NULL; i++)
		if (sqlite3_stricmp(list[i], name) == 0)
			return true;
	return false;
}

static int
refuse(struct guard *g, const char *what, const char *name)
{
	if (g->refused[0] == '\0')
		(void)sqlite3_snprintf((int)sizeof(g->refused), g->refused, "%s%s%.64s", what, name == NULL ? "" : " ",
				       name == NULL ? "" : name);
	return SQLITE_DENY;
}

/*
 * accessor is the view through which SQLite got to a table. A user's WITH can borrow a view's name, so the name opens
 * only what the views show anyway, never the caches or the schema.
 */
static int
authorize(void *arg, int action, const char *a, const char *b, const char *database, const char *accessor)
{
	struct guard *g = arg;

	(void)database;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_RECURSIVE: /* bounded by time and memory, as any other loop */
		return SQLITE_OK;
	case SQLITE_READ:
		/* No column: count(*) learns how many rows there are, of a view, of the user's own WITH. */
		if (is_among(views, a) || b[0] == '\0' || (is_among(tables, a) && accessor != NULL))
			return SQLITE_OK;
		return refuse(g, "reading the table", a);
	case SQLITE_FUNCTION:
		return is_among(functions, b) ? SQLITE_OK : refuse(g, "the function", b);
	case SQLITE_ATTACH:
		return refuse(g, "ATTACH", NULL);
	case SQLITE_PRAGMA:
		return refuse(g, "PRAGMA", a);
	default:
		return refuse(g, "anything but SELECT", NULL);
	}
}

static int
out_of_budget(void *arg)
{
	struct guard *g = arg;

	g->late = pal_clock_mono_us() > g->deadline_us;
	g->large = sqlite3_memory_used() > g->memory + QUERY_MEMORY_MOST;
	return g->late || g->large ? 1 : 0;
}

/* A connection of its own that cannot write, so that a hole in the authorizer is still no hole in the store. */
static enum pal_err
open_reader(const struct sqlite_store *s, struct guard *g, sqlite3 **ret_db, struct pal_diag *d)
{
	int rc = sqlite3_open_v2(s->path, ret_db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);

	if (rc != SQLITE_OK)
		return sqlite_fail(*ret_db, rc, s->path, d);
	(void)sqlite3_busy_timeout(*ret_db, (int)(s->wait_ms > 600000 ? 600000 : s->wait_ms));
	(void)sqlite3_db_config(*ret_db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(*ret_db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	PAL_TRY(sqlite_exec(*ret_db, "PRAGMA query_only=ON; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8000", s->path,
			    d));
	(void)sqlite3_limit(*ret_db, SQLITE_LIMIT_LENGTH, QUERY_VALUE_MOST);
	(void)sqlite3_limit(*ret_db, SQLITE_LIMIT_SQL_LENGTH, QUERY_TEXT_MOST);
	(void)sqlite3_limit(*ret_db, SQLITE_LIMIT_EXPR_DEPTH, 100);
	(void)sqlite3_limit(*ret_db, SQLITE_LIMIT_COMPOUND_SELECT, 10);
	(void)sqlite3_limit(*ret_db, SQLITE_LIMIT_VDBE_OP, 100000);
	(void)sqlite3_limit(*ret_db, SQLITE_LIMIT_ATTACHED, 0);
	(void)sqlite3_limit(*ret_db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200);
	(void)sqlite3_limit(*ret_db, SQLITE_LIMIT_WORKER_THREADS, 0);
	(void)sqlite3_set_authorizer(*ret_db, authorize, g);
	sqlite3_progress_handler(*ret_db, 1000, out_of_budget, g);
	return PAL_OK;
}

static enum pal_err
fail_query(sqlite3 *db, int rc, const struct guard *g, const char *path, struct pal_diag *d)
{
	if (g->late)
		return pal_fail(d, PAL_ELIMIT, 0, "the query ran longer than it may; make it simpler");
	if (g->large)
		return pal_fail(d, PAL_ELIMIT, 0, "the query needs more memory than it may have; make it simpler");
	if (g->refused[0] != '\0')
		return pal_fail(d, PAL_EDENIED, 0, "the query may not use %s; it may read the views of docs/views.md",
				g->refused);
	if ((rc & 0xff) == SQLITE_ERROR || (rc & 0xff) == SQLITE_TOOBIG || (rc & 0xff) == SQLITE_MISMATCH)
		return pal_fail(d, PAL_ECONFIG, sqlite3_error_offset(db) < 0 ? 0 : (uint64_t)sqlite3_error_offset(db),
				"the query is wrong: %s", sqlite3_errmsg(db));
	return sqlite_fail(db, rc, path, d);
}

static bool
only_blanks(const char *tail)
{
	while (*tail != '\0' && (pal_is_space((uint8_t)*tail) || *tail == ';'))
		tail++;
	return *tail == '\0';
}

static enum pal_err
read_names(sqlite3_stmt *st, struct pal_arena *a, struct pal_store_rows *rows)
{
	const char **names = pal_arena_array(a, rows->column_count, sizeof(*names));

	for (size_t i = 0; i < rows->column_count && names != NULL; i++)
		names[i] = pal_arena_text(a, pal_view_of(sqlite3_column_name(st, (int)i)));
	rows->columns = names;
	return pal_arena_err(a);
}

static enum pal_err
read_rows(sqlite3_stmt *st, size_t most, struct pal_arena *a, struct pal_store_rows *rows, int *ret_rc)
{
	struct pal_list cells = pal_list_of(a, sizeof(const char *));

	while ((*ret_rc = sqlite3_step(st)) == SQLITE_ROW) {
		if (rows->row_count == most) {
			rows->more = true;
			break;
		}
		rows->row_count++;
		for (size_t i = 0; i < rows->column_count; i++) {
			const char **cell = pal_list_add(&cells);

			if (cell == NULL)
				return pal_arena_err(a);
			if (sqlite3_column_type(st, (int)i) != SQLITE_NULL)
				*cell = pal_arena_text(a, pal_view_of((const char *)sqlite3_column_text(st, (int)i)));
		}
	}
	rows->cells = cells.items;
	return pal_arena_err(a);
}

static void
finalize(sqlite3_stmt **st)
{
	(void)sqlite3_finalize(*st);
}

struct query {
	const struct sqlite_store *store;
	sqlite3                   *db;
	const char                *sql;
	size_t                     most;
	struct guard               guard;
};

static enum pal_err
query_on(struct query *q, struct pal_arena *a, struct pal_store_rows *ret_rows, struct pal_diag *d)
{
	__attribute__((cleanup(finalize))) sqlite3_stmt *st = NULL;
	const char                                      *tail = NULL;
	struct pal_store_rows                            rows = { 0 };
	int                                              rc = sqlite3_prepare_v2(q->db, q->sql, -1, &st, &tail);

	if (rc != SQLITE_OK)
		return fail_query(q->db, rc, &q->guard, q->store->path, d);
	if (st == NULL || !only_blanks(tail))
		return pal_fail(d, PAL_ECONFIG, 0, "one SELECT expected, found %s", st == NULL ? "nothing" : "more");
	if (sqlite3_stmt_readonly(st) == 0 || sqlite3_stmt_isexplain(st) != 0)
		return pal_fail(d, PAL_EDENIED, 0, "the query may only be a SELECT over the views of docs/views.md");
	rows.column_count = (size_t)sqlite3_column_count(st);
	if (read_names(st, a, &rows) != PAL_OK || read_rows(st, q->most, a, &rows, &rc) != PAL_OK)
		return pal_fail(d, pal_arena_err(a), 0, "the query answers more than there is room for");
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return fail_query(q->db, rc, &q->guard, q->store->path, d);
	*ret_rows = rows;
	return PAL_OK;
}

enum pal_err
sqlite_query(struct pal_store *store, const char *sql, const struct pal_store_limits *limits, struct pal_arena *a,
	     struct pal_store_rows *ret_rows, struct pal_diag *d)
{
	uint64_t     time_ms = limits == NULL || limits->time_ms == 0 ? DEFAULT_TIME_MS : limits->time_ms;
	struct query q = { .store = sqlite_store_of(store),
			   .sql = sql,
			   .most = limits == NULL || limits->rows == 0 ? DEFAULT_ROWS : limits->rows,
			   .guard = { .deadline_us = pal_clock_mono_us() + time_ms * 1000,
				      .memory = sqlite3_memory_used() } };
	enum pal_err err = PAL_OK;

	if (strlen(sql) > QUERY_TEXT_MOST)
		return pal_fail(d, PAL_ELIMIT, 0, "the query has more than %d bytes", QUERY_TEXT_MOST);
	err = open_reader(q.store, &q.guard, &q.db, d);
	if (err == PAL_OK)
		err = query_on(&q, a, ret_rows, d);
	(void)sqlite3_close(q.db);
	return err;
}
