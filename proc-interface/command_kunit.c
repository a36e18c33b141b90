// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of command.c: what is taken for a command, what is refused, and
 * which pages it asks for.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/string.h>
#include "checkpoint.h"

/* A text with its length, so that it may hold NULs. */
#define CP_TEXT(string) .text = (string), .len = sizeof(string) - 1

struct cp_parse_case {
	const char *what;
	const char *text;
	size_t len;
	/* What is expected of a command that is taken. */
	struct cp_command cmd;
};

static void cp_parse_describe(const struct cp_parse_case *param, char *desc)
{
	strscpy(desc, param->what, KUNIT_PARAM_DESC_SIZE);
}

static int cp_parse(struct kunit *test, const struct cp_parse_case *param,
		    struct cp_command *cmd)
{
	/* A copy of just the size, so that KASAN sees reads behind it. */
	char *text = kunit_kmalloc(test, param->len + 1, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, text);
	memcpy(text, param->text, param->len);
	text[param->len] = '\0';
	memset(cmd, 0xff, sizeof(*cmd));
	return cp_command_parse(text, param->len, cmd);
}

static const struct cp_parse_case cp_accepted[] = {
	{ "full", CP_TEXT("full 0x1000 0x1fff image"),
	  { CP_FULL, 0x1000, 0x1fff, "image" } },
	{ "inc", CP_TEXT("inc 0x1000 0x1fff image"),
	  { CP_INC, 0x1000, 0x1fff, "image" } },
	{ "a newline at the end", CP_TEXT("full 0x1000 0x1fff image\n"),
	  { CP_FULL, 0x1000, 0x1fff, "image" } },
	{ "decimal", CP_TEXT("full 4096 8191 image"),
	  { CP_FULL, 4096, 8191, "image" } },
	{ "no octal", CP_TEXT("full 010000 0020000 image"),
	  { CP_FULL, 10000, 20000, "image" } },
	{ "0X and upper case", CP_TEXT("full 0XABC000 0XABCFFF image"),
	  { CP_FULL, 0xabc000, 0xabcfff, "image" } },
	{ "all there is, hex", CP_TEXT("full 0x0 0xffffffffffffffff image"),
	  { CP_FULL, 0, ULONG_MAX, "image" } },
	{ "all there is, decimal", CP_TEXT("full 0 18446744073709551615 image"),
	  { CP_FULL, 0, ULONG_MAX, "image" } },
	{ "leading zeros", CP_TEXT("full 0x00000000000000000001000 0x1fff image"),
	  { CP_FULL, 0x1000, 0x1fff, "image" } },
	{ "one byte", CP_TEXT("full 7 7 image"), { CP_FULL, 7, 7, "image" } },
	{ "more spaces", CP_TEXT("  inc   0x1000  0x1fff   image"),
	  { CP_INC, 0x1000, 0x1fff, "image" } },
	{ "a path with spaces", CP_TEXT("full 0 4095 an image "),
	  { CP_FULL, 0, 4095, "an image " } },
	{ "a path with a newline", CP_TEXT("full 0 4095 two\nlines\n"),
	  { CP_FULL, 0, 4095, "two\nlines" } },
	{ "a path that is a number", CP_TEXT("full 0 4095 4095"),
	  { CP_FULL, 0, 4095, "4095" } },
	{ "a path that is a newline", CP_TEXT("full 0 4095 \x0a\n"),
	  { CP_FULL, 0, 4095, "\n" } },
	{ "a path of bytes that are no UTF-8", CP_TEXT("full 0 4095 \xff\x80\x01"),
	  { CP_FULL, 0, 4095, "\xff\x80\x01" } },
	{ "forget", CP_TEXT("forget"), { CP_FORGET } },
	{ "forget and a newline", CP_TEXT("forget\n"), { CP_FORGET } },
	{ "forget between spaces", CP_TEXT(" forget  "), { CP_FORGET } },
};

KUNIT_ARRAY_PARAM(cp_accepted, cp_accepted, cp_parse_describe);

static void cp_test_accepted(struct kunit *test)
{
	const struct cp_parse_case *param = test->param_value;
	struct cp_command cmd;

	KUNIT_ASSERT_EQ(test, cp_parse(test, param, &cmd), 0);
	KUNIT_EXPECT_EQ(test, cmd.op, param->cmd.op);
	if (cmd.op == CP_FORGET)
		return;
	KUNIT_EXPECT_EQ(test, cmd.start, param->cmd.start);
	KUNIT_EXPECT_EQ(test, cmd.last, param->cmd.last);
	KUNIT_EXPECT_STREQ(test, cmd.path, param->cmd.path);
}

