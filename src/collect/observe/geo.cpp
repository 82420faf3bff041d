// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/geo.h"

#include <arpa/inet.h>
#include <maxminddb.h>
#include <netinet/in.h>

#include <cstring>

namespace sekisho {
namespace {

/// A text in an entry, at the first of the paths that has one.
std::string text_at(MMDB_entry_s& entry, std::initializer_list<std::vector<const char*>> paths) {
  for (std::vector<const char*> path : paths) {
    path.push_back(nullptr);
    MMDB_entry_data_s data{};
    if (MMDB_aget_value(&entry, &data, path.data()) == MMDB_SUCCESS && data.has_data &&
        data.type == MMDB_DATA_TYPE_UTF8_STRING)
      return printable({data.utf8_string, data.data_size}, 100);
  }
  return {};
}

std::uint32_t number_at(MMDB_entry_s& entry, std::vector<const char*> path) {
  path.push_back(nullptr);
  MMDB_entry_data_s data{};
  if (MMDB_aget_value(&entry, &data, path.data()) != MMDB_SUCCESS || !data.has_data) return 0;
  if (data.type == MMDB_DATA_TYPE_UINT32) return data.uint32;
  if (data.type == MMDB_DATA_TYPE_UINT16) return data.uint16;
  return 0;
}

std::optional<double> degrees_at(MMDB_entry_s& entry, std::vector<const char*> path, double most) {
  path.push_back(nullptr);
  MMDB_entry_data_s data{};
  if (MMDB_aget_value(&entry, &data, path.data()) != MMDB_SUCCESS || !data.has_data ||
      data.type != MMDB_DATA_TYPE_DOUBLE)
    return std::nullopt;
  // What isn't a number isn't within either.
  if (!(data.double_value >= -most && data.double_value <= most)) return std::nullopt;
  return data.double_value;
}

}  // namespace

struct Geo::Database {
  MMDB_s file{};
  bool open = false;
  Database() = default;
  ~Database() {
    if (open) MMDB_close(&file);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
};

Geo::Geo() = default;
Geo::~Geo() = default;
Geo::Geo(Geo&&) noexcept = default;
Geo& Geo::operator=(Geo&&) noexcept = default;

Result<void> Geo::open(const std::filesystem::path& path) {
  auto database = std::make_unique<Database>();
  database->open = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &database->file) == MMDB_SUCCESS;
  if (!database->open)
    return failure("MaxMind 形式のデータベース（*.mmdb）として読めません。",
                   "this can't be read as a database in MaxMind's format (*.mmdb).", path.string());
  databases_.push_back(std::move(database));
  return {};
}

bool Geo::empty() const { return databases_.empty(); }

Place Geo::place(const Address& address) const {
  sockaddr_storage storage{};
  if (address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(address.v4_bits());
    std::memcpy(&storage, &v4, sizeof v4);
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    const std::uint64_t high = __builtin_bswap64(address.high);
    const std::uint64_t low = __builtin_bswap64(address.low);
    std::memcpy(&v6.sin6_addr, &high, 8);
    std::memcpy(v6.sin6_addr.s6_addr + 8, &low, 8);
    std::memcpy(&storage, &v6, sizeof v6);
  }
  Place place;
  for (const auto& database : databases_) {
    int error = MMDB_SUCCESS;
    MMDB_lookup_result_s found =
        MMDB_lookup_sockaddr(&database->file, reinterpret_cast<const sockaddr*>(&storage), &error);
    if (error != MMDB_SUCCESS || !found.found_entry) continue;
    if (place.country.empty())
      place.country =
          text_at(found.entry,
                  {{"country", "iso_code"}, {"registered_country", "iso_code"}, {"country_code"}});
    if (place.system == 0) {
      place.system = number_at(found.entry, {"autonomous_system_number"});
      place.system_name = text_at(found.entry, {{"autonomous_system_organization"}, {"as_name"}});
    }
    if (!place.point) {
      const auto latitude = degrees_at(found.entry, {"location", "latitude"}, 90);
      const auto longitude = degrees_at(found.entry, {"location", "longitude"}, 180);
      if (latitude && longitude) place.point.emplace(*latitude, *longitude);
    }
    place.cellular = place.cellular || text_at(found.entry, {{"connection_type"}}) == "Cellular";
  }
  return place;
}

}  // namespace sekisho
