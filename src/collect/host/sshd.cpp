// SPDX-License-Identifier: Apache-2.0
#include "collect/host/sshd.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "collect/host/own_commands.h"
#include "collect/host/people.h"

namespace sekisho {
namespace {

constexpr int kDeepestSshdInclude = 16;  // sshd's own bound (SERVCONF_MAX_DEPTH)
constexpr std::string_view kBlanks = " \t\r\n\f";

/// Older names of what is judged (sshd's keyword table).
std::string newest_name(std::string name) {
  if (name == "challengeresponseauthentication" || name == "skeyauthentication")
    return "kbdinteractiveauthentication";
  if (name == "pubkeyacceptedkeytypes") return "pubkeyacceptedalgorithms";
  if (name == "hostbasedacceptedkeytypes") return "hostbasedacceptedalgorithms";
  return name;
}

/// What sshd takes for a keyword (its table of 9.2, what came up to 10.0, and what distributions
/// add). It doesn't start with any other, so that what stands beside it says nothing.
bool is_keyword(std::string_view name) {
  static const std::set<std::string_view> all = [] {
    static constexpr std::string_view kNames =
        "acceptenv addressfamily afstokenpassing allowagentforwarding allowgroups "
        "allowstreamlocalforwarding allowtcpforwarding allowusers authenticationmethods "
        "authorizedkeyscommand authorizedkeyscommanduser authorizedkeysfile authorizedkeysfile2 "
        "authorizedprincipalscommand authorizedprincipalscommanduser authorizedprincipalsfile "
        "banner casignaturealgorithms channeltimeout checkmail chrootdirectory ciphers "
        "clientalivecountmax clientaliveinterval compression debianbanner denygroups denyusers "
        "disableforwarding dsaauthentication exposeauthinfo fingerprinthash forcecommand "
        "gatewayports gssapiauthentication gssapicleanupcredentials gssapicleanupcreds "
        "gssapienablek5users gssapikexalgorithms gssapikeyexchange gssapistorecredentialsonrekey "
        "gssapistrictacceptorcheck gssapiusesessioncredcache gssusesessionccache "
        "hostbasedacceptedalgorithms hostbasedauthentication hostbasedusesnamefrompacketonly "
        "hostcertificate hostdsakey hostkey hostkeyagent hostkeyalgorithms ignorerhosts "
        "ignoreuserknownhosts include ipqos kbdinteractiveauthentication kerberosauthentication "
        "kerberosgetafstoken kerberosorlocalpasswd kerberostgtpassing kerberosticketcleanup "
        "kerberosuniqueccache kerberosusekuserok kexalgorithms keyregenerationinterval "
        "listenaddress logingracetime loglevel logverbose macs match maxauthtries maxsessions "
        "maxstartups modulifile pamauthenticationviakbdint passwordauthentication "
        "permitblacklistedkeys permitemptypasswords permitlisten permitopen permitrootlogin "
        "permittty permittunnel permituserenvironment permituserrc persourcemaxstartups "
        "persourcenetblocksize persourcepenalties persourcepenaltyexemptlist pidfile port "
        "printlastlog printmotd protocol pubkeyacceptedalgorithms pubkeyauthentication "
        "pubkeyauthoptions rdomain refuseconnection rekeylimit requiredrsasize "
        "reversemappingcheck revokedkeys rhostsauthentication rhostsrsaauthentication "
        "rsaauthentication securitykeyprovider serverkeybits setenv showpatchlevel "
        "sshdauthpath sshdsessionpath streamlocalbindmask streamlocalbindunlink strictmodes "
        "subsystem syslogfacility tcpkeepalive trustedusercakeys unusedconnectiontimeout usedns "
        "uselogin usepam useprivilegeseparation verifyreversemapping versionaddendum "
        "x11displayoffset x11forwarding x11uselocalhost xauthlocation";
    const auto names = words(kNames);
    return std::set<std::string_view>(names.begin(), names.end());
  }();
  return all.contains(name);
}

/// The arguments of a line as sshd cuts them (argv_split): quotes of both kinds, a backslash
/// before a quote, blank or backslash, and a comment after a blank. False at a quote that doesn't
/// end.
bool split_arguments(std::string_view text, std::vector<std::string>& into) {
  std::size_t i = 0;
  while (i < text.size()) {
    if (text[i] == ' ' || text[i] == '\t') {
      ++i;
      continue;
    }
    if (text[i] == '#') return true;
    std::string word;
    char quote = '\0';
    for (; i < text.size(); ++i) {
      const char c = text[i];
      const char next = i + 1 < text.size() ? text[i + 1] : '\0';
      if (c == '\\' &&
          (next == '\'' || next == '"' || next == '\\' || (quote == '\0' && next == ' '))) {
        word += next;
        ++i;
      } else if (quote == '\0' && (c == ' ' || c == '\t')) {
        break;
      } else if (quote == '\0' && (c == '"' || c == '\'')) {
        quote = c;
      } else if (quote != '\0' && c == quote) {
        quote = '\0';
      } else {
        word += c;
      }
    }
    if (quote != '\0') return false;
    into.push_back(std::move(word));
  }
  return true;
}

/// Paths that a pattern stands for, its folders' parts too; sorted as glob(3) does.
void expand(const Machine& machine, const std::string& base,
            const std::vector<std::string_view>& parts, std::size_t at,
            std::vector<std::string>& into) {
  if (at == parts.size()) {
    if (machine.exists(base)) into.push_back(base);
    return;
  }
  const std::string part(parts[at]);
  if (part.find_first_of("*?[\\") == std::string::npos) {
    expand(machine, base + "/" + part, parts, at + 1, into);
    return;
  }
  const auto names = machine.list(base.empty() ? "/" : base);
  if (!names) return;
  for (const std::string& name : *names)
    if (::fnmatch(part.c_str(), name.c_str(), FNM_PERIOD) == 0)
      expand(machine, base + "/" + name, parts, at + 1, into);
}

std::vector<std::string> files_of_pattern(const Machine& machine, std::string_view word,
                                          std::string_view folder) {
  const std::string pattern = word.starts_with('/') || word.starts_with('~')
                                  ? std::string(word)
                                  : std::string(folder) + "/" + std::string(word);
  std::vector<std::string_view> parts;
  for (const std::string_view part : split(std::string_view(pattern), '/'))
    if (!part.empty()) parts.push_back(part);
  std::vector<std::string> found;
  if (pattern.starts_with('/')) expand(machine, {}, parts, 0, found);
  return found;
}

/// Reads files into settings.
class SshdReader {
 public:
  SshdReader(const Machine& machine, SshdSettings& into) : machine_(machine), into_(into) {}

