// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * solver [--resume] [--steps N] [--every N] [--size N]: how heat spreads in a
 * plate, as an example of a program that goes on after it was killed.
 *
 * The plate is SIZE by SIZE cells (512); the upper edge is hot, the others are
 * cold, and in each step a cell becomes the mean of its neighbours (Jacobi).
 * After every EVERY steps (10) what changed is checkpointed to the next
 * inc_cp_P file of $CP_RANGE_DIR, else of the working directory.  After STEPS
 * steps (200) it prints a checksum of the plate, which does not depend on
 * where the run was interrupted.
 *
 * With --resume it loads the newest checkpoint and goes on from there; without
 * one it begins anew.
 *
 * What makes that work: all of its state, the number of the step included, is
 * in one mapping, and refers to nothing outside and to no address within.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cp_load.h"
#include "cp_range.h"

/* The first page of the arena; both plates follow it. */
struct state {
	uint64_t magic;
	uint64_t size;		/* cells of an edge */
	uint64_t step;		/* how many are done */
};

#define MAGIC	0x7465616874616c70u
#define PAGE	4096u

struct options {
	int resume;
	uint64_t steps, every, size;
};

struct arena {
	struct state *state;
	double *plates[2];	/* the newer one is that of step % 2 */
	size_t bytes;
};

static void *last_byte(const struct arena *arena)
{
	return (char *)arena->state + arena->bytes - 1;
}

static uint64_t number(const char *text, uint64_t least, uint64_t most)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text ? text : "", &end, 10);
	if (!text || *text < '0' || *text > '9' || *end || errno ||
	    value < least || value > most) {
		fprintf(stderr,
			"usage: solver [--resume] [--steps N] [--every N] [--size N]\n");
		exit(2);
	}
	return value;
}

static struct options parse(char **words)
{
	struct options options = { 0, 200, 10, 512 };

	while (*++words) {
		if (!strcmp(*words, "--resume"))
			options.resume = 1;
		else if (!strcmp(*words, "--steps"))
			options.steps = number(*++words, 0, UINT64_MAX);
		else if (!strcmp(*words, "--every"))
			options.every = number(*++words, 1, UINT64_MAX);
		else if (!strcmp(*words, "--size"))
			options.size = number(*++words, 3, 1 << 15);
		else
			number(NULL, 0, 0);
	}
	return options;
}

/* Whole pages, which belong to nothing else. */
static int arena_create(struct arena *arena, uint64_t size)
{
	size_t cells = size * size;
	size_t plate = (cells * sizeof(double) + PAGE - 1) / PAGE * PAGE;
	void *memory;

	arena->bytes = PAGE + 2 * plate;
	memory = mmap(NULL, arena->bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) {
		perror("solver: no memory");
		return -1;
	}
	arena->state = memory;
	arena->plates[0] = (double *)((char *)memory + PAGE);
	arena->plates[1] = (double *)((char *)memory + PAGE + plate);
	return 0;
}

static void begin(const struct arena *arena, uint64_t size)
{
	uint64_t i;

	arena->state->magic = MAGIC;
	arena->state->size = size;
	arena->state->step = 0;
	for (i = 0; i < size; i++)
		arena->plates[0][i] = arena->plates[1][i] = 100.0;
}

/* Returns 1 if there was a checkpoint, 0 if there is none, -1 on error. */
static int resume(const struct arena *arena, uint64_t size)
{
	if (cp_load_dir(arena->state, last_byte(arena))) {
		if (errno == ENOENT)
			return 0;
		perror("solver: cannot load the newest checkpoint");
		return -1;
	}
	/* A range of this size, but of another program? */
	if (arena->state->magic != MAGIC || arena->state->size != size) {
		fprintf(stderr, "solver: the checkpoint is none of a solver of this size\n");
		return -1;
	}
	fprintf(stderr, "solver: goes on after step %" PRIu64 "\n",
		arena->state->step);
	return 1;
}

static void advance(const struct arena *arena)
{
	uint64_t size = arena->state->size, row, column;
	const double *from = arena->plates[arena->state->step % 2];
	double *to = arena->plates[(arena->state->step + 1) % 2];

	for (row = 1; row + 1 < size; row++)
		for (column = 1; column + 1 < size; column++) {
			uint64_t at = row * size + column;

			to[at] = (from[at - 1] + from[at + 1] +
				  from[at - size] + from[at + size]) / 4;
		}
	arena->state->step++;
}

/* FNV-1a of the bits of the plate. */
static uint64_t checksum(const struct arena *arena)
{
	uint64_t size = arena->state->size, sum = 0xcbf29ce484222325u, at;
	const double *plate = arena->plates[arena->state->step % 2];

	for (at = 0; at < size * size; at++) {
		uint64_t bits;

		memcpy(&bits, &plate[at], sizeof(bits));
		sum = (sum ^ bits) * 0x100000001b3u;
	}
	return sum;
}

int main(int argc, char **argv)
{
	struct options options;
	struct arena arena;
	int resumed = 0;

	(void)argc;
	options = parse(argv);
	if (arena_create(&arena, options.size))
		return 1;
	if (options.resume)
		resumed = resume(&arena, options.size);
	if (resumed < 0)
		return 1;
	if (!resumed)
		begin(&arena, options.size);

	while (arena.state->step < options.steps) {
		advance(&arena);
		if (arena.state->step % options.every)
			continue;
		/* The first one of a run is a full image, as nothing precedes it. */
		if (inc_cp_range(arena.state, last_byte(&arena))) {
			perror("solver: cannot checkpoint");
			return 1;
		}
	}
	printf("after %" PRIu64 " steps: %016" PRIx64 "\n", arena.state->step,
	       checksum(&arena));
	return 0;
}
