// SPDX-License-Identifier: Apache-2.0
#include "server/api/fields.h"

#include <algorithm>
#include <array>

namespace sekisho {

namespace json = boost::json;

std::string read_name(const Node& node, std::size_t most, bool may_be_empty) {
  std::string name = clean_text(node, most, may_be_empty);
  // What it is shown in may take them for marks of its own: <!channel> calls a whole chat.
  if (name.find_first_of("<>") != std::string::npos) {
    node.report("名前に < > は使えません。", "a name has no < or >.");
    return {};
  }
  if (is_plain_line(name)) return name;
  node.report("改行や、見えない文字・向きを変える文字のない一行にしてください。",
              "use one line without invisible characters or such that turn the text.");
  return {};
}

std::string read_person_name(const Node& node) {
  std::string name = read_name(node);
  if (name.find('@') != std::string::npos)
    node.report("名前に @ は使えません。", "a name has no @.");
  return name;
}

std::string narrowed(std::string_view text) {
  std::string out;
  const auto byte = [&](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    // U+FF01 to U+FF5E are EF BC 81 to EF BD 9E; U+3000 is a space.
    const unsigned sign = byte(i) == 0xEFU && (byte(i + 1) == 0xBCU || byte(i + 1) == 0xBDU) &&
                                  byte(i + 2) >= 0x80U && byte(i + 2) < 0xC0U
                              ? (byte(i + 1) - 0xBCU) * 64 + byte(i + 2) - 0x80U
                              : 0;
    if (sign >= 0x01U && sign <= 0x5EU) {
      out += static_cast<char>(sign + 0x20U);
      i += 2;
    } else if (text.substr(i).starts_with("\xE3\x80\x80")) {
      out += ' ';
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string read_code(const Node& node, std::size_t most) {
  return narrowed(clean_text(node, most));
}

bool is_email(std::string_view email) {
  const bool ascii =
      std::ranges::all_of(email, [](unsigned char c) { return c > 0x20 && c < 0x7F; });
  const std::size_t at = email.find('@');
  return ascii && email.size() <= kLongestEmail && at != std::string_view::npos && at > 0 &&
         at + 3 < email.size() && email.find('@', at + 1) == std::string_view::npos &&
         email.find_first_of(" \t\n<>\",;:\\") == std::string_view::npos &&
         email.find('.', at) != std::string_view::npos && !email.ends_with('.');
}

std::string read_email(const Node& node) {
  const std::string narrow = narrowed(clean_text(node, 3 * kLongestEmail));
  std::string email = lower(trim(std::string_view(narrow)));
  if (!email.empty() && !is_email(email))
    node.report("メールアドレスの形が違います。", "this is no email address.");
  return email;
}

std::unexpected<Problem> wrong_at(std::string pointer, std::string ja, std::string en) {
  const Text text{std::move(ja), std::move(en)};
  return std::unexpected(Problem{422, text, {{text, std::move(pointer)}}});
}

Result<void> must_be_person(Call& call, std::optional<PersonId> person, Problem& why) {
  if (!person) return {};
  const auto there =
      call.db.query("SELECT 1 FROM person WHERE id = ? AND state <> 'erased'", {*person});
  if (!there) return std::unexpected(there.error());
  if (there->empty())
    return stop(why, wrong_at("/person", "その人はいません。", "there is no such person.").error());
  return {};
}

std::unexpected<Problem> faulty_list(std::vector<Error> faults) {
  return std::unexpected(Problem{
      422,
      {"一覧に誤りがあります。何も変えていません。", "the list has faults; nothing was changed."},
      std::move(faults)});
}

json::value person_json(const Row& row, std::size_t id, std::size_t name) {
  if (row.null(id)) return nullptr;
  return json::object{{"id", row.integer(id)}, {"name", row.text(name)}};
}

}  // namespace sekisho
