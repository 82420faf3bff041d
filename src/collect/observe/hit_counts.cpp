// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/hit_counts.h"

#include <algorithm>

namespace sekisho {

HitCounts::HitCounts() : cells_(kPortCells), shown_(kPortCells) {}

void HitCounts::add(const Hit& hit) {
  ++all_.packets;
  all_.bytes += hit.bytes;
  ++purposes_[hit.purpose()];
  ++tools_[hit.tool()];
  whole_.add(0, hit.source);
  whole_.add(1, hit.target);
  if (!hit.has_ports()) return;
  LineTally::Count& cell = cells_[hit.cell()];
  if (cell.packets++ == 0) used_.push_back(hit.cell());
  cell.bytes += hit.bytes;
}

void HitCounts::count(const Periods& periods, Time start, std::size_t top) {
  all_ = {};
  purposes_ = {};
  tools_ = {};
  for (const std::uint32_t cell : used_) cells_[cell] = {}, shown_[cell] = 0;
  used_.clear();
  ports_.clear();
  whole_.reset(1);
  periods.each_hit(start, [&](std::span<const Hit> hits) {
    for (const Hit& hit : hits) add(hit);
  });
  for (const std::uint32_t cell : used_)
    ports_.push_back({cell < 65536 ? kProtocolTcp : kProtocolUdp,
                      static_cast<std::uint16_t>(cell % 65536), cells_[cell]});
  top = std::min(top, ports_.size());
  std::ranges::partial_sort(ports_, ports_.begin() + static_cast<std::ptrdiff_t>(top),
                            LineTally::busier);
  of_ports_.reset(top + 1);
  for (std::size_t i = 0; i < top; ++i)
    shown_[port_cell(ports_[i].protocol, ports_[i].port)] = static_cast<std::uint8_t>(i + 1);
  periods.each_hit(start, [&](std::span<const Hit> hits) {
    for (const Hit& hit : hits) {
      const std::size_t shown = hit.has_ports() ? shown_[hit.cell()] : 0;
      if (shown == 0) continue;
      of_ports_.add(shown * 2, LineTally::upper(hit.source));
      of_ports_.add(shown * 2 + 1, LineTally::upper(hit.target));
    }
  });
}

}  // namespace sekisho
