// Checks on small systems in folders: what the tests of the host's checks share.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

inline const Feeds& feeds() {
  static const Feeds loaded{*read_support(*parse_json("eol", embedded_support(), kFeedLimits)),
                            *read_exploited(*parse_json("kev", embedded_exploited(), kFeedLimits)),
                            {},
                            {},
                            {},
                            {}};
  return loaded;
}

inline const Time kNow = *parse_time("2026-11-24T00:00:00Z");

inline HostCheck check_named(std::string_view id) {
  for (const HostCheck& check : host_checks())
    if (check.id == id) return check;
  throw std::runtime_error("no such check: " + std::string(id));
}

inline Finding look(std::string_view id, const TempRoot& root) {
  const Machine machine(root.path());
  const SecurityIndex security;
  return judged(check_named(id), {machine, security, guideline(), feeds(), kNow});
}

/// One case on a small system of its own.
inline void try_case(const Case& c) {
  const TempRoot root;
  for (const File& file : c.files) root.add(file.path, file.content);
  const Finding finding = look(c.check, root);
  EXPECT_EQ(name(finding.verdict), name(c.verdict)) << c.check << ": " << finding.fact.en;
  EXPECT_THAT(finding.fact.en, testing::HasSubstr(c.fact)) << c.check;
  EXPECT_FALSE(finding.fact.ja.empty());
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
