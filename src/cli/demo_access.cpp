// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_access.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "server/access/access_log.h"
#include "server/access/live_desk.h"
#include "server/access/records.h"

extern "C" {
extern const char demo_policy_begin[];  // NOLINT(modernize-avoid-c-arrays): linker symbols
extern const char demo_policy_end[];    // NOLINT(modernize-avoid-c-arrays)
}

namespace sekisho {
namespace {

constexpr int kDaysDecided = 30;
/// People who are seen at work; the others of the firm would only make lists longer.
constexpr std::size_t kMostSeen = 40;
constexpr std::size_t kMostIn = 24;
constexpr std::size_t kMostOfOne = 2;  // sessions of one person

std::string policy_text() { return {demo_policy_begin, demo_policy_end}; }

Result<std::shared_ptr<const Policy>> policy_of(const Guideline& guideline) {
  const auto document = parse_yaml("policy.yaml", policy_text(), kPolicyLimits);
  if (!document) return std::unexpected(document.error());
  auto policy = read_policy(*document, guideline);
  if (!policy) return std::unexpected(policy.error().front());
  return std::make_shared<const Policy>(std::move(*policy));
}

/// Who is in which group, and has an authenticator app.
Result<void> groups(Database& db, const std::vector<AccessPerson>& people) {
  for (std::size_t i = 4; i < people.size(); ++i) {
    const char* group = i % 7 == 0 ? "accounting" : i % 5 == 0 ? "design" : nullptr;
    if (group == nullptr) continue;
    if (auto done = db.execute("INSERT INTO person_group (person_id, name) VALUES (?, ?)",
                               {people[i].id, std::string(group)});
        !done)
      return done;
  }
  return {};
}

Result<void> policies(Database& db, PersonId administrator, Time now) {
  // Two were tried before this one.
  std::string text = policy_text();
  const auto without = [&](std::string_view what) {
    std::string other = text;
    if (const std::size_t at = other.find(what); at != std::string::npos)
      other.erase(at, other.find('\n', at) - at + 1);
    return other;
  };
  const std::array<std::pair<std::string, int>, 3> kSaved{
      {{without("      - \"8-3\""), 45}, {without("      - {id: \"8-3\""), 40}, {text, 33}}};
  for (const auto& [saved, days] : kSaved)
    if (auto done =
            db.execute("INSERT INTO access_policy (text, saved_at, saved_by) VALUES (?, ?, ?)",
                       {saved, value_of(now - std::chrono::days(days)), administrator});
        !done)
      return done;
  return {};
}

/// A device from which malware was reported, and somebody who was asked about a strange sign-in.
Result<void> suspensions(Database& db, const AccessRecords& records, Time now) {
  const PersonId administrator = records.people.front().id;
  const auto device = std::ranges::find_if(records.devices, [&](const AccessDevice& one) {
    return one.holder && one.proven_until() > now && one.holder->number() % 9 == 8;
  });
  if (device != records.devices.end())
    if (auto done = db.execute("INSERT INTO access_suspension (device_id, reason, begun_at, "
                               "begun_by) VALUES (?, ?, ?, ?)",
                               {device->id,
                                std::string("ウイルスの検出を調べています（見本） / A virus was "
                                            "found; being looked into (demo)"),
                                value_of(now - std::chrono::hours(5)), administrator});
        !done)
      return done;
  if (records.people.size() < 7) return {};
  return db.execute(
      "INSERT INTO access_suspension (person_id, reason, begun_at, begun_by, "
      "restored_at, restored_by) VALUES (?, ?, ?, ?, ?, ?)",
      {records.people[6].id,
       std::string("深夜のサインインを本人に確認中（見本） / A sign-in at night is "
                   "being asked about (demo)"),
       value_of(now - std::chrono::days(6)), administrator,
       value_of(now - std::chrono::days(6) + std::chrono::minutes(95)), administrator});
}

ClientAddress address_of(PersonId person) {
  // RFC 5737's for documentation.
  return *ClientAddress::parse(fmt::format("203.0.113.{}", 10 + person.number() % 200));
}

/// Who asks, on what, for what: a device of their own at everything that the policy speaks of.
struct Asking {
  std::size_t person = 0;
  std::size_t device = 0;
};
std::vector<Asking> those_who_ask(const std::vector<AccessPerson>& people,
                                  const std::vector<AccessDevice>& devices) {
  std::vector<Asking> all;
  std::set<std::int64_t> seen;  // of a person the first device alone
  for (std::size_t d = 0; d < devices.size(); ++d) {
    const AccessDevice& device = devices[d];
    // A device without a certificate has nobody who could ask.
    if (!device.holder || device.certificates.empty()) continue;
    const auto person = std::ranges::find(people, *device.holder, &AccessPerson::id);
    if (person == people.end() || !seen.insert(person->id.number()).second) continue;
    all.push_back({static_cast<std::size_t>(person - people.begin()), d});
    if (all.size() == kMostSeen) break;
  }
  return all;
}

bool may_ask(const AccessRule& rule, const Policy& policy, const AccessPerson& person) {
  return (policy.principals_of(person.roles, person.groups, person.email) & rule.who).any();
}

std::string enforcer_of(const AccessRule& rule) {
  return rule.kind == ResourceKind::application ? "gate" : "ssh-files";
}

/// One morning: each who may asks for what they use, and is answered by what was known then. Each
/// person of the records with the device in the same place.
void morning(const AccessRecords& records, const std::shared_ptr<const Policy>& policy, Time at,
             AccessLog& log) {
  const AccessWorld world = access_world(records, policy, at);
  const auto view = std::make_shared<LiveView>();
  view->snapshot = world.snapshot;
  for (std::size_t i = 0; i < records.people.size(); ++i) {
    const AccessPerson& person = records.people[i];
    const AccessDevice& device = records.devices[i];
    for (const AccessRule& rule : policy->rules()) {
      const auto today = static_cast<std::size_t>(at.time_since_epoch().count() / 86400);
      if (!may_ask(rule, *policy, person) || (i + today) % 3 == 0) continue;
      const Time when = at + std::chrono::minutes(i * 7 % 90);
      AccessRequest request;
      request.party = {world.people[i], world.devices[i],
                       FactorsShown{person.has_code ? at : Time::min(), Time::min()}, Time::max()};
      request.resource = world.snapshot->resource(rule.id.text());
      request.context = {at, address_of(person.id), std::nullopt, ImpersonationRisk::low};
      LiveDecision made{decide(*world.snapshot, request), view};
      const LiveEntry entry{enforcer_of(rule),
                            rule.id,
                            LivePerson(person.id.number()),
                            LiveDevice(device.id.number()),
                            {},
                            Time::max(),
                            address_of(person.id)};
      log.note(name(made.decision.answer), entry, made, when);
    }
  }
}

/// Of the records what those need who ask: a year of hundreds of devices would be read each
/// morning.
AccessRecords narrowed(AccessRecords all, const std::vector<Asking>& asking) {
  AccessRecords some{all.organisation, all.policy, {}, {}, {}};
  std::set<std::string> subjects{kOrganisation.value};
  for (const Asking& one : asking) {
    some.people.push_back(all.people[one.person]);
    some.devices.push_back(all.devices[one.device]);
    subjects.insert(all.devices[one.device].subject.value);
  }
  for (KeptSighting& one : all.seen)
    if (subjects.contains(one.subject.value)) some.seen.push_back(std::move(one));
  return some;
}

Result<void> decisions(const std::shared_ptr<const Policy>& policy, Database& db, AccessRecords all,
                       Time now) {
  const auto asking = those_who_ask(all.people, all.devices);
  const AccessRecords records = narrowed(std::move(all), asking);
  const Calendar& calendar = records.organisation.calendar;
  AccessLog log;
  for (int day = kDaysDecided; day >= 0; --day) {
    const Time at =
        calendar.start(calendar.day(now) - std::chrono::days(day)) + std::chrono::hours(11);
    if (at > now - std::chrono::hours(2)) continue;
    morning(records, policy, at, log);
    if (auto written = log.write(db); !written) return written;
  }
  return {};
}

}  // namespace

Result<void> demo_access(const Guideline& guideline, Database& database, Time now) {
  const auto policy = policy_of(guideline);
  if (!policy) return std::unexpected(policy.error());
  auto records = read_access_records(database, guideline);
  if (!records) return std::unexpected(records.error());
  const auto done = database.write([&]() -> Result<void> {
    if (auto grouped = groups(database, records->people); !grouped) return grouped;
    return policies(database, records->people.front().id, now);
  });
  if (!done) return done;
  auto people = read_access_people(database);
  if (!people) return std::unexpected(people.error());
  records->people = std::move(*people);
  const AccessRecords whole{records->organisation, {}, records->people, records->devices, {}};
  // Before anybody is suspended: past decisions know nothing of it.
  if (auto decided = decisions(*policy, database, std::move(*records), now); !decided)
    return decided;
  return database.write([&] { return suspensions(database, whole, now); });
}

std::vector<std::string> demo_applications() {
  return {"groupware.demo.example=groupware=グループウェア / Groupware",
          "accounting.demo.example=accounting=会計システム / Accounting"};
}

void demo_sessions(const Guideline& guideline, Database& database, LiveDesk& desk, Time now) {
  const auto policy = policy_of(guideline);
  const auto people = read_access_people(database);
  const auto devices = read_access_devices(database);
  if (!policy || !people || !devices) return;
  std::size_t in = 0;
  for (const Asking& one : those_who_ask(*people, *devices)) {
    const AccessPerson& person = (*people)[one.person];
    std::size_t own = 0;
    for (const AccessRule& rule : (*policy)->rules()) {
      if (in == kMostIn || own == kMostOfOne || !may_ask(rule, **policy, person)) continue;
      const AccessEntry entry{*EnforcerId::parse(enforcer_of(rule)),
                              rule.id,
                              person.id,
                              (*devices)[one.device].id,
                              {person.has_code ? now : Time::min(), Time::min()},
                              now + std::chrono::hours(9),
                              address_of(person.id)};
      if (desk.look(entry).decision.answer != AccessAnswer::allow) continue;
      const AccessVerdict verdict = desk.enter(entry);
      if (!verdict.token ||
          !desk.opened(entry.enforcer, *verdict.token, fmt::format("demo-{}", in)))
        continue;
      ++in;
      ++own;
    }
  }
}

}  // namespace sekisho
