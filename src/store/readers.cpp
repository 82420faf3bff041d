// SPDX-License-Identifier: Apache-2.0
#include "store/readers.h"

#include <fmt/format.h>

#include "store/store.h"

namespace sekisho {
namespace {

constexpr const char* kSetting = "readers";
/// Long enough for any device to report again, or to be given up.
constexpr std::chrono::days kSaid{400};

/// The newest of each subject and check, as it was seen until `now`; of the checks that follow.
constexpr std::string_view kClose =
    "INSERT INTO evidence (subject, check_id, verdict, first_at, observed_at, valid_until, source, "
    "detail_ja, detail_en, change) SELECT subject, check_id, 'unknown', ?, ?, ?, source, ?, ?, "
    "(SELECT COALESCE(MAX(change), 0) FROM evidence) + ROW_NUMBER() OVER (ORDER BY id) FROM "
    "(SELECT id, subject, check_id, verdict, valid_until, source, ROW_NUMBER() OVER (PARTITION BY "
    "subject, check_id ORDER BY observed_at DESC, id DESC) AS place FROM evidence) AS newest WHERE "
    "place = 1 AND verdict IN ('pass', 'not_applicable') AND valid_until > ? AND source LIKE "
    "'collector:%' AND source NOT IN ('collector:list', 'collector:appliance', 'collector:sbom', "
    "'collector:api') AND check_id IN ({}) RETURNING id";

/// Closes what the changes since `before` are about; gives how many.
Result<std::int64_t> close_since(Database& db, std::int64_t before,
                                 std::span<const ReadersChange> history, Time now) {
  const Text why = seen_by_older_readers();
  Values values{value_of(now), value_of(now), value_of(now + kSaid), why.ja, why.en, value_of(now)};
  const auto checks = db.query("SELECT DISTINCT check_id FROM evidence");
  if (!checks) return std::unexpected(checks.error());
  std::string marks;
  for (const Row& row : *checks) {
    if (!read_otherwise_since(before, row.text(0), history)) continue;
    marks += marks.empty() ? "?" : ", ?";
    values.emplace_back(row.text(0));
  }
  if (marks.empty()) return 0;
  const auto rows = db.query(fmt::format(kClose, marks), values);
  if (!rows) return std::unexpected(rows.error());
  return static_cast<std::int64_t>(rows->size());
}

}  // namespace

Result<std::int64_t> close_older_readers(Database& db, std::span<const ReadersChange> history,
                                         Time now) {
  std::int64_t closed = 0;
  const auto done = db.write([&]() -> Result<void> {
    const auto kept = settings(db);
    if (!kept) return std::unexpected(kept.error());
    const auto noted = kept->find(kSetting);
    const std::string wanted = std::to_string(history.back().number);
    if (noted != kept->end() && noted->second == wanted) return {};
    const std::int64_t before = noted == kept->end() ? 0 : whole_number(noted->second);
    const auto since = close_since(db, before, history, now);
    if (!since) return std::unexpected(since.error());
    closed = *since;
    // An older version notes its own number again, so that what it sees is closed as well later on.
    return set_setting(db, kSetting, wanted);
  });
  if (!done) return std::unexpected(done.error());
  return closed;
}

}  // namespace sekisho
