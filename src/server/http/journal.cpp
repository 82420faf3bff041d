// SPDX-License-Identifier: Apache-2.0
#include "server/http/journal.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <boost/json.hpp>

namespace sekisho {
namespace {

constexpr std::size_t kMostValue = 400;
constexpr std::chrono::seconds kSummary{1};

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("-_.:/@+%[]").find(c) != std::string_view::npos;
}

/// As logfmt has it: bare where nothing in it could be taken for something else.
std::string logfmt_value(std::string_view text) {
  if (!text.empty() && std::ranges::all_of(text, is_plain)) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::error: return "error";
    case Severity::warning: return "warning";
    case Severity::notice: return "notice";
    case Severity::info: break;
  }
  return "info";
}

std::string written(const LogLine& line, Time at, const LogForm& form) {
  // Without control characters, bidirectional marks and broken UTF-8: a field stays in its line.
  std::vector<std::pair<std::string, std::string>> fields{
      {"time", format_time(at)},
      {"level", std::string(name_of(line.severity))},
      {"event", line.event}};
  for (const auto& [name, value] : line.fields)
    if (!value.empty()) fields.emplace_back(name, printable(value, kMostValue));
  std::string out =
      form.prefixed ? fmt::format("<{}>", static_cast<int>(line.severity)) : std::string();
  if (form.json) {
    boost::json::object object;
    for (const auto& [name, value] : fields) object[name] = value;
    return out + boost::json::serialize(object) + "\n";
  }
  for (std::size_t i = 0; i < fields.size(); ++i)
    out +=
        fmt::format("{}{}={}", i == 0 ? "" : " ", fields[i].first, logfmt_value(fields[i].second));
  return out + "\n";
}

bool speaks_to_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe): only read
  struct stat seen{};
  return stream != nullptr && ::fstat(STDERR_FILENO, &seen) == 0 &&
         fmt::format("{}:{}", seen.st_dev, seen.st_ino) == stream;
}

Journal::Journal(LogForm form, Write write)
    : form_(form),
      write_(std::move(write)),
      writer_([this](const std::stop_token& quit) { run(quit); }) {}

Journal::~Journal() {
  writer_.request_stop();
  writer_.join();
}

bool Journal::has_room(Kind& kind, Moment now) const {
  const float since = std::max(0.0F, std::chrono::duration<float>(now - kind.at).count());
  kind.used = std::max(0.0F, kind.used - since * kASecond);
  kind.at = now;
  if (kind.used + 1 > kAtOnce || waiting_.size() >= kMostWaiting) return false;
  kind.used += 1;
  return true;
}

void Journal::tell(LogLine line, Moment now) {
  ++told_[static_cast<std::size_t>(line.severity)];
  std::string text = written(line, sekisho::now(), form_);
  {
    const std::lock_guard lock(mutex_);
    Kind& kind = kinds_[fmt::format("{} {}", name_of(line.severity), line.event)];
    if (!has_room(kind, now)) {
      ++kind.left_out;
      ++left_out_;
      return;
    }
    waiting_.push_back(std::move(text));
  }
  wake_.notify_one();
}

void Journal::say_what_was_left_out(Moment now) {
  for (auto& [name, kind] : kinds_) {
    if (kind.left_out == 0) continue;
    const std::size_t space = name.find(' ');
    // One a second of each kind at most: it needs no room of its own.
    waiting_.push_back(written({Severity::warning,
                                "left-out",
                                {{"of", name.substr(space + 1)},
                                 {"of_level", name.substr(0, space)},
                                 {"lines", std::to_string(kind.left_out)}}},
                               sekisho::now(), form_));
    kind.left_out = 0;
    kind.at = std::min(kind.at, now);
  }
}

void Journal::run(const std::stop_token& quit) {
  Moment said = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait_for(lock, quit, kSummary, [this] { return !waiting_.empty(); });
    const bool last = quit.stop_requested();
    const Moment now = std::chrono::steady_clock::now();
    if (last || now - said >= kSummary) {
      said = now;
      say_what_was_left_out(now);
    }
    std::deque<std::string> lines;
    lines.swap(waiting_);
    lock.unlock();
    // Slow as it may be: who tells does not wait for it.
    for (const std::string& line : lines) write_(line);
    lock.lock();
    if (last && waiting_.empty()) return;
  }
}

}  // namespace sekisho
