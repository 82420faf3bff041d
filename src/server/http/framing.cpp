// SPDX-License-Identifier: Apache-2.0
#include "server/http/framing.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "base/text.h"
#include "server/http/address.h"

namespace sekisho {
namespace {

constexpr std::string_view kLine = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr std::array<bool, 256> kTokenChars = [] {
  std::array<bool, 256> all{};
  for (std::size_t c = 0; c < all.size(); ++c)
    all.at(c) = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    all.at(static_cast<unsigned char>(c)) = true;
  return all;
}();
bool is_token_char(char c) { return kTokenChars[static_cast<unsigned char>(c)]; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// What a value may hold (RFC 9110, 5.5): no control character but the tab.
bool is_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
  });
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// A line's field; nothing when it is none.
std::optional<std::pair<std::string, std::string>> field_of(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_http_token(line.substr(0, colon))) return std::nullopt;
  const std::string_view value = without_blanks(line.substr(colon + 1));
  if (!is_value(value)) return std::nullopt;
  return std::pair{lower(line.substr(0, colon)), std::string(value)};
}

bool has_item(std::string_view list, std::string_view item) {
  return std::ranges::any_of(
      split(list, ','), [&](std::string_view one) { return lower(without_blanks(one)) == item; });
}

/// The target, as its four forms (RFC 9112, 3.2) allow for this method.
bool take_target(std::string_view target, RequestHead& head, std::string& asked_host) {
  if (!std::ranges::all_of(target, [](char c) { return c > 0x20 && c < 0x7F && c != '#'; }))
    return false;
  if (target == "*" && head.method == "OPTIONS") {
    head.raw_path = target;
    return true;
  }
  if (!target.starts_with('/')) {
    const std::size_t scheme = target.find("://");
    if (scheme == std::string_view::npos) return false;
    const std::string name = lower(target.substr(0, scheme));
    if (name != "http" && name != "https") return false;
    target.remove_prefix(scheme + 3);
    const std::size_t path = std::min(target.find_first_of("/?"), target.size());
    asked_host = target.substr(0, path);
    if (asked_host.empty()) return false;
    target.remove_prefix(path);
  }
  const std::size_t question = target.find('?');
  head.raw_path = target.substr(0, question);
  if (head.raw_path.empty()) head.raw_path = "/";
  if (question != std::string_view::npos) head.query = target.substr(question + 1);
  return true;
}

/// An HTTP status when the line is not to be had.
unsigned take_request_line(std::string_view line, RequestHead& head, std::string& asked_host) {
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first == std::string_view::npos ? first : first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return 400;
  const std::string_view version = line.substr(second + 1);
  const bool is_http = version.size() == 8 && version.starts_with("HTTP/") &&
                       is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
  head.method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, second - first - 1);
  if (!is_http || !is_http_token(head.method)) return 400;
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return 505;
  if (target.size() > kMaxTargetBytes) return 414;
  head.old = version == "HTTP/1.0";
  return take_target(target, head, asked_host) ? 0 : 400;
}

/// The one value of a field that may stand there once; nullptr when it isn't there, nothing when
/// it is there more often.
std::optional<const std::string*> only_one(const RequestHead& head, std::string_view name) {
  const std::string* found = nullptr;
  for (const auto& [key, value] : head.headers) {
    if (key != name) continue;
    if (found != nullptr) return std::nullopt;
    found = &value;
  }
  return found;
}

/// The framing of the body (RFC 9112, 6.3); an HTTP status when it can be read in two ways.
unsigned take_framing(RequestHead& head) {
  const auto coding = only_one(head, "transfer-encoding");
  const auto length = only_one(head, "content-length");
  if (!coding || !length) return 400;
  if (*coding != nullptr) {
    if (*length != nullptr || head.old || lower(**coding) != "chunked") return 400;
    head.chunked = true;
  }
  if (*length != nullptr) {
    // No list of equal lengths, no sign: RFC 9112 lets us refuse them.
    if ((*length)->empty() || !std::ranges::all_of(**length, is_digit)) return 400;
    const std::int64_t number = whole_number(**length);
    if (number < 0) return 413;
    head.length = static_cast<std::uint64_t>(number);
  }
  return 0;
}

unsigned take_host(RequestHead& head, std::string asked_host) {
  const auto host = only_one(head, "host");
  if (!host || (*host == nullptr && !head.old)) return 400;
  if (*host != nullptr) {
    if (!(*host)->empty() && !read_authority(**host)) return 400;
    head.host = **host;
  }
  // RFC 9112, 3.2.2: of an absolute target Host says nothing.
  if (!asked_host.empty()) {
    if (!read_authority(asked_host)) return 400;
    head.host = std::move(asked_host);
  }
  return 0;
}

unsigned take_expectation(RequestHead& head) {
  const auto expect = only_one(head, "expect");
  if (!expect) return 417;
  if (*expect == nullptr || head.old) return 0;
  if (lower(**expect) != "100-continue") return 417;
  head.expects_leave = head.has_body();
  return 0;
}

