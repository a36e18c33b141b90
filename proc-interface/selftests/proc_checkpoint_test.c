// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of /proc/<pid>/checkpoint, from its contract in
 * linux/proc_checkpoint.h: a process checkpoints itself, and compares what the
 * images say with the memory that it has.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../kselftest_harness.h"
#include "image.h"

#define CHECKPOINT	"/proc/self/checkpoint"
#define PAGES		64
#define MAX_IMAGES	16
#define NOBODY		65534

static size_t page_size;

static unsigned long address_of(const void *memory)
{
	return (unsigned long)memory;
}

/* 0, or the errno of the command; EIO if a part of it was taken. */
static int command(int fd, const char *text, size_t len)
{
	ssize_t written = write(fd, text, len);

	if (written == (ssize_t)len)
		return 0;
	return written < 0 ? errno : EIO;
}

static int save(int fd, const char *word, const void *start, size_t bytes,
		const char *path)
{
	char text[256];
	int len;

	len = snprintf(text, sizeof(text), "%s 0x%lx 0x%lx %s\n", word,
		       address_of(start), address_of(start) + bytes - 1, path);
	return command(fd, text, len);
}

/* A different content for each page and round. */
static void fill(char *page, unsigned int round)
{
	for (size_t i = 0; i < page_size; i += sizeof(unsigned long))
		*(unsigned long *)(page + i) = (address_of(page) + i) * 31 + round + 1;
}

static bool is_zero(const char *page)
{
	return !page[0] && !memcmp(page, page + 1, page_size - 1);
}

/* Whether there is a mapping at @page. */
static bool is_mapped(char *page)
{
	unsigned char resident;

	return !mincore(page, page_size, &resident);
}

static bool exists(const char *path)
{
	return !access(path, F_OK);
}

/*
 * A directory of its own for each test, an area with contents, and the images
 * that were made of it.
 */
struct subject {
	int fd;
	char *area;
	size_t bytes;
	char directory[64];
	struct image images[MAX_IMAGES];
	size_t count;
};

FIXTURE(checkpoint)
{
	struct subject subject;
};

static char *map_area(struct __test_metadata *_metadata, size_t bytes)
{
	char *area = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, area);
	/* Whole pages are saved: huge ones would blur which. */
	madvise(area, bytes, MADV_NOHUGEPAGE);
	return area;
}

FIXTURE_SETUP(checkpoint)
{
	struct subject *subject = &self->subject;

	snprintf(subject->directory, sizeof(subject->directory), "%s",
		 "/tmp/proc_checkpoint.XXXXXX");
	ASSERT_NE(NULL, mkdtemp(subject->directory));
	ASSERT_EQ(0, chdir(subject->directory));
	subject->bytes = PAGES * page_size;
	subject->area = map_area(_metadata, subject->bytes);
	for (int i = 0; i < PAGES; i++)
		fill(subject->area + i * page_size, 0);
	subject->fd = open(CHECKPOINT, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, subject->fd);
}

FIXTURE_TEARDOWN(checkpoint)
{
	struct subject *subject = &self->subject;
	struct dirent *entry;
	DIR *directory;

	directory = opendir(subject->directory);
	while (directory && (entry = readdir(directory)))
		unlinkat(dirfd(directory), entry->d_name, 0);
	if (directory)
		closedir(directory);
	rmdir(subject->directory);
}

static char *page_of(struct subject *subject, size_t index)
{
	return subject->area + index * page_size;
}

static int save_area(struct subject *subject, const char *word, const char *path)
{
	return save(subject->fd, word, subject->area, subject->bytes, path);
}

/* Saves the area, and reads the image as the next of the chain. */
static const struct image *take(struct __test_metadata *_metadata,
				struct subject *subject, const char *word)
{
	struct image *image = subject->images + subject->count;
	const char *wrong;
	char path[32];

	ASSERT_LT(subject->count, MAX_IMAGES);
	snprintf(path, sizeof(path), "image%zu", subject->count);
	ASSERT_EQ(0, save_area(subject, word, path));
	wrong = image_read(image, path);
	ASSERT_EQ(NULL, wrong)
		TH_LOG("%s: %s", path, wrong);
	subject->count++;
	return image;
}

