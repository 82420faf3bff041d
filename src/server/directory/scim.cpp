// The protocol: paths, bodies, answers and errors (RFC 7644, 3).
#include <fmt/format.h>

#include "server/directory/documents.h"
#include "server/directory/handlers.h"
#include "server/directory/members.h"
#include "server/directory/projection.h"
#include "store/audit.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr const char* kType = "application/scim+json";
constexpr const char* kUser = "urn:ietf:params:scim:schemas:core:2.0:User";
constexpr std::int64_t kMost = 200;
constexpr std::int64_t kUsually = 100;

struct Said {
  unsigned status = 200;
  json::value body;  // null: none
  std::string location{};
};
using Answer = ScimResult<Said>;

struct Asked {
  const HttpRequest& request;
  Members members;
  std::string at;  // https://…/scim/v2
  Projection shows;

  std::optional<std::string> query(std::string_view name) const {
    return query_value(request.query, name);
  }
};

std::unexpected<ScimError> no_such_place() {
  return scim_error(404, "", "ここには何もありません。", "there is nothing here.");
}
std::unexpected<ScimError> not_this_way(const char* allow) {
  return std::unexpected(ScimError{
      405, "", {"この方法では使えません。", "this method is not allowed."}, "", "", allow});
}

json::object user_json(const Asked& asked, const Member& member) {
  const std::string id = fmt::format("{}", member.id);
  json::object user{{"schemas", json::array{kUser}}, {"id", id}};
  if (!member.external_id.empty()) user["externalId"] = member.external_id;
  user["userName"] = member.user_name;
  json::object name{{"formatted", member.name}};
  if (!member.family.empty()) name["familyName"] = member.family;
  if (!member.given.empty()) name["givenName"] = member.given;
  user["name"] = std::move(name);
  user["displayName"] = member.name;
  user["emails"] =
      json::array{json::object{{"value", member.email}, {"type", "work"}, {"primary", true}}};
  user["active"] = member.active;
  user["meta"] = json::object{{"resourceType", "User"},
                              {"created", json_time(member.created_at)},
                              {"lastModified", json_time(member.changed_at)},
                              {"location", asked.at + "/Users/" + id}};
  return user;
}

Answer user_said(const Asked& asked, PersonId id, unsigned status) {
  const auto member = asked.members.find(id);
  if (!member) return std::unexpected(member.error());
  const json::object user = user_json(asked, *member);
  return Said{status, asked.shows.of(user),
              std::string(user.at("meta").at("location").as_string())};
}

/// A number of the query that is a whole one; RFC 7644, 3.4.2.4 says what others count as.
std::int64_t number_in(const Asked& asked, std::string_view name, std::int64_t otherwise) {
  const auto text = asked.query(name);
  if (!text) return otherwise;
  if (text->starts_with('-')) return 0;
  const auto number = whole_number(*text);
  return number < 0 ? otherwise : number;
}

Answer list_users(const Asked& asked) {
  std::vector<Comparison> which;
  // A filter that isn't clean text is none that is known, and not none.
  if (asked.request.query.find("filter=") != std::string::npos) {
    auto read = read_filter(asked.query("filter").value_or(""));
    if (!read) return std::unexpected(read.error());
    which = std::move(*read);
  }
  const auto from = std::max<std::int64_t>(number_in(asked, "startIndex", 1), 1);
  const auto count = std::min(number_in(asked, "count", kUsually), kMost);
  const auto some = asked.members.list(which, from - 1, count);
  if (!some) return std::unexpected(some.error());
  json::array items;
  for (const Member& member : some->these)
    items.emplace_back(asked.shows.of(user_json(asked, member)));
  return Said{200, list_response(std::move(items), some->all, from)};
}

