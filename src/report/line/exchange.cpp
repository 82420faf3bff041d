// SPDX-License-Identifier: Apache-2.0
// What is observed, for other programs that watch: each source in a line, STIX 2.1 (OASIS), and
// MISP's core format (draft-dulaunoy-misp-core-format).
#include <fmt/format.h>
#include <openssl/evp.h>
#include <boost/json.hpp>

#include <array>
#include <iterator>
#include <set>

#include "base/csv.h"
#include "report/line/line.h"

namespace sekisho {
namespace {

namespace stix_json = boost::json;

/// RFC 4122, 4.3: the same name, the same identifier.
std::string uuid5(const std::array<std::uint8_t, 16>& space, std::string_view name) {
  std::string text(space.begin(), space.end());
  text += name;
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> hash{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), hash.data(), &size, EVP_sha1(), nullptr);
  hash[6] = static_cast<std::uint8_t>((hash[6] & 0x0fU) | 0x50U);
  hash[8] = static_cast<std::uint8_t>((hash[8] & 0x3fU) | 0x80U);
  std::string out;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    fmt::format_to(std::back_inserter(out), "{:02x}", hash.at(i));
  }
  return out;
}

/// The namespace of observables' identifiers (STIX 2.1, 2.9), and one of our own.
constexpr std::array<std::uint8_t, 16> kObservables = {
    0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7};
constexpr std::array<std::uint8_t, 16> kOurs = {0x6d, 0x1f, 0x6b, 0x0e, 0x2b, 0x5d, 0x4c, 0x57,
                                                0x9a, 0x64, 0x3a, 0x70, 0x1e, 0x0c, 0x95, 0x21};

class Bundle {
 public:
  Bundle(const Observation& seen, Time now) : seen_(seen), now_(stamp(now)) {
    identity_ = "identity--" + uuid5(kOurs, "sekisho observe");
    objects_.emplace_back(stix_json::object{{"type", "identity"},
                                            {"spec_version", "2.1"},
                                            {"id", identity_},
                                            {"created", "2026-01-01T00:00:00.000Z"},
                                            {"modified", "2026-01-01T00:00:00.000Z"},
                                            {"name", "Sekisho observe"},
                                            {"identity_class", "system"}});
  }

  std::string all() {
    for (const Attack& one : seen_.attacks)
      for (const Address& client : one.clients)
        indicator(client, one.first,
                  fmt::format("Tries passwords at {}", seen_.names.logins[one.service].name.en));
    for (const SourceLine& line : seen_.sources.top) {
      if (line.record.scans <= 0) continue;
      observed(line.record);
      // Who scans in the open is known, and no indicator of anything.
      if (line.scanner == nullptr && line.record.like_scanner())
        indicator(line.record.address, Time(std::chrono::seconds(line.record.first)),
                  line.record.tool == Tool::none
                      ? std::string("Scans")
                      : fmt::format("Scans ({})", tool_name(line.record.tool)));
    }
    const std::string text = stix_json::serialize(objects_);
    return stix_json::serialize(stix_json::object{{"type", "bundle"},
                                                  {"id", "bundle--" + uuid5(kOurs, now_ + text)},
                                                  {"objects", std::move(objects_)}}) +
           "\n";
  }

 private:
  static std::string stamp(Time time) {
    std::string text = format_time(time);
    return text.insert(text.size() - 1, ".000");
  }
  static std::string_view kind(const Address& address) {
    return address.is_v4() ? "ipv4-addr" : "ipv6-addr";
  }

  void indicator(const Address& address, Time from, const std::string& why) {
    const std::string text = seen_.address(address);
    const std::string id = "indicator--" + uuid5(kOurs, text + why + stamp(from));
    if (!told_.insert(id).second) return;
    objects_.emplace_back(
        stix_json::object{{"type", "indicator"},
                          {"spec_version", "2.1"},
                          {"id", id},
                          {"created_by_ref", identity_},
                          {"created", now_},
                          {"modified", now_},
                          {"name", why},
                          {"indicator_types", stix_json::array{"malicious-activity"}},
                          {"pattern", fmt::format("[{}:value = '{}']", kind(address), text)},
                          {"pattern_type", "stix"},
                          {"valid_from", stamp(from)}});
  }

