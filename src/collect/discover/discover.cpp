// SPDX-License-Identifier: Apache-2.0
#include "collect/discover/discover.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "collect/discover/parse.h"
#include "net/net.h"

namespace sekisho {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMostAnswers = 4096;

class Socket {
 public:
  explicit Socket(int type) : fd_(::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  Socket& operator=(Socket&&) = delete;

  int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

sockaddr_in address_of(std::uint32_t address, std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(address);
  to.sin_port = htons(port);
  return to;
}
const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

/// What neighbours said, by their address.
using Said = std::map<std::uint32_t, std::set<std::string>>;

/// Makes the kernel ask by ARP for each address of the networks, and waits for the answers.
std::map<std::uint32_t, std::string> ask_by_arp(const DiscoverOptions& options) {
  constexpr std::uint16_t kDiscard = 9;
  constexpr std::uint32_t kBurst = 128;  // with the pause: the kernel keeps 1,024 unanswered ones
  const Socket socket(SOCK_DGRAM);
  if (!socket) return {};
  std::map<std::uint32_t, std::string> found;
  const auto collect = [&] {
    if (const auto text = read_regular_file("/proc/net/arp", std::size_t{4} << 20U))
      for (const auto& [address, hardware] : parse_arp(*text))
        if (std::ranges::any_of(options.networks,
                                [&](const auto& network) { return network.holds(address); }))
          found.emplace(address, hardware);
  };
  for (const AttachedNetwork& network : options.networks) {
    std::uint32_t sent = 0;
    for (std::uint32_t address = network.first(); address <= network.last(); ++address) {
      if (address == network.address) continue;
      const sockaddr_in to = address_of(address, kDiscard);
      (void)::sendto(socket.fd(), "", 0, 0, generic(to), sizeof to);
      if (++sent % kBurst != 0) continue;
      std::this_thread::sleep_for(std::chrono::milliseconds(400));
      collect();
    }
  }
  std::this_thread::sleep_for(options.wait);
  collect();
  return found;
}

/// Sends a question to a multicast group on each network, and hands on each answer.
template <typename Take>
void ask_group(const DiscoverOptions& options, std::uint32_t group, std::uint16_t port,
               const std::string& question, Take take) {
  std::vector<Socket> sockets;
  std::vector<pollfd> waiting;
  for (const AttachedNetwork& network : options.networks) {
    Socket socket(SOCK_DGRAM);
    if (!socket) continue;
    const in_addr from{htonl(network.address)};
    const sockaddr_in own = address_of(network.address, 0);
    // Not past the first router.
    const unsigned char hops = 1;
    if (::setsockopt(socket.fd(), IPPROTO_IP, IP_MULTICAST_IF, &from, sizeof from) != 0 ||
        ::setsockopt(socket.fd(), IPPROTO_IP, IP_MULTICAST_TTL, &hops, sizeof hops) != 0 ||
        ::bind(socket.fd(), generic(own), sizeof own) != 0)
      continue;
    const sockaddr_in to = address_of(group, port);
    if (::sendto(socket.fd(), question.data(), question.size(), 0, generic(to), sizeof to) < 0)
      continue;
    waiting.push_back({socket.fd(), POLLIN, 0});
    sockets.push_back(std::move(socket));
  }
  const auto end = Clock::now() + options.wait;
  for (std::size_t answers = 0; answers < kMostAnswers && !waiting.empty();) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0 ||
        ::poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) <= 0)
      return;
    for (const pollfd& one : waiting) {
      if ((one.revents & POLLIN) == 0) continue;
      std::array<char, 9000> bytes{};
      sockaddr_in from{};
      socklen_t size = sizeof from;
      const ssize_t got = ::recvfrom(one.fd, bytes.data(), bytes.size(), 0,
                                     reinterpret_cast<sockaddr*>(&from), &size);
      ++answers;
      const std::uint32_t address = ntohl(from.sin_addr.s_addr);
      // Only what comes from one's own networks counts.
      if (got > 0 && std::ranges::any_of(options.networks, [&](const auto& network) {
            return network.holds(address);
          }))
        take(address, std::string_view(bytes.data(), static_cast<std::size_t>(got)));
    }
  }
}

struct Page {
  std::string server;
  std::string body;
};

