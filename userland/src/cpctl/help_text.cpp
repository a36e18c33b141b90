// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpctl/help_text.h"

#include <algorithm>
#include <stdexcept>

namespace cpctl {

const std::vector<HelpText>& help_texts() {
  static const std::vector<HelpText> texts = {
      {"full",
       "Saves all pages of the range to FILE, an image, which the kernel makes with\n"
       "mode 0600; a file that exists is never overwritten.  The process goes on, and\n"
       "the image is its memory at one instant.  START and END are addresses, decimal\n"
       "or 0x hex, END is the last byte; A-B is as in /proc/PID/maps, B is the first\n"
       "byte behind it.  If it fails, no file is left and no change is lost.\n",
       {{"all memory of the process", "cpctl --pid 1234 full --all all.0"},
        {"its heap only", "cpctl --pid 1234 full --map heap heap.0"}}},
      {"inc",
       "Saves what changed since the last checkpoint, full or inc, of exactly the same\n"
       "range.  Where there is none that still counts (the first time, or after an\n"
       "exec, a forget, or a checkpoint of a range that overlaps) the image is a full\n"
       "one, and cpctl says so.  The full image and the incs after it are a chain: you\n"
       "need all of it, in order, until you merge it.\n",
       {{"what changed in the heap since heap.0, then since heap.1",
         "cpctl --pid 1234 inc --map heap heap.1"},
        {"the same, with the figures as JSON", "cpctl --pid 1234 inc --map heap --json heap.2"}}},
      {"forget",
       "Ends all baselines of the process: the next inc of every range is a full image.\n"
       "Images that exist stay as good as they are.\n",
       {{"begin new chains", "cpctl --pid 1234 forget"}}},
      {"status",
       "Prints what reading /proc/PID/checkpoint gives: what a command does that runs\n"
       "now, the ranges that have a baseline, and the figures of the last command.\n"
       "proc_checkpoint(5) lists the keys.  END is the last byte of a range here.\n",
       {{"now", "cpctl --pid 1234 status"}, {"for a program", "cpctl --pid 1234 status --json"}}},
      {"maps",
       "Lists the mappings of the process, and of each how many pages it has, are in\n"
       "memory, are in swap, and changed (are soft-dirty) since they were last saved.\n"
       "What an inc would save is about the last column.\n",
       {{"where is memory, and where does it change?", "cpctl --pid 1234 maps"}}},
      {"info",
       "Prints what an image says about itself: kind, id, parent, place in the chain,\n"
       "range, time, and how many pages it has of each kind.  Its structure is checked,\n"
       "its checksum is not compared: 'cpctl verify' does that.\n",
       {{"the facts", "cpctl info heap.0"},
        {"and the mappings, and where it has which pages", "cpctl info --map --pages heap.1"}}},
      {"verify",
       "Checks structure and checksum of each image, and that each inc continues the\n"
       "image before it.  Each full image begins a chain; an inc alone is checked by\n"
       "itself.  The exit status is 3 if an image is damaged or a chain broken.\n",
       {{"a chain", "cpctl verify heap.0 heap.1 heap.2"}}},
      {"merge",
       "Makes one full image out of a chain: the memory at the time of the last inc.\n"
       "It takes the place of the chain, and the next inc continues it.  Checksums are\n"
       "compared first; the output is complete or not there.\n",
       {{"one image instead of three", "cpctl merge -o heap.full heap.0 heap.1 heap.2"}}},
      {"extract",
       "Writes the bytes of a range, as they were at the time of the last image given,\n"
       "to a file.  Pages that the image has by reference are read from the mapped file,\n"
       "which must still be the same.  Where no bytes are, because nothing was mapped\n"
       "or the page was skipped, it fails before it writes, unless --holes zero.\n",
       {{"a page of the heap",
         "cpctl extract --range 55d0c0a01000-55d0c0a02000 -o page heap.0 heap.1"}}},
      {"cat",
       "Does what extract does, to standard output.\n",
       {{"look at a page", "cpctl cat --range 55d0c0a01000-55d0c0a02000 heap.full | hexdump -C"}}},
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
      {"look into it: the facts and the mappings, then some bytes", "cpctl info --map both"},
      {"", "cpctl cat --range 55d0c0a01000-55d0c0a02000 both | hexdump -C"},
  };
  return session;
}

}  // namespace cpctl
