// SPDX-License-Identifier: Apache-2.0
// Updates of Windows: whether any come, whether all that came are in, and how fresh that word is.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "collect/inventory/inventory.h"
#include "collect/limits.h"
#include "collect/maker.h"
#include "collect/windows/judges.h"

namespace sekisho::judge {
namespace {

/// The last revisions that everybody got; a higher one is of extended support that was paid for.
/// Windows 10 22H2: KB5066791 of 2025-10-14.
struct LastFree {
  std::string_view version;  // with the build alone
  std::int64_t revision;
};
constexpr std::array kLastFree{LastFree{"10.0.19045", 6456}};

constexpr const char* kWindows = R"(HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\)";
constexpr const char* kPolicy = R"(HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate\)";

bool extended_updates_came(const FactsLook& look, std::string_view version) {
  const auto revision = look.number(std::string(kWindows) + "UBR");
  for (const LastFree& last : kLastFree)
    if (version.starts_with(last.version)) return revision && *revision > last.revision;
  return false;
}

/// Whether a moment is too long ago, or lies ahead: a clock that was wrong says nothing.
bool stale(const FactsLook& look, Time moment, std::chrono::days holds) {
  return moment < look.now - holds || moment > look.now + std::chrono::days(1);
}

/// Whether updates are still made for this Windows: nothing when they are.
std::optional<Finding> without_updates(const FactsLook& look) {
  const auto line = support_line(look);
  if (!line) return FactsLook::undecided();
  const SystemSupport support =
      support_of(look.lists.support(), line->name, line->version, day_here(look.now));
  using State = SystemSupport::State;
  if (support.state == State::supported) return std::nullopt;
  if (support.state == State::extended && extended_updates_came(look, line->version))
    return std::nullopt;
  if (support.state == State::unknown)
    return unknown(
        fmt::format("{} のサポート期間が分からず、更新が出ているか分かりません", line->name),
        fmt::format("support of {} is not known, nor whether it still gets updates", line->name));
  const std::string end = support.until ? format_day(*support.until) : "?";
  return fail(fmt::format("{} のサポートは {} に終わり、更新が出ません", line->name, end),
              fmt::format("support of {} ended on {}: no updates come any more", line->name, end));
}

/// Until when the person, or an administrator, lets Windows wait.
std::optional<Finding> paused(const FactsLook& look) {
  const std::string settings = R"(HKLM\SOFTWARE\Microsoft\WindowsUpdate\UX\Settings\)";
  for (const char* name : {"PauseUpdatesExpiryTime", "PauseQualityUpdatesEndTime"}) {
    const std::string until = look.text(settings + name);
    if (until.empty()) continue;
    const auto time = parse_time(until);
    if (!time)
      look.note(fmt::format("一時停止の期限「{}」", printable(until, 40)),
                fmt::format("until when updates are paused ('{}')", printable(until, 40)));
    else if (*time > look.now)
      return fail(fmt::format("更新が {} まで一時停止されています", format_day(day_here(*time))),
                  fmt::format("updates are paused until {}", format_day(day_here(*time))));
  }
  // A policy holds them back for 35 days from a day on (learn.microsoft.com, "Configure Windows
  // Update for Business"; policy-csp-update).
  constexpr std::chrono::days kHeld{35};
  const std::string managed = std::string(kManaged) + R"(Update\)";
  // Windows 10 1607 has no day beside it.
  if (look.number(std::string(kPolicy) + "PauseQualityUpdates") == 1 &&
      !look.given(std::string(kPolicy) + "PauseQualityUpdatesStartTime"))
    return fail("ポリシーで更新が一時停止されています", "a policy pauses updates");
  if (look.number(managed + "PauseQualityUpdates") == 1)
    return fail("管理（MDM）で更新が一時停止されています", "the device management pauses updates");
  for (const std::string& place : {std::string(kPolicy), managed}) {
    const std::string from = look.text(place + "PauseQualityUpdatesStartTime");
    if (from.empty()) continue;
    const auto day = parse_day(from.substr(0, 10));
    if (!day)
      look.note(fmt::format("一時停止の開始日「{}」", printable(from, 40)),
                fmt::format("from when updates are paused ('{}')", printable(from, 40)));
    else if (day_here(look.now) >= *day && day_here(look.now) < *day + kHeld)
      return fail(fmt::format("ポリシーで更新が {} から一時停止されています", format_day(*day)),
                  fmt::format("a policy pauses updates since {}", format_day(*day)));
  }
  return std::nullopt;
}

/// By how many days security updates are let wait, by the longest setting; 0: they aren't.
std::int64_t deferral(const FactsLook& look) {
  const std::string days = "DeferQualityUpdatesPeriodInDays";
  std::int64_t longest = 0;
  if (look.number(std::string(kPolicy) + "DeferQualityUpdates") != 0)
    longest = look.number(std::string(kPolicy) + days).value_or(0);
  for (const std::string& place :
       {std::string(kManaged) + R"(Update\)",
        std::string(R"(HKLM\SOFTWARE\Microsoft\WindowsUpdate\UX\Settings\)")})
    longest = std::max(longest, look.number(place + days).value_or(0));
  return longest;
}

/// When the month's updates came out last before a moment: on the second Tuesday, at 10:00 in
/// Redmond (learn.microsoft.com/windows/deployment/update/release-cycle).
Time came_out_before(Time moment) {
  using namespace std::chrono;        // NOLINT(google-build-using-namespace): a date
  constexpr hours kTenInRedmond{17};  // UTC in summer; an hour more in winter
  const year_month_day day{floor<days>(moment)};
  year_month month = day.year() / day.month();
  const auto of_month = [&] {
    return sys_days(year_month_weekday(month.year(), month.month(), Tuesday[2])) + kTenInRedmond;
  };
  if (of_month() > moment) month -= months(1);
  return Time(of_month());
}

/// A search doesn't find what a setting, or the organisation's own server, holds back: whether the
/// last cumulative update is that of the month.
std::optional<Finding> behind_the_month(const FactsLook& look) {
  if (const auto pause = paused(look))
    return unknown(pause->fact.ja + "。そのため、未適用の更新は数えられません",
                   pause->fact.en + ", so that what is missing can't be told");
  const auto* patched = look.ask(&WindowsFacts::patched_at, "最後に累積更新が入った日時",
                                 "when a cumulative update was last installed");
  if (patched == nullptr) return std::nullopt;
  const std::int64_t late = deferral(look);
  const Time due = came_out_before(late > 0 ? look.now : look.now - kPatchGrace);
  const std::string installed = format_day(day_here(*patched));
  if (*patched > look.now + std::chrono::days(1))
    return unknown(
        fmt::format("累積更新が入った日（{}）が先の日付です", installed),
        fmt::format("a cumulative update was installed on {}, which lies ahead", installed));
  // What was installed came out so many days before.
  if (*patched - std::chrono::days(late) >= due) return std::nullopt;
  const std::string since = format_day(day_here(due));
  if (late > 0)
    return unknown(
        fmt::format("更新を {} 日遅らせる設定です。{} "
                    "に出た更新が入ったとは言えません（最後の累積更新は {}）",
                    late, since, installed),
        fmt::format("updates are deferred by {} days; nothing shows that those of {} are installed "
                    "(the last cumulative update was installed on {})",
                    late, since, installed));
  return unknown(
      fmt::format("最後の累積更新は {} に入りました。{} に出た更新が入ったとは言えません",
                  installed, since),
      fmt::format("the last cumulative update was installed on {}; nothing shows that those of {} "
                  "are installed",
                  installed, since));
}

/// Whether all updates that Microsoft made are in: the reason why not, or nothing.
std::optional<Finding> not_up_to_date(const FactsLook& look) {
  const auto* missing = look.ask(&WindowsFacts::missing_updates, "Windows Update の状態",
                                 "the state of Windows Update");
  if (missing != nullptr && !missing->empty())
    return fail(
        fmt::format("セキュリティ更新が {} 件あります: {}", missing->size(), listed(*missing)),
        fmt::format("{} security updates are pending: {}", missing->size(), listed(*missing)));
  if (auto ended = without_updates(look)) return ended;
  const auto* hidden =
      look.ask(&WindowsFacts::hidden_updates, "非表示にされた更新", "updates that were hidden");
  if (hidden != nullptr && !hidden->empty())
    return fail(fmt::format("非表示にされた更新があります: {}", listed(*hidden)),
                fmt::format("updates were hidden: {}", listed(*hidden)));
  // As it was first put out.
  const auto revision = look.number(std::string(kWindows) + "UBR");
  if (!revision) look.note("Windows の改訂番号", "the revision of Windows");
  if (revision && *revision <= 1)
    return fail("累積更新が一度も入っていません", "no cumulative update was ever installed");
  const auto* searched = look.ask(&WindowsFacts::searched_at, "更新を最後に探した日時",
                                  "when updates were last searched for");
  if (searched != nullptr && stale(look, *searched, kSearchHolds))
    return unknown(
        fmt::format("更新を最後に探せたのは {} です", format_day(day_here(*searched))),
        fmt::format("updates were last searched for on {}", format_day(day_here(*searched))));
  return behind_the_month(look);
}

/// Security updates that are let wait for longer than a search for them holds.
std::optional<Finding> deferred(const FactsLook& look) {
  const std::int64_t longest = deferral(look);
  if (longest <= kSearchHolds.count()) return std::nullopt;
  look.saw({.what = {"品質更新の延期（日）", "deferral of quality updates (days)"},
            .seen = std::to_string(longest),
            .limit = fmt::format("<= {}", kSearchHolds.count())});
  return fail(fmt::format("セキュリティ更新が {} 日遅らされます", longest),
              fmt::format("security updates are deferred by {} days", longest));
}

/// A server of updates that can't answer, as programs that block updates set it.
bool no_server(const FactsLook& look, std::string_view address) {
  const std::string name = lower(trim(address));
  std::string_view host = name;
  if (const std::size_t at = host.find("://"); at != std::string_view::npos)
    host.remove_prefix(at + 3);
  if (host.starts_with('['))
    host = host.substr(0, host.find(']') + 1);
  else
    host = host.substr(0, host.find_first_of(":/"));
  return is_itself(look, host);
}

/// Services without which no update is installed, however it is found.
std::optional<Finding> without_services(const FactsLook& look) {
  const auto disabled = [&](std::string_view service) {
    return look.number(fmt::format(R"({}{}\Start)", kServices, service)) == kDisabled;
  };
  for (const char* service : {"wuauserv", "UsoSvc", "TrustedInstaller", "CryptSvc"})
    if (disabled(service))
      return fail(fmt::format("Windows Update のサービス（{}）が無効です", service),
                  fmt::format("a service of Windows Update ({}) is disabled", service));
  if (!look.given(fmt::format(R"({}wuauserv\Start)", kServices)))
    look.note("Windows Update のサービス", "the service of Windows Update");
  // Either can fetch them.
  if (disabled("BITS") && disabled("DoSvc"))
    return unknown("更新を取りに行くサービス（BITS、DoSvc）がどちらも無効です",
                   "both services that fetch updates (BITS, DoSvc) are disabled");
  return std::nullopt;
}

/// Held at a release: whether that release still gets updates is another question.
std::optional<Finding> held(const FactsLook& look) {
  const std::string release = look.text(std::string(kPolicy) + "TargetReleaseVersionInfo");
  if (look.number(std::string(kPolicy) + "TargetReleaseVersion") != 1 || release.empty() ||
      lower(release) == lower(look.text(std::string(kWindows) + "DisplayVersion")))
    return std::nullopt;
  return unknown(
      fmt::format("ポリシーで {} に留められています。今のバージョンと違います",
                  printable(release, 20)),
      fmt::format("a policy holds it at {}, which is not what runs", printable(release, 20)));
}

std::optional<Finding> from_own_server(const FactsLook& look) {
  const bool own = look.number(std::string(kPolicy) + R"(AU\UseWUServer)") == 1;
  const std::string server = look.text(std::string(kPolicy) + "WUServer");
  const bool nowhere_else =
      look.number(std::string(kPolicy) + "DoNotConnectToWindowsUpdateInternetLocations") == 1;
  if (!own && !nowhere_else) return std::nullopt;
  if (no_server(look, server))
    return fail("更新の取得先が、更新を配れない所にされています",
                "updates are to come from where there are none");
  // Whether it gives any shows in a search that it answered.
  const auto* searched = look.ask(&WindowsFacts::searched_at, "更新を最後に探した日時",
                                  "when updates were last searched for");
  if (searched != nullptr && stale(look, *searched, kSearchHolds))
    return unknown(fmt::format("更新サーバー {} の答えが {} からありません", printable(server, 100),
                               format_day(day_here(*searched))),
                   fmt::format("the update server {} has not answered since {}",
                               printable(server, 100), format_day(day_here(*searched))));
  return std::nullopt;
}

Finding by_options(const FactsLook& look) {
  const auto policy = look.number(std::string(kPolicy) + R"(AU\AUOptions)");
  const auto local = look.number(
      R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\AUOptions)");
  const bool server = is_server(look);
  // 2: tells before it downloads; 3: before it installs; 4: by itself; 5: as set on the machine;
  // 7: as 3, on servers, which do so without a setting too.
  const auto options = policy && *policy != 5 ? policy : local;
  if (options == 4 || (!options && !policy && !server))
    return pass("自動で更新されます", "updates are installed by themselves");
  if (options == 2 || options == 3 || options == 7 || (!options && server))
    return fail("更新は人が承認するまで入りません", "updates wait until someone approves them");
  return unknown("更新が自動で入る設定かどうか分かりません",
                 "it is not known whether updates are installed by themselves");
}

}  // namespace

Finding os_support(const FactsLook& look) {
  const auto line = support_line(look);
  if (!line) return FactsLook::undecided();
  const Evidence evidence =
      support_evidence(look.guideline, look.lists.support(), kOrganisation, line->name,
                       line->version, false, look.now, day_here(look.now), {});
  Finding found{evidence.verdict(), evidence.detail()};
  found.basis = evidence.basis();
  // Their own end, of 90 or 180 days, is not that of the edition.
  const std::string edition = lower(look.text(std::string(kWindows) + "EditionID"));
  const std::string product = lower(look.text(std::string(kWindows) + "ProductName"));
  if (found.verdict != Verdict::fail &&
      (edition.ends_with("eval") || product.contains("evaluation")))
    return unknown(
        "評価版です。インストールから 90 日または 180 日で期限が切れます。製品版にして"
        "ください",
        "this is an evaluation, which ends 90 or 180 days after it was installed: change "
        "to an edition that was bought");
  return found;
}

Finding security_updates(const FactsLook& look) {
  if (auto reason = not_up_to_date(look)) return *reason;
  return pass("未適用のセキュリティ更新はありません", "no security update is pending");
}

Finding automatic_updates(const FactsLook& look) {
  if (auto reason = without_services(look)) return *reason;
  if (look.number(std::string(kPolicy) + R"(AU\NoAutoUpdate)") == 1 ||
      look.number(std::string(kPolicy) + "DisableWindowsUpdateAccess") == 1)
    return fail("ポリシーで自動更新が止められています", "a policy turns automatic updates off");
  if (auto pause = paused(look)) return *pause;
  if (auto late = deferred(look)) return *late;
  if (auto server = from_own_server(look)) return *server;
  // Intune: 0 tells only, 5 is off, 1 to 4 install, each in its way.
  if (look.number(std::string(kManaged) + R"(Update\AllowUpdateService)") == 0)
    return fail("管理（MDM）で Windows Update が使えなくされています",
                "the device management takes Windows Update away");
  const auto managed = look.number(std::string(kManaged) + R"(Update\AllowAutoUpdate)");
  if (managed == 0 || managed == 5)
    return fail("管理（MDM）で自動更新が止められています",
                "the device management turns automatic updates off");
  if (managed && *managed > 5)
    return unknown("更新が自動で入る設定かどうか分かりません",
                   "it is not known whether updates are installed by themselves");
  if (auto other = held(look)) return *other;
  Finding found = by_options(look);
  if (found.verdict != Verdict::pass) return found;
  // What is set to come may not: that shows in a search that was answered.
  const auto* searched = look.ask(&WindowsFacts::searched_at, "更新を最後に探した日時",
                                  "when updates were last searched for");
  if (searched != nullptr && stale(look, *searched, kSearchHolds))
    return unknown(fmt::format("自動の設定ですが、更新を最後に探せたのは {} です",
                               format_day(day_here(*searched))),
                   fmt::format("set to come by themselves, but last searched for on {}",
                               format_day(day_here(*searched))));
  return found;
}

Finding reboot_required(const FactsLook& look) {
  for (
      const char* key :
      {R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired\)",
       R"(HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending\)"})
    if (look.number(key))
      return fail("更新を終えるには再起動が必要です", "a restart is needed to finish updates");
  return pass("再起動を待つ更新はありません", "no update waits for a restart");
}

