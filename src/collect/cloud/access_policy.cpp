// SPDX-License-Identifier: Apache-2.0
// A conditional access policy as Microsoft's evaluation has it. What isn't known by name makes a
// policy one that can't be counted on.
#include <algorithm>
#include <array>

#include "collect/cloud/entra.h"

namespace sekisho {
namespace {

using Kind = CloudPerson::Kind;

class PolicyReader {
 public:
  explicit PolicyReader(const ExportPlace& place) : place_(place) {}

  AccessPolicy read() {
    policy_.id = word(place_.at("id"));
    const CloudSetting<std::string> name = place_.at("displayName").text();
    policy_.name = name.value() == nullptr ? policy_.id : *name.value();
    read_state();
    const ExportPlace conditions = place_.at("conditions");
    if (!conditions.is_object()) not_read();
    read_users(conditions.at("users"));
    read_applications(conditions.at("applications"));
    read_conditions(conditions);
    read_grant();
    read_session(place_.at("sessionControls"));
    // "partialEnablementStrategy" among them has never had a value that is documented.
    only(place_, {"id", "displayName", "description", "state", "conditions", "grantControls",
                  "sessionControls", "createdDateTime", "modifiedDateTime", "deletedDateTime",
                  "templateId", "additionalProperties", "objectId"});
    return std::move(policy_);
  }

 private:
  static bool is_list(const ExportPlace& place) {
    const CloudSetting<std::vector<std::string>> found = place.texts();
    return found.value() != nullptr;
  }

  static std::string word(const ExportPlace& place) {
    const CloudSetting<std::string> text = place.text();
    return text.value() == nullptr ? std::string() : lower(*text.value());
  }

  void read_state() {
    const std::string state = word(place_.at("state"));
    if (!is_blank(place_.at("deletedDateTime")) || state == "disabled")
      policy_.state = AccessPolicy::State::disabled;
    else if (state == "enabled")
      policy_.state = AccessPolicy::State::enabled;
    else if (state == "enabledforreportingbutnotenforced")
      policy_.state = AccessPolicy::State::report_only;
  }

  /// What stands there, in small letters; nothing said is an empty list.
  std::vector<std::string> list(const ExportPlace& place) {
    // PowerShell writes [null] for what it failed to read.
    if (place.is_list_of_null()) not_read();
    if (is_blank(place)) return {};
    const CloudSetting<std::vector<std::string>> found = place.texts();
    if (found.value() == nullptr) {
      not_read();
      return {};
    }
    std::vector<std::string> words;
    for (const std::string& one : *found.value()) words.push_back(lower(one));
    std::erase(words, "");
    return words;
  }

  /// Several words in one string, or a list of them.
  std::vector<std::string> joined(const ExportPlace& place) {
    const CloudSetting<std::string> text = place.text();
    if (text.value() == nullptr) return list(place);
    std::vector<std::string> words;
    const std::string small = lower(*text.value());
    for (const std::string_view one : split(small, ','))
      if (!trim(one).empty()) words.emplace_back(trim(one));
    return words;
  }

  void only(const ExportPlace& place, std::initializer_list<std::string_view> known) {
    for (const std::string& name : place.names())
      if (!name.contains('@') &&
          std::ranges::none_of(known, [&](std::string_view one) { return same_name(one, name); }) &&
          !is_blank(place.at(name)))
        policy_.understood = false;
  }

  void not_read() { policy_.understood = !(policy_.unread = true); }

  /// Whether something is said there; what stands in place of it because it wasn't read isn't it.
  bool says(const ExportPlace& place) {
    if (is_blank(place)) return false;
    const bool refused = !place.is_there() || (place.is_object() && place.at("error").is_there());
    if (refused) not_read();
    return !refused;
  }

  void narrow(bool is, Narrowing by) {
    if (is) policy_.narrowed.insert(by);
  }

  void read_users(const ExportPlace& users) {
    only(users, {"includeUsers", "excludeUsers", "includeGroups", "excludeGroups", "includeRoles",
                 "excludeRoles", "includeGuestsOrExternalUsers", "excludeGuestsOrExternalUsers"});
    read_audience(users, "include", policy_.include);
    read_audience(users, "exclude", policy_.exclude);
  }

