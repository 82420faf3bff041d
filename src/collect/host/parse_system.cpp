// SPDX-License-Identifier: Apache-2.0
// What the kernel tells of itself.
#include <algorithm>
#include <charconv>

#include "collect/host/parse.h"

namespace sekisho {
namespace {

/// mountinfo writes blanks and backslashes in octal (\040).
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    const bool octal = text[i] == '\\' && i + 3 < text.size() &&
                       std::from_chars(text.data() + i + 1, text.data() + i + 4, code, 8).ptr ==
                           text.data() + i + 4;
    if (octal && code < 256) {
      out += static_cast<char>(code);
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::optional<unsigned> hex(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

/// Addresses are printed as 32-bit words in the machine's own byte order, which is little-endian on
/// every architecture that Debian offers for PCs.
bool is_loopback(std::string_view address) {
  constexpr std::string_view kMapped = "0000000000000000FFFF0000";
  if (address.size() == 8) return address.ends_with("7F");
  if (address == "00000000000000000000000001000000") return true;
  return address.size() == 32 && address.starts_with(kMapped) && address.ends_with("7F");
}

}  // namespace

std::vector<Mount> parse_mountinfo(std::string_view text) {
  std::vector<Mount> mounts;
  for (const std::string_view line : split(text, '\n')) {
    const auto fields = words(line);
    const auto dash = std::ranges::find(fields, "-");
    if (fields.size() < 10 || std::distance(fields.begin(), dash) < 6 || fields.end() - dash < 3)
      continue;
    const auto device = split(fields[2], ':');
    if (device.size() != 2) continue;
    const auto major = whole_number(device[0]);
    const auto minor = whole_number(device[1]);
    if (major < 0 || minor < 0 || major > 0xFFFFF || minor > 0xFFFFF) continue;
    mounts.push_back({static_cast<unsigned>(major), static_cast<unsigned>(minor),
                      unescaped(fields[4]), std::string(fields[5]), std::string(*(dash + 1)),
                      unescaped(*(dash + 2))});
  }
  return mounts;
}

bool Mount::has(std::string_view option) const {
  const auto all = split(options, ',');
  return std::ranges::find(all, option) != all.end();
}

std::vector<Listener> parse_listeners(std::string_view text, bool udp) {
  std::vector<Listener> listeners;
  for (const std::string_view line : split(text, '\n')) {
    const auto fields = words(line);
    // TCP waits in state 0A (LISTEN); UDP in 07, without a peer.
    if (fields.size() < 4 || fields[3] != (udp ? "07" : "0A")) continue;
    const auto local = split(fields[1], ':');
    if (local.size() != 2 || (local[0].size() != 8 && local[0].size() != 32)) continue;
    const auto port = hex(local[1]);
    if (!port || *port == 0 || *port > 0xFFFF) continue;
    const std::int64_t inode = fields.size() > 9 ? whole_number(fields[9]) : 0;
    listeners.push_back({static_cast<std::uint16_t>(*port), udp, is_loopback(local[0]),
                         static_cast<std::uint64_t>(std::max<std::int64_t>(inode, 0))});
  }
  return listeners;
}

}  // namespace sekisho
