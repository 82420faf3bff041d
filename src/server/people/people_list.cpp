// SPDX-License-Identifier: Apache-2.0
#include "server/people/people_list.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/characters.h"
#include "base/table.h"
#include "server/api/fields.h"
#include "server/people/people.h"

namespace sekisho {
namespace {

using Word = std::pair<std::string_view, std::string_view>;
constexpr std::array kRoleWords{Word{"administrator", "administrator"},
                                Word{"admin", "administrator"},
                                Word{"管理者", "administrator"},
                                Word{"システム・セキュリティ管理者", "administrator"},
                                Word{"システム管理者", "administrator"},
                                Word{"executive", "executive"},
                                Word{"経営者", "executive"},
                                Word{"teleworker", "teleworker"},
                                Word{"テレワーク勤務者", "teleworker"},
                                Word{"勤務者", "teleworker"},
                                Word{"社員", "teleworker"},
                                Word{"auditor", "auditor"},
                                Word{"監査者", "auditor"},
                                Word{"監査", "auditor"},
                                Word{"監査（見るだけ）", "auditor"}};
/// What stands behind somebody's address and is no name: a role that nobody knows here.
constexpr std::array<std::string_view, 22> kTitles{
    "社長",       "会長",    "代表取締役", "取締役",   "役員",     "専務",         "常務", "部長",
    "次長",       "課長",    "係長",       "主任",     "リーダー", "マネージャー", "顧問", "派遣",
    "アルバイト", "manager", "president",  "director", "ceo",      "user"};

enum class Column : std::uint8_t { name, family, given, mail, role, other };
using Heading = std::pair<std::string_view, Column>;
constexpr std::array kHeadings{Heading{"氏名", Column::name},
                               Heading{"名前", Column::name},
                               Heading{"お名前", Column::name},
                               Heading{"表示名", Column::name},
                               Heading{"name", Column::name},
                               Heading{"fullname", Column::name},
                               Heading{"displayname", Column::name},
                               Heading{"姓", Column::family},
                               Heading{"名字", Column::family},
                               Heading{"lastname", Column::family},
                               Heading{"familyname", Column::family},
                               Heading{"名", Column::given},
                               Heading{"firstname", Column::given},
                               Heading{"givenname", Column::given},
                               Heading{"メールアドレス", Column::mail},
                               Heading{"メール", Column::mail},
                               Heading{"電子メール", Column::mail},
                               Heading{"アドレス", Column::mail},
                               Heading{"mail", Column::mail},
                               Heading{"email", Column::mail},
                               Heading{"e-mail", Column::mail},
                               Heading{"address", Column::mail},
                               Heading{"mailaddress", Column::mail},
                               Heading{"emailaddress", Column::mail},
                               Heading{"e-mailaddress", Column::mail},
                               Heading{"役割", Column::role},
                               Heading{"ロール", Column::role},
                               Heading{"権限", Column::role},
                               Heading{"role", Column::role},
                               Heading{"roles", Column::role},
                               Heading{"部署", Column::other},
                               Heading{"部署名", Column::other},
                               Heading{"部門", Column::other},
                               Heading{"所属", Column::other},
                               Heading{"グループ", Column::other},
                               Heading{"役職", Column::other},
                               Heading{"電話", Column::other},
                               Heading{"電話番号", Column::other},
                               Heading{"内線", Column::other},
                               Heading{"備考", Column::other},
                               Heading{"番号", Column::other},
                               Heading{"社員番号", Column::other},
                               Heading{"ふりがな", Column::other},
                               Heading{"フリガナ", Column::other},
                               Heading{"会社", Column::other},
                               Heading{"会社名", Column::other},
                               Heading{"department", Column::other},
                               Heading{"team", Column::other},
                               Heading{"group", Column::other},
                               Heading{"title", Column::other},
                               Heading{"position", Column::other},
                               Heading{"phone", Column::other},
                               Heading{"tel", Column::other},
                               Heading{"note", Column::other},
                               Heading{"notes", Column::other},
                               Heading{"company", Column::other},
                               Heading{"no", Column::other},
                               Heading{"no.", Column::other},
                               Heading{"id", Column::other}};

/// As it is compared: narrow, in small letters, without the space around it.
std::string plain(std::string_view cell) {
  const std::string narrow = lower(narrowed(cell));
  return std::string(trim(std::string_view(narrow)));
}

template <typename List>
auto found_in(const List& list, std::string_view word) {
  return std::ranges::find(list, word, &List::value_type::first);
}

/// The columns that a line names; nothing when it is none of headings.
std::optional<std::vector<Column>> headings_in(const TableRow& row) {
  std::vector<Column> columns;
  bool any = false;
  for (const std::string& cell : row.cells) {
    std::string word = plain(cell);
    std::erase(word, ' ');
    const auto known = found_in(kHeadings, word);
    if (!word.empty() && known == kHeadings.end()) return std::nullopt;
    any = any || !word.empty();
    columns.push_back(word.empty() ? Column::other : known->second);
  }
  return any ? std::optional(columns) : std::nullopt;
}

/// The parts of a cell that may name several roles.
std::vector<std::string> parts_of(const std::string& cell) {
  std::vector<std::string> parts(1);
  std::string text = cell;
  constexpr std::string_view kComma = "、";
  for (std::size_t at = text.find(kComma); at != std::string::npos; at = text.find(kComma))
    text.replace(at, kComma.size(), "/");
  for (const char c : text)
    if (std::string_view(",/;+&| \n").find(c) != std::string_view::npos)
      parts.emplace_back();
    else
      parts.back() += c;
  std::erase_if(parts, [](const std::string& part) { return part.empty(); });
  return parts;
}

/// What a cell says of roles.
struct Roles {
  std::set<std::string_view> known;
  std::string unknown;  // the first word of it that is none
};

Roles roles_in(std::string_view cell) {
  const std::string whole = plain(cell);
  Roles roles;
  if (const auto one = found_in(kRoleWords, whole); one != kRoleWords.end()) {
    roles.known.insert(one->second);
    return roles;
  }
  const auto take = [&](const std::string& part) {
    const auto one = found_in(kRoleWords, part);
    if (one != kRoleWords.end()) roles.known.insert(one->second);
    return one != kRoleWords.end();
  };
  for (const std::string& part : parts_of(whole)) {
    if (take(part)) continue;
    // A dot stands within one role's name as well.
    constexpr std::string_view kDot = "・";
    std::string dotted = part;
    for (std::size_t at = dotted.find(kDot); at != std::string::npos; at = dotted.find(kDot))
      dotted.replace(at, kDot.size(), "/");
    for (const std::string& inner : parts_of(dotted))
      if (!take(inner) && roles.unknown.empty()) roles.unknown = inner;
  }
  return roles;
}

std::string kept_roles(const std::set<std::string_view>& named) {
  std::string roles;
  for (const std::string_view role : kPersonRoles)
    if (named.contains(role)) roles += (roles.empty() ? "" : " ") + std::string(role);
  return roles.empty() ? "teleworker" : roles;
}

/// "Name <address>" or an address, as its two parts.
std::pair<std::string, std::string> mailbox_in(std::string_view given) {
  const std::string narrow = narrowed(given);
  const std::string_view cell = narrow;
  const std::size_t open = cell.rfind('<');
  if (open == std::string_view::npos) return {"", lower(trim(cell))};
  std::string_view email = cell.substr(open + 1);
  email = email.substr(0, email.find('>'));
  std::string_view name = trim(cell.substr(0, open));
  if (name.size() >= 2 && name.starts_with('"') && name.ends_with('"'))
    name = trim(name.substr(1, name.size() - 2));
  return {std::string(name), lower(trim(email))};
}

std::size_t count_of(std::string_view text, char sign) {
  return static_cast<std::size_t>(std::ranges::count(text, sign));
}

/// One or more people as somebody wrote them behind one another, as cells: "Name address role",
/// "Name <address> Name <address>", "Name (address)".
void cells_in_words(const std::string& text, std::vector<std::string>& cells) {
  const std::size_t mails = count_of(text, '@');
  std::string words;
  const auto end_words = [&] {
    if (!words.empty()) cells.push_back(std::exchange(words, {}));
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = text.find_first_not_of(" ()", at);
    if (begin == std::string::npos) break;
    at = std::min(text.size(), text.find_first_of(" ()", begin));
    std::string word = text.substr(begin, at - begin);
    if (word.find('@') == std::string::npos) {
      words += (words.empty() ? "" : " ") + word;
      continue;
    }
    if (lower(word).starts_with("mailto:")) word.erase(0, 7);
    if (mails > 1 && !words.empty()) word = std::exchange(words, {}) + " <" + word + ">";
    end_words();
    cells.push_back(std::move(word));
  }
  end_words();
}

/// A line without headings as its cells: what a table's separator left together is taken apart.
TableRow apart(const TableRow& row) {
  TableRow out{row.line, {}};
  for (const std::string& cell : row.cells) {
    // As it was: signs that separate are written wide in Japanese.
    std::string rest = cell;
    for (const std::string_view sign : {"、", "，", "；"})
      for (std::size_t at = rest.find(sign); at != std::string::npos; at = rest.find(sign, at))
        rest.replace(at, sign.size(), "\n");
    if (narrowed(rest).find('@') == std::string::npos) rest = cell;  // several roles, say
    for (std::size_t at = 0; at <= rest.size();) {
      const std::size_t end = std::min(rest.size(), rest.find('\n', at));
      std::string part = narrowed(rest.substr(at, end - at));
      at = end + 1;
      for (std::size_t close = part.find('>'); close != std::string::npos; close = part.find('>')) {
        out.cells.push_back(part.substr(0, close + 1));
        part.erase(0, close + 1);
      }
      if (part.find('@') == std::string::npos || part.find('<') != std::string::npos)
        out.cells.push_back(std::move(part));
      else
        cells_in_words(part, out.cells);
    }
  }
  return out;
}

/// What stands in one line.
struct Line {
  std::size_t number = 0;
  std::vector<std::string_view> mails;
  std::string name;
  std::set<std::string_view> roles;
};

class Reader {
 public:
  explicit Reader(std::vector<Error>& wrong) : wrong_(wrong) {}