  void observed(const SourceRecord& record) {
    const std::string text = seen_.address(record.address);
    const std::string type(kind(record.address));
    const std::string id =
        type + "--" + uuid5(kObservables, stix_json::serialize(stix_json::object{{"value", text}}));
    if (told_.insert(id).second)
      objects_.emplace_back(
          stix_json::object{{"type", type}, {"spec_version", "2.1"}, {"id", id}, {"value", text}});
    const std::string first = stamp(Time(std::chrono::seconds(record.first)));
    objects_.emplace_back(
        stix_json::object{{"type", "observed-data"},
                          {"spec_version", "2.1"},
                          {"id", "observed-data--" + uuid5(kOurs, text + first + now_)},
                          {"created_by_ref", identity_},
                          {"created", now_},
                          {"modified", now_},
                          {"first_observed", first},
                          {"last_observed", stamp(Time(std::chrono::seconds(record.last)))},
                          {"number_observed", std::min<std::uint32_t>(record.packets, 999'999'999)},
                          {"object_refs", stix_json::array{stix_json::string(id)}}});
  }

  const Observation& seen_;
  std::string now_;
  std::string identity_;
  stix_json::array objects_;
  std::set<std::string> told_;
};

/// One event, of what STIX has indicators for.
class MispEvent {
 public:
  MispEvent(const Observation& seen, Time now) : seen_(seen), now_(now) {}

  std::string all() {
    for (const Attack& one : seen_.attacks)
      for (const Address& client : one.clients)
        attribute(client, one.first, one.last,
                  fmt::format("Tries passwords at {}", seen_.names.logins[one.service].name.en));
    for (const SourceLine& line : seen_.sources.top) {
      const SourceRecord& one = line.record;
      if (one.scans <= 0 || line.scanner != nullptr || !one.like_scanner()) continue;
      attribute(one.address, Time(std::chrono::seconds(one.first)),
                Time(std::chrono::seconds(one.last)),
                one.tool == Tool::none ? std::string("Scans")
                                       : fmt::format("Scans ({})", tool_name(one.tool)));
    }
    const std::string span =
        seen_.all.all.packets == 0
            ? std::string()
            : fmt::format(", {} to {}", format_time(seen_.first), format_time(seen_.last));
    const std::string about = "Seen at a line by Sekisho" + span;
    const std::string text = stix_json::serialize(attributes_);
    // For one's own organisation until somebody says otherwise; nobody has looked at it yet.
    return stix_json::serialize(stix_json::object{
               {"Event", stix_json::object{{"uuid", uuid5(kOurs, about + text)},
                                           {"info", about},
                                           {"date", format_time(now_).substr(0, 10)},
                                           {"timestamp", seconds(now_)},
                                           {"threat_level_id", "4"},
                                           {"analysis", "0"},
                                           {"distribution", "0"},
                                           {"published", false},
                                           {"Attribute", std::move(attributes_)}}}}) +
           "\n";
  }

 private:
  static std::string seconds(Time time) { return std::to_string(time.time_since_epoch().count()); }

  void attribute(const Address& address, Time first, Time last, const std::string& why) {
    const std::string text = seen_.address(address);
    const std::string id = uuid5(kOurs, text + why + format_time(first));
    if (!told_.insert(id).second) return;
    attributes_.emplace_back(stix_json::object{{"uuid", id},
                                               {"type", "ip-src"},
                                               {"category", "Network activity"},
                                               {"to_ids", true},
                                               {"distribution", "5"},
                                               {"value", text},
                                               {"comment", why},
                                               {"first_seen", format_time(first)},
                                               {"last_seen", format_time(last)},
                                               {"timestamp", seconds(now_)}});
  }

  const Observation& seen_;
  Time now_;
  stix_json::array attributes_;
  std::set<std::string> told_;
};

}  // namespace

std::string sources_csv(const Observation& seen) {
  std::string out =
      "address,packets,first,last,tool,scanner,country,system,first_ports,different_ports,"
      "different_targets,scans,in_order\r\n";
  for (const SourceLine& line : seen.sources.top) {
    const SourceRecord& one = line.record;
    std::string ports;
    for (std::size_t i = 0; i < one.ports_known; ++i)
      ports += (ports.empty() ? "" : " ") + std::to_string(one.ports.at(i));
    fmt::format_to(
        std::back_inserter(out), "{},{},{},{},{},{},{},{},{},{:.0f},{:.0f},{},{}\r\n",
        seen.address(one.address), one.packets, format_time(Time(std::chrono::seconds(one.first))),
        format_time(Time(std::chrono::seconds(one.last))),
        one.tool == Tool::none ? std::string_view()
                               : kToolIds.at(static_cast<std::size_t>(one.tool)),
        line.scanner == nullptr ? std::string() : csv_cell(line.scanner->name), line.place.country,
        line.place.system == 0
            ? std::string()
            : csv_cell(fmt::format("AS{} {}", line.place.system, line.place.system_name)),
        ports, one.different_ports(), one.different_targets(), one.scans > 0, one.in_order());
  }
  return out;
}

std::string observation_stix(const Observation& seen, Time now) { return Bundle(seen, now).all(); }

std::string observation_misp(const Observation& seen, Time now) {
  return MispEvent(seen, now).all();
}

}  // namespace sekisho
