/* secret.c - pages from mmap(2), never from the heap, so that locking and wiping cover exactly the secret. */
#include "palisade/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "palisade/file.h"
#include "palisade/mem.h"

static enum pal_err
make_room(size_t len, struct pal_secret *ret)
{
	struct pal_secret s = { .len = len, .room = PAL_SECRET_MAX + 2 };
	void             *p = NULL;

	PAL_ASSERT(len <= PAL_SECRET_MAX);
	p = mmap(NULL, s.room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return PAL_ENOMEM;
	s.bytes = p;
	s.locked = mlock(p, s.room) == 0; /* the limit may be small; an unlocked secret is still wiped */
	(void)madvise(p, s.room, MADV_DONTDUMP);
	*ret = s;
	return PAL_OK;
}

enum pal_err
pal_secret_of(struct pal_view v, struct pal_secret *ret)
{
	struct pal_secret s = { 0 };

	if (v.len > PAL_SECRET_MAX)
		return PAL_ELIMIT;
	PAL_TRY(make_room(v.len, &s));
	pal_mem_copy(s.bytes, s.room, v.data, v.len);
	*ret = s;
	return PAL_OK;
}

/* Reads until a line end, the end, or more bytes than fit; *ret_len is what was read. */
static enum pal_err
fill(int fd, const char *name, const struct pal_secret *s, size_t *ret_len, struct pal_diag *d)
{
	size_t len = 0;

	while (len < s->room && memchr(s->bytes, '\n', len) == NULL) {
		ssize_t n = read(fd, s->bytes + len, s->room - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return pal_fail(d, PAL_ESYS, 0, "cannot read the passphrase from %s: %s", name,
					strerror(errno));
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret_len = len;
	return PAL_OK;
}

enum pal_err
pal_secret_read_fd(int fd, const char *name, struct pal_secret *ret, struct pal_diag *d)
{
	PAL_AUTO_SECRET s = { 0 };
	const uint8_t  *end = NULL;
	size_t          len = 0, line = 0;

	PAL_TRY(make_room(0, &s));
	PAL_TRY(fill(fd, name, &s, &len, d));
	end = memchr(s.bytes, '\n', len);
	line = end == NULL ? len : (size_t)(end - s.bytes);
	if (line > 0 && s.bytes[line - 1] == '\r')
		line--;
	if (line == 0)
		return pal_fail(d, PAL_EKEY, 0, "%s holds no passphrase: its first line is empty", name);
	if (line > PAL_SECRET_MAX)
		return pal_fail(d, PAL_EKEY, 0, "the passphrase in %s is longer than %zu bytes", name, PAL_SECRET_MAX);
	pal_secret_wipe(s.bytes + line, s.room - line);
	s.len = line;
	*ret = s;
	s = (struct pal_secret){ 0 };
	return PAL_OK;
}

enum pal_err
pal_secret_read(const char *path, struct pal_secret *ret, struct pal_diag *d)
{
	PAL_AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return pal_fail(d, errno == ENOENT ? PAL_ENOTFOUND : PAL_ESYS, 0, "cannot open passphrase file %s: %s",
				path, strerror(errno));
	return pal_secret_read_fd(fd, path, ret, d);
}

enum pal_err
pal_secret_random(size_t len, struct pal_secret *ret)
{
	PAL_AUTO_SECRET s = { 0 };

	if (len > PAL_SECRET_MAX)
		return PAL_ELIMIT;
	PAL_TRY(make_room(len, &s));
	for (size_t done = 0; done < len;) {
		ssize_t n = getrandom(s.bytes + done, len - done, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return PAL_ESYS;
		done += (size_t)n;
	}
	*ret = s;
	s = (struct pal_secret){ 0 };
	return PAL_OK;
}

void
pal_secret_done(struct pal_secret *s)
{
	if (s->bytes != NULL) {
		pal_secret_wipe(s->bytes, s->room);
		(void)munmap(s->bytes, s->room); /* unlocks too */
	}
	*s = (struct pal_secret){ 0 };
}

struct pal_view
pal_secret_view(const struct pal_secret *s)
{
	return (struct pal_view){ s->bytes, s->len };
}

bool
pal_secret_eq(struct pal_view a, struct pal_view b)
{
	return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.data, b.data, a.len) == 0);
}

void
pal_secret_wipe(void *p, size_t n)
{
	if (n > 0)
		OPENSSL_cleanse(p, n);
}
