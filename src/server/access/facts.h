// SPDX-License-Identifier: Apache-2.0
// All that decisions on access stand on, as it is in the database, brought up to it by what has
// changed: one device's evidence is no reason to read a hundred thousand people anew.
#pragma once

#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "server/access/records.h"
#include "server/access/risk_keeper.h"

namespace sekisho {

/// Who is meant by what an enforcer was shown. It never changes; another takes its place.
struct AccessDirectory {
  struct Certified {
    DeviceId device;
    Time until;
  };
  struct DigestHash {
    /// Of an even distribution already.
    std::size_t operator()(const KeyDigest& digest) const;
  };
  using ByDigest = std::unordered_map<KeyDigest, Certified, DigestHash>;

  std::unordered_map<std::string, PersonId> by_email{};  // in small letters; of those in use
  ByDigest by_certificate{};
  ByDigest by_key{};
  std::unordered_map<std::int64_t, std::vector<DeviceId>> devices_of{};  // active, by their holder
  /// By person and device: what was shown in the console for use on it.
  std::map<std::pair<std::int64_t, std::int64_t>, FactorsShown> shown_on{};
};

class AccessFacts {
 public:
  /// `guideline` outlives it.
  explicit AccessFacts(const Guideline& guideline) : guideline_(guideline) {}

  /// Whether anything has changed since the last time. Where it fails all is read anew the next
  /// time; what cannot be understood (a policy with slips) fails it.
  Result<bool> update(Database& database, Time now);

  /// By the last update that went well.
  std::shared_ptr<const LiveView> view(Time now);
  std::shared_ptr<const AccessDirectory> directory() const { return directory_; }
  /// Whom the next view concerns otherwise than the last one did.
  struct Touched {
    bool all = false;
    std::vector<PersonId> people{};
    std::vector<DeviceId> devices{};
  };
  Touched touched() const;
  const Policy& policy() const { return *policy_; }
  const Calendar& calendar() const { return organisation_.calendar; }
  /// Whether what the risk of impersonation is told by may have been set since the last time.
  bool take_risk_news() { return std::exchange(risk_news_, false); }
  /// Whose device is reported as lost, and which devices got into a worse state within a day.
  KnownStandings standings(Time now) const;

 private:
  /// What there was to see: the last change, and the last of evidence.
  struct Marks {
    std::int64_t change = 0;
    std::int64_t evidence = 0;
    bool operator==(const Marks&) const = default;
  };
  /// What has changed since.
  struct News {
    bool all = false;
    bool risk = false;
    std::set<PersonId> people{};
    std::set<DeviceId> devices{};
  };

  static Result<Marks> marks_in(Database& database);
  Result<News> news(Database& database, const Marks& found) const;
  Result<void> read_all(Database& database, Time now);
  Result<void> read_some(Database& database, const News& news, Time now);
  Result<void> read_person(Database& database, PersonId id);
  Result<void> read_device(Database& database, DeviceId id, Time now);
  Result<void> read_evidence(Database& database, Time now);
  Result<void> read_policy_in_force(Database& database, const Organisation& organisation);
  std::shared_ptr<const LiveView> whole_view(Time now) const;
  /// What `before` is with what was touched since.
  std::shared_ptr<const LiveView> later_view(const LiveView& before, Time now) const;
  void note_worse(std::size_t device, const std::vector<MeasureState>& before, Time now);
  void index_people();
  void index_devices();

  const Guideline& guideline_;
  std::optional<Marks> marks_;  // none: all is to be read
  Organisation organisation_;
  std::shared_ptr<const Policy> policy_;
  std::optional<AccessEvidence> evidence_;
  std::vector<AccessPerson> people_;
  std::vector<AccessDevice> devices_;
  std::vector<std::vector<MeasureState>> states_;  // of each device
  std::unordered_map<std::size_t, Time> worse_;    // devices, by their place: since when
  bool risk_news_ = true;
  std::shared_ptr<const LiveView> view_;  // the last; null: it can't be gone on from
  std::set<std::size_t> touched_people_;  // since then, by their places
  std::set<std::size_t> touched_devices_;
  std::unordered_map<std::int64_t, std::size_t> person_places_;
  std::unordered_map<std::int64_t, std::size_t> device_places_;
  std::unordered_map<std::string, std::size_t> subject_places_;
  std::shared_ptr<const AccessDirectory> directory_ = std::make_shared<AccessDirectory>();
};

/// The policy in force: what was saved last, else that of the one method in use; else one that
/// speaks of nothing. Fails where what was saved has slips.
Result<std::shared_ptr<const Policy>> policy_in_force(const Guideline& guideline,
                                                      const Organisation& organisation,
                                                      const std::optional<SavedPolicy>& saved);

}  // namespace sekisho
