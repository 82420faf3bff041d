// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/live.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cstring>

#include "base/posix/descriptor.h"

namespace sekisho {
namespace {

constexpr unsigned kBlockBytes = 1U << 20U;
constexpr unsigned kBlocks = 64;
/// Enough for all headers and the first words of a greeting: payload is not ours to keep.
constexpr std::uint32_t kSnap = 512;

/// Where a frame's header says whom it is from: TPACKET_ALIGN(sizeof(tpacket3_hdr)).
constexpr std::size_t kAddressAt =
    (sizeof(tpacket3_hdr) + TPACKET_ALIGNMENT - 1) / TPACKET_ALIGNMENT * TPACKET_ALIGNMENT;

constexpr std::uint32_t kEthernet = 1;
constexpr std::uint32_t kRaw = 101;

}  // namespace

struct LiveCapture::Impl {
  explicit Impl(int fd) : socket(fd) {}
  ~Impl() {
    if (ring != MAP_FAILED) ::munmap(ring, std::size_t{kBlockBytes} * kBlocks);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  tpacket_block_desc* block() const {
    return reinterpret_cast<tpacket_block_desc*>(static_cast<std::uint8_t*>(ring) +
                                                 std::size_t{current} * kBlockBytes);
  }
  bool ready() const {
    return (__atomic_load_n(&block()->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) !=
           0;
  }

  bool bind_to(unsigned to);
  void ask_for_counts();

  Descriptor socket;
  std::string interface;
  unsigned index = 0;  // that is captured from
  void* ring = MAP_FAILED;
  std::uint32_t link = kEthernet;
  unsigned current = 0;
  std::uint32_t left = 0;  // packets of the current block that were not handed out
  std::size_t offset = 0;  // of the next of them
  bool held = false;       // the current block is ours, and all of it was handed out
  std::uint64_t arrived = 0;
  std::uint64_t drops = 0;
};

bool LiveCapture::Impl::bind_to(unsigned to) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = static_cast<int>(to);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return false;
  index = to;
  // What is sent to addresses beyond this machine's own counts too.
  packet_mreq all{};
  all.mr_ifindex = static_cast<int>(to);
  all.mr_type = PACKET_MR_PROMISC;
  ::setsockopt(socket.get(), SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all);
  return true;
}

void LiveCapture::Impl::ask_for_counts() {
  tpacket_stats_v3 stats{};
  socklen_t size = sizeof stats;
  // The kernel starts from zero each time it is asked.
  if (::getsockopt(socket.get(), SOL_PACKET, PACKET_STATISTICS, &stats, &size) != 0) return;
  arrived += stats.tp_packets;
  drops += stats.tp_drops;
}

LiveCapture::LiveCapture(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LiveCapture::~LiveCapture() = default;
LiveCapture::LiveCapture(LiveCapture&&) noexcept = default;
LiveCapture& LiveCapture::operator=(LiveCapture&&) noexcept = default;

Result<LiveCapture> LiveCapture::open(const std::string& interface) {
  const unsigned index = interface.size() < IFNAMSIZ ? ::if_nametoindex(interface.c_str()) : 0U;
  if (index == 0)
    return failure("そのネットワークインターフェースはありません。",
                   "there is no such network interface.", printable(interface, 40));
  // No protocol yet: nothing comes in before the ring is there.
  auto impl = std::make_unique<Impl>(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  const int fd = impl->socket.get();
  const auto fail = [&]() -> Result<LiveCapture> {
    if (errno == EPERM || errno == EACCES)
      return failure("回線を見るには権限（CAP_NET_RAW）が必要です。sudo を付けてください。",
                     "looking at a line needs a privilege (CAP_NET_RAW): use sudo.", interface);
    return failure("回線を開けません。", "the line can't be opened.", interface);
  };
  if (fd < 0) return fail();
  impl->interface = interface;
  ifreq request{};
  std::memcpy(request.ifr_name, interface.c_str(), interface.size());
  const bool known = ::ioctl(fd, SIOCGIFHWADDR, &request) == 0;
  const bool loopback = known && request.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK;
  if (known && !loopback && request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
    impl->link = kRaw;  // tunnels: frames begin with IP
  const int version = TPACKET_V3;
  tpacket_req3 ring{};
  ring.tp_block_size = kBlockBytes;
  ring.tp_block_nr = kBlocks;
  ring.tp_frame_size = TPACKET_ALIGNMENT << 7U;
  ring.tp_frame_nr = kBlockBytes / ring.tp_frame_size * kBlocks;
  ring.tp_retire_blk_tov = static_cast<unsigned>(kRetire.count());
  if (::setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0 ||
      ::setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof ring) != 0)
    return fail();
  // What is sent to oneself comes as well: once is enough.
  if (const int yes = 1; loopback)
    ::setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes);
  sock_filter beginning{BPF_RET | BPF_K, 0, 0, kSnap};
  const sock_fprog filter{1, &beginning};
  ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
  impl->ring = ::mmap(nullptr, std::size_t{kBlockBytes} * kBlocks, PROT_READ | PROT_WRITE,
                      MAP_SHARED, fd, 0);
  if (impl->ring == MAP_FAILED) return fail();
  if (!impl->bind_to(index)) return fail();
  return LiveCapture(std::move(impl));
}

std::size_t LiveCapture::next(std::span<Record> records, std::chrono::milliseconds patience) {
  Impl& me = *impl_;
  if (me.held) {
    __atomic_store_n(&me.block()->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    me.current = (me.current + 1) % kBlocks;
    me.held = false;
  }
  if (me.left == 0) {
    if (!me.ready()) {
      pollfd wait{me.socket.get(), POLLIN | POLLERR, 0};
      ::poll(&wait, 1, static_cast<int>(patience.count()));
      // That the interface went down makes it readable until it is asked why.
      int error = 0;
      socklen_t size = sizeof error;
      if ((wait.revents & POLLERR) != 0)
        ::getsockopt(me.socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
      if (!me.ready()) return 0;
    }
    me.left = me.block()->hdr.bh1.num_pkts;
    me.offset = me.block()->hdr.bh1.offset_to_first_pkt;
  }
  std::size_t count = 0;
  auto* start = reinterpret_cast<std::uint8_t*>(me.block());
  for (; me.left > 0 && count < records.size(); --me.left) {
    const auto* header = reinterpret_cast<const tpacket3_hdr*>(start + me.offset);
    Record& record = records[count++];
    record.data = start + me.offset + header->tp_mac;
    record.captured = std::min(header->tp_snaplen, kSnap);
    record.length = header->tp_len;
    record.time_ns = std::int64_t{header->tp_sec} * 1'000'000'000 + header->tp_nsec;
    record.link = me.link;
    const auto* from = reinterpret_cast<const sockaddr_ll*>(start + me.offset + kAddressAt);
    record.outgoing = from->sll_pkttype == PACKET_OUTGOING;
    me.offset += header->tp_next_offset;
  }
  me.held = me.left == 0;
  return count;
}

LineState LiveCapture::state() {
  Impl& me = *impl_;
  const unsigned index = ::if_nametoindex(me.interface.c_str());
  if (index == 0 || (index != me.index && !me.bind_to(index))) return LineState::gone;
  ifreq request{};
  std::memcpy(request.ifr_name, me.interface.c_str(), me.interface.size());
  if (::ioctl(me.socket.get(), SIOCGIFFLAGS, &request) != 0) return LineState::gone;
  constexpr int kReady = IFF_UP | IFF_RUNNING;
  return (request.ifr_flags & kReady) == kReady ? LineState::up : LineState::down;
}

std::uint64_t LiveCapture::dropped() {
  impl_->ask_for_counts();
  return impl_->drops;
}

std::uint64_t LiveCapture::arrived() {
  impl_->ask_for_counts();
  return impl_->arrived;
}

}  // namespace sekisho
