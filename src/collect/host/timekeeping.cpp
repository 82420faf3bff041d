// SPDX-License-Identifier: Apache-2.0
// What keeps the clock of a system that doesn't run here.
#include <sys/timex.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/host/units.h"

namespace sekisho {
namespace {

/// The kernel itself knows whether something keeps its clock (adjtimex(2), STA_UNSYNC).
Finding kernel_clock(const Machine& machine) {
  timex state{};
  if (::adjtimex(&state) < 0)
    return unknown("カーネルの時計の状態を読めません", "the kernel's clock state cannot be read");
  const bool unset = (static_cast<unsigned>(state.status) & static_cast<unsigned>(STA_UNSYNC)) != 0;
  machine.compared({.source = Compared::Source::system,
                    .what = {"時計（adjtimex）", "the clock (adjtimex)"},
                    .seen = fmt::format("status=0x{:x}{}, maxerror={} us", state.status,
                                        unset ? " STA_UNSYNC" : "", state.maxerror),
                    .limit = "!STA_UNSYNC"});
  if (unset) return fail("時計が同期されていません", "the clock is not synchronised");
  return pass(
      fmt::format("時計は同期されています（誤差の上限 {} ミリ秒）", state.maxerror / 1000),
      fmt::format("the clock is synchronised (error at most {} ms)", state.maxerror / 1000));
}

/// What a configuration says of where the time comes from.
struct Sources {
  std::size_t count = 0;
  std::string place;
  bool read = false;       // the configuration was there
  bool forbids = false;    // and says that the clock is left alone
  std::size_t clocks = 0;  // that are fed by something else
};

/// Whether a server is another machine's, is asked, and counts (chrony.conf(5): offline, noselect;
/// polled at least every 2^17 s, a day and a half).
bool gives_time(const std::vector<std::string_view>& parts) {
  constexpr std::int64_t kLongestPoll = 17;
  const std::string host = lower(parts[1]);
  if (host == "localhost" || host.starts_with("127.") || host == "::1" || host == "0.0.0.0")
    return false;
  for (std::size_t i = 2; i < parts.size(); ++i) {
    if (parts[i] == "offline" || parts[i] == "noselect") return false;
    if (parts[i] == "minpoll" && i + 1 < parts.size() && whole_number(parts[i + 1]) > kLongestPoll)
      return false;
  }
  return true;
}

/// Includes of includes; deeper nobody writes them.
constexpr int kDeepestFile = 4;

/// chrony.conf(5): servers, pools, peers and clocks of its own, in the files that it names too.
void chrony_sources(const Machine& machine, const std::string& path, int depth, Sources& into) {
  const auto text = machine.read(path);
  if (!text || depth > kDeepestFile) return;
  into.read = true;
  std::size_t number = 0;
  for (const std::string_view line : split(std::string_view(*text), '\n')) {
    ++number;
    const auto parts = words(line);
    if (parts.size() < 2 || std::string_view("#!;%").contains(parts[0][0])) continue;
    const std::string key = lower(parts[0]);
    if (key == "server" || key == "pool" || key == "peer") {
      if (!gives_time(parts)) continue;
      ++into.count;
      into.place = fmt::format("{}:{}", path, number);
    } else if (key == "refclock") {
      // A clock of its own, which may be there or not.
      ++into.clocks;
      if (into.place.empty()) into.place = fmt::format("{}:{}", path, number);
    } else if (key == "maxchange") {
      machine.not_understood(fmt::format("{}:{}", path, number), line);
    } else if (key == "include") {
      if (parts[1].find_first_of("*?[") != std::string_view::npos)
        machine.not_understood(fmt::format("{}:{}", path, number), line);
      chrony_sources(machine, std::string(parts[1]), depth + 1, into);
    } else if (key == "sourcedir" || key == "confdir") {
      for (std::size_t i = 1; i < parts.size(); ++i)
        for (const std::string& file :
             files_in(machine, std::string(parts[i]), key == "confdir" ? ".conf" : ".sources"))
          chrony_sources(machine, file, depth + 1, into);
    }
  }
}

/// ntp.conf(5): the last word on "ntp" counts, and 127.127.1.x is the machine's own clock.
void ntp_sources(const Machine& machine, const std::string& path, int depth, Sources& into) {
  const auto text = machine.read(path);
  if (!text || depth > kDeepestFile) return;
  into.read = true;
  std::size_t number = 0;
  for (const std::string_view line : split(std::string_view(*text), '\n')) {
    ++number;
    const auto parts = words(line.substr(0, line.find('#')));
    if (parts.size() < 2) continue;
    const std::string_view key = parts[0];
    const bool own = std::ranges::any_of(
        parts, [](std::string_view part) { return part.starts_with("127.127.1."); });
    if ((key == "server" || key == "pool" || key == "peer" || key == "refclock" ||
         key == "broadcastclient" || key == "multicastclient") &&
        !own) {
      ++into.count;
      into.place = fmt::format("{}:{}", path, number);
    } else if (key == "includefile") {
      ntp_sources(machine, std::string(parts[1]), depth + 1, into);
    } else if (key == "disable" || key == "enable") {
      for (std::size_t i = 1; i < parts.size(); ++i)
        if (parts[i] == "ntp") into.forbids = key == "disable";
    }
  }
}

void openntpd_sources(const Machine& machine, const std::string& path, Sources& into) {
  const auto text = machine.read(path);
  if (!text) return;
  into.read = true;
  std::size_t number = 0;
  for (const std::string_view line : split(std::string_view(*text), '\n')) {
    ++number;
    const auto parts = words(line.substr(0, line.find('#')));
    if (parts.size() < 2 || (parts[0] != "server" && parts[0] != "servers" && parts[0] != "sensor"))
      continue;
    ++into.count;
    into.place = fmt::format("{}:{}", path, number);
  }
}

/// timesyncd has servers of its maker's to fall back on, until FallbackNTP= takes them away; those
/// of networks come with the networks.
void timesyncd_sources(const Machine& machine, Sources& into) {
  constexpr const char* kFile = "systemd/timesyncd.conf";
  into.read = true;
  into.place = "systemd/timesyncd.conf*";
  into.count = 1;
  bool fallback = true;
  bool own = false;
  for (const Decided& one : systemd_settings(machine, kFile, "Time", "FallbackNTP")) {
    fallback = !one.value.empty();
    into.place = one.place;
  }
  for (const Decided& one : systemd_settings(machine, kFile, "Time", "NTP")) {
    own = !one.value.empty();
    into.place = one.place;
  }
  if (!fallback && !own) into.count = 0;
}

enum class Kind : std::uint8_t { timesyncd, chrony, ntp, openntpd };

struct Keeper {
  const char* unit;
  const char* program;
  Kind kind;
  std::array<const char*, 2> files;
};
constexpr std::array kKeepers{
    Keeper{"systemd-timesyncd.service", "systemd-timesyncd", Kind::timesyncd, {}},
    Keeper{
        "chrony.service", "chronyd", Kind::chrony, {"/etc/chrony/chrony.conf", "/etc/chrony.conf"}},
    Keeper{"chronyd.service",
           "chronyd",
           Kind::chrony,
           {"/etc/chrony.conf", "/etc/chrony/chrony.conf"}},
    Keeper{"ntp.service", "ntpd", Kind::ntp, {"/etc/ntp.conf", "/etc/ntpsec/ntp.conf"}},
    Keeper{"ntpd.service", "ntpd", Kind::ntp, {"/etc/ntp.conf", "/etc/ntpsec/ntp.conf"}},
    Keeper{"ntpsec.service", "ntpd", Kind::ntp, {"/etc/ntpsec/ntp.conf", "/etc/ntp.conf"}},
    Keeper{
        "openntpd.service", "ntpd", Kind::openntpd, {"/etc/openntpd/ntpd.conf", "/etc/ntpd.conf"}}};

/// A letter among the short options that a command line begins with: "-x", "-4x".
bool has_option(const std::vector<std::string>& command, char letter) {
  return std::ranges::any_of(command, [&](const std::string& word) {
    return word.size() > 1 && word[0] == '-' && word[1] != '-' &&
           word.find(letter) != std::string::npos && word.find('/') == std::string::npos;
  });
}

/// The file that a command names after an option.
std::string named_file(const std::vector<std::string>& command, std::string_view option) {
  for (std::size_t i = 0; i < command.size(); ++i) {
    if (command[i] == option && i + 1 < command.size()) return command[i + 1];
    if (command[i].starts_with(option) && command[i].size() > option.size())
      return command[i].substr(option.size());
  }
  return {};
}

/// Debian's units start ntpd through a script that reads /etc/default.
constexpr std::array kWrapped{"ntp-systemd-wrapper"};

Sources sources_of(const Machine& machine, const Keeper& keeper,
                   const std::vector<std::string>& command) {
  Sources found;
  if (keeper.kind == Kind::timesyncd) {
    timesyncd_sources(machine, found);
    return found;
  }
  const std::string named =
      named_file(command, keeper.kind == Kind::ntp ? std::string_view("-c") : "-f");
  std::vector<std::string> files(keeper.files.begin(), keeper.files.end());
  if (!named.empty()) files = {named};
  for (const std::string& file : files) {
    if (found.read) break;
    if (keeper.kind == Kind::chrony) chrony_sources(machine, file, 0, found);
    if (keeper.kind == Kind::ntp) ntp_sources(machine, file, 0, found);
    if (keeper.kind == Kind::openntpd) openntpd_sources(machine, file, found);
  }
  return found;
}

/// chronyd's -x and -Q leave the clock alone, its -q and ntpd's set it once; ntpd's -n and -d are
/// about its process only.
bool leaves_clock(const Keeper& keeper, const std::vector<std::string>& command) {
  if (keeper.kind == Kind::chrony)
    return has_option(command, 'x') || has_option(command, 'Q') || has_option(command, 'q');
  return keeper.kind == Kind::ntp && has_option(command, 'q');
}

Finding judge(const Machine& machine, const Keeper& keeper) {
  const std::vector<std::string> command = unit_command(machine, keeper.unit);
  if (leaves_clock(keeper, command)) {
    machine.compared(keeper.unit, printable(join(command, " "), 80), "-x, -q, -Q: no");
    return fail(fmt::format("{} は時計を合わせない指定で動きます", keeper.unit),
                fmt::format("{} is told to leave the clock alone", keeper.unit));
  }
  const Sources sources = sources_of(machine, keeper, command);
  if (!sources.read)
    return unknown(fmt::format("{} の設定ファイルが見つかりません", keeper.unit),
                   fmt::format("the configuration of {} was not found", keeper.unit));
  machine.compared(sources.place.empty() ? keeper.files[0] : sources.place,
                   fmt::format("{}: sources {}{}", keeper.program, sources.count,
                               sources.forbids ? ", disable ntp" : ""),
                   ">= 1");
  if (sources.forbids)
    return fail(fmt::format("{} は時計を合わせない設定です（disable ntp）", keeper.unit),
                fmt::format("{} is set not to keep the clock (disable ntp)", keeper.unit));
  if (sources.count == 0 && sources.clocks > 0)
    return unknown(
        fmt::format("{} は外付けの時計だけに合わせます。それがあるか確かめてください", keeper.unit),
        fmt::format("{} follows clocks of its own alone; see that they are there", keeper.unit));
  if (sources.count == 0)
    return fail(fmt::format("{} に時刻の入手元がありません", keeper.unit),
                fmt::format("{} has no source of time", keeper.unit));
  return pass(fmt::format("{} が有効です", keeper.unit), fmt::format("{} is enabled", keeper.unit));
}

}  // namespace

Finding time_sync(const Look& look) {
  const Machine& machine = look.machine;
  if (machine.live()) {
    machine.saw("adjtimex");
    return kernel_clock(machine);
  }
  if (machine.container())
    return not_applicable("時計は親のマシンのものです", "the clock is the host's");
  std::vector<const Keeper*> at_work;
  const Units units(machine);
  for (const Keeper& keeper : kKeepers) {
    // chrony.service and chronyd.service are two names of one.
    const std::string file = units.file(keeper.unit);
    const std::string target = machine.link_target(file);
    if (target.ends_with(".service")) continue;
    if (note_unit(machine, keeper.unit, {keeper.program, kWrapped[0]}) == UnitState::enabled)
      at_work.push_back(&keeper);
  }
  if (at_work.size() > 1)
    return unknown(fmt::format("{} と {} がともに起動し、どちらが時計を合わせるか分かりません",
                               at_work[0]->unit, at_work[1]->unit),
                   fmt::format("{} and {} both start; which of them keeps the clock is not known",
                               at_work[0]->unit, at_work[1]->unit));
  if (at_work.size() == 1) return judge(machine, *at_work.front());
  if (machine.exists("/etc/runlevels") || machine.exists("/nix/store"))
    return unknown("systemd を使わないシステムのサービスは、まだ確かめられません",
                   "services of systems without systemd cannot be checked yet");
  return fail("時計を合わせるサービスが有効ではありません",
              "no service that keeps the clock is enabled");
}

}  // namespace sekisho
