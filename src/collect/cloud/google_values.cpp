// SPDX-License-Identifier: Apache-2.0
// What holds for whom, as Google works it out: policies that aren't for somebody's unit (or one
// above it), groups or licences fall away; of the others the greatest order holds. Where it can't
// be known whether a policy applies, both outcomes are possible.
#include <algorithm>
#include <unordered_set>

#include "collect/cloud/google.h"

namespace sekisho {
namespace {

using enum Reduce;

/// Google's name for whoever is an administrator of any kind.
constexpr std::string_view kAllAdministrators = "WORKSPACE_ALL_ADMIN_GROUP";

// Defaults are those of Google's documentation (policy API concepts, default field values). What
// isn't documented has none here.
constexpr std::array kFields{
    GoogleField{"security.two_step_verification_enforcement", "enforcedFrom", greatest,
                "1970-01-01T00:00:00Z"},
    GoogleField{"security.two_step_verification_enrollment", "allowEnrollment", greatest, "true"},
    GoogleField{"security.two_step_verification_enforcement_factor", "allowedSignInFactorSet"},
    GoogleField{"security.two_step_verification_device_trust", "allowTrustingDevice"},
    GoogleField{"security.advanced_protection_program", "enableAdvancedProtectionSelfEnrollment"},
    GoogleField{"security.super_admin_account_recovery", "enableAccountRecovery", merge, "false"},
    GoogleField{"security.password", "minimumLength"},
    GoogleField{"security.password", "allowedStrength"},
    GoogleField{"security.less_secure_apps", "allowLessSecureApps", merge, "false"},
    GoogleField{"api_controls.unconfigured_third_party_apps", "accessLevel"},
    GoogleField{"workspace_marketplace.apps_access_options", "accessLevel", greatest, "ALLOW_ALL"},
    GoogleField{"drive_and_docs.service_status", "serviceState"},
    GoogleField{"drive_and_docs.external_sharing", "externalSharingMode", greatest, "ALLOWED"},
    GoogleField{"drive_and_docs.external_sharing", "allowPublishingFiles", greatest, "true"},
    GoogleField{"drive_and_docs.external_sharing", "allowNonGoogleInvites", greatest, "true"},
    GoogleField{"drive_and_docs.external_sharing", "warnForExternalSharing"},
    GoogleField{"drive_and_docs.external_sharing", "accessCheckerSuggestions"},
    GoogleField{"drive_and_docs.external_sharing", "allowedPartiesForDistributingContent"},
    GoogleField{"drive_and_docs.drive_for_desktop", "allowDriveForDesktop"},
    GoogleField{"drive_and_docs.drive_for_desktop", "restrictToAuthorizedDevices"},
    GoogleField{"drive_and_docs.general_access_default", "defaultFileAccess", greatest,
                "LINK_SHARING_PRIVATE"},
    GoogleField{"drive_and_docs.shared_drive_creation", "allowExternalUserAccess"},
    GoogleField{"drive_and_docs.shared_drive_creation", "allowManagersToOverrideSettings"},
    GoogleField{"gmail.service_status", "serviceState"},
    GoogleField{"gmail.auto_forwarding", "enableAutoForwarding", greatest, "true"},
    GoogleField{"gmail.mail_delegation", "enableMailDelegation"},
    GoogleField{"gmail.per_user_outbound_gateway", "allowUsersToUseExternalSmtpServers"},
    GoogleField{"gmail.pop_access", "enablePopAccess"},
    GoogleField{"gmail.imap_access", "enableImapAccess"},
    GoogleField{"gmail.email_attachment_safety", "enableEncryptedAttachmentProtection"},
    GoogleField{"gmail.email_attachment_safety", "enableAttachmentWithScriptsProtection"},
    GoogleField{"gmail.email_attachment_safety", "enableAnomalousAttachmentProtection"},
    GoogleField{"gmail.links_and_external_images", "enableShortenerScanning"},
    GoogleField{"gmail.links_and_external_images", "enableExternalImageScanning"},
    GoogleField{"gmail.links_and_external_images", "enableAggressiveWarningsOnUntrustedLinks",
                greatest, "false"},
    GoogleField{"gmail.spoofing_and_authentication", "detectDomainNameSpoofing"},
    GoogleField{"gmail.spoofing_and_authentication", "detectEmployeeNameSpoofing"},
    GoogleField{"gmail.spoofing_and_authentication",
                "detectDomainSpoofingFromUnauthenticatedSenders"},
    GoogleField{"gmail.spoofing_and_authentication", "detectUnauthenticatedEmails"},
    GoogleField{"gmail.enhanced_pre_delivery_message_scanning",
                "enableImprovedSuspiciousContentDetection"},
    GoogleField{"gmail.email_spam_filter_ip_allowlist", "allowedIpAddresses", greatest, "0"},
    GoogleField{"calendar.service_status", "serviceState"},
    GoogleField{"calendar.external_invitations", "warnOnInvite"},
    GoogleField{"calendar.primary_calendar_max_allowed_external_sharing",
                "maxAllowedExternalSharing", greatest, "EXTERNAL_FREE_BUSY_ONLY"},
    GoogleField{"calendar.secondary_calendar_max_allowed_external_sharing",
                "maxAllowedExternalSharing", greatest, "EXTERNAL_ALL_INFO_READ_ONLY"},
    GoogleField{"groups_for_business.service_status", "serviceState"},
    GoogleField{"groups_for_business.groups_sharing", "collaborationCapability", merge,
                "DOMAIN_USERS_ONLY"},
    GoogleField{"groups_for_business.groups_sharing", "viewTopicsDefaultAccessLevel", merge,
                "DOMAIN_USERS"},
    GoogleField{"groups_for_business.groups_sharing", "ownersCanAllowExternalMembers", merge,
                "false"},
    GoogleField{"meet.service_status", "serviceState"},
    GoogleField{"meet.safety_access", "meetingsAllowedToJoin"},
    GoogleField{"meet.safety_external_participants", "enableExternalLabel"},
    GoogleField{"meet.meet_joining", "allowedAudience"},
    GoogleField{"meet.safety_host_management", "enableHostManagement"},
    GoogleField{"meet.automatic_recording", "enabled"},
    GoogleField{"chat.service_status", "serviceState"},
    GoogleField{"chat.external_chat_restriction", "allowExternalChat", merge, "false"},
    GoogleField{"chat.external_chat_restriction", "externalChatRestriction", merge,
                "NO_RESTRICTION"},
    GoogleField{"chat.chat_file_sharing", "externalFileSharing"},
};

/// Someone in a unit of whom nothing else is known.
GooglePerson somebody(const std::string& unit) {
  GooglePerson person;
  person.unit = unit;
  person.active = Known::yes;
  return person;
}

bool is_below(std::string_view unit, std::string_view above) {
  return above == "/" || unit == above || (unit.starts_with(above) && unit[above.size()] == '/');
}

/// Where policies name one unit alone and nobody lists units, that one is the top.
std::string lone_unit(const std::vector<GooglePolicy>& policies) {
  std::string found;
  for (const GooglePolicy& policy : policies) {
    if (policy.unit.empty() || policy.unit == found) continue;
    if (!found.empty()) return {};
    found = policy.unit;
  }
  return found;
}

}  // namespace

const GoogleField* google_field(std::string_view setting, std::string_view field) {
  const auto found = std::ranges::find_if(kFields, [&](const GoogleField& one) {
    return one.setting == setting && one.field == field;
  });
  return found == kFields.end() ? nullptr : &*found;
}

bool google_setting(std::string_view setting) {
  return std::ranges::find(kFields, setting, &GoogleField::setting) != kFields.end();
}

GoogleValues::GoogleValues(const GoogleWorkspace& workspace) : workspace_(workspace) {
  if (workspace.policies.value() != nullptr)
    for (const GooglePolicy& policy : *workspace.policies.value())
      by_setting_[policy.setting].push_back(&policy);
  for (auto& [setting, policies] : by_setting_)
    std::ranges::stable_sort(policies, std::ranges::greater{}, &GooglePolicy::order);
  note_units();
  listed_ = workspace.people.value() != nullptr;
  if (listed_) {
    people_ = *workspace.people.value();
  } else {
    std::set<std::string> paths{"/"};
    for (const auto& [id, path] : units_) paths.insert(path);
    for (const std::string& path : paths) people_.push_back(somebody(path));
  }
  for (const GooglePerson& person : people_) placed_.push_back(is_placed(person.unit));
  note_members();
  note_alike();
}

void GoogleValues::note_alike() {
  std::map<std::string, std::size_t> first;
  for (std::size_t i = 0; i < people_.size(); ++i) {
    std::string kind = people_[i].unit;
    for (const auto& [group, members] : members_)
      kind.push_back(static_cast<char>('0' + static_cast<int>(members[i])));
    alike_.push_back(first.try_emplace(std::move(kind), i).first->second);
  }
}

void GoogleValues::note_units() {
  if (workspace_.units.value() != nullptr)
    for (const GoogleUnit& unit : *workspace_.units.value()) units_.emplace(unit.id, unit.path);
  if (units_.empty() && !workspace_.units.lacks(Lack::not_readable) &&
      workspace_.policies.value() != nullptr)
    if (const std::string top = lone_unit(*workspace_.policies.value()); !top.empty())
      units_[top] = "/";
  top_known_ = std::ranges::any_of(units_, [](const auto& one) { return one.second == "/"; });
}

/// Else some policy may be of a unit above theirs that isn't in the list.
bool GoogleValues::is_placed(const std::string& path) const {
  if (!path.starts_with('/') || !top_known_) return false;
  std::set<std::string_view> paths;
  for (const auto& [id, one] : units_) paths.insert(one);
  for (std::size_t end = path.size(); end > 1; end = path.rfind('/', end - 1))
    if (!paths.contains(std::string_view(path).substr(0, end))) return false;
  return true;
}

void GoogleValues::note_members() {
  if (workspace_.groups.value() != nullptr)
    for (const GoogleGroup& group : *workspace_.groups.value()) {
      if (!group.id.empty()) groups_[lower(group.id)].push_back(&group);
      if (!group.email.empty()) groups_[group.email].push_back(&group);
    }
  for (const auto& [setting, policies] : by_setting_)
    for (const GooglePolicy* policy : policies)
      if (!policy->group.empty())
        if (auto [found, fresh] = members_.try_emplace(policy->group); fresh)
          note_members(policy->group, found->second);
}

void GoogleValues::note_members(const std::string& group, std::vector<Known>& into) const {
  into.assign(people_.size(), Known::no);
  if (group == kAllAdministrators) {
    for (std::size_t i = 0; i < people_.size(); ++i) into[i] = people_[i].some_rights;
    return;
  }
  std::unordered_set<std::string> open{lower(group)}, seen;
  std::unordered_set<std::string> names;
  bool anybody = !listed_;
  while (!open.empty()) {
    const std::string id = *open.begin();
    open.erase(open.begin());
    if (!seen.insert(id).second) continue;
    const auto found = groups_.find(id);
    if (found == groups_.end()) {
      names.insert(id);  // a person, or a group that isn't in the list
      continue;
    }
    // One that stands in two lists has the members of both.
    for (const GoogleGroup* one : found->second) {
      if (one->everyone) {
        into.assign(people_.size(), Known::yes);
        return;
      }
      anybody = anybody || !one->whole;
      for (const GoogleMember& person : one->people) {
        if (!person.email.empty()) names.insert(person.email);
        if (!person.id.empty()) names.insert(person.id);
      }
      for (const std::string& member : one->members) open.insert(member);
    }
  }
  std::unordered_set<std::string> others = names;
  for (std::size_t i = 0; i < people_.size(); ++i) {
    const std::string email = lower(people_[i].email);
    const auto is_named = [&](const std::string& name) {
      return !name.empty() && names.contains(name);
    };
    if (is_named(email) || is_named(people_[i].id) ||
        std::ranges::any_of(people_[i].aliases, is_named))
      into[i] = Known::yes;
    others.erase(email);
    others.erase(people_[i].id);
    for (const std::string& alias : people_[i].aliases) others.erase(alias);
  }
  for (const std::string& id : seen) anybody = anybody || others.contains(id);
  if (anybody)
    for (Known& one : into) one = std::max(one, Known::unsure);
}

Known GoogleValues::in_unit(const GooglePolicy& policy, const GooglePerson& person,
                            std::size_t place) const {
  if (policy.unit.empty()) return Known::yes;
  const auto unit = units_.find(policy.unit);
  if (unit != units_.end() && unit->second == "/") return Known::yes;
  if (!placed_[place]) return Known::unsure;
  // All units above a person's are known, so one that isn't in the list is none of these.
  if (unit == units_.end()) return Known::no;
  return is_below(person.unit, unit->second) ? Known::yes : Known::no;
}

Known GoogleValues::applies(const GooglePolicy& policy, std::size_t person, bool groups) const {
  Known found = in_unit(policy, people_[person], person);
  if (!policy.group.empty())
    found = groups ? std::min(found, members_.at(policy.group)[person]) : Known::no;
  return policy.plain ? found : std::min(found, Known::unsure);
}

std::vector<GoogleValue> GoogleValues::of(std::size_t person, const GoogleField& field,
                                          bool groups) const {
  std::vector<GoogleValue> found;
  const CloudSetting<std::string> otherwise =
      field.otherwise && workspace_.whole ? CloudSetting<std::string>(std::string(*field.otherwise))
                                          : CloudSetting<std::string>(Lack::absent);
  const auto policies = by_setting_.find(field.setting);
  if (policies == by_setting_.end()) return {{otherwise, nullptr}};
  bool settled = false;
  double least = 0;  // the order of the policy that settles it
  for (const GooglePolicy* policy : policies->second) {
    if (settled && policy->order < least) break;
    const Known holds = applies(*policy, person, groups);
    if (holds == Known::no) continue;
    const auto said = policy->fields.find(field.field);
    const bool says = said != policy->fields.end();
    if (!says && field.reduce == Reduce::merge) continue;
    // Of the top's policy Google leaves out what is as documented; what another leaves out, it
    // doesn't say.
    const auto unit = units_.find(policy->unit);
    const bool of_top = policy->group.empty() &&
                        (policy->unit.empty() || (unit != units_.end() && unit->second == "/"));
    found.push_back({says     ? said->second
                     : of_top ? otherwise
                              : CloudSetting<std::string>(Lack::not_readable),
                     policy});
    if (holds != Known::yes) continue;
    settled = true;
    least = policy->order;
  }
  if (!settled) found.push_back({otherwise, nullptr});
  return found;
}

Text GoogleValues::place(const GooglePolicy* policy) const {
  if (policy == nullptr) return {"初期設定のまま", "as it comes"};
  const auto unit = units_.find(policy->unit);
  const std::string path = policy->unit.empty()   ? "/"
                           : unit == units_.end() ? policy->unit
                                                  : unit->second;
  if (policy->group.empty())
    return {fmt::format("組織部門「{}」の設定", printable(path, 120)),
            fmt::format("set for the unit '{}'", printable(path, 120))};
  const auto group = groups_.find(lower(policy->group));
  const std::string name = group == groups_.end() ? policy->group : group->second.front()->email;
  return {fmt::format("グループ「{}」の設定", printable(name, 120)),
          fmt::format("set for the group '{}'", printable(name, 120))};
}

}  // namespace sekisho
