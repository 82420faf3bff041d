// SPDX-License-Identifier: Apache-2.0
// Accounts and sign-in of a Microsoft 365 tenant (Entra ID), as far as an export holds them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "collect/cloud/export_place.h"

namespace sekisho {

/// An answer that may be missing. The least of several holds for all of them together, the greatest
/// for any of them.
enum class Known : std::uint8_t { no, unsure, yes };

inline Known opposite(Known one) {
  return one == Known::yes ? Known::no : one == Known::no ? Known::yes : Known::unsure;
}

/// Ids are in small letters throughout.
struct CloudPerson {
  enum class Kind : std::uint8_t { member, internal_guest, b2b_guest, b2b_member, unsure };

  std::string id;
  std::string name;     // as people call them; may be empty
  std::string sign_in;  // the address they sign in with; may be empty
  Kind kind = Kind::unsure;
  Known enabled = Known::unsure;
  Known exists = Known::yes;  // unsure of one that only a policy names

  bool guest() const { return kind != Kind::member && kind != Kind::unsure; }
  bool operator==(const CloudPerson&) const = default;
  std::string shown() const { return !name.empty() ? name : !sign_in.empty() ? sign_in : id; }
};

struct CloudGroup {
  std::string id;
  std::string name;
  std::vector<std::string> people;           // who are people for sure
  std::vector<std::string> members;          // the others: groups, or people
  bool whole = false;                        // these are all of them
  std::vector<std::string> candidates = {};  // who can take up membership at will (PIM for Groups)
  bool candidates_known = false;             // these are all of them
};

/// Who holds a role for the whole tenant. People and groups, by the role's template id.
struct CloudRoles {
  using Holders = std::map<std::string, std::vector<std::string>, std::less<>>;
  Holders holders;              // now, of whom some may have taken it up for hours
  Holders eligible;             // who can take it up whenever they like (PIM)
  bool whole = false;           // a role that isn't among `holders` has no holder
  bool eligible_known = false;  // `eligible` was read, or the contract has no such function
};

/// Whom a policy names.
struct PolicyAudience {
  bool all = false;
  std::vector<std::string> users;
  std::vector<std::string> groups;
  std::vector<std::string> roles;
  std::set<CloudPerson::Kind> guests;
  bool guests_of_some = false;  // only those of some other tenants

  bool empty() const {
    return !all && users.empty() && groups.empty() && roles.empty() && guests.empty();
  }
};

/// What limits a policy to some sign-ins.
enum class Narrowing : std::uint8_t {
  applications,
  actions,
  risk,
  clients,
  platforms,
  places,
  devices,
  flows,
  times,
  programs,  // it is of programs and not of people
};
Text label(Narrowing narrowing);

/// A conditional access policy.
struct AccessPolicy {
  enum class State : std::uint8_t { enabled, report_only, disabled, unsure };

  std::string id;
  std::string name;
  State state = State::unsure;
  bool understood = true;  // false: it has words that we don't know, so that it can't count
  bool unread = false;     // some of it couldn't be read: it may be of anybody, and demand anything
  PolicyAudience include;
  PolicyAudience exclude;
  std::set<Narrowing> narrowed;
  std::set<std::string, std::less<>> clients;                  // in small letters; empty: all
  bool device_code = false;                                    // of sign-ins by device code
  bool registering = false;                                    // of registering a second factor
  std::set<std::string, std::less<>> user_risk, sign_in_risk;  // in small letters
  std::set<std::string, std::less<>> controls;                 // that it demands, in small letters
  CloudSetting<std::int64_t> session_hours = Lack::absent;
  bool forgets_browser = false;  // closing the browser ends the session
  Known demands_mfa = Known::unsure;
  Known demands_strong = Known::unsure;  // a second factor that can't be phished
  Known blocks = Known::unsure;
};

AccessPolicy read_access_policy(const ExportPlace& place);
/// Nothing is said there: null, [], "", {} or an object of nothing but these.
bool is_blank(const ExportPlace& place);

/// How a wide role is held.
struct RoleUse {
  std::string name;
  bool global = false;                               // of all rights
  std::size_t for_ever = 0;                          // holders without an end
  std::size_t outside = 0;                           // holders who never asked for it
  CloudSetting<bool> approved = Lack::absent;        // using it needs somebody's approval
  CloudSetting<bool> told_of_holder = Lack::absent;  // somebody is told of a new holder
  CloudSetting<bool> told_of_use = Lack::absent;
};

/// What an export says of sign-in.
struct Entra {
  CloudSetting<std::vector<AccessPolicy>> policies = Lack::absent;
  CloudSetting<bool> security_defaults = Lack::absent;
  CloudSetting<std::vector<CloudPerson>> people = Lack::absent;
  /// Who is a person for sure, as a member of some group, and isn't among `people`: with one of
  /// these the list isn't of everybody.
  std::size_t people_missing = 0;
  CloudSetting<std::vector<CloudGroup>> groups = Lack::absent;
  CloudSetting<CloudRoles> roles = Lack::absent;
  /// Administrators by name, where the export has them.
  CloudSetting<std::vector<CloudPerson>> administrators = Lack::absent;
  CloudSetting<std::vector<std::string>> global_administrators = Lack::absent;  // ids
  CloudSetting<std::vector<RoleUse>> role_uses = Lack::absent;
  CloudSetting<std::vector<std::string>> programs = Lack::absent;  // with wide roles, by name
  /// Values of the directory's settings that are judged, by name; of a list whether it has any.
  CloudSetting<std::map<std::string, std::string, std::less<>>> directory = Lack::absent;
  /// Of each person by id: whether the old setting demands MFA ("enforced"), and whether they
  /// could.
  CloudSetting<std::map<std::string, std::string, std::less<>>> per_user_mfa = Lack::absent;
  CloudSetting<std::map<std::string, bool, std::less<>>> registered = Lack::absent;
  CloudSetting<std::vector<std::string>> plans = Lack::absent;  // ids of service plans
};

/// The plan with conditional access in it.
inline constexpr std::string_view kEntraP1 = "41781fb2-bc02-4b7c-bd55-b576c07bb09d";
inline constexpr std::string_view kEntraP2 = "eec0eb4f-6444-4f95-aba0-50c24d67f998";
/// Entra ID Governance, which has PIM as P2 does.
inline constexpr std::string_view kEntraGovernance = "e866a266-3cff-43a3-acca-0c90a7e00c8b";
inline constexpr std::string_view kGlobalAdministrator = "62e90394-69f5-4237-9190-012177145e10";

}  // namespace sekisho
