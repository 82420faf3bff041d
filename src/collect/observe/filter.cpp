// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/filter.h"

#include <pcap/pcap.h>

#include <algorithm>
#include <map>
#include <mutex>

namespace sekisho {
namespace {

constexpr int kWholeFrame = 262'144;

/// A file says a link by another number than libpcap for what systems number differently.
int dlt_of(std::uint32_t link) { return link == 101 ? DLT_RAW : static_cast<int>(link); }

/// A compiled expression; not usable where it can't be for a link.
class Program {
 public:
  Program(const std::string& expression, std::uint32_t link) {
    pcap_t* dead = pcap_open_dead(dlt_of(link), kWholeFrame);
    if (dead == nullptr) return;
    usable_ = pcap_compile(dead, &program_, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0;
    if (!usable_) why_ = pcap_geterr(dead);
    pcap_close(dead);
  }
  ~Program() {
    if (usable_) pcap_freecode(&program_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  bool usable() const { return usable_; }
  const std::string& why() const { return why_; }
  bool passes(const Record& record) const {
    if (!usable_) return false;
    pcap_pkthdr head{};
    head.caplen = record.captured;
    head.len = record.length;
    return pcap_offline_filter(&program_, &head, record.data) != 0;
  }

 private:
  bpf_program program_{};
  bool usable_ = false;
  std::string why_;
};

}  // namespace

struct FrameFilter::Programs {
  std::string expression;
  std::mutex mutex;
  std::map<std::uint32_t, Program> by_link;

  const Program& of(std::uint32_t link) {
    const std::scoped_lock lock(mutex);
    return by_link.try_emplace(link, expression, link).first->second;
  }
};

FrameFilter::FrameFilter(std::shared_ptr<Programs> programs) : programs_(std::move(programs)) {}
Result<FrameFilter> FrameFilter::read(const std::string& expression) {
  auto programs = std::make_shared<Programs>();
  programs->expression = expression;
  if (const Program& one = programs->of(DLT_EN10MB); !one.usable())
    return failure("フィルターの式が正しくありません（tcpdump と同じ書き方です）。",
                   "this is no filter expression (it is written as for tcpdump).",
                   printable(one.why(), 120));
  return FrameFilter(std::move(programs));
}

bool FrameFilter::passes(const Record& record) const {
  return programs_->of(record.link).passes(record);
}

bool LineFilter::passes(const Packet& packet, const LineNames* names) const {
  if (tool && packet.tool != *tool) return false;
  if (!ports.empty() && !std::ranges::any_of(ports, [&](const Port& one) {
        return packet.has_ports && packet.port == one.port &&
               (one.protocol == 0 || one.protocol == packet.protocol);
      }))
    return false;
  if (!sources.empty() && !std::ranges::any_of(sources, [&](const Network& one) {
        return one.contains(packet.source);
      }))
    return false;
  return !without_scanners || names == nullptr || names->scanner(packet.source) == nullptr;
}

std::optional<LineFilter::Port> read_port(std::string_view text) {
  LineFilter::Port port;
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    const std::string_view protocol = text.substr(slash + 1);
    if (protocol != "tcp" && protocol != "udp") return std::nullopt;
    port.protocol = protocol == "tcp" ? kProtocolTcp : kProtocolUdp;
    text = text.substr(0, slash);
  }
  const std::int64_t number = whole_number(text);
  if (number < 0 || number > 65'535) return std::nullopt;
  port.port = static_cast<std::uint16_t>(number);
  return port;
}

}  // namespace sekisho
