// SPDX-License-Identifier: Apache-2.0
// ScubaGear's ProviderSettingsExport: which of its fields mean what. What one of its commands
// failed to read is not readable, and an empty list counts only where its command is said to have
// worked.
#include <algorithm>

#include "collect/cloud/microsoft365.h"
#include "collect/cloud/scuba_file.h"

namespace sekisho {
namespace {

class Scuba : private ScubaFile {
 public:
  explicit Scuba(const Document& document) : ScubaFile(document.root) {}

  Microsoft365 read() {
    Microsoft365 all;
    all.tenant = lower(text_or(tenant_details().at("TenantId")));
    all.read_at = made_at();
    if (tried("aad")) all.held.insert(CloudService::entra);
    if (tried("exo") || tried("defender") || tried("securitysuite"))
      all.held.insert(CloudService::exchange);
    if (tried("SharePoint")) all.held.insert(CloudService::sharepoint);
    if (tried("teams")) all.held.insert(CloudService::teams);
    read_entra(all.entra);
    read_guests(all.guests);
    read_mail(all.mail);
    read_records(all.mail);
    all.sharing =
        read_sharing_of_powershell(only("SPO_tenant", "SharingCapability",
                                        {"Get-SPOTenantRest", "Get-SPOTenant", "Get-PnPTenant"}));
    all.has_settings_file = all.held.contains(CloudService::exchange) ||
                            all.held.contains(CloudService::sharepoint) ||
                            all.held.contains(CloudService::teams);
    read_teams(all.teams);
    read_scuba_rights(*this, all.entra);
    read_scuba_protection(*this, all.mail);
    all.plain = read_plain(plain_source());
    return all;
  }

 private:
  std::optional<Time> made_at() const { return export_time(root().at("timestamp_zulu")); }

  ExportPlace tenant_details() const {
    const auto details = root().at("tenant_details").objects("TenantId");
    return details.value() == nullptr || details.value()->size() != 1
               ? ExportPlace(Lack::not_readable)
               : details.value()->front();
  }

  void read_entra(Entra& entra) const {
    entra.policies = each_of<AccessPolicy>(list("conditional_access_policies", "Conditions",
                                                {"Get-MgBetaIdentityConditionalAccessPolicy"}),
                                           read_access_policy);
    entra.plans =
        each_of<std::string>(list("service_plans", "ServicePlanId", {"Get-MgBetaSubscribedSku"}),
                             [](const ExportPlace& plan) {
                               // What was bought and isn't set up can't be used.
                               return text_or(plan.at("ProvisioningStatus")) == "Success"
                                          ? lower(text_or(plan.at("ServicePlanId")))
                                          : std::string();
                             });
    read_roles(entra);
    read_administrators(entra);
  }

  void read_roles(Entra& entra) const {
    const auto roles = list("privileged_roles", "RoleTemplateId", {"Get-PrivilegedRole"});
    if (roles.value() == nullptr) {
      entra.roles = roles.lack();
      return;
    }
    CloudRoles found;
    found.eligible_known = has_no_eligible();
    for (const ExportPlace& role : *roles.value()) {
      const auto assignments = role.at("Assignments").objects("PrincipalId");
      const std::string id = lower(text_or(role.at("RoleTemplateId")));
      if (assignments.value() == nullptr || id.empty()) continue;
      auto& holders = found.holders[id];
      for (const ExportPlace& one : *assignments.value())
        if (text_or(one.at("DirectoryScopeId"), "/") == "/")
          holders.push_back(lower(text_or(one.at("PrincipalId"))));
    }
    entra.roles = std::move(found);
  }

  /// Its roles have who holds them; who can take them up is there only where nobody can.
  bool has_no_eligible() const {
    const auto plans = list("service_plans", "ServicePlanId", {"Get-MgBetaSubscribedSku"});
    return plans.value() != nullptr && !plans.value()->empty() &&
           std::ranges::all_of(*plans.value(), [](const ExportPlace& plan) {
             const std::string id = lower(text_or(plan.at("ServicePlanId")));
             return !id.empty() && id != kEntraP2 && id != kEntraGovernance;
           });
  }

  void read_administrators(Entra& entra) const {
    const auto users = field("privileged_users", {"Get-PrivilegedUser"}).by_id();
    if (users.value() == nullptr) {
      entra.administrators = users.lack();
      entra.global_administrators = users.lack();
      return;
    }
    std::vector<CloudPerson> people;
    std::vector<std::string> global;
    for (const auto& [id, place] : *users.value()) {
      const auto roles = place.at("roles").texts();
      const CloudSetting<std::string> one = place.at("roles").text();
      const bool lone = roles.value() == nullptr && one.value() != nullptr;
      if (roles.value() == nullptr && !lone) {
        entra.administrators = Lack::not_readable;
        entra.global_administrators = Lack::not_readable;
        return;
      }
      constexpr std::string_view kGlobal = "Global Administrator";
      people.push_back({lower(id),
                        text_or(place.at("DisplayName")),
                        {},
                        CloudPerson::Kind::unsure,
                        Known::yes,
                        Known::yes});
      if (lone ? one.is(std::string(kGlobal))
               : std::ranges::find(*roles.value(), kGlobal) != roles.value()->end())
        global.push_back(lower(id));
    }
    entra.administrators = std::move(people);
    entra.global_administrators = std::move(global);
  }

