// SPDX-License-Identifier: Apache-2.0
// Packages that aren't dpkg's: rpm's database held against what rpm itself says of it, and what the
// checks make of them.
#include <algorithm>
#include <array>
#include <set>

#include "base/process.h"
#include "differential.h"
#include "small_system.h"

namespace sekisho {
namespace {

using enum Verdict;

constexpr const char* kRpm = "/usr/bin/rpm";
constexpr const char* kBuild = "/usr/bin/rpmbuild";

bool have(const char* program) { return std::filesystem::exists(program); }

std::string told(std::vector<std::string> arguments) {
  const auto done =
      run_process(arguments, {.time = std::chrono::seconds(60)}, {"HOME=/nonexistent"});
  return done && done->exit_code == 0 ? done->out : std::string();
}

/// One source with many packages, made at random.
std::string spec(Dice& dice, int packages) {
  std::string text =
      "Name: all\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: "
      "noarch\nModularityLabel: nodejs:18:20260101:deadbeef\n%description\nx\n%files\n";
  for (int i = 0; i < packages; ++i) {
    const std::string name =
        fmt::format("p{}-{}", i, dice.word({"libs", "a.b", "c++", "x_y", "9"}));
    text += fmt::format("%package -n {}\nSummary: x\nVersion: {}\nRelease: {}\n", name,
                        dice.word({"1.2.3", "0", "20260101", "3.0.7", "1~rc1", "2^git1", "10.2p1"}),
                        dice.word({"1", "3.el9_4.2", "150600.3.1", "1.fc41", "0.1.b2"}));
    if (dice.once_in(2)) text += fmt::format("Epoch: {}\n", dice.below(4));
    if (dice.once_in(2))
      text +=
          "Vendor: " + dice.word({"Fedora Project", "Google LLC", "SUSE LLC <x@y>", "会社"}) + "\n";
    text += fmt::format("%description -n {}\nx\n%files -n {}\n", name, name);
  }
  return text;
}

/// Puts packages into a database of their own, as rpm does.
bool install(const TempRoot& root, const std::string& text, const std::string& database) {
  root.add("/build/x.spec", text);
  const std::string top = root.at("/build").string();
  if (told({kBuild, "--define", "_topdir " + top, "-bb", top + "/x.spec"}).empty() &&
      !std::filesystem::exists(top + "/RPMS"))
    return false;
  std::vector<std::string> install{kRpm,           "--dbpath",   root.at(database).string(),
                                   "-i",           "--nodeps",   "--justdb",
                                   "--ignorearch", "--ignoreos", "--nosignature"};
  for (const auto& file : std::filesystem::recursive_directory_iterator(top + "/RPMS"))
    if (file.path().extension() == ".rpm") install.push_back(file.path().string());
  std::filesystem::create_directories(root.at(database));
  const auto done = run_process(install, {.time = std::chrono::seconds(60)});
  std::filesystem::remove_all(root.at("/build"));
  return done && done->exit_code == 0;
}

TEST(Rpm, PackagesAreThoseThatRpmTells) {
  if (!have(kRpm) || !have(kBuild)) GTEST_SKIP() << "no rpm here";
  Dice dice(20261126);
  std::size_t compared = 0;
  for (int i = 0; i < cases(2, 12); ++i) {
    const std::string folder = i % 2 == 0 ? "/usr/lib/sysimage/rpm" : "/var/lib/rpm";
    const TempRoot root;
    ASSERT_TRUE(install(root, spec(dice, 30), folder));
    const Machine machine(root.path());
    std::set<std::string> read;
    for (const auto& [name, package] : machine.other_packages().by_name) {
      EXPECT_EQ(package.kind, Package::Kind::rpm);
      read.insert(fmt::format("{} {} {} {} {} {}", name, package.version, package.architecture,
                              package.maintainer, package.source, package.module));
    }
    std::set<std::string> said;
    const std::string list =
        told({kRpm, "--dbpath", root.at(folder).string(), "-qa", "--qf",
              "%{NAME} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE} %{ARCH} %|VENDOR?{%{VENDOR}}| all "
              "%|MODULARITYLABEL?{%{MODULARITYLABEL}}|\n"});
    for (const std::string_view row : split(std::string_view(list), '\n')) {
      std::string line(row);
      // rpm tells an epoch of 0, which is none.
      if (const std::size_t zero = line.find(" 0:"); zero != std::string::npos)
        line.erase(zero + 1, 2);
      if (!line.empty()) said.insert(line);
    }
    EXPECT_EQ(read, said);
    EXPECT_GE(said.size(), 30U);
    compared += said.size();
  }
  EXPECT_GE(compared, 60U);
}

std::string firefox(std::string_view version, std::string_view vendor) {
  return fmt::format(
      "Name: firefox\nVersion: {}\nRelease: 1\nSummary: x\nLicense: x\nVendor: {}\nBuildArch: "
      "noarch\n%description\nx\n%files\n",
      version, vendor);
}

TEST(Rpm, AMakersPackageIsJudgedAndADistributionsIsNot) {
  if (!have(kRpm) || !have(kBuild)) GTEST_SKIP() << "no rpm here";
  for (const auto& [version, vendor, verdict, says] :
       {std::tuple("105.0", "Mozilla Corporation", fail, "support of Firefox 105.0"),
        {"105.0", "Fedora Project", unknown, "without its distribution's records"}}) {
    const TempRoot root;
    ASSERT_TRUE(install(root, firefox(version, vendor), "/var/lib/rpm"));
    const Finding found = look("software-browser", root);
    EXPECT_EQ(name(found.verdict), name(verdict)) << found.fact.en;
    EXPECT_THAT(found.fact.en, testing::HasSubstr(says));
    expect_value("software-browser", found);
  }
}

TEST(Rpm, AFormThatIsNotReadLeavesNothingProven) {
  for (const auto& [path, content, says] :
       {std::tuple("/var/lib/rpm/Packages", "\x61\x15\x06", "Berkeley DB"),
        {"/usr/lib/sysimage/rpm/Packages.db", "RpmP", "NDB"},
        {"/var/lib/rpm/rpmdb.sqlite", "SQLite format 3\0 cut", "understood"},
        {"/lib/apk/db/installed", "P:musl\nno version\n", "understood"}}) {
    const TempRoot root;
    root.add(path, content);
    Trace trace;
    const Machine machine = Machine(root.path()).watched(trace);
    EXPECT_TRUE(machine.other_packages().by_name.empty());
    ASSERT_EQ(trace.gaps().size(), 1U) << path;
    EXPECT_EQ(trace.gaps()[0].verdict, unknown);
    EXPECT_THAT(trace.gaps()[0].fact.en, testing::HasSubstr(says));
  }
  // Changes that wait in the log aren't in the file.
  const TempRoot root;
  root.add("/var/lib/rpm/rpmdb.sqlite", "SQLite format 3");
  root.add("/var/lib/rpm/rpmdb.sqlite-wal", "x");
  Trace trace;
  const Machine machine = Machine(root.path()).watched(trace);
  EXPECT_TRUE(machine.other_packages().by_name.empty());
  EXPECT_EQ(trace.gaps().size(), 1U);
}

TEST(Apk, PackagesAreThoseOfItsList) {
  const auto list = parse_apk_installed(
      "C:Q1x\nP:firefox-esr\nV:115.3.1-r0\nA:x86_64\no:firefox-esr\nm:Natanael "
      "<n@x>\np:so:x=1\nF:usr\n"
      "R:a\n\nP:libcrypto3\nV:3.1.4-r1\nA:x86_64\no:openssl\n\n");
  ASSERT_TRUE(list);
  ASSERT_EQ(list->by_name.size(), 2U);
  EXPECT_EQ(list->find("libcrypto3")->source, "openssl");
  EXPECT_EQ(list->find("firefox-esr")->version, "115.3.1-r0");
  EXPECT_FALSE(parse_apk_installed("P:x\n"));
  EXPECT_FALSE(parse_apk_installed("P:x\nV:1\n\nnonsense\n"));
  const TempRoot root;
  root.add("/lib/apk/db/installed", "P:firefox-esr\nV:115.3.1-r0\nA:x86_64\n\n");
  EXPECT_EQ(look("software-browser", root).verdict, unknown);
  EXPECT_THAT(look("software-browser", root).fact.en, testing::HasSubstr("firefox-esr 115.3.1-r0"));
}

/// The header reader takes any bytes.
TEST(RpmHeader, IsWholeOrNothing) {
  const auto number = [](std::uint32_t value) {
    return std::string{static_cast<char>(value >> 24U), static_cast<char>(value >> 16U),
                       static_cast<char>(value >> 8U), static_cast<char>(value)};
  };
  const auto entry = [&](std::uint32_t tag, std::uint32_t type, std::uint32_t at) {
    return number(tag) + number(type) + number(at) + number(1);
  };
  const std::string data("bash\0005.1\0009\0", 11);
  const std::string head = number(3) + number(11);
  const std::string good = head + entry(1000, 6, 0) + entry(1001, 6, 5) + entry(1002, 6, 9) + data;
  ASSERT_TRUE(parse_rpm_header(good));
  EXPECT_EQ(parse_rpm_header(good)->version, "5.1-9");
  for (std::size_t length = 0; length < good.size(); ++length)
    EXPECT_FALSE(parse_rpm_header(std::string_view(good).substr(0, length))) << length;
  EXPECT_FALSE(parse_rpm_header(good + "x"));
  // Of another type, or past the end, or without an end.
  EXPECT_FALSE(
      parse_rpm_header(head + entry(1000, 4, 0) + entry(1001, 6, 5) + entry(1002, 6, 9) + data));
  EXPECT_FALSE(
      parse_rpm_header(head + entry(1000, 6, 99) + entry(1001, 6, 5) + entry(1002, 6, 9) + data));
  std::string endless = good;
  endless.back() = 'x';
  EXPECT_FALSE(parse_rpm_header(endless));
}

}  // namespace
}  // namespace sekisho
