// SPDX-License-Identifier: Apache-2.0
#include "server/api/router.h"

#include <algorithm>

#include <fmt/format.h>

namespace sekisho {
namespace {

namespace json = boost::json;
constexpr std::string_view kBase = "/api/v1";

std::vector<std::string> segments(std::string_view path) {
  std::vector<std::string> parts;
  for (const std::string_view part : split(path, '/')) parts.emplace_back(part);
  return parts;
}

/// The names of the query that a list of parameters has.
void add_queries(Operation& operation, const json::value& whole, const json::object& from) {
  const auto* parameters = from.if_contains("parameters");
  if (parameters == nullptr) return;
  for (const json::value& given : parameters->as_array()) {
    const auto* ref = given.as_object().if_contains("$ref");
    const json::value& one =
        ref == nullptr ? given : whole.at_pointer(std::string_view(ref->as_string()).substr(1));
    if (one.at("in").as_string() == "query") operation.queries.emplace(one.at("name").as_string());
  }
}

Operation operation_of(std::string_view path, std::string_view method, const json::object& o) {
  Operation operation;
  operation.id = o.at("operationId").as_string();
  for (const char c : method) operation.method += static_cast<char>(c >= 'a' ? c - 32 : c);
  operation.path = segments(path);
  for (const json::value& role : o.at("x-roles").as_array())
    operation.roles.emplace_back(role.as_string());
  operation.scope = o.contains("x-scope") ? std::string(o.at("x-scope").as_string())
                    : method == "get"     ? "read"
                                          : "manage";
  operation.proof = o.contains("x-proof") && o.at("x-proof").as_bool();
  if (const auto* in = o.if_contains("x-emergency")) operation.emergency = in->as_string();
  if (const auto* body = o.if_contains("requestBody"))
    for (const auto& kind : body->at("content").as_object())
      operation.media.emplace_back(kind.key());
  operation.upload =
      std::ranges::find(operation.media, "application/octet-stream") != operation.media.end();
  operation.large = o.contains("x-large");
  if (const auto* version = o.if_contains("x-version"))
    operation.version = versioned(version->as_string());
  operation.hashes = o.contains("x-hashes");
  operation.others_queries = o.contains("x-others-queries");
  if (const auto* waits = o.if_contains("x-waits")) operation.waits = waits->as_string();
  return operation;
}

/// What each operation that makes something takes beside what is its own.
json::object key_parameter() {
  return {{"name", "Idempotency-Key"},
          {"in", "header"},
          {"description", "the same request with the same key is carried out once in 24 hours"},
          {"schema", {{"type", "string"}, {"minLength", 16}, {"maxLength", 200}}}};
}

/// Adds what `from` has to `into`, map by map.
void join_into(json::object& into, const json::object& from) {
  for (const auto& [key, value] : from) {
    auto& there = into[key];
    if (there.is_object() && value.is_object())
      join_into(there.get_object(), value.get_object());
    else
      there = value;
  }
}

/// The document as it is served: what other tools want said and follows from what is there. Whoever
/// may call an operation without a word of who they are needs no security scheme, and operations
/// are grouped by where they are.
json::object completed(json::object document) {
  for (auto& path : document.at("paths").as_object()) {
    const std::string_view name(path.key());
    const std::string group(name.substr(1, name.find('/', 1) - 1));
    for (auto& entry : path.value().as_object()) {
      if (entry.key() == "parameters") continue;
      json::object& operation = entry.value().as_object();
      operation["tags"] = json::array{group};
      if (takes_once(operation_of(name, entry.key(), operation))) {
        json::value& parameters = operation["parameters"];
        if (!parameters.is_array()) parameters = json::array();
        parameters.get_array().push_back(key_parameter());
      }
      for (const json::value& role : operation.at("x-roles").as_array())
        if (role == "public") operation["security"] = json::array{};
    }
  }
  return document;
}

}  // namespace

HttpHandlers::Work Operation::work_of(std::string_view query) const {
  if (hashes) return HttpHandlers::Work::hashes;
  const std::size_t equals = waits.find('=');
  const bool now = equals == std::string::npos
                       ? waits == "always"
                       : query_value(query, waits.substr(0, equals)) == waits.substr(equals + 1);
  return now ? HttpHandlers::Work::waits : HttpHandlers::Work::quick;
}

Result<Router> Router::make(const std::vector<std::string_view>& documents,
                            const Handlers& handlers) {
  json::object whole;
  for (const std::string_view text : documents) {
    const auto document = parse_yaml("api.yaml", text, {std::size_t{4} << 20U, 100'000, 48});
    if (!document) return std::unexpected(document.error());
    join_into(whole, document->root.as_object());
  }
  const json::value all(whole);
  Router router;
  router.document_ = json::serialize(completed(whole));
  std::size_t used = 0;
  for (const auto& path : whole.at("paths").as_object())
    for (const auto& entry : path.value().as_object()) {
      if (entry.key() == "parameters") continue;
      Operation operation = operation_of(path.key(), entry.key(), entry.value().as_object());
      const auto handler = handlers.find(operation.id);
      if (handler == handlers.end())
        return failure("この操作の処理がありません。", "this operation has no handler.",
                       operation.id);
      operation.handler = handler->second;
      add_queries(operation, all, path.value().as_object());
      add_queries(operation, all, entry.value().as_object());
      if (entry.value().as_object().contains("x-version") && operation.version == nullptr)
        return failure("x-version の名前が違います。", "there is no such x-version.", operation.id);
      router.operations_.push_back(std::move(operation));
      ++used;
    }
  if (used != handlers.size())
    return failure("api.yaml にない操作があります。", "a handler has no operation in api.yaml.");
  for (const Operation& change : router.operations_)
    if (change.version != nullptr && !router.shows_version(change))
      return failure("x-version を示す GET がありません。", "no GET shows this x-version.",
                     change.id);
  return router;
}

bool Router::shows_version(const Operation& change) const {
  return std::ranges::any_of(operations_, [&](const Operation& one) {
    return one.method == "GET" && one.path == change.path && one.version == change.version;
  });
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
  Match match;
  if (!path.starts_with(kBase)) return match;
  const auto parts = split(path.substr(kBase.size()), '/');
  for (const Operation& operation : operations_) {
    if (operation.path.size() != parts.size()) continue;
    std::vector<std::string> parameters;
    const bool same = std::ranges::equal(operation.path, parts,
                                         [&](const std::string& known, std::string_view part) {
                                           if (!known.starts_with('{')) return known == part;
                                           parameters.emplace_back(part);
                                           return !part.empty();
                                         });
    if (!same) continue;
    if (operation.method != method) {
      match.allowed.push_back(operation.method);
      if (operation.method == "GET") match.allowed.emplace_back("HEAD");  // http answers it by GET
      continue;
    }
    match.operation = &operation;
    match.parameters = std::move(parameters);
    return match;
  }
  return match;
}

bool takes_once(const Operation& operation) {
  return operation.method == "POST" &&
         std::ranges::none_of(operation.roles, [](const std::string& role) {
           return role == "public" || role == "half";
         });
}

bool may_call(const Operation& operation, const Identity& who) {
  const bool whole = who.token ? who.scopes.contains(operation.scope) : who.stage == "full";
  return std::ranges::any_of(operation.roles, [&](const std::string& role) {
    if (role == "public") return true;
    if (!who.person) return false;
    if (role == "half") return !who.token;
    return whole && (role == "any" || who.has(role));
  });
}

bool needs_proof(const Operation& operation, const Identity& who, Time now) {
  // A token was made with a proof. A clock that was ahead must not keep a proof fresh either.
  return operation.proof && !who.token && std::chrono::abs(now - who.proved_at) > kProofLasts;
}

bool outlasts_emergency(const Operation& operation, const Identity& who,
                        const std::vector<std::string>& parameters) {
  if (!who.seal || operation.emergency.empty()) return false;
  return operation.emergency != "others" ||
         PersonId(whole_number(parameters.front())) == who.person;
}

}  // namespace sekisho