  void read_guests(GuestSettings& guests) const {
    const ExportPlace policy =
        only("authorization_policies", "GuestUserRoleId", {"Get-MgBetaPolicyAuthorizationPolicy"});
    guests.rights = policy.at("GuestUserRoleId").text();
    guests.inviters = policy.at("AllowInvitesFrom").text();
    guests.consent = policy.at("PermissionGrantPolicyIdsAssignedToDefaultUserRole").texts();
  }

  void read_mail(MailSettings& mail) const {
    mail.remote_domains = each_of<RemoteDomain>(
        list("remote_domains", "DomainName", {"Get-RemoteDomain"}), [](const ExportPlace& one) {
          return RemoteDomain{text_or(one.at("DomainName"), "?"),
                              one.at("AutoForwardEnabled").boolean()};
        });
    mail.rules = each_of<ForwardingRule>(
        list("transport_rule", "State", {"Get-TransportRule"}),
        [&](const ExportPlace& one) { return read_mail_rule(one, made_at()); });
    mail.domains = each_of<std::string>(
        list("accepted_domains", "DomainName", {"Get-AcceptedDomain"}),
        [](const ExportPlace& one) { return lower(text_or(one.at("DomainName"))); });
    mail.smtp_auth_off =
        only("transport_config", "SmtpClientAuthenticationDisabled", {"Get-TransportConfig"})
            .at("SmtpClientAuthenticationDisabled")
            .boolean();
    const ExportPlace organisation =
        only("org_config", "AuditDisabled", {"Get-OrganizationConfig"});
    mail.modern_sign_in = organisation.at("OAuth2ClientProfileEnabled").boolean();
    mail.audit_off = organisation.at("AuditDisabled").boolean();
    mail.audit_log = only("admin_audit_log_config", "UnifiedAuditLogIngestionEnabled",
                          {"Get-AdminAuditLogConfig"})
                         .at("UnifiedAuditLogIngestionEnabled")
                         .boolean();
    mail.calendars = calendars();
    read_filter(mail);
  }

  CloudSetting<std::vector<std::string>> calendars() const {
    const auto policies = list("sharing_policy", "Domains", {"Get-SharingPolicy"});
    if (policies.value() == nullptr) return policies.lack();
    std::vector<std::string> open;
    for (const ExportPlace& policy : *policies.value()) {
      const auto enabled = policy.at("Enabled").boolean();
      const auto domains = policy.at("Domains").texts();
      if (enabled.is(false)) continue;
      if (enabled.value() == nullptr || domains.value() == nullptr) return Lack::not_readable;
      open.insert(open.end(), domains.value()->begin(), domains.value()->end());
    }
    return open;
  }

  void read_filter(MailSettings& mail) const {
    const auto filters =
        list("conn_filter", "EnableSafeList", {"Get-HostedConnectionFilterPolicy"});
    if (filters.value() == nullptr) {
      mail.let_in = filters.lack();
      mail.safe_list = filters.lack();
      return;
    }
    std::vector<std::string> all;
    bool safe_list = false;
    for (const ExportPlace& filter : *filters.value()) {
      const ExportPlace allowed = filter.at("IPAllowList");
      const auto addresses = allowed.texts();
      const auto uses = filter.at("EnableSafeList").boolean();
      mail.safe_list = uses;
      if (uses.value() == nullptr) return;
      safe_list = safe_list || *uses.value();
      if (addresses.value() == nullptr) {
        mail.let_in = addresses.lack();
        return;
      }
      all.insert(all.end(), addresses.value()->begin(), addresses.value()->end());
    }
    mail.let_in = std::move(all);
    mail.safe_list = safe_list;
  }

  void read_records(MailSettings& mail) const {
    mail.spf = records("spf_records", "Get-ScubaSpfRecord");
    mail.dkim = records("dkim_records", "Get-ScubaDkimRecord");
    mail.dmarc = records("dmarc_records", "Get-ScubaDmarcRecord");
    const auto signing = list("dkim_config", "Domain", {"Get-DkimSigningConfig"});
    if (signing.value() == nullptr) {
      mail.dkim_enabled = signing.lack();
      return;
    }
    std::vector<std::string> enabled;
    for (const ExportPlace& one : *signing.value())
      if (one.at("Enabled").boolean().is(true)) enabled.push_back(lower(text_or(one.at("Domain"))));
    mail.dkim_enabled = std::move(enabled);
  }

