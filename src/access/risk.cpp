// SPDX-License-Identifier: Apache-2.0
#include "access/risk.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sekisho {
namespace {

using enum RiskSignal;
using enum RiskKind;

constexpr std::size_t kGuessesHere = 10;
constexpr std::size_t kGuessesElsewhere = 10;
constexpr std::size_t kSprayed = 5;
/// Behind a shared address, or the organisation's own, many mistype on a Monday.
constexpr std::size_t kSprayedShared = 30;
constexpr std::size_t kRefusedPrompts = 5;
constexpr std::size_t kPromptFlood = 12;
/// What airliners do; and what databases of places are wrong by.
constexpr double kFastest = 800;
constexpr double kFar = 100;
/// For the time of day much has to be known.
constexpr std::uint32_t kHoursKnown = 30;
constexpr std::uint32_t kSeldom = 50;  // less than one in so many

struct SignalWords {
  RiskSignal signal;
  RiskKind kind;
  int weight;
  RiskAnswer answered;
  std::string_view name, ja, en;
};
constexpr std::array<SignalWords, kRiskSignals> kSignals{{
    {unlike, circumstances, 35, RiskAnswer::factor, "unlike",
     "接続元とブラウザーの組み合わせが、いつもの使い方とあまり似ていません。",
     "Where it comes from and its browser aren't much like the usual ones."},
    {very_unlike, circumstances, 60, RiskAnswer::factor, "very_unlike",
     "接続元とブラウザーの組み合わせが、いつもの使い方とまったく似ていません。",
     "Where it comes from and its browser are nothing like the usual ones."},
    {impossible_travel, circumstances, 60, RiskAnswer::factor, "impossible_travel",
     "前回のサインインの場所から、飛行機でも間に合わない場所です。",
     "It is farther from the place of the last sign-in than an airliner gets in that time."},
    {new_device, circumstances, 15, RiskAnswer::factor, "new_device", "初めて使う端末です。",
     "The device was never used before."},
    {new_network, circumstances, 10, RiskAnswer::factor, "new_network",
     "初めて使うネットワークです。", "The network was never used before."},
    {unusual_hour, circumstances, 10, RiskAnswer::factor, "unusual_hour",
     "ふだんほとんどサインインしない時間帯です。", "Sign-ins at this time of day are rare."},
    {weaker_factor, circumstances, 15, RiskAnswer::factor, "weaker_factor",
     "いつもより弱い方法でサインインしています。",
     "It was signed in by a weaker way than ever before."},
    {guessing_here, attempts, 40, RiskAnswer::factor, "guessing_here",
     "この接続元から、パスワードが一時間に何度も間違えられました。",
     "From this address the password was got wrong many times within an hour."},
    {guessing_elsewhere, attempts, 20, RiskAnswer::factor, "guessing_elsewhere",
     "ほかの接続元から、パスワードが一時間に何度も間違えられました。",
     "From other addresses the password was got wrong many times within an hour."},
    {spraying, attempts, 60, RiskAnswer::passkey, "spraying",
     "この接続元から、一時間に何人もの利用者のサインインが失敗しました。",
     "From this address sign-ins as several other people were refused within an hour."},
    {factor_refused, attempts, 40, RiskAnswer::passkey, "factor_refused",
     "二要素認証が、一時間に何度も失敗しました。",
     "The second factor was refused several times within an hour."},
    {factor_flood, attempts, 60, RiskAnswer::passkey, "factor_flood",
     "二要素認証が、一時間に続けざまに失敗しました。根負けを狙う攻撃に見られる形です。",
     "The second factor was refused again and again within an hour, as by somebody who waits for "
     "its owner to give in."},
    {device_worse, device, 20, RiskAnswer::nothing, "device_worse",
     "端末の状態が、この一日のうちに悪くなりました。",
     "The device got into a worse state within the last day."},
    {loss_reported, device, 60, RiskAnswer::factor, "loss_reported",
     "この人の端末の紛失が届けられています。", "A device of this person's is reported as lost."},
    {foreign_key, device, 60, RiskAnswer::nothing, "foreign_key",
     "サインインした端末とは別の端末の鍵で、一時間以内に使われました。Cookie が盗まれたおそれがあり"
     "ます。",
     "Within the last hour a session was used with the key of another device than the one signed "
     "in "
     "on: the cookie may be stolen."},
    {line_raised, line, 20, RiskAnswer::nothing, "line_raised",
     "接続元のアドレスから、疑わしい通信が観測されています。",
     "Suspicious traffic was observed from the address."},
    {line_high, line, 40, RiskAnswer::nothing, "line_high",
     "接続元のアドレスから、攻撃が観測されています。", "Attacks were observed from the address."},
}};

/// What of them each decision asks for, close together.
struct Worth {
  RiskKind kind = circumstances;
  std::uint8_t weight = 0;
};
constexpr std::array<Worth, kRiskSignals> kWorths = [] {
  std::array<Worth, kRiskSignals> worths;
  for (std::size_t i = 0; i < kRiskSignals; ++i)
    worths.at(i) = {kSignals.at(i).kind, static_cast<std::uint8_t>(kSignals.at(i).weight)};
  return worths;
}();

constexpr bool signals_in_order() {
  for (std::size_t i = 0; i < kSignals.size(); ++i)
    if (static_cast<std::size_t>(kSignals.at(i).signal) != i) return false;
  return true;
}
static_assert(signals_in_order());

constexpr bool circumstances_answered_by_any_factor() {
  for (const SignalWords& one : kSignals)
    if (one.kind == circumstances && one.answered != RiskAnswer::factor) return false;
  return true;
}

const SignalWords& signal_words(RiskSignal signal) {
  return kSignals.at(static_cast<std::size_t>(signal));
}

void put(RiskSignals& signs, RiskSignal signal, bool so = true) {
  if (so) signs.set(static_cast<std::size_t>(signal));
}

RiskSignals all_answered_by(RiskAnswer answer) {
  RiskSignals all;
  for (const SignalWords& one : kSignals) put(all, one.signal, one.answered == answer);
  return all;
}

/// What is seen of the circumstances of one attempt, by a person of whom enough is known.
class Circumstances {
 public:
  Circumstances(const RiskHistory& history, const SignIn& attempt)
      : history_(history), attempt_(attempt), mine_(history.habits(attempt.person)) {
    if (const auto unlikeness = history.unlikeness(attempt)) usual(*unlikeness);
    travel();
  }
  const RiskSignals& seen() const { return seen_; }

