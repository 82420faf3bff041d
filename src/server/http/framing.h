// SPDX-License-Identifier: Apache-2.0
// Where requests begin and end in the bytes of a connection (RFC 9112), without a socket. What can
// be read in two ways is refused: a proxy in front may have read it in the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sekisho {

/// A request line and its fields, of which each byte was looked at.
struct RequestHead {
  std::string method;
  std::string host;      // as it was asked for: of an absolute target, else of Host; may be empty
  std::string raw_path;  // begins with '/', or is "*"
  std::string query;
  bool old = false;                                          // HTTP/1.0
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  bool keep_alive = true;
  bool chunked = false;
  std::uint64_t length = 0;    // of the body, unless it is chunked
  bool expects_leave = false;  // Expect: 100-continue
  bool has_body() const { return chunked || length > 0; }

  const std::string* find(std::string_view name) const;
};

/// Bounds for what comes from outside.
inline constexpr std::size_t kMaxHeaderBytes = std::size_t{16} << 10U;
inline constexpr std::size_t kMaxTargetBytes = std::size_t{8} << 10U;
inline constexpr std::size_t kMaxFields = 100;
inline constexpr std::size_t kMaxTrailerBytes = std::size_t{4} << 10U;
inline constexpr std::size_t kMaxChunkLine = 256;

class RequestReader {
 public:
  enum class Step : std::uint8_t {
    more,     // feed() it
    head,     // head() is there; take_body() or nothing of it goes on
    done,     // head() and body() are whole; again() for the next
    refused,  // answer with status() and hang up
  };

  void feed(std::string_view bytes);
  /// As far as the bytes go.
  Step next();
  /// After `head`: the body may come, at most this much of it (413 beyond). What was announced
  /// takes no memory before it comes, unless it is to be had at once.
  void take_body(std::size_t most, bool at_once = false);
  void again();

  const RequestHead& head() const { return head_; }
  /// Its fields, which head() has no longer then: whoever answers keeps them.
  std::vector<std::pair<std::string, std::string>> take_fields() {
    return std::exchange(head_.headers, {});
  }
  std::string& body() { return body_; }
  unsigned status() const { return status_; }
  /// Whether a byte of the next request has come.
  bool begun() const { return at_ < buffer_.size(); }
  /// Bytes of the body that are here.
  std::size_t taken() const { return body_.size(); }
  /// Memory that they take, and what has come behind them.
  std::size_t held() const { return body_.capacity() + buffer_.capacity(); }
  /// Lets go of a body that nobody is to read.
  void drop() { std::string().swap(body_); }

 private:
  enum class State : std::uint8_t {
    head,
    judged,
    length,
    size,
    data,
    data_end,
    trailer,
    done,
    refused
  };
  /// Each goes as far as its state does; nothing when the next one goes on.
  using Went = std::optional<Step>;
  Step refuse(unsigned status);
  Went read_head();
  Went read_bytes();
  Went read_size();
  Went read_data_end();
  Went read_trailer();
  std::string_view rest() const { return std::string_view(buffer_).substr(at_); }
  /// The next whole line; nothing with `more` or a refusal in `went`.
  std::optional<std::string_view> line(std::size_t most, unsigned too_long, Went& went);

  std::string buffer_;
  std::size_t at_ = 0;      // of what was taken from it
  std::size_t looked_ = 0;  // up to here no end of the head was found
  bool blank_taken_ = false;
  RequestHead head_;
  std::string body_;
  State state_ = State::head;
  std::size_t most_ = 0;
  std::uint64_t left_ = 0;  // of the body, or of the chunk
  std::size_t trailers_ = 0;
  unsigned status_ = 0;
};

/// The head of a request that ends with an empty line; an HTTP status when it is none.
struct HeadOrStatus {
  std::optional<RequestHead> head;
  unsigned status = 400;
};
HeadOrStatus read_request_head(std::string_view text);

/// The bytes before the body of a reply; nothing when a name or a value would break out of them.
std::optional<std::string> write_reply_head(
    unsigned status, const std::vector<std::pair<std::string, std::string>>& headers,
    std::optional<std::size_t> length, std::string_view connection, std::string_view date);

/// A field's name or a method (RFC 9110, 5.6.2).
bool is_http_token(std::string_view text);

}  // namespace sekisho
