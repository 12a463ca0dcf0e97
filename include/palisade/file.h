/*
 * file.h - opening, reading and replacing files, with the races and half-writes designed out.
 *
 * Untrusted files are opened without following links and only if they are
 * regular files. Our own files are replaced as a whole: written beside, flushed
 * to the disk, renamed, and the folder flushed.
 *
 *   units    bytes
 *   memory   descriptors are owned by the caller; contents go to the caller's buffer
 *   errors   PAL_ESYS, PAL_ENOTFOUND, PAL_EEXIST, PAL_ELIMIT, PAL_ELOCKED, with path and cause in the text
 *   threads  safe
 */
#ifndef PALISADE_FILE_H
#define PALISADE_FILE_H

#include "palisade/buf.h"

#define PAL_AUTO_FD __attribute__((cleanup(pal_file_close))) int

/* What tells one version of a file from another without reading it. */
struct pal_file_id {
	uint64_t device, inode, size;
	int64_t  mtime_ns, ctime_ns;
};

struct stat;
struct pal_file_id pal_file_id_of(const struct stat *st);
bool               pal_file_id_eq(const struct pal_file_id *a, const struct pal_file_id *b);

/* O_RDONLY, O_CLOEXEC, O_NONBLOCK, O_NOFOLLOW on the last name, regular files only. ret_id may be NULL. */
PAL_NODISCARD enum pal_err pal_file_open(const char *path, int *ret_fd, struct pal_file_id *ret_id, struct pal_diag *d);

/* The same for a path below the folder root_fd: no name on the way may be a link, "..", or empty. */
PAL_NODISCARD enum pal_err pal_file_open_below(int root_fd, const char *path, int *ret_fd, struct pal_file_id *ret_id,
					       struct pal_diag *d);
/* The folder that holds the last name of such a path, and that name; the same rules. */
PAL_NODISCARD enum pal_err pal_file_open_parent(int root_fd, const char *path, int *ret_fd, const char **ret_name,
						struct pal_diag *d);
void                       pal_file_close(int *fd); /* -1 allowed; sets it to -1 */

/* Adds all of a file (a link is followed) of at most `most` bytes to b. */
PAL_NODISCARD enum pal_err pal_file_read(const char *path, size_t most, struct pal_buf *b, struct pal_diag *d);

/* Replaces path by content as a whole: after a crash the old or the new content is there, never a mixture. */
PAL_NODISCARD enum pal_err pal_file_write(const char *path, struct pal_view content, unsigned int mode,
					  struct pal_diag *d);

PAL_NODISCARD enum pal_err pal_file_write_fd(int fd, struct pal_view content, const char *path, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_file_sync_dir(const char *path, struct pal_diag *d);
PAL_NODISCARD enum pal_err pal_file_make_dir(const char *path, unsigned int mode, struct pal_diag *d); /* may exist */

/* Takes an exclusive lock on path (made if absent), waiting at most wait_ms; closing the descriptor gives it back. */
PAL_NODISCARD enum pal_err pal_file_lock(const char *path, unsigned int wait_ms, int *ret_fd, struct pal_diag *d);

bool pal_file_exists(const char *path);

#endif
