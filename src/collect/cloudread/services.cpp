// SPDX-License-Identifier: Apache-2.0
// The other services, each with the least right that reads what is judged.
#include "base/crypto.h"
#include "collect/cloud/google.h"
#include "collect/cloudread/session.h"

namespace sekisho {
namespace {

namespace json = boost::json;

std::string next_token(const json::object& page, const std::string& path) {
  const json::value* next = page.if_contains("nextPageToken");
  if (next == nullptr || !next->is_string() || next->get_string().empty()) return {};
  return path + (path.contains('?') ? "&" : "?") +
         "pageToken=" + percent_encoded(std::string_view(next->get_string()));
}

Result<json::array> google_list(CloudSession& session, const std::string& path,
                                std::string_view list) {
  return session.pages(path, list,
                       [&](const json::object& page) { return next_token(page, path); });
}

constexpr const char* kGoogleToken = "https://oauth2.googleapis.com/token";
constexpr const char* kGoogleScopes =
    "https://www.googleapis.com/auth/cloud-identity.policies.readonly "
    "https://www.googleapis.com/auth/admin.directory.user.readonly "
    "https://www.googleapis.com/auth/admin.directory.group.readonly "
    "https://www.googleapis.com/auth/admin.directory.orgunit.readonly";

Result<std::string> google_token(const CloudLine& line, const GoogleCredential& credential) {
  const std::int64_t now = line.now().time_since_epoch().count();
  const auto assertion = signed_jwt(credential.key, {},
                                    {{"iss", credential.account},
                                     {"sub", credential.subject},
                                     {"scope", kGoogleScopes},
                                     {"aud", kGoogleToken},
                                     {"iat", now},
                                     {"exp", now + 3600}});
  if (!assertion) return std::unexpected(assertion.error());
  return ask_for_token(
      line, kGoogleToken,
      {{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, {"assertion", *assertion}});
}

Result<json::array> google_groups(CloudSession& session) {
  auto groups = google_list(session, "groups?customer=my_customer&maxResults=200", "groups");
  if (!groups) return groups;
  for (json::value& group : *groups) {
    json::object* fields = group.if_object();
    const json::value* id = fields == nullptr ? nullptr : fields->if_contains("id");
    if (id == nullptr || !id->is_string())
      return failure("グループの ID がありません。", "a group has no id.");
    auto members = google_list(
        session, "groups/" + percent_encoded(std::string_view(id->get_string())) + "/members",
        "members");
    if (!members) return std::unexpected(members.error());
    (*fields)["members"] = std::move(*members);
  }
  return groups;
}

/// Of a policy's value the fields that are read: what else stands there is nobody's business here.
void keep_read_fields(json::array& policies) {
  for (json::value& policy : policies) {
    json::object* fields = policy.if_object();
    json::value* setting = fields == nullptr ? nullptr : fields->if_contains("setting");
    json::object* inner = setting == nullptr ? nullptr : setting->if_object();
    const json::value* type = inner == nullptr ? nullptr : inner->if_contains("type");
    json::value* value = inner == nullptr ? nullptr : inner->if_contains("value");
    if (type == nullptr || !type->is_string() || value == nullptr || !value->is_object()) continue;
    std::string_view name = type->get_string();
    if (name.starts_with("settings/")) name.remove_prefix(9);
    json::object kept;
    for (const auto& field : value->get_object())
      if (google_field(name, field.key()) != nullptr) kept[field.key()] = field.value();
    *value = std::move(kept);
  }
}

Result<json::array> google_policies(CloudSession& session) {
  auto policies = google_list(session, "policies?pageSize=100", "policies");
  if (policies) keep_read_fields(*policies);
  return policies;
}

/// Locks of meetings' security are asked for by an option of their own; where that is refused, the
/// others still say something.
Result<json::value> zoom_locks(CloudSession& session) {
  auto locks = session.get("accounts/me/lock_settings");
  json::object* all = locks ? locks->if_object() : nullptr;
  if (all == nullptr || all->contains("meeting_security")) return locks;
  const auto security = session.get("accounts/me/lock_settings?option=meeting_security");
  const json::object* more = security ? security->if_object() : nullptr;
  if (const auto* found = more == nullptr ? nullptr : more->if_contains("meeting_security"))
    (*all)["meeting_security"] = *found;
  return locks;
}

std::string basic(const std::string& name, const std::string& secret) {
  return "authorization: Basic " + base64(name + ":" + secret);
}

}  // namespace

Result<CloudFile> read_google_workspace(const CloudLine& line, const GoogleCredential& credential) {
  const Time begun = line.now();
  const auto sign_in = [&] { return google_token(line, credential); };
  CloudSession identity(line, {"https://cloudidentity.googleapis.com/v1/", sign_in});
  CloudSession directory(line, {"https://admin.googleapis.com/admin/directory/v1/", sign_in});
  json::object all;
  all["policies"] = identity.section(google_policies(identity));
  if (identity.good() == 0 && identity.failed()) return std::unexpected(*identity.failed());
  all["orgunits"] = directory.section(
      google_list(directory, "customer/my_customer/orgunits?type=all", "organizationUnits"));
  all["groups"] = directory.section(google_groups(directory));
  all["users"] = directory.section(
      google_list(directory, "users?customer=my_customer&maxResults=500", "users"));
  return finished(identity, "google", begun, std::move(all));
}

Result<CloudFile> read_zoom_account(const CloudLine& line, const ZoomCredential& credential) {
  const Time begun = line.now();
  CloudSession session(line, {"https://api.zoom.us/v2/", [&] {
                                return ask_for_token(line, "https://zoom.us/oauth/token",
                                                     {{"grant_type", "account_credentials"},
                                                      {"account_id", credential.account}},
                                                     {basic(credential.client, credential.secret)});
                              }});
  json::object all{{"accountId", credential.account}};
  all["settings"] = session.section(session.get("accounts/me/settings"));
  all["meetingSecurity"] =
      session.section(session.get("accounts/me/settings?option=meeting_security"));
  all["meetingAuthentication"] =
      session.section(session.get("accounts/me/settings?option=meeting_authentication"));
  all["recordingAuthentication"] =
      session.section(session.get("accounts/me/settings?option=recording_authentication"));
  all["lockSettings"] = session.section(zoom_locks(session));
  return finished(session, "zoom", begun, std::move(all));
}

Result<CloudFile> read_webex_site(const CloudLine& line, const WebexCredential& credential) {
  const Time begun = line.now();
  CloudSession session(
      line, {"https://webexapis.com/v1/", [&] { return Result<std::string>(credential.token); }});
  json::object all{{"siteUrl", credential.site}};
  all["commonSettings"] = session.section(session.get(
      "admin/meeting/config/commonSettings?siteUrl=" + percent_encoded(credential.site)));
  return finished(session, "webex", begun, std::move(all));
}

Result<CloudFile> read_box_enterprise(const CloudLine& line, const BoxCredential& credential) {
  const Time begun = line.now();
  CloudSession session(line, {"https://api.box.com/2.0/",
                              [&] {
                                return ask_for_token(line, "https://api.box.com/oauth2/token",
                                                     {{"grant_type", "client_credentials"},
                                                      {"client_id", credential.client},
                                                      {"client_secret", credential.secret},
                                                      {"box_subject_type", "enterprise"},
                                                      {"box_subject_id", credential.enterprise}});
                              },
                              {"box-version: 2025.0"}});
  json::object all{{"enterpriseId", credential.enterprise}};
  all["configuration"] = session.section(
      session.get("enterprise_configurations/" + percent_encoded(credential.enterprise) +
                  "?categories=security,content_and_sharing,user_settings"));
  return finished(session, "box", begun, std::move(all));
}

Result<CloudFile> read_github_organization(const CloudLine& line,
                                           const GithubCredential& credential) {
  const Time begun = line.now();
  CloudSession session(
      line, {"https://api.github.com/", [&] { return Result<std::string>(credential.token); }});
  const std::string path = "orgs/" + percent_encoded(credential.organization);
  json::object all;
  all["organization"] = session.section(session.get(path));
  all["membersWithout2fa"] =
      session.section(session.pages(path + "/members?filter=2fa_disabled&per_page=100", "",
                                    [](const json::object&) { return std::string(); }));
  return finished(session, "github", begun, std::move(all));
}

}  // namespace sekisho
