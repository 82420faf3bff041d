// SPDX-License-Identifier: Apache-2.0
#include "server/clouds/readers.h"

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <random>

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/document.h"
#include "server/clouds/handlers.h"
#include "server/clouds/reading.h"
#include "server/outbox/outbox.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kLook{2};
constexpr std::chrono::days kEvery{7};
constexpr std::chrono::hours kSpread{6};  // that a reading may come earlier
constexpr std::chrono::minutes kFirstPause{15};
constexpr std::chrono::hours kLongestPause{24};
/// A whole reading; whoever is not done by then was cut off.
constexpr std::chrono::minutes kLongest{30};
constexpr std::chrono::minutes kClaimHolds{40};
/// A failure may be of the moment; so many in a row are told, once.
constexpr std::int64_t kToldAfter = 3;
constexpr DocumentLimits kReaderLimits{.bytes = 16'000, .nodes = 100, .depth = 4};

std::string job_of(std::string_view service) { return "clouds/" + std::string(service); }
std::string file_of_reader(const std::string& folder, std::string_view service) {
  return folder + "/" + std::string(service) + ".json";
}
bool has_credential(const std::string& folder, std::string_view service) {
  std::error_code missing;
  return !folder.empty() && std::filesystem::exists(file_of_reader(folder, service), missing);
}

std::optional<Time> reader_moment(const Node& node, std::string_view key) {
  const auto there = node.find(key);
  if (!there) return std::nullopt;
  const auto time = parse_time(there->string());
  if (!time) there->report("時刻ではありません。", "this is no time.");
  return time;
}

struct Kept {
  MaybeState job;
  ReaderState state;
};
Result<Kept> kept_of(Database& db, std::string_view service) {
  const auto job = job_state(db, job_of(service));
  if (!job) return std::unexpected(job.error());
  return Kept{*job, *job ? parse_reader_state((*job)->seen) : ReaderState()};
}

/// A claim by a server that ended meanwhile runs out, and so does a time of a clock that was ahead.
bool is_due(const Kept& kept, Time now) {
  return !kept.job || kept.job->due <= now || now + kEvery + kSpread < kept.job->due;
}

struct Claimed {
  std::string claim;
  std::vector<std::string> emergency;
  std::int64_t failures = 0;  // before, in a row
};

/// Takes a service that is due for this server; nothing where it isn't, or another was first.
Result<std::optional<Claimed>> claim(Database& db, std::string_view service, Time now) {
  const auto kept = kept_of(db, service);
  if (!kept) return std::unexpected(kept.error());
  if (!is_due(*kept, now)) return std::nullopt;
  Claimed mine{random_token(8), {}, kept->state.failures};
  bool taken = false;
  ReaderState state = kept->state;
  state.claim = mine.claim;
  const auto moved =
      move_job(db, job_of(service), kept->job, {now + kClaimHolds, write_reader_state(state)},
               [&]() -> Result<void> {
                 taken = true;
                 return {};
               });
  if (!moved) return std::unexpected(moved.error());
  if (!taken) return std::nullopt;
  const auto reading = kept_reading(db);
  if (!reading) return std::unexpected(reading.error());
  if (*reading)
    for (const json::value& one : (*reading)->emergency)
      mine.emergency.emplace_back(one.as_string());
  return mine;
}

struct ServiceRead {
  CloudReading reading;
  bool whole = true;  // all questions were answered, or refused
};

Error in_part() {
  return {{"一部の問い合わせに、サービスが答えませんでした。",
           "the service didn't answer some of the questions."},
          {}};
}

Result<ServiceRead> read_service(const CloudReaders& readers, std::string_view service,
                                 const Claimed& mine) {
  const auto credential = read_credential_file(file_of_reader(readers.folder, service), service);
  if (!credential) return std::unexpected(credential.error());
  const auto file = readers.read(*credential);
  if (!file) return std::unexpected(file.error());
  // What is known stays, for as long as the rest may still be answered soon.
  const bool whole = !asks_again(*file);
  if (!whole && mine.failures + 1 < kToldAfter) return std::unexpected(in_part());
  auto reading = read_clouds({*file}, {mine.emergency, {}}, readers.shop.options.clock());
  if (!reading) return std::unexpected(reading.error());
  if (std::ranges::all_of(reading->rows, [](const CloudRow& row) {
        return row.finding.verdict == Verdict::unknown;
      }))
    return failure("答えからは何も分かりません。権限が足りているかを確かめてください。",
                   "nothing can be told from its answers: see whether the rights suffice.");
  return ServiceRead{std::move(*reading), whole};
}

Result<void> tell_of_failures(Database& db, std::string_view service, const Text& why, Time now) {
  return tell(db, now, "clouds",
              {"クラウドの設定を読めません", "Settings of a cloud can't be read"},
              {fmt::format("{}: {} 回続けて読めませんでした。{}\n", service, kToldAfter, why.ja),
               fmt::format("{}: it failed {} times in a row. {}\n", service, kToldAfter, why.en)},
              {{"service", service}}, "/clouds");
}

/// Of another account than what is kept, nothing is kept: that the firm moved only an administrator
/// can say.
Result<ServiceRead> of_ours_alone(Database& db, const Result<ServiceRead>& read) {
  if (!read) return read;
  const auto before = kept_reading(db);
  if (!before) return std::unexpected(before.error());
  if (!*before) return read;
  const auto other = other_account(**before, read->reading);
  if (!other) return read;
  const Text why = said_of(*other);
  return failure(why.ja + "会社のテナントが変わったのなら、読んだ結果を削除してください。",
                 why.en + " If the firm moved, have what was read forgotten.");
}

/// Keeps what came of it, if the claim still stands: whoever took it over meanwhile does it anew.
Result<void> finish(const CloudReaders& readers, Database& db, std::string_view service,
                    const Claimed& mine, const Result<ServiceRead>& answer) {
  const Time now = readers.shop.options.clock();
  const auto kept = kept_of(db, service);
  if (!kept) return std::unexpected(kept.error());
  if (kept->state.claim != mine.claim) return {};
  const Result<ServiceRead> read = of_ours_alone(db, answer);
  ReaderState state = kept->state;
  state.claim.clear();
  state.tried = now;
  state.error.reset();
  if (const bool all = read && read->whole; !all) {
    const Error why = read ? in_part() : read.error();
    state.error =
        Text{printable(why.describe(Lang::ja), 600), printable(why.describe(Lang::en), 600)};
  }
  state.failures = read ? 0 : state.failures + 1;
  if (read) state.succeeded = now;
  const JobState after{
      read && !read->whole ? now + kLongestPause : next_reading(state, now, readers.random()),
      write_reader_state(state)};
  return move_job(db, job_of(service), kept->job, after, [&]() -> Result<void> {
    if (!read)
      return state.failures == kToldAfter ? tell_of_failures(db, service, *state.error, now)
                                          : Result<void>();
    const CloudsDesk desk{readers.shop.guideline, readers.shop.board.clouds(), db, now};
    return keep_reading(desk, std::nullopt, mine.emergency, read->reading);
  });
}

/// For whoever looks next.
Result<void> give_back(const CloudReaders& readers, Database& db, std::string_view service,
                       const Claimed& mine) {
  const auto kept = kept_of(db, service);
  if (!kept) return std::unexpected(kept.error());
  if (kept->state.claim != mine.claim) return {};
  ReaderState state = kept->state;
  state.claim.clear();
  return move_job(db, job_of(service), kept->job,
                  {readers.shop.options.clock(), write_reader_state(state)},
                  [] { return Result<void>(); });
}

Result<void> read_one(const CloudReaders& readers, std::string_view service) {
  std::optional<Claimed> mine;
  {
    auto lease = readers.pool.take();
    if (!lease) return std::unexpected(lease.error());
    auto claimed = claim(***lease, service, readers.shop.options.clock());
    if (!claimed) return std::unexpected(claimed.error());
    mine = std::move(*claimed);
  }
  if (!mine) return {};
  const auto reading = read_service(readers, service, *mine);
  if (readers.quit.stop_requested()) {
    auto lease = readers.pool.take();
    if (!lease) return std::unexpected(lease.error());
    return give_back(readers, ***lease, service, *mine);
  }
  if (!reading)
    readers.shop.options.say({fmt::format("{} の設定を読めません: {}", service,
                                          printable(reading.error().describe(Lang::ja), 400)),
                              fmt::format("settings of {} could not be read: {}", service,
                                          printable(reading.error().describe(Lang::en), 400))});
  auto lease = readers.pool.take();
  if (!lease) return std::unexpected(lease.error());
  return finish(readers, ***lease, service, *mine, reading);
}

/// Asks with patience, but not for ever, and no longer than the server runs.
Result<CloudFile> read_within_time(const CloudCredential& credential, const std::stop_token& quit) {
  const auto end = std::chrono::steady_clock::now() + kLongest;
  const auto over = [&] { return quit.stop_requested() || std::chrono::steady_clock::now() > end; };
  std::mutex mutex;
  std::condition_variable_any pause;
  const CloudLine line{
      [&](const Outgoing& question) -> std::expected<Incoming, NotReached> {
        if (over())
          return std::unexpected(NotReached{
              NotReached::Why::other,
              {"時間がかかりすぎるため、やめました", "it took too long, and was given up"}});
        Outgoing asked = question;
        asked.quit = quit;
        return ask(asked);
      },
      [&](std::chrono::seconds wait) {
        std::unique_lock lock(mutex);
        pause.wait_for(lock, quit, wait, [] { return false; });
      },
      [] { return now(); }};
  return read_cloud(line, credential);
}

json::object reader_json(const Kept& kept, std::string_view service, bool there, Time now) {
  const ReaderState& state = kept.state;
  const bool running = !state.claim.empty() && kept.job && now < kept.job->due;
  return {{"id", service},
          {"credential", there},
          {"running", running},
          {"tried", json_time(state.tried)},
          {"succeeded", json_time(state.succeeded)},
          {"due", !there || running || !kept.job ? json::value(nullptr) : json_time(kept.job->due)},
          {"failures", state.failures},
          {"error", state.error ? json::value(json_text(*state.error)) : json::value(nullptr)}};
}

Outcome list_readers(Call& call) {
  const std::string& folder = call.shop.options.clouds_folder;
  json::array items;
  for (const std::string_view service : kReadableServices) {
    const auto kept = kept_of(call.db, service);
    if (!kept) return broken(kept.error());
    items.emplace_back(reader_json(*kept, service, has_credential(folder, service), call.now));
  }
  return reply_json(json::object{{"folder", folder}, {"items", std::move(items)}});
}

Outcome read_now(Call& call) {
  const std::string& service = call.parameter(0);
  if (std::ranges::find(kReadableServices, service) == kReadableServices.end())
    return problem(404, "そのサービスはありません。", "there is no such service.");
  if (!has_credential(call.shop.options.clouds_folder, service))
    return problem(422, "このサーバーには、そのサービスの資格情報がありません。",
                   "this server has no credential of that service.");
  const auto done = call.db.write([&]() -> Result<void> {
    const auto kept = kept_of(call.db, service);
    if (!kept) return std::unexpected(kept.error());
    // One that is being read is not read twice.
    if (!kept->state.claim.empty() && !is_due(*kept, call.now)) return {};
    ReaderState state = kept->state;
    state.claim.clear();
    if (auto moved = move_job(call.db, job_of(service), kept->job,
                              {call.now, write_reader_state(state)}, [] { return Result<void>(); });
        !moved)
      return moved;
    return audit(call, "clouds-asked", service, {});
  });
  return written(done, reply_nothing());
}

}  // namespace

