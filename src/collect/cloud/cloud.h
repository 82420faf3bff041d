// SPDX-License-Identifier: Apache-2.0
// collect/cloud: settings of clouds and meetings that a firm already has, as exports hold them, and
// what they are worth.
//
// May enter: what an export says (one reader a format, known by its content), the judge of each
// service, and the checks that measures see, each the worst over the services in use.
// May not enter: asking a service (that is the net's), storing, pages. Names of people and secrets
// stay in what is asked for here: a fact has at most six names, and nothing else of an export.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "collect/cloud/cloud_service.h"
#include "collect/cloud/setting.h"
#include "evidence/finding.h"
#include "guideline/clouds.h"

namespace sekisho {

/// One thing that is looked at in a service, and where it is set.
struct CloudItem {
  std::string_view id;  // "teams.lobby"
  CloudService service = CloudService::entra;
  std::string_view check;  // "meeting-lobby"
  bool severe = false;     // open to anybody, or signed in to with a password alone
  Text title;
  Text where;
};
const std::vector<CloudItem>& cloud_items();
const CloudItem* cloud_item(std::string_view id);

/// A person whom a setting leaves out.
struct PersonLeftOut {
  std::string name;
  std::string sign_in;
  bool guest = false;
  bool sure = true;        // false: it can't be said
  bool emergency = false;  // declared
  std::vector<Text> reasons;
};

struct CloudRow {
  const CloudItem* item = nullptr;
  Finding finding;
  std::vector<PersonLeftOut> people;
};

/// What only the firm can say.
struct CloudDeclared {
  std::vector<std::string> emergency;  // sign-in names of accounts for emergencies
  std::set<CloudService> in_use;       // besides those that were read
};

/// What the files said, a row for each thing that is looked at in the services that were read.
struct CloudReading {
  std::set<CloudService> read;
  /// Whose settings they are, by the service that holds the account: the vendor's own id of the
  /// firm's tenant, organisation or site, in small letters. Nothing where the file doesn't say.
  std::map<CloudService, std::string> accounts;
  Time made_at = Time::max();  // of the oldest file
  std::vector<CloudRow> rows;
};

/// One file of an export: its name for errors, and its bytes.
struct CloudFile {
  std::string name;
  std::string bytes;
};
inline constexpr std::size_t kMostExportBytes = std::size_t{64} << 20U;

/// Whether nothing is known of it because the files simply aren't of it.
bool not_exported(const Finding& finding);

/// Reads and judges. `now` decides what is too old to say anything.
Result<CloudReading> read_clouds(const std::vector<CloudFile>& files, const CloudDeclared& declared,
                                 Time now);

/// A check over all services in use: the worst of them. In use and never read is one unknown; in
/// no service in use is not applicable.
struct JudgedCheck {
  const CheckSpec* spec = nullptr;
  Finding finding;
};
std::vector<JudgedCheck> judged_checks(const CloudChecks& clouds, const CloudReading& reading,
                                       const CloudDeclared& declared);

/// The same as evidence of the organisation, as old as the oldest file that it stems from.
std::vector<Evidence> cloud_evidence(const std::vector<JudgedCheck>& checks,
                                     const CloudReading& reading, Time now);

}  // namespace sekisho
