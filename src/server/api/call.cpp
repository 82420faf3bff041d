// SPDX-License-Identifier: Apache-2.0
#include "server/api/call.h"

#include <fmt/format.h>

#include "base/characters.h"

#include "store/audit.h"

namespace sekisho {

namespace json = boost::json;

std::unexpected<Problem> problem(unsigned status, std::string ja, std::string en) {
  return std::unexpected(Problem{status, {std::move(ja), std::move(en)}, {}});
}
Problem coded(Problem problem, std::string code) {
  problem.code = std::move(code);
  return problem;
}
std::unexpected<Problem> not_found() { return problem(404, "見つかりません。", "not found."); }
std::unexpected<Problem> forbidden() {
  return problem(403, "この操作をする権限がありません。", "you are not allowed to do this.");
}
std::unexpected<Problem> broken(const Error& error) {
  const auto status = [&]() -> unsigned {
    switch (error.fault) {
      case Fault::malformed: return 400;
      case Fault::forbidden: return 403;
      case Fault::missing: return 404;
      case Fault::conflict: return 409;
      case Fault::changed: return 412;
      case Fault::too_large: return 413;
      case Fault::invalid: return 422;
      case Fault::broken: return 500;
      case Fault::plain:
      case Fault::unavailable: break;
    }
    return 503;
  }();
  return std::unexpected(Problem{status, error.message, {}, error.describe(Lang::en)});
}
std::unexpected<Problem> invalid(const Error& error) {
  return std::unexpected(Problem{422, error.message, {}});
}

std::string Call::origin() const {
  if (!shop.options.public_url.empty()) return shop.options.public_url;
  return (shop.options.browser_has_tls() ? "https://" : "http://") +
         std::string(request.header("host"));
}

namespace {

/// What `paged` wrote into a list.
std::string next_of(const json::value& value) {
  if (!value.is_object() || !value.get_object().contains("items")) return {};
  const auto* next = value.get_object().if_contains("next");
  if (next == nullptr || next->is_null()) return {};
  return next->is_string() ? std::string(next->get_string()) : json::serialize(*next);
}

}  // namespace

Reply reply_json(const json::value& value, unsigned status) {
  return {status, "application/json", json::serialize(value), {}, next_of(value)};
}

std::string clean_text(const Node& node, std::size_t most, bool may_be_empty) {
  const auto& value = node.value();
  if (!value.is_string()) {
    node.report("文字列ではありません。", "this is not a string.");
    return {};
  }
  // What is only the space of a Japanese keyboard (U+3000) is no text.
  constexpr std::string_view kWideSpace = "\xE3\x80\x80";
  std::string_view within = trim(std::string_view(value.get_string()));
  while (within.starts_with(kWideSpace)) within = trim(within.substr(kWideSpace.size()));
  while (within.ends_with(kWideSpace))
    within = trim(within.substr(0, within.size() - kWideSpace.size()));
  std::string text(within);
  if (!is_plain(text)) {
    node.report("改行のほかの制御文字は使えません。", "leave out control characters.");
    return {};
  }
  if (characters(text) > most) {
    node.report(
        fmt::format("{} 文字以内で入力してください（今は {} 文字）。", most, characters(text)),
        fmt::format("use at most {} characters (now {}).", most, characters(text)));
    return {};
  }
  if (text.empty() && !may_be_empty) node.report("入力してください。", "this is needed.");
  return text;
}

std::expected<Page, Problem> page_of(const Call& call, std::size_t limit, std::size_t most) {
  Page page{limit, 0};
  if (const auto wanted = call.query("limit")) {
    const auto number = whole_number(*wanted);
    if (number < 1 || number > static_cast<std::int64_t>(most))
      return problem(422, fmt::format("limit は 1 から {} です。", most),
                     fmt::format("limit is 1 to {}.", most));
    page.limit = static_cast<std::size_t>(number);
  }
  if (const auto after = call.query("after")) {
    page.after = whole_number(*after);
    if (page.after < 0)
      return problem(422, "after の形が違います。", "after is not a place in the list.");
  }
  return page;
}

json::object json_text(const Text& text) { return {{"ja", text.ja}, {"en", text.en}}; }
json::value json_time(Time time) { return json::string(format_time(time)); }
json::value json_time(std::optional<Time> time) {
  return time ? json_time(*time) : json::value(nullptr);
}
json::value json_time_or_null(const Row& row, std::size_t at) {
  return row.null(at) ? json::value(nullptr) : json_time(row.time(at));
}

Result<void> audit(Call& call, std::string_view action, std::string_view item,
                   json::object detail) {
  // By which emergency_access.cpp finds it again.
  if (call.who.seal) detail["emergency"] = call.who.seal;
  return append_audit(call.db, call.now,
                      !call.who.person ? "" : fmt::format("{} <{}>", call.who.name, call.who.email),
                      action, item, json::serialize(detail));
}

Outcome written(const Result<void>& done, Reply reply) {
  if (!done) return broken(done.error());
  return reply;
}

std::unexpected<Error> stop(Problem& into, Problem problem) {
  into = std::move(problem);
  return failure("", "");
}

}  // namespace sekisho
