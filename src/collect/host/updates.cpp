// Support and updates.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/host/apt.h"
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
        fmt::format("{} の支援期間のデータがありません。提供元の案内で確かめてください", label),
        fmt::format("there are no support dates for {}; see its maker's notes", label));
  const Cycle* cycle = look.feeds.support.find(system->eol_product, release["VERSION_ID"]);
  if (cycle == nullptr)
    return unknown(fmt::format("{} の版が支援期間のデータ（{}）にありません", label,
                               format_day(look.feeds.support.as_of)),
                   fmt::format("this release of {} is not in the support data of {}", label,
                               format_day(look.feeds.support.as_of)));
  const Day today = day_of(look.now);
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
    if (!cycle->eol && look.feeds.support.stale_on(today))
      return {Verdict::unknown, open_end_is_stale(label, look.feeds.support)};
    if (!cycle->eol)
      return pass(fmt::format("{} は支援中です", label), fmt::format("{} is supported", label));
    const auto left = (*cycle->eol - today).count();
    return pass(fmt::format("{} は {} まで支援されます（あと {} 日）", label,
                            format_day(*cycle->eol), left),
                fmt::format("{} is supported until {} ({} days left)", label,
                            format_day(*cycle->eol), left));
  }
  const std::string ended = cycle->eol ? format_day(*cycle->eol) : "?";
  const bool covered =
      system->extended_is_free || (system->id == "ubuntu" && ubuntu_pro_attached(look.machine));
  if (covered && cycle->extended_on(today))
    return pass(fmt::format("{} の通常の支援は {} に終わり、長期支援（LTS）が {} "
                            "まで続きます。新しい版への移行を計画してください",
                            label, ended, format_day(*cycle->extended)),
                fmt::format("regular support of {} ended on {}; long-term support (LTS) goes on "
                            "until {}. Plan to upgrade",
                            label, ended, format_day(*cycle->extended)));
  return fail(fmt::format("{} の支援は {} に終わっています", label, ended),
              fmt::format("support of {} ended on {}", label, ended));
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
  if (!pending.empty())
    return fail(
        fmt::format("{} 件のセキュリティ更新が当たっていません: {}", pending.size(),
                    listed(pending)),
        fmt::format("{} security updates are not installed: {}", pending.size(), listed(pending)));
  return pass(fmt::format("知られているセキュリティ更新はすべて当たっています（{} 個のパッケージ）",
                          packages->by_name.size()),
              fmt::format("all known security updates are installed ({} packages)",
                          packages->by_name.size()));
}

Finding package_lists_age(const Look& look) {
  constexpr std::chrono::days kOld{7};
  if (!has_apt(look.machine)) return no_apt();
  const auto fetched = lists_fetched(look.machine);
  if (!fetched)
    return fail("更新情報を一度も取っていません", "the package lists were never fetched");
  const auto age = std::chrono::floor<std::chrono::days>(look.now - *fetched).count();
  if (look.now - *fetched > kOld)
    return fail(fmt::format("更新情報は {} 日前のものです", age),
                fmt::format("the package lists are {} days old", age));
  return pass(fmt::format("更新情報は {} に取りました", format_time(*fetched)),
              fmt::format("the package lists were fetched at {}", format_time(*fetched)));
}

/// A unit that is linked to /dev/null never runs.
bool masked(const Machine& machine, const std::string& unit) {
  const auto facts = machine.facts("/etc/systemd/system/" + unit);
  return facts && S_ISCHR(facts->mode);
}

Finding automatic_updates(const Look& look) {
  const Machine& machine = look.machine;
  if (machine.exists("/etc/dnf/automatic.conf")) {
    const auto text = machine.read("/etc/dnf/automatic.conf");
    const bool applies =
        text &&
        lower(ini_value(parse_ini(*text), "commands", "apply_updates").value_or("")) == "yes";
    const bool timer = unit_enabled(machine, "dnf-automatic.timer") ||
                       unit_enabled(machine, "dnf-automatic-install.timer");
    if (applies && timer)
      return pass("dnf-automatic が更新を当てます", "dnf-automatic installs updates");
    return fail("dnf-automatic が更新を当てる設定になっていません",
                "dnf-automatic is not set to install updates");
  }
  if (!has_apt(machine)) return no_apt();
  const auto& packages = machine.packages();
  if (!packages) return unreadable("/var/lib/dpkg/status", packages.error());
  if (packages->find("unattended-upgrades") == nullptr)
    return fail("unattended-upgrades が入っていません", "unattended-upgrades is not installed");
  const auto settings = apt_settings(machine);
  const auto on = [&](const char* name) {
    const auto found = settings.find(name);
    return found != settings.end() && !found->second.empty() && found->second != "0";
  };
  if (!on("apt::periodic::update-package-lists") || !on("apt::periodic::unattended-upgrade"))
    return fail("unattended-upgrades は入っていますが、有効ではありません（APT::Periodic）",
                "unattended-upgrades is installed but not enabled (APT::Periodic)");
  if (masked(machine, "apt-daily.timer") || masked(machine, "apt-daily-upgrade.timer"))
    return fail("apt-daily のタイマーが止められています", "apt-daily's timers are masked");
  return pass("unattended-upgrades が毎日更新を当てます",
              "unattended-upgrades installs updates daily");
}