static const struct cp_parse_case cp_refused[] = {
	{ "nothing", CP_TEXT("") },
	{ "a newline", CP_TEXT("\n") },
	{ "two newlines", CP_TEXT("\n\n") },
	{ "a space", CP_TEXT(" ") },
	{ "an unknown word", CP_TEXT("save 0 4095 image") },
	{ "upper case", CP_TEXT("FULL 0 4095 image") },
	{ "a word cut off", CP_TEXT("ful 0 4095 image") },
	{ "a word with a tail", CP_TEXT("fully 0 4095 image") },
	{ "no space behind the word", CP_TEXT("full0 4095 image") },
	{ "a tab for a space", CP_TEXT("full\t0 4095 image") },
	{ "a tab between numbers", CP_TEXT("full 0\t4095 image") },
	{ "a newline for a space", CP_TEXT("full\n0 4095 image") },
	{ "forget with an argument", CP_TEXT("forget 0") },
	{ "forget with a tail", CP_TEXT("forgetful") },
	{ "two commands", CP_TEXT("forget\nforget\n") },
	{ "forget and two newlines", CP_TEXT("forget\n\n") },
	{ "the word alone", CP_TEXT("full") },
	{ "no END", CP_TEXT("full 0") },
	{ "no PATH", CP_TEXT("full 0 4095") },
	{ "no PATH but a newline", CP_TEXT("full 0 4095\n") },
	{ "no PATH but spaces", CP_TEXT("full 0 4095   ") },
	{ "PATH for END", CP_TEXT("full 0 image") },
	{ "letters", CP_TEXT("full start 4095 image") },
	{ "hex digits without 0x", CP_TEXT("full 0 fff image") },
	{ "0x alone, START", CP_TEXT("full 0x 4095 image") },
	{ "0x alone, END", CP_TEXT("full 0 0x image") },
	{ "0x twice", CP_TEXT("full 0 0x0xfff image") },
	{ "no hex digit", CP_TEXT("full 0 0xffg image") },
	{ "a unit", CP_TEXT("full 0 4k image") },
	{ "a minus sign", CP_TEXT("full -1 4095 image") },
	{ "a plus sign", CP_TEXT("full +0 4095 image") },
	{ "a sign behind 0x", CP_TEXT("full 0x+0 4095 image") },
	{ "a fraction", CP_TEXT("full 0.0 4095 image") },
	{ "a newline in a number", CP_TEXT("full 0\n 4095 image") },
	{ "hex beyond 64 bits", CP_TEXT("full 0 0x10000000000000000 image") },
	{ "decimal beyond 64 bits", CP_TEXT("full 0 18446744073709551616 image") },
	{ "END below START", CP_TEXT("full 4096 4095 image") },
	{ "a NUL alone", CP_TEXT("\0") },
	{ "a NUL in the word", CP_TEXT("fu\0ll 0 4095 image") },
	{ "a NUL for a space", CP_TEXT("full\0000 4095 image") },
	{ "a NUL in a number", CP_TEXT("full 0 40\00095 image") },
	{ "a NUL in the path", CP_TEXT("full 0 4095 im\0age") },
	{ "a NUL at the end", CP_TEXT("full 0 4095 image\0") },
	{ "a NUL behind the newline", CP_TEXT("full 0 4095 image\n\0") },
	{ "a NUL before the newline", CP_TEXT("forget\0\n") },
};

KUNIT_ARRAY_PARAM(cp_refused, cp_refused, cp_parse_describe);

static void cp_test_refused(struct kunit *test)
{
	struct cp_command cmd;

	KUNIT_EXPECT_EQ(test, cp_parse(test, test->param_value, &cmd), -EINVAL);
}

/* Cut off anywhere, a command is refused or means what its start means. */
static void cp_test_cut_off(struct kunit *test)
{
	static const char whole[] = "full 0x1000 0x2fff image";
	const size_t min = sizeof("full 0x1000 0x2fff ") - 1;
	struct cp_parse_case param = { .text = whole };
	struct cp_command cmd;

	for (param.len = 0; param.len < sizeof(whole); param.len++) {
		int err = cp_parse(test, &param, &cmd);

		KUNIT_EXPECT_EQ_MSG(test, err, param.len > min ? 0 : -EINVAL,
				    "of %zu bytes", param.len);
		if (err)
			continue;
		KUNIT_EXPECT_EQ(test, cmd.start, 0x1000UL);
		KUNIT_EXPECT_EQ(test, cmd.last, 0x2fffUL);
		KUNIT_EXPECT_EQ(test, strlen(cmd.path), param.len - min);
	}
}

