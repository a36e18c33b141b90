// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/help_text.h"

#include <algorithm>
#include <stdexcept>

namespace cpctl {

const std::vector<HelpText>& help_texts() {
  static const std::vector<HelpText> texts = {
      {"full",
       "Saves all pages of the range to FILE, an image, which the kernel makes with\n"
       "mode 0600; a file that exists is never overwritten, a directory gets a file\n"
       "PID.000001 and so on, '-' is standard output.  The process goes on, and the\n"
       "image is its memory at one instant.  START and END are addresses, decimal or\n"
       "0x hex, END is the last byte; A-B is as in /proc/PID/maps, B is the first byte\n"
       "behind it.  If it fails, no file is left and no change is lost.\n",
       {{"all memory of the process", "cpctl --pid 1234 full --all all.0"},
        {"its heap only", "cpctl --pid 1234 full --map heap heap.0"}}},
      {"inc",
       "Saves what changed since the last checkpoint, full or inc, of exactly the same\n"
       "range: its baseline.  Where it has none (the first time, or after an exec, a\n"
       "forget, or a checkpoint of another range that overlaps) the image is a full one,\n"
       "and cpctl says so: save one range each time.  The full image and the incs after\n"
       "it are a chain: you need all of it, in order, until you merge it.  FILE, START,\n"
       "END and A-B are as with full.\n",
       {{"what changed in the heap since heap.0, then since heap.1",
         "cpctl --pid 1234 inc --map heap heap.1"},
        {"the same, with the figures as JSON", "cpctl --pid 1234 inc --map heap --json heap.2"}}},
      {"forget",
       "Ends all baselines of the process, the checkpoints that the next inc of a range\n"
       "would build on: that is a full image then, and begins a new chain.  Images that\n"
       "exist stay as good as they are.\n",
       {{"begin new chains", "cpctl --pid 1234 forget"}}},
      {"status",
       "Prints what reading /proc/PID/checkpoint gives: what a command does that runs\n"
       "now, the ranges that have a baseline, and the figures of the last command.\n"
       "proc_checkpoint(5) lists the keys.  END is the last byte of a range here.  With\n"
       "several --pid, a line \"pid: PID\" stands before what is about each.\n",
       {{"now", "cpctl --pid 1234 status"}, {"for a program", "cpctl --pid 1234 status --json"}}},
      {"maps",
       "Lists the mappings of the process, and of each how many pages it has, are in\n"
       "memory, are in swap, and changed (are soft-dirty) since they were last saved:\n"
       "all of them before the first time, and of shared mappings always.  What an inc\n"
       "would save is about the last column.\n",
       {{"where is memory, and where does it change?", "cpctl --pid 1234 maps"}}},
      {"restore",
       "Puts saved memory back: stops all threads of the process, writes the pages that\n"
       "differ from the chain, and lets it go on.  All is checked before anything is\n"
       "written, and what fails half-way is undone.  Memory alone: registers and files\n"
       "stay as they are, so restore data that no thread is working on, or do it while\n"
       "every thread waits in the same call as then, with nothing in a register that\n"
       "has changed since.  cpctl(1) tells more.\n",
       {{"what would it write?", "cpctl --pid 1234 restore --dry-run heap.0 heap.1"},
        {"roll the heap back to heap.1", "cpctl --pid 1234 restore heap.0 heap.1"}}},
      {"watch",
       "Saves a checkpoint into DIR, which has to exist, at an interval until the\n"
       "process ends: full images now and then, incs between, called PID.000001 and so\n"
       "on: 'cpctl list DIR' shows them, 'cpctl prune' thins them out.  The range is\n"
       "all of user space, unless --range or --map is given.  --keep removes old chains.\n"
       "A checkpoint that fails is said and tried again at the next interval; nothing\n"
       "that changed is lost.  ^C lets an image that is under way be completed.\n",
       {{"two images, a second apart", "cpctl --pid 1234 watch --every 1s --count 2 ."}}},
      {"info",
       "Prints what an image says about itself: kind, id, parent, place in the chain,\n"
       "range, time, and how many pages it has of each kind.  Its structure is checked,\n"
       "its checksum is not compared: 'cpctl verify' does that.\n",
       {{"the facts", "cpctl info heap.0"},
        {"and the mappings, and where it has which pages",
         "cpctl info --mappings --pages heap.1"}}},
      {"verify",
       "Checks structure and checksum of each image, and that each inc continues the\n"
       "image before it.  Each full image begins a chain; an inc alone is checked by\n"
       "itself.  The exit status is 3 if an image is damaged or a chain broken.  '-' is\n"
       "standard input, which is checked as it goes by.\n",
       {{"a chain", "cpctl verify heap.0 heap.1 heap.2"}}},
      {"list",
       "Arranges the images of a directory into chains, by their ids, and prints them\n"
       "as a table: kind, place in the chain, time, pages and size.  The exit status is\n"
       "3 if an image is damaged or the parent of one is missing.\n",
       {{"what is there?", "cpctl list ."}}},
      {"prune",
       "Makes room in a directory.  Each image there is a point: the memory at one time,\n"
       "that can be had from it and those before it.  Points that nothing tells to keep\n"
       "are removed; where later ones build on an image that goes, the first of them\n"
       "that is kept becomes a full image, in the same file.  What is kept says what it\n"
       "said, and the newest point of each process and range stays in any case.\n",
       {{"what would keeping the newest ten points remove?",
         "cpctl prune --dry-run --keep-last 10 ."}}},
      {"merge",
       "Makes one full image out of a chain: the memory at the time of the last inc.\n"
       "It takes the place of the chain, and the next inc continues it.  Checksums are\n"
       "compared on the way; if an image is damaged there is no output.\n",
       {{"one image instead of three", "cpctl merge -o heap.full heap.0 heap.1 heap.2"}}},
      {"extract",
       "Writes the bytes of a range, as they were at the time of the last image given,\n"
       "to a file.  --map takes the mappings of that name as this image has them.  Pages\n"
       "that are in no image but in a mapped file are read from there; it must still be\n"
       "the same.  Where no bytes are, because nothing was mapped or the page was not\n"
       "saved, it fails before it writes, unless --holes zero.\n",
       {{"the heap, as it was at heap.1", "cpctl extract --map heap -o heap.raw heap.0 heap.1"},
        {"a page of it", "cpctl extract --range 55d0c0a01000-55d0c0a02000 -o page heap.0 heap.1"}}},
      {"cat",
       "Does what extract does, to standard output.\n",
       {{"look at a page", "cpctl cat --range 55d0c0a01000-55d0c0a02000 heap.full | hexdump -C"},
        {"how large was the heap?", "cpctl cat --map heap heap.full | wc -c"}}},
      {"heatmap",
       "Shows which memory changed how often over a chain: the mappings that changed\n"
       "most, each with a strip of its addresses, the fuller the more of the pages there\n"
       "changed; --over-time has a row for each inc.  --range or --map shows a part,\n"
       "--map the mappings of that name as the last image has them.  --svg and --html\n"
       "make a picture for a browser.\n",
       {{"in the terminal", "cpctl heatmap heap.0 heap.1 heap.2"},
        {"in a browser", "cpctl heatmap --html -o heap.html heap.0 heap.1 heap.2"}}},
      {"diff",
       "Compares the memory at two points: how many pages and bytes differ in which\n"
       "mapping, and what was mapped or unmapped.  A and B are an image each and stand\n"
       "for the memory at its time; the images that an inc builds on are looked for\n"
       "beside it.  --range or --map compares a part, --map the mappings of that name,\n"
       "from where they begin at A or B to where they end at A or B.\n",
       {{"what changed between two checkpoints?", "cpctl diff heap.0 heap.1"},
        {"and the bytes", "cpctl diff --hex --limit 20 heap.0 heap.2"}}},
      {"core",
       "Makes a core file with all memory in it, zeros and the pages of mapped files\n"
       "included, so that a debugger shows the program's variables.  Registers are not\n"
       "saved, so it has no backtraces.\n",
       {{"for gdb -c, leaving out what is not the same file any more",
         "cpctl core --missing-files skip -o heap.core heap.0 heap.1"}}},
      {"help",
       "Prints the commands, or what there is to say about one.  --words prints the\n"
       "commands, or the options of one, a word a line: the completion of the shell\n"
       "asks for them.\n",
       {{"all about merge", "cpctl help merge"}}},
  };
  return texts;
}

const HelpText& help_text(std::string_view command) {
  const auto& texts = help_texts();
  const auto found = std::find_if(texts.begin(), texts.end(),
                                  [&](const HelpText& text) { return text.command == command; });
  if (found == texts.end()) throw std::logic_error("a command without a help text");
  return *found;
}

const std::vector<Example>& first_session() {
  static const std::vector<Example> session = {
      {"save all memory of process 1234, while it runs", "cpctl --pid 1234 full --all one"},
      {"later: only what changed since", "cpctl --pid 1234 inc --all two"},
      {"are both whole, and does the second continue the first?", "cpctl verify one two"},
      {"make one full image of them", "cpctl merge -o both one two"},
      {"look into it: the facts and the mappings, then some bytes", "cpctl info --mappings both"},
      {"", "cpctl cat --range 55d0c0a01000-55d0c0a02000 both | hexdump -C"},
      {"roll it back, while it waits where it waited then: what would be written?",
       "cpctl --pid 1234 restore --dry-run both"},
      {"do it", "cpctl --pid 1234 restore both"},
  };
  return session;
}

}  // namespace cpctl
