// SPDX-License-Identifier: Apache-2.0
// Where addresses are, by databases in MaxMind's format (MaxMind DB 2.0): GeoLite2, DB-IP, IPinfo.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/base.h"
#include "collect/observe/address.h"

namespace sekisho {

struct Place {
  std::string country;       // ISO 3166-1 alpha-2; empty: not known
  std::uint32_t system = 0;  // autonomous system; 0: not known
  std::string system_name;
  std::optional<std::pair<double, double>> point;  // latitude, longitude, in degrees
  bool cellular = false;                           // a mobile carrier's
};

class Geo {
 public:
  Geo();
  ~Geo();
  Geo(Geo&&) noexcept;
  Geo& operator=(Geo&&) noexcept;
  Geo(const Geo&) = delete;
  Geo& operator=(const Geo&) = delete;

  /// Adds a database; what it doesn't say another one may.
  Result<void> open(const std::filesystem::path& path);
  bool empty() const;
  Place place(const Address& address) const;

 private:
  struct Database;
  std::vector<std::unique_ptr<Database>> databases_;
};

}  // namespace sekisho
