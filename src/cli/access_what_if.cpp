// sekisho access what-if: everybody on all of their devices at every resource, under two policies.
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "cli/access_commands.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// What could be done at best: with a second factor shown where there is one, at an hour and from a
/// place that the rule allows, and nothing said against the person.
struct AtBest {
  bool in = false;
  AccessDecision decision;  // of the device that came nearest
};

bool of_the_moment(AccessReasonCode code) {
  using enum AccessReasonCode;
  return code == outside_hours || code == network_unknown || code == country_unknown;
}

AccessDecision without_moment(AccessDecision decision) {
  std::erase_if(decision.reasons, [](const AccessReason& one) { return of_the_moment(one.code); });
  decision.answer = AccessAnswer::allow;
  for (const AccessReason& one : decision.reasons)
    decision.answer = std::min(decision.answer, leaves(one.code));
  return decision;
}

/// One policy in force for everybody.
class Side {
 public:
  Side(const AccessRecords& records, std::shared_ptr<const Policy> policy, Time at)
      : records_(records), world_(access_world(records, std::move(policy), at)), at_(at) {
    for (std::size_t i = 0; i < records.devices.size(); ++i)
      if (records.devices[i].holder)
        devices_[records.devices[i].holder->number()].push_back(world_.devices[i]);
  }

  AtBest at_best(std::size_t person, const std::string& resource) const {
    AccessRequest request;
    request.party = {world_.people[person], {}, {}, Time::max()};
    request.resource = world_.snapshot->resource(resource);
    request.context = {.now = at_, .risk = ImpersonationRisk::low};
    AtBest best;
    best.decision = without_moment(decide(*world_.snapshot, request));
    const auto own = devices_.find(records_.people[person].id.number());
    if (own != devices_.end())
      for (const DeviceSlot device : own->second) {
        request.party.device = device;
        AccessDecision decision = without_moment(decide(*world_.snapshot, request));
        const bool first = device == own->second.front();
        if (first || decision.answer > best.decision.answer ||
            (decision.answer == best.decision.answer &&
             decision.reasons.size() < best.decision.reasons.size()))
          best.decision = std::move(decision);
      }
    best.in = best.decision.answer != AccessAnswer::deny;
    return best;
  }

  const Policy& policy() const { return world_.snapshot->policy(); }

 private:
  const AccessRecords& records_;
  AccessWorld world_;
  Time at_;
  std::map<std::int64_t, std::vector<DeviceSlot>> devices_;  // by who has them
};

struct Change {
  const AccessPerson* person = nullptr;
  std::string resource;
  AccessDecision decision;  // under the new policy
};

struct Comparing {
  std::vector<Change> locked_out;
  std::vector<Change> let_in;
  std::size_t people = 0;
  std::size_t in_before = 0;
  std::size_t in_after = 0;
  std::size_t administrators = 0;
  std::size_t administrators_in = 0;  // to some resource, under the new policy
  std::vector<std::string>
      closed_to_administrators{};  // resources that name them, and none gets in

  /// Nobody could mend it afterwards.
  bool locks_out_all_administrators() const { return administrators_in == 0; }
};

std::set<std::string> resources_of(const Policy& a, const Policy& b) {
  std::set<std::string> ids;
  for (const Policy* policy : {&a, &b})
    for (const AccessRule& rule : policy->rules()) ids.insert(rule.id.text());
  return ids;
}

Comparing compare(const AccessRecords& records, const Side& before, const Side& after) {
  Comparing all;
  const auto resources = resources_of(before.policy(), after.policy());
  std::set<std::string> administered;
  for (std::size_t i = 0; i < records.people.size(); ++i) {
    const AccessPerson& person = records.people[i];
    if (!person.active) continue;
    ++all.people;
    bool reaches = false;
    for (const std::string& resource : resources) {
      const AtBest was = before.at_best(i, resource);
      AtBest becomes = after.at_best(i, resource);
      all.in_before += was.in ? 1 : 0;
      all.in_after += becomes.in ? 1 : 0;
      reaches = reaches || becomes.in;
      if (person.administrator() && becomes.in) administered.insert(resource);
      if (was.in == becomes.in) continue;
      (was.in ? all.locked_out : all.let_in)
          .push_back({&person, resource, std::move(becomes.decision)});
    }
    if (!person.administrator()) continue;
    ++all.administrators;
    all.administrators_in += reaches ? 1 : 0;
  }
  for (const AccessRule& rule : after.policy().rules())
    if ((after.policy().principals_of({"administrator"}, {}, "") & rule.who).any() &&
        !administered.contains(rule.id.text()))
      all.closed_to_administrators.push_back(rule.id.text());
  return all;
}

constexpr std::size_t kMostShown = 30;

std::string list_text(const App& app, const Policy& policy, const Calendar& calendar,
                      const std::vector<Change>& changes) {
  std::string out;
  for (std::size_t i = 0; i < std::min(changes.size(), kMostShown); ++i) {
    const Change& one = changes[i];
    out += fmt::format("  {} ({})  {}\n", printable(one.person->name), printable(one.person->email),
                       one.resource);
    for (const AccessReason& reason : one.decision.reasons)
      if (leaves(reason.code) == AccessAnswer::deny)
        out += fmt::format("      {} [{}]\n",
                           words(policy, policy.rule(one.resource), calendar, reason).in(app.lang),
                           name(reason.code));
  }
  if (changes.size() > kMostShown)
    out += fmt::format(fmt::runtime(app.tr("  ほかに {} 件（--json ですべて出ます）\n",
                                           "  and {} more (--json prints all)\n")),
                       changes.size() - kMostShown);
  return out;
}

std::string warning(const App& app, const Comparing& all) {
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
                    const Comparing& all) {
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
  out += app.tr(
      "\n二要素認証を示し、許された時間と場所から使った場合です。過去の利用は見ていません。\n",
      "\nThis is with a second factor shown, at hours and from places that are allowed. What was "
      "used in the past isn't looked at.\n");
  return out + not_enforced().in(app.lang) + "\n";
}

json::array list_json(const std::vector<Change>& changes) {
  json::array list;
  for (const Change& one : changes) {
    json::array codes;
    for (const AccessReason& reason : one.decision.reasons) codes.emplace_back(name(reason.code));
    list.emplace_back(json::object{{"person", one.person->email},
                                   {"resource", one.resource},
                                   {"answer", name(one.decision.answer)},
                                   {"codes", std::move(codes)}});
  }
  return list;
}

std::string as_json(const Comparing& all, Time at) {
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
             {"locks_out_all_administrators", all.locks_out_all_administrators()},
             {"enforced", false}}) +
         "\n";
}

}  // namespace

int access_what_if(const App& app, const AccessOptions& options) {
  const auto guideline = app.guideline();
  if (!guideline) return app.complain(guideline.error());
  const auto policy = load_policy(app, *guideline, options.policy);
  if (!policy) return kExitError;
  const auto records = records_of(app, options, *guideline);
  if (!records) return app.complain(records.error());
  const auto against = policy_in_force(app, *guideline, records->organisation, options.against);
  if (!against) return kExitError;
  const Calendar& calendar = records->organisation.calendar;
  const auto at = access_time(options.at, calendar);
  if (!at) return app.complain(at.error());
  const Comparing all =
      compare(*records, Side(*records, against->policy, *at), Side(*records, policy->policy, *at));
  return App::say(options.json ? as_json(all, *at) : as_text(app, calendar, *policy->policy, all),
                  all.locks_out_all_administrators() ? kExitFailing : kExitGood);
}

}  // namespace sekisho