  void read(const std::string& path, std::optional<SshdMatch> match, int depth) {
    const auto text = machine_.read(path);
    if (!text) {
      // A file that is named and missing keeps sshd from starting.
      if (text.error() == FileProblem::missing) machine_.gap(unreadable(path, text.error()));
      return;
    }
    if (depth > kDeepestSshdInclude) {
      machine_.not_understood(path, "Include");
      return;
    }
    const SshdFile file = parse_sshd_config(*text);
    for (const std::size_t line : file.broken)
      machine_.not_understood(fmt::format("{}:{}", path, line));
    std::optional<SshdMatch> here = match;
    for (const SshdDirective& directive : file.directives) {
      if (directive.name == "match") {
        here = joined(match, directive);
      } else if (directive.name == "include") {
        for (const std::string& word : directive.words)
          for (const std::string& found : files_of_pattern(machine_, word, "/etc/ssh"))
            read(found, here, depth + 1);
      } else {
        if (!is_keyword(directive.name))
          machine_.not_understood(fmt::format("{}:{}", path, directive.line), directive.name);
        into_.add(directive.name,
                  {lower(directive.value()), fmt::format("{}:{}", path, directive.line), here});
      }
    }
  }

 private:
  static SshdMatch joined(const std::optional<SshdMatch>& outer, const SshdDirective& directive) {
    const std::string criteria = lower(join(directive.words, " "));
    const bool all = criteria == "all";
    if (!outer || outer->everyone) return {criteria, all};
    return {outer->criteria + " and " + criteria, false};
  }

