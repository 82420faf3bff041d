// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/talks.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace sekisho {
namespace {

constexpr std::size_t kSets = 16'384;
constexpr std::size_t kWays = 4;
/// How many segments wait for what is missing before them, and for how long: longer than networks
/// change the order of packets.
constexpr std::size_t kMostWaiting = 8;
constexpr std::int64_t kLongestWait = 1'000'000'000;
/// Further on than any window: another conversation between the same ends.
constexpr std::int32_t kFar = 1 << 22;
constexpr std::size_t kMostAsked = 32;

bool begins_as_http(std::span<const std::uint8_t> text) {
  constexpr std::string_view kMark = "HTTP/1.";
  return text.size() >= kMark.size() &&
         std::equal(kMark.begin(), kMark.end(), text.begin(),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

std::int32_t after(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b); }

/// Of what is said first in a direction; more of it isn't needed to tell who asks for a password. A
/// live line's frames are captured to 512 bytes, heads included.
constexpr std::size_t kNeeded = 300;

bool begins_as_tls(std::span<const std::uint8_t> text) {
  return text.size() >= 2 && text[0] == 0x16 && text[1] == 0x03;
}

}  // namespace

std::uint64_t Talks::both_ends(const LoginEvent& event) const {
  const std::uint64_t client =
      folded(event.client.low ^ key_.first, (event.client.high + event.client_port) ^ key_.second);
  const std::uint64_t server =
      folded(event.server.low ^ key_.second, (event.server.high + event.server_port) ^ key_.first);
  return folded(client ^ key_.first, server + key_.second) | 1U;
}

std::span<Talks::Talk> Talks::set_of(std::uint64_t ends) {
  if (talks_.empty()) talks_.resize(kSets * kWays);
  return std::span(talks_).subspan((ends >> 8U) % kSets * kWays, kWays);
}

Talks::Talk* Talks::known_talk(std::uint64_t ends) {
  const auto set = set_of(ends);
  const auto found = std::ranges::find(set, ends, &Talk::ends);
  return found == set.end() ? nullptr : &*found;
}

Talks::Talk& Talks::talk_of(std::uint64_t ends, std::int64_t time_ns, const Sink& sink) {
  if (Talk* const known = known_talk(ends)) return *known;
  Talk& oldest = *std::ranges::min_element(
      set_of(ends), {}, [](const Talk& one) { return std::pair(one.ends != 0, one.last_ns); });
  release(oldest, time_ns, true, sink);
  end(oldest);
  oldest.ends = ends;
  return oldest;
}

void Talks::begin_anew(Talk& talk) {
  for (const Stream& stream : talk.streams) kept_ -= stream.begun.size();
  for (const Waiting& one : talk.waiting) kept_ -= one.size();
  const auto [ends, last_ns] = std::pair(talk.ends, talk.last_ns);
  talk = Talk();
  talk.ends = ends;
  talk.last_ns = last_ns;
}

void Talks::end(Talk& talk) {
  begin_anew(talk);
  talk.ends = 0;
}

void Talks::add(const LoginEvent& event, std::span<const std::uint8_t> bytes, const Sink& sink) {
  const auto text = bytes.subspan(event.text_at, event.text_size);
  if (event.datagram) return take_datagram(event, text, sink);
  const std::uint64_t ends = both_ends(event);
  // What only acknowledges changes nothing here.
  if (event.payload == 0 && (event.flags & (kSyn | kFin | kRst)) == 0) return sink(event, ends, {});
  if (event.payload == 0 && (event.flags & kSyn) == 0 && known_talk(ends) == nullptr)
    return sink(event, ends, {});
  Talk& talk = talk_of(ends, event.time_ns, sink);
  talk.last_ns = event.time_ns;
  if ((event.flags & kSyn) != 0) return opened(talk, event, sink);
  if ((event.flags & kRst) != 0) {
    release(talk, event.time_ns, true, sink);
    end(talk);
    return sink(event, ends, {});
  }
  const Stream& stream = talk.streams[event.to_server ? 1 : 0];
  if (stream.known && std::abs(std::int64_t{after(event.sequence, stream.next)}) > kFar) {
    release(talk, event.time_ns, true, sink);
    begin_anew(talk);
  }
  note_sides(talk, event, text);
  if (missing(talk, event) == 0) {
    take(talk, event, text, sink);
  } else {
    talk.waiting.push_back({event, std::string(text.begin(), text.end())});
    kept_ += talk.waiting.back().size();
  }
  if (!talk.waiting.empty()) release(talk, event.time_ns, kept_ > kMostKept, sink);
}

/// A server's acknowledgement of a new connection, which may come twice.
void Talks::opened(Talk& talk, const LoginEvent& event, const Sink& sink) {
  if (event.to_server) return;
  const std::int32_t said = after(talk.streams[0].next, event.sequence + 1);
  if (talk.streams[0].known && said >= 0 && said < kFar) return;
  release(talk, event.time_ns, true, sink);
  begin_anew(talk);
  talk.streams[0].known = talk.streams[1].known = true;
  talk.streams[0].next = event.sequence + 1;
  talk.streams[0].first_acknowledged = event.acknowledged;
  talk.streams[1].next = event.acknowledged;
  sink(event, talk.ends, {});
}

/// Who acknowledges more and more was told something.
void Talks::note_sides(Talk& talk, const LoginEvent& event, std::span<const std::uint8_t> text) {
  if (event.payload == 0 && (event.flags & kFin) == 0) return;
  Stream& own = talk.streams[event.to_server ? 1 : 0];
  const bool both = talk.streams[event.to_server ? 0 : 1].spoke;
  if (!own.spoke && event.payload == 0) return;
  if (own.heard < kNeeded) {
    const std::size_t wanted = std::min<std::size_t>(event.payload, kNeeded - own.heard);
    if (text.size() < wanted && !begins_as_tls(text) && !std::exchange(own.cut, true)) ++cut_short_;
    own.heard += event.payload;
  }
  if (!std::exchange(own.spoke, true)) {
    ++directions_;
    if (!own.first_acknowledged) own.first_acknowledged = event.acknowledged;
    if (both) {
      ++both_sided_;
      if (std::exchange(talk.one_side, false)) --one_sided_;
      return;
    }
  }
  if (!both && !talk.one_side && after(event.acknowledged, *own.first_acknowledged) > 1) {
    talk.one_side = true;
    ++one_sided_;
  }
}

std::int64_t Talks::missing(const Talk& talk, const LoginEvent& event) {
  const Stream& own = talk.streams[event.to_server ? 1 : 0];
  const Stream& other = talk.streams[event.to_server ? 0 : 1];
  std::int64_t bytes = 0;
  if (own.known) bytes += std::max(after(event.sequence, own.next), 0);
  // What it acknowledges came before it.
  if (other.known) bytes += std::max(after(event.acknowledged, other.next), 0);
  return bytes;
}

void Talks::skip(Stream& stream, std::uint32_t to) {
  if (!stream.known || after(to, stream.next) <= 0) return;
  keep(stream, {});
  stream.body = 0;
  stream.next = to;
}

void Talks::release(Talk& talk, std::int64_t now_ns, bool force, const Sink& sink) {
  while (!talk.waiting.empty()) {
    const auto next = std::ranges::min_element(
        talk.waiting, {}, [&](const Waiting& one) { return missing(talk, one.event); });
    const LoginEvent event = next->event;
    if (missing(talk, event) > 0) {
      const bool waited = std::abs(now_ns - talk.waiting.front().event.time_ns) > kLongestWait;
      if (!force && !waited && talk.waiting.size() <= kMostWaiting) return;
      skip(talk.streams[event.to_server ? 1 : 0], event.sequence);
      skip(talk.streams[event.to_server ? 0 : 1], event.acknowledged);
    }
    kept_ -= next->size();
    const std::string text = std::move(next->text);
    talk.waiting.erase(next);
    const auto* at = reinterpret_cast<const std::uint8_t*>(text.data());  // NOLINT: as bytes
    take(talk, event, {at, text.size()}, sink);
  }
}

void Talks::take(Talk& talk, LoginEvent event, std::span<const std::uint8_t> text,
                 const Sink& sink) {
  Stream& stream = talk.streams[event.to_server ? 1 : 0];
  const bool fin = (event.flags & kFin) != 0;
  std::uint32_t before = 0;
  if (std::exchange(stream.known, true))
    before = static_cast<std::uint32_t>(std::max(-after(event.sequence, stream.next), 0));
  // All of it was there before.
  if (before > 0 && before >= event.payload + (fin ? 1U : 0U)) return;
  before = std::min(before, event.payload);
  event.payload -= before;
  text = text.subspan(std::min<std::size_t>(before, text.size()));
  stream.next = event.sequence + before + event.payload + (fin ? 1U : 0U);
  stream.closed |= fin;
  // Where the other begins, if it didn't yet.
  Stream& other = talk.streams[event.to_server ? 0 : 1];
  if (!std::exchange(other.known, true)) other.next = event.acknowledged;
  said_.clear();
  if (event.payload > 0) read(talk, event, text);
  const std::uint64_t ends = talk.ends;
  if (talk.streams[0].closed && talk.streams[1].closed && talk.waiting.empty()) end(talk);
  sink(event, ends, said_);
}

void Talks::take_datagram(const LoginEvent& event, std::span<const std::uint8_t> text,
                          const Sink& sink) {
  const Spoken said = said_over_udp(text);
  if (said.word == Word::none) return;
  const std::uint64_t ends = both_ends(event);
  Talk& talk = talk_of(ends, event.time_ns, sink);
  talk.last_ns = event.time_ns;
  said_.clear();
  // What is sent again, or seen twice, is what it was.
  if (said.word == Word::guess &&
      (talk.answered == said || std::ranges::find(talk.asked, said) != talk.asked.end()))
    return;
  hear(talk, event.to_server, said);
  sink(event, ends, said_);
}

void Talks::finish(const Sink& sink) {
  for (Talk& talk : talks_) {
    release(talk, talk.last_ns, true, sink);
    end(talk);
  }
}

void Talks::keep(Stream& stream, std::string_view text) {
  kept_ -= stream.begun.size();
  if (kept_ + text.size() > kMostKept) text = {};
  stream.begun = std::string(text);
  kept_ += text.size();
}

void Talks::read(Talk& talk, const LoginEvent& event, std::span<const std::uint8_t> text) {
  const bool to_server = event.to_server;
  Stream& stream = talk.streams[to_server ? 1 : 0];
  if (to_server && !talk.client_spoke) {
    // What the client asked before the server spoke was answered.
    std::erase_if(talk.asked, [](const Spoken& one) { return one.word != Word::guess; });
    talk.new_turn = true;
  }
  talk.client_spoke = to_server;
  const auto missed = static_cast<std::uint32_t>(event.payload - text.size());
  const bool last = missed > 0;  // of what comes at once
  // A body goes by; of an answer to HEAD there is none, whatever its head says.
  if (const std::uint32_t body = std::exchange(stream.body, 0); body > 0 && !begins_as_http(text)) {
    if (event.payload <= body) {
      stream.body = body - event.payload;
      return;
    }
    text = text.subspan(std::min<std::size_t>(body, text.size()));
  }
  std::span<const std::uint8_t> left;
  std::string whole = std::exchange(stream.begun, {});
  kept_ -= whole.size();
  bool known = false;
  if (!whole.empty()) {
    whole.append(text.begin(), text.end());
    const auto* at = reinterpret_cast<const std::uint8_t*>(whole.data());  // NOLINT: as bytes
    known = read_messages(talk, to_server, {at, whole.size()}, last, left);
  }
  // What was begun was nothing; or it was only of what came before.
  if (!known) known = read_messages(talk, to_server, text, last, left);
  stream.body -= std::min(stream.body, missed);
  if (!left.empty())
    keep(stream, {reinterpret_cast<const char*>(left.data()), left.size()});  // NOLINT: as text
  stream.read = true;
  if (said_.empty() && !to_server && login_incorrect(text))
    hear(talk, to_server, {Word::refused, Speech::telnet});
}

bool Talks::read_messages(Talk& talk, bool to_server, std::span<const std::uint8_t> bytes,
                          bool last, std::span<const std::uint8_t>& left) {
  for (bool first = true; !bytes.empty(); first = false) {
    const Heard heard = said_over_tcp(bytes, last);
    if (heard.how == Heard::How::foreign) return !first;
    if (heard.how == Heard::How::more) {
      left = bytes;
      return true;
    }
    hear(talk, to_server, heard.said);
    Stream& stream = talk.streams[to_server ? 1 : 0];
    stream.read = true;
    if (heard.taken > bytes.size() && heard.said.speech == Speech::http)
      stream.body = static_cast<std::uint32_t>(heard.taken - bytes.size());
    bytes = bytes.subspan(std::min(heard.taken, bytes.size()));
  }
  return true;
}

void Talks::hear(Talk& talk, bool to_server, const Spoken& said) {
  switch (said.word) {
    case Word::none: return;
    case Word::begins: said_.push_back(said); return;
    case Word::asks:
    case Word::names:
    case Word::nobody:
    case Word::guess:
      if (!to_server) return;
      if (said.word != Word::asks) said_.push_back(said);
      if (said.speech == Speech::smb) return;  // whose answers need none
      // An answer that couldn't be read is not the next one.
      if (std::exchange(talk.new_turn, false) && said.speech == Speech::http) talk.asked.clear();
      if (talk.asked.size() >= kMostAsked) talk.asked.erase(talk.asked.begin());
      talk.asked.push_back(said);
      return;
    default:
      if (!to_server) hear_answer(talk, said);
  }
}

void Talks::hear_answer(Talk& talk, const Spoken& said) {
  // What these say can't be read before it is answered, or needn't be.
  if (said.speech == Speech::smb || said.speech == Speech::telnet) {
    said_.push_back(said);
    return;
  }
  // A greeting, if it is the first that is heard.
  if (said.speech == Speech::pop3 && said.word == Word::accepted && !talk.streams[0].read) return;
  const auto guess = [&](const Spoken& one) {
    return one.word == Word::guess && answers(one.speech, said.speech);
  };
  auto asked = talk.asked.begin();
  // These codes answer nothing else.
  const bool telling = said.speech == Speech::ftp && said.word == Word::accepted;
  if (in_order(said.speech) && !telling) {
    if (asked == talk.asked.end()) return;
    if (!guess(*asked)) {
      const Spoken other = *asked;
      talk.asked.erase(asked);
      // Where a password is asked for.
      if (other.speech == Speech::http && said.word == Word::refused)
        said_.push_back({Word::asks, Speech::http, other.tag, other.folder});
      return;
    }
    if (said.word == Word::goes_on) return;
  } else {
    const bool marked =
        said.speech == Speech::imap || said.speech == Speech::ldap || said.speech == Speech::sip;
    asked = std::ranges::find_if(talk.asked, [&](const Spoken& one) {
      return guess(one) && (!marked || one.tag == said.tag);
    });
    if (asked == talk.asked.end()) {
      if (said.speech == Speech::mssql) said_.push_back(said);  // the password may go in TLS
      return;
    }
  }
  Spoken answer = said;
  if (answer.speech == Speech::http) {
    answer.tag = asked->tag;
    answer.folder = asked->folder;
  }
  talk.answered = *asked;
  talk.asked.erase(asked);
  said_.push_back(answer);
}

}  // namespace sekisho
