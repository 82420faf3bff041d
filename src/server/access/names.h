// SPDX-License-Identifier: Apache-2.0
// People and devices by name, for lists that hold their ids.
#pragma once

#include <map>
#include <set>
#include <string>

#include <boost/json.hpp>

#include "server/api/call.h"

namespace sekisho {

/// {"id", "name"} of a row that may be gone; each is asked for once.
class Named {
 public:
  /// `table`: person or device.
  Named(Database& db, const char* table)
      : db_(db), sql_(std::string("SELECT name FROM ") + table + " WHERE id = ?") {}

  /// Empty for nobody, and for one that is gone.
  Result<std::string> name(std::int64_t id);
  /// null for 0.
  Result<boost::json::value> of(std::int64_t id);

 private:
  Database& db_;
  std::string sql_;
  std::map<std::int64_t, std::string> names_;
};

/// The id that a query names; 0 for none.
std::int64_t wanted_id(const Call& call, std::string_view name);

/// Whom a search means: the ids of people (by name or address) and of devices that have it in their
/// name, whatever its case.
struct Meant {
  std::set<std::int64_t> people;
  std::set<std::int64_t> devices;
};
Result<Meant> meant_by(Database& db, std::string_view search);

}  // namespace sekisho