/* The longest PATH that procfs hands over is not cut. */
static void cp_test_long_path(struct kunit *test)
{
	static const char head[] = "inc 0 4095 ";
	struct cp_command cmd;
	char *text;

	text = kunit_kzalloc(test, PROC_CHECKPOINT_CMD_MAX + 1, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, text);
	memset(text, 'x', PROC_CHECKPOINT_CMD_MAX);
	memcpy(text, head, sizeof(head) - 1);
	KUNIT_ASSERT_EQ(test, cp_command_parse(text, PROC_CHECKPOINT_CMD_MAX, &cmd), 0);
	KUNIT_EXPECT_EQ(test, strlen(cmd.path),
			PROC_CHECKPOINT_CMD_MAX - (sizeof(head) - 1));
}

#define CP_LIMIT (16 * PAGE_SIZE)

struct cp_pages_case {
	const char *what;
	unsigned long start;
	unsigned long last;
	/* No whole page: both 0. */
	unsigned long want_start;
	unsigned long want_end;
};

static void cp_pages_describe(const struct cp_pages_case *param, char *desc)
{
	strscpy(desc, param->what, KUNIT_PARAM_DESC_SIZE);
}

static const struct cp_pages_case cp_pages[] = {
	{ "one page", PAGE_SIZE, 2 * PAGE_SIZE - 1, PAGE_SIZE, 2 * PAGE_SIZE },
	{ "the first page", 0, PAGE_SIZE - 1, 0, PAGE_SIZE },
	{ "the last page", CP_LIMIT - PAGE_SIZE, CP_LIMIT - 1, CP_LIMIT - PAGE_SIZE, CP_LIMIT },
	{ "all but a byte at each end", PAGE_SIZE + 1, 4 * PAGE_SIZE - 2,
	  2 * PAGE_SIZE, 3 * PAGE_SIZE },
	{ "a byte more at each end", 2 * PAGE_SIZE - 1, 3 * PAGE_SIZE,
	  2 * PAGE_SIZE, 3 * PAGE_SIZE },
	{ "END at the limit", 0, CP_LIMIT, 0, CP_LIMIT },
	{ "END behind it", PAGE_SIZE, CP_LIMIT + PAGE_SIZE, PAGE_SIZE, CP_LIMIT },
	{ "END as far as can be", 0, ULONG_MAX, 0, CP_LIMIT },
	{ "END as far as can be, the last page", CP_LIMIT - PAGE_SIZE, ULONG_MAX,
	  CP_LIMIT - PAGE_SIZE, CP_LIMIT },
	{ "START in the last page", CP_LIMIT - 1, ULONG_MAX },
	{ "START at the limit", CP_LIMIT, ULONG_MAX },
	{ "START behind it", CP_LIMIT + 1, ULONG_MAX },
	{ "START as far as can be", ULONG_MAX, ULONG_MAX },
	{ "one byte", PAGE_SIZE, PAGE_SIZE },
	{ "a page less its first byte", PAGE_SIZE + 1, 2 * PAGE_SIZE - 1 },
	{ "a page less its last byte", PAGE_SIZE, 2 * PAGE_SIZE - 2 },
	{ "two halves of pages", PAGE_SIZE + 1, 3 * PAGE_SIZE - 2 },
};

KUNIT_ARRAY_PARAM(cp_pages, cp_pages, cp_pages_describe);

static void cp_test_pages(struct kunit *test)
{
	const struct cp_pages_case *param = test->param_value;
	struct cp_command cmd = { .start = param->start, .last = param->last };
	unsigned long start = 0, end = 0;
	int err = cp_command_pages(&cmd, CP_LIMIT, &start, &end);

	if (!param->want_end) {
		KUNIT_EXPECT_EQ(test, err, -EINVAL);
		return;
	}
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, start, param->want_start);
	KUNIT_EXPECT_EQ(test, end, param->want_end);
}

static struct kunit_case cp_command_cases[] = {
	KUNIT_CASE_PARAM(cp_test_accepted, cp_accepted_gen_params),
	KUNIT_CASE_PARAM(cp_test_refused, cp_refused_gen_params),
	KUNIT_CASE(cp_test_cut_off),
	KUNIT_CASE(cp_test_long_path),
	KUNIT_CASE_PARAM(cp_test_pages, cp_pages_gen_params),
	{}
};

static struct kunit_suite cp_command_suite = {
	.name = "proc_checkpoint_command",
	.test_cases = cp_command_cases,
};

kunit_test_suite(cp_command_suite);

MODULE_DESCRIPTION("KUnit tests of the commands of /proc/<pid>/checkpoint");
MODULE_LICENSE("GPL");
