// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include <fmt/format.h>

namespace sekisho {
namespace {

Values columns(const Evidence& evidence) {
  return {evidence.subject.value,
          evidence.check,
          std::string(name(evidence.verdict())),
          value_of(evidence.observed_at),
          value_of(evidence.observed_at),
          value_of(evidence.valid_until),
          evidence.source,
          evidence.detail().ja,
          evidence.detail().en,
          write_basis(evidence.basis())};
}

bool same_fact(const Evidence& next, const Evidence& last) {
  return next.source.starts_with("collector:") && next.source == last.source &&
         next.verdict() == last.verdict() && next.detail() == last.detail();
}

/// The same fact, seen again before the last sight of it ran out.
bool extends(const Evidence& next, const Evidence& last) {
  return same_fact(next, last) && next.observed_at >= last.observed_at &&
         next.observed_at < last.valid_until && next.valid_until >= last.valid_until;
}

/// The very same sight, or one of those in between that arrived late.
bool covered(const Evidence& next, const KeptEvidence& last) {
  return same_fact(next, last.evidence) && next.observed_at >= last.first_at &&
         next.observed_at <= last.evidence.observed_at &&
         next.valid_until <= last.evidence.valid_until;
}

Result<std::int64_t> newest_change(Database& database) {
  const auto rows = database.query("SELECT COALESCE(MAX(change), 0) FROM evidence");
  if (!rows) return std::unexpected(rows.error());
  return rows->front().integer(0);
}

Result<std::int64_t> put(Database& database, const Evidence& evidence, std::int64_t change) {
  const auto rows = database.query(std::string("SELECT ") + kEvidenceColumns +
                                       " FROM evidence WHERE subject = ? AND check_id = ? ORDER BY "
                                       "observed_at DESC, id DESC LIMIT 1",
                                   {evidence.subject.value, evidence.check});
  if (!rows) return std::unexpected(rows.error());
  if (!rows->empty()) {
    const KeptEvidence last = kept_evidence(rows->front());
    if (covered(evidence, last)) return last.id;
    if (extends(evidence, last.evidence)) {
      const auto moved = database.query(
          "UPDATE evidence SET observed_at = ?, valid_until = ?, change = ?, basis = ? WHERE id = "
          "?",
          {value_of(evidence.observed_at), value_of(evidence.valid_until), change,
           write_basis(evidence.basis()), last.id});
      if (!moved) return std::unexpected(moved.error());
      return last.id;
    }
  }
  Values values = columns(evidence);
  values.emplace_back(change);
  const auto added = database.query(
      "INSERT INTO evidence (subject, check_id, verdict, first_at, observed_at, valid_until, "
      "source, detail_ja, detail_en, basis, change) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "RETURNING id",
      values);
  if (!added) return std::unexpected(added.error());
  return added->front().integer(0);
}

}  // namespace

KeptEvidence kept_evidence(const Row& row) {
  return {row.integer(0),
          row.integer(1),
          row.time(2),
          {{row.text(3)},
           row.text(4),
           Judgement::kept(verdict_named(row.text(5)).value_or(Verdict::unknown),
                           {row.text(9), row.text(10)}, kept_basis(row.text(11))),
           row.time(6),
           row.time(7),
           row.text(8)}};
}

Result<std::vector<std::int64_t>> append_evidence(Database& database,
                                                  const std::vector<Evidence>& evidence) {
  std::vector<std::int64_t> ids;
  auto done = database.write([&]() -> Result<void> {
    const auto newest = newest_change(database);
    if (!newest) return std::unexpected(newest.error());
    std::int64_t change = *newest;
    for (const Evidence& record : evidence) {
      const auto id = put(database, record, ++change);
      if (!id) return std::unexpected(id.error());
      ids.push_back(*id);
    }
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return ids;
}

Result<void> import_evidence(Database& database, const std::vector<KeptEvidence>& rows) {
  return database.write([&]() -> Result<void> {
    auto loader = database.load(
        "evidence", {"subject", "check_id", "verdict", "first_at", "observed_at", "valid_until",
                     "source", "detail_ja", "detail_en", "basis", "change"});
    if (!loader) return std::unexpected(loader.error());
    std::int64_t change = 0;
    for (const KeptEvidence& row : rows) {
      const Evidence& e = row.evidence;
      auto added = (*loader)->put({e.subject.value, e.check, std::string(name(e.verdict())),
                                   value_of(row.first_at), value_of(e.observed_at),
                                   value_of(e.valid_until), e.source, e.detail().ja, e.detail().en,
                                   write_basis(e.basis()), ++change});
      if (!added) return added;
    }
    return (*loader)->finish();
  });
}

Result<void> forget_evidence(Database& database, std::string_view where, const Values& values) {
  const auto before = newest_change(database);
  if (!before) return std::unexpected(before.error());
  if (auto gone = database.execute(fmt::format("DELETE FROM evidence WHERE {}", where), values);
      !gone)
    return gone;
  const auto after = newest_change(database);
  if (!after) return std::unexpected(after.error());
  if (*after == *before) return {};
  // Readers wait for what comes after the newest: its number isn't given again.
  return database.execute("UPDATE evidence SET change = ? WHERE change = ?", {*before + 1, *after});
}

Result<void> sightings_since(Database& database, std::int64_t change,
                             const std::function<void(const KeptSighting&)>& take) {
  return database.each(
      "SELECT change, subject, check_id, id, first_at, observed_at, valid_until, verdict, "
      // As evidence/partly.h has it; in JSON no text of anybody's can look so.
      "CASE WHEN verdict = 'fail' AND source LIKE 'person:%' AND basis LIKE "
      "'%\"source\":\"person\"%' AND basis LIKE '%\"seen\":\"partly\"%' THEN 1 ELSE 0 END "
      "FROM evidence WHERE change > ? ORDER BY change",
      {change}, [&](const Row& row) {
        take({row.integer(0),
              {row.text(1)},
              row.text(2),
              {row.integer(3), row.time(4), row.time(5), row.time(6),
               verdict_named(row.text(7)).value_or(Verdict::unknown), row.integer(8) != 0}});
        return true;
      });
}

Result<std::vector<Evidence>> all_evidence(Database& database) {
  std::vector<Evidence> list;
  const auto done =
      database.each(std::string("SELECT ") + kEvidenceColumns + " FROM evidence ORDER BY id", {},
                    [&](const Row& row) {
                      list.push_back(kept_evidence(row).evidence);
                      return true;
                    });
  if (!done) return std::unexpected(done.error());
  return list;
}

Result<void> set_setting(Database& database, const std::string& name, const std::string& value) {
  return database.execute(
      "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = "
      "excluded.value",
      {name, value});
}

Result<Settings> settings(Database& database) {
  const auto rows = database.query("SELECT name, value FROM setting");
  if (!rows) return std::unexpected(rows.error());
  Settings values;
  for (const Row& row : *rows) values[row.text(0)] = row.text(1);
  return values;
}

}  // namespace sekisho
