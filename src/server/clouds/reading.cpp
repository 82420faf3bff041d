// SPDX-License-Identifier: Apache-2.0
#include "server/clouds/reading.h"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "evidence/readers.h"
#include "store/columns.h"

namespace sekisho {
namespace {

namespace json = boost::json;

std::string text_at(const json::value& row, std::string_view key) {
  const json::value* found = row.as_object().if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

std::optional<Verdict> verdict_at(const json::value& row, std::string_view key) {
  return verdict_named(text_at(row, key));
}

struct ReadingColumns {
  std::int64_t id = 0;
  Time taken_at{}, made_at{};
  std::string by, emergency, result;

  static std::span<const Column<ReadingColumns>> columns() {
    using Of = Column<ReadingColumns>;
    static const std::array kColumns{Of{"r.id", &ReadingColumns::id},
                                     Of{"r.taken_at", &ReadingColumns::taken_at},
                                     Of{"r.made_at", &ReadingColumns::made_at},
                                     Of{"COALESCE(p.name, '')", &ReadingColumns::by},
                                     Of{"r.emergency", &ReadingColumns::emergency},
                                     Of{"r.result", &ReadingColumns::result}};
    return kColumns;
  }
};

}  // namespace

Result<std::optional<KeptReading>> kept_reading(Database& db) {
  const auto found = db.query("SELECT " + columns_of<ReadingColumns>() +
                              " FROM cloud_reading r LEFT JOIN person p ON p.id = r.person_id "
                              "ORDER BY r.id DESC LIMIT 1");
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return std::nullopt;
  auto kept = read_as<ReadingColumns>(found->front());
  KeptReading reading{kept.id,
                      kept.taken_at,
                      kept.made_at,
                      std::move(kept.by),
                      json::parse(kept.emergency).as_array(),
                      json::parse(kept.result).as_array()};
  close_older_rows(reading.rows);
  return reading;
}

void close_older_rows(json::array& rows) {
  for (json::value& row : rows) {
    json::object& fields = row.as_object();
    const json::value* number = fields.if_contains("readers");
    const std::int64_t readers = number != nullptr && number->is_int64() ? number->get_int64() : 0;
    const auto verdict = verdict_at(row, "verdict");
    if (verdict != Verdict::pass && verdict != Verdict::not_applicable) continue;
    if (!read_otherwise_since(readers, text_at(row, "check"))) continue;
    fields["verdict"] = json::value(name(Verdict::unknown));
    fields["fact"] =
        json_text({"古いバージョンの Sekisho が読んだ結果なので、今は数えません。"
                   "設定を読み直してください",
                   "an older version of Sekisho read this, so it no longer counts; "
                   "have the settings read again"});
    fields.erase("seen");
    fields.erase("limit");
  }
}

std::vector<KeptRow> kept_rows_of(const KeptReading& reading) {
  std::vector<KeptRow> rows;
  for (const json::value& one : reading.rows) {
    const CloudItem* item = cloud_item(text_at(one, "id"));
    if (item == nullptr) continue;
    rows.push_back(
        {item, verdict_at(one, "verdict").value_or(Verdict::unknown), verdict_at(one, "before"),
         one.at("people").as_array().size(), text_at(one, "seen"), text_at(one, "limit"),
         parse_time(text_at(one, "made_at")).value_or(reading.made_at), text_at(one, "account")});
  }
  return rows;
}

std::set<CloudService> services_of(const std::vector<KeptRow>& rows) {
  std::set<CloudService> all;
  for (const KeptRow& row : rows) all.insert(row.item->service);
  return all;
}

std::string account_in(const CloudReading& reading, CloudService service) {
  const auto found = reading.accounts.find(account_holder(service));
  return found == reading.accounts.end() ? std::string() : found->second;
}

bool is_of_another(const KeptRow& row, const CloudReading& reading) {
  const CloudService holder = account_holder(row.item->service);
  return !row.account.empty() && row.account != account_in(reading, holder) &&
         std::ranges::any_of(reading.read,
                             [&](CloudService one) { return account_holder(one) == holder; });
}

std::optional<OtherAccount> other_account(const KeptReading& kept, const CloudReading& reading) {
  for (const KeptRow& row : kept_rows_of(kept))
    if (is_of_another(row, reading))
      return OtherAccount{row.item->service, row.account, account_in(reading, row.item->service)};
  return std::nullopt;
}

Text said_of(const OtherAccount& other) {
  const Text service = label(other.service);
  const std::string known = printable(other.known, 100);
  if (other.read.empty())
    return {fmt::format("{}: どのテナント（アカウント）の設定か、書かれていません。前に読んだのは "
                        "{} です。前の結果は残しました。",
                        service.ja, known),
            fmt::format("{}: whose settings these are isn't said, and what was read before is of "
                        "{}; it is kept.",
                        service.en, known)};
  const std::string read = printable(other.read, 100);
  return {fmt::format("{}: 別のテナント（アカウント）{} の設定です。前に読んだのは {} です。"
                      "前の結果は残しました。",
                      service.ja, read, known),
          fmt::format("{}: these are settings of another account ({}) than what was read before "
                      "({}), which is kept.",
                      service.en, read, known)};
}

}  // namespace sekisho
