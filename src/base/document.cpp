// SPDX-License-Identifier: Apache-2.0
#include "base/document.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>
#include <boost/json.hpp>

#include "base/text.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// What the handler throws to stop yaml-cpp; it never leaves this file.
struct Refused {
  Text reason;
  std::size_t line = 0;
};

/// A number that is written as JSON writes it (RFC 8259, 6) without an exponent and ends in no
/// needless zero: 1.0001 and -3 are numbers; 012, 1.10 and 7e2, which are meant as they stand,
/// aren't.
std::optional<json::value> number(std::string_view value) {
  std::string_view digits = value;
  if (digits.starts_with('-')) digits.remove_prefix(1);
  const std::size_t point = digits.find('.');
  const std::string_view whole = digits.substr(0, point);
  const std::string_view fraction = point == std::string_view::npos ? "" : digits.substr(point + 1);
  const auto only_digits = [](std::string_view text) {
    return text.size() <= 15 && text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (whole.empty() || !only_digits(whole) || (whole.size() > 1 && whole[0] == '0')) return {};
  if (point == std::string_view::npos) {
    const std::int64_t magnitude = whole_number(whole);
    return json::value(value[0] == '-' ? -magnitude : magnitude);
  }
  if (fraction.empty() || !only_digits(fraction) || fraction.back() == '0') return {};
  double found = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), found);
  if (error != std::errc() || end != value.data() + value.size()) return {};
  return json::value(found);
}

/// Plain (unquoted) scalars by the core schema, as far as our documents use it.
json::value typed(const std::string& value) {
  if (value == "true") return true;
  if (value == "false") return false;
  if (value == "null" || value == "~" || value.empty()) return nullptr;
  if (auto found = number(value)) return std::move(*found);
  return json::string(value);
}

/// Builds the tree from yaml-cpp's events.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(Document& document, const DocumentLimits& limits)
      : document_(document), limits_(limits) {}

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark& mark, const std::string& /*name*/) override {
    refuse_reference(mark);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    refuse_reference(mark);
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (anchor != 0) refuse_reference(mark);
    // Of a key without a value yaml-cpp names the line of what comes next.
    const bool keyed = !open_.empty() && open_.back().key;
    add(keyed ? open_.back().key_at : mark, nullptr);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (anchor != 0) refuse_reference(mark);
    if (tag != "?" && tag != "!" && !tag.empty())
      throw Refused{{"YAML のタグは使えません。", "YAML tags are not accepted."}, line_of(mark)};
    if (expects_key()) {
      key(mark, value);
      return;
    }
    add(mark, tag == "!" ? json::value(json::string(value)) : typed(value));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(mark, anchor, json::array());
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(mark, anchor, json::object());
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  struct Level {
    json::value* container;
    std::string pointer;
    std::optional<std::string> key;
    YAML::Mark key_at = YAML::Mark();
  };

  static std::size_t line_of(const YAML::Mark& mark) {
    return static_cast<std::size_t>(std::max(mark.line, 0)) + 1;
  }
  std::string place_of(const YAML::Mark& mark) const {
    return fmt::format("{}:{}", document_.name, line_of(mark));
  }
  [[noreturn]] static void refuse_reference(const YAML::Mark& mark) {
    throw Refused{
        {"YAML のアンカーと別名は使えません。", "YAML anchors and aliases are not accepted."},
        line_of(mark)};
  }
  bool expects_key() const {
    return !open_.empty() && open_.back().container->is_object() && !open_.back().key;
  }
  void key(const YAML::Mark& mark, const std::string& name) {
    if (open_.back().container->as_object().contains(name))
      throw Refused{{fmt::format("「{}」が二度書かれています。", printable(name, 80)),
                     fmt::format("'{}' is given twice.", printable(name, 80))},
                    line_of(mark)};
    open_.back().key = name;
    open_.back().key_at = mark;
  }
  json::value* add(const YAML::Mark& mark, json::value value) {
    if (++nodes_ > limits_.nodes)
      throw Refused{{"文書の項目が多すぎます。", "the document has too many values."},
                    line_of(mark)};
    if (open_.empty()) {
      document_.root = std::move(value);
      document_.places[""] = place_of(mark);
      return &document_.root;
    }
    Level& level = open_.back();
    if (expects_key())
      throw Refused{{"見出し（キー）は文字列でなければなりません。", "a key must be a string."},
                    line_of(mark)};
    json::value* added = nullptr;
    std::string pointer;
    if (level.container->is_object()) {
      added = &level.container->as_object().emplace(*level.key, std::move(value)).first->value();
      pointer = level.pointer + "/" + *level.key;
      level.key.reset();
    } else {
      json::array& list = level.container->as_array();
      added = &list.emplace_back(std::move(value));
      pointer = fmt::format("{}/{}", level.pointer, list.size() - 1);
    }
    document_.places[pointer] = place_of(mark);
    last_pointer_ = std::move(pointer);
    return added;
  }
  // The pointer to a container stays valid while it is open: its parent grows only after it closes.
  void open(const YAML::Mark& mark, YAML::anchor_t anchor, json::value empty) {
    if (anchor != 0) refuse_reference(mark);
    if (open_.size() >= limits_.depth)
      throw Refused{{"入れ子が深すぎます。", "the document is nested too deeply."}, line_of(mark)};
    const bool root = open_.empty();
    json::value* added = add(mark, std::move(empty));
    open_.push_back({added, root ? std::string() : last_pointer_, std::nullopt, {}});
  }

  Document& document_;
  const DocumentLimits& limits_;
  std::vector<Level> open_;
  std::string last_pointer_;
  std::size_t nodes_ = 0;
};

