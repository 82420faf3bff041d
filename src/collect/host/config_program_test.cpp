// SPDX-License-Identifier: Apache-2.0
// Settings of apt and of systemd's programs, held against apt-config and systemd-analyze on folders
// made at random.
#include "collect/host/apt.h"
#include "collect/host/systemd.h"
#include "differential.h"
#include "small_system.h"

namespace sekisho {
namespace {

const std::vector<std::string> kKeys{"apt::periodic::enable", "apt::periodic::unattended-upgrade",
                                     "x::list::", "acquire::http::proxy"};

std::string apt_line(Dice& dice) {
  return dice.word({"APT::Periodic::Enable \"0\";",
                    "APT::Periodic::Enable \"1\";",
                    "apt::periodic::ENABLE \"2\"; // x",
                    "APT { Periodic { Enable \"3\"; }; };",
                    "APT { Periodic::Unattended-Upgrade \"4\"; };",
                    "APT::Periodic { Unattended-Upgrade \"5\"; Enable \"6\"; };",
                    "# APT::Periodic::Enable \"7\";",
                    "/* APT::Periodic::Enable \"8\"; */",
                    "// APT::Periodic::Enable \"9\";",
                    "#clear APT::Periodic;",
                    "#clear APT::Periodic::Enable;",
                    "X::List { \"a\"; \"b\"; };",
                    "X::List:: \"c\";",
                    "#clear X::List;",
                    "Acquire::http::Proxy \"http://p:1\";",
                    "Acquire { http { Proxy \"DIRECT\"; }; };",
                    "APT::Periodic::Enable\n  \"10\";",
                    "APT::Periodic::Enable 11;",
                    "APT::Periodic { Unattended-Upgrade 12; Enable 13 };",
                    "\"APT::Periodic::Enable\" \"14\";",
                    "APT { Periodic { Enable no; }; };",
                    "APT::Periodic \"x\" { Enable \"16\"; };",
                    "X::List { d; \"e\" };",
                    "X::List:: f;",
                    "Acquire::http::Proxy \"a\" \"b\";",
                    "Acquire::http::Proxy a#b\n;",
                    "Acquire::http::Proxy http:/p/*:2*/;"});
}

TEST(Apt, IsReadAsAptConfigDumpsIt) {
  Dice dice(5);
  for (int i = 0; i < cases(60, 300); ++i) {
    const TempRoot root;
    std::string shown;
    root.add("/etc/apt/apt.conf.d/");
    for (int count = 1 + dice.below(4); count > 0; --count) {
      const std::string path = dice.word({"/etc/apt/apt.conf.d/10a", "/etc/apt/apt.conf.d/50b.conf",
                                          "/etc/apt/apt.conf.d/60c.bak", "/etc/apt/apt.conf.d/70d~",
                                          "/etc/apt/apt.conf.d/99z", "/etc/apt/apt.conf",
                                          "/etc/apt/apt.conf.d/.hidden"});
      std::string text;
      for (int lines = 1 + dice.below(4); lines > 0; --lines) text += apt_line(dice) + "\n";
      root.add(path, text);
      shown += "--- " + path + "\n" + text;
    }
    root.add("/main", fmt::format("Dir \"{}\";\n", root.path().string()));
    const auto told =
        run_process({"/usr/bin/apt-config", "dump"}, {.time = std::chrono::seconds(20)},
                    {"APT_CONFIG=" + root.at("/main").string()});
    ASSERT_TRUE(told && told->exit_code == 0) << (told ? told->err : "");
    AptSettings real;
    for (const std::string_view line : split(std::string_view(told->out), '\n')) {
      const std::size_t open = line.find(" \"");
      if (open == std::string_view::npos) continue;
      std::string& value = real[lower(line.substr(0, open))];
      value +=
          (value.empty() ? "" : "\n") + std::string(line.substr(open + 2, line.size() - open - 4));
    }
    Trace trace;
    const AptSettings ours = apt_settings(Machine(root.path()).watched(trace));
    ASSERT_TRUE(trace.gaps().empty()) << shown;
    for (const std::string& key : kKeys) {
      const auto of = [&](const AptSettings& settings) {
        const auto found = settings.find(key);
        return found == settings.end() ? std::string() : found->second;
      };
      ASSERT_EQ(of(ours), of(real)) << key << "\n" << shown;
    }
  }
}

TEST(Systemd, FilesAreReadInTheOrderOfCatConfig) {
  Dice dice(6);
  for (int i = 0; i < cases(60, 300); ++i) {
    const TempRoot root;
    std::string shown;
    std::set<std::string> made;
    root.add("/etc/systemd/journald.conf", "[Journal]\nStorage=auto\n");
    for (int count = dice.below(6); count > 0; --count) {
      const std::string path = dice.word({"/etc", "/run", "/usr/lib", "/usr/local/lib"}) +
                               "/systemd/journald.conf.d/" +
                               dice.word({"a.conf", "b.conf", "10-x.conf", "z.conf", "y.txt"});
      if (!made.insert(path).second) continue;
      const std::string value = dice.word({"volatile", "persistent", "none", "auto"});
      const bool mask = dice.once_in(5);
      if (mask)
        root.add(path + " -> /dev/null");
      else
        root.add(path, "[Journal]\n# Storage=none\nStorage=" + value + "\n");
      shown += path + (mask ? " masked\n" : " " + value + "\n");
    }
    const auto told =
        run_process({"/usr/bin/systemd-analyze", "--no-pager", "--root=" + root.path().string(),
                     "cat-config", "systemd/journald.conf"},
                    {.time = std::chrono::seconds(20)});
    ASSERT_TRUE(told && told->exit_code == 0) << (told ? told->err : "");
    std::string real;
    for (const std::string_view line : split(std::string_view(told->out), '\n'))
      if (line.starts_with("Storage=")) real = line.substr(8);
    // What the program prints is cut into the files that it read.
    std::string of_program;
    for (const auto& [path, text] : parse_cat_config(told->out, "systemd/journald.conf"))
      for (const SystemdLine& line : parse_systemd(text))
        if (line.section == "Journal" && line.key == "Storage") of_program = line.value;
    ASSERT_EQ(of_program, real) << told->out;
    const auto ours =
        systemd_settings(Machine(root.path()), "systemd/journald.conf", "Journal", "Storage");
    ASSERT_FALSE(ours.empty()) << shown;
    ASSERT_EQ(ours.back().value, real) << shown << told->out;
  }
}

/// DNSOverTLS of what systemd-analyze prints of resolved's files, by the words of
/// systemd.syntax(7) and resolved.conf(5): names and sections as they are written, the last that is
/// understood counts, an empty one sets nothing back, a line may go on after a backslash.
std::string dns_over_tls(std::string_view text) {
  std::string joined;
  for (const std::string_view line : split(text, '\n')) {
    // A comment within what goes on is skipped, and doesn't end it.
    if (line.starts_with('#') || line.starts_with(';')) continue;
    joined += line;
    if (joined.ends_with('\\'))
      joined.back() = ' ';
    else
      joined += '\n';
  }
  std::string section;
  std::string mode = "no";
  for (const std::string_view line : split(std::string_view(joined), '\n')) {
    const std::string_view plain = trim(line);
    if (plain.starts_with('[') && plain.ends_with(']')) section = plain;
    const std::size_t equals = plain.find('=');
    if (section != "[Resolve]" || equals == std::string_view::npos ||
        trim(plain.substr(0, equals)) != "DNSOverTLS")
      continue;
    const std::string value = lower(trim(plain.substr(equals + 1)));
    if (value == "opportunistic") mode = value;
    for (const char* word : {"1", "yes", "y", "true", "t", "on"})
      if (value == word) mode = "yes";
    for (const char* word : {"0", "no", "n", "false", "f", "off"})
      if (value == word) mode = "no";
  }
  return mode;
}

TEST(Systemd, ResolvedIsJudgedByTheFilesOfCatConfig) {
  Dice dice(853);
  int encrypted = 0;
  for (int i = 0; i < cases(60, 300); ++i) {
    const TempRoot root;
    std::string shown;
    root.add("/etc/resolv.conf", "nameserver 127.0.0.53\n");
    root.add("/usr/lib/systemd/system/systemd-resolved.service",
             "[Service]\nExecStart=/lib/systemd/systemd-resolved\n");
    root.add("/etc/systemd/system/multi-user.target.wants/systemd-resolved.service", "");
    const auto text = [&] {
      std::string lines = dice.word({"[Resolve]\n", "[Resolve]\n", "[Resolve]\n", "[resolve]\n",
                                     "[Network]\n", "# x\n[Resolve]\n"});
      for (int count = 1 + dice.below(3); count > 0; --count)
        lines +=
            dice.word({"DNSOverTLS=yes\n", "DNSOverTLS=no\n", "DNSOverTLS=opportunistic\n",
                       "DNSOverTLS = true\n", "DNSOverTLS=on\n", "DNSOverTLS=1\n",
                       "#DNSOverTLS=yes\n", "; DNSOverTLS=yes\n", "dnsovertls=yes\n",
                       "DNSOverTLS=maybe\n", "DNSOverTLS=0\n", "DNS=9.9.9.9#dns.example\n",
                       "DNSSEC=yes\n", "[Other]\n", "[Resolve]\n", "DNS=1.1.1.1 \\\n 9.9.9.9\n",
                       "DNSOverTLS=Opportunistic\n", "DNS=1.1.1.1 \\\nDNSOverTLS=yes\n"});
      return lines;
    };
    std::set<std::string> made{"/etc/systemd/resolved.conf"};
    root.add("/etc/systemd/resolved.conf", text());
    for (int count = dice.below(5); count > 0; --count) {
      const std::string path = dice.word({"/etc", "/run", "/usr/lib", "/usr/local/lib"}) +
                               "/systemd/resolved.conf.d/" +
                               dice.word({"a.conf", "b.conf", "10-x.conf", "z.conf", "y.txt"});
      if (!made.insert(path).second) continue;
      if (dice.once_in(6))
        root.add(path + " -> /dev/null");
      else
        root.add(path, text());
    }
    const auto told =
        run_process({"/usr/bin/systemd-analyze", "--no-pager", "--root=" + root.path().string(),
                     "cat-config", "systemd/resolved.conf"},
                    {.time = std::chrono::seconds(20)});
    ASSERT_TRUE(told && told->exit_code == 0) << (told ? told->err : "");
    const std::string mode = dns_over_tls(told->out);
    const Finding finding = look("dns-protection", root);
    encrypted += mode == "yes" ? 1 : 0;
    ASSERT_EQ(finding.verdict == Verdict::pass, mode == "yes")
        << mode << "; " << finding.fact.en << "\n"
        << told->out;
  }
  EXPECT_GT(encrypted, 8);
}

}  // namespace
}  // namespace sekisho
