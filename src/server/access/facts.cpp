// SPDX-License-Identifier: Apache-2.0
#include "server/access/facts.h"

#include <algorithm>
#include <cstring>

#include "store/store.h"

namespace sekisho {
namespace {

/// More changes than this, and all is read at once.
constexpr std::size_t kMostOneByOne = 1000;

}  // namespace

std::size_t AccessDirectory::DigestHash::operator()(const KeyDigest& digest) const {
  std::size_t first = 0;
  std::memcpy(&first, digest.data(), sizeof first);
  return first;
}

Result<std::shared_ptr<const Policy>> policy_in_force(const Guideline& guideline,
                                                      const Organisation& organisation,
                                                      const std::optional<SavedPolicy>& saved) {
  std::string_view text;
  if (saved)
    text = saved->text;
  else if (organisation.methods.size() == 1)
    text = built_in_policy(organisation.methods.front()->id);
  if (!saved && text.empty()) return std::make_shared<const Policy>(Policy::none(guideline));
  const auto document = parse_yaml("policy", std::string(text), kPolicyLimits);
  if (!document) return std::unexpected(document.error());
  auto policy = read_policy(*document, guideline);
  if (!policy)
    return std::unexpected(policy.error().empty() ? Error{{"", ""}, "policy"}
                                                  : policy.error().front());
  return std::make_shared<const Policy>(std::move(*policy));
}

Result<AccessFacts::Marks> AccessFacts::marks_in(Database& database) {
  const auto rows = database.query(
      "SELECT (SELECT COALESCE(MAX(id), 0) FROM access_change), (SELECT COALESCE(MAX(change), 0) "
      "FROM evidence)");
  if (!rows) return std::unexpected(rows.error());
  return Marks{rows->front().integer(0), rows->front().integer(1)};
}

Result<AccessFacts::News> AccessFacts::news(Database& database, const Marks& found) const {
  News news;
  // A database that has gone back is another one; of a gap nobody knows what was in it.
  if (!marks_ || found.change < marks_->change || found.evidence < marks_->evidence) {
    news.all = true;
    return news;
  }
  if (found.change == marks_->change) return news;
  std::int64_t first = 0;
  const auto read =
      database.each("SELECT id, kind, item FROM access_change WHERE id > ? ORDER BY id",
                    {marks_->change}, [&](const Row& row) {
                      if (first == 0) first = row.integer(0);
                      if (row.text(1) == "person")
                        news.people.insert(row.id<PersonId>(2));
                      else if (row.text(1) == "device")
                        news.devices.insert(row.id<DeviceId>(2));
                      else if (row.text(1) == "risk")
                        news.risk = true;
                      else
                        news.all = true;
                      return true;
                    });
  if (!read) return std::unexpected(read.error());
  news.all = news.all || first != marks_->change + 1 ||
             news.people.size() + news.devices.size() > kMostOneByOne;
  return news;
}

Result<bool> AccessFacts::update(Database& database, Time now) {
  const auto found = marks_in(database);
  if (!found) return std::unexpected(found.error());
  if (marks_ && *found == *marks_) return false;
  Marks reached;
  const auto read = database.snapshot([&]() -> Result<void> {
    const auto marks = marks_in(database);
    if (!marks) return std::unexpected(marks.error());
    reached = *marks;
    const auto changed = news(database, reached);
    if (!changed) return std::unexpected(changed.error());
    risk_news_ = risk_news_ || changed->all || changed->risk;
    return changed->all ? read_all(database, now) : read_some(database, *changed, now);
  });
  if (!read) {
    marks_.reset();
    view_.reset();
    return std::unexpected(read.error());
  }
  marks_ = reached;
  return true;
}

Result<void> AccessFacts::read_policy_in_force(Database& database,
                                               const Organisation& organisation) {
  const auto saved = saved_policy(database);
  if (!saved) return std::unexpected(saved.error());
  auto policy = policy_in_force(guideline_, organisation, *saved);
  if (!policy) return std::unexpected(policy.error());
  policy_ = std::move(*policy);
  return {};
}

Result<void> AccessFacts::read_all(Database& database, Time now) {
  marks_.reset();
  view_.reset();
  const auto kept = settings(database);
  if (!kept) return std::unexpected(kept.error());
  organisation_ = organisation_of(guideline_, *kept);
  if (auto policy = read_policy_in_force(database, organisation_); !policy) return policy;
  auto people = read_access_people(database);
  if (!people) return std::unexpected(people.error());
  auto devices = read_access_devices(database);
  if (!devices) return std::unexpected(devices.error());
  people_ = std::move(*people);
  devices_ = std::move(*devices);
  person_places_.clear();
  for (std::size_t i = 0; i < people_.size(); ++i)
    person_places_.emplace(people_[i].id.number(), i);
  device_places_.clear();
  subject_places_.clear();
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    device_places_.emplace(devices_[i].id.number(), i);
    subject_places_.emplace(devices_[i].subject.value, i);
  }
  directory_ = std::make_shared<AccessDirectory>();
  index_people();
  index_devices();
  evidence_.emplace(*policy_, organisation_.methods, organisation_.situations);
  states_.assign(devices_.size(), {});
  worse_.clear();
  if (auto taken = sightings_since(
          database, 0,
          [&](const KeptSighting& one) { evidence_->take(one.subject, one.check, one.sighting); });
      !taken)
    return taken;
  for (std::size_t i = 0; i < devices_.size(); ++i)
    states_[i] = evidence_->states(devices_[i].subject, now);
  return {};
}

