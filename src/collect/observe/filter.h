// SPDX-License-Identifier: Apache-2.0
// What of a line is looked at: packets by port, source and tool, frames by a BPF expression as
// tcpdump has it. Empty: all.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/base.h"
#include "collect/observe/decode.h"
#include "collect/observe/names.h"

namespace sekisho {

/// An expression as tcpdump takes it ("udp and not port 53"; pcap-filter(7)).
class FrameFilter {
 public:
  /// Refuses what is no expression.
  static Result<FrameFilter> read(const std::string& expression);
  /// Any thread may ask. False for links that the expression can't be told of.
  bool passes(const Record& record) const;

 private:
  struct Programs;
  explicit FrameFilter(std::shared_ptr<Programs> programs);
  std::shared_ptr<Programs> programs_;
};

struct LineFilter {
  struct Port {
    std::uint8_t protocol = 0;  // 0: TCP and UDP
    std::uint16_t port = 0;
  };
  std::vector<Port> ports;
  std::vector<Network> sources;
  std::optional<Tool> tool;
  bool without_scanners = false;  // those who scan in the open
  std::optional<FrameFilter> frames;

  bool by_packet() const { return !ports.empty() || !sources.empty() || tool || without_scanners; }
  /// `names` is needed for `without_scanners`.
  bool passes(const Packet& packet, const LineNames* names) const;
};

/// "23", "53/udp", "22/tcp".
std::optional<LineFilter::Port> read_port(std::string_view text);

}  // namespace sekisho
