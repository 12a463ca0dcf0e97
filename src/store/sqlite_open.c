/* sqlite_open.c - opening, the pragmas, and migrations, which only go forward. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "palisade/clock.h"
#include "palisade/mem.h"
#include "sqlite.h"

#define APPLICATION_ID 0x50414c53 /* "PALS": tells our file from any other SQLite file */

extern const unsigned char pal_data_001_sql[];
extern const size_t        pal_data_001_sql_len;

static const struct {
	const unsigned char *sql;
	const size_t        *len;
} migrations[] = {
	{ pal_data_001_sql, &pal_data_001_sql_len },
};

#define NEWEST (sizeof(migrations) / sizeof(migrations[0]))

static enum pal_err
pragma_number(sqlite3 *db, const char *sql, const char *path, sqlite3_int64 *ret_n, struct pal_diag *d)
{
	sqlite3_stmt *st = NULL;
	int           rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*ret_n = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return rc == SQLITE_ROW ? PAL_OK : sqlite_fail(db, rc, path, d);
}

static enum pal_err
migrate_locked(sqlite3 *db, const char *path, struct pal_diag *d)
{
	sqlite3_int64 version = 0, id = 0, tables = 0;
	PAL_AUTO_BUF  sql = pal_buf_of(0);

	PAL_TRY(pragma_number(db, "PRAGMA user_version", path, &version, d));
	PAL_TRY(pragma_number(db, "PRAGMA application_id", path, &id, d));
	PAL_TRY(pragma_number(db, "SELECT count(*) FROM sqlite_schema", path, &tables, d));
	if (id != APPLICATION_ID && (id != 0 || version != 0 || tables != 0))
		return pal_fail(d, PAL_EFORM, 0, "%s is an SQLite database, but not a store of palisade", path);
	if (version < 0 || (uint64_t)version > NEWEST)
		return pal_fail(
		    d, PAL_EUNSUPPORTED, 0,
		    "%s was made by a newer palisade (store version %lld, this one knows %zu); use that one", path,
		    (long long)version, NEWEST);
	for (size_t i = (size_t)version; i < NEWEST; i++)
		pal_buf_add(&sql, (struct pal_view){ migrations[i].sql, *migrations[i].len });
	pal_buf_printf(&sql, ";PRAGMA application_id=%d;PRAGMA user_version=%zu;", APPLICATION_ID, NEWEST);
	if (pal_buf_err(&sql) != PAL_OK)
		return pal_fail(d, pal_buf_err(&sql), 0, "%s: migrating", path);
	return sqlite_exec(db, pal_buf_text(&sql), path, d);
}

enum pal_err
sqlite_migrate(sqlite3 *db, const char *path, struct pal_diag *d)
{
	sqlite3_int64 version = 0, id = 0;
	enum pal_err  err = PAL_OK;

	PAL_TRY(pragma_number(db, "PRAGMA user_version", path, &version, d));
	PAL_TRY(pragma_number(db, "PRAGMA application_id", path, &id, d));
	if (id == APPLICATION_ID && version == (sqlite3_int64)NEWEST)
		return PAL_OK;
	PAL_TRY(sqlite_exec(db, "BEGIN IMMEDIATE", path, d)); /* two processes may open a new store at once */
	err = migrate_locked(db, path, d);
	if (err == PAL_OK)
		err = sqlite_exec(db, "COMMIT", path, d);
	if (err != PAL_OK)
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return err;
}

/* SQLite does not always wait when the journal mode of a new file changes; whoever came first changes it for all. */
static enum pal_err
use_wal(sqlite3 *db, const char *path, unsigned int wait_ms, struct pal_diag *d)
{
	uint64_t until = pal_clock_mono_us() + (uint64_t)wait_ms * 1000;
	int      rc = SQLITE_BUSY;

	for (;;) { /* SQLite may have waited itself: the clock counts, not the rounds */
		rc = sqlite3_exec(db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
		if (((rc & 0xff) != SQLITE_BUSY && (rc & 0xff) != SQLITE_LOCKED) || pal_clock_mono_us() >= until)
			break;
		(void)usleep(10 * 1000);
	}
	return rc == SQLITE_OK ? PAL_OK : sqlite_fail(db, rc, path, d);
}

/* The database and its journals take their mode from the file that is already there. */
static enum pal_err
make_private(const char *path, struct pal_diag *d)
{
	PAL_AUTO_FD fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return pal_fail(d, PAL_ESYS, 0, "%s cannot be opened for writing: %s", path, strerror(errno));
	return PAL_OK;
}

static enum pal_err
open_db(struct sqlite_store *s, struct pal_diag *d)
{
	int rc = SQLITE_OK;

	PAL_TRY(make_private(s->path, d));
	rc = sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK)
		return sqlite_fail(s->db, rc, s->path, d);
	(void)sqlite3_extended_result_codes(s->db, 1);
	(void)sqlite3_busy_timeout(s->db, (int)(s->wait_ms > 600000 ? 600000 : s->wait_ms));
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	PAL_TRY(use_wal(s->db, s->path, s->wait_ms, d));
	PAL_TRY(sqlite_exec(s->db, "PRAGMA synchronous=NORMAL; PRAGMA cell_size_check=ON", s->path, d));
	return sqlite_migrate(s->db, s->path, d);
}

enum pal_err
pal_store_open_sqlite(const char *path, unsigned int wait_ms, struct pal_store **ret_store, struct pal_diag *d)
{
	struct sqlite_store *s = pal_mem_new(1, sizeof(*s));
	size_t               len = strlen(path);
	enum pal_err         err = PAL_OK;

	if (s == NULL)
		return pal_fail(d, PAL_ENOMEM, 0, "%s: out of memory", path);
	s->base.ops = &sqlite_store_ops;
	s->wait_ms = wait_ms;
	s->path = pal_mem_new(len + 3, 1);
	if (s->path == NULL) {
		pal_mem_free(s);
		return pal_fail(d, PAL_ENOMEM, 0, "%s: out of memory", path);
	}
	/* Debian's SQLite takes "file:..." for a URI with options; a path is a path. */
	if (pal_view_starts(pal_view_of(path), "file:"))
		pal_mem_copy(s->path, len + 3, "./", 2);
	pal_mem_copy(s->path + strlen(s->path), len + 1, path, len);
	err = open_db(s, d);
	if (err != PAL_OK) {
		s->base.ops->close(&s->base);
		return err;
	}
	*ret_store = &s->base;
	return PAL_OK;
}
