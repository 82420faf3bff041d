// SPDX-License-Identifier: Apache-2.0
// Mail-flow rules of Exchange: where they send copies, whether they let email past the filter, and
// whether they mark all email from outside. A rule is good only as far as nothing limits it, and
// bad however it is limited.
#include <algorithm>
#include <array>

#include "collect/cloud/microsoft365.h"

namespace sekisho {
namespace {

std::string words_at(const ExportPlace& place) {
  const CloudSetting<std::string> text = place.text();
  return text.value() == nullptr ? std::string() : *text.value();
}

/// What PowerShell shows of a rule besides its conditions and exceptions, and the condition of
/// email from outside. Whatever else is set limits the rule.
constexpr std::array<std::string_view, 37> kLimitsNothing{"DlpPolicyId",
                                                          "CreatedBy",
                                                          "LastModifiedBy",
                                                          "Description",
                                                          "RuleVersion",
                                                          "Size",
                                                          "Conditions",
                                                          "Actions",
                                                          "State",
                                                          "Mode",
                                                          "Identity",
                                                          "IsRuleConfigurationSupported",
                                                          "RuleErrorAction",
                                                          "RuleSubType",
                                                          "SenderAddressLocation",
                                                          "PrependSubject",
                                                          "FromScope",
                                                          "RecipientAddressType",
                                                          "DistinguishedName",
                                                          "Guid",
                                                          "ImmutableId",
                                                          "OrganizationId",
                                                          "Name",
                                                          "IsValid",
                                                          "WhenChanged",
                                                          "ObjectState",
                                                          "Priority",
                                                          "Comments",
                                                          "RegexSize",
                                                          "SetAuditSeverity",
                                                          "StopRuleProcessing",
                                                          "ManuallyModified",
                                                          "UseLegacyRegex",
                                                          "ActivationDate",
                                                          "ExpiryDate",
                                                          "PSComputerName",
                                                          "RunspaceId"};

/// Nothing is said there, or no.
bool is_unset(const ExportPlace& place) {
  return is_blank(place) || place.boolean().is(false) || place.integer().is(0);
}

bool is_limited(const ExportPlace& rule) {
  const auto conditions = rule.at("Conditions").texts();
  if (conditions.value() == nullptr && !is_blank(rule.at("Conditions"))) return true;
  if (conditions.value() != nullptr &&
      !std::ranges::all_of(*conditions.value(),
                           [](const auto& one) { return one.ends_with("FromScopePredicate"); }))
    return true;
  return std::ranges::any_of(rule.names(), [&](const std::string& name) {
    return std::ranges::none_of(kLimitsNothing,
                                [&](std::string_view one) { return same_name(one, name); }) &&
           !is_unset(rule.at(name));
  });
}

/// Whether a rule holds at a time; nothing where its dates can't be read.
std::optional<bool> holds_at(const ExportPlace& rule, const std::optional<Time>& time) {
  for (const char* name : {"ActivationDate", "ExpiryDate"}) {
    if (is_blank(rule.at(name))) continue;
    const std::optional<Time> date = export_time(rule.at(name));
    if (!date || !time) return std::nullopt;
    const bool begins = std::string_view(name) == "ActivationDate";
    if (begins ? *time < *date : *date <= *time) return false;
  }
  return true;
}

/// Headers by which a rule turns checks off: of spam, links and attachments.
bool skips_checks(const ExportPlace& rule) {
  const std::string header = lower(words_at(rule.at("SetHeaderName")));
  const std::string value = words_at(rule.at("SetHeaderValue"));
  return header.starts_with("x-ms-exchange-organization-skipsafe") ||
         (header == "x-ms-exchange-organization-scl" && trim(value) == "-1");
}

}  // namespace

ForwardingRule read_mail_rule(const ExportPlace& place, const std::optional<Time>& time) {
  ForwardingRule rule;
  rule.name = words_at(place.at("Name"));
  if (rule.name.empty()) rule.name = "?";
  const std::string state = lower(words_at(place.at("State")));
  const ExportPlace mode = place.at("Mode");
  const std::optional<bool> holds = holds_at(place, time);
  rule.understood = (state == "enabled" || state == "disabled") && holds.has_value();
  rule.enabled = state != "disabled" && holds != false &&
                 (is_blank(mode) || same_name(words_at(mode), "enforce"));
  for (const char* way : {"RedirectMessageTo", "BlindCopyTo", "CopyTo", "AddToRecipients"}) {
    const ExportPlace to = place.at(way);
    if (is_blank(to)) continue;
    const auto addresses = to.texts();
    if (addresses.value() == nullptr)
      rule.understood = false;
    else
      rule.copies_to.insert(rule.copies_to.end(), addresses.value()->begin(),
                            addresses.value()->end());
  }
  const auto level = place.at("SetSCL").integer();
  if (level.value() == nullptr && !is_blank(place.at("SetSCL"))) rule.understood = false;
  // Email between colleagues isn't what the filter is for.
  const bool inside = place.at("FromScope").text().is("InOrganization");
  rule.skips_filter = (level.is(-1) || skips_checks(place)) && !inside;
  const std::string mark = words_at(place.at("PrependSubject"));
  rule.marks_outside = rule.understood && place.at("FromScope").text().is("NotInOrganization") &&
                       !trim(mark).empty() && !is_limited(place);
  return rule;
}

}  // namespace sekisho
