// SPDX-License-Identifier: Apache-2.0
// sekisho access what-if: everybody on all of their devices at every resource, under two policies.
#include <algorithm>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "cli/access_commands.h"
#include "cli/records.h"
#include "server/access/past.h"
#include "server/access/what_if.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostShown = 30;

/// The reasons of an AccessChange or a PastChange by which it is denied, a line each.
std::string why_denied(const App& app, const Policy& policy, const Calendar& calendar,
                       const auto& change) {
  std::string out;
  for (const AccessReason& reason : change.decision.reasons)
    if (leaves(reason.code) == AccessAnswer::deny)
      out += fmt::format("      {} [{}]\n",
                         words(policy, policy.rule(change.resource), calendar, reason).in(app.lang),
                         name(reason.code));
  return out;
}

std::string and_more(const App& app, std::size_t count) {
  if (count <= kMostShown) return {};
  return fmt::format(fmt::runtime(app.tr("  ほかに {} 件（--json ですべて出ます）\n",
                                         "  and {} more (--json prints all)\n")),
                     count - kMostShown);
}

std::string list_text(const App& app, const Policy& policy, const Calendar& calendar,
                      const std::vector<AccessChange>& changes) {
  std::string out;
  for (std::size_t i = 0; i < std::min(changes.size(), kMostShown); ++i) {
    const AccessChange& one = changes[i];
    out += fmt::format("  {} ({})  {}\n", printable(one.person->name), printable(one.person->email),
                       one.resource);
    out += why_denied(app, policy, calendar, one);
  }
  return out + and_more(app, changes.size());
}

std::string past_list(const App& app, const Policy& policy, const Calendar& calendar,
                      const std::vector<PastChange>& changes) {
  std::string out;
  for (std::size_t i = 0; i < std::min(changes.size(), kMostShown); ++i) {
    const PastChange& one = changes[i];
    out += fmt::format(fmt::runtime(app.tr("  {} ({})  {}  {}  {} 回、最後は {}\n",
                                           "  {} ({})  {}  {}  {}x, last {}\n")),
                       printable(one.person->name), printable(one.person->email),
                       one.device == nullptr ? "-" : printable(one.device->name), one.resource,
                       one.times, calendar.format_minute(one.last));
    out += why_denied(app, policy, calendar, one);
  }
  return out + and_more(app, changes.size());
}

std::string past_text(const App& app, const Calendar& calendar, const Policy& policy,
                      const PastComparison& past) {
  std::string out = fmt::format(
      fmt::runtime(app.tr("\nこの {} 日間の判断 {} 件を、両方のポリシーでやり直した結果\n",
                          "\nOf the last {} days, {} decisions made again by both policies\n")),
      kPastLooked.count(), past.decisions);
  out +=
      fmt::format("{}: {}\n", app.tr("使えていたのに拒否になる", "Came in, would have been denied"),
                  past.locked_out.size());
  out += past_list(app, policy, calendar, past.locked_out);
  out +=
      fmt::format("{}: {}\n", app.tr("拒否されていたのに使える", "Was denied, would have come in"),
                  past.let_in.size());
  return out + past_list(app, policy, calendar, past.let_in);
}

std::string warning(const App& app, const AccessComparison& all) {
  if (all.locks_out_all_administrators())
    return fmt::format(
        fmt::runtime(app.tr(
            "■■ 危険: このポリシーでは、管理者 {} "
            "人の誰も、どの対象も使えなくなります。直す人がいなく"
            "なるため、このまま使わないでください。 ■■\n\n",
            "!!! DANGER: under this policy none of the {} administrators could reach anything. "
            "Nobody could mend it: do not use it as it stands. !!!\n\n")),
        all.administrators);
  if (all.closed_to_administrators.empty()) return {};
  return fmt::format(fmt::runtime(app.tr("注意: 管理者が誰も使えない対象があります: {}\n\n",
                                         "Note: no administrator could reach: {}\n\n")),
                     join(all.closed_to_administrators, app.tr("、", ", ")));
}