  const Machine& machine_;
  SshdSettings& into_;
};

/// A Match block that can't take root in, for settings that are about root alone.
bool leaves_out_root(const SshdMatch& match) {
  const auto parts = words(std::string_view(match.criteria));
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    if (parts[i] != "user") continue;
    const std::string_view list = parts[i + 1];
    if (list.find_first_of("*?!") == std::string_view::npos) {
      const auto names = split(list, ',');
      if (std::ranges::find(names, "root") == names.end()) return true;
    }
  }
  return false;
}

/// What the service starts sshd with: the options that count as configuration.
struct StartedWith {
  std::string file;
  std::vector<std::string> options;  // of -o
};

StartedWith options_in(const Machine& machine, const std::vector<std::string>& words,
                       std::string_view where) {
  StartedWith started;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!word.starts_with('-') || word.size() < 2) {
      machine.not_understood(where, word);
      continue;
    }
    constexpr std::string_view kAlone = "46DdeGiqTt";
    std::size_t letter = 1;
    while (letter < word.size() && kAlone.contains(word[letter])) ++letter;
    if (letter == word.size()) continue;
    std::string value = word.substr(letter + 1);
    if (value.empty() && i + 1 < words.size()) value = words[++i];
    if (word[letter] == 'f') started.file = value;
    if (word[letter] == 'o') started.options.push_back(value);
    if (!std::string_view("CbcEfghkoPpu").contains(word[letter]))
      machine.not_understood(where, word);
  }
  return started;
}

/// An option that has no say in what is judged doesn't make another server.
bool same_settings(const StartedWith& a, const StartedWith& b) {
  const auto judged = [](const StartedWith& one) {
    std::vector<std::string> lines;
    for (const std::string& option : one.options)
      for (const SshdDirective& directive : parse_sshd_config(option).directives)
        if (!std::set<std::string_view>{"authorizedkeysfile", "port", "listenaddress", "pidfile",
                                        "loglevel", "syslogfacility", "hostkey"}
                 .contains(directive.name))
          lines.push_back(directive.name + " " + join(directive.words, " "));
    return lines;
  };
  const auto file = [](const StartedWith& one) {
    return one.file.empty() ? std::string("/etc/ssh/sshd_config") : one.file;
  };
  return file(a) == file(b) && judged(a) == judged(b);
}

/// The distribution's sshd, which reads the files that are judged; one that is built by hand has a
/// folder of settings of its own.
bool is_judged_sshd(std::string_view program) {
  constexpr std::array<std::string_view, 6> kPlaces{
      "/usr/sbin/sshd", "/usr/bin/sshd", "/sbin/sshd",
      "/bin/sshd",      "sshd",          "/run/current-system/sw/bin/sshd"};
  return among(kPlaces, program) || program.starts_with("/nix/store/") ||
         program.starts_with("/gnu/store/");
}

/// A unit that starts sshd in a way that can't be followed: by a shell, or another program of this
/// name. True when it does.
bool starts_sshd_otherwise(const Machine& machine, const std::vector<std::string>& command,
                           std::string_view unit) {
  if (command.empty() || is_judged_sshd(command.front())) return false;
  const std::string line = join(command, " ");
  if (word_at(line, "sshd") == std::string_view::npos) return false;
  machine.not_understood(unit, line);
  return true;
}

