// SPDX-License-Identifier: Apache-2.0
#include "collect/cloud/scuba_file.h"

#include <algorithm>
#include <array>
#include <string>

#include "collect/cloud/microsoft365.h"

namespace sekisho {
namespace {

constexpr std::array<std::string_view, 6> kProducts{"aad",           "exo",   "defender",
                                                    "securitysuite", "teams", "SharePoint"};

void note_commands(const ExportPlace& place, std::set<std::string, std::less<>>& into) {
  const auto list = place.texts();
  if (list.value() != nullptr) into.insert(list.value()->begin(), list.value()->end());
}

/// Whether a notice of a role goes to somebody; nothing where the role has no such rule.
CloudSetting<bool> is_told(const std::vector<ExportPlace>& rules, std::string_view id) {
  CloudSetting<bool> found = Lack::absent;
  for (const ExportPlace& rule : rules) {
    if (!same_name(text_or(rule.at("Id")), id)) continue;
    const ExportPlace recipients = rule.at("NotificationRecipients");
    const auto list = recipients.texts();
    const bool nobody = is_blank(recipients);
    if (list.value() == nullptr && !nobody) return Lack::not_readable;
    const bool told = !nobody;
    // Rules of groups stand beside those of the role: the worst of them.
    found = found.is(false) || !told ? CloudSetting<bool>(false) : CloudSetting<bool>(true);
  }
  return found;
}

CloudSetting<bool> is_approved(const std::vector<ExportPlace>& rules) {
  CloudSetting<bool> found = Lack::absent;
  for (const ExportPlace& rule : rules)
    if (same_name(text_or(rule.at("Id")), "Approval_EndUser_Assignment")) {
      const auto needed = rule.at("Setting").at("IsApprovalRequired").boolean();
      if (needed.value() == nullptr) return needed.lack();
      found = found.is(false) || !*needed.value() ? CloudSetting<bool>(false)
                                                  : CloudSetting<bool>(true);
    }
  return found;
}

CloudSetting<bool> both_told(const CloudSetting<bool>& a, const CloudSetting<bool>& b) {
  if (a.is(false) || b.is(false)) return false;
  return a.value() == nullptr ? a : b;
}

CloudSetting<RoleUse> role_use(const ExportPlace& role) {
  RoleUse use;
  use.name = text_or(role.at("DisplayName"), "?");
  use.global = use.name == "Global Administrator";
  const auto assignments = role.at("Assignments").objects("PrincipalId");
  const auto rules = role.at("Rules").objects("Id");
  if (assignments.value() == nullptr && !assignments.lacks(Lack::null)) return Lack::not_readable;
  if (assignments.value() != nullptr)
    for (const ExportPlace& one : *assignments.value()) {
      if (one.at("EndDateTime").is_absent() || one.at("StartDateTime").is_absent())
        return Lack::not_readable;
      if (!one.at("EndDateTime").is_there()) ++use.for_ever;
      if (!one.at("StartDateTime").is_there()) ++use.outside;
    }
  if (rules.value() != nullptr) {
    use.approved = is_approved(*rules.value());
    use.told_of_holder = both_told(is_told(*rules.value(), "Notification_Admin_Admin_Assignment"),
                                   is_told(*rules.value(), "Notification_Admin_Admin_Eligibility"));
    use.told_of_use = is_told(*rules.value(), "Notification_Admin_EndUser_Assignment");
  }
  return use;
}

CloudSetting<std::map<std::string, std::string, std::less<>>> directory_of(const ScubaFile& file) {
  const auto groups = file.list("directory_settings", "Values", {"Get-MgBetaDirectorySetting"});
  if (groups.value() == nullptr) return groups.lack();
  constexpr std::array<std::string_view, 4> kJudged{"EnableAdminConsentRequests",
                                                    "LockoutThreshold", "LockoutDurationInSeconds",
                                                    "EnableBannedPasswordCheck"};
  std::map<std::string, std::string, std::less<>> found;
  for (const ExportPlace& group : *groups.value()) {
    const auto values = group.at("Values").objects("Name");
    if (values.value() == nullptr) return Lack::not_readable;
    for (const ExportPlace& value : *values.value()) {
      const std::string name = text_or(value.at("Name"));
      if (std::ranges::find(kJudged, name) != kJudged.end())
        found[name] = lower(text_or(value.at("Value")));
      // Which passwords a firm forbids is nobody's business.
      if (name == "BannedPasswordList")
        found[name] = text_or(value.at("Value")).empty() ? "false" : "true";
    }
  }
  return found;
}

/// One of the preset rules is on, and of everyone.
CloudSetting<bool> preset_of(const CloudSetting<std::vector<ExportPlace>>& rules) {
  if (rules.value() == nullptr) return rules.lack();
  bool all = false;
  for (const ExportPlace& rule : *rules.value()) {
    const std::string name = text_or(rule.at("Identity"));
    if (!name.starts_with("Standard Preset") && !name.starts_with("Strict Preset")) continue;
    if (!same_name(text_or(rule.at("State")), "Enabled")) continue;
    bool limited = false;
    for (const char* of : {"SentTo", "SentToMemberOf", "RecipientDomainIs", "ExceptIfSentTo",
                           "ExceptIfSentToMemberOf", "ExceptIfRecipientDomainIs"})
      limited = limited || !is_blank(rule.at(of));
    all = all || !limited;
  }
  return all;
}

}  // namespace

std::string text_or(const ExportPlace& place, const std::string& otherwise) {
  const CloudSetting<std::string> text = place.text();
  return text.value() == nullptr ? otherwise : *text.value();
}

ScubaFile::ScubaFile(const boost::json::value& root) : root_(root) {
  for (const std::string_view product : kProducts) {
    const ExportPlace worked = root_.at(std::string(product) + "_successful_commands");
    const ExportPlace failed = root_.at(std::string(product) + "_unsuccessful_commands");
    if (!worked.is_there() && !failed.is_there()) continue;
    tried_.emplace(product);
    note_commands(worked, worked_);
    note_commands(failed, failed_);
  }
}

bool ScubaFile::is_one(const boost::json::value& root) {
  const ExportPlace place(root);
  return place.at("module_version").is_there() &&
         std::ranges::any_of(kProducts, [&](std::string_view product) {
           return place.at(std::string(product) + "_successful_commands").is_there() ||
                  place.at(std::string(product) + "_unsuccessful_commands").is_there();
         });
}

ExportPlace ScubaFile::field(std::string_view key,
                             std::initializer_list<std::string_view> commands) const {
  const bool failed =
      std::ranges::any_of(commands, [&](auto command) { return failed_.contains(command); });
  return failed ? ExportPlace(Lack::not_readable) : root_.at(key);
}

CloudSetting<std::vector<ExportPlace>> ScubaFile::list(
    std::string_view key, std::string_view has,
    std::initializer_list<std::string_view> commands) const {
  auto found = field(key, commands).objects(has);
  const bool worked =
      std::ranges::any_of(commands, [&](auto command) { return worked_.contains(command); });
  if (found.value() != nullptr && found.value()->empty() && !worked) return Lack::not_readable;
  return found;
}

ExportPlace ScubaFile::only(std::string_view key, std::string_view has,
                            std::initializer_list<std::string_view> commands) const {
  const auto found = list(key, has, commands);
  if (found.value() == nullptr) return ExportPlace(found.lack());
  return found.value()->size() == 1 ? found.value()->front() : ExportPlace(Lack::not_readable);
}

void read_scuba_rights(const ScubaFile& file, Entra& entra) {
  entra.directory = directory_of(file);
  const auto roles = file.list("privileged_roles", "RoleTemplateId", {"Get-PrivilegedRole"});
  if (roles.value() == nullptr) {
    entra.role_uses = roles.lack();
  } else {
    std::vector<RoleUse> uses;
    entra.role_uses = Lack::not_readable;
    for (const ExportPlace& role : *roles.value())
      if (auto use = role_use(role); use.value() != nullptr) uses.push_back(*use.value());
    if (uses.size() == roles.value()->size()) entra.role_uses = std::move(uses);
  }
  const auto programs = file.field("privileged_service_principals", {"Get-PrivilegedUser"}).by_id();
  if (programs.value() == nullptr || !file.worked("Get-PrivilegedUser")) {
    entra.programs = programs.value() == nullptr ? programs.lack() : Lack::not_readable;
    return;
  }
  std::vector<std::string> names;
  for (const auto& [id, place] : *programs.value()) {
    if (place.at("roles").is_absent() && place.at("DisplayName").is_absent()) {
      entra.programs = Lack::not_readable;
      return;
    }
    names.push_back(text_or(place.at("DisplayName"), id));
  }
  entra.programs = std::move(names);
}

void read_scuba_protection(const ScubaFile& file, MailSettings& mail) {
  mail.preset =
      preset_of(file.list("protection_policy_rules", "State", {"Get-EOPProtectionPolicyRule"}));
  mail.preset_links =
      preset_of(file.list("atp_policy_rules", "State", {"Get-ATPProtectionPolicyRule"}));
  const auto alerts = file.list("protection_alerts", "Name", {"Get-ProtectionAlert"});
  if (alerts.value() == nullptr) {
    mail.alerts = alerts.lack();
    return;
  }
  std::vector<std::string> on;
  for (const ExportPlace& alert : *alerts.value())
    if (alert.at("Disabled").boolean().is(false)) {
      std::string name = text_or(alert.at("Name"));
      // Some of Microsoft's names end with a space that nobody sees.
      for (auto at = name.find("\xE2\x80\x8B"); at != std::string::npos;
           at = name.find("\xE2\x80\x8B"))
        name.erase(at, 3);
      on.push_back(std::move(name));
    }
  mail.alerts = std::move(on);
}

}  // namespace sekisho
