// SPDX-License-Identifier: Apache-2.0
#include "server/access/past.h"

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>
#include <unordered_map>

namespace sekisho {
namespace {

/// One policy, by which past moments are decided.
class PastSide {
 public:
  PastSide(const AccessRecords& records, std::shared_ptr<const Policy> policy)
      : calendar_(records.organisation.calendar),
        evidence_(*policy, records.organisation.methods, records.organisation.situations),
        policy_(std::move(policy)) {
    for (const KeptSighting& one : records.seen)
      evidence_.take(one.subject, one.check, one.sighting);
  }

  /// With a second factor just shown where there is one.
  AccessDecision decide(const AccessPerson& person, const AccessDevice* device,
                        const AccessPerson* holder, const PastDecision& past) const {
    std::vector<AccessPerson> people{person};
    std::vector<AccessDevice> devices;
    std::vector<std::vector<MeasureState>> states;
    if (holder != nullptr && holder->id != person.id) people.push_back(*holder);
    if (device != nullptr) {
      devices.push_back(*device);
      states.push_back(evidence_.states(device->subject, past.at));
    }
    const AccessWorld world =
        access_world(people, devices, states, {policy_, calendar_, past.at, Time::max()});
    AccessRequest request;
    request.party = {
        world.people.front(),
        devices.empty() ? DeviceSlot() : world.devices.front(),
        {person.has_code ? past.at : Time::min(), person.has_passkey ? past.at : Time::min()},
        Time::max()};
    request.resource = world.snapshot->resource(past.resource);
    request.context = {past.at, past.from, std::nullopt, ImpersonationRisk::low};
    return sekisho::decide(*world.snapshot, request);
  }

 private:
  Calendar calendar_;
  AccessEvidence evidence_;
  std::shared_ptr<const Policy> policy_;
};

/// By its number.
template <typename Of>
std::unordered_map<std::int64_t, const Of*> by_id(const std::vector<Of>& all) {
  std::unordered_map<std::int64_t, const Of*> found;
  for (const Of& one : all) found.emplace(one.id.number(), &one);
  return found;
}

template <typename Of>
const Of* at(const std::unordered_map<std::int64_t, const Of*>& all, std::int64_t id) {
  const auto found = all.find(id);
  return found == all.end() ? nullptr : found->second;
}

/// What would have been otherwise, put together: the newest comes first.
class Changes {
 public:
  void add(const PastDecision& past, const AccessPerson& person, const AccessDevice* device,
           AccessDecision decision) {
    PastChange& one =
        all_[{person.id.number(), past.device ? past.device->number() : 0, past.resource}];
    if (one.times == 0) one = {&person, device, past.resource, 0, past.at, std::move(decision)};
    one.times += past.times;
  }
  std::vector<PastChange> most_first() && {
    std::vector<PastChange> list;
    for (auto& [key, one] : all_) list.push_back(std::move(one));
    std::ranges::stable_sort(list, std::greater<>(), &PastChange::times);
    return list;
  }

 private:
  std::map<std::tuple<std::int64_t, std::int64_t, std::string>, PastChange> all_;
};

}  // namespace

Result<std::vector<PastDecision>> past_decisions(Database& database, Time since) {
  std::vector<PastDecision> all;
  const auto read = database.each(
      "SELECT person_id, device_id, resource, origin, kind, last_at, count FROM access_event WHERE "
      "id > 0 AND kind IN ('allow', 'deny') AND person_id <> 0 AND last_at >= ? ORDER BY id DESC "
      "LIMIT ?",
      {value_of(since), kMostPast}, [&](const Row& row) {
        PastDecision one;
        one.person = row.id<PersonId>(0);
        if (row.integer(1) != 0) one.device = row.id<DeviceId>(1);
        one.resource = row.text(2);
        one.from = ClientAddress::parse(row.text(3));
        one.came_in = row.text(4) == "allow";
        one.at = row.time(5);
        one.times = row.integer(6);
        all.push_back(std::move(one));
        return true;
      });
  if (!read) return std::unexpected(read.error());
  return all;
}

PastComparison compare_past(const AccessRecords& records, const std::vector<PastDecision>& past,
                            const std::shared_ptr<const Policy>& old_one,
                            const std::shared_ptr<const Policy>& new_one) {
  const PastSide before(records, old_one);
  const PastSide after(records, new_one);
  const auto people = by_id(records.people);
  const auto devices = by_id(records.devices);
  PastComparison all;
  Changes locked_out;
  Changes let_in;
  for (const PastDecision& one : past) {
    all.decisions += one.times;
    const AccessPerson* person = at(people, one.person.number());
    if (person == nullptr || !person->active) continue;
    const AccessDevice* device = one.device ? at(devices, one.device->number()) : nullptr;
    const AccessPerson* holder =
        device != nullptr && device->holder ? at(people, device->holder->number()) : nullptr;
    const bool was = before.decide(*person, device, holder, one).answer != AccessAnswer::deny;
    AccessDecision becomes = after.decide(*person, device, holder, one);
    const bool is = becomes.answer != AccessAnswer::deny;
    // Only what really happened so, and that the policy alone would have changed.
    if (was != one.came_in || is == was) continue;
    (was ? locked_out : let_in).add(one, *person, device, std::move(becomes));
  }
  all.locked_out = std::move(locked_out).most_first();
  all.let_in = std::move(let_in).most_first();
  return all;
}

}  // namespace sekisho
