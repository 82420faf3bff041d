// SPDX-License-Identifier: Apache-2.0
#include "server/enforcers/talk.h"

#include <algorithm>

#include <fmt/format.h>

namespace sekisho {
namespace {

constexpr std::chrono::seconds kHelloWithin{5};
constexpr std::chrono::seconds kCutWithin{5};
/// How often it is looked at whether anything is late, or was revoked.
constexpr std::chrono::milliseconds kLook{250};

Text not_registered() {
  return {
      "この証明書では見張りになれません。サーバーで sekisho access enforcer add をやり直して"
      "ください。",
      "this certificate is not one of an enforcer's here; on the server run sekisho access "
      "enforcer add again."};
}

/// Where a second factor can be shown for use here.
void add_where(Text& words, const std::string& console) {
  words.ja += fmt::format(
      "\n{}/applications "
      "を開き、この端末の「二要素認証を示す」を押してから、もう一度接続してください。",
      console);
  words.en += fmt::format(
      "\nOpen {}/applications, choose \"Show the second factor\" for this device, and connect "
      "again.",
      console);
}

}  // namespace

struct EnforcerTalk::Cuts {
  std::mutex mutex;
  std::map<TokenBytes, Moment> sent;  // and not yet done
};

EnforcerTalk::EnforcerTalk(const EnforcerOptions& options, AccessDesk& desk,
                           std::shared_ptr<LineChannel> channel, RemoteEnd remote)
    : options_(options),
      desk_(desk),
      channel_(std::move(channel)),
      remote_(std::move(remote)),
      cuts_(std::make_shared<Cuts>()) {}

void EnforcerTalk::log(Severity severity, std::string event,
                       std::vector<std::pair<std::string, std::string>> fields) const {
  if (!options_.journal) return;
  fields.insert(fields.begin(), {"enforcer", enforcer_ ? enforcer_->text() : "-"});
  options_.journal->tell({severity, std::move(event), std::move(fields)});
}

void EnforcerTalk::fault(const Text& why) {
  over_ = true;
  log(Severity::warning, "enforcer-refused", {{"why", why.en}});
  tell(TellFault{sayable(why)});
  channel_->finish(std::chrono::steady_clock::now() + std::chrono::seconds(1));
}

void EnforcerTalk::fault_of_length() {
  fault({fmt::format("一行は {} バイトまでです。", kMostEnforcerLine),
         fmt::format("a line has at most {} bytes.", kMostEnforcerLine)});
}

std::optional<EnforcerId> EnforcerTalk::greet() {
  std::string line;
  const auto came = channel_->next(line, std::chrono::steady_clock::now() + kHelloWithin);
  if (came == LineChannel::Came::too_long) fault_of_length();
  if (came != LineChannel::Came::line) return std::nullopt;
  const auto message = read_from_enforcer(line);
  const auto* hello = message ? std::get_if<HelloToServer>(&*message) : nullptr;
  if (hello == nullptr || hello->version != kEnforcerProtocol) {
    fault({fmt::format("最初の行はバージョン {} の hello にしてください。", kEnforcerProtocol),
           fmt::format("the first line has to be a hello of version {}.", kEnforcerProtocol)});
    return std::nullopt;
  }
  // Of another machine each is who its certificate says.
  const auto known = remote_.door != nullptr && remote_.door->knows()
                         ? remote_.door->whose(remote_.certificate)
                         : std::nullopt;
  if (remote_.door != nullptr && (!known || known->name != hello->enforcer)) {
    fault(not_registered());
    return std::nullopt;
  }
  enforcer_ = hello->enforcer;
  return enforcer_;
}

void EnforcerTalk::serve() {
  // Before anything is held against what is live: a cut is told of in between, or found then.
  subscription_ =
      desk_.on_cut(*enforcer_, [channel = channel_, cuts = cuts_](const AccessDesk::Cut& cut) {
        {
          const std::lock_guard lock(cuts->mutex);
          cuts->sent.emplace(cut.token.bytes(), std::chrono::steady_clock::now());
        }
        channel->send(line_of(TellCut{cut.token, sayable(cut.why)}));
        return true;
      });
  tell(HelloToEnforcer{kEnforcerProtocol});
  if (remote_.door != nullptr) remote_.door->came(remote_.certificate);
  log(Severity::notice, "enforcer-came");
  std::string line;
  Moment heard = std::chrono::steady_clock::now();
  while (!over_) {
    const auto now = std::chrono::steady_clock::now();
    if (now - heard > kEnforcerSilence) break;
    const auto came = channel_->next(line, std::min<Moment>(heard + kEnforcerSilence, now + kLook) +
                                               std::chrono::milliseconds(1));
    say_what_is_late();
    look_at_certificate();
    if (over_) break;
    if (came == LineChannel::Came::too_long) fault_of_length();
    if (came == LineChannel::Came::over || came == LineChannel::Came::too_long) break;
    if (came == LineChannel::Came::nothing) continue;
    heard = std::chrono::steady_clock::now();
    const auto message = read_from_enforcer(line);
    if (!message) {
      fault(message.error().message);
      break;
    }
    std::visit([this](const auto& one) { take(one); }, *message);
  }
  subscription_.reset();
  // Whom it has in stays in for as long as it lets them: it says so itself, by its bound.
  log(Severity::warning, "enforcer-went");
}

bool EnforcerTalk::may_ask(const ResourceId& resource) const {
  if (remote_.door == nullptr) return true;
  const auto known = remote_.door->whose(remote_.certificate);
  return known && std::ranges::find(known->resources, resource) != known->resources.end();
}

void EnforcerTalk::look_at_certificate() {
  if (remote_.door == nullptr || remote_.door->whose(remote_.certificate)) return;
  subscription_.reset();
  const Text why{"この接続を見張るものの登録が取り消されました。",
                 "What watches over this connection was revoked."};
  for (const AccessDesk::Cut& one : desk_.live(*enforcer_)) {
    tell(TellCut{one.token, why});
    desk_.closed(*enforcer_, one.token);
  }
  fault(not_registered());
}

void EnforcerTalk::say_what_is_late() {
  const std::lock_guard lock(cuts_->mutex);
  const auto now = std::chrono::steady_clock::now();
  const auto late = std::erase_if(
      cuts_->sent, [now](const auto& sent) { return now - sent.second > kCutWithin; });
  if (late > 0) log(Severity::error, "cut-not-done", {{"sessions", std::to_string(late)}});
}

void EnforcerTalk::take(const HelloToServer& /*message*/) {
  fault({"hello は最初に一度だけです。", "there is one hello, and it comes first."});
}

void EnforcerTalk::take(const AskToEnter& message) {
  if (!may_ask(message.resource)) {
    log(Severity::warning, "enforcer-asked-beyond", {{"resource", message.resource.text()}});
    tell(TellVerdict{message.number,
                     AccessAnswer::deny,
                     {std::string(name(AccessReasonCode::resource_unknown))},
                     {"この見張りは、この対象について尋ねられません。",
                      "this enforcer may not ask about this resource."},
                     {}});
    return;
  }
  AccessEntry entry{*enforcer_, message.resource,
                    desk_.person_of(message.person.text()).value_or(PersonId())};
  if (message.key) entry.device = desk_.device_of_key(*message.key);
  if (message.certificate) entry.device = desk_.device_of_certificate(*message.certificate);
  if (entry.device) entry.shown = desk_.shown_on(entry.person, *entry.device);
  entry.until = options_.clock() + kLongestEnforced;
  if (message.from) entry.from = message.from->address();
  entry.agent = enforcer_->text();
  AccessVerdict verdict = desk_.enter(entry);
  TellVerdict told{message.number, verdict.decision.answer, {}, std::move(verdict.words), {}};
  for (const AccessReason& reason : verdict.decision.reasons)
    if (told.codes.size() < kMostCodes) told.codes.emplace_back(name(reason.code));
  if (told.answer == AccessAnswer::allow) {
    // What allows and opens nothing lets nobody in.
    if (verdict.token)
      told.token = verdict.token;
    else
      told.answer = AccessAnswer::deny;
  }
  if (told.answer == AccessAnswer::step_up && entry.device && options_.confirm_at)
    add_where(told.words, options_.confirm_at());
  if (told.answer != AccessAnswer::allow || !told.words.empty()) told.words = sayable(told.words);
  tell(told);
}

void EnforcerTalk::take(const AskForKeys& message) {
  TellKeys told{message.number};
  const auto person = desk_.person_of(message.person.text());
  if (person && options_.keys_of)
    for (const DeviceId device : desk_.devices_of(*person))
      for (std::string& key : options_.keys_of(device))
        if (!key.empty() && key.size() <= kMostKeyBytes && told.keys.size() < kMostKeys)
          told.keys.push_back(std::move(key));
  tell(told);
}

void EnforcerTalk::take(const SayOpened& message) {
  const bool live = desk_.opened(*enforcer_, message.token, message.handle.text());
  if (live && !all_held_) named_.insert(message.token.bytes());
  tell(TellLive{message.number, live});
}

void EnforcerTalk::take(const SayClosed& message) { desk_.closed(*enforcer_, message.token); }

void EnforcerTalk::take(const SayHeld& message) {
  const auto live = desk_.live(*enforcer_);
  const bool in = std::ranges::any_of(
      live, [&](const AccessDesk::Cut& one) { return one.token.bytes() == message.token.bytes(); });
  if (in) named_.insert(message.token.bytes());
  tell(TellLive{message.number, in});
}

void EnforcerTalk::take(const SayAllHeld& /*message*/) {
  if (all_held_) return;
  all_held_ = true;
  for (const AccessDesk::Cut& one : desk_.live(*enforcer_))
    if (!named_.contains(one.token.bytes())) desk_.closed(*enforcer_, one.token);
  named_.clear();
}

void EnforcerTalk::take(const SayCutDone& message) {
  std::optional<Moment> sent;
  {
    const std::lock_guard lock(cuts_->mutex);
    const auto found = cuts_->sent.find(message.token.bytes());
    if (found != cuts_->sent.end()) {
      sent = found->second;
      cuts_->sent.erase(found);
    }
  }
  desk_.closed(*enforcer_, message.token);
  const auto whole = [](auto length) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(length).count());
  };
  if (sent)
    log(Severity::notice, "cut-done",
        {{"ms", whole(std::chrono::steady_clock::now() - *sent)},
         {"there_ms", whole(message.took)}});
}

void EnforcerTalk::take(const SayAlive& /*message*/) { tell(TellAlive{}); }

void EnforcerTalk::take(const AskToRenew& message) {
  if (remote_.door == nullptr)
    return fault(
        {"証明書は、TLS の接続でだけ更新できます。", "certificates are renewed over TLS only."});
  auto next = remote_.door->renew(remote_.certificate, message);
  if (!next) return fault(next.error().message);
  log(Severity::notice, "enforcer-renewed");
  tell(*next);
}

}  // namespace sekisho