void take_connection(RequestHead& head) {
  bool close = false;
  bool keep = false;
  for (const auto& [name, value] : head.headers) {
    if (name != "connection") continue;
    close = close || has_item(value, "close");
    keep = keep || has_item(value, "keep-alive");
  }
  head.keep_alive = !close && (!head.old || keep) && head.method != "CONNECT";
}

/// The value of a chunk's size line; nothing when it is none (RFC 9112, 7.1).
std::optional<std::uint64_t> chunk_size(std::string_view line) {
  std::uint64_t size = 0;
  std::size_t at = 0;
  for (; at < line.size(); ++at) {
    const char c = line[at];
    const int digit = is_digit(c)              ? c - '0'
                      : (c >= 'a' && c <= 'f') ? c - 'a' + 10
                      : (c >= 'A' && c <= 'F') ? c - 'A' + 10
                                               : -1;
    if (digit < 0) break;
    if (size > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    size = size * 16 + static_cast<std::uint64_t>(digit);
  }
  if (at == 0) return std::nullopt;
  // Extensions say nothing to us, but have to be some: ";name", ";name=value", ";name="quoted"".
  std::string_view rest = line.substr(at);
  const auto take_token = [&rest] {
    const auto end = std::ranges::find_if_not(rest, is_token_char);
    const auto length = static_cast<std::size_t>(end - rest.begin());
    rest.remove_prefix(length);
    return length > 0;
  };
  while (!rest.empty()) {
    if (rest.front() != ';') return std::nullopt;
    rest.remove_prefix(1);
    if (!take_token()) return std::nullopt;
    if (!rest.starts_with('=')) continue;
    rest.remove_prefix(1);
    if (!rest.starts_with('"')) {
      if (!take_token()) return std::nullopt;
      continue;
    }
    std::size_t end = 1;
    while (end < rest.size() && rest[end] != '"') end += rest[end] == '\\' ? 2U : 1U;
    if (end >= rest.size() || !is_value(rest.substr(0, end))) return std::nullopt;
    rest.remove_prefix(end + 1);
  }
  return size;
}

}  // namespace

bool is_http_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

const std::string* RequestHead::find(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return &value;
  return nullptr;
}

HeadOrStatus read_request_head(std::string_view text) {
  RequestHead head;
  std::string asked_host;
  const std::size_t line_end = text.find(kLine);
  if (line_end == std::string_view::npos) return {};
  if (const unsigned status = take_request_line(text.substr(0, line_end), head, asked_host))
    return {{}, status};
  text.remove_prefix(line_end + kLine.size());
  // Each has a line; of what is no head more might be announced.
  head.headers.reserve(
      std::min<std::size_t>(static_cast<std::size_t>(std::ranges::count(text, '\n')), kMaxFields));
  while (text != kLine) {
    const std::size_t end = text.find(kLine);
    if (end == std::string_view::npos) return {};
    auto field = field_of(text.substr(0, end));
    if (!field) return {};
    if (head.headers.size() == kMaxFields) return {{}, 431};
    head.headers.push_back(std::move(*field));
    text.remove_prefix(end + kLine.size());
  }
  if (const unsigned status = take_framing(head)) return {{}, status};
  if (const unsigned status = take_host(head, std::move(asked_host))) return {{}, status};
  if (const unsigned status = take_expectation(head)) return {{}, status};
  take_connection(head);
  return {std::move(head), 0};
}

void RequestReader::feed(std::string_view bytes) {
  buffer_.erase(0, at_);
  at_ = 0;
  buffer_.append(bytes);
}

RequestReader::Step RequestReader::refuse(unsigned status) {
  status_ = status;
  state_ = State::refused;
  std::string().swap(buffer_);
  at_ = 0;
  std::string().swap(body_);
  return Step::refused;
}

RequestReader::Step RequestReader::next() {
  for (;;) {
    Went went;
    switch (state_) {
      case State::head: went = read_head(); break;
      case State::judged: return Step::head;
      case State::length:
      case State::data: went = read_bytes(); break;
      case State::size: went = read_size(); break;
      case State::data_end: went = read_data_end(); break;
      case State::trailer: went = read_trailer(); break;
      case State::done: return Step::done;
      case State::refused: return Step::refused;
    }
    if (went) return *went;
  }
}

