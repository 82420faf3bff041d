// SPDX-License-Identifier: Apache-2.0
#include "server/health.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "store/replaced.h"

namespace sekisho {
namespace {

constexpr std::chrono::seconds kKept{1};
constexpr std::chrono::seconds kPatience{2};
/// Longer than any of them takes: a look at this machine, reports as PDF, a mail server that hangs.
constexpr std::chrono::minutes kStalled{10};

/// Written by a connection that requests use and seen by one that is opened anew: a file that was
/// put in the place of the one that is open shows.
Result<bool> is_written(Pool& pool, const ServerOptions& options) {
  auto lease = pool.take();
  if (!lease) return std::unexpected(lease.error());
  Database& db = ***lease;
  std::int64_t wrote = 0;
  const auto done = db.write([&]() -> Result<void> {
    const auto rows = db.query(
        "INSERT INTO setting (name, value) VALUES (?, '1') ON CONFLICT (name) DO UPDATE SET value "
        "= CAST(CAST(setting.value AS BIGINT) + 1 AS TEXT) RETURNING value",
        {std::string(kProbeSetting)});
    if (!rows) return std::unexpected(rows.error());
    wrote = whole_number(rows->front().text(0));
    return {};
  });
  if (!done) return std::unexpected(done.error());
  const auto other = options.connect(options.database);
  if (!other) return std::unexpected(other.error());
  const auto read =
      (*other)->query("SELECT value FROM setting WHERE name = ?", {std::string(kProbeSetting)});
  if (!read) return std::unexpected(read.error());
  // Of several servers another may have counted on.
  return wrote > 0 && !read->empty() && whole_number(read->front().text(0)) >= wrote;
}

Result<void> count(Pool& pool, Health& seen) {
  auto lease = pool.take();
  if (!lease) return std::unexpected(lease.error());
  const auto rows = (***lease).query(
      "SELECT (SELECT COUNT(*) FROM outbox), (SELECT COUNT(*) FROM device WHERE state = 'active')");
  if (!rows) return std::unexpected(rows.error());
  seen.waiting = rows->front().integer(0);
  seen.devices = rows->front().integer(1);
  return {};
}

/// The least that is left where this server writes.
std::uintmax_t free_space(const ServerOptions& options) {
  std::uintmax_t least = UINTMAX_MAX;
  const auto look = [&](const std::filesystem::path& folder) {
    std::error_code error;
    const auto space = std::filesystem::space(folder, error);
    if (!error) least = std::min(least, space.available);
  };
  if (!is_postgres(options.database)) {
    const auto folder = std::filesystem::path(options.database).parent_path();
    look(folder.empty() ? "." : folder);
  }
  if (!options.feeds_folder.empty()) look(options.feeds_folder);
  return least;
}

}  // namespace

HealthWatch::HealthWatch(const ServerOptions& options, Pool& pool)
    : options_(options), pool_(pool), prober_([this](const std::stop_token& quit) { run(quit); }) {}

HealthWatch::~HealthWatch() = default;

void HealthWatch::alive(std::string_view job) {
  const std::lock_guard lock(mutex_);
  alive_.insert_or_assign(std::string(job), options_.stopwatch());
}

bool HealthWatch::jobs_alive() const {
  const Moment now = options_.stopwatch();
  const std::lock_guard lock(mutex_);
  return std::ranges::all_of(alive_, [&](const auto& job) { return now - job.second < kStalled; });
}

std::string HealthWatch::code_of(Health& seen) {
  if (state_ == State::starting) return "starting";
  if (state_ == State::stopping) return "stopping";
  if (!jobs_alive()) return "jobs-stalled";
  if (seen.free < kLeastFree) return "disk-full";
  const auto written = is_written(pool_, options_);
  if (!written) {
    const std::string reason = printable(written.error().describe(Lang::en), 200);
    const std::string code =
        says_replaced(written.error()) ? "database-replaced" : "database-failed";
    options_.log({Severity::error, "not-ready", {{"code", code}, {"reason", reason}}},
                 {"データベースに書けません: " + reason, "cannot write the database: " + reason});
    return code;
  }
  if (!*written) return "database-replaced";
  return count(pool_, seen) ? "" : "database-failed";
}

Health HealthWatch::probe() {
  Health seen;
  try {
    seen.free = free_space(options_);
    seen.code = code_of(seen);
  } catch (const std::exception&) {
    seen.code = "database-failed";
  }
  return seen;
}

void HealthWatch::run(const std::stop_token& quit) {
  std::unique_lock lock(mutex_);
  while (wanted_.wait(lock, quit, [this] { return asking_; })) {
    lock.unlock();
    Health seen = probe();
    lock.lock();
    seen_ = std::move(seen);
    known_ = true;
    known_at_ = std::chrono::steady_clock::now();
    asking_ = false;
    done_.notify_all();
  }
}

Health HealthWatch::look() {
  std::unique_lock lock(mutex_);
  const Moment now = std::chrono::steady_clock::now();
  if (!asking_ && (!known_ || now - known_at_ >= kKept)) {
    asking_ = true;
    asked_at_ = now;
    wanted_.notify_all();
  }
  if (done_.wait_until(lock, asked_at_ + kPatience, [this] { return !asking_; })) return seen_;
  Health late = seen_;
  late.code = "database-slow";
  return late;
}

}  // namespace sekisho
