#include "collect/agent/watch.h"

#include <algorithm>
#include <random>
#include <thread>

#include <fmt/format.h>

namespace sekisho {
namespace {

/// Reported about this often though nothing changed; with the time between two looks, and both a
/// fifth longer, it stays under ten minutes.
constexpr std::chrono::seconds kReportEvery{360};
constexpr std::chrono::seconds kFirstRetry{15};
constexpr std::chrono::seconds kLastRetry{600};

/// Up to a fifth more or less, so that a thousand devices don't come all at once.
std::chrono::seconds about(std::chrono::seconds time) {
  static std::mt19937 random{std::random_device{}()};
  const auto fifth = std::max<std::int64_t>(1, time.count() / 5);
  return time +
         std::chrono::seconds(std::uniform_int_distribution<std::int64_t>(-fifth, fifth)(random));
}

void wait(std::chrono::seconds time, const std::atomic<bool>& ending) {
  for (std::int64_t i = 0; i < time.count() && !ending; ++i)
    std::this_thread::sleep_for(std::chrono::seconds(1));
}

}  // namespace

void Watch::run(std::chrono::seconds every, const std::atomic<bool>& ending) {
  machine_.say({fmt::format("{} に報告します（端末 {}）", device_.server(), device_.id()),
                fmt::format("reporting to {} as device {}", device_.server(), device_.id())});
  while (!ending) {
    const Time moment = now();
    if (const auto looked = look(moment); !looked) machine_.complain(looked.error());
    if (moment >= try_again_) send(moment);
    wait(about(every), ending);
  }
}

bool Watch::once() {
  if (const auto looked = look(now()); !looked) {
    machine_.complain(looked.error());
    return false;
  }
  return send(now());
}

/// What the disk garbled is thrown away, so that the next receipt brings it again; until then what
/// is built in serves.
Result<void> Watch::look(Time moment) {
  auto sight = machine_.look(moment);
  if (!sight) {
    machine_.complain(sight.error());
    machine_.forget_content();
    if (auto forgot = device_.forget_content(); !forgot) return forgot;
    sight = machine_.look(moment);
  }
  if (!sight) return std::unexpected(sight.error());
  if (sight->records == last_ && moment < report_by_) return {};
  if (auto added = device_.add(sight->facts, moment, sight->records); !added) return added;
  last_ = std::move(sight->records);
  report_by_ = moment + about(kReportEvery);
  return {};
}

bool Watch::send(Time moment) {
  const auto sent = deliver(moment);
  if (sent) {
    retry_ = {};
    try_again_ = moment;
    return true;
  }
  machine_.complain(sent.error());
  retry_ = std::clamp(2 * retry_, kFirstRetry, kLastRetry);
  try_again_ = moment + about(retry_);
  return false;
}

Result<void> Watch::deliver(Time moment) {
  const auto renewed = device_.renew_if_due(moment);
  if (!renewed) return std::unexpected(renewed.error());
  const auto waiting = device_.waiting();
  if (!waiting) return std::unexpected(waiting.error());
  if (*waiting == 0) return {};
  const auto sent = device_.send(moment);
  if (!sent) return std::unexpected(sent.error());
  for (const Receipt::Refused& refused : sent->refused)
    machine_.complain(
        {{fmt::format("報告 {} が断られました: {}", refused.sequence, refused.reason.ja),
          fmt::format("report {} was refused: {}", refused.sequence, refused.reason.en)},
         {}});
  machine_.say({fmt::format("{} 件の報告を送りました", sent->reports),
                fmt::format("sent {} reports", sent->reports)});
  if (sent->content_changed)
    if (auto taken = take_content(); !taken) return taken;
  return list_software(sent->software, moment);
}

/// Sent when it isn't what the server has.
Result<void> Watch::list_software(const std::string& at_server, Time moment) {
  const std::string sbom = machine_.software();
  if (sbom.empty() || content_version(sbom) == at_server) return {};
  if (auto sent = device_.send_software(sbom, moment); !sent) return sent;
  machine_.say({"入っているソフトの一覧を送りました", "sent the list of installed software"});
  return {};
}

Result<void> Watch::take_content() {
  const auto files = device_.fetch_content();
  if (!files) return std::unexpected(files.error());
  if (auto taken = machine_.take_content(*files); !taken) return taken;
  machine_.say({"新しい確認内容を受け取りました", "took new content to check by"});
  return device_.took_content();
}

}  // namespace sekisho