RequestReader::Went RequestReader::read_head() {
  // One empty line before a request is forgiven (RFC 9112, 2.2).
  if (!blank_taken_ && rest().starts_with(kLine)) {
    at_ += kLine.size();
    blank_taken_ = true;
    looked_ = 0;
  }
  const std::string_view text = rest();
  if (!text.empty() && !is_token_char(text.front()) && (blank_taken_ || text != "\r"))
    return refuse(400);
  const std::size_t end = text.find(kHeadEnd, looked_ < 3 ? 0 : looked_ - 3);
  if (end == std::string_view::npos) {
    // A line feed alone ends no line: who waits for the rest of it would wait for ever.
    for (std::size_t at = looked_; at < text.size(); ++at)
      if (text[at] == '\n' && (at == 0 || text[at - 1] != '\r')) return refuse(400);
    if (text.size() > kMaxHeaderBytes) return refuse(431);
    looked_ = text.size();
    return Step::more;
  }
  const std::size_t size = end + kHeadEnd.size();
  if (size > kMaxHeaderBytes) return refuse(431);
  auto read = read_request_head(text.substr(0, size));
  if (!read.head) return refuse(read.status);
  head_ = std::move(*read.head);
  at_ += size;
  state_ = State::judged;
  return Step::head;
}

void RequestReader::take_body(std::size_t most, bool at_once) {
  most_ = most;
  left_ = head_.length;
  if (!head_.chunked && head_.length > most)
    refuse(413);
  else
    state_ = head_.chunked ? State::size : State::length;
  if (state_ == State::length && at_once) body_.reserve(static_cast<std::size_t>(left_));
}

RequestReader::Went RequestReader::read_bytes() {
  const std::string_view text = rest();
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, text.size()));
  body_.append(text.substr(0, count));
  at_ += count;
  left_ -= count;
  if (left_ > 0) return Step::more;
  state_ = state_ == State::data ? State::data_end : State::done;
  return std::nullopt;
}

std::optional<std::string_view> RequestReader::line(std::size_t most, unsigned too_long,
                                                    Went& went) {
  const std::string_view text = rest();
  const std::size_t end = text.find(kLine);
  if (std::min(end, text.size()) > most) {
    went = refuse(too_long);
    return std::nullopt;
  }
  if (end != std::string_view::npos) {
    at_ += end + kLine.size();
    return text.substr(0, end);
  }
  // Refused as soon as it is seen, as in a head.
  const bool sound =
      text.substr(0, text.size() - (text.ends_with('\r') ? 1 : 0)).find_first_of("\r\n") ==
      std::string_view::npos;
  went = sound ? Step::more : refuse(400);
  return std::nullopt;
}

RequestReader::Went RequestReader::read_size() {
  Went went;
  const auto text = line(kMaxChunkLine, 400, went);
  if (!text) return went;
  const auto size = chunk_size(*text);
  if (!size) return refuse(400);
  if (*size > most_ - body_.size()) return refuse(413);
  left_ = *size;
  state_ = left_ == 0 ? State::trailer : State::data;
  return std::nullopt;
}

RequestReader::Went RequestReader::read_data_end() {
  const std::string_view text = rest().substr(0, kLine.size());
  if (!kLine.starts_with(text)) return refuse(400);
  if (text.size() < kLine.size()) return Step::more;
  at_ += kLine.size();
  state_ = State::size;
  return std::nullopt;
}

/// Trailers are read by the same rules, and are no headers (RFC 9110, 6.5.1).
RequestReader::Went RequestReader::read_trailer() {
  Went went;
  const auto text = line(kMaxTrailerBytes - trailers_, 431, went);
  if (!text) return went;
  trailers_ = std::min(kMaxTrailerBytes, trailers_ + text->size() + kLine.size());
  if (text->empty())
    state_ = State::done;
  else if (!field_of(*text))
    return refuse(400);
  return std::nullopt;
}

void RequestReader::again() {
  head_ = {};
  std::string().swap(body_);
  looked_ = 0;
  blank_taken_ = false;
  trailers_ = 0;
  state_ = State::head;
}

namespace {

std::string_view reason(unsigned status) {
  struct Known {
    unsigned status;
    std::string_view text;
  };
  static constexpr std::array<Known, 27> kKnown{{
      {100, "Continue"},
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {303, "See Other"},
      {304, "Not Modified"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {417, "Expectation Failed"},
      {421, "Misdirected Request"},
      {422, "Unprocessable Content"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {503, "Service Unavailable"},
      {505, "HTTP Version Not Supported"},
  }};
  const auto* found = std::ranges::find(kKnown, status, &Known::status);
  return found == kKnown.end() ? "Other" : found->text;
}

}  // namespace

std::optional<std::string> write_reply_head(
    unsigned status, const std::vector<std::pair<std::string, std::string>>& headers,
    std::optional<std::size_t> length, std::string_view connection, std::string_view date) {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", status, reason(status), date);
  for (const auto& [name, value] : headers) {
    if (!is_http_token(name) || !is_value(value)) return std::nullopt;
    out.append(name).append(": ").append(value).append(kLine);
  }
  if (length) out += fmt::format("Content-Length: {}\r\n", *length);
  if (!connection.empty()) out.append("Connection: ").append(connection).append(kLine);
  return out.append(kLine);
}

}  // namespace sekisho
