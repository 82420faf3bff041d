// SPDX-License-Identifier: Apache-2.0
// Capture files in any form, and what is in their frames.
#include <algorithm>

#include "collect/observe/observe.h"
#include "fuzz.h"

using namespace sekisho;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const LineNames names = *built_in_line_names();
  static const LoginPlaces places(names);
  static const std::vector<Network> everywhere = {{{}, 0}};
  CaptureReader reader(memory_source({data, size}));
  if (!reader.start()) return 0;
  std::vector<Record> records(16);
  // A small packed file may unpack to a large one.
  for (int turns = 0; turns < 4096; ++turns) {
    const std::size_t count = reader.next(records);
    if (count == 0) break;
    for (std::size_t i = 0; i < count; ++i) {
      Packet packet;
      if (decode(records[i], packet) != Decoded::packet) continue;
      // No record adds gigabytes, and what ends at all addresses is never a tunnel's inside.
      require(packet.length <= std::max(records[i].captured, 262'144U));
      Packet outer;
      require(decode(records[i], outer, &everywhere) == Decoded::packet);
      require(packet.payload().size() <= packet.payload_length);
      require(packet.payload().empty() || (packet.payload().data() >= records[i].data &&
                                           packet.payload().data() + packet.payload().size() <=
                                               records[i].data + records[i].captured));
      if (const auto event = login_event(packet, places, names))
        require(event->service == LoginEvent::kAnyService || event->service < names.logins.size());
    }
  }
  return 0;
}
