// SPDX-License-Identifier: Apache-2.0
// What two ends say to each other, put in order before it is read: segments by their numbers (what
// comes twice counts once, what comes late or in pieces is put together), messages one by one, and
// each answer beside what it answers. Bounded: a conversation that has to make room for others is
// read from the next segment on.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "collect/observe/decode.h"
#include "collect/observe/hash.h"
#include "collect/observe/said.h"

namespace sekisho {

/// A packet of a connection that may be one to a login service.
struct LoginEvent {
  static constexpr std::uint8_t kAnyService = 0xff;

  Address client;
  Address server;
  std::int64_t time_ns = 0;
  std::uint32_t payload = 0;  // bytes that were sent
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;
  std::uint32_t text_at = 0;    // among the bytes that come with the events
  std::uint16_t text_size = 0;  // of `payload`, from its beginning
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  std::uint8_t flags = 0;
  std::uint8_t service = kAnyService;  // index into LineNames::logins, if the port tells it
  bool to_server = false;
  bool datagram = false;
};

class Talks {
 public:
  /// An event whose turn it is, `payload` now without what was there before, and what is said in
  /// it: beginnings, passwords, and the answers to these alone. `ends` is a hash of both ends.
  using Sink = std::function<void(const LoginEvent& event, std::uint64_t ends,
                                  std::span<const Spoken> said)>;

  explicit Talks(const HashKey& key) : key_(key) {}
  /// `bytes` are those of the events.
  void add(const LoginEvent& event, std::span<const std::uint8_t> bytes, const Sink& sink);
  /// What still waits for something before it won't wait any more.
  void finish(const Sink& sink);

  /// Conversations in which one end answers what the other is never seen to say, and those of which
  /// both are seen.
  std::uint64_t one_sided() const { return one_sided_; }
  std::uint64_t both_sided() const { return both_sided_; }
  /// Directions in which something was said, and those of which what was said first isn't there:
  /// the frame was captured too short. TLS isn't read, and counts as whole.
  std::uint64_t directions() const { return directions_; }
  std::uint64_t cut_short() const { return cut_short_; }
  /// Bytes that are kept to be put together.
  std::size_t kept() const { return kept_; }
  static constexpr std::size_t kMostKept = std::size_t{32} << 20U;

 private:
  struct Stream {
    bool known = false;       // whether `next` is
    bool spoke = false;       // whether anything of it was seen
    bool read = false;        // whether any message of it was
    bool closed = false;      // nothing more comes
    bool cut = false;         // what it begins with isn't all there
    std::uint32_t heard = 0;  // bytes, as far as they are its beginning
    std::uint32_t next = 0;   // number of the byte that comes next
    std::optional<std::uint32_t> first_acknowledged{};
    std::uint32_t body = 0;  // bytes of it that are still to come
    std::string begun;       // of a message that isn't whole
  };
  struct Waiting {
    LoginEvent event;
    std::string text;
    std::size_t size() const { return sizeof(Waiting) + text.size(); }
  };
  struct Talk {
    std::uint64_t ends = 0;  // 0: nobody's
    std::int64_t last_ns = 0;
    bool client_spoke = false;      // last
    bool new_turn = false;          // of the client, which asked nothing yet in it
    bool one_side = false;          // counted so
    std::array<Stream, 2> streams;  // of the server, of the client
    std::vector<Waiting> waiting;
    std::vector<Spoken> asked;  // that is not answered yet
    Spoken answered;            // the last password that was, over UDP
  };
  std::uint64_t both_ends(const LoginEvent& event) const;
  /// Those that have their place among each other.
  std::span<Talk> set_of(std::uint64_t ends);
  Talk* known_talk(std::uint64_t ends);
  Talk& talk_of(std::uint64_t ends, std::int64_t time_ns, const Sink& sink);
  /// Forgets what was said; the talk stays theirs.
  void begin_anew(Talk& talk);
  void end(Talk& talk);
  /// Whether nothing that should come before it is missing.
  static bool ready(const Talk& talk, const LoginEvent& event);
  /// How many bytes are missing before it.
  static std::int64_t missing(const Talk& talk, const LoginEvent& event);
  /// Goes on from here: what is missing won't come.
  void skip(Stream& stream, std::uint32_t to);
  void opened(Talk& talk, const LoginEvent& event, const Sink& sink);
  /// Lets those go whose turn it is; all, where `force`.
  void release(Talk& talk, std::int64_t now_ns, bool force, const Sink& sink);
  void take(Talk& talk, LoginEvent event, std::span<const std::uint8_t> text, const Sink& sink);
  void take_datagram(const LoginEvent& event, std::span<const std::uint8_t> text, const Sink& sink);
  void note_sides(Talk& talk, const LoginEvent& event, std::span<const std::uint8_t> text);
  /// Reads what came next in a stream.
  void read(Talk& talk, const LoginEvent& event, std::span<const std::uint8_t> text);
  /// Whether the first was one; `left` of the last, if it isn't whole.
  bool read_messages(Talk& talk, bool to_server, std::span<const std::uint8_t> bytes, bool last,
                     std::span<const std::uint8_t>& left);
  void keep(Stream& stream, std::string_view text);
  void hear(Talk& talk, bool to_server, const Spoken& said);
  void hear_answer(Talk& talk, const Spoken& said);

  HashKey key_;
  std::vector<Talk> talks_;
  std::vector<Spoken> said_;  // in the event at hand
  std::size_t kept_ = 0;
  std::uint64_t one_sided_ = 0;
  std::uint64_t both_sided_ = 0;
  std::uint64_t directions_ = 0;
  std::uint64_t cut_short_ = 0;
};

}  // namespace sekisho