Result<void> AccessFacts::read_some(Database& database, const News& news, Time now) {
  for (const PersonId id : news.people)
    if (auto read = read_person(database, id); !read) return read;
  for (const DeviceId id : news.devices)
    if (auto read = read_device(database, id, now); !read) return read;
  if (!news.people.empty()) index_people();
  if (!news.devices.empty()) index_devices();
  return read_evidence(database, now);
}

Result<void> AccessFacts::read_person(Database& database, PersonId id) {
  auto read = read_access_people(database, id);
  if (!read) return std::unexpected(read.error());
  const auto [place, came] = person_places_.emplace(id.number(), people_.size());
  if (came) people_.emplace_back();
  touched_people_.insert(place->second);
  AccessPerson gone;  // nobody lets them in
  gone.id = id;
  people_[place->second] = read->empty() ? gone : std::move(read->front());
  return {};
}

Result<void> AccessFacts::read_device(Database& database, DeviceId id, Time now) {
  auto read = read_access_devices(database, id);
  if (!read) return std::unexpected(read.error());
  const auto [place, came] = device_places_.emplace(id.number(), devices_.size());
  if (came) {
    devices_.emplace_back();
    states_.emplace_back();
  }
  touched_devices_.insert(place->second);
  AccessDevice& device = devices_[place->second];
  subject_places_.erase(device.subject.value);
  AccessDevice gone;  // it lets nobody in
  gone.id = id;
  device = read->empty() ? gone : std::move(read->front());
  subject_places_.insert_or_assign(device.subject.value, place->second);
  states_[place->second] = evidence_->states(device.subject, now);
  return {};
}

Result<void> AccessFacts::read_evidence(Database& database, Time now) {
  std::unordered_set<std::size_t> touched;
  bool shared = false;
  const auto taken = sightings_since(database, marks_->evidence, [&](const KeptSighting& one) {
    evidence_->take(one.subject, one.check, one.sighting);
    if (const auto found = subject_places_.find(one.subject.value); found != subject_places_.end())
      touched.insert(found->second);
    shared = shared || one.subject == kOrganisation;
  });
  if (!taken) return taken;
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    if (!shared && !touched.contains(i)) continue;
    const std::vector<MeasureState> before =
        std::exchange(states_[i], evidence_->states(devices_[i].subject, now));
    touched_devices_.insert(i);
    note_worse(i, before, now);
  }
  return {};
}

void AccessFacts::note_worse(std::size_t device, const std::vector<MeasureState>& before,
                             Time now) {
  const std::vector<MeasureState>& after = states_[device];
  bool fails = false;
  bool fell = false;
  for (std::size_t i = 0; i < after.size(); ++i) {
    fails = fails || after[i].fails(now);
    fell = fell || (after[i].fails(now) && i < before.size() && before[i].ever_met() &&
                    now < before[i].met_until());
  }
  if (!fails)
    worse_.erase(device);
  else if (fell)
    worse_[device] = now;
}

KnownStandings AccessFacts::standings(Time now) const {
  KnownStandings known;
  for (const AccessDevice& device : devices_)
    if (device.condition == DeviceCondition::lost && device.holder)
      known.lost.push_back(static_cast<RiskPerson>(device.holder->number()));
  for (const auto& [device, since] : worse_)
    if (since > now - std::chrono::days(1))
      known.worse.push_back(static_cast<RiskDevice>(devices_[device].id.number()));
  return known;
}