/// Units by which another sshd may be started than the one that is judged: a second service, or the
/// one that a socket starts for each connection.
void note_other_units(const Machine& machine, const StartedWith& judged) {
  std::set<std::string> units;
  for (const char* folder :
       {"/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
        "/usr/lib/systemd/system", "/lib/systemd/system"}) {
    const auto names = machine.list(folder);
    if (!names) continue;
    // What packages bring is told by its name, what people write by what it starts.
    const bool vendor = std::string_view(folder).ends_with("/lib/systemd/system") &&
                        !std::string_view(folder).contains("local");
    const auto names_sshd = [&](const std::string& name) {
      const auto text = machine.read(std::string(folder) + "/" + name);
      return text && text->contains("sshd");
    };
    for (const std::string& name : *names)
      if (name.ends_with(".service") && (name.contains("ssh") || (!vendor && names_sshd(name))))
        units.insert(name);
  }
  for (const std::string& unit : units) {
    if (unit == "ssh.service" || unit == "sshd.service") continue;
    auto command = unit_command(machine, unit);
    if (command.empty() || starts_sshd_otherwise(machine, command, unit) ||
        !is_judged_sshd(command.front()))
      continue;
    command.erase(command.begin());
    if (!same_settings(options_in(machine, command, unit), judged))
      machine.not_understood(unit, join(command, " "));
  }
  // Started by the clock, or as the machine or a network comes up.
  for (const OwnCommand& one : own_commands(machine))
    if (one.unit.empty() && word_at(one.line, "sshd") != std::string_view::npos &&
        (one.line.contains("/sshd") || one.line.contains(" -o") || one.line.contains(" -f")))
      machine.not_understood(one.place, one.line);
  for (const char* path : {"/etc/inetd.conf", "/etc/xinetd.d/ssh", "/etc/xinetd.d/sshd"})
    if (const auto text = machine.read(path))
      for (const std::string_view line : split(std::string_view(*text), '\n'))
        if (!trim(line).starts_with('#') && line.contains("sshd"))
          machine.not_understood(path, line);
}

/// Servers that run now with other options than those judged: "sshd: /usr/sbin/sshd -D -f x
/// [listener] 0 of 10-100 startups".
void note_other_processes(const Machine& machine, const StartedWith& judged) {
  const auto entries = machine.list("/proc");
  if (!entries) return;
  for (const std::string& entry : *entries) {
    if (whole_number(entry) <= 0) continue;
    const auto name = machine.read_start("/proc/" + entry + "/comm", 64);
    if (!name || trim(*name) != "sshd") continue;
    auto line = machine.read_start("/proc/" + entry + "/cmdline", 4096);
    if (!line) continue;
    std::ranges::replace(*line, '\0', ' ');
    std::vector<std::string> options;
    bool program = false;
    for (const std::string_view word : words(std::string_view(*line))) {
      if (word.starts_with('[')) break;
      if (program) options.emplace_back(word);
      if (!program && word.ends_with("/sshd") && !is_judged_sshd(word))
        machine.not_understood("sshd", word);
      program = program || word.ends_with("/sshd");
    }
    // One that serves somebody already says whom, not how it was started.
    if (program && !same_settings(options_in(machine, options, "sshd"), judged))
      machine.not_understood("sshd", join(options, " "));
  }
}

/// Of systemd's unit, or the file that OpenRC's script reads.
StartedWith started_with(const Machine& machine) {
  for (const char* unit : {"ssh.service", "sshd.service"}) {
    auto command = unit_command(machine, unit);
    if (command.empty() || starts_sshd_otherwise(machine, command, unit)) continue;
    command.erase(command.begin());
    return options_in(machine, command, unit);
  }
  for (const char* path :
       {"/etc/conf.d/sshd", "/etc/default/ssh", "/etc/sysconfig/ssh", "/etc/sysconfig/sshd"}) {
    const auto text = machine.read(path);
    if (!text) continue;
    auto values = parse_assignments(*text);
    std::vector<std::string> given;
    for (const char* name : {"SSHD_OPTS", "OPTIONS", "sshd_opts"})
      for (const std::string_view word : words(std::string_view(values[name])))
        given.emplace_back(word);
    StartedWith started = options_in(machine, given, path);
    for (const char* name : {"cfgfile", "SSHD_CONFIG"})
      if (!values[name].empty()) started.file = values[name];
    return started;
  }
  return {};
}

constexpr std::array kOtherServers{"dropbear", "dropbearmulti", "tinysshd", "tinysshnoneauthd",
                                   "lshd",     "teleport",      "sshpiperd"};

