// SPDX-License-Identifier: Apache-2.0
// Attempts to sign in, told from outside. Where passwords and answers are seen, each that was
// refused is one. Else it is told by how connections go: one attempt is a connection that the
// server accepted, in which the client said something, and which was over soon without much having
// been sent. Nothing is decrypted and nothing of it kept.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/base.h"
#include "collect/observe/decode.h"
#include "collect/observe/hash.h"
#include "collect/observe/names.h"
#include "collect/observe/talks.h"

namespace sekisho {

/// A VPN's portal that is on a port of other things too.
struct Portal {
  Address address;
  std::uint16_t port = 443;
  bool operator==(const Portal&) const = default;
};
/// "203.0.113.5", "203.0.113.5:8443", "2001:db8::5" or "[2001:db8::5]:8443"; without a port 443.
std::optional<Portal> read_portal(std::string_view text);
std::string portal_text(const Portal& portal);

/// A port on which a login service is, whatever else would be there.
struct LoginPort {
  std::uint16_t port = 0;
  std::uint8_t service = 0;  // index into LineNames::logins
  bool operator==(const LoginPort&) const = default;
};
/// "ssh:902": a service's id and a port.
std::optional<LoginPort> read_login_port(std::string_view text, const LineNames& names);

/// Where login services are: by TCP port, and VPN portals by address and port.
class LoginPlaces {
 public:
  explicit LoginPlaces(const LineNames& names, std::span<const Portal> portals = {},
                       std::span<const LoginPort> ports = {});
  /// One more than the index of the service there; 0: none.
  std::uint8_t at(const Address& address, std::uint16_t port) const {
    const std::uint8_t service = ports_[port];
    return service == kPortal ? portal_at(address, port) : service;
  }

 private:
  static constexpr std::uint8_t kPortal = 0xff;
  std::uint8_t portal_at(const Address& address, std::uint16_t port) const;

  std::vector<std::uint8_t> ports_;
  std::vector<Portal> portals_;
  std::uint8_t vpn_ = 0;
};

/// What `packet` means for a login service; nothing where it can be none's, and for what only asks
/// for a connection. Where no port tells it, the lower one serves. `text_size` says how much of the
/// payload is to come with it.
std::optional<LoginEvent> login_event(const Packet& packet, const LoginPlaces& places,
                                      const LineNames& names);

/// What one client did to one service of one server.
struct LoginPair {
  Address client;
  Address server;
  std::uint8_t service = 0;
  std::uint32_t attempts = 0;  // guesses: refused, or in connections over soon with little sent
  std::uint32_t tried = 0;     // those answers, or connections
  std::uint32_t sessions = 0;  // those in which somebody worked, and passwords that were right
  std::uint32_t probes = 0;    // those in which the client said next to nothing
  Time first;
  Time last;
  std::uint32_t busiest = 0;  // most attempts in kAttackWindow
  Time busiest_start;
  double size_mean = 0;  // of what the server sent in an attempt, bytes
  double size_squares = 0;

  /// Deviation of the sizes, as a share of their mean.
  double size_spread() const;

 private:
  friend class Attempts;
  Time window_start;
  std::uint32_t window = 0;
};

class Attempts {
 public:
  /// Clients choose their addresses and ports: they are hashed under the key.
  explicit Attempts(const HashKey& key) : key_(key), talks_(key), pair_at_(0, KeyHash{key}) {}

  /// Events in the order in which they were seen, and the bytes that they point into.
  void add(std::span<const LoginEvent> events, std::span<const std::uint8_t> bytes,
           const LineNames& names);
  /// Ends what is open.
  void finish(const LineNames& names);

  /// Not in any order.
  const std::vector<LoginPair>& pairs() const { return pairs_; }
  /// Connections that were not looked at, because too many were open or too many pairs known.
  std::uint64_t ignored() const { return ignored_; }
  /// Whether conversations, on whatever port, are seen of which only one end is: of these no
  /// attempt can be told.
  bool one_direction() const {
    constexpr std::uint64_t kEnough = 3;
    return talks_.one_sided() >= kEnough && talks_.one_sided() * 10 >= talks_.both_sided();
  }
  /// Whether frames were captured too short to tell what is said in conversations.
  bool cut_short() const {
    constexpr std::uint64_t kEnough = 3;
    return talks_.cut_short() >= kEnough && talks_.cut_short() * 10 >= talks_.directions();
  }
  /// Attempts by service and hour.
  const std::map<std::pair<std::uint8_t, Time>, std::uint64_t>& hours() const { return hours_; }

