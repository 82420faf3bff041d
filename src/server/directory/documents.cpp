// SPDX-License-Identifier: Apache-2.0
#include "server/directory/documents.h"

namespace sekisho {

namespace json = boost::json;

namespace {

json::object supported(bool yes) { return {{"supported", yes}}; }

json::object attribute(const char* name, const char* type, const char* description) {
  return {{"name", name},
          {"type", type},
          {"multiValued", false},
          {"description", description},
          {"required", false},
          {"caseExact", false},
          {"mutability", "readWrite"},
          {"returned", "default"},
          {"uniqueness", "none"}};
}

json::object with(json::object one, std::string_view name, json::value value) {
  one[name] = std::move(value);
  return one;
}

json::object resource_type(const std::string& at, const std::string& name,
                           const char* description) {
  return {
      {"schemas", json::array{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}},
      {"id", name},
      {"name", name},
      {"endpoint", "/" + name + "s"},
      {"description", description},
      {"schema", "urn:ietf:params:scim:schemas:core:2.0:" + name},
      {"schemaExtensions", json::array()},
      {"meta", {{"resourceType", "ResourceType"}, {"location", at + "/ResourceTypes/" + name}}}};
}

json::object schema(const std::string& at, const std::string& name, const char* description,
                    json::array attributes) {
  const std::string id = "urn:ietf:params:scim:schemas:core:2.0:" + name;
  return {{"schemas", json::array{"urn:ietf:params:scim:schemas:core:2.0:Schema"}},
          {"id", id},
          {"name", name},
          {"description", description},
          {"attributes", std::move(attributes)},
          {"meta", {{"resourceType", "Schema"}, {"location", at + "/Schemas/" + id}}}};
}

}  // namespace

json::object service_provider_config(const std::string& at) {
  return {
      {"schemas", json::array{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"}},
      {"patch", supported(true)},
      {"bulk", {{"supported", false}, {"maxOperations", 0}, {"maxPayloadSize", 0}}},
      {"filter", {{"supported", true}, {"maxResults", 200}}},
      {"changePassword", supported(false)},
      {"sort", supported(false)},
      {"etag", supported(false)},
      {"authenticationSchemes",
       json::array{json::object{{"type", "oauthbearertoken"},
                                {"name", "OAuth Bearer Token"},
                                {"description", "A token that an administrator makes in Sekisho"},
                                {"specUri", "https://www.rfc-editor.org/info/rfc6750"},
                                {"primary", true}}}},
      {"meta",
       {{"resourceType", "ServiceProviderConfig"}, {"location", at + "/ServiceProviderConfig"}}}};
}

json::object user_resource_type(const std::string& at) {
  return resource_type(at, "User", "A person");
}

json::object group_resource_type(const std::string& at) {
  return resource_type(at, "Group", "A group of people");
}

json::object user_schema(const std::string& at) {
  json::object user_name = attribute("userName", "string", "Known by, in either case");
  user_name["required"] = true;
  user_name["uniqueness"] = "server";
  const json::object name = with(attribute("name", "complex", "The whole name"), "subAttributes",
                                 json::array{attribute("formatted", "string", "As it is shown"),
                                             attribute("familyName", "string", "The family's"),
                                             attribute("givenName", "string", "One's own")});
  const json::object emails = with(
      with(attribute("emails", "complex", "The address to sign in by: the primary one, or work's"),
           "multiValued", true),
      "subAttributes",
      json::array{attribute("value", "string", "The address"), attribute("type", "string", "work"),
                  attribute("primary", "boolean", "Whether it is the one to go by")});
  return schema(at, "User", "What is kept of a person",
                {user_name, name, attribute("displayName", "string", "As it is shown"), emails,
                 attribute("active", "boolean", "Whether they may come in")});
}

json::object group_schema(const std::string& at) {
  json::object name = attribute("displayName", "string", "Known by, in either case");
  name["required"] = true;
  name["uniqueness"] = "server";
  const json::object members = with(
      with(attribute("members", "complex", "Who is in it"), "multiValued", true), "subAttributes",
      json::array{with(attribute("value", "string", "The id of a User"), "mutability", "immutable"),
                  with(attribute("type", "string", "User"), "mutability", "immutable")});
  return schema(at, "Group", "What is kept of a group", {name, members});
}

json::object list_response(json::array items, std::int64_t all, std::int64_t from) {
  const auto count = items.size();
  return {{"schemas", json::array{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}},
          {"totalResults", all},
          {"startIndex", from},
          {"itemsPerPage", count},
          {"Resources", std::move(items)}};
}

}  // namespace sekisho
