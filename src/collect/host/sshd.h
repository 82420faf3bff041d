// SPDX-License-Identifier: Apache-2.0
// Internal to the room: sshd's settings, as sshd itself counts them.
#pragma once

#include "collect/host/units.h"

namespace sekisho {

/// A directive of sshd_config(5), its name in lower case and by its newest name.
struct SshdDirective {
  std::string name;
  std::vector<std::string> words;  // its arguments, without quotes
  std::size_t line = 0;

  std::string value() const { return words.empty() ? std::string() : words.front(); }
};

struct SshdFile {
  std::vector<SshdDirective> directives;
  std::vector<std::size_t> broken;  // lines that sshd itself refuses: a quote without its end
};
SshdFile parse_sshd_config(std::string_view text);

/// Whom a Match block takes in; "all" takes in everyone.
struct SshdMatch {
  std::string criteria;  // in lower case, blocks within blocks joined
  bool everyone = false;
};

struct SshdSetting {
  std::string value;  // in lower case
  std::string place;  // "path:line"
  std::optional<SshdMatch> match;
};

/// Settings of all files in the order in which sshd reads them.
class SshdSettings {
 public:
  void add(const std::string& name, SshdSetting setting) {
    settings_.emplace(name, std::move(setting));
  }
  /// What sshd said of itself (sshd -T): these hold where no Match block says otherwise.
  void told(std::string_view output);
  /// What it said of a user who comes from the internet (sshd -T -C …).
  void told_of(const std::string& user, std::string_view output);
  /// Some Match block is there.
  bool matches() const;

  /// The value without a Match block: what sshd told, else the first that is written, else
  /// `otherwise`.
  Decided global(const std::string& name, std::string_view otherwise) const;
  /// Every value that some connection may have, the first of several equal blocks.
  std::vector<Decided> possible(const std::string& name, std::string_view otherwise) const;
  bool from_sshd() const { return !told_.empty(); }

 private:
  std::multimap<std::string, SshdSetting> settings_;
  std::map<std::string, std::string> told_;
  std::multimap<std::string, Decided> of_people_;
};

/// Of the machine's sshd; a finding when there is none, or another server.
std::expected<SshdSettings, Finding> sshd_settings(const Machine& machine);

}  // namespace sekisho
