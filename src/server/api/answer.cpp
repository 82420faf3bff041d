// SPDX-License-Identifier: Apache-2.0
#include "server/api/answer.h"

#include <set>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/crypto.h"
#include "base/gzip.h"
#include "server/api/once.h"
#include "server/http/problem.h"

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

/// A name in a query that the operation doesn't know: what was meant by it would be left undone
/// without a word.
std::optional<std::string> unknown_in(const Operation& operation, std::string_view query) {
  if (operation.others_queries) return std::nullopt;
  for (const std::string_view part : split(query, '&')) {
    if (part.empty()) continue;
    auto name = percent_decoded(part.substr(0, part.find('=')), true);
    if (name && !operation.queries.contains(*name)) return name;
  }
  return std::nullopt;
}

std::optional<Problem> wrong_query(const Operation& operation, std::string_view query) {
  if (!is_plain_query(query))
    return Problem{422,
                   {"問い合わせに使えない文字があるか、同じ名前が二度あります。",
                    "the query has characters that cannot be used, or a name twice."},
                   {}};
  const auto unknown = unknown_in(operation, query);
  if (!unknown) return std::nullopt;
  const std::string name = printable(*unknown, 80);
  return coded({422,
                {fmt::format("この操作に「{}」という指定はありません。", name),
                 fmt::format("this operation has no parameter \"{}\".", name)},
                {}},
               "unknown-parameter");
}

/// A body that is worth packing.
constexpr std::size_t kWorthIt = 4096;

/// Changes only if the version is the one that the request says, and this request hasn't been
/// carried out.
Outcome change(Call& call, const Operation& operation, const Precondition& condition,
               const std::optional<Once>& once) {
  if (!condition.given() && !once) return operation.handler(call);
  const auto holds = [&]() -> Result<void> {
    if (!condition.given()) return {};
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
  const Database::Condition held(call.db, [&] {
    const auto now = holds();
    return now && once ? once->claim(call.db) : now;
  });
  return operation.handler(call);
}

Outcome run(Call& call, const Operation& operation, const Precondition& condition) {
  if (operation.method == "GET") return operation.handler(call);
  if (condition.given() && operation.version == nullptr)
    return problem(412, "この操作に If-Match や If-None-Match は使えません。",
                   "this operation takes neither If-Match nor If-None-Match.");
  const auto once = Once::of(call, operation);
  if (!once) return std::unexpected(once.error());
  if (*once)
    if (auto before = (*once)->before(call)) return std::move(*before);
  Outcome outcome = change(call, operation, condition, *once);
  if (*once) (*once)->remember(call.db, outcome);
  return outcome;
}

/// RFC 8288: the page after this one, by what it was asked for with.
std::string next_link(const HttpRequest& request, std::string_view next) {
  std::string query;
  for (const std::string_view part : split(request.query, '&')) {
    if (part.empty() || part.substr(0, part.find('=')) == "after") continue;
    query += std::string(part) + "&";
  }
  std::string link = fmt::format("{}?{}after={}", request.path, query, next);
  std::string safe;
  for (const char c : link)
    if (c == '<' || c == '>' || c == '"' || c == '\'' || c <= ' ' || c >= '\x7F')
      safe += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    else
      safe += c;
  return fmt::format("<{}>; rel=\"next\"", safe);
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
    if (!reply.next.empty() && operation.queries.contains("after"))
      out.headers.emplace_back("link", next_link(call.request, reply.next));
  }
  pack(call, reply, out);
  return out;
}

}  // namespace

HttpReply problem_reply(const Problem& problem, Lang lang) {
  const bool typed = problem.type != "about:blank";
  const std::string code = !problem.code.empty() ? problem.code
                           : typed               ? problem.type
                                                 : std::string(problem_code(problem.status));
  json::object body{{"type", problem.type},
                    {"status", problem.status},
                    {"code", code},
                    {"title", problem.text.in(lang)}};
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
                  {code}};
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
  if (const auto wrong = wrong_query(operation, call.request.query))
    return problem_reply(*wrong, call.who.lang);
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
