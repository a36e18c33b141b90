// SPDX-License-Identifier: GPL-2.0
/*
 * The text of a command, see the uapi header.  Words are separated by spaces;
 * PATH is all that follows the spaces behind END.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "checkpoint.h"

/* Cuts the first word off @text; NULL if there is none. */
static char *cp_next_word(char **text)
{
	char *word;

	while (**text == ' ')
		(*text)++;
	if (!**text)
		return NULL;
	word = *text;
	*text = strchrnul(word, ' ');
	if (**text)
		*(*text)++ = '\0';
	return word;
}

/* 0x-hex or decimal; no sign, no octal, nothing behind it. */
static int cp_parse_address(const char *word, unsigned long *value)
{
	unsigned int base = 10;
	const char *c;

	if (!word)
		return -EINVAL;
	if (word[0] == '0' && (word[1] == 'x' || word[1] == 'X')) {
		base = 16;
		word += 2;
	}
	for (c = word; *c; c++)
		if (base == 16 ? !isxdigit(*c) : !isdigit(*c))
			return -EINVAL;
	/* ERANGE would be as true, but the contract has one errno for both. */
	return kstrtoul(word, base, value) ? -EINVAL : 0;
}

/**
 * cp_command_parse() - read a command
 * @text: NUL-terminated; cut up, and @cmd->path points into it
 * @len: bytes before the NUL
 * @cmd: set on success
 *
 * Return: 0, -EINVAL.
 */
int cp_command_parse(char *text, size_t len, struct cp_command *cmd)
{
	char *rest = text;
	char *word;

	if (len && text[len - 1] == '\n')
		text[--len] = '\0';
	if (strlen(text) != len)
		return -EINVAL;

	word = cp_next_word(&rest);
	if (!word)
		return -EINVAL;
	if (!strcmp(word, PROC_CHECKPOINT_CMD_FORGET)) {
		cmd->op = CP_FORGET;
		return cp_next_word(&rest) ? -EINVAL : 0;
	}
	if (!strcmp(word, PROC_CHECKPOINT_CMD_FULL))
		cmd->op = CP_FULL;
	else if (!strcmp(word, PROC_CHECKPOINT_CMD_INC))
		cmd->op = CP_INC;
	else
		return -EINVAL;

	if (cp_parse_address(cp_next_word(&rest), &cmd->start) ||
	    cp_parse_address(cp_next_word(&rest), &cmd->last))
		return -EINVAL;
	if (cmd->last < cmd->start)
		return -EINVAL;

	while (*rest == ' ')
		rest++;
	if (!*rest)
		return -EINVAL;
	cmd->path = rest;
	return 0;
}

/**
 * cp_command_pages() - the pages that lie wholly inside a command's range
 * @cmd: the command
 * @limit: first address behind user space, page aligned
 * @start: set to the first byte, page aligned
 * @end: set to the first byte after, page aligned, > @start
 *
 * Return: 0, -EINVAL if there is no whole page.
 */
int cp_command_pages(const struct cp_command *cmd, unsigned long limit,
		     unsigned long *start, unsigned long *end)
{
	if (cmd->start >= limit)
		return -EINVAL;
	*start = PAGE_ALIGN(cmd->start);
	*end = cmd->last >= limit ? limit : PAGE_ALIGN_DOWN(cmd->last + 1);
	return *start < *end ? 0 : -EINVAL;
}
