// SPDX-License-Identifier: Apache-2.0
#include "collect/agent/watch.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

#include "collect/agent/pace.h"

namespace sekisho {
namespace {

/// Reported about this often though nothing changed; with the time between two looks, and both a
/// fifth longer, it stays under ten minutes.
constexpr std::chrono::seconds kReportEvery{360};
/// A server that renews or gives no certificate is not asked at each sending.
constexpr std::chrono::seconds kRenewRetry{3600};
/// When the two clocks part by more, one was set or the machine slept.
constexpr std::chrono::seconds kJump{30};

}  // namespace

Moment Moment::now() { return {sekisho::now(), std::chrono::steady_clock::now()}; }

void Watch::run(std::chrono::seconds every, const std::atomic<bool>& ending) {
  machine_.say({fmt::format("{} に報告します（端末 {}）", device_.server(), device_.id()),
                fmt::format("reporting to {} as device {}", device_.server(), device_.id())});
  Hearing hearing([this](const std::string& since, const std::stop_token& quit) {
    return device_.wait_for_word(since, quit);
  });
  const std::jthread ear([&](const std::stop_token& quit) { hearing.run(quit); });
  while (!ending) {
    round(Moment::now());
    wait(about(every), hearing, ending);
  }
}

void Watch::wait(std::chrono::seconds time, Hearing& hearing, const std::atomic<bool>& ending) {
  for (std::int64_t i = 0; i < time.count() && !ending; ++i) {
    if (told_ && !told_->closed.empty() && i >= kMostWhileClosed.count()) return;
    if (!hearing.wait(std::chrono::seconds(1))) continue;
    if (const auto why = hearing.take_refusal()) hear_refusal(*why);
    if (const auto told = hearing.take(); told && hear(*told, Moment::now())) return;
  }
}

bool Watch::hear(const Told& told, Moment moment) {
  const bool look = told_ && told.looks != told_->looks;
  say_what_changed(told);
  if (told != told_)
    if (const auto kept = device_.keep_told(told); !kept) machine_.complain(kept.error());
  told_ = told;
  if (!look) return false;
  machine_.say({"管理者が確認を求めました。すぐに確かめて報告します。",
                "the administrator asked to look at once, and to report."});
  report_by_ = try_again_ = moment.steady;
  retry_ = {};
  return true;
}

void Watch::hear_refusal(const Error& why) {
  machine_.complain(why);
  told_.reset();
  (void)device_.keep_told(std::nullopt);
}

void Watch::say_what_changed(const Told& told) const {
  const std::vector<ClosedHere> before = told_ ? told_->closed : std::vector<ClosedHere>();
  for (const ClosedHere& one : told.closed)
    if (std::ranges::find(before, one) == before.end())
      machine_.say(
          {fmt::format("「{}」は今この端末から使えません: {}", one.name.ja, one.why.ja),
           fmt::format("'{}' can't be used from this device now: {}", one.name.en, one.why.en)});
  for (const ClosedHere& one : before)
    if (std::ranges::find(told.closed, one.name, &ClosedHere::name) == told.closed.end())
      machine_.say({fmt::format("「{}」をこの端末から再び使えます", one.name.ja),
                    fmt::format("'{}' can be used from this device again", one.name.en)});
}

bool Watch::round(Moment moment) {
  well_ = true;
  notice_jump(moment);
  if (const auto looked = look(moment); !looked) complain(looked.error());
  if (moment.steady < try_again_) return well_;
  if (const auto sent = deliver(moment); sent) {
    retry_ = {};
    try_again_ = moment.steady;
  } else {
    complain(sent.error());
    retry_ = std::clamp(2 * retry_, kFirstRetry, kLastRetry);
    try_again_ = moment.steady + about(retry_);
  }
  return well_;
}

void Watch::complain(const Error& error) {
  well_ = false;
  machine_.complain(error);
}

/// What was reported under a wrong clock counts for nothing at the server, and what was reported
/// before a sleep is old: it is told anew at once.
void Watch::notice_jump(Moment moment) {
  if (before_ &&
      std::chrono::abs((moment.wall - before_->wall) - (moment.steady - before_->steady)) > kJump) {
    report_by_ = try_again_ = moment.steady;
    retry_ = {};
  }
  before_ = moment;
}

/// What the disk garbled is thrown away, so that the next receipt brings it again; until then what
/// is built in serves.
Result<void> Watch::look(Moment moment) {
  auto sight = machine_.look(moment.wall);
  if (!sight) {
    complain(sight.error());
    if (const auto forgot = device_.forget_content(); !forgot) complain(forgot.error());
    machine_.forget_content();
    sight = machine_.look(moment.wall);
  }
  if (!sight) return std::unexpected(sight.error());
  if (sight->records == last_ && moment.steady < report_by_) return {};
  if (auto added = device_.add(sight->facts, moment.wall, sight->records); !added) return added;
  last_ = std::move(sight->records);
  report_by_ = moment.steady + about(kReportEvery);
  return {};
}

Result<void> Watch::deliver(Moment moment) {
  renew(moment);
  const auto waiting = device_.waiting();
  if (!waiting) return std::unexpected(waiting.error());
  if (*waiting == 0) return {};
  const auto sent = device_.send(moment.wall);
  if (!sent) return std::unexpected(sent.error());
  for (const Error& trouble : sent->troubles) complain(trouble);
  for (const Receipt::Refused& refused : sent->refused) {
    machine_.complain(
        {{fmt::format("報告 {} が断られました: {}", refused.sequence, refused.reason.ja),
          fmt::format("report {} was refused: {}", refused.sequence, refused.reason.en)},
         {}});
    report_by_ = moment.steady;  // what it said is told anew with the next look
  }
  if (sent->reports > 0)
    machine_.say({fmt::format("{} 件の報告を送りました", sent->reports),
                  fmt::format("sent {} reports", sent->reports)});
  // The reports are there: what fails from here on waits for the next ones.
  if (sent->content_changed)
    if (const auto taken = take_content(moment.wall); !taken) complain(taken.error());
  if (sent->reports > 0)
    if (const auto listed = list_software(sent->software, moment.wall); !listed)
      complain(listed.error());
  renew_access(moment);
  return {};
}

/// Looked for seldom: a TPM takes its time to open a key.
void Watch::renew_access(Moment moment) {
  if (moment.steady < access_again_) return;
  const auto renewed = device_.renew_access_if_due(moment.wall);
  if (!renewed) complain(renewed.error());
  access_again_ = moment.steady + about(renewed ? kRenewRetry : kLastRetry);
}

/// While the certificate holds, reports are sent whether there is a next one or not.
void Watch::renew(Moment moment) {
  if (moment.steady >= renew_again_)
    if (const auto renewed = device_.renew_if_due(moment.wall); !renewed) {
      complain(renewed.error());
      renew_again_ = moment.steady + about(kRenewRetry);
    }
}

/// Sent when it isn't what the server has.
Result<void> Watch::list_software(const std::string& at_server, Time moment) {
  const std::string sbom = machine_.software();
  if (sbom.empty() || content_version(sbom) == at_server) return {};
  if (auto sent = device_.send_software(sbom, moment); !sent) return sent;
  machine_.say({"入っているソフトの一覧を送りました", "sent the list of installed software"});
  return {};
}

Result<void> Watch::take_content(Time moment) {
  const auto fetched = device_.fetch_content(moment);
  if (!fetched) return std::unexpected(fetched.error());
  if (auto taken = machine_.take_content(fetched->files); !taken) return taken;
  if (auto kept = device_.took_content(fetched->version); !kept) return kept;
  machine_.say({"新しい確認内容を受け取りました", "took new content to check by"});
  return {};
}

}  // namespace sekisho