/// Another SSH server that runs or may start beside OpenSSH's, by settings that aren't read.
void note_other_servers(const Machine& machine) {
  const auto processes = machine.processes();
  for (const char* other : kOtherServers) {
    const bool runs = processes && processes->contains(other);
    if (machine.program(other).empty() && !runs) continue;
    const std::string unit = std::string(other) + ".service";
    const UnitState state = unit_state(machine, unit);
    const bool asleep = state == UnitState::disabled || state == UnitState::masked;
    if (runs || !asleep ||
        unit_state(machine, std::string(other) + ".socket") == UnitState::enabled)
      machine.gap(unknown(
          fmt::format("SSH サーバー {} もあり、その設定は読めません。root とパスワードを断る設定"
                      "か確かめてください",
                      other),
          fmt::format("the SSH server {} is there too, and its settings are not read; see that it "
                      "refuses root and passwords",
                      other)));
  }
  // Tailscale has a server of its own ("tailscale up --ssh"), set from its console.
  if (processes && processes->contains("tailscaled"))
    if (const auto state = machine.read("/var/lib/tailscale/tailscaled.state");
        !state || state->contains("RunSSH\":true"))
      machine.not_understood("tailscaled", "--ssh");
}

/// What sshd says of the people here who come from the internet; files alone may be misread.
void ask_of_people(const Machine& machine, std::vector<std::string> question,
                   SshdSettings& settings) {
  constexpr std::size_t kMost = 4;
  std::vector<std::string> names{"root"};
  if (const auto accounts = machine.accounts())
    for (const Account& one : *accounts)
      if (names.size() < kMost && one.uid >= 1000 && has_shell(one) && !one.name.contains(','))
        names.push_back(one.name);
  question.insert(question.end(), {"-C", ""});
  for (const std::string& name : names) {
    question.back() = fmt::format("user={},host=h.example,addr=203.0.113.77", name);
    if (const auto answer = machine.run(question); answer && answer->exit_code == 0)
      settings.told_of(name, answer->out);
  }
}

constexpr std::array<const char*, 4> kMain{"/etc/ssh/sshd_config", "/usr/etc/ssh/sshd_config",
                                           "/etc/sshd_config", "/usr/local/etc/ssh/sshd_config"};

}  // namespace

SshdFile parse_sshd_config(std::string_view text) {
  SshdFile file;
  std::size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    while (!line.empty() && kBlanks.contains(line.back())) line.remove_suffix(1);
    while (!line.empty() && kBlanks.contains(line.front())) line.remove_prefix(1);
    if (line.empty() || line[0] == '#') continue;
    std::string name;
    if (line[0] == '"') {
      const std::size_t end = line.find('"', 1);
      if (end == std::string_view::npos) {
        file.broken.push_back(number);
        continue;
      }
      name = lower(line.substr(1, end - 1));
      line.remove_prefix(end + 1);
    } else {
      const std::size_t end = std::min(line.find_first_of(" \t\f="), line.size());
      name = lower(line.substr(0, end));
      line.remove_prefix(end);
    }
    // One '=' may stand between a name and its value.
    while (!line.empty() && kBlanks.contains(line.front())) line.remove_prefix(1);
    if (line.starts_with('=')) line.remove_prefix(1);
    SshdDirective directive{newest_name(std::move(name)), {}, number};
    if (!split_arguments(line, directive.words) || directive.words.empty())
      file.broken.push_back(number);
    else
      file.directives.push_back(std::move(directive));
  }
  return file;
}

void SshdSettings::told(std::string_view output) {
  for (const std::string_view line : split(output, '\n')) {
    const std::size_t blank = line.find(' ');
    if (blank != std::string_view::npos)
      told_.emplace(std::string(line.substr(0, blank)), lower(trim(line.substr(blank + 1))));
  }
}

