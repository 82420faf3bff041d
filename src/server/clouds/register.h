// SPDX-License-Identifier: Apache-2.0
// Internal to the room: the register of cloud services, which says what is in use.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "collect/cloud/cloud_service.h"
#include "server/api/router.h"

namespace sekisho {

using CloudEntryId = Id<struct CloudEntry_>;

/// What shows that a provider can be trusted, as somebody saw it.
struct CloudCertificate {
  enum class Kind : std::uint8_t { ismap, isms, privacy_mark, soc2, other };
  Kind kind = Kind::other;
  std::string number;        // or a name; may be empty
  std::optional<Day> until;  // nothing: it says no end
  Day seen_on;               // when it was looked up

  /// What says no end holds for a year from when it was looked up; what has neither a kind nor a
  /// name shows nothing, and nobody looks up tomorrow.
  bool holds(Day today) const {
    if (seen_on > today || (kind == Kind::other && number.empty())) return false;
    return today <= (until ? *until : seen_on + std::chrono::days(365));
  }
};

struct CloudEntry {
  CloudEntryId id;
  std::string name;
  std::string provider;
  std::vector<CloudService> settings;  // those of it that can be read
  bool in_use = true;
  std::string users;
  std::optional<PersonId> owner;
  std::string owner_name;
  std::string grade;  // of kCloudGrades
  std::string theirs;
  std::string ours;
  std::vector<CloudCertificate> certificates;
  std::optional<Day> reviewed_on;
  std::optional<Day> review_on;
  std::string reminded_of;
};

/// Every service, those in use first, by name.
Result<std::vector<CloudEntry>> cloud_register(Database& db);
/// The services in use whose settings can be read.
std::set<CloudService> read_in_use(const std::vector<CloudEntry>& entries);

/// Enters what was just read and no entry knows of, inside the write that is open.
Result<void> enter_what_was_read(Database& db, const std::set<CloudService>& read);

void add_cloud_register(Handlers& handlers);

}  // namespace sekisho