  void read_audience(const ExportPlace& users, const std::string& way, PolicyAudience& into) {
    bool said = false;
    for (std::string& one : list(users.at(way + "Users"))) {
      said = true;
      if (one == "all")
        into.all = true;
      else if (one == "guestsorexternalusers")
        into.guests = {Kind::internal_guest, Kind::b2b_guest, Kind::b2b_member};
      else if (one != "none")
        into.users.push_back(std::move(one));
    }
    into.groups = list(users.at(way + "Groups"));
    into.roles = list(users.at(way + "Roles"));
    const ExportPlace guests = users.at(way + "GuestsOrExternalUsers");
    // A policy is of somebody, or says "None": what says nothing of it wasn't read.
    if (way == "include" && !said && into.groups.empty() && into.roles.empty() && is_blank(guests))
      not_read();
    if (is_blank(guests)) return;
    only(guests, {"guestOrExternalUserTypes", "externalTenants"});
    for (const std::string& one : joined(guests.at("guestOrExternalUserTypes")))
      read_guest(one, into);
    const ExportPlace tenants = guests.at("externalTenants");
    if (!is_blank(tenants) && word(tenants.at("membershipKind")) != "all")
      into.guests_of_some = true;
  }

  void read_guest(const std::string& kind, PolicyAudience& into) {
    if (kind == "internalguest")
      into.guests.insert(Kind::internal_guest);
    else if (kind == "b2bcollaborationguest")
      into.guests.insert(Kind::b2b_guest);
    else if (kind == "b2bcollaborationmember")
      into.guests.insert(Kind::b2b_member);
    else if (kind != "none" && kind != "b2bdirectconnectuser" && kind != "otherexternaluser" &&
             kind != "serviceprovider")  // these are in no list of people
      policy_.understood = false;
  }

  void read_applications(const ExportPlace& applications) {
    only(applications, {"includeApplications", "excludeApplications", "includeUserActions",
                        "applicationFilter", "includeAuthenticationContextClassReferences"});
    const std::vector<std::string> included = list(applications.at("includeApplications"));
    const std::vector<std::string> actions = list(applications.at("includeUserActions"));
    const bool by_context = says(applications.at("includeAuthenticationContextClassReferences"));
    // A policy is of something: what says nothing of it wasn't read.
    if (included.empty() && actions.empty() && !by_context) not_read();
    narrow(std::ranges::find(included, "all") == included.end() ||
               !list(applications.at("excludeApplications")).empty() ||
               says(applications.at("applicationFilter")),
           Narrowing::applications);
    policy_.registering =
        std::ranges::find(actions, "urn:user:registersecurityinfo") != actions.end();
    narrow(!actions.empty() || by_context, Narrowing::actions);
  }

  void read_conditions(const ExportPlace& conditions) {
    only(conditions,
         {"users", "applications", "clientAppTypes", "times", "devices", "deviceStates",
          "clientApplications", "userRiskLevels", "signInRiskLevels", "servicePrincipalRiskLevels",
          "insiderRiskLevels", "platforms", "locations", "authenticationFlows"});
    for (const char* risk : {"userRiskLevels", "signInRiskLevels", "insiderRiskLevels"})
      narrow(says(conditions.at(risk)), Narrowing::risk);
    for (std::string& one : list(conditions.at("userRiskLevels")))
      policy_.user_risk.insert(std::move(one));
    for (std::string& one : list(conditions.at("signInRiskLevels")))
      policy_.sign_in_risk.insert(std::move(one));
    narrow(says(conditions.at("times")), Narrowing::times);
    narrow(says(conditions.at("devices")) || says(conditions.at("deviceStates")),
           Narrowing::devices);
    narrow(says(conditions.at("clientApplications")) ||
               says(conditions.at("servicePrincipalRiskLevels")),
           Narrowing::programs);
    read_range(conditions.at("platforms"), "Platforms", Narrowing::platforms);
    read_range(conditions.at("locations"), "Locations", Narrowing::places);
    read_clients(conditions.at("clientAppTypes"));
    read_flows(conditions.at("authenticationFlows"));
  }

  void read_range(const ExportPlace& range, const std::string& what, Narrowing by) {
    if (!says(range)) return;
    only(range, {"include" + what, "exclude" + what});
    const std::vector<std::string> included = list(range.at("include" + what));
    narrow((!included.empty() && std::ranges::find(included, "all") == included.end()) ||
               !list(range.at("exclude" + what)).empty(),
           by);
  }

  void read_clients(const ExportPlace& place) {
    for (std::string& one : joined(place)) policy_.clients.insert(std::move(one));
    constexpr std::array<std::string_view, 6> kClients{
        "all",           "browser", "mobileappsanddesktopclients", "exchangeactivesync",
        "easysupported", "other"};
    for (const std::string& one : policy_.clients)
      if (std::ranges::find(kClients, one) == kClients.end()) policy_.understood = false;
    if (policy_.clients.contains("all")) policy_.clients.clear();
    narrow(!policy_.clients.empty() && !(policy_.clients.contains("browser") &&
                                         policy_.clients.contains("mobileappsanddesktopclients")),
           Narrowing::clients);
  }

