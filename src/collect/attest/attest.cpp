// SPDX-License-Identifier: Apache-2.0
#include "collect/attest/attest.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/characters.h"
#include "evidence/partly.h"

namespace sekisho {
namespace {

constexpr std::size_t kLongestName = 120;
constexpr std::size_t kLongestNote = 2000;

std::optional<Verdict> verdict_of(std::string_view reply) {
  if (reply == "yes" || reply == "はい") return Verdict::pass;
  if (reply == "no" || reply == "いいえ") return Verdict::fail;
  if (reply == "partly" || reply == "一部")
    return Verdict::fail;  // something is left to do; it counts as half (evidence/partly.h)
  if (reply == "not_applicable" || reply == "対象外") return Verdict::not_applicable;
  return std::nullopt;
}

Text said(Verdict verdict) {
  if (verdict == Verdict::pass) return {"はい", "Yes"};
  return verdict == Verdict::fail ? Text{"いいえ", "No"} : Text{"対象外", "Not applicable"};
}

bool is_partly(const Answer& answer) { return answer.reply == "partly" || answer.reply == "一部"; }

/// Some of the parts, each once: with none or all of them the answer is another.
bool are_some(const std::vector<std::size_t>& given, const CheckSpec& spec) {
  const std::set<std::size_t> parts(given.begin(), given.end());
  return !parts.empty() && parts.size() == given.size() && parts.size() < spec.parts.size() &&
         *parts.rbegin() < spec.parts.size();
}

/// What is true and what is missing.
Text words_of_parts(const std::vector<std::size_t>& given, const CheckSpec& spec) {
  Text done;
  Text missing;
  for (std::size_t i = 0; i < spec.parts.size(); ++i) {
    Text& into = std::ranges::find(given, i) != given.end() ? done : missing;
    into.ja += (into.ja.empty() ? "" : "、") + spec.parts[i].ja;
    into.en += (into.en.empty() ? "" : ", ") + spec.parts[i].en;
  }
  return {fmt::format("一部（できている: {}／まだ: {}）", done.ja, missing.ja),
          fmt::format("Partly (done: {}; missing: {})", done.en, missing.en)};
}

}  // namespace

Result<Evidence> attest(const Guideline& guideline, const Answer& answer, Time now,
                        const Calendar& calendar) {
  const CheckSpec* spec = guideline.check(answer.question);
  if (spec == nullptr || !spec->asked)
    return failure(
        fmt::format("「{}」という質問はありません。sekisho answer で一覧を見てください。",
                    printable(answer.question, 80)),
        fmt::format("there is no question '{}'; see sekisho answer.",
                    printable(answer.question, 80)));
  const auto verdict = verdict_of(answer.reply);
  if (!verdict)
    return failure(
        fmt::format("答えは yes・no・partly・not_applicable のどれかです（「{}」は使えません）。",
                    printable(answer.reply, 80)),
        fmt::format("answer yes, no, partly or not_applicable ('{}' is none of them).",
                    printable(answer.reply, 80)));
  const bool partly = is_partly(answer);
  if (partly ? !are_some(answer.parts, *spec) : !answer.parts.empty())
    return failure(
        "「一部」は、部分のある質問で、できている部分を選んだときの答えです（一部だけを選ぶ）。",
        "'partly' is for a question with parts, with some but not all of them named.");
  const bool sound = is_valid_utf8(answer.by) && is_valid_utf8(answer.note);
  if (!sound || trim(answer.by).empty() || characters(answer.by) > kLongestName ||
      characters(answer.note) > kLongestNote)
    return failure(fmt::format("名前は {} 文字、メモは {} 文字までの UTF-8 にしてください。",
                               kLongestName, kLongestNote),
                   fmt::format("a name may have {} and a note {} characters of UTF-8.",
                               kLongestName, kLongestNote));
  const Time longest = now + spec->valid_for;
  if (answer.until && *answer.until > calendar.day(longest))
    return failure(
        fmt::format("この質問の答えは {} までです（{} 日）。それより先の日は使えません。",
                    format_day(calendar.day(longest)), spec->valid_for.count()),
        fmt::format("an answer to this question holds until {} at most ({} days).",
                    format_day(calendar.day(longest)), spec->valid_for.count()));
  const Time until = answer.until ? std::min(calendar.end(*answer.until), longest) : longest;
  if (until <= now)
    return failure("期限の日がもう過ぎています。", "the day until which it holds has passed.");
  Text detail = partly ? words_of_parts(answer.parts, *spec) : said(*verdict);
  if (!answer.note.empty()) {
    const std::string note = printable(answer.note, 4 * kLongestNote);
    detail.ja += "（" + note + "）";
    detail.en += " (" + note + ")";
  }
  const std::string by = printable(trim(answer.by), 4 * kLongestName);
  Basis basis = Compared{.source = Compared::Source::person,
                         .place = by,
                         .seen = partly                      ? std::string(kPartly)
                                 : *verdict == Verdict::pass ? "yes"
                                 : *verdict == Verdict::fail ? "no"
                                                             : "not_applicable",
                         .day = calendar.day(now)};
  return Evidence{kOrganisation, spec->id, {*verdict, std::move(detail), std::move(basis)},
                  now,           until,    "person:" + by};
}

}  // namespace sekisho