  void row(const TableRow& row, bool first) {
    if (std::ranges::all_of(row.cells, [](const std::string& cell) { return plain(cell).empty(); }))
      return;
    if (first) columns_ = headings_in(row);
    if (first && columns_) return;
    Line line{row.line, {}, {}, {}};
    const TableRow cells = columns_ ? row : apart(row);
    if (!(columns_ ? by_columns(cells, line) : by_looks(cells, line))) return;
    if (line.mails.empty())
      return report(row.line, {"メールアドレスがありません。", "there is no email address."});
    for (const std::string_view mail : line.mails) person(line, mail);
  }
  std::vector<ListedPerson> people;

 private:
  static bool has_mail(std::string_view cell) {
    return narrowed(cell).find('@') != std::string::npos;
  }

  bool no_role(std::size_t line, const std::string& word) {
    const std::string shown = printable(word, 60);
    report(line,
           {fmt::format("役割「{}」は分かりません。経営者、管理者、テレワーク勤務者、監査者のど"
                        "れかにしてください。",
                        shown),
            fmt::format("'{}' is no role; use executive, administrator, teleworker or auditor.",
                        shown)});
    return false;
  }

  bool take_roles(std::string_view cell, Line& line) {
    const Roles roles = roles_in(cell);
    if (!roles.unknown.empty()) return no_role(line.number, roles.unknown);
    line.roles.insert(roles.known.begin(), roles.known.end());
    return true;
  }