ReaderState parse_reader_state(std::string_view text) {
  auto state = read_json<ReaderState>(text, kReaderLimits, [](const Node& node) {
    ReaderState one;
    one.tried = reader_moment(node, "tried");
    one.succeeded = reader_moment(node, "succeeded");
    one.failures = node.at("failures").integer(0, 1'000'000);
    if (const auto error = node.find("error")) one.error = error->text();
    if (const auto claim = node.find("claim")) one.claim = claim->string();
    return one;
  });
  return state ? std::move(*state) : ReaderState();
}

std::string write_reader_state(const ReaderState& state) {
  json::object out{{"failures", state.failures}};
  if (state.tried) out["tried"] = format_time(*state.tried);
  if (state.succeeded) out["succeeded"] = format_time(*state.succeeded);
  if (state.error) out["error"] = json::object{{"ja", state.error->ja}, {"en", state.error->en}};
  if (!state.claim.empty()) out["claim"] = state.claim;
  return json::serialize(out);
}

Time next_reading(const ReaderState& state, Time now, std::uint64_t random) {
  const auto some = [&](std::chrono::seconds most) {
    return std::chrono::seconds(random % (static_cast<std::uint64_t>(most.count()) + 1));
  };
  if (state.failures == 0) return now + kEvery - some(kSpread);
  const std::int64_t doublings = std::min<std::int64_t>(state.failures - 1, 10);
  const auto pause =
      std::min<std::chrono::seconds>(kFirstPause * (std::int64_t{1} << doublings), kLongestPause);
  return now + pause + some(pause / 4);
}

Result<void> read_due_clouds(const CloudReaders& readers) {
  for (const std::string_view service : kReadableServices)
    if (!readers.quit.stop_requested() && has_credential(readers.folder, service))
      if (auto read = read_one(readers, service); !read) return read;
  return {};
}

void keep_clouds_read(const Shop& shop, Pool& pool, const std::stop_token& quit) {
  const std::string& folder = shop.options.clouds_folder;
  if (folder.empty()) return;
  std::random_device entropy;
  const CloudReaders readers{
      shop,
      pool,
      folder,
      [&](const CloudCredential& credential) { return read_within_time(credential, quit); },
      [&] { return entropy(); },
      quit};
  std::mutex mutex;
  std::condition_variable_any pause;
  while (!quit.stop_requested()) {
    do_job(shop.options, "cloud readers", [&] { return read_due_clouds(readers); });
    std::unique_lock lock(mutex);
    pause.wait_for(lock, quit, kLook, [] { return false; });
  }
}

void add_cloud_readers(Handlers& handlers) {
  handlers.insert({{"listCloudReaders", list_readers}, {"readCloudNow", read_now}});
}

}  // namespace sekisho
