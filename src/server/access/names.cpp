// SPDX-License-Identifier: Apache-2.0
#include "server/access/names.h"

#include <algorithm>

namespace sekisho {
namespace {

/// Only what is typed counts: % and _ have no meaning of their own.
std::string pattern_of(std::string_view search) {
  std::string pattern = "%";
  for (const char c : lower(search)) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c;
  }
  return pattern + "%";
}

Result<void> take_ids(Database& db, const std::string& sql, const Values& values,
                      std::set<std::int64_t>& ids) {
  return db.each(sql, values, [&](const Row& row) {
    ids.insert(row.integer(0));
    return true;
  });
}

}  // namespace

Result<std::string> Named::name(std::int64_t id) {
  if (id == 0) return std::string();
  auto known = names_.find(id);
  if (known == names_.end()) {
    const auto rows = db_.query(sql_, {id});
    if (!rows) return std::unexpected(rows.error());
    known = names_.emplace(id, rows->empty() ? "" : rows->front().text(0)).first;
  }
  return known->second;
}

Result<boost::json::value> Named::of(std::int64_t id) {
  if (id == 0) return boost::json::value(nullptr);
  auto found = name(id);
  if (!found) return std::unexpected(found.error());
  return boost::json::object{{"id", id}, {"name", std::move(*found)}};
}

std::int64_t wanted_id(const Call& call, std::string_view name) {
  const auto text = call.query(name);
  return text ? std::max<std::int64_t>(whole_number(*text), 0) : 0;
}

Result<Meant> meant_by(Database& db, std::string_view search) {
  const std::string pattern = pattern_of(search);
  Meant meant;
  if (auto people = take_ids(db,
                             "SELECT id FROM person WHERE lower(name) LIKE ? ESCAPE '!' OR email "
                             "LIKE ? ESCAPE '!'",
                             {pattern, pattern}, meant.people);
      !people)
    return std::unexpected(people.error());
  if (auto devices = take_ids(db, "SELECT id FROM device WHERE lower(name) LIKE ? ESCAPE '!'",
                              {pattern}, meant.devices);
      !devices)
    return std::unexpected(devices.error());
  return meant;
}

}  // namespace sekisho
