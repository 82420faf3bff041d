// SPDX-License-Identifier: Apache-2.0
// cli: the program `sekisho`. One file a subcommand; this one holds what they share.
//
// May enter: reading arguments, asking at a terminal, putting the rooms together.
// May not enter: anything that another front would need too.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>

#include <CLI/CLI.hpp>

#include "base/base.h"
#include "cli/system.h"
#include "collect/vuln/vuln.h"
#include "guideline/guideline.h"

namespace sekisho {

enum ExitCode : int { kExitGood = 0, kExitFailing = 1, kExitError = 2 };

struct App {
  Lang lang = Lang::ja;
  bool colour = false;
  std::size_t columns = 100;
  std::filesystem::path state;  // where answers, feeds and the overlay are kept

  std::string tr(std::string_view ja, std::string_view en) const {
    return std::string(lang == Lang::ja ? ja : en);
  }
  /// Prints an error to standard error; the exit code to end with.
  int complain(const Error& error) const;
  /// Prints to standard output.
  static int say(std::string_view text, int code = kExitGood);

  /// The built-in guideline with the organisation's overlay.
  /// With the steps of a kind of system (load_guideline).
  Result<Guideline> guideline(std::string_view kind = own_kind()) const;
  std::filesystem::path overlay_file() const { return state / "guideline.yaml"; }

  /// The newest feeds: those in `state`, else the built-in ones.
  Result<std::shared_ptr<const Feeds>> feeds() const;
  std::filesystem::path support_file() const { return state / "end-of-life.json"; }
  std::filesystem::path exploited_file() const { return state / "known-exploited.json"; }
  std::filesystem::path weaknesses_file() const { return state / "weaknesses.tsv"; }
  std::filesystem::path jvn_file() const { return state / "jvn.tsv"; }

 private:
  /// Versions and their weaknesses as they were kept; none where none were.
  Result<void> add_weaknesses(Feeds& feeds) const;

  /// The feeds as last read: large ones take a second.
  struct LastFeeds {
    std::mutex mutex;
    std::shared_ptr<const Feeds> feeds;
  };
  std::shared_ptr<LastFeeds> last_feeds_ = std::make_shared<LastFeeds>();
};

/// Each adds its subcommand; what it returns is what the program ends with.
using Command = std::function<int(const App&)>;
void add_check(CLI::App& cli, Lang lang, Command& chosen);
void add_guideline(CLI::App& cli, Lang lang, Command& chosen);
void add_choose(CLI::App& cli, Lang lang, Command& chosen);
void add_answer(CLI::App& cli, Lang lang, Command& chosen);
void add_feeds(CLI::App& cli, Lang lang, Command& chosen);
void add_weaknesses(CLI::App& cli, Lang lang, Command& chosen);
void add_observe(CLI::App& cli, Lang lang, Command& chosen);
void add_discover(CLI::App& cli, Lang lang, Command& chosen);
void add_serve(CLI::App& cli, Lang lang, Command& chosen);
void add_keep(CLI::App& cli, Lang lang, Command& chosen);
void add_access(CLI::App& cli, Lang lang, Command& chosen);
void add_demo(CLI::App& cli, Lang lang, Command& chosen);
void add_agent(CLI::App& cli, Lang lang, Command& chosen);

/// A file as a document, JSON or YAML by its name.
Result<Document> read_document(const std::filesystem::path& path,
                               const DocumentLimits& limits = {});

}  // namespace sekisho