  void read_flows(const ExportPlace& flows) {
    if (!says(flows)) return;
    only(flows, {"transferMethods"});
    std::vector<std::string> methods = joined(flows.at("transferMethods"));
    std::erase(methods, "none");
    narrow(!methods.empty(), Narrowing::flows);
    policy_.device_code = std::ranges::find(methods, "devicecodeflow") != methods.end();
  }

  bool shapes_sessions() const {
    constexpr std::array<std::string_view, 8> kKnown{"signInFrequency",
                                                     "persistentBrowser",
                                                     "applicationEnforcedRestrictions",
                                                     "cloudAppSecurity",
                                                     "disableResilienceDefaults",
                                                     "secureSignInSession",
                                                     "continuousAccessEvaluation",
                                                     "globalSecureAccessFilteringProfile"};
    const ExportPlace session = place_.at("sessionControls");
    return std::ranges::any_of(
        kKnown, [&](auto one) { return session.at(one).is_there() && !is_blank(session.at(one)); });
  }

  void read_session(const ExportPlace& session) {
    if (!is_blank(session) && !shapes_sessions()) not_read();
    const ExportPlace often = session.at("signInFrequency");
    if (often.at("isEnabled").boolean().is(true)) {
      const auto count = often.at("value").integer();
      const std::string unit = word(often.at("type"));
      if (word(often.at("frequencyInterval")) == "everytime")
        policy_.session_hours = std::int64_t{0};
      else if (count.value() != nullptr && *count.value() <= 10'000)
        policy_.session_hours = *count.value() * (unit == "days" ? 24 : 1);
    }
    const ExportPlace browser = session.at("persistentBrowser");
    policy_.forgets_browser =
        browser.at("isEnabled").boolean().is(true) && word(browser.at("mode")) == "never";
  }

  // A grant is a formula: with AND one part that is MFA is enough, with OR every part must be.
  void read_grant() {
    const ExportPlace grant = place_.at("grantControls");
    // A policy demands something or shapes sessions: what does neither wasn't read.
    if (is_blank(grant) && !shapes_sessions()) not_read();
    if (!grant.is_object()) {
      // Without grant controls it only shapes sessions; where they weren't read it may be anything.
      const bool none = !grant.is_there() && grant.lack() == Lack::null;
      policy_.demands_mfa = policy_.demands_strong = policy_.blocks =
          none ? Known::no : Known::unsure;
      if (!none) not_read();
      return;
    }
    std::vector<Known> parts;
    bool block = false;
    const ExportPlace built_in = grant.at("builtInControls");
    for (const std::string& one : list(built_in)) {
      block = block || one == "block";
      parts.push_back(is_mfa(one));
      policy_.controls.insert(one);
    }
    if (!is_blank(built_in) && !is_list(built_in)) parts.push_back(Known::unsure);
    if (!is_blank(grant.at("termsOfUse"))) parts.push_back(Known::no);
    if (!is_blank(grant.at("customAuthenticationFactors"))) parts.push_back(Known::no);
    if (const auto strength = strength_is_mfa(grant.at("authenticationStrength")))
      parts.push_back(*strength);
    only(grant, {"operator", "builtInControls", "termsOfUse", "customAuthenticationFactors",
                 "authenticationStrength"});
    if (parts.empty()) not_read();
    // With others beside it the strength may or may not be asked for.
    const Known strong = strong_only(grant.at("authenticationStrength"));
    policy_.demands_strong = parts.size() < 2 ? strong : std::min(strong, Known::unsure);
    policy_.blocks = !block ? Known::no : parts.size() == 1 ? Known::yes : Known::unsure;
    policy_.demands_mfa = policy_.blocks == Known::no ? all_or_any(grant, parts) : policy_.blocks;
  }

  static Known all_or_any(const ExportPlace& grant, const std::vector<Known>& parts) {
    if (parts.empty()) return Known::no;
    if (parts.size() == 1) return parts.front();
    const std::string way = word(grant.at("operator"));
    if (way == "and") return std::ranges::max(parts);
    const Known every = std::ranges::min(parts);
    if (way == "or" || every == Known::yes) return every;
    return std::min(std::ranges::max(parts), Known::unsure);
  }

  static Known is_mfa(const std::string& control) {
    constexpr std::array<std::string_view, 6> kOthers{"compliantdevice",     "domainjoineddevice",
                                                      "approvedapplication", "compliantapplication",
                                                      "passwordchange",      "block"};
    if (control == "mfa") return Known::yes;
    return std::ranges::find(kOthers, control) != kOthers.end() ? Known::no : Known::unsure;
  }

  /// Nothing where no strength is demanded.
  std::optional<Known> strength_is_mfa(const ExportPlace& strength) {
    if (is_blank(strength)) return std::nullopt;
    const ExportPlace allowed = strength.at("allowedCombinations");
    if (is_blank(allowed)) {
      const std::string satisfied = word(strength.at("requirementsSatisfied"));
      return satisfied == "mfa" ? Known::yes : satisfied == "none" ? Known::no : Known::unsure;
    }
    const CloudSetting<std::vector<std::string>> combinations = allowed.texts();
    if (combinations.value() == nullptr) return Known::unsure;
    Known every = Known::yes;
    for (const std::string& one : *combinations.value())
      every = std::min(every, has_two_factors(lower(one)));
    return every;
  }

  static Known strong_only(const ExportPlace& strength) {
    constexpr std::array<std::string_view, 3> kStrong{"windowshelloforbusiness", "fido2",
                                                      "x509certificatemultifactor"};
    const auto combinations = strength.at("allowedCombinations").texts();
    if (combinations.value() == nullptr || combinations.value()->empty())
      return is_blank(strength) ? Known::no : Known::unsure;
    const bool all = std::ranges::all_of(*combinations.value(), [&](const std::string& one) {
      return std::ranges::find(kStrong, lower(one)) != kStrong.end();
    });
    return all ? Known::yes : Known::no;
  }

  static Known has_two_factors(const std::string& combination) {
    constexpr std::array<std::string_view, 7> kBoth{
        "windowshelloforbusiness",    "fido2",
        "x509certificatemultifactor", "devicebasedpush",
        "temporaryaccesspassonetime", "temporaryaccesspassmultiuse",
        "federatedmultifactor"};
    constexpr std::array<std::string_view, 9> kOne{"password",
                                                   "sms",
                                                   "voice",
                                                   "email",
                                                   "softwareoath",
                                                   "hardwareoath",
                                                   "microsoftauthenticatorpush",
                                                   "federatedsinglefactor",
                                                   "x509certificatesinglefactor"};
    constexpr std::array<std::string_view, 3> kFirst{"password", "federatedsinglefactor",
                                                     "x509certificatesinglefactor"};
    const auto among = [](const auto& list, std::string_view word) {
      return std::ranges::find(list, word) != list.end();
    };
    std::vector<std::string_view> parts = split(combination, ',');
    for (std::string_view& part : parts) part = trim(part);
    if (parts.size() == 1) {
      if (among(kBoth, parts[0])) return Known::yes;
      return among(kOne, parts[0]) ? Known::no : Known::unsure;
    }
    const bool known = std::ranges::all_of(
        parts, [&](auto part) { return among(kBoth, part) || among(kOne, part); });
    const auto first = std::ranges::count_if(parts, [&](auto part) { return among(kFirst, part); });
    // One that is known or held by a certificate, and another that is had.
    return known && parts.size() == 2 && first == 1 ? Known::yes : Known::unsure;
  }

  ExportPlace place_;
  AccessPolicy policy_;
};

}  // namespace

bool is_blank(const ExportPlace& place) {
  if (!place.is_there()) return place.lack() == Lack::absent || place.lack() == Lack::null;
  if (place.is_object()) {
    const std::vector<std::string> names = place.names();
    return std::ranges::all_of(names, [&](const std::string& name) {
      return name.contains('@') || is_blank(place.at(name));
    });
  }
  const CloudSetting<std::vector<std::string>> list = place.texts();
  return list.value() != nullptr &&
         std::ranges::all_of(*list.value(), [](const std::string& one) { return one.empty(); });
}

AccessPolicy read_access_policy(const ExportPlace& place) { return PolicyReader(place).read(); }

Text label(Narrowing narrowing) {
  switch (narrowing) {
    case Narrowing::applications: return {"一部のアプリに限る", "only some applications"};
    case Narrowing::actions: return {"一部の操作に限る", "only some actions"};
    case Narrowing::risk: return {"危険と判定されたときに限る", "only when judged to be at risk"};
    case Narrowing::clients: return {"一部の接続方法に限る", "only some kinds of client"};
    case Narrowing::platforms: return {"一部の OS に限る", "only some platforms"};
    case Narrowing::places: return {"一部の場所に限る", "only from some places"};
    case Narrowing::devices: return {"一部の端末に限る", "only some devices"};
    case Narrowing::flows: return {"一部のサインインの方式に限る", "only some sign-in flows"};
    case Narrowing::times: return {"一部の時間に限る", "only at some times"};
    case Narrowing::programs: return {"人ではなくプログラムが対象", "of programs, not of people"};
  }
  return {};
}

}  // namespace sekisho