static void expect_kind(struct __test_metadata *_metadata,
			const struct image *image, unsigned int kind, unsigned long seq)
{
	EXPECT_EQ(kind, le32toh(image->info.kind));
	EXPECT_EQ(seq, le64toh(image->info.seq));
}

/* Whether two images name each other as parent and child. */
static bool is_parent(const struct image *parent, const struct image *child)
{
	return !memcmp(parent->info.id, child->info.parent, PROC_CHECKPOINT_ID_BYTES);
}

/* How many pages of the area differ from what the chain says. */
static unsigned int differences(struct subject *subject)
{
	unsigned int count = 0;

	for (char *page = subject->area; page < subject->area + subject->bytes; page += page_size) {
		const void *contents = NULL;
		bool same = false;

		switch (chain_page(subject->images, subject->count, address_of(page), &contents)) {
		case PAGE_DATA:
			same = is_mapped(page) && !memcmp(page, contents, page_size);
			break;
		case PAGE_ZERO:
			same = is_mapped(page) && is_zero(page);
			break;
		case PAGE_UNMAPPED:
			same = !is_mapped(page);
			break;
		default:
			break;
		}
		count += !same;
	}
	return count;
}

/* The pages of the area that @image has data of: a bit each. */
static unsigned long long data_pages(struct subject *subject,
				     const struct image *image)
{
	unsigned long long set = 0;
	const void *contents;

	for (size_t i = 0; i < PAGES; i++)
		if (image_page(image, address_of(page_of(subject, i)), &contents) == PAGE_DATA)
			set |= 1ULL << i;
	return set;
}

TEST_F(checkpoint, open_needs_the_right_to_attach)
{
	char path[64];
	struct stat st;
	int status;
	pid_t pid;

	ASSERT_EQ(0, stat(CHECKPOINT, &st));
	EXPECT_EQ(0600, st.st_mode & 07777);
	if (geteuid())
		SKIP(return, "needs root, to become somebody else");

	snprintf(path, sizeof(path), "/proc/%d/checkpoint", getpid());
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
			_exit(1);
		if (open(path, O_RDWR) != -1 || errno != EACCES)
			_exit(2);
		if (open(path, O_RDONLY) != -1 || errno != EACCES)
			_exit(3);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(checkpoint, malformed_commands)
{
	struct subject *subject = &self->subject;
	static const struct {
		const char *format;
		int error;
	} commands[] = {
		{ "\n", EINVAL },
		{ "save 0x%lx 0x%lx image", EINVAL },
		{ "FULL 0x%lx 0x%lx image", EINVAL },
		{ "full\t0x%lx 0x%lx image", EINVAL },
		{ "full 0x%lx", EINVAL },
		{ "full 0x%lx 0x%lx", EINVAL },
		{ "full 0x%lx 0x%lx ", EINVAL },
		{ "full 0x%lxg 0x%lx image", EINVAL },
		{ "full +0x%lx 0x%lx image", EINVAL },
		{ "full -1 0x%2$lx image", EINVAL },
		{ "full %2$lu %1$lu image", EINVAL },
		{ "full 0x%lx 0x1%016lx image", EINVAL },
		{ "full 0x%1$lx 0x%1$lx image", EINVAL },
		{ "forget 0x%lx", EINVAL },
		{ "forget\nforget\n", EINVAL },
		{ "full 0x%lx 0x%lx absent/image", ENOENT },
		{ "full 0x%lx 0x%lx .", EISDIR },
		{ "full 0x%lx 0x%lx link", ELOOP },
	};
	static char text[PROC_CHECKPOINT_CMD_MAX + 1];
	const unsigned long start = address_of(subject->area);
	int len;

	ASSERT_EQ(0, symlink("nowhere", "link"));
	take(_metadata, subject, "full");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		snprintf(text, sizeof(text), commands[i].format, start,
			 start + subject->bytes - 1);
		EXPECT_EQ(commands[i].error, command(subject->fd, text, strlen(text)))
			TH_LOG("for \"%s\"", text);
		EXPECT_FALSE(exists("image"))
			TH_LOG("for \"%s\"", text);
	}

	len = snprintf(text, sizeof(text), "full 0x%lx 0x%lx image", start,
		       start + subject->bytes - 1);
	EXPECT_EQ(EINVAL, command(subject->fd, text, len + 1));
	memset(text + len, ' ', sizeof(text) - len);
	EXPECT_EQ(E2BIG, command(subject->fd, text, sizeof(text)));
	EXPECT_FALSE(exists("image"));

	/* None of them was a checkpoint. */
	expect_kind(_metadata, take(_metadata, subject, "inc"), PROC_CHECKPOINT_KIND_INC, 1);
	EXPECT_EQ(0, differences(subject));
}

