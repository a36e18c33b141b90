// SPDX-License-Identifier: GPL-2.0-or-later
// cpctl help [COMMAND]
#include <iomanip>
#include <iostream>

#include "cpctl/command.h"
#include "cpctl/help_text.h"

namespace cpctl {
namespace {

void list_commands(bool live) {
  for (const Command& command : commands())
    if (is_live(command) == live)
      std::cout << "  " << std::left << std::setw(9) << command.name << command.summary << '\n';
}

void print_examples(const std::vector<Example>& examples) {
  for (const Example& example : examples) {
    if (!example.says.empty()) std::cout << "  # " << example.says << '\n';
    std::cout << "  " << example.command << '\n';
  }
}

void print_overview() {
  std::cout << "cpctl saves the memory of live processes to files, the images: all of it (full),\n"
               "or what changed since the checkpoint before (inc).  It checks, merges and reads\n"
               "images, and puts the memory back.\n\n"
               "usage: cpctl --pid PID COMMAND ...   a live process\n"
               "       cpctl COMMAND IMAGE...        images\n\n"
               "commands on a live process (take the right to ptrace it: its user, or root):\n";
  list_commands(true);
  std::cout << "\ncommands on images:\n";
  list_commands(false);
  std::cout << "\na first session:\n";
  print_examples(first_session());
  std::cout
      << "\nA full image and the incs that follow it are a chain: where FULL INC... is asked\n"
         "for, name all of it in order, up to the point that you want.\n"
         "Addresses are those of 'cpctl --pid PID maps', 'cpctl info --mappings IMAGE'.\n"
         "'-' is standard output as FILE of full and inc, standard input as an IMAGE.\n"
         "Exit status: 0 done, 1 failed, 2 wrong use, 3 an image is damaged or a chain\n"
         "broken, 4 this kernel has no checkpoint interface.\n"
         "'cpctl help COMMAND' tells more, and so does cpctl(1).  'cpctl --version' prints\n"
         "which cpctl this is, and whether this kernel has the interface.\n";
}

void print_command(const Command& command) {
  const HelpText& text = help_text(command.name);
  std::cout << command.name << ": " << command.summary << "\n\nusage: " << usage_line(command)
            << "\n\n"
            << text.details << "\noptions:\n"
            << options_help(command.options) << "\nexamples:\n";
  print_examples(text.examples);
}

void print_words(const std::vector<std::string>& words) {
  for (const std::string& word : words) std::cout << word << '\n';
}

std::vector<std::string> command_words() {
  std::vector<std::string> words;
  for (const Command& command : commands()) words.emplace_back(command.name);
  return words;
}

}  // namespace

ExitStatus run_help(const Options& options) {
  if (options.arguments.empty()) {
    if (options.words)
      print_words(command_words());
    else
      print_overview();
    return ExitStatus::done;
  }
  const Command& command = find_command(options.arguments.front());
  if (options.words)
    print_words(option_words(command.options));
  else
    print_command(command);
  return ExitStatus::done;
}

}  // namespace cpctl
