// SPDX-License-Identifier: Apache-2.0
// store: keeps evidence and a few settings. Evidence is only ever added to.
//
// May enter: the database's interface, its kinds and their migrations; evidence in and out.
// May not enter: what evidence means.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/base.h"
#include "evidence/evidence.h"
#include "evidence/sighting.h"
#include "store/database.h"

namespace sekisho {

/// Evidence as it is kept: a fact that was seen at `first_at` and last at `evidence.observed_at`,
/// without a gap longer than it holds.
struct KeptEvidence {
  std::int64_t id = 0;
  std::int64_t change = 0;  // rises with every write
  Time first_at;
  Evidence evidence;
};

/// Durable when it returns. What a collector sees again unchanged, while it still holds, moves the
/// end of the row on that was seen last, with what it was held against then; what arrives late and
/// is covered by it changes nothing; anything else, and every answer of a person, is a new row.
/// Gives the id of each record's row.
Result<std::vector<std::int64_t>> append_evidence(Database& database,
                                                  const std::vector<Evidence>& evidence);
/// Writes rows as they are into an empty database, numbering them in the order given: for a history
/// that was made elsewhere.
Result<void> import_evidence(Database& database, const std::vector<KeptEvidence>& rows);
/// Lets go of evidence that is over, inside the write that is open; the database refuses what
/// isn't. `where` is a condition upon its columns. Changes go on rising: none comes twice.
Result<void> forget_evidence(Database& database, std::string_view where, const Values& values);

/// What was written after a change: without its words, which only pages show.
struct KeptSighting {
  std::int64_t change = 0;
  SubjectId subject;
  std::string check;
  Sighting sighting;
};
/// In the order of writing.
Result<void> sightings_since(Database& database, std::int64_t change,
                             const std::function<void(const KeptSighting&)>& take);
/// All evidence in the order in which it was first seen.
Result<std::vector<Evidence>> all_evidence(Database& database);
/// The columns of `evidence` in the order in which kept_evidence reads them.
inline constexpr const char* kEvidenceColumns =
    "id, change, first_at, subject, check_id, verdict, observed_at, valid_until, source, "
    "detail_ja, detail_en, basis";
KeptEvidence kept_evidence(const Row& row);

/// Small named values, such as the method in use.
using Settings = std::map<std::string, std::string>;
Result<void> set_setting(Database& database, const std::string& name, const std::string& value);
Result<Settings> settings(Database& database);

}  // namespace sekisho