void SshdSettings::told_of(const std::string& user, std::string_view output) {
  for (const std::string_view line : split(output, '\n')) {
    const std::size_t blank = line.find(' ');
    if (blank != std::string_view::npos)
      of_people_.emplace(std::string(line.substr(0, blank)),
                         Decided{lower(trim(line.substr(blank + 1))), "sshd -T -C user=" + user});
  }
}

bool SshdSettings::matches() const {
  return std::ranges::any_of(settings_,
                             [](const auto& entry) { return entry.second.match.has_value(); });
}

Decided SshdSettings::global(const std::string& name, std::string_view otherwise) const {
  const auto [first, last] = settings_.equal_range(name);
  const auto written = std::find_if(first, last, [](const auto& entry) {
    return !entry.second.match || entry.second.match->everyone;
  });
  const bool any = written != last;
  if (const auto said = told_.find(name); said != told_.end())
    return {said->second, !any ? "sshd -T"
                          : written->second.value == said->second
                              ? written->second.place
                              : disagreement("sshd -T", said->second, written->second.place,
                                             written->second.value)};
  if (any) return {written->second.value, written->second.place};
  return {std::string(otherwise), {}};
}

std::vector<Decided> SshdSettings::possible(const std::string& name,
                                            std::string_view otherwise) const {
  std::vector<Decided> values;
  const auto [begin, end] = of_people_.equal_range(name);
  for (auto at = begin; at != end; ++at)
    if (name != "permitrootlogin" || at->second.place.ends_with("user=root"))
      values.push_back(at->second);
  std::set<std::string> had;
  const auto [first, last] = settings_.equal_range(name);
  for (auto at = first; at != last; ++at) {
    const SshdSetting& setting = at->second;
    if (!setting.match || !had.insert(setting.match->criteria).second) continue;
    if (name == "permitrootlogin" && leaves_out_root(*setting.match)) continue;
    values.push_back({setting.value, setting.place});
    // A block for everyone leaves nothing to those below it, nor to what stands outside of blocks.
    if (setting.match->everyone) return values;
  }
  values.push_back(global(name, otherwise));
  return values;
}

std::expected<SshdSettings, Finding> sshd_settings(const Machine& machine) {
  const std::string program = machine.program("sshd");
  if (program.empty()) {
    for (const char* other : kOtherServers)
      if (!machine.program(other).empty())
        return std::unexpected(unknown(
            fmt::format(
                "SSH サーバー {} の設定は読めません。root とパスワードを断る設定か確かめてください",
                other),
            fmt::format("settings of the SSH server {} are not read; see that it refuses root and "
                        "passwords",
                        other)));
    const auto processes = machine.processes();
    if (processes && (processes->contains("sshd") || processes->contains("dropbear")))
      return std::unexpected(unknown("SSH サーバーが動いていますが、どこにあるか分かりません",
                                     "an SSH server runs, but where it is installed is not known"));
    return std::unexpected(
        not_applicable("SSH サーバーは入っていません", "no SSH server is installed"));
  }
  SshdSettings settings;
  const StartedWith started = started_with(machine);
  note_other_units(machine, started);
  note_other_processes(machine, started);
  note_other_servers(machine);
  for (const std::string& option : started.options)
    for (const SshdDirective& directive : parse_sshd_config(option).directives)
      settings.add(directive.name, {lower(directive.value()), "sshd -o", std::nullopt});
  std::string main = started.file;
  if (main.empty())
    for (const char* path : kMain)
      if (main.empty() && machine.exists(path)) main = path;
  if (main.empty()) return std::unexpected(unreadable(kMain[0], FileProblem::missing));
  SshdReader(machine, settings).read(main, std::nullopt, 0);
  if (!machine.live()) return settings;
  // sshd itself: it wants root, to read its host keys.
  std::vector<std::string> question{program, "-T", "-f", main};
  for (const std::string& option : started.options) question.insert(question.end(), {"-o", option});
  const auto answer = machine.run(question);
  if (answer && answer->exit_code == 0) settings.told(answer->out);
  if (settings.matches()) ask_of_people(machine, question, settings);
  return settings;
}

}  // namespace sekisho