/// A page of a neighbour itself: no redirects, no proxy, and nothing is made of its certificate.
Page fetch_page(const std::string& url, std::chrono::milliseconds wait) {
  Page page;
  Outgoing question{.url = url,
                    .protocols = "http,https",
                    .patience = {.connect = wait, .whole = wait},
                    .proxy = {.which = Proxy::Which::none},
                    .trust = {Trust::In::anybody, {}}};
  question.take_header = [&page](std::string_view line) {
    if (lower(line.substr(0, 7)) == "server:") page.server = parse_greeting(line.substr(7));
  };
  question.take = [&page](long, std::string_view piece) {
    constexpr std::size_t kMost = std::size_t{64} << 10U;
    page.body.append(piece.substr(0, kMost - page.body.size()));
    return page.body.size() < kMost;  // its beginning is enough
  };
  (void)ask(question);
  return page;
}

/// The first line that a service says to whoever connects.
std::string greeting(std::uint32_t address, std::uint16_t port, std::chrono::milliseconds wait) {
  const Socket socket(SOCK_STREAM);
  if (!socket) return {};
  const sockaddr_in to = address_of(address, port);
  pollfd waiting{socket.fd(), POLLOUT, 0};
  const auto ready = [&](short what) {
    waiting.events = what;
    return ::poll(&waiting, 1, static_cast<int>(wait.count())) > 0 && (waiting.revents & what) != 0;
  };
  if (::connect(socket.fd(), generic(to), sizeof to) != 0 && errno != EINPROGRESS) return {};
  int failed = 0;
  socklen_t size = sizeof failed;
  if (!ready(POLLOUT) || ::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &failed, &size) != 0 ||
      failed != 0)
    return {};
  std::array<char, 512> bytes{};
  if (!ready(POLLIN)) return {};
  const ssize_t got = ::recv(socket.fd(), bytes.data(), bytes.size(), 0);
  return got > 0 ? parse_greeting({bytes.data(), static_cast<std::size_t>(got)}) : std::string();
}

/// What a neighbour's open services say first.
void ask_services(std::uint32_t address, std::chrono::milliseconds wait,
                  std::set<std::string>& said) {
  constexpr std::array<std::pair<const char*, std::uint16_t>, 2> kGreeting{
      {{"ssh", 22}, {"telnet", 23}}};
  for (const auto& [name, port] : kGreeting)
    if (const std::string text = greeting(address, port, wait); !text.empty())
      said.insert(fmt::format("{}: {}", name, text));
  for (const auto& [scheme, port] : {std::pair("http", 80), {"https", 443}, {"https", 8443}}) {
    const Page page =
        fetch_page(fmt::format("{}://{}:{}/", scheme, address_text(address), port), wait);
    if (!page.server.empty()) said.insert(fmt::format("{}: {}", scheme, page.server));
    if (const std::string title = parse_title(page.body); !title.empty())
      said.insert(fmt::format("{}: {}", scheme, title));
  }
}

/// The description that a UPnP device points at, if it lies on the device itself.
void ask_description(std::uint32_t address, const std::string& location,
                     std::chrono::milliseconds wait, std::set<std::string>& said) {
  const std::string own = "http://" + address_text(address);
  if (!location.starts_with(own + ":") && !location.starts_with(own + "/")) return;
  if (const std::string text = parse_description(fetch_page(location, wait).body); !text.empty())
    said.insert("upnp: " + text);
}

}  // namespace

std::uint32_t AttachedNetwork::first() const {
  const std::uint32_t mask = prefix == 0 ? 0 : ~0U << (32U - prefix);
  return prefix >= 31 ? address & mask : (address & mask) + 1;
}
std::uint32_t AttachedNetwork::last() const {
  const std::uint32_t mask = prefix == 0 ? 0 : ~0U << (32U - prefix);
  return prefix >= 31 ? address | ~mask : (address | ~mask) - 1;
}
bool AttachedNetwork::holds(std::uint32_t other) const {
  return other >= first() && other <= last();
}
std::string AttachedNetwork::text() const {
  const std::uint32_t mask = prefix == 0 ? 0 : ~0U << (32U - prefix);
  return fmt::format("{}/{}", address_text(address & mask), prefix);
}

std::string address_text(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24U, (address >> 16U) & 255U, (address >> 8U) & 255U,
                     address & 255U);
}
std::optional<std::uint32_t> parse_address(std::string_view text) {
  in_addr address{};
  if (text.size() > 15 || ::inet_pton(AF_INET, std::string(text).c_str(), &address) != 1)
    return std::nullopt;
  return ntohl(address.s_addr);
}

