// SPDX-License-Identifier: Apache-2.0
// One look at what was read of a machine, on behalf of one check.
//
// A fact is a value, not there, or could not be read. A judge can tell the first two apart; that
// something could not be read is noted here, and with it no verdict but fail or unknown comes out
// (`settled`), whatever the judge made of it. So the facts are reached through a FactsLook alone.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collect/lists.h"
#include "collect/windows/facts.h"
#include "evidence/finding.h"
#include "guideline/guideline.h"

namespace sekisho {

class FactsLook {
 public:
  /// What is asked of the registry, value by value or below a key, goes into `asked` too.
  FactsLook(const WindowsFacts& facts, const Guideline& content, const Feeds& dates, Time moment,
            AskedPaths* asked = nullptr);

  /// A value of the registry; nothing where it isn't there. Text that is a number is one, with what
  /// blanks are around it; any other text is noted as not understood.
  std::optional<std::int64_t> number(std::string_view path) const;
  /// Empty where it isn't there.
  std::string text(std::string_view path) const;
  /// Whether there is such a value at all, be it empty.
  bool given(std::string_view path) const { return value(path) != nullptr; }
  /// The paths below `key` that were read.
  std::vector<std::string> below(std::string_view key) const;

  /// The first of these that is there: what goes before is to be named first.
  std::optional<std::int64_t> first_number(std::initializer_list<std::string> paths) const;

  /// A part of the facts; null, and noted, where it could not be read.
  template <typename T>
  const T* ask(std::optional<T> WindowsFacts::* part, std::string_view ja,
               std::string_view en) const {
    const std::optional<T>& found = facts_.*part;
    if (!found)
      note(std::string(ja), std::string(en));
    else
      saw({.source = Compared::Source::system,
           .what = {std::string(ja), std::string(en)},
           .seen = brief(*found)});
    return found ? &*found : nullptr;
  }
  /// The same where there is something to say with it and nothing is missed without it.
  template <typename T>
  const T* glance(std::optional<T> WindowsFacts::* part, std::string_view ja,
                  std::string_view en) const {
    return facts_.*part ? ask(part, ja, en) : nullptr;
  }

  /// The people whose part of the registry was opened, as HKU\SID; none is noted.
  std::vector<std::string> people() const;
  /// Something that decides could not be read.
  void note(std::string ja, std::string en) const;
  /// Notes what was seen, and held against what.
  void saw(Compared one) const;
  /// What the judge found, or unknown where something could not be read that it asked for.
  Finding settled(Finding found) const;
  /// A failure that rests on something not being there: undecided where any of it was not read.
  Finding lacking(Finding failed) const;
  /// Nothing was found out.
  static Finding undecided() { return {}; }

  /// Whether anything that was asked for could not be read.
  bool missed() const { return !missed_.empty(); }

  const WindowsFacts& whole() const { return facts_; }

  const Guideline& guideline;
  Lists lists;  // what they say is only had through this
  Time now;

 private:
  const RegistryValue* value(std::string_view path) const;

  /// A number, a day, or how many: nothing that names anybody.
  static std::string brief(std::int64_t number) { return std::to_string(number); }
  static std::string brief(Time time) { return format_time(time); }
  template <typename T>
  static std::string brief(const std::vector<T>& list) {
    return std::to_string(list.size());
  }
  template <typename T>
  static std::string brief(const T& /*other*/) {
    return {};
  }
  void saw_value(std::string_view path, const RegistryValue* found, std::string number = {}) const;

  const WindowsFacts& facts_;
  AskedPaths* asked_;
  std::set<std::string, RegistryOrder> hives_;  // of which something was read
  mutable std::vector<Text> missed_;
  mutable Basis seen_;
  mutable Basis missing_;  // of the registry: not there
};

/// Which line of support dates this Windows is of.
struct WindowsSupport {
  std::string name;  // as the dates know it: "Windows 11 Pro 24H2"
  std::string version;
};
/// Nothing where it can't be told: the registry doesn't say, or says two things.
std::optional<WindowsSupport> support_line(const FactsLook& look);
bool is_server(const FactsLook& look);
/// Whether a host, in small letters, is this machine, or none.
bool is_itself(const FactsLook& look, std::string_view host);

}  // namespace sekisho