void AccessFacts::index_people() {
  auto next = std::make_shared<AccessDirectory>(*directory_);
  next->by_email.clear();
  next->shown_on.clear();
  for (const AccessPerson& person : people_) {
    if (!person.active) continue;
    next->by_email.emplace(lower(person.email), person.id);
    for (const auto& [device, shown] : person.confirmed)
      next->shown_on.emplace(std::pair(person.id.number(), device.number()), shown);
  }
  directory_ = std::move(next);
}

void AccessFacts::index_devices() {
  auto next = std::make_shared<AccessDirectory>(*directory_);
  next->by_certificate.clear();
  next->by_key.clear();
  next->devices_of.clear();
  // Of one that is renewed before the other runs out, the longer.
  const auto keep = [](AccessDirectory::ByDigest& all, const KeyDigest& digest, DeviceId device,
                       Time until) {
    const auto [place, first] = all.try_emplace(digest, AccessDirectory::Certified{device, until});
    if (first) return;
    // A key that two devices have proves neither.
    if (place->second.device != device)
      place->second.until = Time::min();
    else if (place->second.until != Time::min())
      place->second.until = std::max(place->second.until, until);
  };
  for (const AccessDevice& device : devices_) {
    for (const AccessCertificate& one : device.certificates) {
      keep(next->by_certificate, one.whole, device.id, one.until);
      if (one.key) keep(next->by_key, *one.key, device.id, one.until);
    }
    if (device.holder && device.condition == DeviceCondition::active)
      next->devices_of[device.holder->number()].push_back(device.id);
  }
  directory_ = std::move(next);
}

AccessFacts::Touched AccessFacts::touched() const {
  Touched whom{.all = view_ == nullptr};
  for (const std::size_t i : touched_people_) whom.people.push_back(people_[i].id);
  for (const std::size_t i : touched_devices_) whom.devices.push_back(devices_[i].id);
  return whom;
}

std::shared_ptr<const LiveView> AccessFacts::view(Time now) {
  // A clock that was set back would leave what it isn't yet.
  const bool goes_on = view_ != nullptr && view_->snapshot->made_at() <= now;
  view_ = goes_on ? later_view(*view_, now) : whole_view(now);
  touched_people_.clear();
  touched_devices_.clear();
  return view_;
}

std::shared_ptr<const LiveView> AccessFacts::whole_view(Time now) const {
  const AccessWorld world =
      access_world(people_, devices_, states_, {policy_, organisation_.calendar, now, Time::max()});
  auto view = std::make_shared<LiveView>();
  auto places = std::make_shared<LivePlaces>();
  view->snapshot = world.snapshot;
  places->reserve(people_.size(), devices_.size());
  for (std::size_t i = 0; i < people_.size(); ++i)
    places->put(LivePerson(people_[i].id.number()), world.people[i]);
  for (std::size_t i = 0; i < devices_.size(); ++i)
    places->put(LiveDevice(devices_[i].id.number()), world.devices[i]);
  view->places = std::move(places);
  return view;
}

std::shared_ptr<const LiveView> AccessFacts::later_view(const LiveView& before, Time now) const {
  SnapshotBuilder builder(*before.snapshot, {policy_, organisation_.calendar, now, Time::max()});
  // Whoever is new comes last, in the order in which they came.
  std::shared_ptr<LivePlaces> more;
  const auto places = [&]() -> LivePlaces& {
    if (more == nullptr) more = std::make_shared<LivePlaces>(*before.places);
    return *more;
  };
  const auto slot_of = [&](const std::optional<PersonId>& id) {
    if (!id) return PersonSlot();
    return (more == nullptr ? *before.places : *more).at(LivePerson(id->number()));
  };
  for (const std::size_t i : touched_people_) {
    const LivePerson person{people_[i].id.number()};
    if (const PersonSlot slot = before.at(person))
      builder.set(slot, people_[i].facts(*policy_));
    else
      places().put(person, builder.add(people_[i].facts(*policy_)));
  }
  for (const std::size_t i : touched_devices_) {
    const LiveDevice device{devices_[i].id.number()};
    const DeviceFacts facts = facts_of(devices_[i], slot_of(devices_[i].holder), states_[i]);
    if (const DeviceSlot slot = before.at(std::optional(device)))
      builder.set(slot, facts);
    else
      places().put(device, builder.add(facts));
  }
  auto view = std::make_shared<LiveView>();
  view->snapshot = std::move(builder).build();
  view->places = more == nullptr ? before.places : std::move(more);
  return view;
}

}  // namespace sekisho
