// SPDX-License-Identifier: Apache-2.0
// Settings of Microsoft 365 that the values of a few fields decide, an entry each: where an export
// has them, which values are safe, and what is said of it. What takes more than that to judge has a
// judge of its own.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collect/cloud/cloud.h"
#include "collect/cloud/export_place.h"
#include "evidence/finding.h"

namespace sekisho {

/// A field, and its values that are good or bad; what is neither isn't understood.
struct PlainTerm {
  std::string_view path;               // "DefaultUserRolePermissions.AllowedToCreateApps"
  std::vector<std::string_view> good;  // words in any case; of numbers "1-30"; of lists "empty"
  std::vector<std::string_view> bad;   // "#": all other numbers; "*": whatever else
};

struct PlainSetting {
  std::string_view id;
  CloudService service = CloudService::entra;
  std::string_view check;        // empty: it is told, and decides no check
  std::string_view list;         // of the export: "SPO_tenant", "authentication_method/settings"
  std::string_view command;      // fills it; empty where a file of ours has it
  std::string_view of;           // "Id=Sms|Voice": only these of the list; empty: all
  std::vector<PlainTerm> terms;  // all are to be good, of every one in the list
  Text title;
  Text where;
  Text is;
  Text is_not;
  std::string_view plan = {};  // ids of plans, "a|b", without all of which there is no such setting
  std::string_view null_is = {};  // what a value that is null stands for
};
const std::vector<PlainSetting>& plain_settings();

/// By a setting's id, of each object of its list the value of each term, in their order.
using PlainValues =
    std::map<std::string_view, CloudSetting<std::vector<CloudSetting<std::string>>>, std::less<>>;

/// What the lists of an export say. Of a command that failed nothing is readable, and an empty list
/// counts only where its command worked.
struct PlainSource {
  ExportPlace root;
  std::set<std::string, std::less<>> worked = {};
  std::set<std::string, std::less<>> failed = {};
  bool with_commands = true;
};
PlainValues read_plain(const PlainSource& source);

/// The same of a service of which a file of ours holds answers: paths from the file's root, with
/// "/".
struct PlaceSetting {
  std::string_view id;
  CloudService service = CloudService::zoom;
  std::string_view check;
  std::vector<PlainTerm> terms;
  Text title;
  Text where;
  Text is;
  Text is_not;
};
const std::vector<PlaceSetting>& place_settings();

using ItemFinding = std::pair<std::string_view, Finding>;
std::vector<ItemFinding> judge_places(CloudService service, const ExportPlace& root);

std::vector<CloudItem> plain_items();

}  // namespace sekisho