namespace {

/// CISA's catalogue has no versions: Windows counts as open while a security update is missing, or
/// none come any more.
Finding exploited_windows(const FactsLook& look) {
  const std::string as_of = format_day(look.lists.exploited().as_of);
  auto reason = not_up_to_date(look);
  if (!reason)
    return pass(fmt::format("Windows の更新はすべて入っています（脆弱性の一覧は {}）", as_of),
                fmt::format("all updates of Windows are installed (list of {})", as_of),
                Compared{.source = Compared::Source::feed,
                         .place = "CISA KEV Microsoft Windows",
                         .day = look.lists.exploited().as_of});
  if (reason->verdict != Verdict::fail) return *reason;
  const auto listed_for = look.lists.exploited().by_product.find({"Microsoft", "Windows"});
  const std::size_t count =
      listed_for == look.lists.exploited().by_product.end() ? 0 : listed_for->second.size();
  return fail(fmt::format("Windows には攻撃に使われた脆弱性が {} 件知られています。{}", count,
                          reason->fact.ja),
              fmt::format("{} vulnerabilities of Windows are known to be exploited: {}", count,
                          reason->fact.en));
}

}  // namespace

Finding known_exploited(const FactsLook& look) {
  std::vector<Finding> found = exploited_programs(look);
  found.insert(found.begin(), exploited_windows(look));
  return worst(found);
}

}  // namespace sekisho::judge