 private:
  void see(RiskSignal signal, bool so) { put(seen_, signal, so); }

  void usual(double unlikeness) {
    see(very_unlike, unlikeness >= kVeryUnlike);
    see(unlike, unlikeness >= kUnlike && unlikeness < kVeryUnlike);
    const auto& device = attempt_.device;
    see(new_device, mine_->devices().total() > 0 && (!device || !mine_->knows(*device)));
    new_networks();
    const std::uint32_t near = mine_->near_hour(history_.calendar(), attempt_.at);
    see(unusual_hour, mine_->sign_ins() >= kHoursKnown && near * kSeldom < mine_->sign_ins());
    std::uint32_t as_weak = 0;
    for (std::size_t i = 0; i <= static_cast<std::size_t>(attempt_.factor); ++i)
      as_weak += mine_->with(static_cast<SignInFactor>(i));
    see(weaker_factor, as_weak == 0);
  }

  void new_networks() {
    if (attempt_.origin.own_exit) return;
    const auto& system = attempt_.origin.system;
    const SeenCounts& systems = mine_->at(RiskLevel::network);
    const SeenCounts& addresses = mine_->at(RiskLevel::address);
    see(new_network, system && systems.total() > 0 ? systems.of(*system) == 0
                                                   : addresses.of(attempt_.origin.address) == 0);
  }

  void travel() {
    if (mine_ == nullptr || !mine_->last()) return;
    const SignInOrigin& from = mine_->last()->origin;
    const SignInOrigin& to = attempt_.origin;
    if (!from.point || !to.point) return;
    // Whoever connects to the office, or by telephone, is not where the address is.
    if (from.own_exit || to.own_exit || from.shared || to.shared) return;
    if (from.system && to.system && *from.system == *to.system) return;
    const double far = kilometres(*from.point, *to.point);
    const double took = std::abs(static_cast<double>((attempt_.at - mine_->last()->at).count()));
    see(impossible_travel, far >= kFar && far * 3600 > kFastest * took);
  }

  const RiskHistory& history_;
  const SignIn& attempt_;
  const PersonHabits* mine_;
  RiskSignals seen_;
};

/// What was tried against somebody within the last hour, after `since`.
RiskSignals tries_since(const RiskHistory& history, RiskPerson person, const SignInOrigin& from,
                        Time since, Time at) {
  RiskSignals seen;
  since = std::max(since, at - kTriesCount);
  put(seen, spraying,
      history.others_refused(from.address, person, since, at) >= people_sprayed(from));
  const PersonHabits* mine = history.habits(person);
  if (mine == nullptr) return seen;
  std::size_t here = 0;
  std::size_t elsewhere = 0;
  std::size_t prompts = 0;
  for (const PersonHabits::Refusal& refusal : mine->refusals()) {
    if (refusal.at <= since || refusal.at > at) continue;
    if (refusal.end == SignInEnd::foreign_key)
      put(seen, foreign_key);
    else if (refusal.end == SignInEnd::factor_refused)
      ++prompts;
    else
      ++(refusal.address == from.address ? here : elsewhere);
  }
  put(seen, guessing_here, here >= kGuessesHere);
  put(seen, guessing_elsewhere, elsewhere >= kGuessesElsewhere);
  put(seen, factor_flood, prompts >= kPromptFlood);
  put(seen, factor_refused, prompts >= kRefusedPrompts && prompts < kPromptFlood);
  return seen;
}

}  // namespace

