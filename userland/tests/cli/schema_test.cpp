// SPDX-License-Identifier: GPL-2.0-or-later
// What --json prints is what userland/schema says.
#include <unistd.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "checkpoint/test_support/fake_kernel.h"
#include "checkpoint/test_support/live_child.h"
#include "cli.h"
#include "cpctl/command.h"

namespace cpctl {
namespace {

using checkpoint::fake_status;
using Words = std::vector<std::string>;

class Schema : public Cli {
 protected:
  Schema() {
    make_samples();
    checkpoint::write_file(path("bad"), "");
  }

  /// What `cpctl COMMAND --json` prints, once for each way to call it.
  std::map<std::string, std::vector<std::string>> outputs();

  [[nodiscard]] std::string served(const Words& words, const std::string& status) const {
    checkpoint::FakeProc proc;
    proc.serve(status);
    std::string out = run(live(proc, words)).out;
    proc.served();
    return out;
  }

  [[nodiscard]] static std::string full_status() {
    std::string status = fake_status();
    return status.replace(status.find("kind: inc"), 9, "kind: full");
  }

  /// Of two processes: the second one's file takes everything and says nothing.
  [[nodiscard]] std::string of_two(const std::string& command,
                                   const checkpoint::FakeProc& proc) const {
    const std::string other = proc.root() + "/77";
    checkpoint::make_directories(other);
    EXPECT_EQ(::symlink("/dev/null", (other + "/checkpoint").c_str()), 0);
    checkpoint::make_directories(path("two"));
    const std::string out =
        run(live(proc, {"--pid", "77", command, "--json", "--all", path("two")})).out;
    EXPECT_THAT(out, StartsWith("[\n"));
    return out;
  }

  [[nodiscard]] std::string served_two(const std::string& command,
                                       const std::string& status) const {
    checkpoint::FakeProc proc;
    proc.serve(status);
    std::string out = of_two(command, proc);
    proc.served();
    return out;
  }

  [[nodiscard]] std::string failed_of_two(const std::string& command) const {
    checkpoint::FakeProc proc;
    proc.fail_writes();
    return of_two(command, proc);
  }

  /// An object a line.
  [[nodiscard]] std::vector<std::string> watched() const {
    checkpoint::FakeKernel kernel;
    checkpoint::FakeProc proc;
    proc.serve_all(kernel);
    checkpoint::make_directories(path("watched"));
    std::istringstream lines(
        run(live(proc, {"watch", "--every", "10ms", "--count", "2", "--json", path("watched")}))
            .out);
    std::vector<std::string> objects;
    for (std::string line; std::getline(lines, line);) objects.push_back(line);
    EXPECT_EQ(objects.size(), 2U);
    return objects;
  }