struct Size {
  std::size_t nodes = 0;
  std::size_t members = 0;  // of all objects
};

/// Counts the values of a tree and measures its depth, to hold JSON to the same bounds as YAML.
bool within(const json::value& value, const DocumentLimits& limits, std::size_t depth, Size& size) {
  if (++size.nodes > limits.nodes || depth > limits.depth) return false;
  if (const json::array* list = value.if_array())
    return std::ranges::all_of(
        *list, [&](const json::value& v) { return within(v, limits, depth + 1, size); });
  if (const json::object* map = value.if_object()) {
    size.members += map->size();
    return std::ranges::all_of(
        *map, [&](const auto& member) { return within(member.value(), limits, depth + 1, size); });
  }
  return true;
}

/// How many keys a JSON text holds: as many as colons outside its strings.
std::size_t keys_in(std::string_view text) {
  std::size_t keys = 0;
  bool inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"')
      inside = !inside;
    else if (inside && c == '\\')
      ++i;
    else if (!inside && c == ':')
      ++keys;
  }
  return keys;
}

std::optional<std::unexpected<Error>> refuse_text(const std::string& name, std::string_view text,
                                                  const DocumentLimits& limits) {
  if (text.size() > limits.bytes)
    return failure(fmt::format("文書が大きすぎます（上限 {} バイト）。", limits.bytes),
                   fmt::format("the document is too large (at most {} bytes).", limits.bytes),
                   name);
  if (!is_valid_utf8(text))
    return failure("文字コードが UTF-8 ではありません。", "the document is not UTF-8.", name);
  return std::nullopt;
}

}  // namespace

Result<Document> parse_yaml(std::string name, std::string_view text, const DocumentLimits& limits) {
  if (auto refused = refuse_text(name, text, limits)) return *refused;
  Document document{std::move(name), nullptr, {}};
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder(document, limits);
    if (!parser.HandleNextDocument(builder))
      return failure("文書が空です。", "the document is empty.", document.name);
    // A directive or a second document behind the first would be dropped in silence.
    Document rest{document.name, nullptr, {}};
    TreeBuilder rest_builder(rest, limits);
    if (parser.HandleNextDocument(rest_builder))
      return failure("一つのファイルに文書が二つあります。",
                     "the file holds more than one document.", document.name);
  } catch (const Refused& refused) {
    return failure(refused.reason.ja, refused.reason.en,
                   fmt::format("{}:{}", document.name, refused.line));
  } catch (const YAML::Exception& error) {
    const auto line = static_cast<std::size_t>(std::max(error.mark.line, 0)) + 1;
    return failure(fmt::format("YAML として読めません（{}）。", printable(error.msg)),
                   fmt::format("not readable as YAML ({}).", printable(error.msg)),
                   fmt::format("{}:{}", document.name, line));
  }
  return document;
}

Result<Document> parse_json(std::string name, std::string_view text, const DocumentLimits& limits) {
  if (auto refused = refuse_text(name, text, limits)) return *refused;
  json::parse_options options;
  options.max_depth = limits.depth;
  json::error_code error;
  json::parser parser({}, options);
  const std::size_t read = parser.write_some(text.data(), text.size(), error);
  const std::string_view rest = trim(text.substr(std::min(read, text.size())));
  if (error || !rest.empty()) {
    const auto line =
        1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(read), '\n');
    const std::string reason = error ? error.message() : "extra data";
    return failure(fmt::format("JSON として読めません（{}）。", reason),
                   fmt::format("not readable as JSON ({}).", reason),
                   fmt::format("{}:{}", name, line));
  }
  Document document{std::move(name), parser.release(), {}};
  Size size;
  if (!within(document.root, limits, 0, size))
    return failure("文書の項目が多すぎるか、入れ子が深すぎます。",
                   "the document has too many values or is nested too deeply.", document.name);
  // Of two values of one key each reader takes another (RFC 8259, 4): what is signed or checked
  // would not be what is used.
  if (size.members != keys_in(text))
    return failure("同じ見出し（キー）が二度書かれています。", "a key is given twice.",
                   document.name);
  return document;
}

std::string Node::where() const {
  // A value without a line of its own (JSON, or a key that is missing) has its container's.
  std::string pointer = pointer_;
  for (;;) {
    if (const auto found = document_->places.find(pointer); found != document_->places.end())
      return found->second;
    const std::size_t slash = pointer.rfind('/');
    if (slash == std::string::npos) break;
    pointer.resize(slash);
  }
  return document_->name + pointer_;
}

