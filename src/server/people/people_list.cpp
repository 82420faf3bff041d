#include "server/people/people_list.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "collect/inventory/table.h"
#include "server/api/fields.h"

namespace sekisho {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kRoleWords{
    {{"administrator", "administrator"},
     {"admin", "administrator"},
     {"管理者", "administrator"},
     {"システム・セキュリティ管理者", "administrator"},
     {"システム管理者", "administrator"},
     {"executive", "executive"},
     {"経営者", "executive"},
     {"teleworker", "teleworker"},
     {"テレワーク勤務者", "teleworker"},
     {"勤務者", "teleworker"},
     {"社員", "teleworker"},
     {"auditor", "auditor"},
     {"監査者", "auditor"}}};

/// The role that a cell names; empty when it names none.
std::string_view role_in(std::string_view cell) {
  const std::string word = lower(trim(cell));
  const auto* found = std::ranges::find(kRoleWords, word, &decltype(kRoleWords)::value_type::first);
  return found == kRoleWords.end() ? std::string_view() : found->second;
}

/// "Name <address>" or an address, as its two parts.
std::pair<std::string, std::string> mailbox_in(std::string_view cell) {
  const std::size_t open = cell.rfind('<');
  if (open == std::string_view::npos) return {"", lower(trim(cell))};
  std::string_view email = cell.substr(open + 1);
  email = email.substr(0, email.find('>'));
  std::string_view name = trim(cell.substr(0, open));
  if (name.size() >= 2 && name.starts_with('"') && name.ends_with('"'))
    name = trim(name.substr(1, name.size() - 2));
  return {std::string(name), lower(trim(email))};
}

class Reader {
 public:
  explicit Reader(std::vector<Error>& wrong) : wrong_(wrong) {}

  void row(const TableRow& row, bool first) {
    std::vector<std::string_view> mails;
    std::string name;
    std::string role;
    for (const std::string& cell : row.cells) {
      const std::string_view text = trim(std::string_view(cell));
      if (text.find('@') != std::string_view::npos)
        mails.push_back(text);
      else if (const auto known = role_in(text); !known.empty())
        role = known;
      else if (name.empty())
        name = text;
    }
    if (mails.empty()) {
      if (!first)  // a line of headings
        report(row.line, {"メールアドレスがありません。", "there is no email address."});
      return;
    }
    for (const std::string_view mail : mails)
      person(row.line, mail, mails.size() == 1 ? name : std::string(), role);
  }
  std::vector<ListedPerson> people;

 private:
  void person(std::size_t line, std::string_view cell, std::string name, const std::string& role) {
    auto [before, email] = mailbox_in(cell);
    if (!is_email(email))
      return report(line, {"メールアドレスの形が違います。", "this is no email address."});
    if (!seen_.insert(email).second)
      return report(line,
                    {"同じメールアドレスが二度あります。", "this address stands here twice."});
    if (!before.empty()) name = std::move(before);
    if (name.empty()) name = email.substr(0, email.find('@'));
    if (!is_plain_line(name) || name.size() > kLongestName ||
        name.find_first_of("<>@") != std::string::npos)
      return report(line, {"名前に使えない文字があるか、長すぎます。",
                           "the name has characters that cannot be used, or is too long."});
    people.push_back({line, std::move(name), std::move(email), role.empty() ? "teleworker" : role});
  }
  void report(std::size_t line, Text text) {
    wrong_.push_back(
        {{fmt::format("{} 行目: {}", line, text.ja), fmt::format("line {}: {}", line, text.en)},
         fmt::format("{}", line)});
  }

  std::vector<Error>& wrong_;
  std::set<std::string> seen_;
};

}  // namespace

std::expected<std::vector<ListedPerson>, std::vector<Error>> read_people_list(
    std::string_view bytes) {
  const auto whole = [](Text text) { return std::unexpected(std::vector<Error>{{text, {}}}); };
  const auto text = decoded_text(bytes);
  if (!text)
    return whole({"文字として読めません。UTF-8 か Shift_JIS の CSV にしてください。",
                  "this is no text; save it as CSV in UTF-8."});
  const auto rows = read_table(*text);
  if (!rows) return std::unexpected(std::vector<Error>{rows.error()});
  std::vector<Error> wrong;
  Reader reader(wrong);
  for (const TableRow& row : *rows) reader.row(row, &row == &rows->front());
  if (wrong.size() > kMostProblemsKept) wrong.resize(kMostProblemsKept);
  if (!wrong.empty()) return std::unexpected(std::move(wrong));
  if (reader.people.empty()) return whole({"誰もいません。", "nobody is in it."});
  if (reader.people.size() > kMostListedPeople)
    return whole({fmt::format("一度に {} 人までです。", kMostListedPeople),
                  fmt::format("at most {} people at once.", kMostListedPeople)});
  return std::move(reader.people);
}

}  // namespace sekisho
