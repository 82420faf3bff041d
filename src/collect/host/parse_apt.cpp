// SPDX-License-Identifier: Apache-2.0
// apt.conf(5), as apt's ReadConfigFile reads it.
#include "collect/host/parse.h"

namespace sekisho {
namespace {

/// Words, quoted strings, the signs { } ; and "#clear" and its like.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : text_(text) {}

  /// Empty at the end. A quoted string comes with its opening quote, to tell it from a word.
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
      return token;
    }
    return take(std::min(text_.find_first_of(" \t\r\n{};\""), text_.size()));
  }
  bool whole() const { return whole_; }

 private:
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

}  // namespace

bool parse_apt_conf(std::string_view text, AptSettings& values) {
  constexpr std::size_t kDeepest = 32;
  Tokens tokens(text);
  std::vector<std::string> scope;
  std::string name;
  bool clearing = false;
  bool including = false;
  bool given = false;  // the name had its value
  for (std::string token = tokens.next(); !token.empty(); token = tokens.next()) {
    if (token == "{") {
      if (scope.size() >= kDeepest) return false;
      scope.push_back(scoped(scope, name));
      name.clear();
    } else if (token == "}") {
      if (scope.empty()) return false;
      scope.pop_back();
      name.clear();
    } else if (token == ";") {
      if (including) return false;  // files elsewhere, in the name of a word or a string
      name.clear();
      clearing = given = false;
    } else if (token == "#clear") {
      clearing = true;
    } else if (token.starts_with("#")) {
      including = true;
    } else if (token[0] == '"') {
      if (including) return false;
      const std::string value = token.substr(1);
      std::string full = scoped(scope, name);
      // A value without a name, in braces, is one of a list; so is "Name::".
      const bool list = name.empty() || name.ends_with("::");
      if (list) full = (name.empty() ? full + "::" : full);
      if (list && values.contains(full))
        values[full] += "\n" + value;
      else
        values[full] = value;
      given = true;
    } else {
      if (clearing) clear(values, scoped(scope, lower(token)));
      name = lower(token);
      // A value needs no quotes: the word after a name is it.
    }
  }
  return tokens.whole() && scope.empty() && !including;
}

}  // namespace sekisho
