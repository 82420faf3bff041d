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
  return {{"schemas", json::array{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}},
          {"id", "User"},
          {"name", "User"},
          {"endpoint", "/Users"},
          {"description", "A person"},
          {"schema", "urn:ietf:params:scim:schemas:core:2.0:User"},
          {"schemaExtensions", json::array()},
          {"meta", {{"resourceType", "ResourceType"}, {"location", at + "/ResourceTypes/User"}}}};
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
  return {{"schemas", json::array{"urn:ietf:params:scim:schemas:core:2.0:Schema"}},
          {"id", "urn:ietf:params:scim:schemas:core:2.0:User"},
          {"name", "User"},
          {"description", "What is kept of a person"},
          {"attributes",
           json::array{user_name, name, attribute("displayName", "string", "As it is shown"),
                       emails, attribute("active", "boolean", "Whether they may come in")}},
          {"meta",
           {{"resourceType", "Schema"},
            {"location", at + "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"}}}};
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
