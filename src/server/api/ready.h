// SPDX-License-Identifier: Apache-2.0
// Answers that are ready. What some operations gave is given again while nothing that
// it depends on has changed: what the database holds, the second, what is asked for, and the roles
// and the language of who asks. Its handler is told no more than that, so nothing of one person can
// be in what another gets. docs/decisions/0022-ready-answers.md
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "server/api/router.h"

namespace sekisho {

class ReadyAnswers {
 public:
  using Connect = std::function<Result<std::unique_ptr<Database>>()>;

  /// Two that are equal prove that who reads the database and the clock finds the same.
  struct Moment {
    std::string data;
    Time now;
    bool operator==(const Moment&) const = default;
  };
  /// All that is kept is of one moment, and no more than this.
  static constexpr std::size_t kMostBytes = std::size_t{32} << 20U;
  static constexpr std::size_t kMostAnswers = 256;
  static constexpr std::size_t kMostPeople = 1024;

  explicit ReadyAnswers(Connect connect) : connect_(std::move(connect)) {}

  /// Nothing where it can't be known: then nothing is ready, and nothing is to be kept.
  std::optional<Moment> moment(Time now);
  /// The same where it can be known without waiting: of a file that is open, while nobody else
  /// looks.
  std::optional<Moment> moment_at_once(Time now);

  /// Who shows `secret`, as it was at that moment.
  std::shared_ptr<const Identity> who(const Moment& moment, const std::string& secret) const;
  void keep(const Moment& moment, const std::string& secret, const Identity& who);

  std::optional<HttpReply> answer(const Moment& moment, const std::string& key) const;
  /// Kept when it is whole (200); gives it back.
  HttpReply keep(const Moment& moment, const std::string& key, HttpReply reply);

  std::size_t bytes() const;

 private:
  /// Under the lock of the connection that is open.
  std::optional<Moment> look(Time now);
  /// Under the lock: lets go of what is of another moment.
  void turn_to(const Moment& moment);

  Connect connect_;
  std::mutex looking_;            // guards these
  std::unique_ptr<Database> db_;  // null: to be opened
  std::int64_t opened_ = 0;       // of two connections no numbers are compared

  mutable std::mutex mutex_;  // guards these
  Moment moment_;
  std::unordered_map<std::string, HttpReply> answers_;
  std::unordered_map<std::string, std::shared_ptr<const Identity>> people_;
  std::size_t bytes_ = 0;
};

/// Whether what it gives depends on no more than that, and is asked for all the time.
bool may_be_ready(const Operation& operation);
/// What a request shows of who asks, in a form that may be kept.
std::string shown_secret(const HttpRequest& request, std::string_view cookie);
/// Whether whoever asks is content with what is ready (RFC 9111, 5.2.1.4).
bool takes_ready(const HttpRequest& request);

/// What is there for `request`, which is for `operation` and comes from `who`, in that language.
std::optional<HttpReply> ready_reply(const ReadyAnswers& ready, const ReadyAnswers::Moment& moment,
                                     const HttpRequest& request, const Operation& operation,
                                     const Identity& who, Lang lang);
/// The answer to a call of an operation that is `ready`, made where it isn't there.
HttpReply answer_and_keep(ReadyAnswers& ready, const ReadyAnswers::Moment& moment, const Call& call,
                          const Operation& operation);

}  // namespace sekisho
