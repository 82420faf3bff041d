// SPDX-License-Identifier: Apache-2.0
#include "server/api/moments.h"

#include <fmt/format.h>

namespace sekisho {
namespace {

/// How far ahead of UTC "+09:00" is.
std::optional<std::chrono::minutes> offset_of(std::string_view text) {
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const std::int64_t hours = whole_number(text.substr(1, 2));
  const std::int64_t minutes = whole_number(text.substr(4, 2));
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  const std::chrono::minutes ahead(hours * 60 + minutes);
  return text[0] == '+' ? ahead : -ahead;
}

constexpr std::size_t kOffset = 6;

}  // namespace

std::optional<Time> parse_moment(std::string_view text) {
  if (text.ends_with('Z')) return parse_time(text);
  if (text.size() < kOffset) return std::nullopt;
  const std::size_t at = text.size() - kOffset;
  const auto ahead = offset_of(text.substr(at));
  if (!ahead) return std::nullopt;
  const auto there = parse_time(std::string(text.substr(0, at)) + "Z");
  return there ? std::optional<Time>(*there - *ahead) : std::nullopt;
}

std::expected<Span, Problem> span_asked(std::string_view query, const Calendar& calendar) {
  Span span;
  for (const bool from : {true, false}) {
    std::string text = query_value(query, from ? "since" : "until").value_or("");
    if (text.empty()) continue;
    auto& end = from ? span.since : span.until;
    if (const auto day = parse_day(text)) {
      end = from ? calendar.start(*day) : calendar.end(*day);
      continue;
    }
    // In a query a "+" is a space, unless it is written %2B.
    if (text.size() > kOffset && text[text.size() - kOffset] == ' ')
      text[text.size() - kOffset] = '+';
    end = parse_moment(text);
    if (!end)
      return problem(422,
                     "日付（2026-11-27）か、時差の付いた日時（2026-11-27T09:00:00+09:00）にして"
                     "ください。",
                     "this has to be a day (2026-11-27), or a time with its offset "
                     "(2026-11-27T09:00:00+09:00).");
  }
  return span;
}

std::string moment_there(const Calendar& calendar, Time time) {
  const Day day = calendar.day(time);
  const auto since = time - calendar.start(day);
  const std::chrono::hh_mm_ss clock(since);
  return fmt::format("{}T{:02}:{:02}:{:02}{}", format_day(day), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), calendar.name());
}

}  // namespace sekisho