  CloudSetting<std::vector<DomainRecords>> records(std::string_view key,
                                                   std::string_view command) const {
    return each_of<DomainRecords>(list(key, "domain", {command}), read_record);
  }

  /// "NXDomain" and "0 txt records" are answers; an exception or a failing server is none.
  static DomainRecords read_record(const ExportPlace& place) {
    DomainRecords found{lower(text_or(place.at("domain"))), {}, false, {}};
    const CloudSetting<std::vector<std::string>> records = strings(place.at("rdata"));
    if (records.value() != nullptr) found.records = *records.value();
    const auto log = place.at("log").objects("query_result");
    if (log.value() != nullptr)
      for (const ExportPlace& query : *log.value()) {
        const std::string result = text_or(query.at("query_result"));
        found.asked = found.asked || result == "Query returned NXDomain" ||
                      (result.starts_with("Query returned ") && result.ends_with(" txt records"));
        const auto answers = strings(query.at("query_answers"));
        if (answers.value() != nullptr && !answers.value()->empty())
          found.answered_by = lower(text_or(query.at("query_name")));
      }
    found.asked = (found.asked || !found.records.empty()) && records.value() != nullptr;
    return found;
  }

  /// Records have blanks in them: a lone one is what it is.
  static CloudSetting<std::vector<std::string>> strings(const ExportPlace& place) {
    const CloudSetting<std::string> lone = place.text();
    if (lone.value() != nullptr)
      return lone.value()->empty() ? std::vector<std::string>{} : std::vector{*lone.value()};
    if (place.is_there() || !is_blank(place)) return place.texts();
    return std::vector<std::string>{};
  }

  void read_teams(TeamsSettings& teams) const {
    teams.meetings = each_of<MeetingPolicy>(
        list("meeting_policies", "Identity", {"Get-CsTeamsMeetingPolicy"}), read_meeting);
    const ExportPlace federation = only("federation_configuration", "AllowFederatedUsers",
                                        {"Get-CsTenantFederationConfiguration"});
    teams.federation = federation.at("AllowFederatedUsers").boolean();
    teams.private_accounts = federation.at("AllowTeamsConsumer").boolean();
    teams.private_accounts_write = federation.at("AllowTeamsConsumerInbound").boolean();
    teams.federation_limited = limited(federation.at("AllowedDomains"));
    const auto settings =
        list("tenant_app_settings", "SettingName", {"Get-M365UnifiedTenantSettings"});
    teams.other_apps = Lack::absent;
    if (settings.value() == nullptr) {
      teams.other_apps = settings.lack();
      return;
    }
    for (const ExportPlace& one : *settings.value())
      if (one.at("SettingName").text().is("GlobalApp"))
        teams.other_apps = one.at("SettingValue").text();
  }

  /// Domains by name, or all: an empty object, or one that says so.
  static CloudSetting<bool> limited(const ExportPlace& domains) {
    if (!domains.is_there()) return domains.lack();
    if (is_blank(domains)) return false;
    for (const std::string& name : domains.names()) {
      if (same_name(name, "AllowAllKnownDomains")) return false;
      if (same_name(name, "AllowedDomain"))
        return is_blank(domains.at(name)) ? CloudSetting<bool>(false)
                                          : names_each(domains.at(name));
    }
    return Lack::not_readable;
  }

  /// No domain of a list stands for several.
  static CloudSetting<bool> names_each(const ExportPlace& domains) {
    const auto list = strings(domains);
    if (list.value() == nullptr) {
      const auto objects = domains.objects("Domain");
      if (objects.value() == nullptr) return Lack::not_readable;
      return std::ranges::none_of(*objects.value(), [](const ExportPlace& one) {
        return text_or(one.at("Domain"), "*").contains('*');
      });
    }
    return std::ranges::none_of(*list.value(),
                                [](const std::string& one) { return one.contains('*'); });
  }

  static MeetingPolicy read_meeting(const ExportPlace& place) {
    MeetingPolicy policy;
    policy.name = text_or(place.at("Identity"), "?");
    policy.global = policy.name == "Global";
    if (policy.name.starts_with("Tag:")) policy.name.erase(0, 4);
    policy.strangers_start = place.at("AllowAnonymousUsersToStartMeeting").boolean();
    policy.strangers_join = place.at("AllowAnonymousUsersToJoinMeeting").boolean();
    policy.lobby = place.at("AutoAdmittedUsers").text();
    policy.phones_pass = place.at("AllowPSTNUsersToBypassLobby").boolean();
    policy.outsiders_control = place.at("AllowExternalParticipantGiveRequestControl").boolean();
    policy.recording = place.at("AllowCloudRecording").boolean();
    policy.recording_days = place.at("NewMeetingRecordingExpirationDays").integer();
    return policy;
  }
};

}  // namespace

bool is_scubagear(const Document& document) { return ScubaFile::is_one(document.root); }

Microsoft365 read_scubagear(const Document& document) { return Scuba(document).read(); }

}  // namespace sekisho
