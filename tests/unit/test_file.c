/* test_file.c - links are not followed, replaced files are whole, locks exclude, walks are sorted and bounded. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "palisade/file.h"
#include "palisade/walk.h"

static char root[] = "/tmp/palisade-file-XXXXXX";

static const char *
at(const char *name)
{
	static char path[4][256];
	static int  turn;

	turn = (turn + 1) % 4;
	(void)snprintf(path[turn], sizeof(path[turn]), "%s/%s", root, name);
	return path[turn];
}

static void
test_open(void)
{
	PAL_AUTO_FD        fd = -1;
	PAL_AUTO_FD        dir = -1;
	struct pal_file_id id = { 0 };
	struct pal_diag    d = { 0 };

	CHECK(pal_file_write(at("a"), pal_view_of("hello"), 0600, &d) == PAL_OK);
	CHECK(pal_file_make_dir(at("sub"), 0700, &d) == PAL_OK && pal_file_make_dir(at("sub"), 0700, &d) == PAL_OK);
	CHECK(pal_file_write(at("sub/b"), pal_view_of("x"), 0600, &d) == PAL_OK);
	CHECK(symlink("a", at("link")) == 0 && symlink("sub", at("sublink")) == 0 && mkfifo(at("fifo"), 0600) == 0);
	CHECK(pal_file_open(at("a"), &fd, &id, &d) == PAL_OK && id.size == 5 && id.inode != 0);
	pal_file_close(&fd);
	CHECK(pal_file_open(at("link"), &fd, NULL, &d) == PAL_EFORM && strstr(d.text, "symbolic link") != NULL);
	CHECK(pal_file_open(at("fifo"), &fd, NULL, &d) == PAL_EFORM && pal_file_open(root, &fd, NULL, &d) == PAL_EFORM);
	CHECK(pal_file_open(at("none"), &fd, NULL, &d) == PAL_ENOTFOUND && fd == -1);
	dir = open(root, O_RDONLY | O_DIRECTORY);
	CHECK(pal_file_open_below(dir, "sub/b", &fd, &id, &d) == PAL_OK && id.size == 1);
	pal_file_close(&fd);
	CHECK(pal_file_open_below(dir, "sublink/b", &fd, &id, &d) != PAL_OK);
	CHECK(pal_file_open_below(dir, "../a", &fd, &id, &d) == PAL_EFORM);
	CHECK(pal_file_open_below(dir, "sub/../a", &fd, &id, &d) == PAL_EFORM);
	CHECK(pal_file_open_below(dir, "/etc/passwd", &fd, &id, &d) == PAL_EFORM);
	CHECK(pal_file_open_below(dir, "sub//b", &fd, &id, &d) == PAL_EFORM);
	CHECK(pal_file_open_below(dir, "", &fd, &id, &d) == PAL_EFORM &&
	      pal_file_open_below(dir, "sub/", &fd, &id, &d) == PAL_EFORM);
}

static void
test_replace(void)
{
	PAL_AUTO_BUF    b = pal_buf_of(0);
	struct pal_diag d = { 0 };

	CHECK(pal_file_write(at("a"), pal_view_of("new"), 0600, &d) == PAL_OK);
	CHECK(pal_file_read(at("a"), 3, &b, &d) == PAL_OK && strcmp(pal_buf_text(&b), "new") == 0);
	CHECK(pal_file_read(at("a"), 2, &b, &d) == PAL_ELIMIT);
	CHECK(pal_file_write(at("none/x"), pal_view_of("new"), 0600, &d) == PAL_ENOTFOUND);
	CHECK(pal_file_make_dir(at("a"), 0700, &d) == PAL_EEXIST);
	CHECK(pal_file_write("/dev/full/x", pal_view_of("new"), 0600, &d) != PAL_OK && d.text[0] != '\0');
}

static void
test_lock(void)
{
	PAL_AUTO_FD     mine = -1;
	PAL_AUTO_FD     other = -1;
	struct pal_diag d = { 0 };

	CHECK(pal_file_lock(at("lock"), 0, &mine, &d) == PAL_OK);
	CHECK(pal_file_lock(at("lock"), 30, &other, &d) == PAL_ELOCKED && strstr(d.text, "another process") != NULL);
	pal_file_close(&mine);
	CHECK(pal_file_lock(at("lock"), 0, &other, &d) == PAL_OK);
}

static void
test_walk(void)
{
	static const char *const expected[] = { "a", "fifo", "link", "lock", "sub/b", "sublink" };
	struct pal_arena         arena;
	struct pal_list          list;
	struct pal_diag          d = { 0 };

	pal_arena_init(&arena, 1 << 20);
	list = pal_list_of(&arena, sizeof(struct pal_entry));
	CHECK(pal_walk(root, 100, &list, &d) == PAL_OK && list.count == 6);
	for (size_t i = 0; i < list.count && i < 6; i++)
		CHECK_SAY(strcmp(((struct pal_entry *)pal_list_at(&list, i))->path, expected[i]) == 0, expected[i]);
	CHECK(((struct pal_entry *)pal_list_at(&list, 1))->kind == PAL_ENTRY_OTHER);
	CHECK(((struct pal_entry *)pal_list_at(&list, 2))->kind == PAL_ENTRY_LINK);
	list = pal_list_of(&arena, sizeof(struct pal_entry));
	CHECK(pal_walk(root, 3, &list, &d) == PAL_ELIMIT);
	list = pal_list_of(&arena, sizeof(struct pal_entry));
	CHECK(pal_walk(at("a"), 3, &list, &d) == PAL_OK && list.count == 1);
	CHECK(strcmp(((struct pal_entry *)pal_list_at(&list, 0))->path, ".") == 0);
	CHECK(pal_walk(at("none"), 3, &list, &d) == PAL_ENOTFOUND);
	CHECK(pal_file_write(at("bad\xff"), pal_view_of(""), 0600, &d) == PAL_OK);
	CHECK(pal_walk(root, 100, &list, &d) == PAL_EFORM && strstr(d.text, "not UTF-8") != NULL);
	pal_arena_done(&arena);
}

int
main(void)
{
	char command[64];

	CHECK(mkdtemp(root) != NULL);
	test_open();
	test_replace();
	test_lock();
	test_walk();
	(void)snprintf(command, sizeof(command), "rm -r %s", root);
	CHECK(system(command) == 0);
	return check_done();
}