 private:
  struct Key {
    Address client;
    Address server;
    std::uint8_t service = 0;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    HashKey key;
    std::size_t operator()(const Key& of) const;
  };
  struct Connection {
    Address client;
    Address server;
    std::uint8_t service = LoginEvent::kAnyService;
    bool client_closed = false;
    bool server_closed = false;  // first, if both did
    bool nobody = false;         // its client said that it is
    bool client_spoke = false;   // last
    bool greeted = false;        // its client began as those of the service do
    Speech begun = Speech::none;
    Speech guess = Speech::none;  // that isn't answered yet
    std::uint32_t refused = 0;    // by an answer that was seen
    std::uint32_t turns = 0;      // of the client
    std::int64_t start_ns = 0;
    std::int64_t last_ns = 0;
    std::uint64_t up = 0;
    std::uint64_t down = 0;
    // The exchange that goes on, and how often the same came back from early on: refusals that
    // nobody else can read.
    std::uint32_t asked = 0;  // bytes
    std::uint32_t reply = 0;
    std::uint32_t usual_reply = 0;
    std::uint32_t usual_asked = 0;  // the first that had that reply
    std::uint32_t repeats = 0;
    std::uint32_t keys = 0;    // of them those that are too long for a password
    std::uint32_t others = 0;  // exchanges after the first two of these that went otherwise
    void end_exchange();
  };
  /// By a hash of both ends, under the key.
  struct AsItIs {
    std::size_t operator()(std::uint64_t hash) const { return hash; }
  };
  using Connections = std::unordered_map<std::uint64_t, Connection, AsItIs>;
  /// What an event says, when its turn has come.
  void take(const LoginEvent& event, std::uint64_t ends, std::span<const Spoken> said,
            const LineNames& names);
  /// That of the event; nothing where none is followed and it begins none.
  Connections::iterator connection_of(const LoginEvent& event, std::uint64_t ends,
                                      std::span<const Spoken> said, const LineNames& names);
  Connections::iterator open(std::uint64_t ends, const LoginEvent& event);
  /// What is said of passwords.
  void hear(Connection& connection, const LoginEvent& event, const Spoken& said,
            const LineNames& names);
  void hear_answer(Connection& connection, const LoginEvent& event, const Spoken& said,
                   const LineNames& names);
  /// Of HTTP: that a password is asked for there.
  void guard(const Address& server, const Spoken& said);
  bool is_guarded(const Address& server, const Spoken& said) const;
  void over(Connection connection, const LineNames& names);
  /// Attempts that began at a time, of so many bytes from the server.
  void note(LoginPair& pair, Time start, std::uint32_t guesses, std::uint64_t size);
  /// How many passwords were tried in it; 0 where the client only looked.
  static std::uint32_t guesses_in(const Connection& connection, const LoginService& service);
  bool due(std::int64_t now_ns);
  void sweep(std::int64_t now_ns, const LineNames& names);
  LoginPair* pair(const Connection& connection);

  HashKey key_;
  Talks talks_;
  Connections open_;
  std::int64_t swept_ns_ = 0;
  std::size_t since_swept_ = 0;  // events
  std::uint64_t ignored_ = 0;
  std::unordered_set<std::uint64_t> guarded_;  // paths and folders of servers, hashed
  std::vector<LoginPair> pairs_;
  std::unordered_map<Key, std::size_t, KeyHash> pair_at_;
  std::map<std::pair<std::uint8_t, Time>, std::uint64_t> hours_;
};

/// Somebody tries passwords.
struct Attack {
  std::uint8_t service = 0;
  Address server;
  std::vector<Address> clients;  // most attempts first
  std::uint64_t attempts = 0;
  Time first;
  Time last;
  Time peak;                  // when the busiest kAttackWindow began
  std::uint32_t at_peak = 0;  // attempts in it, of the busiest client
  bool distributed = false;   // from many, each of which alone would not be noticed
  bool slow = false;          // never many at a time
};

inline constexpr std::chrono::minutes kAttackWindow{10};
/// One client: as many attempts as nobody makes who forgot a password.
inline constexpr std::uint32_t kFewestFast = 10;
/// One client that takes its time: as many, over hours, all alike.
inline constexpr std::uint32_t kFewestSlow = 30;
inline constexpr std::chrono::hours kSlowSpan{3};
/// Many clients: as many of them, and as many attempts of all, alike.
inline constexpr std::size_t kFewestClients = 8;
inline constexpr std::uint32_t kFewestTogether = 24;
/// How alike.
inline constexpr double kAlike = 0.25;

/// Busiest first.
std::vector<Attack> find_attacks(const Attempts& attempts);

}  // namespace sekisho
