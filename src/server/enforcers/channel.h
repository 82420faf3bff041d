// SPDX-License-Identifier: Apache-2.0
// Lines over a stream, in both directions at once: one thread reads, any thread sends and waits for
// nothing. What the other end sends is bounded, and so is what it leaves unread.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "server/enforcers/stream.h"

namespace sekisho {

class LineChannel {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  /// A line has at most `most` bytes with its end.
  LineChannel(std::unique_ptr<Stream> stream, std::size_t most);
  ~LineChannel();
  LineChannel(const LineChannel&) = delete;
  LineChannel& operator=(const LineChannel&) = delete;

  /// From any thread. False: it is over, and nothing of this was sent.
  bool send(std::string_view line);
  /// Ends it: whoever waits in next() is told. From any thread.
  void end();

  /// `too_long`: more than a line may have came without an end; what follows can't be read.
  enum class Came : std::uint8_t { line, nothing, too_long, over };
  /// Waits for a line until then, and sends meanwhile what is to be sent.
  Came next(std::string& line, Moment until);
  /// Sends what is still to be sent, until then.
  void finish(Moment until);

 private:
  bool take_line(std::string& line);
  bool read_some();
  bool write_some();
  bool waits_to_send() const;

  std::unique_ptr<Stream> stream_;
  int wake_;  // an eventfd
  std::size_t most_;
  std::string in_;
  std::size_t looked_at_ = 0;  // of `in_`: no line ends in these
  mutable std::mutex mutex_;
  std::string out_;
  bool over_ = false;
};

}  // namespace sekisho
