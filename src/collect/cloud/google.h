// SPDX-License-Identifier: Apache-2.0
// Google Workspace: the policies of units and groups as Google's Policy API lists them, un-reduced,
// with the people they are for. Which value holds for whom is worked out here, as Google does:
//
//   {"sekisho": "google", "readAt": "2026-11-27T00:00:00Z", "policies": [...], "orgunits": [...],
//    "groups": [{"id", "email", "members": [...]}], "users": [...]}
//
// Each list is what the API answers, or all its pages in a list. ScubaGoggles' dump ("orgunits" and
// "groups" by id, no people, no date) is read as well.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/document.h"
#include "base/time.h"
#include "collect/cloud/entra.h"
#include "collect/cloud/judge.h"

namespace sekisho {

struct GoogleUnit {
  std::string id;
  std::string path;  // "/sales/osaka"; "/" for the top
};

/// Somebody in a group who is a person for sure; in small letters, one of the two may be empty.
struct GoogleMember {
  std::string email;
  std::string id;
};

struct GoogleGroup {
  std::string id;
  std::string email;
  std::vector<GoogleMember> people = {};
  /// Addresses and ids in small letters of others: groups, or people.
  std::vector<std::string> members = {};
  bool everyone = false;  // all accounts are in it
  bool whole = false;     // these are all of them
};

struct GooglePerson {
  std::string id;
  std::string name;  // may be empty
  std::string email;
  std::vector<std::string> aliases = {};  // addresses in small letters
  std::string unit;                       // its path
  Known active = Known::unsure;
  Known administrator = Known::unsure;  // a super administrator
  Known some_rights = Known::unsure;    // an administrator of any kind
  CloudSetting<bool> enrolled = Lack::absent;
  CloudSetting<bool> enforced = Lack::absent;
};

/// One policy: a setting's fields for a unit, and of it for a group alone where one is named.
struct GooglePolicy {
  std::string setting;  // "gmail.auto_forwarding"
  std::string unit;     // its id; empty for the top
  std::string group;    // its id; empty for all of the unit
  double order = 0;     // the greatest holds
  bool plain = true;    // false: it has conditions besides (licences), so it may not apply
  std::map<std::string, CloudSetting<std::string>, std::less<>> fields;  // those that are known
};

struct GoogleWorkspace {
  std::optional<Time> read_at;
  std::string customer;  // Google's id of the firm, in small letters; empty where nothing says it
  CloudSetting<std::vector<GooglePolicy>> policies = Lack::absent;
  /// The listing names enough services that it is of all settings, so that what isn't in it is as
  /// Google documents it.
  bool whole = false;
  CloudSetting<std::vector<GoogleUnit>> units = Lack::absent;
  CloudSetting<std::vector<GoogleGroup>> groups = Lack::absent;
  CloudSetting<std::vector<GooglePerson>> people = Lack::absent;
  /// People of the firm's own who are in groups, and not among `people`: it isn't of everybody.
  std::size_t people_missing = 0;
};
bool is_google(const Document& document);
GoogleWorkspace read_google(const Document& document);

/// How several policies of one setting become one value.
enum class Reduce : std::uint8_t {
  greatest,  // the policy with the greatest order, whole
  merge,     // each field from the policy with the greatest order that has it
};

/// A field that is read, how it is reduced, and what Google documents for where no policy says it.
struct GoogleField {
  std::string_view setting;
  std::string_view field;
  Reduce reduce = Reduce::greatest;
  std::optional<std::string_view> otherwise = std::nullopt;
};
/// Null for a field that isn't read.
const GoogleField* google_field(std::string_view setting, std::string_view field);
/// Whether some field of it is read.
bool google_setting(std::string_view setting);

/// A value that may hold for somebody, and the policy that says so (null: nobody says, so what
/// Google documents).
struct GoogleValue {
  CloudSetting<std::string> value;
  const GooglePolicy* by = nullptr;
};

/// Which values hold for whom. Where there is no list of people, for one person in each unit.
class GoogleValues {
 public:
  /// `workspace` must outlive it.
  explicit GoogleValues(const GoogleWorkspace& workspace);

  /// Those whom settings are worked out for; of the units where there is no list of people.
  const std::vector<GooglePerson>& people() const { return people_; }
  bool listed() const { return listed_; }
  /// The first of those for whom the same policies hold as for this one.
  std::size_t alike(std::size_t person) const { return alike_[person]; }

  /// All values that may be the one for a person: one alone where it is known. Without `groups`,
  /// for somebody who is in none.
  std::vector<GoogleValue> of(std::size_t person, const GoogleField& field,
                              bool groups = true) const;
  /// A unit's path or a group's address, for a sentence.
  Text place(const GooglePolicy* policy) const;

 private:
  Known applies(const GooglePolicy& policy, std::size_t person, bool groups) const;
  Known in_unit(const GooglePolicy& policy, const GooglePerson& person, std::size_t place) const;
  void note_units();
  void note_members();
  void note_alike();
  void note_members(const std::string& group, std::vector<Known>& into) const;
  bool is_placed(const std::string& path) const;

  const GoogleWorkspace& workspace_;
  bool listed_ = false;
  bool top_known_ = false;
  std::vector<GooglePerson> people_;
  std::vector<std::size_t> alike_;
  std::vector<bool> placed_;  // by person: their unit and those above it are all in the list
  std::map<std::string, std::string, std::less<>> units_;  // paths by id
  std::map<std::string, std::vector<Known>, std::less<>> members_;
  std::map<std::string, std::vector<const GoogleGroup*>, std::less<>>
      groups_;  // by id and by address
  std::map<std::string, std::vector<const GooglePolicy*>, std::less<>> by_setting_;
};

void judge_google(const GoogleWorkspace& workspace, const CloudDeclared& declared, Time now,
                  CloudRows& rows);

}  // namespace sekisho
