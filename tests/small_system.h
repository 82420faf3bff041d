// SPDX-License-Identifier: Apache-2.0
// Checks on small systems in folders: what the tests of the host's checks share.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "collect/host/host.h"
#include "collect/vuln/embedded.h"
#include "guideline/embedded.h"
#include "temp_root.h"

namespace sekisho {

struct File {
  std::string path;  // as TempRoot::add takes it
  std::string content;
};

struct Case {
  std::string_view check;
  Verdict verdict;
  std::vector<File> files;
  std::string fact;  // part of the English fact; empty for any
};

/// What a failure shows; GoogleTest's own way would be the bytes.
inline void PrintTo(const Case& c, std::ostream* out) {  // NOLINT(readability-identifier-naming)
  *out << c.check << " is " << name(c.verdict);
}

inline const Guideline& guideline() {
  static const Guideline loaded = *load_guideline(embedded_guideline());
  return loaded;
}

inline const Time kNow = *parse_time("2026-11-24T00:00:00Z");

/// The built-in lists, as if they had been renewed today.
inline const Feeds& feeds() {
  static const Feeds loaded = [] {
    Feeds all{*read_support(*parse_json("eol", embedded_support(), kFeedLimits)),
              *read_exploited(*parse_json("kev", embedded_exploited(), kFeedLimits)),
              {},
              {},
              {},
              {}};
    all.support.as_of = all.exploited.as_of = Calendar::utc().day(kNow);
    return all;
  }();
  return loaded;
}

inline HostCheck check_named(std::string_view id) {
  for (const HostCheck& check : host_checks())
    if (check.id == id) return check;
  throw std::runtime_error("no such check: " + std::string(id));
}

/// On a system that has a folder of programs.
inline Finding look(std::string_view id, const TempRoot& root, const Feeds& by = feeds()) {
  root.add("/usr/games/");
  const Machine machine(root.path());
  const SecurityIndex security;
  return judged(check_named(id), {machine, security, guideline(), by, kNow});
}

/// Whether the lists have a part in what was found: with others it is another verdict or fact.
inline bool lists_decide(std::string_view id, const TempRoot& root, const Finding& found) {
  Feeds none = feeds();
  none.support.products = {};
  none.exploited.by_product = {};
  Feeds all = feeds();
  for (const Software& software : guideline().software)
    for (const auto& product : software.exploited_as)
      all.exploited.by_product[product] = {
          {"CVE-2026-0001", "x", Calendar::utc().day(kNow), false}};
  const auto differs = [&](const Feeds& by) {
    const Finding other = look(id, root, by);
    return other.verdict != found.verdict || other.fact.en != found.fact.en;
  };
  return differs(none) || differs(all);
}

/// By lists that are too old nothing passes, and what fails goes on failing, whatever the check.
inline void try_with_old_lists(std::string_view id, const TempRoot& root, const Finding& found) {
  Feeds old = feeds();
  old.support.as_of -= kSupportStaleAfter + std::chrono::days(1);
  old.exploited.as_of -= kExploitedStaleAfter + std::chrono::days(1);
  const Finding then = look(id, root, old);
  if (found.verdict == Verdict::fail || found.verdict == Verdict::unknown) {
    EXPECT_EQ(name(then.verdict), name(found.verdict)) << id << ": " << then.fact.en;
  } else if (lists_decide(id, root, found)) {
    EXPECT_EQ(name(then.verdict), "unknown") << id << ": " << then.fact.en;
    EXPECT_THAT(then.fact.en, testing::HasSubstr("sekisho feeds update")) << id;
    EXPECT_LT(found.holds_until, Time::max()) << id;
  }
}

/// A pass and a fail both say which value was seen and what it was held against.
inline void expect_value(std::string_view id, const Finding& found) {
  if (found.verdict != Verdict::pass && found.verdict != Verdict::fail) return;
  EXPECT_TRUE(std::ranges::any_of(found.basis.list(),
                                  [](const Compared& one) {
                                    return !one.seen.empty() &&
                                           (!one.limit.empty() || !one.by.empty());
                                  }))
      << id << " doesn't say what it compared: " << found.fact.en;
}

/// One case on a small system of its own.
inline void try_case(const Case& c) {
  const TempRoot root;
  for (const File& file : c.files) root.add(file.path, file.content);
  const Finding finding = look(c.check, root);
  EXPECT_EQ(name(finding.verdict), name(c.verdict)) << c.check << ": " << finding.fact.en;
  EXPECT_THAT(finding.fact.en, testing::HasSubstr(c.fact)) << c.check;
  EXPECT_FALSE(finding.fact.ja.empty());
  expect_value(c.check, finding);
  try_with_old_lists(c.check, root, finding);
}

/// An installed package, as dpkg's status has it.
inline std::string package(std::string_view name, std::string_view version,
                           std::string_view maintainer = "Debian <x@lists.debian.org>",
                           std::string_view architecture = "amd64") {
  return fmt::format(
      "Package: {}\nStatus: install ok installed\nMaintainer: {}\nArchitecture: {}\nVersion: "
      "{}\n\n",
      name, maintainer, architecture, version);
}

inline const std::string kStatus = "/var/lib/dpkg/status";

}  // namespace sekisho