TEST_F(checkpoint, full_is_memory_byte_for_byte)
{
	struct subject *subject = &self->subject;
	const struct image *full;
	struct stat st;

	ASSERT_EQ(0, mprotect(page_of(subject, 9), page_size, PROT_NONE));
	ASSERT_EQ(0, mprotect(page_of(subject, 20), 2 * page_size, PROT_READ));
	full = take(_metadata, subject, "full");
	ASSERT_EQ(0, mprotect(page_of(subject, 9), page_size, PROT_READ));

	expect_kind(_metadata, full, PROC_CHECKPOINT_KIND_FULL, 0);
	EXPECT_EQ(0, le32toh(full->info.flags));
	EXPECT_EQ(page_size, le32toh(full->info.page_size));
	EXPECT_EQ(getpid(), (pid_t)le32toh(full->info.pid));
	EXPECT_EQ(address_of(subject->area), le64toh(full->info.start));
	EXPECT_EQ(address_of(subject->area) + subject->bytes, le64toh(full->info.end));
	EXPECT_EQ(PAGES, le64toh(full->info.pages_data));
	EXPECT_EQ(~0ULL, data_pages(subject, full));
	EXPECT_EQ(0, differences(subject));
	ASSERT_EQ(0, stat("image0", &st));
	EXPECT_EQ(0600, st.st_mode & 07777);
}

TEST_F(checkpoint, inc_has_the_pages_that_changed)
{
	struct subject *subject = &self->subject;
	const struct image *inc;

	take(_metadata, subject, "full");
	inc = take(_metadata, subject, "inc");
	expect_kind(_metadata, inc, PROC_CHECKPOINT_KIND_INC, 1);
	EXPECT_TRUE(is_parent(subject->images, inc));
	EXPECT_EQ(0, data_pages(subject, inc));

	fill(page_of(subject, 3), 1);
	*page_of(subject, 40) += 1;
	/* Across the end of page 10. */
	memset(page_of(subject, 11) - 1, 0x5a, 2);
	inc = take(_metadata, subject, "inc");
	expect_kind(_metadata, inc, PROC_CHECKPOINT_KIND_INC, 2);
	EXPECT_TRUE(is_parent(subject->images + 1, inc));
	EXPECT_EQ(1ULL << 3 | 1ULL << 10 | 1ULL << 11 | 1ULL << 40, data_pages(subject, inc));
	EXPECT_EQ(0, differences(subject));

	inc = take(_metadata, subject, "inc");
	EXPECT_EQ(0, data_pages(subject, inc));
	EXPECT_EQ(0, differences(subject));
}

TEST_F(checkpoint, inc_has_what_the_kernel_wrote)
{
	struct subject *subject = &self->subject;
	const struct image *inc;
	char bytes[100];
	int ends[2];

	memset(bytes, 0xa5, sizeof(bytes));
	ASSERT_EQ(0, pipe(ends));
	ASSERT_EQ((ssize_t)sizeof(bytes), write(ends[1], bytes, sizeof(bytes)));
	take(_metadata, subject, "full");
	ASSERT_EQ((ssize_t)sizeof(bytes), read(ends[0], page_of(subject, 33) - 50, sizeof(bytes)));
	inc = take(_metadata, subject, "inc");
	EXPECT_EQ(1ULL << 32 | 1ULL << 33, data_pages(subject, inc));
	EXPECT_EQ(0, differences(subject));
}

static void expect_full_instead_of_inc(struct __test_metadata *_metadata,
				       struct subject *subject)
{
	const struct image *image = take(_metadata, subject, "inc");

