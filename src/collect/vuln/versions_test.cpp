// SPDX-License-Identifier: Apache-2.0
// Versions against dpkg itself: a million pairs against the library behind it, some by the command.
#define LIBDPKG_VOLATILE_API 1
#include <dpkg/dpkg-db.h>
#include <dpkg/dpkg.h>
#include <dpkg/error.h>

#include <gtest/gtest.h>

#include <random>

#include "collect/vuln/vuln.h"

namespace sekisho {
namespace {

/// Versions that are random, made of the characters that matter.
class Versions : public testing::Test {
 protected:
  std::string version() {
    constexpr std::string_view kCharacters = "0123456789019.+~abZ-";
    std::string text(1, "0123456789"[random() % 10]);
    for (unsigned i = 0, length = random() % 8; i < length; ++i)
      text += kCharacters[random() % kCharacters.size()];
    if (text.ends_with('-')) text += '1';
    return (random() % 5 == 0 ? std::to_string(random() % 3) + ":" : "") + text;
  }
  /// Often the same, or the same but for its end.
  std::string near(const std::string& other) {
    switch (random() % 4) {
      case 0: return other;
      case 1: return other + (random() % 2 == 0 ? "~" : "+1");
      default: return version();
    }
  }

  std::mt19937 random{20261124};  // NOLINT(cert-msc51-cpp): the same pairs each time
};

TEST_F(Versions, AgreeWithDpkgOnAMillionPairs) {
  constexpr int kPairs = 1'000'000;
  int wrong = 0;
  for (int i = 0; i < kPairs && wrong < 10; ++i) {
    const std::string a = version();
    const std::string b = near(a);
    dpkg_version left{};
    dpkg_version right{};
    dpkg_error error{};
    ASSERT_EQ(parseversion(&left, a.c_str(), &error), 0) << a;
    ASSERT_EQ(parseversion(&right, b.c_str(), &error), 0) << b;
    const int expected = dpkg_version_compare(&left, &right);
    const auto order = compare_versions(a, b);
    if ((order < 0) != (expected < 0) || (order == 0) != (expected == 0)) {
      ++wrong;
      ADD_FAILURE() << a << " " << b << ": dpkg says " << expected;
    }
    // nfmalloc'd parts of a version stay until the process ends; they are small.
  }
}

TEST_F(Versions, AgreeWithTheCommand) {
  constexpr int kPairs = 100;
  for (int i = 0; i < kPairs; ++i) {
    const std::string a = version();
    const std::string b = near(a);
    const auto asked = [&](const char* relation) {
      const auto output = run_process({"/usr/bin/dpkg", "--compare-versions", a, relation, b});
      return output && output->exit_code == 0;
    };
    const auto order = compare_versions(a, b);
    EXPECT_EQ(order < 0, asked("lt")) << a << " < " << b;
    EXPECT_EQ(order == 0, asked("eq")) << a << " = " << b;
  }
}

}  // namespace
}  // namespace sekisho
