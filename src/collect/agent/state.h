// SPDX-License-Identifier: Apache-2.0
// Internal to the room: what an enrolled device knows, as it stands in its folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "collect/agent/disk.h"
#include "collect/agent/keys.h"
#include "collect/agent/net.h"

namespace sekisho {

struct AgentState {
  std::string server;
  std::string device;
  std::string authority;
  std::string certificate;
  /// Those before, the newest first, each until it ends: a server that was restored may know no
  /// other.
  std::vector<std::string> certificates_before = {};
  std::string turn;
  std::string content_key;
  std::string content;    // the version that is in place; empty: none
  std::int64_t next = 1;  // a number from here on was never given to a report
};

/// Of certificates before: more than hold at once, unless a server is restored again and again.
inline constexpr std::size_t kMostBefore = 8;

/// Keys, certificates and answers that are kept are smaller.
inline constexpr std::size_t kMostStateBytes = 65'536;

std::string write_state(const AgentState& state);
Result<AgentState> read_state(Disk& disk, const std::filesystem::path& folder);
Result<KeyPair> read_key(Disk& disk, const std::filesystem::path& folder);

std::filesystem::path state_file(const std::filesystem::path& folder);
/// What the server told of it last.
std::filesystem::path told_file(const std::filesystem::path& folder);
std::filesystem::path key_file(const std::filesystem::path& folder);
/// Where a device is made until all of it is there.
std::filesystem::path coming_folder(const std::filesystem::path& folder);
/// Puts a device that is all there in the place of the one before, whose reports go with it. To be
/// called again after whatever failed or crashed.
Result<void> move_in(Disk& disk, const std::filesystem::path& folder);

/// Another certificate takes the place of the current one, which is one of those before from now
/// on; those that have ended go.
void take_certificate(AgentState& state, const std::string& pem);

struct DeviceReply {
  ServerReply reply;
  std::string as_before = {};  // of those before, the one that the server knows
};
/// Asks as the device. A server that was restored from a backup may not know the certificates that
/// it gave since: then once more with each of those before, while they hold.
Result<DeviceReply> ask_as(Net& net, const AgentState& state, const KeyPair& key,
                           const NetRequest& request, Time now);

}  // namespace sekisho