	expect_kind(_metadata, image, PROC_CHECKPOINT_KIND_FULL, 0);
	EXPECT_EQ(PROC_CHECKPOINT_INFO_ASKED_INC, le32toh(image->info.flags));
	EXPECT_EQ(~0ULL, data_pages(subject, image));
	expect_kind(_metadata, take(_metadata, subject, "inc"), PROC_CHECKPOINT_KIND_INC, 1);
}

TEST_F(checkpoint, without_a_baseline_inc_is_full)
{
	struct subject *subject = &self->subject;
	int clear_refs;

	expect_full_instead_of_inc(_metadata, subject);

	ASSERT_EQ(0, command(subject->fd, "forget\n", 7));
	expect_full_instead_of_inc(_metadata, subject);

	/* A range that overlaps. */
	ASSERT_EQ(0, save(subject->fd, "full", page_of(subject, 8), page_size, "/dev/null"));
	expect_full_instead_of_inc(_metadata, subject);

	clear_refs = open("/proc/self/clear_refs", O_WRONLY);
	ASSERT_LE(0, clear_refs);
	ASSERT_EQ(1, write(clear_refs, "4", 1));
	close(clear_refs);
	expect_full_instead_of_inc(_metadata, subject);
	EXPECT_EQ(0, differences(subject));
}

TEST_F(checkpoint, dropped_pages_are_runs_of_zeros)
{
	struct subject *subject = &self->subject;
	const struct image *inc;
	const void *contents;

	take(_metadata, subject, "full");
	ASSERT_EQ(0, madvise(page_of(subject, 5), 4 * page_size, MADV_DONTNEED));
	ASSERT_EQ(0, madvise(page_of(subject, 30), 2 * page_size, MADV_DONTNEED));
	/* One is read again, so that the zero page is there. */
	EXPECT_EQ(0, __atomic_load_n(page_of(subject, 31), __ATOMIC_RELAXED));
	inc = take(_metadata, subject, "inc");
	for (int i = 0; i < PAGES; i++) {
		bool dropped = (i >= 5 && i < 9) || i == 30 || i == 31;

		EXPECT_EQ(dropped ? PAGE_ZERO : PAGE_AS_BEFORE,
			  image_page(inc, address_of(page_of(subject, i)), &contents))
			TH_LOG("page %d", i);
	}
	EXPECT_EQ(6, le64toh(inc->info.pages_zero));
	EXPECT_EQ(0, differences(subject));

	/* Each image says so anew: nothing tells that they are still holes. */
	inc = take(_metadata, subject, "inc");
	EXPECT_EQ(6, le64toh(inc->info.pages_zero));
	EXPECT_EQ(0, differences(subject));
}

/* Large enough, and aligned, that whole page tables could be moved. */
TEST_F(checkpoint, mremap_of_clean_pages)
{
	struct subject *subject = &self->subject;
	const size_t block = 2 << 20;
	char *area, *from, *to;

	area = map_area(_metadata, 3 * block);
	from = (char *)((address_of(area) + block - 1) & ~(block - 1));
	to = from + block;
	for (char *page = from; page < to + block; page += page_size)
		fill(page, 0);

	subject->area = from;
	subject->bytes = 2 * block;
	take(_metadata, subject, "full");
	ASSERT_EQ(to, mremap(from, block, block, MREMAP_MAYMOVE | MREMAP_FIXED, to));
	take(_metadata, subject, "inc");
	EXPECT_EQ(0, differences(subject));

	/* And back, where nothing is mapped now. */
	ASSERT_EQ(from, mremap(to, block, block, MREMAP_MAYMOVE | MREMAP_FIXED, from));
	fill(from + 7 * page_size, 1);
	take(_metadata, subject, "inc");
	EXPECT_EQ(0, differences(subject));
}

