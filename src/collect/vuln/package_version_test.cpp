// SPDX-License-Identifier: Apache-2.0
// Versions of packages against the ecosystems' own tools: dpkg, rpm, node-semver, Python's
// packaging, and a table that Maven made (tests/versions/maven.txt).
#include "collect/vuln/package_version.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <random>

#include <fmt/format.h>

#include "collect/vuln/vuln.h"
#include "temp_root.h"

namespace sekisho {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// '<', '=', '>'; '?' where one of them is no version.
char order_of(VersionOrder order, const std::string& a, const std::string& b) {
  const auto left = PackageVersion::parse(order, a);
  const auto right = PackageVersion::parse(order, b);
  if (!left || !right) return '?';
  return *left < *right ? '<' : *left == *right ? '=' : '>';
}

/// Versions that are random, made of the pieces that matter, and others near them.
class PackageVersions : public testing::Test {
 protected:
  std::string one_of(const std::vector<std::string>& list) { return list[random() % list.size()]; }
  Pairs pairs(std::size_t count, const std::vector<std::string>& firsts,
              const std::vector<std::string>& pieces) {
    Pairs made;
    const auto version = [&] {
      std::string text = one_of(firsts);
      for (std::uint64_t i = 0, length = random() % 5; i < length; ++i) text += one_of(pieces);
      return text;
    };
    while (made.size() < count) {
      const std::string a = version();
      const std::uint64_t kind = random() % 4;
      made.emplace_back(a, kind == 0   ? a + one_of(pieces)
                           : kind == 1 ? a.substr(0, a.size() - random() % a.size())
                                       : version());
    }
    return made;
  }
  /// What `command`, which reads pairs from the file that follows it, says of each: '<', '=', '>',
  /// '?'.
  static std::string said(const std::string& command, const Pairs& pairs) {
    const TempRoot folder;
    const std::string file = (folder.path() / "pairs").string();
    std::ofstream out(file);
    for (const auto& [a, b] : pairs) out << a << ' ' << b << '\n';
    out.close();
    const std::string whole = fmt::format(fmt::runtime(command), file);
    std::FILE* pipe = ::popen(whole.c_str(), "r");  // NOLINT(cert-env33-c): a test's own command
    std::string text;
    std::array<char, 4096> block{};
    for (std::size_t got = 0; (got = std::fread(block.data(), 1, block.size(), pipe)) > 0;)
      text.append(block.data(), got);
    EXPECT_EQ(::pclose(pipe), 0);
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }
  static void expect_agreement(VersionOrder order, const Pairs& pairs,
                               const std::string& expected) {
    ASSERT_EQ(expected.size(), pairs.size());
    int wrong = 0;
    std::size_t compared = 0;
    for (std::size_t i = 0; i < pairs.size() && wrong < 10; ++i) {
      const auto& [a, b] = pairs[i];
      compared += expected[i] == '?' ? 0U : 1U;
      const char ours = order_of(order, a, b);
      if (ours == expected[i]) continue;
      ++wrong;
      ADD_FAILURE() << a << " " << b << ": the tool says " << expected[i] << ", we " << ours;
    }
    EXPECT_GT(compared, pairs.size() / 8) << "enough of them must be versions";
  }

