// SPDX-License-Identifier: Apache-2.0
// collect/osquery: an unmodified osqueryd speaks for a machine. The requests of its TLS plugins,
// read in one place; the queries of our checks; and evidence from the rows that come back.
// (osquery's documentation, "Remotely interfacing osquery" and "Logging", version 5.)
//
// May enter: osquery's forms, queries, what their rows mean.
// May not enter: who may enrol, what the server keeps.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "collect/vuln/vuln.h"
#include "evidence/evidence.h"
#include "guideline/guideline.h"

namespace sekisho {

using OsqueryRow = std::map<std::string, std::string, std::less<>>;

struct OsqueryEnrolment {
  std::string secret;
  std::string identifier;  // by which the node tells itself apart
  std::string machine;     // by which it is told apart: its hardware's UUID, else the identifier
  std::string platform;    // "windows", "darwin", or "linux" for every other
  std::string host;
  std::string serial;
  std::string system;   // "Microsoft Windows 11 Pro"
  std::string version;  // "10.0.26200"
};

/// The answer to one of our queries.
struct OsqueryAnswer {
  std::string check;
  Time at;
  bool failed = false;  // the query could not be run
  std::vector<OsqueryRow> rows;
};

/// Answers in a log or in what distributed queries brought, with the node's key.
struct OsqueryAnswers {
  std::string node_key;
  std::vector<OsqueryAnswer> answers;
  std::size_t replaced = 0;  // bytes that were no UTF-8, and halves of characters
  bool dropped = false;      // nothing of it could be read but the key
};

Result<OsqueryEnrolment> read_osquery_enrolment(std::string_view text);
/// Of a request that asks for the configuration or for distributed queries.
Result<std::string> read_osquery_key(std::string_view text);
/// Result logs: snapshots, and rows that a query added. Status logs give no answers. A batch never
/// stops a node: what is no UTF-8 is replaced, and what can't be read is dropped, and told.
Result<OsqueryAnswers> read_osquery_log(std::string_view text);
/// What distributed queries brought.
Result<OsqueryAnswers> read_osquery_write(std::string_view text, Time now);

/// The queries of our checks for a platform, by check, with the limits of collect/limits.h in place
/// of their names ("{longest_idle}"); that for `os-support` is always among them. The row of each
/// other bears a mark of its query, so that a pass of an older one is told from one of this.
std::map<std::string, std::string> osquery_queries(const Guideline& guideline,
                                                   std::string_view platform);
/// osqueryd's configuration: our queries as snapshots, each every ten minutes.
std::string osquery_config(const Guideline& guideline, std::string_view platform);
/// Distributed queries, to be run at once.
std::string osquery_distributed(const Guideline& guideline, std::string_view platform);

/// A query of ours gives one row: `verdict`, and the fact in `ja` and `en`; of several the worst
/// counts. No row, an unknown verdict, a query that failed, and what is good by a clock that is ten
/// minutes ahead are `unknown`. `os-support` is judged by the feed instead, from
/// the row of os_version. Nothing for what is no check of ours.
std::optional<Evidence> evidence_of(const Guideline& guideline, const SupportFeed& feed,
                                    const SubjectId& subject, const OsqueryAnswer& answer,
                                    bool extended_support, Time now, Day today);

inline constexpr const char* kOsquerySource = "collector:osquery";
inline constexpr std::size_t kMostOsqueryBytes = std::size_t{4} << 20U;

}  // namespace sekisho