static void map_anew(struct __test_metadata *_metadata, struct subject *subject,
		     size_t index, size_t count)
{
	char *at = page_of(subject, index);

	ASSERT_EQ(at, mmap(at, count * page_size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
}

TEST_F(checkpoint, other_mappings_in_the_place_of_old_ones)
{
	struct subject *subject = &self->subject;

	take(_metadata, subject, "full");

	ASSERT_EQ(0, munmap(page_of(subject, 4), 4 * page_size));
	take(_metadata, subject, "inc");
	EXPECT_EQ(0, differences(subject));

	map_anew(_metadata, subject, 4, 4);
	fill(page_of(subject, 6), 2);
	take(_metadata, subject, "inc");
	EXPECT_EQ(0, differences(subject));

	/* Both at once, between two checkpoints. */
	map_anew(_metadata, subject, 20, 20);
	fill(page_of(subject, 21), 3);
	EXPECT_EQ(0, __atomic_load_n(page_of(subject, 22), __ATOMIC_RELAXED));
	ASSERT_EQ(0, munmap(page_of(subject, 35), page_size));
	take(_metadata, subject, "inc");
	EXPECT_EQ(0, differences(subject));
}

TEST_F(checkpoint, unmodified_pages_of_a_file_are_the_files)
{
	struct subject *subject = &self->subject;
	struct proc_checkpoint_mapping mapping;
	const struct image *image;
	char path[PATH_MAX], *memory;
	const void *contents = NULL;
	const char *name;
	struct stat st;
	int fd;

	fd = open("file", O_CREAT | O_RDWR, 0600);
	ASSERT_LE(0, fd);
	ASSERT_EQ((ssize_t)subject->bytes, write(fd, subject->area, subject->bytes));
	memory = mmap(subject->area, subject->bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_FIXED, fd, 0);
	ASSERT_EQ(subject->area, memory);
	fill(page_of(subject, 2), 1);

	image = take(_metadata, subject, "full");
	EXPECT_EQ(1ULL << 2, data_pages(subject, image));
	EXPECT_EQ(PAGES - 1, le64toh(image->info.pages_file));
	ASSERT_EQ(PAGE_DATA, image_page(image, address_of(page_of(subject, 2)), &contents));
	EXPECT_EQ(0, memcmp(page_of(subject, 2), contents, page_size));
	ASSERT_TRUE(image_mapping(image, address_of(page_of(subject, 3)), &mapping, &name));
	ASSERT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(st.st_ino, le64toh(mapping.inode));
	EXPECT_EQ((unsigned long)st.st_size, le64toh(mapping.file_size));
	snprintf(path, sizeof(path), "%s/file", subject->directory);
	EXPECT_STREQ(path, name);

	/* The file's again. */
	ASSERT_EQ(0, madvise(page_of(subject, 2), page_size, MADV_DONTNEED));
	image = take(_metadata, subject, "inc");
	expect_kind(_metadata, image, PROC_CHECKPOINT_KIND_INC, 1);
	EXPECT_EQ(PAGES, le64toh(image->info.pages_file));
	EXPECT_EQ(0, data_pages(subject, image));
	close(fd);
}

/* After a full, writes to pages 1 to 9, and commands that failed. */
static void expect_nothing_lost(struct __test_metadata *_metadata,
				struct subject *subject)
{
	const struct image *inc;

	fill(page_of(subject, 50), 1);
	inc = take(_metadata, subject, "inc");
	expect_kind(_metadata, inc, PROC_CHECKPOINT_KIND_INC, 1);
	EXPECT_TRUE(is_parent(subject->images, inc));
	EXPECT_EQ(0x3feULL | 1ULL << 50, data_pages(subject, inc));
	EXPECT_EQ(0, differences(subject));
}

TEST_F(checkpoint, a_file_that_exists_stays)
{
	struct subject *subject = &self->subject;
	struct stat before, after;

	take(_metadata, subject, "full");
	ASSERT_EQ(0, stat("image0", &before));
	for (int i = 1; i < 10; i++)
		fill(page_of(subject, i), 1);
	EXPECT_EQ(EEXIST, save_area(subject, "inc", "image0"));
	ASSERT_EQ(0, stat("image0", &after));
	EXPECT_EQ(before.st_ino, after.st_ino);
	EXPECT_EQ(before.st_size, after.st_size);
	EXPECT_EQ(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
	EXPECT_EQ(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	expect_nothing_lost(_metadata, subject);
}

TEST_F(checkpoint, too_large_a_file_loses_nothing)
{
	struct subject *subject = &self->subject;
	const struct rlimit small = { 3 * page_size, RLIM_INFINITY };
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

	take(_metadata, subject, "full");
	signal(SIGXFSZ, SIG_IGN);
	for (int i = 1; i < 10; i++) {
		fill(page_of(subject, i), 1);
		if (i < 5)
			continue;
		ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &small));
		EXPECT_EQ(EFBIG, save_area(subject, "inc", "failed"));
		ASSERT_EQ(0, setrlimit(RLIMIT_FSIZE, &none));
		EXPECT_FALSE(exists("failed"));
	}
	expect_nothing_lost(_metadata, subject);
}

TEST_F(checkpoint, no_space_left_loses_nothing)
{
	struct subject *subject = &self->subject;
	char options[32];

	take(_metadata, subject, "full");
	ASSERT_EQ(0, mkdir("small", 0700));
	snprintf(options, sizeof(options), "size=%zu", 4 * page_size);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "small", "tmpfs", 0, options)) {
		rmdir("small");
		SKIP(return, "no small file system: needs root and tmpfs");
	}
	for (int i = 1; i < 10; i++)
		fill(page_of(subject, i), 1);
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(ENOSPC, save_area(subject, "inc", "small/failed"));
		EXPECT_FALSE(exists("small/failed"));
	}
	EXPECT_EQ(0, umount("small"));
	EXPECT_EQ(0, rmdir("small"));
	expect_nothing_lost(_metadata, subject);
}

