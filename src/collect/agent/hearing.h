// SPDX-License-Identifier: Apache-2.0
// Hears what the server has to say to this device as soon as it is said: one question, which the
// server holds until there may be an answer, asked over and over on a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "collect/agent/report.h"

namespace sekisho {

class Hearing {
 public:
  /// Asks for what is another than `since`, and waits as long as it takes. kHeldStatus: the server
  /// held it, and there may be something now.
  using Ask =
      std::function<Result<ServerReply>(const std::string& since, const std::stop_token& quit)>;
  explicit Hearing(Ask ask) : ask_(std::move(ask)) {}

  /// Until `quit`.
  void run(const std::stop_token& quit);
  /// One question; for how long not to ask again.
  std::chrono::milliseconds ask_once(const std::stop_token& quit);

  /// Waits for at most so long until there is something to take; false: there is nothing.
  bool wait(std::chrono::milliseconds longest);
  /// What was told last, once.
  std::optional<Told> take();
  /// That the server lets this device in no more, in its words, once.
  std::optional<Error> take_refusal();

 private:
  void heard(Told told);
  void refused(Error why);
  std::chrono::seconds later();

  Ask ask_;
  std::string word_;               // what is known; for the thread that asks alone
  std::string refusal_;            // said already
  std::chrono::seconds retry_{0};  // what the last failure waited for
  std::mutex mutex_;               // guards these
  std::condition_variable_any come_;
  std::optional<Told> told_;
  std::optional<Error> no_more_;
};

}  // namespace sekisho
