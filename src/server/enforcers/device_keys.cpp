// SPDX-License-Identifier: Apache-2.0
#include "server/enforcers/device_keys.h"

#include "base/crypto.h"
#include "store/store.h"

namespace sekisho {

std::vector<std::string> keys_of_device(Database& db, DeviceId device, Time now) {
  std::vector<std::string> keys;
  const auto rows = db.query(
      "SELECT DISTINCT public_key FROM device_certificate WHERE device_id = ? AND revoked_at IS "
      "NULL AND expires_at > ?",
      {device, value_of(now)});
  if (!rows) return keys;
  for (const Row& row : *rows)
    if (auto key = from_base64url(row.text(0)); key && !key->empty())
      keys.push_back(std::move(*key));
  return keys;
}

}  // namespace sekisho
