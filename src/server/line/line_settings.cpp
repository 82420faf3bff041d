// SPDX-License-Identifier: Apache-2.0
#include "server/line/line_settings.h"

#include "base/crypto.h"
#include "server/line/line.h"

namespace sekisho {

const LineNames& line_names() {
  static const LineNames names = *built_in_line_names();
  return names;
}

std::vector<Network> networks_of(std::string_view text) {
  std::vector<Network> networks;
  for (const std::string_view word : words(text))
    if (const auto network = read_network(word)) networks.push_back(*network);
  return networks;
}

LineKept kept_of(const Settings& known) {
  LineKept kept;
  if (const auto days = known.find(kLineHours); days != known.end())
    kept.hours = std::chrono::days(std::max<std::int64_t>(whole_number(days->second), 7));
  return kept;
}

Result<SensorTask> sensor_task(Database& db) {
  SensorTask task;
  const auto done = db.write([&]() -> Result<void> {
    const auto known = settings(db);
    if (!known) return std::unexpected(known.error());
    std::string bytes;
    if (const auto key = known->find(kLineKey); key != known->end())
      bytes = from_base64url(key->second).value_or("");
    if (bytes.size() != 16) {
      bytes = random_bytes(16);
      if (auto set = set_setting(db, kLineKey, base64url(bytes)); !set) return set;
    }
    task.key = hash_key(bytes);
    if (const auto ours = known->find(kLineOurs); ours != known->end())
      task.ours = networks_of(ours->second);
    if (const auto portals = known->find(kLinePortals); portals != known->end())
      for (const std::string_view word : words(portals->second))
        if (const auto portal = read_portal(word)) task.portals.push_back(*portal);
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return task;
}

}  // namespace sekisho
