// SPDX-License-Identifier: Apache-2.0
// How a measure stands on a device, as far as a decision needs it: until when it is known to be
// met, or was. Time alone makes it worse.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "access/policy.h"
#include "assess/assess.h"
#include "evidence/sighting.h"

namespace sekisho {

/// Never known to have been met, unless something says so.
class MeasureState {
 public:
  MeasureState() = default;
  /// It does not apply: to how this organisation works, or to this method.
  static MeasureState excused();
  /// Met (or shown not to apply to this device), by evidence of which the oldest was seen at `seen`
  /// and the first runs out at `until`.
  static MeasureState met(Time seen, Time until);
  /// It is failing, and known to be until `until`; `met_until`: until when it was met before.
  static MeasureState failing(Time until, std::optional<std::pair<Time, Time>> met_before = {});
  /// Nothing that holds is known; `met_before` as {seen, until}.
  static MeasureState unknown(std::optional<std::pair<Time, Time>> met_before = {});

  /// As it can be at `now`: what isn't met ended being met by then, and nothing was seen later.
  MeasureState as_of(Time now) const;

  bool is_excused() const { return kind_ == Kind::excused; }
  /// Whether what is known at `now` is that it fails.
  bool fails(Time now) const { return kind_ == Kind::failing && now < known_until_.time(); }
  bool ever_met() const { return met_until_ != Second(); }
  /// Until when it is met, or was, for who asks for evidence that isn't older than `age`.
  Time met_until(std::chrono::seconds age) const {
    if (!ever_met()) return Time::min();
    const Time seen = seen_.time();
    const Time aged = seen > Time::max() - age ? Time::max() : seen + age;
    return std::min(met_until(), aged);
  }
  /// The same whatever its age.
  Time met_until() const { return ever_met() ? met_until_.time() : Time::min(); }
  bool operator==(const MeasureState&) const = default;

 private:
  enum class Kind : std::uint8_t { unknown, failing, met, excused };

  /// A moment in half the room, since decisions wait for memory: whole seconds from 1970, of which
  /// the last (in 2106) stands for what never ends.
  class Second {
   public:
    Second() = default;
    explicit Second(Time time)
        : since_(static_cast<std::uint32_t>(
              std::clamp<std::int64_t>(time.time_since_epoch().count(), 0, kEndless))) {}
    Time time() const {
      return since_ == kEndless ? Time::max() : Time(std::chrono::seconds(since_));
    }
    bool operator==(const Second&) const = default;

   private:
    static constexpr std::int64_t kEndless = 0xffff'ffff;
    std::uint32_t since_ = 0;
  };

  Second seen_;  // when the oldest evidence was seen that it was met by
  Second met_until_;
  Second known_until_;
  Kind kind_ = Kind::unknown;
};

/// All that was seen by one check of a measure.
struct CheckSightings {
  std::span<const Sighting> all;
  bool asked = false;  // people answer: it holds for as long as its question says, whatever its age
};

/// Evidence folded at `now`. It is met exactly where `assess` calls the measure met or not
/// applicable by the same evidence.
MeasureState measure_state(std::span<const CheckSightings> checks, Time now);

/// What was seen of everything, as far as a policy asks for it.
class AccessEvidence {
 public:
  /// `policy` outlives it; `methods` and `situations` say which measures apply.
  AccessEvidence(const Policy& policy, const std::vector<const Method*>& methods,
                 const Situations& situations);

  /// One that was taken before, by its id, takes its own place.
  void take(const SubjectId& subject, std::string_view check, const Sighting& sighting);
  /// In the order of the policy's measures. Answers that hold for the organisation count too.
  std::vector<MeasureState> states(const SubjectId& device, Time now) const;

 private:
  /// By the place of a check among those that the policy asks for.
  using Seen = std::vector<std::vector<Sighting>>;
  /// A measure of the policy, and the places of its checks.
  struct Wanted {
    bool excused = false;
    bool known = true;  // all of its checks are of this guideline
    std::vector<std::size_t> checks{};
  };

  std::vector<const CheckSpec*> checks_;
  std::map<std::string_view, std::size_t> places_;
  std::vector<Wanted> wanted_;
  std::unordered_map<std::string, Seen> seen_;
};

}  // namespace sekisho