std::string_view name(RiskSignal signal) { return signal_words(signal).name; }
RiskKind kind(RiskSignal signal) { return signal_words(signal).kind; }
int weight(RiskSignal signal) { return signal_words(signal).weight; }
RiskAnswer answered_by(RiskSignal signal) { return signal_words(signal).answered; }
Text words(RiskSignal signal) {
  return {std::string(signal_words(signal).ja), std::string(signal_words(signal).en)};
}

std::vector<Text> words(RiskSignals signals) {
  std::vector<Text> all;
  for (const SignalWords& one : kSignals)
    if (signals.test(static_cast<std::size_t>(one.signal))) all.push_back(words(one.signal));
  return all;
}

bool speaks_of_risk(AccessReasonCode code) {
  return code == AccessReasonCode::risk_raised || code == AccessReasonCode::risk_high ||
         code == AccessReasonCode::risk_confirmed;
}

std::optional<RiskSignal> risk_signal_named(std::string_view name) {
  const auto found = std::ranges::find(kSignals, name, &SignalWords::name);
  return found == kSignals.end() ? std::nullopt : std::optional(found->signal);
}

int points_of(RiskSignals signals) {
  int points = 0;
  for (const SignalWords& one : kSignals)
    if (signals.test(static_cast<std::size_t>(one.signal))) points += one.weight;
  return points;
}

ImpersonationRisk risk_of(RiskSignals signals) {
  std::array<int, kRiskKinds> by_kind{};
  int points = 0;
  for (unsigned long left = signals.to_ulong(); left != 0; left &= left - 1) {
    const Worth& one = kWorths[static_cast<std::size_t>(std::countr_zero(left))];
    by_kind[static_cast<std::size_t>(one.kind)] += one.weight;
    points += one.weight;
  }
  int most = 0;
  int second = 0;
  for (const int one : by_kind) {
    second = std::max(second, std::min(most, one));
    most = std::max(most, one);
  }
  if (most >= kHighPoints && second >= kSecondPoints) return ImpersonationRisk::confirmed;
  if (points >= kHighPoints) return ImpersonationRisk::high;
  return points >= kRaisedPoints ? ImpersonationRisk::raised : ImpersonationRisk::low;
}

std::size_t people_sprayed(const SignInOrigin& from) {
  return from.own_exit || from.shared ? kSprayedShared : kSprayed;
}

SeenSigns signs_of(const RiskHistory& history, const SignIn& attempt) {
  SeenSigns signs{Circumstances(history, attempt).seen(), {}};
  const PersonHabits* mine = history.habits(attempt.person);
  if (mine == nullptr || signs.open.none()) return signs;
  static_assert(circumstances_answered_by_any_factor());
  if (mine->vouched(attempt.origin.address, SignInFactor::code, attempt.at) > attempt.at - kVouched)
    std::swap(signs.open, signs.answered);
  return signs;
}

SeenSigns tried_against(const RiskHistory& history, RiskPerson person, const SignInOrigin& from,
                        Time at) {
  const RiskSignals all = tries_since(history, person, from, Time::min(), at);
  const PersonHabits* mine = history.habits(person);
  if (mine == nullptr || all.none()) return {all, {}};
  SeenSigns signs{all & all_answered_by(RiskAnswer::nothing), {}};
  // What came after it was answered counts by itself: a flood may have become a smaller one.
  for (const auto& [answer, least] : {std::pair(RiskAnswer::factor, SignInFactor::code),
                                      std::pair(RiskAnswer::passkey, SignInFactor::passkey)})
    signs.open |= tries_since(history, person, from, mine->vouched(from.address, least, at), at) &
                  all_answered_by(answer);
  signs.answered = all & ~signs.open;
  return signs;
}

AssessedRisk assess_risk(const RiskHistory& history, const SignIn& attempt,
                         const RiskCircumstances& circumstances, RiskSignals silenced) {
  AssessedRisk assessed;
  assessed.unlikeness = history.unlikeness(attempt);
  const SeenSigns own = signs_of(history, attempt);
  const SeenSigns tried = tried_against(history, attempt.person, attempt.origin, attempt.at);
  RiskSignals open = own.open | tried.open;
  put(open, device_worse, circumstances.device_worse);
  put(open, loss_reported, circumstances.loss_reported);
  put(open, foreign_key, circumstances.foreign_key);
  put(open, line_raised, circumstances.line == LineDoubt::raised);
  put(open, line_high, circumstances.line == LineDoubt::high);
  const RiskSignals answered = (own.answered | tried.answered) & ~open;
  for (std::size_t i = 0; i < kRiskSignals; ++i)
    if (open.test(i) || answered.test(i))
      assessed.signs.push_back({static_cast<RiskSignal>(i), silenced.test(i), answered.test(i)});
  assessed.points = points_of(open & ~silenced);
  assessed.risk = risk_of(open & ~silenced);
  return assessed;
}

}  // namespace sekisho
