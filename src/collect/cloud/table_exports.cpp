// SPDX-License-Identifier: Apache-2.0
#include "collect/cloud/table_exports.h"

#include <algorithm>
#include <array>

#include "base/table.h"
#include "collect/limits.h"

namespace sekisho {
namespace {

constexpr std::chrono::hours kJapan{9};  // ahead of UTC

using Headings = std::initializer_list<std::string_view>;

/// The column with one of these headings, or one that begins with it.
std::optional<std::size_t> column_of(const TableRow& heading, Headings names) {
  for (std::size_t i = 0; i < heading.cells.size(); ++i)
    for (const std::string_view name : names)
      if (lower(trim(heading.cells[i])).starts_with(lower(name))) return i;
  return std::nullopt;
}

std::string_view cell_of(const TableRow& row, std::optional<std::size_t> column) {
  if (!column || *column >= row.cells.size()) return {};
  return trim(row.cells[*column]);
}

/// "2026/11/27 10:00:00" and "2026-11-27T10:00:00+09:00", of Japan's clock.
std::optional<Time> time_in_japan(std::string_view text) {
  if (const auto exact = parse_time(text)) return exact;
  std::array<std::int64_t, 6> parts{};
  std::size_t at = 0;
  for (std::size_t i = 0; i < text.size() && at < parts.size(); ++at) {
    std::size_t end = i;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    if (end == i || end - i > 4) return std::nullopt;
    parts[at] = whole_number(text.substr(i, end - i));
    i = end + 1;
  }
  if (at < 5) return std::nullopt;
  const auto written = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts[0], parts[1],
                                   parts[2], parts[3], parts[4], parts[5]);
  const auto local = parse_time(written);
  return local ? std::optional(*local - kJapan) : std::nullopt;
}

/// What a log says last of a setting.
struct LastChange {
  std::optional<Time> at;
  std::string words;
};

struct AuditLog {
  std::optional<Time> until;
  LastChange sign_in;
  LastChange others;
};

void note_change(LastChange& change, std::optional<Time> at, std::string_view words) {
  if (!at || (change.at && *at < *change.at)) return;
  change.at = at;
  change.words = std::string(words);
}

std::optional<AuditLog> read_audit_log(const std::vector<TableRow>& rows) {
  const TableRow& heading = rows.front();
  const auto module = column_of(heading, {"モジュール", "Module"});
  const auto action = column_of(heading, {"アクション", "Action"});
  const auto result = column_of(heading, {"結果", "Result"});
  const auto words = column_of(heading, {"補足", "Complement"});
  const auto date = column_of(heading, {"日時", "日付", "Date", "Time"});
  if (!module || !action || !result || !words || !date) return std::nullopt;
  AuditLog log;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto at = time_in_japan(cell_of(rows[i], date));
    if (at && (!log.until || *at > *log.until)) log.until = at;
    if (!same_name(cell_of(rows[i], result), "SUCCESS")) continue;
    const std::string what = lower(cell_of(rows[i], action));
    if (what == "configure security setting" || what == "configure security settings")
      note_change(log.sign_in, at, cell_of(rows[i], words));
    if (what == "configure external service security settings")
      note_change(log.others, at, cell_of(rows[i], words));
  }
  return log;
}