Finding reboot_required(const Look& look) {
  const Machine& machine = look.machine;
  if (machine.exists("/run/reboot-required"))
    return fail("更新を効かせるための再起動が残っています",
                "a restart is due for updates to take effect");
  std::string newest;
  if (const auto names = machine.list("/boot"))
    for (const std::string& name : *names) {
      if (!name.starts_with("vmlinuz-")) continue;
      const std::string version = name.substr(8);
      if (newest.empty() || compare_versions(newest, version) < 0) newest = version;
    }
  if (newest.empty())
    return not_applicable("カーネルはこのマシンの外から与えられています",
                          "the kernel comes from outside this machine");
  const auto running = machine.read("/proc/sys/kernel/osrelease");
  if (!running) return unreadable("/proc/sys/kernel/osrelease", running.error());
  const std::string release(trim(*running));
  if (compare_versions(release, newest) < 0)
    return fail(fmt::format("動いているカーネルは {}、入っている最新は {} です", release, newest),
                fmt::format("the running kernel is {}, the newest installed {}", release, newest));
  return pass(fmt::format("最新のカーネル {} で動いています", release),
              fmt::format("running the newest kernel {}", release));
}

Finding package_sources(const Look& look) {
  const Machine& machine = look.machine;
  if (!machine.exists("/etc/apt")) return not_applicable("apt を使っていません", "apt is not used");
  std::vector<std::string> loose;
  std::vector<std::string> paths = files_in(machine, "/etc/apt/sources.list.d", ".list");
  if (machine.exists("/etc/apt/sources.list")) paths.emplace_back("/etc/apt/sources.list");
  for (const std::string& path : paths) {
    const auto text = machine.read(path);
    if (!text) return unreadable(path, text.error());
    for (const std::string_view line : split(*text, '\n')) {
      const std::string entry = lower(trim(line));
      const bool active = entry.starts_with("deb ") || entry.starts_with("deb-src ");
      if (active && (entry.contains("trusted=yes") || entry.contains("allow-insecure=yes")))
        loose.push_back(path);
    }
  }
  for (const std::string& path : files_in(machine, "/etc/apt/sources.list.d", ".sources")) {
    const auto text = machine.read(path);
    if (!text) return unreadable(path, text.error());
    each_paragraph(*text, {"Trusted", "Allow-Insecure", "Enabled"}, [&](const Paragraph& fields) {
      if (lower(fields[2]) != "no" && (lower(fields[0]) == "yes" || lower(fields[1]) == "yes"))
        loose.push_back(path);
    });
  }
  for (const auto& [name, value] : apt_settings(machine)) {
    const bool skips =
        name == "apt::get::allowunauthenticated" || name == "acquire::allowinsecurerepositories";
    if (skips && value != "0" && lower(value) != "false" && lower(value) != "no")
      loose.push_back(name);
  }
  if (!loose.empty())
    return fail(fmt::format("署名を確かめない設定があります: {}", listed(loose)),
                fmt::format("signatures are not checked: {}", listed(loose)));
  return pass("どの入手元も署名を確かめています", "every source is checked by its signature");
}

constexpr std::array kChecks{
    HostCheck{"os-support", os_support},
    HostCheck{"security-updates", security_updates},
    HostCheck{"package-lists-age", package_lists_age},
    HostCheck{"automatic-updates", automatic_updates},
    HostCheck{"reboot-required", reboot_required},
    HostCheck{"package-sources", package_sources},
};

}  // namespace

std::span<const HostCheck> update_checks() { return kChecks; }

}  // namespace sekisho