std::string as_text(const App& app, const Calendar& calendar, const Policy& policy,
                    const AccessComparison& all) {
  std::string out = warning(app, all);
  out += fmt::format(fmt::runtime(app.tr(
                         "使用中の {} 人とその端末について、使える組み合わせ（人×対象）: {} → {}\n",
                         "Of {} people in use with their devices, pairs of person and resource "
                         "that can be reached: {} → {}\n")),
                     all.people, all.in_before, all.in_after);
  out += fmt::format("\n{}: {}\n", app.tr("使えなくなる", "Locked out"), all.locked_out.size());
  out += list_text(app, policy, calendar, all.locked_out);
  out += fmt::format("\n{}: {}\n", app.tr("使えるようになる", "Let in"), all.let_in.size());
  out += list_text(app, policy, calendar, all.let_in);
  out +=
      app.tr("\n二要素認証を示し、許された時間と場所から使った場合です。\n",
             "\nThis is with a second factor shown, at hours and from places that are allowed.\n");
  return out + not_enforced().in(app.lang) + "\n";
}

json::array list_json(const std::vector<AccessChange>& changes) {
  json::array list;
  for (const AccessChange& one : changes) {
    json::array codes;
    for (const AccessReason& reason : one.decision.reasons) codes.emplace_back(name(reason.code));
    list.emplace_back(json::object{{"person", one.person->email},
                                   {"resource", one.resource},
                                   {"answer", name(one.decision.answer)},
                                   {"codes", std::move(codes)}});
  }
  return list;
}

json::array past_json(const std::vector<PastChange>& changes) {
  json::array list;
  for (const PastChange& one : changes) {
    json::array codes;
    for (const AccessReason& reason : one.decision.reasons) codes.emplace_back(name(reason.code));
    list.emplace_back(json::object{
        {"person", one.person->email},
        {"device", one.device == nullptr ? json::value(nullptr) : json::value(one.device->name)},
        {"resource", one.resource},
        {"times", one.times},
        {"last_at", format_time(one.last)},
        {"answer", name(one.decision.answer)},
        {"codes", std::move(codes)}});
  }
  return list;
}

std::string as_json(const AccessComparison& all, const PastComparison& past, Time at) {
  json::array closed;
  for (const std::string& one : all.closed_to_administrators) closed.emplace_back(one);
  return json::serialize(json::object{
             {"at", format_time(at)},
             {"people", all.people},
             {"reached", json::object{{"before", all.in_before}, {"after", all.in_after}}},
             {"locked_out", list_json(all.locked_out)},
             {"let_in", list_json(all.let_in)},
             {"administrators",
              json::object{{"all", all.administrators}, {"reaching", all.administrators_in}}},
             {"closed_to_administrators", std::move(closed)},
             {"past", json::object{{"days", kPastLooked.count()},
                                   {"decisions", past.decisions},
                                   {"locked_out", past_json(past.locked_out)},
                                   {"let_in", past_json(past.let_in)}}},
             {"locks_out_all_administrators", all.locks_out_all_administrators()},
             {"enforced", false}}) +
         "\n";
}

/// What was decided in the days before.
Result<std::vector<PastDecision>> past_of(const App& app, const AccessOptions& options, Time at) {
  const auto db =
      existing_database(options.database.empty() ? store_file(app).string() : options.database);
  if (!db) return std::unexpected(db.error());
  return past_decisions(**db, at - kPastLooked);
}

}  // namespace

int access_what_if(const App& app, const AccessOptions& options) {
  const auto guideline = app.guideline();
  if (!guideline) return app.complain(guideline.error());
  const auto policy = load_policy(app, *guideline, options.policy);
  if (!policy) return kExitError;
  const auto records = records_of(app, options, *guideline);
  if (!records) return app.complain(records.error());
  const auto against = policy_in_force(app, *guideline, *records, options.against, "--against");
  if (!against) return kExitError;
  const Calendar& calendar = records->organisation.calendar;
  const auto at = access_time(options.at, calendar);
  if (!at) return app.complain(at.error());
  const AccessComparison all = compare_policies(*records, against->policy, policy->policy, *at);
  const auto past = past_of(app, options, *at);
  if (!past) return app.complain(past.error());
  const PastComparison then = compare_past(*records, *past, against->policy, policy->policy);
  return App::say(options.json ? as_json(all, then, *at)
                               : as_text(app, calendar, *policy->policy, all) +
                                     past_text(app, calendar, *policy->policy, then),
                  all.locks_out_all_administrators() ? kExitFailing : kExitGood);
}

}  // namespace sekisho
