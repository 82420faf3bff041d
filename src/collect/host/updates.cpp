// SPDX-License-Identifier: Apache-2.0
// Support and updates.
#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "collect/host/apt_policy.h"
#include "collect/host/clock.h"
#include "collect/host/units.h"
#include "collect/limits.h"
#include "collect/maker.h"
#include "collect/vuln/systems.h"

namespace sekisho {
namespace {

bool has_apt(const Machine& machine) { return machine.exists("/var/lib/dpkg/status"); }

Finding no_apt() {
  return unknown("apt を使わない OS の更新は、まだ確かめられません",
                 "updates of systems without apt cannot be checked yet");
}

/// Ubuntu tells here whether the machine has a contract for extended updates.
bool ubuntu_pro_attached(const Machine& machine) {
  const auto status = machine.read("/var/lib/ubuntu-advantage/status.json");
  if (!status) return false;
  const auto document = parse_json("status.json", *status);
  if (!document || !document->root.is_object()) return false;
  const auto* attached = document->root.as_object().if_contains("attached");
  return attached != nullptr && attached->is_bool() && attached->get_bool();
}

Finding os_support(const Look& look) {
  auto text = look.machine.read("/etc/os-release");
  if (!text) text = look.machine.read("/usr/lib/os-release");
  if (!text) return unreadable("/etc/os-release", text.error());
  auto release = parse_assignments(*text);
  const std::string label =
      printable(release["PRETTY_NAME"].empty() ? release["ID"] : release["PRETTY_NAME"], 80);
  const auto system =
      std::ranges::find(look.guideline.systems, release["ID"], &OperatingSystem::id);
  if (system == look.guideline.systems.end())
    return unknown(
        fmt::format("{} のサポート期間のデータがありません。提供元の案内で確かめてください", label),
        fmt::format("there are no support dates for {}; see its maker's notes", label));
  const Cycle* cycle = look.lists.support().find(system->eol_product, release["VERSION_ID"]);
  if (cycle == nullptr)
    return unknown(fmt::format("{} のバージョンがサポート期間のデータ（{}）にありません", label,
                               format_day(look.lists.support().as_of)),
                   fmt::format("this release of {} is not in the support data of {}", label,
                               format_day(look.lists.support().as_of)));
  const Day today = Calendar::here(look.now).day(look.now);
  if (cycle->supported_on(today)) {
    if (const std::string newer = newer_minor(system->eol_product, release["VERSION_ID"], *cycle);
        !newer.empty())
      return unknown(
          fmt::format("{} には延長更新（EUS）の契約がなければ修正が出ません。{} に更新するか、"
                      "契約を確かめてください",
                      label, newer),
          fmt::format("{} gets no fixes without a contract for extended updates (EUS); update to "
                      "{}, or see to the contract",
                      label, newer));
    const Basis line =
        held_to(look.lists.support(), system->eol_product, *cycle,
                {.place = "/etc/os-release", .seen = release["ID"] + " " + release["VERSION_ID"]});
    if (!cycle->eol)
      return pass(fmt::format("{} はサポート中です", label), fmt::format("{} is supported", label),
                  line);
    const auto left = (*cycle->eol - today).count();
    return pass(fmt::format("{} は {} までサポートされます（あと {} 日）", label,
                            format_day(*cycle->eol), left),
                fmt::format("{} is supported until {} ({} days left)", label,
                            format_day(*cycle->eol), left),
                line);
  }
  const std::string ended = cycle->eol ? format_day(*cycle->eol) : "?";
  const Basis past =
      held_to(look.lists.support(), system->eol_product, *cycle,
              {.place = "/etc/os-release", .seen = release["ID"] + " " + release["VERSION_ID"]});
  look.machine.compared(past.list().front());
  const bool covered =
      system->extended_is_free || (system->id == "ubuntu" && ubuntu_pro_attached(look.machine));
  if (covered && cycle->extended_on(today))
    return pass(
        fmt::format("{} の通常のサポートは {} に終了し、長期サポート（LTS）が {} "
                    "まで続きます。新しいバージョンへの移行を計画してください",
                    label, ended, format_day(*cycle->extended)),
        fmt::format("regular support of {} ended on {}; long-term support (LTS) goes on "
                    "until {}. Plan to upgrade",
                    label, ended, format_day(*cycle->extended)),
        Compared{.place = "/etc/os-release",
                 .seen = release["ID"] + " " + release["VERSION_ID"],
                 .limit = format_day(*cycle->extended),
                 .by = fmt::format("endoflife.date {} {} LTS", system->eol_product, cycle->name),
                 .day = look.lists.support().as_of});
  return fail(fmt::format("{} のサポートは {} に終了しています", label, ended),
              fmt::format("support of {} ended on {}", label, ended));
}

/// dpkg's packages beside the newest versions of the security archives, as last fetched.
Basis by_lists(const Look& look, std::string seen) {
  const auto fetched = lists_fetched(look.machine);
  return Compared{
      .place = "/var/lib/dpkg/status",
      .seen = std::move(seen),
      .by = "/var/lib/apt/lists (security)",
      .day = fetched ? std::optional(Calendar::here(*fetched).day(*fetched)) : std::nullopt};
}

Finding security_updates(const Look& look) {
  if (!has_apt(look.machine)) return no_apt();
  const auto& packages = look.machine.packages();
  if (!packages) return unreadable("/var/lib/dpkg/status", packages.error());
  const auto& index = look.security.of(look.machine);
  if (!index) return index.error();
  std::vector<std::string> pending;
  for (const auto& [name, package] : packages->by_name)
    if (pending_version(package, *index)) pending.push_back(name);
  for (const std::string& name : pending)
    for (auto [one, end] = packages->by_name.equal_range(name); one != end; ++one)
      if (const auto newer = pending_version(one->second, *index))
        look.machine.compared({.place = "/var/lib/dpkg/status",
                               .seen = name + " " + one->second.version,
                               .limit = ">= " + *newer,
                               .by = "/var/lib/apt/lists (security)"});
  if (!pending.empty())
    return fail(
        fmt::format("{} 件のセキュリティ更新が当たっていません: {}", pending.size(),
                    listed(pending)),
        fmt::format("{} security updates are not installed: {}", pending.size(), listed(pending)));
  return by_archives(
      look,
      pass(fmt::format("知られているセキュリティ更新はすべて当たっています（{} 個のパッケージ）",
                       packages->by_name.size()),
           fmt::format("all known security updates are installed ({} packages)",
                       packages->by_name.size()),
           by_lists(look,
                    fmt::format("{} / {}", packages->by_name.size(), packages->by_name.size()))));
}

Finding package_lists_age(const Look& look) {
  if (!has_apt(look.machine)) return no_apt();
  const auto fetched = lists_fetched(look.machine);
  look.machine.compared("/var/lib/apt/*", fetched ? format_time(*fetched) : "-",
                        fmt::format("<= {} d", kOldestPackageLists.count()));
  if (!fetched)
    return fail("更新情報を一度も取っていません", "the package lists were never fetched");
  const auto age = std::chrono::floor<std::chrono::days>(look.now - *fetched).count();
  if (look.now - *fetched > kOldestPackageLists)
    return fail(fmt::format("更新情報は {} 日前のものです", age),
                fmt::format("the package lists are {} days old", age));
  return pass(fmt::format("更新情報は {} に取りました", format_time(*fetched)),
              fmt::format("the package lists were fetched at {}", format_time(*fetched)));
}

constexpr GapDays kSeldom = 7;  // days between two runs

/// Why a timer, and what it starts, doesn't do its work once a week at least.
std::optional<Finding> timer_fault(const Look& look, const char* timer, Programs programs) {
  const TimerWork work =
      Units(look.machine).timer(timer, programs, Calendar::here(look.now).day(look.now));
  note_unit(look.machine, timer);
  switch (work.state) {
    case UnitState::missing:
      return unknown(
          fmt::format("{} が見つからず、自動更新がいつ動くか分かりません", timer),
          fmt::format("{} was not found; what runs automatic updates is not known", timer));
    case UnitState::masked:
    case UnitState::disabled:
      return fail(fmt::format("{} が止められています", timer),
                  fmt::format("{} does not run", timer));
    case UnitState::changed:
      return fail(fmt::format("{} が更新しないように変えられています", timer),
                  fmt::format("{} was changed so that it updates nothing", timer));
    case UnitState::enabled: break;
  }
  if (!work.gap)
    return unknown(fmt::format("{} がいつ動くか読み解けません", timer),
                   fmt::format("when {} is due is not understood", timer));
  if (*work.gap == kNever)
    return fail(fmt::format("{} の日時は来ません", timer), fmt::format("{} is never due", timer));
  if (*work.gap > kSeldom)
    return fail(fmt::format("更新は {} 日に一度だけです（{}）", *work.gap, timer),
                fmt::format("updates come only every {} days ({})", *work.gap, timer));
  return std::nullopt;
}

Finding dnf_automatic(const Look& look) {
  const Machine& machine = look.machine;
  const auto text = machine.read("/etc/dnf/automatic.conf");
  const auto lines = parse_ini(text.value_or(""));
  const std::string apply = lower(ini_value(lines, "commands", "apply_updates").value_or("-"));
  const bool applies = apply == "yes" || apply == "true" || apply == "1" || apply == "on";
  machine.compared(line_of("/etc/dnf/automatic.conf", text.value_or(""), "apply_updates"),
                   "apply_updates=" + apply, "yes");
  // The second installs whatever the file says.
  std::optional<Finding> fault;
  for (const char* timer :
       {"dnf-automatic.timer", "dnf5-automatic.timer", "dnf-automatic-install.timer"}) {
    if (!applies && timer != std::string_view("dnf-automatic-install.timer")) continue;
    fault = timer_fault(look, timer, {"dnf-automatic", "dnf", "dnf5"});
    if (!fault) break;
    if (fault->verdict == Verdict::fail && applies) break;
  }
  if (fault || !applies) {
    if (fault && fault->verdict == Verdict::fail && applies) return *fault;
    return fail("dnf-automatic が更新を当てる設定になっていません",
                "dnf-automatic is not set to install updates");
  }
  for (const char* path : {"/etc/dnf/automatic.conf", "/etc/dnf/dnf.conf"})
    if (const auto conf = machine.read(path))
      for (const IniLine& line : parse_ini(*conf))
        if (const std::string key = lower(line.key);
            (key == "exclude" || key == "excludepkgs" || key == "includepkgs") &&
            !trim(std::string_view(line.value)).empty())
          return unknown(fmt::format("{} の {} で、当たらない更新があるかもしれません", path, key),
                         fmt::format("{} in {} may keep updates back", key, path));
  for (const char* path : {"/etc/dnf/plugins/versionlock.list", "/etc/dnf/versionlock.toml"})
    if (const auto locks = machine.read(path))
      for (const std::string_view line : split(*locks, '\n'))
        if (!trim(line).empty() && !trim(line).starts_with('#'))
          return unknown(fmt::format("{} でバージョンが固定されています", path),
                         fmt::format("versions are locked in {}", path));
  return pass("dnf-automatic が更新を当てます", "dnf-automatic installs updates");
}

/// apt.systemd.daily: whatever isn't a whole number of days counts as never.
std::optional<Finding> period_fault(const Machine& machine, const AptSettings& settings) {
  const auto value = [&](const char* name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
  };
  for (const char* name :
       {"apt::periodic::update-package-lists", "apt::periodic::unattended-upgrade"}) {
    const std::string every = value(name);
    const auto days = every == "always" ? 1 : whole_number(every);
    const std::string_view start =
        every.empty() ? std::string_view() : std::string_view(every).substr(0, every.size() - 1);
    const bool unit = every.size() > 1 && std::string_view("smhd").contains(every.back()) &&
                      whole_number(start) > 0;
    const double span = unit ? span_in_days(every).value_or(0) : static_cast<double>(days);
    machine.compared("/etc/apt/apt.conf*", fmt::format("{} \"{}\"", name, every),
                     fmt::format("1 - {}, always", kSeldom));
    if (days <= 0 && !unit)
      return fail("unattended-upgrades は入っていますが、有効ではありません（APT::Periodic）",
                  "unattended-upgrades is installed but not enabled (APT::Periodic)");
    if (span > kSeldom)
      return fail(fmt::format("更新は {:.0f} 日に一度だけです（{}）", span, name),
                  fmt::format("updates come only every {:.0f} days ({})", span, name));
  }
  const std::string enable = value("apt::periodic::enable");
  machine.compared("/etc/apt/apt.conf*", fmt::format("apt::periodic::enable \"{}\"", enable), "!0");
  // The script compares numbers: any other word stops it as well.
  if (!enable.empty() && whole_number(enable) <= 0)
    return fail("APT::Periodic::Enable が 0 で、自動更新が切られています",
                "APT::Periodic::Enable is 0, which turns automatic updates off");
  return std::nullopt;
}

/// The script that both timers start does one half by its word, and both without one.
std::optional<Finding> half_fault(const Machine& machine, const char* service, const char* half) {
  const Units units(machine);
  if (units.file(service).empty()) return std::nullopt;  // which its timer's look noted
  for (const Decided& command : units.list(service, "Service", "ExecStart")) {
    const std::vector<std::string> parts = units.words_of(service, command);
    const auto script = std::ranges::find_if(parts, [](const std::string& part) {
      return part.ends_with("/apt.systemd.daily") || part == "apt.systemd.daily";
    });
    // Wrapped in another program; that is noted where the unit is looked at.
    if (script == parts.end()) continue;
    if (std::next(script) == parts.end() || *std::next(script) == half) return std::nullopt;
    machine.compared(command.place, printable(command.value, 60), half);
  }
  return fail(fmt::format("{} が「{}」を行いません", service, half),
              fmt::format("{} does not {}", service, half));
}

/// What starts the updates: two timers, or without systemd a script of cron's.
std::optional<Finding> start_fault(const Look& look) {
  const Machine& machine = look.machine;
  const bool systemd = !machine.program("systemctl").empty() ||
                       machine.exists("/run/systemd/system") ||
                       unit_state(machine, "apt-daily.timer") != UnitState::missing;
  if (!systemd && machine.exists("/etc/cron.daily/apt-compat")) {
    for (const ClockJob& job : clock_jobs(machine, look.now).all)
      if (job.place == "/etc/cron.daily/apt-compat") {
        machine.compared(job.place, job.runs == ClockJob::Runs::yes ? "by cron" : job.why.en,
                         "by cron");
        if (job.runs == ClockJob::Runs::yes && job.gap && *job.gap <= kSeldom) return std::nullopt;
        if (job.runs == ClockJob::Runs::no)
          return fail(fmt::format("自動更新が動きません（{}）", job.why.ja),
                      fmt::format("automatic updates do not run ({})", job.why.en));
      }
    return unknown("cron が自動更新を動かすか分かりません",
                   "whether cron runs automatic updates is not known");
  }
  if (auto fault = timer_fault(look, "apt-daily.timer", {"apt.systemd.daily"})) return fault;
  if (auto fault = timer_fault(look, "apt-daily-upgrade.timer", {"apt.systemd.daily"}))
    return fault;
  if (auto fault = half_fault(machine, "apt-daily.service", "update")) return fault;
  return half_fault(machine, "apt-daily-upgrade.service", "install");
}

Finding automatic_updates(const Look& look) {
  const Machine& machine = look.machine;
  if (machine.exists("/etc/dnf/automatic.conf")) return dnf_automatic(look);
  if (!has_apt(machine)) return no_apt();
  const auto& packages = machine.packages();
  if (!packages) return unreadable("/var/lib/dpkg/status", packages.error());
  const Package* upgrades = packages->find("unattended-upgrades");
  machine.compared("/var/lib/dpkg/status",
                   "unattended-upgrades " + (upgrades == nullptr ? "-" : upgrades->version),
                   ">= 0");
  if (upgrades == nullptr)
    return fail("unattended-upgrades が入っていません", "unattended-upgrades is not installed");
  const AptSettings settings = apt_settings(machine);
  if (auto fault = period_fault(machine, settings)) return *fault;
  if (auto fault = start_fault(look)) return *fault;
  if (auto fault = updates_kept_back(machine, settings)) return *fault;
  return pass("unattended-upgrades が毎日更新を当てます",
              "unattended-upgrades installs updates daily");
}

Finding reboot_required(const Look& look) {
  const Machine& machine = look.machine;
  const bool required = machine.exists("/run/reboot-required");
  note_count(machine, "/run/*", "reboot-required", required ? 1 : 0, "0");
  if (required)
    return fail("更新を効かせるための再起動が残っています",
                "a restart is due for updates to take effect");
  std::string newest;
  if (const auto names = machine.list("/boot"))
    for (const std::string& name : *names) {
      if (!name.starts_with("vmlinuz-")) continue;
      const std::string version = name.substr(8);
      // Arch's "linux" and Alpine's "lts" say nothing of the version.
      if (version.empty() || version[0] < '0' || version[0] > '9') continue;
      if (newest.empty() || compare_versions(newest, version) < 0) newest = version;
    }
  if (newest.empty()) {
    for (const char* folder : {"/lib/modules", "/usr/lib/modules", "/boot", "/nix/store"})
      if (const auto names = machine.list(folder); names && !names->empty())
        return unknown("入っているカーネルのバージョンが分かりません",
                       "which kernel is installed is not known");
    return not_applicable("カーネルはこのマシンの外から与えられています",
                          "the kernel comes from outside this machine");
  }
  const auto running = machine.read("/proc/sys/kernel/osrelease");
  if (!running) return unreadable("/proc/sys/kernel/osrelease", running.error());
  const std::string release(trim(*running));
  machine.compared("/proc/sys/kernel/osrelease", release, fmt::format(">= {} (/boot)", newest));
  if (compare_versions(release, newest) < 0)
    return fail(fmt::format("動いているカーネルは {}、入っている最新は {} です", release, newest),
                fmt::format("the running kernel is {}, the newest installed {}", release, newest));
  return pass(fmt::format("最新のカーネル {} で動いています", release),
              fmt::format("running the newest kernel {}", release));
}

/// Notes the places that turn signatures off, and how many there are among all.
void note_loose(const Machine& machine, std::string_view all,
                const std::vector<std::string>& loose) {
  for (const std::string& one : loose)
    machine.compared(one.substr(0, one.find(" (")), "trusted|insecure|weak|gpgcheck=0", "-");
  note_count(machine, all, "without signatures", loose.size(), "0");
}

/// What of pacman.conf(5) lets packages in without a known signature: each section's last word on
/// packages (not databases) counts, over [options]' and over pacman's own "Optional TrustedOnly".
void find_pacman(const Machine& machine, const std::string& path, const std::string& text,
                 std::vector<std::string>& loose) {
  struct Level {
    bool required = false;
    bool trusted = true;
  };
  std::map<std::string, Level> sections{{"options", {}}};
  std::vector<std::string> repositories;
  for (const IniLine& line : parse_ini(text)) {
    const auto [at, added] = sections.try_emplace(line.section, sections.at("options"));
    if (added) repositories.push_back(line.section);
    const std::string key = lower(line.key);
    // Servers are what is included in a section of packages.
    if (key == "include" && line.section == "options") machine.not_understood(path, line.key);
    if (key != "siglevel") continue;
    for (const std::string_view given : words(line.value)) {
      std::string word = lower(given);
      if (word.starts_with("database")) continue;
      if (word.starts_with("package")) word.erase(0, 7);
      if (word == "never" || word == "optional") at->second.required = false;
      if (word == "required") at->second.required = true;
      if (word == "trustall") at->second.trusted = false;
      if (word == "trustedonly") at->second.trusted = true;
    }
  }
  if (repositories.empty()) repositories.emplace_back("options");
  for (const std::string& name : repositories)
    if (const Level& level = sections.at(name); !level.required || !level.trusted)
      loose.push_back(fmt::format("{} ([{}] SigLevel)", path, printable(name, 40)));
}

/// Package managers other than apt, and what of them turns signatures off.
std::optional<Finding> other_sources(const Machine& machine) {
  std::vector<std::string> paths = files_in(machine, "/etc/yum.repos.d", ".repo");
  std::ranges::copy(files_in(machine, "/etc/zypp/repos.d", ".repo"), std::back_inserter(paths));
  for (const char* path : {"/etc/dnf/dnf.conf", "/etc/yum.conf", "/etc/pacman.conf"})
    if (machine.exists(path)) paths.emplace_back(path);
  std::vector<std::string> loose;
  for (const std::string& path : paths) {
    const auto text = machine.read(path);
    if (!text) continue;
    if (path.ends_with("pacman.conf")) find_pacman(machine, path, *text, loose);
    for (const IniLine& line : parse_ini(*text)) {
      const std::string key = lower(line.key);
      const std::string value = lower(line.value);
      if ((key == "gpgcheck" || key == "pkg_gpgcheck") &&
          (value == "0" || value == "no" || value == "false" || value == "off"))
        loose.push_back(fmt::format("{} ({}={})", path, line.key, printable(line.value, 20)));
    }
  }
  note_loose(machine, "/etc/yum.repos.d, /etc/zypp, /etc/pacman.conf *", loose);
  if (!loose.empty())
    return fail(fmt::format("署名を確かめない設定があります: {}", listed(loose)),
                fmt::format("signatures are not checked: {}", listed(loose)));
  if (!paths.empty() || machine.exists("/etc/apk") || machine.exists("/etc/nix") ||
      machine.exists("/nix/store"))
    return unknown("apt を使わないシステムの入手元は、まだ確かめられません",
                   "sources of systems without apt cannot be checked yet");
  return std::nullopt;
}

Finding package_sources(const Look& look) {
  const Machine& machine = look.machine;
  if (!machine.exists("/etc/apt")) {
    if (auto other = other_sources(machine)) return *other;
    return unknown("ソフトの入手元を管理する仕組みが分かりません",
                   "what manages this system's packages is not known");
  }
  const AptSettings settings = apt_settings(machine);
  const std::vector<AptSource> sources = apt_sources(machine, settings);
  std::vector<std::string> loose;
  for (const AptSource& source : sources)
    for (const std::string& weakness : source.weakness)
      loose.push_back(fmt::format("{} ({})", source.place, printable(weakness, 40)));
  std::ranges::copy(apt_weaknesses(settings), std::back_inserter(loose));
  note_loose(machine,
             fmt::format("/etc/apt/sources.list, sources.list.d, apt.conf * ({})", sources.size()),
             loose);
  if (!loose.empty())
    return fail(fmt::format("署名を確かめない設定があります: {}", listed(loose)),
                fmt::format("signatures are not checked: {}", listed(loose)));
  const std::vector<std::string> open = apt_open_files(machine, settings, sources);
  for (const std::string& path : open) machine.compared(path, "o+w", "o-w");
  note_count(machine, "/etc/apt/*, /usr/share/keyrings", "writable by others", open.size(), "0");
  if (!open.empty())
    return fail(fmt::format("入手元や鍵をほかの利用者が書き換えられます: {}", listed(open)),
                fmt::format("others may write what decides whom apt trusts: {}", listed(open)));
  return pass("どの入手元も署名を確かめています", "every source is checked by its signature");
}

constexpr std::array kUpdateChecks{
    HostCheck{"os-support", os_support, {"/etc/os-release", "/usr/lib/os-release"}},
    HostCheck{"security-updates", security_updates, {"/var/lib/dpkg/status"}},
    HostCheck{"package-lists-age", package_lists_age, {"/var/lib/apt/"}},
    HostCheck{"automatic-updates",
              automatic_updates,
              {"/etc/apt/apt.conf", "/usr/bin/apt-config", "/etc/dnf/"}},
    HostCheck{"reboot-required", reboot_required, {"/proc/sys/kernel/osrelease"}},
    HostCheck{"package-sources", package_sources, {"/etc/apt/"}},
};

}  // namespace

std::span<const HostCheck> update_checks() { return kUpdateChecks; }

}  // namespace sekisho
