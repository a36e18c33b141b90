// SPDX-License-Identifier: GPL-2.0-or-later
// What core_in_gdb.cpp asks gdb about: memory of every kind.  Pauses twice: writes
// a byte to the FIFO "ready", and waits for one from the FIFO "go".
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct node {
  long value;
  struct node* next;
};

struct state {
  long number;
  char text[32];
  struct node* list;
  char* mapped;  // a file of four pages, private
  char* fresh;   // anonymous, mapped between the checkpoints
} core_state = {.number = 1, .text = "at the start"};
long core_untouched[4096];  // of zeros: nobody writes to it

static void push(long value) {
  struct node* node = malloc(sizeof *node);
  if (!node) _exit(1);
  node->value = value;
  node->next = core_state.list;
  core_state.list = node;
}

static void pause_here(void) {
  char byte = 'x';
  int ready = open("ready", O_WRONLY);
  if (ready < 0 || write(ready, &byte, 1) != 1) _exit(1);
  close(ready);
  int go = open("go", O_RDONLY);
  if (go < 0 || read(go, &byte, 1) != 1) _exit(1);
  close(go);
}

int main(void) {
  int file = open("mapped", O_RDONLY);
  core_state.mapped = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  if (file < 0 || core_state.mapped == MAP_FAILED) return 1;
  push(1);
  push(2);
  pause_here();
  core_state.number = 4242;
  strcpy(core_state.text, "changed");
  push(3);
  memcpy(core_state.mapped + 4096, "PAGE", 4);
  core_state.fresh =
      mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (core_state.fresh == MAP_FAILED) return 1;
  core_state.fresh[4096] = 77;
  pause_here();
  return 0;
}
