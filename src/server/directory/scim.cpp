// SPDX-License-Identifier: Apache-2.0
// The protocol: paths, bodies, answers and errors (RFC 7644, 3).
#include <fmt/format.h>

#include "server/directory/documents.h"
#include "server/directory/groups.h"
#include "server/directory/handlers.h"
#include "server/directory/members.h"
#include "server/directory/projection.h"
#include "store/audit.h"

namespace sekisho {
namespace {

namespace json = boost::json;

constexpr const char* kType = "application/scim+json";
constexpr const char* kUser = "urn:ietf:params:scim:schemas:core:2.0:User";
constexpr const char* kGroupUrn = "urn:ietf:params:scim:schemas:core:2.0:Group";
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

  Groups groups() const { return {members}; }
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

struct Page {
  std::vector<Comparison> which;
  std::int64_t from = 1;
  std::int64_t count = 0;
};

ScimResult<Page> page_of(const Asked& asked) {
  Page page;
  // A filter that isn't clean text is none that is known, and not none.
  if (asked.request.query.find("filter=") != std::string::npos) {
    auto read = read_filter(asked.query("filter").value_or(""));
    if (!read) return std::unexpected(read.error());
    page.which = std::move(*read);
  }
  page.from = std::max<std::int64_t>(number_in(asked, "startIndex", 1), 1);
  page.count = std::min(number_in(asked, "count", kUsually), kMost);
  return page;
}

Answer list_users(const Asked& asked) {
  const auto page = page_of(asked);
  if (!page) return std::unexpected(page.error());
  const auto some = asked.members.list(page->which, page->from - 1, page->count);
  if (!some) return std::unexpected(some.error());
  json::array items;
  for (const Member& member : some->these)
    items.emplace_back(asked.shows.of(user_json(asked, member)));
  return Said{200, list_response(std::move(items), some->all, page->from)};
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
template <typename Which, typename Work>
ScimResult<Which> in_one(const Asked& asked, Work work) {
  ScimResult<Which> result = Which();
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
  const auto id = in_one<PersonId>(asked, [&] { return asked.members.create(*given); });
  if (!id) return std::unexpected(id.error());
  return user_said(asked, *id, 201);
}

Answer change_user(const Asked& asked, PersonId id, bool patch) {
  const auto body = body_of(asked);
  if (!body) return std::unexpected(body.error());
  const auto edit = patch ? read_patch(*body) : read_user(*body);
  if (!edit) return std::unexpected(edit.error());
  const auto changed = in_one<PersonId>(asked, [&]() -> ScimResult<PersonId> {
    if (auto done = asked.members.change(id, *edit); !done) return std::unexpected(done.error());
    return id;
  });
  if (!changed) return std::unexpected(changed.error());
  return user_said(asked, id, 200);
}

Answer remove_user(const Asked& asked, PersonId id) {
  const auto gone = in_one<PersonId>(asked, [&]() -> ScimResult<PersonId> {
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

ScimResult<json::object> group_json(const Asked& asked, const DirectoryGroup& group) {
  const std::string id = fmt::format("{}", group.id);
  json::object shown{{"schemas", json::array{kGroupUrn}}, {"id", id}, {"displayName", group.name}};
  if (!group.external_id.empty()) shown["externalId"] = group.external_id;
  if (asked.shows.wants("members")) {
    const auto members = asked.groups().members(group.id);
    if (!members) return std::unexpected(members.error());
    json::array list;
    for (const auto& [person, name] : *members)
      list.emplace_back(json::object{{"value", fmt::format("{}", person)},
                                     {"$ref", fmt::format("{}/Users/{}", asked.at, person)},
                                     {"display", name},
                                     {"type", "User"}});
    shown["members"] = std::move(list);
  }
  shown["meta"] = json::object{{"resourceType", "Group"},
                               {"created", json_time(group.created_at)},
                               {"lastModified", json_time(group.changed_at)},
                               {"location", asked.at + "/Groups/" + id}};
  return asked.shows.of(shown);
}

Answer group_said(const Asked& asked, DirectoryGroupId id, unsigned status) {
  const auto group = asked.groups().find(id);
  if (!group) return std::unexpected(group.error());
  auto shown = group_json(asked, *group);
  if (!shown) return std::unexpected(shown.error());
  return Said{status, std::move(*shown), fmt::format("{}/Groups/{}", asked.at, id)};
}

Answer list_groups(const Asked& asked) {
  const auto page = page_of(asked);
  if (!page) return std::unexpected(page.error());
  const auto some = asked.groups().list(page->which, page->from - 1, page->count);
  if (!some) return std::unexpected(some.error());
  json::array items;
  for (const DirectoryGroup& group : some->these) {
    auto shown = group_json(asked, group);
    if (!shown) return std::unexpected(shown.error());
    items.emplace_back(std::move(*shown));
  }
  return Said{200, list_response(std::move(items), some->all, page->from)};
}

Answer create_group(const Asked& asked) {
  const auto body = body_of(asked);
  if (!body) return std::unexpected(body.error());
  const auto given = read_group(*body);
  if (!given) return std::unexpected(given.error());
  const auto id = in_one<DirectoryGroupId>(asked, [&] { return asked.groups().create(*given); });
  if (!id) return std::unexpected(id.error());
  return group_said(asked, *id, 201);
}

ScimResult<DirectoryGroupId> of_group(DirectoryGroupId id, const ScimResult<void>& done) {
  if (!done) return std::unexpected(done.error());
  return id;
}

Answer change_group(const Asked& asked, DirectoryGroupId id, bool patch) {
  const auto body = body_of(asked);
  if (!body) return std::unexpected(body.error());
  const auto edit = patch ? read_group_patch(*body) : read_group(*body);
  if (!edit) return std::unexpected(edit.error());
  const auto changed = in_one<DirectoryGroupId>(
      asked, [&] { return of_group(id, asked.groups().change(id, *edit)); });
  if (!changed) return std::unexpected(changed.error());
  // A large group isn't sent back with each of its changes (RFC 7644, 3.5.2).
  return patch ? Answer(Said{204, nullptr}) : group_said(asked, id, 200);
}

Answer remove_group(const Asked& asked, DirectoryGroupId id) {
  const auto gone =
      in_one<DirectoryGroupId>(asked, [&] { return of_group(id, asked.groups().remove(id)); });
  if (!gone) return std::unexpected(gone.error());
  return Said{204, nullptr};
}

Answer groups(const Asked& asked, std::string_view rest) {
  const std::string& method = asked.request.method;
  if (rest.empty()) {
    if (method == "GET") return list_groups(asked);
    return method == "POST" ? create_group(asked) : Answer(not_this_way("GET, POST"));
  }
  const DirectoryGroupId id(std::max<std::int64_t>(whole_number(rest), 0));
  if (method == "GET") return group_said(asked, id, 200);
  if (method == "PUT" || method == "PATCH") return change_group(asked, id, method == "PATCH");
  return method == "DELETE" ? remove_group(asked, id)
                            : Answer(not_this_way("GET, PUT, PATCH, DELETE"));
}

/// RFC 7644, 4: what describes the protocol is not searched.
std::optional<ScimError> no_filter(const Asked& asked) {
  if (asked.request.query.find("filter=") == std::string::npos) return std::nullopt;
  return ScimError{403, "", {"ここでは filter を使えません。", "there is no filter here."}};
}

/// The document of users, or that of groups, or both.
Answer one_of_two(const Asked& asked, std::string_view rest, const json::object& user,
                  const json::object& group) {
  if (asked.request.method != "GET") return not_this_way("GET");
  if (auto wrong = no_filter(asked)) return std::unexpected(std::move(*wrong));
  if (rest.empty()) return Said{200, list_response({user, group}, 2, 1)};
  for (const json::object& one : {user, group})
    if (one.at("id").as_string() == rest) return Said{200, one};
  return no_such_place();
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
  if (kind == "ResourceTypes")
    return one_of_two(asked, rest, user_resource_type(asked.at), group_resource_type(asked.at));
  if (kind == "Schemas")
    return one_of_two(asked, rest, user_schema(asked.at), group_schema(asked.at));
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
