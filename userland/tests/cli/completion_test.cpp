// SPDX-License-Identifier: GPL-2.0-or-later
// The completion of bash, driven as bash does it.
#include <unistd.h>

#include "cli.h"

namespace cpctl {
namespace {

class Completion : public Cli {
 protected:
  /// What there is to choose from for the last word of @line, a line each;
  /// "cpctl" is the program.
  [[nodiscard]] std::string complete(const std::string& line) const {
    const Outcome outcome = shell(". /usr/share/bash-completion/bash_completion && . " +
                                  quoted(source("completions/cpctl.bash")) + R"(
COMP_LINE=)" + quoted(line) +
                                  R"( COMP_POINT=${#COMP_LINE} COMP_TYPE=9 COMP_KEY=9
read -r -a COMP_WORDS <<< "${COMP_LINE//=/ = }"
[[ $COMP_LINE != *' ' ]] || COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
compopt() { :; }
_cpctl cpctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}")");
    EXPECT_EQ(outcome.err, "");
    return outcome.out;
  }

  /// A line on this very process, which has a mapping with a name of @file.
  [[nodiscard]] static std::string self(const std::string& rest) {
    return checkpoint::str("cpctl --pid ", ::getpid(), ' ', rest);
  }
};

TEST_F(Completion, KnowsTheCommands) {
  EXPECT_EQ(complete("cpctl v"), "verify\n");
  EXPECT_EQ(complete("cpctl --pid 1 st"), "status\n");
  EXPECT_EQ(complete("cpctl --pid=1 st"), "status\n");
  EXPECT_EQ(complete("cpctl --map heap me"), "merge\n");
  EXPECT_EQ(complete("cpctl --map heap cat --ho"), "--holes=\n");
  EXPECT_EQ(complete("cpctl help me"), "merge\n");
}

TEST_F(Completion, KnowsTheOptionsOfEachCommand) {
  EXPECT_EQ(complete("cpctl cat --"),
            "--range=\n--map=\n--holes=\n--missing-files=\n--no-verify\n--quiet\n--help\n");
  EXPECT_EQ(complete("cpctl merge --f"), "--force\n");
  EXPECT_EQ(complete("cpctl verify --f"), "\n");
  EXPECT_EQ(complete("cpctl --"), "--pid=\n--help\n--version\n");
}

TEST_F(Completion, KnowsTheValues) {
  EXPECT_EQ(complete("cpctl cat --holes "), "error\nzero\n");
  EXPECT_EQ(complete("cpctl cat --holes=z"), "zero\n");
  EXPECT_EQ(complete("cpctl restore --shared k"), "keep\n");
  EXPECT_EQ(complete("cpctl heatmap --color "), "auto\nalways\nnever\n");
  EXPECT_EQ(complete("cpctl core --missing-files "), "error\nskip\nzero\n");
  EXPECT_EQ(complete("cpctl cat --missing-files "), "error\nzero\n");
  EXPECT_EQ(complete("cpctl watch --every "), "\n");
  EXPECT_EQ(complete("cpctl cat --range "), "\n");
  EXPECT_THAT(complete(checkpoint::str("cpctl --pid ", ::getpid())),
              HasSubstr(checkpoint::str(::getpid(), '\n')));
}

TEST_F(Completion, KnowsTheMappingsOfTheProcess) {
  EXPECT_EQ(complete(self("full --map sta")), "stack\n");
  EXPECT_EQ(complete(self("full --map=sta")), "stack\n");
  EXPECT_EQ(complete(self("full --map [vds")), "[vdso]\n");
  EXPECT_EQ(complete(checkpoint::str("cpctl --pid=", ::getpid(), " full --map sta")), "stack\n");
  EXPECT_EQ(complete("cpctl full --map sta"), "\n");
  EXPECT_THAT(complete(self("full --map ")), HasSubstr("/cli_test\n"));
}

TEST_F(Completion, KnowsTheMappingsOfTheImages) {
  make_samples();
  EXPECT_EQ(complete("cpctl cat full --map "), "/dev/sample\n/usr/lib/libsample.so\nheap\n");
  EXPECT_EQ(complete("cpctl cat full inc none --map=/d"), "/dev/sample\n");
  EXPECT_EQ(complete("cpctl cat inc --map /d"), "\n");
  EXPECT_EQ(complete("cpctl cat --map "), "\n");
}

TEST_F(Completion, MappingsOfInfoHasNoValue) {
  make_samples();
  EXPECT_EQ(complete("cpctl info --ma"), "--mappings\n");
  EXPECT_EQ(complete("cpctl info --mappings f"), "full\n");
}

TEST_F(Completion, ANameOfAMappingIsNotExecuted) {
  const std::string name = "$(touch executed)";
  checkpoint::write_file(path(name), std::string(4096, 'x'));
  const Outcome outcome = shell(R"(exec python3 -c '
import mmap, os, subprocess, sys
file = open(sys.argv[1], "rb")
mapping = mmap.mmap(file.fileno(), 4096, prot=mmap.PROT_READ)
subprocess.run(["bash", "-c", """. "$0"; cur= COMPREPLY=(); compopt() { :; }
    _cpctl_value --map "$1" cpctl; printf "%s\n" "${COMPREPLY[@]}" """, sys.argv[2], str(os.getpid())], check=True)
' )" + quoted(name) + " " + quoted(source("completions/cpctl.bash")));
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, HasSubstr(path(name) + "\n"));
  EXPECT_EQ(list(), name);
}

TEST_F(Completion, KnowsTheFiles) {
  make_samples();
  EXPECT_EQ(complete("cpctl verify "), "full\ninc\n");
  EXPECT_EQ(complete("cpctl merge -o i"), "inc\n");
}

TEST_F(Completion, KnowsWhatTakesADirectory) {
  make_samples();
  checkpoint::make_directories(path("images"));
  for (const char* words : {"list", "prune --keep-last 1", "--pid 1 watch --every 1s"})
    EXPECT_EQ(complete(checkpoint::str("cpctl ", words, " ")), "images\n") << words;
}

}  // namespace
}  // namespace cpctl