struct saver {
	struct subject *subject;
	int pipe;
	int error;
};

static void *save_to_pipe(void *argument)
{
	struct saver *saver = argument;
	char path[32];

	snprintf(path, sizeof(path), "/dev/fd/%d", saver->pipe);
	saver->error = save_area(saver->subject, "full", path);
	close(saver->pipe);
	return NULL;
}

/*
 * A thread saves into a pipe, which takes a few of the pages; only when all of
 * them were written to, the rest of the image is read.
 */
TEST_F(checkpoint, stores_to_captured_pages_do_not_reach_the_image)
{
	struct subject *subject = &self->subject;
	struct saver saver = { .subject = subject };
	pthread_t thread;
	char buffer[4096];
	ssize_t got;
	int ends[2];
	FILE *file;

	ASSERT_EQ(0, pipe(ends));
	file = fopen("image0", "w");
	ASSERT_NE(NULL, file);
	saver.pipe = ends[1];
	ASSERT_EQ(0, pthread_create(&thread, NULL, save_to_pipe, &saver));

	/* Some of the image: the capture is over. */
	got = read(ends[0], buffer, 64);
	for (int i = 0; i < PAGES; i++)
		fill(page_of(subject, i), 1);
	while (got > 0) {
		ASSERT_EQ((size_t)got, fwrite(buffer, 1, got, file));
		got = read(ends[0], buffer, sizeof(buffer));
	}
	ASSERT_EQ(0, got);
	ASSERT_EQ(0, fclose(file));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	ASSERT_EQ(0, saver.error);

	/* The image has what was, and the next inc all that is. */
	ASSERT_EQ(NULL, image_read(subject->images, "image0"));
	subject->count = 1;
	for (int i = 0; i < PAGES; i++)
		fill(page_of(subject, i), 0);
	EXPECT_EQ(0, differences(subject));
	EXPECT_EQ(~0ULL, data_pages(subject, take(_metadata, subject, "inc")));
	EXPECT_EQ(0, differences(subject));
}

struct writer {
	struct subject *subject;
	bool stop;
};

/* Counts in the first word of each page, page after page. */
static void *count_up(void *argument)
{
	struct writer *writer = argument;

	for (unsigned long round = 1; !__atomic_load_n(&writer->stop, __ATOMIC_RELAXED); round++)
		for (size_t i = 0; i < PAGES; i++)
			__atomic_store_n((unsigned long *)page_of(writer->subject, i), round,
					 __ATOMIC_RELEASE);
	return NULL;
}