  std::mt19937 random{20261127};  // NOLINT(cert-msc51-cpp): the same pairs each time
};

TEST_F(PackageVersions, AgreeWithDpkg) {
  const Pairs all = pairs(100'000, {"0", "1", "1.0", "2:1", "0:1", "10", "1.2.3-4ubuntu1"},
                          {"~", "+", ".", "a", "Z", "0", "1", "01", "-1", "-", ":", "~rc1",
                           "ubuntu1.2", "+deb12u1", ".0"});
  // compare_versions is held against dpkg's own library in versions_test.cpp.
  for (const auto& [a, b] : all) {
    const bool valid = is_debian_version(a) && is_debian_version(b);
    const auto order = compare_versions(a, b);
    ASSERT_EQ(order_of(VersionOrder::dpkg, a, b), !valid      ? '?'
                                                  : order < 0 ? '<'
                                                  : order > 0 ? '>'
                                                              : '=')
        << a << " " << b;
  }
}

TEST_F(PackageVersions, AgreeWithRpm) {
  Pairs all = pairs(20'000, {"0", "1", "1.0", "2:1", "0:1", "10", "a", "1.el9"},
                    {"~", "^", ".", "_", "+", "a", "Z", "0", "1", "01", "10", "~rc1", "^git1",
                     ".el9_2", "el9", "..", "module+el8"});
  for (auto& [a, b] : all) {
    // With the same release often, so that what stands before decides.
    a += "-1.el9";
    b += std::string(b.ends_with(':') ? "1-" : "-") + one_of({"1.el9", "1.el9_1", "2.el9", "1"});
  }
  const std::string lua =
      R"~(local f = io.open("{}"); local o = {{}}; for l in f:lines() do local a, b = l:match("(%S+) (%S+)"); o[#o + 1] = ({{[-1]="<",[0]="=",[1]=">"}})[rpm.vercmp(a, b)] end print(table.concat(o)))~";
  expect_agreement(VersionOrder::rpm, all, said("rpm --eval '%{{lua: " + lua + "}}'", all));
}

TEST_F(PackageVersions, AgreeWithNodeSemver) {
  const Pairs all = pairs(20'000,
                          {"1.0.0", "0.0.1", "1.2.3", "v1.2.3", "1.2", "10.0.0", "01.0.0",
                           "1.0.9007199254740991", "1.0.9007199254740992"},
                          {"-alpha", "-1", "-rc.1", ".1", ".01", ".a", ".0", "+build.01", "-", ".-",
                           "-0", "-x-y", ".10", "+", "A"});
  expect_agreement(
      VersionOrder::npm, all,
      said("node -e '"
           "const s = require(require.resolve(\"semver\", {{paths: [\"/usr/lib/node_modules/npm\", "
           "\"/usr/share/nodejs/npm\", \"/usr/share/nodejs\", require(\"path\").join("
           "process.execPath, \"../../lib/node_modules/npm\")]}})); "
           "const lines = require(\"fs\").readFileSync(\"{}\", \"utf8\").trim().split(\"\\n\"); "
           "console.log(lines.map((l) => {{ const [a, b] = l.split(\" \"); "
           "if (!s.valid(a) || !s.valid(b)) return \"?\"; "
           "return \"<=>\"[s.compare(a, b) + 1]; }}).join(\"\"))'",
           all));
}

TEST_F(PackageVersions, AgreeWithPythonsPackaging) {
  const Pairs all =
      pairs(10'000, {"1", "1.0", "1!1.0", "v1.0", "2024.1", "1.0.0", "1.10", "0!1", "1.0a1"},
            {"a1", "b",    ".rc2", "-c3",   "alpha", "pre",    "preview1", ".post1",
             "-1", "rev2", "r",    ".dev1", "dev",   "+local", "+1.a",     ".0",
             ".1", ".",    "-",    "_",     "RC1",   "01",     ".00"});
  expect_agreement(VersionOrder::pypi, all,
                   said("/usr/bin/python3 -c '\n"
                        "from packaging.version import Version, InvalidVersion\n"
                        "def of(t):\n"
                        "  try: return Version(t)\n"
                        "  except InvalidVersion: return None\n"
                        "out = []\n"
                        "for line in open(\"{}\"):\n"
                        "  a, b = map(of, line.split())\n"
                        "  out.append(\"?\" if a is None or b is None else \"<\" if a < b else "
                        "\">\" if a > b else \"=\")\n"
                        "print(\"\".join(out))'",
                        all));
}

/// Each line: a version, then how it stands to each in the order of the file.
TEST_F(PackageVersions, AgreeWithMaven) {
  std::ifstream file(SEKISHO_SOURCE_DIR "/tests/versions/maven.txt");
  std::string made;
  std::getline(file, made);
  EXPECT_EQ(made, "# maven-artifact 3.8.7");
  std::vector<std::string> versions;
  std::vector<std::string> rows;
  for (std::string version, row; file >> version >> row;) {
    versions.push_back(version);
    rows.push_back(row);
  }
  ASSERT_GT(versions.size(), 200U);
  int wrong = 0;
  for (std::size_t i = 0; i < versions.size(); ++i)
    for (std::size_t k = 0; k < versions.size() && wrong < 10; ++k) {
      const char ours = order_of(VersionOrder::maven, versions[i], versions[k]);
      if (ours == rows[i].at(k)) continue;
      ++wrong;
      ADD_FAILURE() << versions[i] << " " << versions[k] << ": Maven says " << rows[i][k] << ", we "
                    << ours;
    }
}

/// In the order that golang.org/x/mod/semver gives them; pseudo-versions as `go help` tells them.
TEST(PackageVersion, GoesByGosOrder) {
  const std::vector<std::string> rising{"v0.0.0-20190101000000-abcdef123456",
                                        "v0.0.0-20200101000000-000000000000",
                                        "v0.0.1",
                                        "v1.0.0-alpha",
                                        "v1.0.0-alpha.1",
                                        "v1.0.0-alpha.beta",
                                        "v1.0.0-beta",
                                        "v1.0.0-beta.2",
                                        "v1.0.0-beta.11",
                                        "v1.0.0-rc.1",
                                        "v1",
                                        "v1.0.1-0.20200101000000-abcdef123456",
                                        "v1.0.1",
                                        "v1.2.0",
                                        "v1.2.3-456",
                                        "v1.2.3-456.789",
                                        "v1.2.3-456-789",
                                        "v1.2.3-456a",
                                        "v1.2.3-pre",
                                        "v1.2.3-pre.1",
                                        "v1.2.3-zzz",
                                        "v1.2.3",
                                        "v1.2.4-0.20240101000000-abcdef123456",
                                        "v2.0.0+incompatible",
                                        "v99999999999999999999999.0.0"};
  for (std::size_t i = 0; i < rising.size(); ++i)
    for (std::size_t k = 0; k < rising.size(); ++k)
      EXPECT_EQ(order_of(VersionOrder::go, rising[i], rising[k]), i < k   ? '<'
                                                                  : i > k ? '>'
                                                                          : '=')
          << rising[i] << " " << rising[k];
  EXPECT_EQ(order_of(VersionOrder::go, "v1.2.3+meta", "1.2.3+incompatible"), '=');
  for (const char* wrong : {"bad", "v1-alpha.beta.gamma", "v1-pre", "v1+meta", "v1-pre+meta",
                            "v1.2-pre", "v1.2+meta", "v1.2.3-", "v1.01.0", "(devel)", "go1.21rc2"})
    EXPECT_FALSE(PackageVersion::parse(VersionOrder::go, wrong)) << wrong;
}

TEST(PackageVersion, IsNothingElse) {
  for (const VersionOrder order : {VersionOrder::dpkg, VersionOrder::rpm, VersionOrder::npm,
                                   VersionOrder::pypi, VersionOrder::maven, VersionOrder::go}) {
    for (const std::string& wrong :
         {std::string(), std::string("1 2"), std::string("1\n"), std::string("1.0.0\0", 6),
          std::string("１.0.0"), std::string(1000, '1')})
      EXPECT_FALSE(PackageVersion::parse(order, wrong)) << wrong;
  }
  EXPECT_FALSE(PackageVersion::parse(VersionOrder::rpm, "1.0")) << "any release of it";
  const auto npm = PackageVersion::parse(VersionOrder::npm, "1.0.0");
  const auto go = PackageVersion::parse(VersionOrder::go, "1.0.0");
  EXPECT_FALSE(*npm < *go || *npm == *go || *npm > *go) << "versions of two orders have none";
}

}  // namespace
}  // namespace sekisho
