#include "server/api/answer.h"

#include <set>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/crypto.h"
#include "base/gzip.h"

namespace sekisho {
namespace {

namespace json = boost::json;

/// Whether all that a query asks for is clean text (no control characters, nothing that turns text
/// about), each name once: what isn't would be as if it were not asked for.
bool is_plain_query(std::string_view query) {
  std::set<std::string> names;
  for (const std::string_view part : split(query, '&')) {
    if (part.empty()) continue;
    const auto text = percent_decoded(part, true);
    const auto name = percent_decoded(part.substr(0, part.find('=')), true);
    if (!text || !name || !is_plain(*text) || !names.insert(*name).second) return false;
  }
  return true;
}

/// A body that is worth packing.
constexpr std::size_t kWorthIt = 4096;

Outcome run(Call& call, const Operation& operation, const Precondition& condition) {
  if (operation.method == "GET" || !condition.given()) return operation.handler(call);
  if (operation.version == nullptr)
    return problem(412, "この操作に If-Match や If-None-Match は使えません。",
                   "this operation takes neither If-Match nor If-None-Match.");
  const auto holds = [&]() -> Result<void> {
    const auto version = version_of(*operation.version, call);
    if (!version) return std::unexpected(version.error());
    if (condition.allows_change(*version)) return {};
    return std::unexpected(Error{{"ほかの人が先に変えました。読み直してください。",
                                  "someone else changed it first; load it again."},
                                 {},
                                 Fault::changed});
  };
  // Before any work, and again by the change.
  if (const auto now = holds(); !now) return broken(now.error());
  const Database::Condition held(call.db, holds);
  return operation.handler(call);
}

void pack(const Call& call, const Reply& reply, HttpReply& out) {
  if (out.body.size() <= kWorthIt || !reply.type.starts_with("application/json")) return;
  out.headers.emplace_back("vary", "accept-encoding");
  if (call.request.header("accept-encoding").find("gzip") == std::string_view::npos) return;
  if (std::string small = gzip(out.body, 1); !small.empty()) {
    out.body = std::move(small);
    out.headers.emplace_back("content-encoding", "gzip");
  }
}

HttpReply finished(const Call& call, const Operation& operation, const Precondition& condition,
                   const std::optional<std::string>& version, Reply reply) {
  HttpReply out{reply.status, std::move(reply.headers), std::move(reply.body), {}};
  if (!reply.type.empty()) out.headers.emplace_back("content-type", reply.type);
  out.headers.emplace_back("cache-control", "private, no-cache");
  if (operation.method == "GET" && reply.status == 200) {
    const std::string tag = entity_tag(version, out.body);
    const std::string etag = fmt::format("\"{}\"", tag);
    const unsigned instead = condition.instead_of(tag);
    if (instead == 304)
      return {304, {{"etag", etag}, {"cache-control", "private, no-cache"}}, "", {}};
    if (instead == 412)
      return problem_reply({412, {"もう変わっています。", "it has changed."}, {}}, call.who.lang);
    out.headers.emplace_back("etag", etag);
  }
  pack(call, reply, out);
  return out;
}

}  // namespace

HttpReply problem_reply(const Problem& problem, Lang lang) {
  json::object body{
      {"type", problem.type}, {"status", problem.status}, {"title", problem.text.in(lang)}};
  if (!problem.fields.empty()) {
    json::array errors;
    for (const Error& error : problem.fields)
      errors.emplace_back(
          json::object{{"where", error.where}, {"message", error.message.in(lang)}});
    body["errors"] = std::move(errors);
  }
  HttpReply reply{problem.status,
                  {{"content-type", "application/problem+json"}, {"cache-control", "no-store"}},
                  json::serialize(body),
                  {},
                  {},
                  {problem.type == "about:blank" ? "" : problem.type}};
  // RFC 9110, 15.5.2: how else than by a session one may say who asks.
  if (problem.status == 401)
    reply.headers.emplace_back("www-authenticate", "Bearer realm=\"sekisho\"");
  return reply;
}

namespace {

/// RFC 9110, 10.2.3: when to come again, at the earliest: what is busy for a moment, and who made
/// too many failures for as long as the first of the locks lasts.
HttpReply with_wait(HttpReply reply) {
  if (reply.status == 503) reply.headers.emplace_back("retry-after", "5");
  if (reply.status == 429) reply.headers.emplace_back("retry-after", "30");
  return reply;
}

}  // namespace

HttpReply failed(const ServerOptions& options, Problem problem, std::string_view doing, Lang lang) {
  const std::string number = hex(random_bytes(4));
  const std::string reason = printable(problem.reason, 400);
  // With a journal it is a part of the line that each refusal has.
  if (!options.journal)
    options.say({fmt::format("[{}] {}: {} {}", number, doing, problem.text.ja, reason),
                 fmt::format("[{}] {}: {} {}", number, doing, problem.text.en, reason)});
  problem.text.ja += fmt::format("（番号 {}）", number);
  problem.text.en += fmt::format(" (number {})", number);
  HttpReply reply = problem_reply(problem, lang);
  reply.note.number = number;
  reply.note.reason = reason;
  return with_wait(std::move(reply));
}

HttpReply guarded(const ServerOptions& options, std::string_view doing, Lang lang,
                  const std::function<HttpReply()>& work) {
  const auto thrown = [&](std::string_view what) {
    return failed(
        options,
        {500, {"内部の誤りです。", "something went wrong in here."}, {}, std::string(what)}, doing,
        lang);
  };
  try {
    return work();
  } catch (const std::exception& error) {
    return thrown(error.what());
  } catch (...) {
    return thrown("unknown");
  }
}

HttpReply answer_call(Call& call, const Operation& operation) {
  const ServerOptions& options = call.shop.options;
  if (!is_plain_query(call.request.query))
    return problem_reply({422,
                          {"問い合わせに使えない文字があるか、同じ名前が二度あります。",
                           "the query has characters that cannot be used, or a name twice."},
                          {}},
                         call.who.lang);
  const Precondition condition(call.request);
  // Before the handler looks: a change that comes between makes the tag too old, never too new.
  std::optional<std::string> version;
  if (operation.method == "GET" && operation.version != nullptr) {
    auto known = version_of(*operation.version, call);
    if (!known) return failed(options, broken(known.error()).error(), operation.id, call.who.lang);
    version = std::move(*known);
  }
  Outcome given = run(call, operation, condition);
  if (given) return finished(call, operation, condition, version, std::move(*given));
  if (given.error().status >= 500)
    return failed(options, std::move(given.error()), operation.id, call.who.lang);
  return with_wait(problem_reply(given.error(), call.who.lang));
}

}  // namespace sekisho