TEST_F(checkpoint, one_instant_under_a_thread_that_writes)
{
	struct subject *subject = &self->subject;
	struct writer writer = { .subject = subject };
	unsigned long previous = 0;
	pthread_t thread;

	for (int i = 0; i < PAGES; i++)
		memset(page_of(subject, i), 0, page_size);
	ASSERT_EQ(0, pthread_create(&thread, NULL, count_up, &writer));
	for (int round = 0; round < 12; round++) {
		unsigned long counts[PAGES];

		/* Whatever else the machine has to do, the thread goes on. */
		while (__atomic_load_n((unsigned long *)page_of(subject, 0),
				       __ATOMIC_RELAXED) == previous)
			sched_yield();
		take(_metadata, subject, round ? "inc" : "full");
		for (size_t i = 0; i < PAGES; i++) {
			const unsigned long address = address_of(page_of(subject, i));
			const void *contents;

			counts[i] = 0;
			if (chain_page(subject->images, subject->count, address,
				       &contents) == PAGE_DATA)
				memcpy(counts + i, contents, sizeof(counts[i]));
		}
		/* Never the newer count of a later page with the older of one before. */
		for (size_t i = 1; i < PAGES; i++) {
			EXPECT_GE(counts[i - 1], counts[i])
				TH_LOG("round %d, page %zu", round, i);
		}
		EXPECT_LE(counts[0], counts[PAGES - 1] + 1);
		EXPECT_GT(counts[0], previous);
		previous = counts[0];
	}
	__atomic_store_n(&writer.stop, true, __ATOMIC_RELAXED);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	take(_metadata, subject, "inc");
	EXPECT_EQ(0, differences(subject));
}

/* The value of a key, which must be there just once. */
static const char *status_value(struct __test_metadata *_metadata, const char *status,
				const char *key)
{
	static char value[256];
	unsigned int found = 0;
	size_t len = strlen(key);

	value[0] = '\0';
	while (*status) {
		const char *end = strchrnul(status, '\n');

		if (!strncmp(status, key, len) && !strncmp(status + len, ": ", 2)) {
			found++;
			snprintf(value, sizeof(value), "%.*s",
				 (int)(end - status - len - 2), status + len + 2);
		}
		status = *end ? end + 1 : end;
	}
	EXPECT_EQ(1, found)
		TH_LOG("key %s", key);
	return value;
}

static void read_status(struct __test_metadata *_metadata, int fd, char *status, size_t size)
{
	ssize_t got = pread(fd, status, size - 1, 0);

	ASSERT_LT(0, got);
	status[got] = '\0';
}

static const char *hex_of(const __u8 *id)
{
	static char text[2 * PROC_CHECKPOINT_ID_BYTES + 1];

	for (int i = 0; i < PROC_CHECKPOINT_ID_BYTES; i++)
		sprintf(text + 2 * i, "%02x", id[i]);
	return text;
}

