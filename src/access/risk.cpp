#include "access/risk.h"

#include <algorithm>
#include <cmath>

namespace sekisho {
namespace {

using enum RiskSignal;
using enum RiskKind;

/// Of guesses, refused prompts and spraying counts what was within it.
constexpr std::chrono::hours kRecent{1};
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
  std::string_view name, ja, en;
};
constexpr std::array<SignalWords, kRiskSignals> kSignals{{
    {unlike, circumstances, 35, "unlike",
     "接続元とブラウザーの組み合わせが、この人のいつもの使い方とあまり似ていません。",
     "Where it comes from and its browser aren't much like this person's usual ones."},
    {very_unlike, circumstances, 60, "very_unlike",
     "接続元とブラウザーの組み合わせが、この人のいつもの使い方とまったく似ていません。",
     "Where it comes from and its browser are nothing like this person's usual ones."},
    {impossible_travel, circumstances, 60, "impossible_travel",
     "前回のサインインの場所から、飛行機でも間に合わない場所です。",
     "It is farther from the place of the last sign-in than an airliner gets in that time."},
    {new_device, circumstances, 15, "new_device", "この人が初めて使う端末です。",
     "This person never used this device."},
    {new_network, circumstances, 10, "new_network", "この人が初めて使うネットワークです。",
     "This person never came from this network."},
    {unusual_hour, circumstances, 10, "unusual_hour",
     "この人がほとんどサインインしない時間帯です。",
     "This person hardly ever signs in at this time of day."},
    {weaker_factor, circumstances, 15, "weaker_factor",
     "この人がいつも使う方法より弱い方法でのサインインです。",
     "It was signed in by a weaker way than this person always uses."},
    {guessing_here, attempts, 40, "guessing_here",
     "この接続元から、この人のパスワードが一時間に何度も間違えられました。",
     "From this address the person's password was got wrong many times within an hour."},
    {guessing_elsewhere, attempts, 20, "guessing_elsewhere",
     "ほかの接続元から、この人のパスワードが一時間に何度も間違えられました。",
     "From other addresses the person's password was got wrong many times within an hour."},
    {spraying, attempts, 60, "spraying",
     "この接続元は、一時間に何人もの利用者としてサインインしようとし、断られました。",
     "From this address sign-ins as several other people were refused within an hour."},
    {factor_refused, attempts, 40, "factor_refused",
     "この人の二要素認証が、一時間に何度も断られました。",
     "This person's second factor was refused several times within an hour."},
    {factor_flood, attempts, 60, "factor_flood",
     "この人の二要素認証が、一時間に続けざまに断られました。根負けを狙う攻撃に見られる形です。",
     "This person's second factor was refused again and again within an hour, as by somebody who "
     "waits for them to give in."},
    {device_worse, device, 20, "device_worse",
     "この人が前に使ったときより、端末の状態が悪くなっています。",
     "The device is in a worse state than when this person last used it."},
    {loss_reported, device, 60, "loss_reported", "この人の端末の紛失が届けられています。",
     "A device of this person's is reported as lost."},
    {foreign_key, device, 60, "foreign_key",
     "サインインした端末とは別の端末の鍵で使われています。Cookie が盗まれたおそれがあります。",
     "It is used with the key of another device than the one signed in on: the cookie may be "
     "stolen."},
    {line_raised, line, 20, "line_raised", "接続元のアドレスから、疑わしい通信が観測されています。",
     "Suspicious traffic was observed from the address."},
    {line_high, line, 40, "line_high", "接続元のアドレスから、攻撃が観測されています。",
     "Attacks were observed from the address."},
}};

constexpr bool signals_in_order() {
  for (std::size_t i = 0; i < kSignals.size(); ++i)
    if (static_cast<std::size_t>(kSignals.at(i).signal) != i) return false;
  return true;
}
static_assert(signals_in_order());

const SignalWords& signal_words(RiskSignal signal) {
  return kSignals.at(static_cast<std::size_t>(signal));
}

/// What is seen of one attempt.
class Seeing {
 public:
  Seeing(const RiskHistory& history, const SignIn& attempt, std::optional<double> unlikeness)
      : history_(history), attempt_(attempt), mine_(history.habits(attempt.person)) {
    if (unlikeness) usual(*unlikeness);
    travel();
    guesses();
  }