void Node::report(std::string ja, std::string en) const {
  if (problems_->size() < kMostProblemsKept) {
    problems_->push_back(Error{{std::move(ja), std::move(en)}, where()});
    return;
  }
  if (problems_->size() == kMostProblemsKept) problems_->push_back({});
  Error& rest = problems_->back();
  ++rest.more;
  rest.message = {fmt::format("ほかに {} 件の誤りがあります。", rest.more),
                  fmt::format("there are {} more problems.", rest.more)};
}

void Node::report_unknown(const std::string& name, const std::string& known) const {
  report(fmt::format("「{}」は使えません（使えるもの: {}）。", printable(name, 80), known),
         fmt::format("'{}' is not one of: {}.", printable(name, 80), known));
}

void Node::only(std::initializer_list<std::string_view> keys) const {
  const json::object* map = value_->if_object();
  if (map == nullptr) {
    report("「見出し: 値」の形でなければなりません。", "this must be a mapping.");
    return;
  }
  for (const auto& member : *map) {
    const std::string_view key(member.key().data(), member.key().size());
    if (std::ranges::find(keys, key) == keys.end())
      Node(*document_, &member.value(), pointer_ + "/" + std::string(key), *problems_)
          .report(fmt::format("「{}」という見出しはありません。", printable(key, 80)),
                  fmt::format("there is no field named '{}'.", printable(key, 80)));
  }
}

std::optional<Node> Node::find(std::string_view key) const {
  const json::object* map = value_->if_object();
  const json::value* found = map == nullptr ? nullptr : map->if_contains(key);
  if (found == nullptr || found->is_null()) return std::nullopt;
  return Node(*document_, found, pointer_ + "/" + std::string(key), *problems_);
}

Node Node::at(std::string_view key) const {
  if (auto found = find(key)) return *found;
  static const json::value nothing;
  // Named by where it should be, so that a page can show it there; in YAML that is its mapping's
  // line.
  Node(*document_, &nothing, pointer_ + "/" + std::string(key), *problems_)
      .report(fmt::format("「{}」がありません。", key), fmt::format("'{}' is missing.", key));
  // Reading on from nothing must not report the same gap again: it goes to a list nobody reads.
  static thread_local std::vector<Error> unheard;
  unheard.clear();
  return {*document_, &nothing, pointer_, unheard};
}

std::vector<Node> Node::items() const {
  std::vector<Node> nodes;
  const json::array* list = value_->if_array();
  if (list == nullptr) {
    report("一覧（リスト）でなければなりません。", "this must be a list.");
    return nodes;
  }
  nodes.reserve(list->size());
  for (std::size_t i = 0; i < list->size(); ++i)
    nodes.push_back(Node(*document_, &(*list)[i], fmt::format("{}/{}", pointer_, i), *problems_));
  return nodes;
}

std::vector<std::pair<std::string, Node>> Node::entries() const {
  std::vector<std::pair<std::string, Node>> found;
  const json::object* map = value_->if_object();
  if (map == nullptr) {
    report("「見出し: 値」の形でなければなりません。", "this must be a mapping.");
    return found;
  }
  for (const auto& member : *map) {
    std::string key(member.key());
    std::string pointer = pointer_ + "/" + key;
    found.emplace_back(std::move(key),
                       Node(*document_, &member.value(), std::move(pointer), *problems_));
  }
  return found;
}

std::string Node::string() const {
  const json::string* found = value_->if_string();
  if (found == nullptr || trim({found->data(), found->size()}).empty()) {
    report("空でない文字列でなければなりません。", "this must be a string that isn't blank.");
    return {};
  }
  return {found->data(), found->size()};
}

std::int64_t Node::integer(std::int64_t least, std::int64_t most) const {
  if (value_->is_int64() && value_->get_int64() >= least && value_->get_int64() <= most)
    return value_->get_int64();
  report(fmt::format("{} から {} までの整数でなければなりません。", least, most),
         fmt::format("this must be a whole number from {} to {}.", least, most));
  return least;
}

bool Node::boolean() const {
  if (value_->is_bool()) return value_->get_bool();
  report("true か false でなければなりません。", "this must be true or false.");
  return false;
}

std::vector<std::string> Node::strings() const {
  std::vector<std::string> found;
  for (const Node& item : items()) found.push_back(item.string());
  return found;
}

Text Node::text() const {
  only({"ja", "en"});
  if (!value_->is_object()) return {};
  return {at("ja").string(), at("en").string()};
}

std::vector<Text> Node::texts() const {
  std::vector<Text> found;
  for (const Node& item : items()) found.push_back(item.text());
  return found;
}

Error first_of(const std::vector<Error>& problems) {
  Error error = problems.front();
  const std::size_t counted = problems.back().more;
  const std::size_t others = problems.size() - 1 + (counted > 0 ? counted - 1 : 0);
  if (others > 0) {
    error.message.ja += fmt::format("（ほかに {} 件）", others);
    error.message.en += fmt::format(" ({} more problems)", others);
  }
  return error;
}

}  // namespace sekisho