#define EXPECT_STATUS(key, ...) do {						\
	char want[256];								\
	snprintf(want, sizeof(want), __VA_ARGS__);				\
	EXPECT_STREQ(want, status_value(_metadata, status, PROC_CHECKPOINT_KEY_##key)) \
		TH_LOG("key %s", PROC_CHECKPOINT_KEY_##key);			\
} while (0)

TEST_F(checkpoint, status_keys)
{
	struct subject *subject = &self->subject;
	char status[8192], zeros[2 * PROC_CHECKPOINT_ID_BYTES + 1];
	const struct image *inc;
	struct stat st;

	memset(zeros, '0', sizeof(zeros) - 1);
	zeros[sizeof(zeros) - 1] = '\0';
	read_status(_metadata, subject->fd, status, sizeof(status));
	EXPECT_STATUS(VERSION, "%d", PROC_CHECKPOINT_INTERFACE_VERSION);
	EXPECT_STATUS(STATE, "idle");
	EXPECT_EQ(NULL, strstr(status, "last."));
	EXPECT_EQ(NULL, strstr(status, PROC_CHECKPOINT_KEY_RANGE ":"));

	take(_metadata, subject, "full");
	fill(page_of(subject, 1), 1);
	ASSERT_EQ(0, madvise(page_of(subject, 5), 2 * page_size, MADV_DONTNEED));
	inc = take(_metadata, subject, "inc");
	ASSERT_EQ(0, stat("image1", &st));
	read_status(_metadata, subject->fd, status, sizeof(status));
	EXPECT_STATUS(STATE, "idle");
	EXPECT_STATUS(BYTES_DONE, "%ld", (long)st.st_size);
	EXPECT_STATUS(BYTES_TOTAL, "%ld", (long)st.st_size);
	EXPECT_STATUS(RANGE, "0x%lx 0x%lx %s 1", address_of(subject->area),
		      address_of(subject->area) + subject->bytes - 1, hex_of(inc->info.id));
	EXPECT_STATUS(LAST_KIND, "inc");
	EXPECT_STATUS(LAST_STATUS, "0");
	EXPECT_STATUS(LAST_START, "0x%lx", address_of(subject->area));
	EXPECT_STATUS(LAST_END, "0x%lx", address_of(subject->area) + subject->bytes - 1);
	EXPECT_STATUS(LAST_ID, "%s", hex_of(inc->info.id));
	EXPECT_STATUS(LAST_PARENT, "%s", hex_of(subject->images[0].info.id));
	EXPECT_STATUS(LAST_SEQ, "1");
	EXPECT_STATUS(LAST_PAGES_SAVED, "1");
	EXPECT_STATUS(LAST_PAGES_ZERO, "2");
	EXPECT_STATUS(LAST_PAGES_COPIED, "0");
	EXPECT_STATUS(LAST_PAGES_SKIPPED, "0");
	EXPECT_STATUS(LAST_BYTES, "%ld", (long)st.st_size);
	EXPECT_LE(PAGES, atol(status_value(_metadata, status,
					   PROC_CHECKPOINT_KEY_LAST_PAGES_SCANNED)));
	EXPECT_LT(0, atol(status_value(_metadata, status, PROC_CHECKPOINT_KEY_LAST_STALL_NS)));
	EXPECT_LT(0, atol(status_value(_metadata, status, PROC_CHECKPOINT_KEY_LAST_TOTAL_NS)));

	/* A failure is the last command; the baseline stays. */
	ASSERT_EQ(EEXIST, save_area(subject, "inc", "image0"));
	read_status(_metadata, subject->fd, status, sizeof(status));
	EXPECT_STATUS(LAST_STATUS, "EEXIST");
	EXPECT_STATUS(LAST_ID, "%s", zeros);
	EXPECT_STATUS(LAST_PARENT, "%s", zeros);
	EXPECT_STATUS(LAST_SEQ, "0");
	EXPECT_STATUS(LAST_BYTES, "0");
	EXPECT_STATUS(RANGE, "0x%lx 0x%lx %s 1", address_of(subject->area),
		      address_of(subject->area) + subject->bytes - 1, hex_of(inc->info.id));

	ASSERT_EQ(0, command(subject->fd, "forget", 6));
	read_status(_metadata, subject->fd, status, sizeof(status));
	EXPECT_EQ(NULL, strstr(status, PROC_CHECKPOINT_KEY_RANGE ":"));
}

TEST_F(checkpoint, descriptor_stays_with_its_address_space)
{
	struct subject *subject = &self->subject;
	char path[64];
	int fd, ends[2];
	pid_t pid;

	ASSERT_EQ(0, pipe(ends));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		/* Until the parent is done with it, or dies. */
		close(ends[1]);
		_exit(read(ends[0], path, 1));
	}
	snprintf(path, sizeof(path), "/proc/%d/checkpoint", pid);
	fd = open(path, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, save(fd, "full", subject->area, subject->bytes, "alive"));
	close(ends[1]);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_EQ(ESRCH, save(fd, "full", subject->area, subject->bytes, "dead"));
	EXPECT_FALSE(exists("dead"));
	close(fd);
}

int main(int argc, char **argv)
{
	page_size = sysconf(_SC_PAGESIZE);
	if (access(CHECKPOINT, F_OK)) {
		ksft_print_header();
		ksft_exit_skip("no " CHECKPOINT ": needs CONFIG_PROC_CHECKPOINT\n");
	}
	return test_harness_run(argc, argv);
}
