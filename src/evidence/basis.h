// SPDX-License-Identifier: Apache-2.0
// What a verdict rests on: what was seen, where, and what it was held against. Kept as parts, so
// that machines can read it; its words are made here alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "base/text.h"
#include "base/time.h"

namespace sekisho {

class Node;

/// One thing that was seen, and what it was held against.
struct Compared {
  /// Who or what told it.
  enum class Source : std::uint8_t {
    file,      // place: path, "path:line" or "folder/*"
    program,   // asked; place: its path
    registry,  // place: key and name
    system,    // asked of the operating system; what: of what
    entry,     // entered or imported; place: what it is ("FortiOS", "SBOM")
    feed,      // place: whose
    osquery,   // place: the query
    person,    // place: who
    report,    // another program that says no more; place: which
    devices,   // several devices together
    earlier,   // kept by a version of Sekisho that didn't note it yet
  };
  // NOLINTBEGIN(*-redundant-member-init): else all must be named
  Source source = Source::file;
  std::string place = {};
  Text what = {};          // where it has a name instead of a place
  std::string seen = {};   // a value, version or count, as it stands there; empty: that it was read
  std::string limit = {};  // the value, version or day that it was held against; may be empty
  std::string by = {};     // whose limit, or whose records it was matched with; may be empty
  std::optional<Day> day = {};  // of `by`, or of what a person said
  // NOLINTEND(*-redundant-member-init)
  bool operator==(const Compared&) const = default;
};

/// "/etc/ssh/sshd_config:3: no (held against no)".
Text words(const Compared& one);

/// A few of them, the most telling first.
class Basis {
 public:
  static constexpr std::size_t kMost = 12;

  Basis() = default;
  /*implicit*/ Basis(Compared only) { add(std::move(only)); }  // NOLINT(*-explicit-*)

  /// Text without controls, cut to what is kept; the same again, or past the most, is counted.
  void add(Compared one);
  void add(const Basis& other);
  void count_more(std::size_t more);

  bool empty() const { return list_.empty(); }
  const std::vector<Compared>& list() const { return list_; }
  /// How many more there were.
  std::size_t more() const { return more_; }
  bool operator==(const Basis&) const = default;

 private:
  std::vector<Compared> list_;
  std::size_t more_ = 0;
};

/// A line each.
std::vector<Text> words(const Basis& basis);

/// {"list": [{"source", "place", "what", "seen", "limit", "by", "day"}], "more"}, without what is
/// empty.
boost::json::object to_json(const Basis& basis);
Basis read_basis(const Node& node);

/// As the database keeps it; empty for none.
std::string write_basis(const Basis& basis);
/// What can't be read is none.
Basis kept_basis(std::string_view text);

}  // namespace sekisho
