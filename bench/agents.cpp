// SPDX-License-Identifier: Apache-2.0
// Many agents at once, speaking the real protocol over mutual TLS: enrols them, lets them report at
// their usual pace, then all at the same moment, and counts what the server has afterwards.
//   sekisho_agents DATABASE SERVER DEVICES PID-OF-THE-SERVER
#include <algorithm>
#include <atomic>
#include <fstream>
#include <mutex>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "base/crypto.h"
#include "base/gzip.h"
#include "collect/agent/agent.h"
#include "collect/agent/net.h"
#include "guideline/embedded.h"
#include "server/devices/agents.h"
#include "server/people/people.h"

namespace {

using namespace sekisho;
using Clock = std::chrono::steady_clock;

struct Remote {
  KeyPair key;
  std::string id, certificate, turn;
  std::int64_t sequence = 0;
};

template <typename T>
T must(Result<T> result) {
  if (!result) {
    fmt::print(stderr, "{}\n", result.error().describe(Lang::en));
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// Of a process, in KB: what it holds in memory.
std::int64_t resident(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  return 0;
}

/// Runs `work(i)` for 0 to `count` on `threads` threads.
template <typename Work>
double spread(std::size_t count, unsigned threads, Work work) {
  const auto start = Clock::now();
  std::atomic<std::size_t> next{0};
  {
    std::vector<std::jthread> pool;
    for (unsigned t = 0; t < threads; ++t)
      pool.emplace_back([&] {
        for (std::size_t i = next++; i < count; i = next++) work(i);
      });
  }
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class Load {
 public:
  Load(std::string database, std::string server, std::size_t devices)
      : db_(must(open_database(database))),
        server_(std::move(server)),
        guideline_(must(load_guideline(embedded_guideline()))) {
    authority_ = must(body_of(real_net().exchange({server_, {}, {}, nullptr},
                                                  {.path = "/agent/v1/authority", .body = {}}),
                              server_));
    const Time moment = now();
    const auto person = must(
        add_person(*db_, {"bench@firm.example", "Bench", "administrator", "en", "", ""}, moment));
    must(db_->write([&]() -> Result<void> {
      for (std::size_t i = 0; i < devices; ++i) {
        codes_.push_back(random_token(16));
        if (auto kept = db_->execute("INSERT INTO enrolment (secret, person_id, created_by, "
                                     "created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
                                     {secret_hash(codes_.back()), person, person, value_of(moment),
                                      value_of(moment + std::chrono::hours(1))});
            !kept)
          return kept;
      }
      return {};
    }));
    for (std::size_t i = 0; i < devices; ++i)
      remotes_.push_back({must(KeyPair::make()), {}, {}, {}});
  }

  double enrol() {
    return spread(remotes_.size(), 8, [&](std::size_t i) {
      Remote& remote = remotes_[i];
      const std::string body =
          write_enrolment({codes_[i],
                           remote.key.request(),
                           fmt::format("pc-{}", i),
                           machine(i),
                           {"debian", "12", "Debian GNU/Linux 12 (bookworm)"}});
      const auto enrol = [&] {
        return body_of(real_net().exchange({server_, authority_, {}, nullptr},
                                           {.path = "/agent/v1/enrol", .body = body}),
                       server_);
      };
      auto answer = enrol();
      // All come from one address here, which the server lets enrol 200 times a second.
      while (!answer) {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        answer = enrol();
      }
      const Enrolled enrolled = must(read_enrolled(*answer));
      remote.id = enrolled.device;
      remote.certificate = enrolled.certificate;
      remote.turn = enrolled.turn;
    });
  }

  /// Milliseconds that one report took, or nothing when it was not taken.
  std::optional<double> report(std::size_t i) {
    Remote& remote = remotes_[i];
    AgentReport report{remote.id,  remote.sequence + 1,
                       now(),      fmt::format("pc-{}", i),
                       machine(i), {"debian", "12", "Debian GNU/Linux 12 (bookworm)"},
                       {}};
    for (const CheckSpec& check : guideline_.checks)
      if (!check.asked)
        report.records.push_back({check.id,
                                  i % 9 == 0 ? Verdict::fail : Verdict::pass,
                                  {"この端末で見た事実を一文で",
                                   "the fact that was seen on this device, in a sentence"}});
    const std::string body = write_report(report);
    const std::string sent =
        gzip(write_delivery({now(), remote.turn, {{body, base64url(remote.key.sign(body))}}}), 6);
    const auto start = Clock::now();
    const auto answer =
        body_of(real_net().exchange(
                    {server_, authority_, remote.certificate, &remote.key},
                    {.path = "/agent/v1/reports", .body = sent, .gzipped = true, .most = 262'144}),
                server_);
    const double time = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    if (!answer) return std::nullopt;
    remote.turn = must(read_receipt(*answer)).turn;
    ++remote.sequence;
    return time;
  }

  /// How many devices' reports the database has all of.
  std::size_t complete() {
    std::size_t count = 0;
    const auto rows = must(db_->query("SELECT subject, sequence FROM device"));
    std::map<std::string, std::int64_t> kept;
    for (const Row& row : rows) kept[row.text(0)] = row.integer(1);
    for (const Remote& remote : remotes_)
      if (kept["device:" + remote.id] == remote.sequence) ++count;
    return count;
  }

 private:
  static std::string machine(std::size_t i) { return secret_hash(std::to_string(i)); }

  std::unique_ptr<Database> db_;
  std::string server_;
  Guideline guideline_;
  std::string authority_;
  std::vector<std::string> codes_;
  std::vector<Remote> remotes_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const std::size_t devices = std::stoul(argv[3]);
  const std::string pid = argv[4];
  Load load(argv[1], argv[2], devices);
  const double enrolling = load.enrol();
  fmt::print("{} devices enrolled in {:.1f} s ({:.0f}/s)\n", devices, enrolling,
             static_cast<double>(devices) / enrolling);

  // All at once, as after a restart of the server: again and again until each was taken.
  const auto storm = [&] {
    std::atomic<std::size_t> refused{0};
    const double time = spread(devices, 64, [&](std::size_t i) {
      while (!load.report(i)) {
        ++refused;
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
      }
    });
    fmt::print(
        "all {} at once: {:.1f} s ({:.0f}/s), {} tries refused or cut off, {} of {} complete in "
        "the database\n",
        devices, time, static_cast<double>(devices) / time, refused.load(), load.complete(),
        devices);
  };
  const std::int64_t empty = resident(pid);
  storm();
  storm();
  // Idle again: the server's own work of each minute is done once more.
  std::this_thread::sleep_for(std::chrono::seconds(65));
  const std::int64_t full = resident(pid);
  fmt::print("server's memory: {} MB, {:.2f} KB for each device\n", full / 1024,
             static_cast<double>(full - empty) / static_cast<double>(devices));

  // At their usual pace: each every ten minutes.
  constexpr double kSeconds = 30;
  const auto gap = std::chrono::duration<double>(600.0 / static_cast<double>(devices));
  std::vector<double> times;
  std::mutex mutex;
  {
    std::vector<std::jthread> going;
    std::atomic<bool> lost{false};
    const auto start = Clock::now();
    for (std::size_t i = 0; std::chrono::duration<double>(Clock::now() - start).count() < kSeconds;
         ++i) {
      going.emplace_back([&, i] {
        if (const auto time = load.report(i % devices)) {
          const std::lock_guard lock(mutex);
          times.push_back(*time);
        } else {
          lost = true;
        }
      });
      std::this_thread::sleep_until(
          start + std::chrono::duration_cast<Clock::duration>(gap * static_cast<double>(i + 1)));
    }
  }
  std::ranges::sort(times);
  const auto at = [&](double part) {
    return times.empty()
               ? 0
               : times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
  };
  fmt::print(
      "at their usual pace ({:.1f}/s, {} reports): median {:.1f} ms, p99 {:.1f} ms, most {:.1f} ms "
      "(aim: p99 200 ms)\n",
      static_cast<double>(devices) / 600, times.size(), at(0.5), at(0.99), at(1));
  return 0;
}
