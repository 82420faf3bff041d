#include "store/readers.h"

#include "evidence/readers.h"
#include "store/store.h"

namespace sekisho {
namespace {

constexpr const char* kSetting = "readers";
/// Long enough for any device to report again, or to be given up.
constexpr std::chrono::days kSaid{400};

/// The newest of each subject and check, as it was seen until `now`.
constexpr const char* kClose =
    "INSERT INTO evidence (subject, check_id, verdict, first_at, observed_at, valid_until, source, "
    "detail_ja, detail_en, change) SELECT subject, check_id, 'unknown', ?, ?, ?, source, ?, ?, "
    "(SELECT COALESCE(MAX(change), 0) FROM evidence) + ROW_NUMBER() OVER (ORDER BY id) FROM "
    "(SELECT id, subject, check_id, verdict, valid_until, source, ROW_NUMBER() OVER (PARTITION BY "
    "subject, check_id ORDER BY observed_at DESC, id DESC) AS place FROM evidence) AS newest WHERE "
    "place = 1 AND verdict IN ('pass', 'not_applicable') AND valid_until > ? AND source LIKE "
    "'collector:%' AND source NOT IN ('collector:list', 'collector:appliance', 'collector:sbom', "
    "'collector:api') RETURNING id";

}  // namespace

Result<std::int64_t> close_older_readers(Database& db, std::int64_t readers, Time now) {
  std::int64_t closed = 0;
  const auto done = db.write([&]() -> Result<void> {
    const auto kept = settings(db);
    if (!kept) return std::unexpected(kept.error());
    const auto before = kept->find(kSetting);
    const std::string wanted = std::to_string(readers);
    if (before != kept->end() && before->second == wanted) return {};
    if (before == kept->end() || whole_number(before->second) < readers) {
      const Text why = seen_by_older_readers();
      const auto rows = db.query(kClose, {value_of(now), value_of(now), value_of(now + kSaid),
                                          why.ja, why.en, value_of(now)});
      if (!rows) return std::unexpected(rows.error());
      closed = static_cast<std::int64_t>(rows->size());
    }
    // An older version notes its own number again, so that what it sees is closed as well later on.
    return set_setting(db, kSetting, wanted);
  });
  if (!done) return std::unexpected(done.error());
  return closed;
}

}  // namespace sekisho