Result<std::vector<AttachedNetwork>> attached_networks() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0)
    return failure("ネットワークの一覧を読めません。", "the networks can't be read.");
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned(list, ::freeifaddrs);
  std::vector<AttachedNetwork> networks;
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || one->ifa_netmask == nullptr ||
        one->ifa_addr->sa_family != AF_INET)
      continue;
    if ((one->ifa_flags & IFF_UP) == 0 || (one->ifa_flags & (IFF_LOOPBACK | IFF_POINTOPOINT)) != 0)
      continue;
    const auto plain = [](const sockaddr* address) {
      return ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr);
    };
    networks.push_back({one->ifa_name, plain(one->ifa_addr),
                        static_cast<unsigned>(std::popcount(plain(one->ifa_netmask)))});
  }
  return networks;
}

const Appliance* kind_of(const Guideline& guideline, const std::vector<std::string>& signs) {
  const auto particular = [](const Appliance& one) { return !one.cpe.empty() || one.models; };
  const Appliance* kind = nullptr;
  for (const Appliance& one : guideline.appliances)
    for (const std::string& mark : one.signs) {
      const std::string wanted = lower(mark);
      const bool named = std::ranges::any_of(
          signs, [&](const std::string& sign) { return lower(sign).contains(wanted); });
      if (!named) continue;
      if (kind == nullptr || kind == &one || !particular(*kind))
        kind = &one;
      else if (particular(one))
        return nullptr;
    }
  return kind;
}

Result<std::vector<Neighbour>> discover(const Guideline& guideline,
                                        const DiscoverOptions& options) {
  constexpr std::uint32_t kSsdpGroup = 0xEFFFFFFA;  // 239.255.255.250
  constexpr std::uint32_t kMdnsGroup = 0xE00000FB;  // 224.0.0.251
  Said said;
  std::map<std::uint32_t, std::set<std::string>> locations;
  std::map<std::uint32_t, std::string> hardware;
  Said named;
  {
    // All three wait for the same seconds.
    const std::jthread upnp([&] {
      ask_group(
          options, kSsdpGroup, 1900,
          "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: "
          "1\r\nST: ssdp:all\r\n\r\n",
          [&](std::uint32_t address, std::string_view text) {
            const auto answer = parse_ssdp(text);
            if (!answer) return;
            if (!answer->server.empty()) said[address].insert("upnp: " + answer->server);
            if (locations[address].size() < 4) locations[address].insert(answer->location);
          });
    });
    const std::jthread mdns([&] {
      ask_group(options, kMdnsGroup, 5353, mdns_query(),
                [&](std::uint32_t address, std::string_view packet) {
                  for (const std::string& name : parse_mdns(packet))
                    if (named[address].size() < 20) named[address].insert("mdns: " + name);
                });
    });
    hardware = ask_by_arp(options);
  }
  for (const auto& [address, names] : named) said[address].insert(names.begin(), names.end());
  for (const auto& [address, at] : hardware) said[address];
  std::vector<std::uint32_t> addresses;
  for (const auto& [address, signs] : said)
    if (std::ranges::none_of(options.networks,
                             [&](const auto& network) { return network.address == address; }))
      addresses.push_back(address);
  // Sixteen at a time: each waits for its own services.
  std::vector<Neighbour> neighbours(addresses.size());
  std::atomic<std::size_t> next{0};
  {
    std::vector<std::jthread> workers;
    for (std::size_t i = 0; i < std::min<std::size_t>(16, addresses.size()); ++i)
      workers.emplace_back([&] {
        for (std::size_t at = next++; at < addresses.size(); at = next++) {
          const std::uint32_t address = addresses[at];
          std::set<std::string> signs = said.at(address);
          if (const auto found = locations.find(address); found != locations.end())
            for (const std::string& location : found->second)
              ask_description(address, location, options.wait, signs);
          ask_services(address, options.wait, signs);
          Neighbour& one = neighbours[at];
          one.address = address;
          if (const auto found = hardware.find(address); found != hardware.end())
            one.hardware = found->second;
          one.signs.assign(signs.begin(), signs.end());
          one.kind = kind_of(guideline, one.signs);
        }
      });
  }
  return neighbours;
}

}  // namespace sekisho