  void see(RiskSignal signal, bool so) {
    if (so) seen_.set(static_cast<std::size_t>(signal));
  }
  const RiskSignals& seen() const { return seen_; }

 private:
  /// Of a person of whom enough is known.
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

  void guesses() {
    const SignInOrigin& origin = attempt_.origin;
    const Time since = attempt_.at - kRecent;
    const bool many = origin.own_exit || origin.shared;
    see(spraying, history_.others_refused(origin.address, attempt_.person, since, attempt_.at) >=
                      (many ? kSprayedShared : kSprayed));
    if (mine_ == nullptr) return;
    std::size_t here = 0;
    std::size_t elsewhere = 0;
    std::size_t prompts = 0;
    for (const PersonHabits::Refusal& refusal : mine_->refusals()) {
      if (refusal.at <= since || refusal.at > attempt_.at) continue;
      if (refusal.end == SignInEnd::factor_refused)
        ++prompts;
      else
        ++(refusal.address == origin.address ? here : elsewhere);
    }
    see(guessing_here, here >= kGuessesHere);
    see(guessing_elsewhere, elsewhere >= kGuessesElsewhere);
    see(factor_flood, prompts >= kPromptFlood);
    see(factor_refused, prompts >= kRefusedPrompts && prompts < kPromptFlood);
  }

  const RiskHistory& history_;
  const SignIn& attempt_;
  const PersonHabits* mine_;
  RiskSignals seen_;
};

int points_of(RiskSignals signals, std::optional<RiskKind> of = {}) {
  int points = 0;
  for (const SignalWords& one : kSignals)
    if (signals.test(static_cast<std::size_t>(one.signal)) && (!of || one.kind == *of))
      points += one.weight;
  return points;
}

}  // namespace

std::string_view name(RiskSignal signal) { return signal_words(signal).name; }
RiskKind kind(RiskSignal signal) { return signal_words(signal).kind; }
int weight(RiskSignal signal) { return signal_words(signal).weight; }
Text words(RiskSignal signal) {
  return {std::string(signal_words(signal).ja), std::string(signal_words(signal).en)};
}

std::optional<RiskSignal> risk_signal_named(std::string_view name) {
  const auto found = std::ranges::find(kSignals, name, &SignalWords::name);
  return found == kSignals.end() ? std::nullopt : std::optional(found->signal);
}

ImpersonationRisk risk_of(RiskSignals signals) {
  std::array<int, kRiskKinds> by_kind{};
  for (std::size_t i = 0; i < kRiskKinds; ++i)
    by_kind.at(i) = points_of(signals, static_cast<RiskKind>(i));
  std::ranges::sort(by_kind, std::greater());
  if (by_kind[0] >= kHighPoints && by_kind[1] >= kSecondPoints) return ImpersonationRisk::confirmed;
  const int points = points_of(signals);
  if (points >= kHighPoints) return ImpersonationRisk::high;
  return points >= kRaisedPoints ? ImpersonationRisk::raised : ImpersonationRisk::low;
}

AssessedRisk assess_risk(const RiskHistory& history, const SignIn& attempt,
                         const RiskCircumstances& circumstances, RiskSignals silenced) {
  AssessedRisk assessed;
  assessed.unlikeness = history.unlikeness(attempt);
  Seeing seeing(history, attempt, assessed.unlikeness);
  seeing.see(device_worse, circumstances.device_worse);
  seeing.see(loss_reported, circumstances.loss_reported);
  seeing.see(foreign_key, circumstances.foreign_key);
  seeing.see(line_raised, circumstances.line == LineDoubt::raised);
  seeing.see(line_high, circumstances.line == LineDoubt::high);
  for (std::size_t i = 0; i < kRiskSignals; ++i)
    if (seeing.seen().test(i))
      assessed.signs.push_back({static_cast<RiskSignal>(i), silenced.test(i)});
  const RiskSignals counted = seeing.seen() & ~silenced;
  assessed.points = points_of(counted);
  assessed.risk = risk_of(counted);
  return assessed;
}

}  // namespace sekisho