ScimResult<json::value> body_of(const Asked& asked) {
  const std::string type = lower(asked.request.header("content-type"));
  if (!type.starts_with(kType) && !type.starts_with("application/json"))
    return scim_error(415, "", fmt::format("{} で送ってください。", kType),
                      fmt::format("send {}.", kType));
  auto document = parse_json("", asked.request.body, {kMaxBodyBytes, 20'000, 12});
  if (!document)
    return scim_error(400, "invalidSyntax", document.error().message.ja,
                      document.error().message.en);
  return std::move(document->root);
}

/// In one write: what is refused changes nothing.
template <typename Work>
ScimResult<PersonId> in_one(const Asked& asked, Work work) {
  ScimResult<PersonId> result = PersonId();
  const auto done = asked.members.call.db.write([&]() -> Result<void> {
    result = work();
    if (!result) return failure("", "");
    return {};
  });
  if (result && !done)
    return std::unexpected(ScimError{
        503, "", {"今はできません。", "this can't be done now."}, done.error().describe(Lang::en)});
  return result;
}

Answer create_user(const Asked& asked) {
  const auto body = body_of(asked);
  if (!body) return std::unexpected(body.error());
  const auto given = read_user(*body);
  if (!given) return std::unexpected(given.error());
  const auto id = in_one(asked, [&] { return asked.members.create(*given); });
  if (!id) return std::unexpected(id.error());
  return user_said(asked, *id, 201);
}

Answer change_user(const Asked& asked, PersonId id, bool patch) {
  const auto body = body_of(asked);
  if (!body) return std::unexpected(body.error());
  const auto edit = patch ? read_patch(*body) : read_user(*body);
  if (!edit) return std::unexpected(edit.error());
  const auto changed = in_one(asked, [&]() -> ScimResult<PersonId> {
    if (auto done = asked.members.change(id, *edit); !done) return std::unexpected(done.error());
    return id;
  });
  if (!changed) return std::unexpected(changed.error());
  return user_said(asked, id, 200);
}

Answer remove_user(const Asked& asked, PersonId id) {
  const auto gone = in_one(asked, [&]() -> ScimResult<PersonId> {
    if (auto done = asked.members.remove(id); !done) return std::unexpected(done.error());
    return id;
  });
  if (!gone) return std::unexpected(gone.error());
  return Said{204, nullptr};
}

Answer users(const Asked& asked, std::string_view rest) {
  const std::string& method = asked.request.method;
  if (rest.empty()) {
    if (method == "GET") return list_users(asked);
    return method == "POST" ? create_user(asked) : Answer(not_this_way("GET, POST"));
  }
  const PersonId id(std::max<std::int64_t>(whole_number(rest), 0));
  if (method == "GET") return user_said(asked, id, 200);
  if (method == "PUT" || method == "PATCH") return change_user(asked, id, method == "PATCH");
  return method == "DELETE" ? remove_user(asked, id)
                            : Answer(not_this_way("GET, PUT, PATCH, DELETE"));
}

/// Groups give nothing here (roles follow from the groups of a sign-in): there are none, and none
/// can be made.
Answer groups(const Asked& asked, std::string_view rest) {
  if (asked.request.method == "GET" && rest.empty()) return Said{200, list_response({}, 0, 1)};
  if (asked.request.method == "GET") return no_such_place();
  return scim_error(501, "", "グループは受け取りません。利用者だけを同期してください。",
                    "groups are not taken: let the directory send users only.");
}

/// RFC 7644, 4: what describes the protocol is not searched.
std::optional<ScimError> no_filter(const Asked& asked) {
  if (asked.request.query.find("filter=") == std::string::npos) return std::nullopt;
  return ScimError{403, "", {"ここでは filter を使えません。", "there is no filter here."}};
}

Answer one_of(const Asked& asked, std::string_view rest, const json::object& only,
              std::string_view id) {
  if (asked.request.method != "GET") return not_this_way("GET");
  if (auto wrong = no_filter(asked)) return std::unexpected(std::move(*wrong));
  if (rest.empty()) return Said{200, list_response({only}, 1, 1)};
  return rest == id ? Answer(Said{200, only}) : Answer(no_such_place());
}

Answer answer_to(const Asked& asked) {
  std::string_view path = asked.request.path;
  path.remove_prefix(std::min(kScimPath.size(), path.size()));
  const std::size_t slash = path.find('/');
  const std::string_view kind = path.substr(0, slash);
  const std::string_view rest =
      slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  if (kind == "Users") return users(asked, rest);
  if (kind == "Groups") return groups(asked, rest);
  if (kind == "ResourceTypes") return one_of(asked, rest, user_resource_type(asked.at), "User");
  if (kind == "Schemas") return one_of(asked, rest, user_schema(asked.at), kUser);
  if (kind != "ServiceProviderConfig" || !rest.empty()) return no_such_place();
  if (asked.request.method != "GET") return not_this_way("GET");
  if (auto wrong = no_filter(asked)) return std::unexpected(std::move(*wrong));
  return Said{200, service_provider_config(asked.at)};
}

HttpReply error_reply(const ScimError& error, Lang lang) {
  json::object body{{"schemas", json::array{"urn:ietf:params:scim:api:messages:2.0:Error"}},
                    {"status", fmt::format("{}", error.status)},
                    {"detail", error.text.in(lang)}};
  if (*error.type != '\0') body["scimType"] = error.type;
  HttpReply reply{error.status,
                  {{"content-type", kType}, {"cache-control", "no-store"}},
                  json::serialize(body)};
  if (!error.allow.empty()) reply.headers.emplace_back("allow", error.allow);
  if (error.status == 401) reply.headers.emplace_back("www-authenticate", "Bearer");
  if (error.status == 503 || error.status == 429) reply.headers.emplace_back("retry-after", "5");
  return reply;
}

/// What was refused for what it would have done here is for administrators to know.
void note_refusal(const Asked& asked, const ScimError& error) {
  if (error.whom.empty()) return;
  Call& call = asked.members.call;
  (void)call.db.write([&] {
    return append_audit(
        call.db, call.now, "SCIM " + asked.members.by.name, "directory-refused", error.whom,
        json::serialize(json::object{{"why", error.text.en}, {"why_ja", error.text.ja}}));
  });
}

}  // namespace

HttpReply scim_refusal(unsigned status, const HttpRequest& request) {
  const Lang lang = request.header("accept-language").starts_with("ja") ? Lang::ja : Lang::en;
  switch (status) {
    case 413:
      return error_reply({413,
                          "",
                          {fmt::format("大きすぎます（上限 {} バイト）。", kMaxBodyBytes),
                           fmt::format("it is too large (at most {} bytes).", kMaxBodyBytes)}},
                         lang);
    case 429:
      return error_reply(
          {429,
           "",
           {"要求が多すぎます。少し待ってください。", "too many requests; wait a moment."}},
          lang);
    default: return error_reply({503, "", {"今はできません。", "this can't be done now."}}, lang);
  }
}

HttpReply answer_scim(const Shop& shop, Database& db, const HttpRequest& request, Time now) {
  const Lang lang = request.header("accept-language").starts_with("ja") ? Lang::ja : Lang::en;
  const auto by = directory_of(db, request, now);
  if (!by) return error_reply({503, "", {"今はできません。", "this can't be done now."}}, lang);
  if (!*by)
    return error_reply({401, "", {"トークンが正しくありません。", "the token is not good."}}, lang);
  if (request.body.size() > kMaxBodyBytes) return scim_refusal(413, request);
  Call call{shop, request, db, {}, {}, now};
  auto shows = Projection::read(query_value(request.query, "attributes"),
                                query_value(request.query, "excludedAttributes"));
  if (!shows) return error_reply(shows.error(), lang);
  const Asked asked{request, {call, **by}, call.origin() + "/scim/v2", std::move(*shows)};
  const auto answer = answer_to(asked);
  if (!answer) {
    if (!answer.error().reason.empty())
      shop.options.say({answer.error().reason, answer.error().reason});
    note_refusal(asked, answer.error());
    return error_reply(answer.error(), lang);
  }
  HttpReply reply{answer->status, {{"cache-control", "no-store"}}, ""};
  if (!answer->location.empty()) reply.headers.emplace_back("location", answer->location);
  if (answer->body.is_null()) return reply;
  reply.headers.emplace_back("content-type", kType);
  reply.body = json::serialize(answer->body);
  return reply;
}

}  // namespace sekisho
