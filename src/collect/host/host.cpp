// SPDX-License-Identifier: Apache-2.0
#include "collect/host/host.h"

#include <unistd.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>

namespace sekisho {
namespace {

using Clock = std::chrono::steady_clock;

/// What workers share. A worker whose check hangs is left behind with its reference to this, and
/// another takes its place.
struct Board {
  std::shared_ptr<const Machine> machine;
  std::shared_ptr<const Guideline> guideline;
  std::shared_ptr<const Feeds> feeds;
  SecurityIndex security;
  Time now;
  std::vector<HostCheck> checks;

  std::mutex mutex;
  std::condition_variable changed;
  std::size_t next = 0;
  std::size_t finished = 0;
  struct Slot {
    std::optional<Clock::time_point> started;
    bool settled = false;  // found, or given up
    Finding finding;
  };
  std::vector<Slot> slots;
};

void settle(Board& board, std::size_t i, Finding finding) {
  Board::Slot& slot = board.slots[i];
  if (slot.settled) return;
  slot.settled = true;
  slot.finding = std::move(finding);
  ++board.finished;
  board.changed.notify_all();
}

Finding look_safely(const Board& board, const HostCheck& check) {
  try {
    return judged(check,
                  {*board.machine, board.security, *board.guideline, *board.feeds, board.now});
  } catch (const std::exception& error) {
    // A check that breaks must not take the others, or the report, with it.
    return unknown(fmt::format("確認の途中で止まりました（{}）", printable(error.what())),
                   fmt::format("the check broke off ({})", printable(error.what())));
  }
}

void work(const std::shared_ptr<Board>& board) {
  std::unique_lock lock(board->mutex);
  while (board->next < board->checks.size()) {
    const std::size_t i = board->next++;
    board->slots[i].started = Clock::now();
    lock.unlock();
    Finding finding = look_safely(*board, board->checks[i]);
    lock.lock();
    const bool given_up = board->slots[i].settled;
    settle(*board, i, std::move(finding));
    if (given_up) return;  // another worker has this one's place
  }
}

Finding too_slow(std::chrono::milliseconds bound) {
  const auto seconds = std::chrono::duration<double>(bound).count();
  return unknown(
      fmt::format("{:.0f} 秒以内に答えがありませんでした。もう一度試してください", seconds),
      fmt::format("no answer within {:.0f} seconds; try again", seconds));
}

/// Gives up on checks over their bound. True when a worker was lost.
bool give_up_late(Board& board, std::chrono::milliseconds bound) {
  bool lost = false;
  for (std::size_t i = 0; i < board.slots.size(); ++i) {
    const Board::Slot& slot = board.slots[i];
    if (slot.settled || !slot.started || Clock::now() - *slot.started < bound) continue;
    settle(board, i, too_slow(bound));
    lost = true;
  }
  return lost;
}

}  // namespace

const std::vector<HostCheck>& host_checks() {
  static const std::vector<HostCheck> all = [] {
    std::vector<HostCheck> checks;
    for (const auto& list : {update_checks(), software_checks(), data_checks(), network_checks(),
                             wifi_checks(), remote_checks(), account_checks(), password_checks(),
                             desktop_checks(), malware_checks(), system_checks()})
      checks.insert(checks.end(), list.begin(), list.end());
    return checks;
  }();
  return all;
}

std::vector<Evidence> collect_host(std::shared_ptr<const Machine> machine,
                                   std::shared_ptr<const Guideline> guideline,
                                   std::shared_ptr<const Feeds> feeds, const SubjectId& subject,
                                   Time now, const std::vector<HostCheck>& checks,
                                   const CollectOptions& options) {
  auto board = std::make_shared<Board>();
  board->machine = std::move(machine);
  board->guideline = std::move(guideline);
  board->feeds = std::move(feeds);
  board->now = now;
  board->checks = checks;
  board->slots.resize(checks.size());
  const auto start_worker = [&board] { std::thread([board] { work(board); }).detach(); };
  for (unsigned i = 0; i < options.at_once; ++i) start_worker();

  std::unique_lock lock(board->mutex);
  std::size_t told = 0;
  while (board->finished < checks.size()) {
    board->changed.wait_for(lock, std::chrono::milliseconds(50));
    if (give_up_late(*board, options.bound)) start_worker();
    if (options.progress && told != board->finished)
      options.progress(told = board->finished, checks.size());
  }
  std::vector<Evidence> evidence;
  evidence.reserve(checks.size());
  for (std::size_t i = 0; i < checks.size(); ++i) {
    const CheckSpec* spec = board->guideline->check(checks[i].id);
    const auto valid_for = spec == nullptr ? std::chrono::days(1) : spec->valid_for;
    Finding& finding = board->slots[i].finding;
    const Time until = std::min(now + valid_for, finding.holds_until);
    evidence.push_back({subject, std::string(checks[i].id), judgement_of(std::move(finding)), now,
                        until, "collector:host"});
  }
  return evidence;
}

SubjectId host_subject(const Machine& machine) {
  if (machine.live()) {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0')
      return {"host:" + printable(name.data(), 255)};
  }
  const auto text = machine.read("/etc/hostname", 4096);
  const std::string_view name = text ? trim(*text) : std::string_view();
  return {"host:" + (name.empty() ? machine.root().filename().string() : printable(name, 255))};
}

}  // namespace sekisho
