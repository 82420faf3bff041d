// SPDX-License-Identifier: Apache-2.0
// What clients and servers say where people sign in, piece by piece, and what it comes to: the
// first byte of each piece says how long it is and who says it, the second how much of it was said
// before, or is missing before it.
#include <array>
#include <vector>

#include "collect/observe/attempts.h"
#include "fuzz.h"

using namespace sekisho;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const LineNames names = *built_in_line_names();
  static const LoginPlaces places(names);
  Attempts attempts({1, 2});
  std::array<std::uint32_t, 2> next{};
  for (std::size_t at = 0; at + 1 < size;) {
    const bool to_server = (data[at] & 1U) != 0;
    const bool datagram = (data[at] & 2U) != 0;
    const std::size_t length = std::min<std::size_t>(size - at - 2, data[at] >> 2U);
    const auto moved = static_cast<std::int8_t>(data[at + 1]);
    // Of its own, so that reading beyond it is found.
    const std::vector<std::uint8_t> piece(data + at + 2, data + at + 2 + length);
    at += 2 + length;
    Packet packet;
    packet.source = Address::v4(to_server ? 1 : 2);
    packet.target = Address::v4(to_server ? 2 : 1);
    packet.source_port = to_server ? 40'000 : 7'000;
    packet.port = to_server ? 7'000 : 40'000;
    packet.protocol = datagram ? kProtocolUdp : kProtocolTcp;
    packet.flags = kAck;
    packet.has_ports = true;
    packet.payload_at = piece.data();
    packet.payload_captured = packet.payload_length = static_cast<std::uint32_t>(piece.size());
    std::uint32_t& own = next.at(to_server ? 1 : 0);
    packet.sequence = own + static_cast<std::uint32_t>(moved / 8);
    packet.acknowledged = next.at(to_server ? 0 : 1);
    own = packet.sequence + packet.payload_length;
    const auto event = login_event(packet, places, names);
    if (!event) continue;
    require(event->service == LoginEvent::kAnyService || event->service < names.logins.size());
    require(event->text_size <= piece.size());
    attempts.add({&*event, 1}, piece, names);
  }
  attempts.finish(names);
  // Nobody is told of for more than was said; of SSH it is the exchanges that count.
  std::uint32_t told = 0;
  for (const LoginPair& pair : attempts.pairs())
    if (names.logins[pair.service].by_answers) told += pair.attempts;
  require(told <= size / 4);  // no refusal is shorter
  return 0;
}