  /// Each cell is what the heading of its column says.
  bool by_columns(const TableRow& row, Line& line) {
    const bool mails = std::ranges::find(*columns_, Column::mail) != columns_->end();
    std::string family;
    std::string given;
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const std::string_view text = trim(std::string_view(row.cells[i]));
      if (text.empty()) continue;
      // Beyond the headings: a second role that its comma made a cell of.
      const Column column = i < columns_->size() ? (*columns_)[i] : Column::role;
      if (column == Column::mail || (!mails && has_mail(text)))
        line.mails.push_back(text);
      else if (column == Column::role && !take_roles(text, line))
        return false;
      else if (column == Column::name)
        line.name = text;
      else if (column == Column::family)
        family = text;
      else if (column == Column::given)
        given = text;
    }
    if (line.name.empty())
      line.name = family + (family.empty() || given.empty() ? "" : " ") + given;
    return true;
  }

  /// Without headings a cell is what it looks like: one that looks like nothing is the name, and
  /// what is left then is told.
  bool by_looks(const TableRow& row, Line& line) {
    std::vector<std::string_view> rest;
    const auto mails = std::ranges::count_if(row.cells, has_mail);
    bool named = false;
    for (const std::string& cell : row.cells) {
      const std::string_view text = trim(std::string_view(cell));
      const Roles roles = roles_in(text);
      if (has_mail(text)) {
        line.mails.push_back(text);
        named = named || !mailbox_in(text).first.empty();
      } else if (!roles.known.empty()) {
        if (!take_roles(text, line)) return false;
      } else if (!text.empty()) {
        const bool title =
            !line.mails.empty() && std::ranges::find(kTitles, plain(text)) != kTitles.end();
        if (line.name.empty() && !title)
          line.name = text;
        else
          rest.push_back(text);
      }
    }
    if (!line.name.empty() && (named || mails > 1)) rest.insert(rest.begin(), line.name);
    if (mails > 0 && !rest.empty()) return no_role(line.number, std::string(rest.front()));
    return true;
  }

  void person(const Line& from, std::string_view cell) {
    const std::size_t line = from.number;
    std::string name = from.name;
    auto [before, email] = mailbox_in(cell);
    if (!is_email(email))
      return report(line, {"メールアドレスの形が違います。", "this is no email address."});
    if (!seen_.insert(email).second)
      return report(line,
                    {"同じメールアドレスが二度あります。", "this address stands here twice."});
    if (!before.empty()) name = std::move(before);
    if (name.empty()) name = email.substr(0, email.find('@'));
    if (!is_plain_line(name) || characters(name) > kLongestName ||
        name.find_first_of("<>@") != std::string::npos)
      return report(line, {"名前に使えない文字があるか、長すぎます。",
                           "the name has characters that cannot be used, or is too long."});
    people.push_back(
        {line, std::move(name), std::move(email), kept_roles(from.roles), !from.roles.empty()});
  }
  void report(std::size_t line, Text text) {
    wrong_.push_back(
        {{fmt::format("{} 行目: {}", line, text.ja), fmt::format("line {}: {}", line, text.en)},
         fmt::format("{}", line)});
  }

  std::vector<Error>& wrong_;
  std::optional<std::vector<Column>> columns_;  // where the first line names them
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