  [[nodiscard]] Outcome validate(const std::string& command, const std::string& json) const {
    checkpoint::write_file(path("json"), json);
    return shell(quoted(source("tests/validate-json")) + " " +
                 quoted(source("schema/" + command + ".json")) + " json");
  }
};

std::map<std::string, std::vector<std::string>> Schema::outputs() {
  checkpoint::FakeProc proc;
  proc.set_status(fake_status());
  checkpoint::FakeProc fresh;
  fresh.set_status("version: 1\nstate: idle\nbytes_done: 0\nbytes_total: 0\n");
  const checkpoint::Area area(2);
  checkpoint::LiveChild child;
  checkpoint::write_file(path("image"), image_of(child.process(), area.range()));
  child.write(area.page(0), checkpoint::filled(checkpoint::kPageSize, 'b'));
  const Words restore = {"--pid", std::to_string(child.pid()), "restore", "--json"};
  const auto restored = [&](Words more) {
    Words words = restore;
    words.insert(words.end(), more.begin(), more.end());
    words.push_back(path("image"));
    return run(words).out;
  };
  checkpoint::make_directories(path("dir"));
  checkpoint::sample_full().write_to(path("dir/full"));
  checkpoint::sample_inc().write_to(path("dir/inc"));
  checkpoint::write_file(path("dir/other"), "no image");
  return {
      {"restore", {restored({"--dry-run"}), restored({})}},
      {"watch", watched()},
      {"list", {run({"list", "--json", path("dir")}).out}},
      {"prune",
       {run({"prune", "--json", "--dry-run", "--keep-last", "1", path("dir")}).out,
        run({"prune", "--json", "--keep-last", "1", path("dir")}).out}},
      {"heatmap",
       {run({"heatmap", "--json", path("full"), path("inc")}).out,
        run({"heatmap", "--json", "--over-time", path("full"), path("inc")}).out}},
      {"diff",
       {run({"diff", "--json", path("full"), path("inc")}).out,
        run({"diff", "--json", "--pages", "--hex", path("full"), path("inc")}).out}},
      {"core",
       {run({"core", "--json", "--missing-files", "skip", "-o", path("core"), path("full")}).out}},
      {"full",
       {served({"full", "--json", "--all", "FILE"}, full_status()),
        served({"full", "--json", "--all", "FILE"}, "not a status"),
        served({"full", "--json", "--all", path("full")}, fake_status()),
        served_two("full", full_status()), failed_of_two("full")}},
      {"inc",
       {served({"inc", "--json", "--all", "FILE"}, fake_status()), served_two("inc", fake_status()),
        failed_of_two("inc")}},
      {"status",
       {run(live(proc, {"status", "--json"})).out, run(live(fresh, {"status", "--json"})).out,
        run(live(proc, {"--pid", "77", "status", "--json"})).out}},
      {"maps", {run(live(proc, {"maps", "--json"})).out}},
      {"info",
       {run({"info", "--json", path("full")}).out,
        run({"info", "--json", "--mappings", "--pages", path("full")}).out,
        run({"info", "--json", "--mappings", "--pages", path("inc")}).out}},
      {"verify", {run({"verify", "--json", path("full"), path("inc"), path("bad")}).out}},
      {"version", {run({"--version", "--json"}).out, run({"--json", "--version"}).out}},
  };
}

TEST_F(Schema, EveryCommandPrintsWhatItsSchemaSays) {
  for (const auto& [command, jsons] : outputs())
    for (const std::string& json : jsons) {
      ASSERT_NE(json, "") << command;
      const Outcome outcome = validate(command, json);
      EXPECT_EQ(outcome.out + outcome.err, "") << command << ": " << json;
      EXPECT_EQ(outcome.status, 0);
    }
}

TEST_F(Schema, EveryCommandWithJsonHasASchemaAndIsTriedHere) {
  const auto tried = outputs();
  std::string names = "version.json\n";
  for (const Command& command : commands()) {
    if (std::count(command.options.begin(), command.options.end(), Option::json) == 0) continue;
    EXPECT_EQ(tried.count(std::string(command.name)), 1U) << command.name;
    names += checkpoint::str(command.name, ".json\n");
  }
  EXPECT_EQ(shell("ls " + quoted(source("schema")) + " | sort").out,
            shell("sort <<< " + quoted(names.substr(0, names.size() - 1))).out);
}

TEST_F(Schema, AFieldMoreOrLessOrOfAnotherKindIsFound) {
  const std::string good = run({"verify", "--json", path("full")}).out;
  ASSERT_EQ(validate("verify", good).status, 0);
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string json = good;
    json.replace(json.find(from), from.size(), to);
    return validate("verify", json).status;
  };
  EXPECT_EQ(changed("\"seq\": 0", "\"seq\": 0, \"more\": 0"), 1);
  EXPECT_EQ(changed(",\n    \"seq\": 0", ""), 1);
  EXPECT_EQ(changed("\"seq\": 0", "\"seq\": \"0\""), 1);
  EXPECT_EQ(changed("true", "false"), 1);
}

}  // namespace
}  // namespace cpctl
