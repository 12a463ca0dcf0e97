/* hash.c - digests of what a scan examined; a file that has changed since gets none. */
#include <fcntl.h>
#include <unistd.h>

#include "palisade/digest.h"
#include "palisade/scan.h"
#include "palisade/threads.h"

struct job {
	const char            *root;
	int                    root_fd; /* -1: root is a file */
	struct pal_scan_file **files;
	struct pal_digest     *digests; /* len 0: none */
};

/* What cannot be read (any more) has no digest; that it could not be examined is told elsewhere. */
static enum pal_err
hash_one(void *arg, size_t i, unsigned int thread)
{
	struct job             *j = arg;
	PAL_AUTO_FD             fd = -1;
	struct pal_file_id      id = { 0 };
	struct pal_digest_piece piece = { .alg = PAL_SHA256, .len = j->files[i]->id.size };
	struct pal_digest       digest = { 0 };
	enum pal_err            e = PAL_OK;

	(void)thread;
	e = j->root_fd >= 0 ? pal_file_open_below(j->root_fd, j->files[i]->path, &fd, &id, NULL)
			    : pal_file_open(j->root, &fd, &id, NULL);
	piece.fd = fd;
	if (e == PAL_OK && pal_file_id_eq(&id, &j->files[i]->id) && pal_digest_of_fd(&piece, &digest, NULL) == PAL_OK)
		j->digests[i] = digest;
	return PAL_OK;
}

static void
keep(struct pal_scan_file *f, const struct pal_digest *digest, struct pal_arena *a)
{
	char hex[PAL_DIGEST_TEXT];

	if (digest->len == 0)
		return;
	pal_digest_hex(digest, hex);
	f->sha256 = pal_arena_text(a, pal_view_of(hex));
}

enum pal_err
pal_scan_hash(const char *root, struct pal_scan_result *r, struct pal_arena *a, struct pal_diag *d)
{
	PAL_AUTO_FD  root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct job   j = { .root = root, .root_fd = root_fd };
	enum pal_err e = PAL_OK;

	j.files = pal_arena_array(a, r->files.count, sizeof(*j.files));
	j.digests = pal_arena_array(a, r->files.count, sizeof(*j.digests));
	PAL_TRY(pal_arena_err(a));
	for (size_t i = 0; i < r->files.count; i++)
		j.files[i] = pal_list_at(&r->files, i);
	e = pal_parallel(0, r->files.count, hash_one, &j);
	for (size_t i = 0; i < r->files.count; i++)
		keep(j.files[i], &j.digests[i], a);
	PAL_TRY(e);
	return pal_arena_err(a) == PAL_OK ? PAL_OK : pal_fail(d, pal_arena_err(a), 0, "no memory for digests");
}

enum pal_err
pal_scan_hash_fd(int fd, struct pal_scan_result *r, struct pal_arena *a, struct pal_diag *d)
{
	struct pal_scan_file   *f = pal_list_at(&r->files, 0);
	struct pal_digest_piece piece = { .fd = fd, .len = f->id.size, .alg = PAL_SHA256 };
	struct pal_digest       digest = { 0 };

	PAL_TRY(pal_digest_of_fd(&piece, &digest, d));
	keep(f, &digest, a);
	return pal_arena_err(a);
}