/// The word that follows one of these names, before the next separator.
std::optional<std::string> word_after(const std::string& text, Headings names) {
  for (const std::string_view name : names) {
    const std::size_t found = text.find(name);
    if (found == std::string::npos) continue;
    std::string_view rest = std::string_view(text).substr(found + name.size());
    constexpr std::string_view kBetween = " \t:=\"'」]";
    const std::size_t begin = rest.find_first_not_of(kBetween);
    if (begin == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(begin);
    return lower(rest.substr(0, rest.find_first_of(" \t,;\r\n\"'}/")));
  }
  return std::nullopt;
}

CloudSetting<bool> is_enabled(const LastChange& change, Headings names) {
  // What nobody changed while the log was kept isn't in it.
  if (!change.at) return Lack::absent;
  const auto word = word_after(change.words, names);
  if (!word) return Lack::absent;
  if (*word == "enable" || *word == "true" || *word == "enabled") return true;
  if (*word == "disable" || *word == "false" || *word == "disabled") return false;
  return Lack::not_readable;
}

void judge_cybozu(const AuditLog& log, CloudRows& rows) {
  // Turned on, people may use it; that everybody does is nowhere in the log.
  rows.add(
      "cybozu.mfa",
      judged(is_enabled(log.sign_in, {"2要素認証", "twoFactorAuth", "two-factor authentication"}),
             [](bool on) {
               return on ? unknown(
                               "2 要素認証は使えます。全員が使っているかは、監査ログでは"
                               "分かりません",
                               "2-factor authentication can be used; whether everybody "
                               "does isn't in the audit log")
                         : bad("2 要素認証が使えません", "2-factor authentication is off",
                               "disable", "enable");
             }));
  const auto length = !log.sign_in.at
                          ? std::nullopt
                          : word_after(log.sign_in.words, {"ユーザーパスワードの最小文字数",
                                                           "ユーザーパスワードの最低文字数",
                                                           "Minimum user password length"});
  const std::int64_t number = length ? whole_number(*length) : -1;
  rows.add("cybozu.password",
           number < 0 ? lacking(length ? Lack::not_readable : Lack::absent)
           : number < kShortestPassword
               ? bad(fmt::format("{} 文字で足ります", number),
                     fmt::format("{} characters are enough", number), std::to_string(number),
                     std::to_string(kShortestPassword))
               : good(fmt::format("{} 文字以上が必要です", number),
                      fmt::format("{} characters are needed", number), std::to_string(number),
                      std::to_string(kShortestPassword)));
  std::vector<Finding> open;
  for (const Headings names :
       {Headings{"外部サイトへの埋め込み", "Embedding into External Sites"},
        Headings{"公開URLの発行", "Public URL Generation"}, Headings{"Webhook"}})
    open.push_back(safe_when(is_enabled(log.others, names), false,
                             {"埋め込み・公開 URL・Webhook は止めています",
                              "embedding, public URLs and webhooks are off"},
                             {"外部サイトへの埋め込み、公開 URL か Webhook を使えます",
                              "embedding, public URLs or webhooks are on"}));
  rows.add("cybozu.public", worst_of(std::move(open)));
}

Known has_factor(std::string_view word) {
  constexpr std::array<std::string_view, 9> kYes{"設定済み", "設定済", "有効", "設定あり", "on",
                                                 "yes",      "true",   "1",    "enabled"};
  constexpr std::array<std::string_view, 9> kNo{"未設定", "無効", "設定なし", "off",           "no",
                                                "false",  "0",    "disabled", "設定していない"};
  const std::string small = lower(word);
  if (std::ranges::find(kYes, small) != kYes.end()) return Known::yes;
  return std::ranges::find(kNo, small) != kNo.end() ? Known::no : Known::unsure;
}

bool judge_chatwork(const std::vector<TableRow>& rows, CloudRows& into) {
  const TableRow& heading = rows.front();
  const auto factor = column_of(
      heading, {"二段階認証", "2段階認証", "２段階認証", "Two-factor authentication", "2FA"});
  const auto name = column_of(heading, {"名前", "氏名", "表示名", "ユーザー名", "Name", "User"});
  const auto address = column_of(heading, {"メールアドレス", "Email", "E-mail"});
  if (!factor || (!name && !address)) return false;
  std::vector<std::string> without;
  std::size_t unsure = 0;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const Known has = has_factor(cell_of(rows[i], factor));
    const std::string_view who = cell_of(rows[i], name);
    if (has == Known::no) without.emplace_back(who.empty() ? cell_of(rows[i], address) : who);
    if (has == Known::unsure) ++unsure;
  }
  into.add("chatwork.mfa", registered_of(without, unsure, rows.size() - 1));
  return true;
}

}  // namespace

std::optional<JudgedService> judge_table(std::string_view bytes) {
  const auto text = decoded_text(bytes);
  if (!text) return std::nullopt;
  const auto rows = read_table(*text);
  if (!rows || rows->size() < 2) return std::nullopt;
  if (const auto log = read_audit_log(*rows)) {
    CloudRows found(label(CloudService::cybozu).en);
    judge_cybozu(*log, found);
    return JudgedService{CloudService::cybozu, log->until, found.take()};
  }
  CloudRows found(label(CloudService::chatwork).en);
  if (!judge_chatwork(*rows, found)) return std::nullopt;
  // The table doesn't say when it was made.
  return JudgedService{CloudService::chatwork, std::nullopt, found.take()};
}

}  // namespace sekisho
