// SPDX-License-Identifier: Apache-2.0
// apt.conf(5), as apt's ReadConfigFile reads it.
#include <span>

#include "collect/host/parse.h"

namespace sekisho {
namespace {

/// Words, quoted strings, the signs { } ; and "#clear" and its like.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text) {}

  /// Empty at the end. A quoted string comes with its opening quote, to tell it from a word. What
  /// apt would put together of both, or decode, isn't read.
  std::string next() {
    skip();
    if (text_.empty()) return {};
    const char c = text_[0];
    if (c == '{' || c == '}' || c == ';') return take(1);
    if (c == '"') {
      const std::size_t end = text_.find('"', 1);
      whole_ = whole_ && end != std::string_view::npos;
      std::string token(text_.substr(0, std::min(end, text_.size())));
      text_.remove_prefix(std::min(end == std::string_view::npos ? end : end + 1, text_.size()));
      whole_ = whole_ && (text_.empty() || kAround.contains(text_[0]));
      return token;
    }
    std::string token = take(end_of_word());
    whole_ = whole_ && !text_.starts_with('"') && token.find_first_of("%[]") == std::string::npos;
    return token;
  }
  bool whole() const { return whole_; }

 private:
  static constexpr std::string_view kAround = " \t\r\n{};";

  /// A comment may begin within a word.
  std::size_t end_of_word() const {
    std::size_t at = text_[0] == '#' ? 1 : 0;
    while (at < text_.size() && !kAround.contains(text_[at]) && text_[at] != '"' &&
           text_[at] != '#' && !text_.substr(at).starts_with("//") &&
           !text_.substr(at).starts_with("/*"))
      ++at;
    return at;
  }
  std::string take(std::size_t count) {
    std::string token(text_.substr(0, count));
    text_.remove_prefix(count);
    return token;
  }
  void skip_past(std::string_view end) {
    const std::size_t at = text_.find(end);
    text_.remove_prefix(at == std::string_view::npos ? text_.size() : at + end.size());
  }
  void skip() {
    for (;;) {
      const std::size_t first = text_.find_first_not_of(" \t\r\n");
      text_.remove_prefix(std::min(first, text_.size()));
      const bool order = text_.starts_with("#clear") || text_.starts_with("#include") ||
                         text_.starts_with("#x-apt-configure-index");
      if (text_.starts_with("//") || (text_.starts_with("#") && !order))
        skip_past("\n");
      else if (text_.starts_with("/*"))
        skip_past("*/");
      else
        return;
    }
  }

  std::string_view text_;
  bool whole_ = true;
};

std::string scoped(const std::vector<std::string>& scope, const std::string& name) {
  const std::string above = scope.empty() ? std::string() : scope.back();
  if (above.empty()) return name;
  return name.empty() ? above : above + "::" + name;
}

/// Takes a setting away with all below it.
void clear(AptSettings& values, const std::string& name) {
  std::erase_if(values, [&](const auto& entry) {
    return entry.first == name || entry.first.starts_with(name + "::");
  });
}

std::string bare(const std::string& word) { return word[0] == '"' ? word.substr(1) : word; }

/// The value that words after a name are: one, with quotes or without, or quoted ones in a row.
/// Nothing when apt takes what comes after it for junk.
std::optional<std::string> value_of(std::span<const std::string> words) {
  std::string value;
  for (const std::string& word : words) {
    if (words.size() > 1 && word[0] != '"') return std::nullopt;
    value += (value.empty() ? "" : " ") + bare(word);
  }
  return value;
}

/// What stands before a sign: "name value", a value of a list alone, or a name before a brace.
bool take_statement(std::span<const std::string> words, bool opens,
                    const std::vector<std::string>& scope, AptSettings& values) {
  if (words[0][0] == '#') {
    // "#include" names files elsewhere. All orders stand outside of braces.
    if (words[0] != "#clear" || !scope.empty()) return false;
    for (const std::string& word : words.subspan(1)) clear(values, lower(bare(word)));
    return true;
  }
  if (words.size() == 1 && opens) return true;
  const bool named = words.size() > 1;
  const std::string name = named ? lower(bare(words[0])) : std::string();
  const auto value = value_of(words.subspan(named ? 1 : 0));
  if (!value) return false;
  // One of a list: a value without a name, in braces, or behind "Name::".
  const bool list = name.empty() || name.ends_with("::");
  const std::string full = scoped(scope, name) + (name.empty() ? "::" : "");
  if (list && values.contains(full))
    values[full] += "\n" + *value;
  else
    values[full] = *value;
  return true;
}

}  // namespace

bool parse_apt_conf(std::string_view text, AptSettings& values) {
  constexpr std::size_t kDeepest = 32;
  Tokens tokens(text);
  std::vector<std::string> scope;
  std::vector<std::string> words;
  for (std::string token = tokens.next(); !token.empty(); token = tokens.next()) {
    if (token != "{" && token != "}" && token != ";") {
      words.push_back(std::move(token));
      continue;
    }
    const bool opens = token == "{";
    if (!words.empty() && !take_statement(words, opens, scope, values)) return false;
    if (opens) {
      if (words.empty() || scope.size() >= kDeepest) return false;
      scope.push_back(scoped(scope, lower(bare(words[0]))));
    } else if (token == "}") {
      if (scope.empty()) return false;
      scope.pop_back();
    }
    words.clear();
  }
  return tokens.whole() && scope.empty() && words.empty();
}

}  // namespace sekisho
