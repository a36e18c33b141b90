// SPDX-License-Identifier: GPL-2.0-or-later
// What --json prints is what userland/schema says.
#include <algorithm>
#include <map>

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
  return {
      {"full",
       {served({"full", "--json", "--all", "FILE"}, fake_status()),
        served({"full", "--json", "--all", "FILE"}, "not a status")}},
      {"inc", {served({"inc", "--json", "--all", "FILE"}, fake_status())}},
      {"status",
       {run(live(proc, {"status", "--json"})).out, run(live(fresh, {"status", "--json"})).out}},
      {"maps", {run(live(proc, {"maps", "--json"})).out}},
      {"info",
       {run({"info", "--json", path("full")}).out,
        run({"info", "--json", "--map", "--pages", path("full")}).out,
        run({"info", "--json", "--map", "--pages", path("inc")}).out}},
      {"verify", {run({"verify", "--json", path("full"), path("inc"), path("bad")}).out}},
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
  std::string names;
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
