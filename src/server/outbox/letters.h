// SPDX-License-Identifier: Apache-2.0
// Internal to the room: one message that waits, from the moment that it is due to what came of it.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>

#include "server/outbox/mail.h"
#include "server/outbox/outbox.h"

namespace sekisho {

struct Due {
  std::int64_t id = 0;
  std::int64_t tries = 0;  // with the one that begins
  Time made;
  Letter letter;
};

/// Where messages go one after the other: each webhook, and the mail server.
using Road = std::pair<std::string, std::string>;  // way, and a webhook's address
Road road_of(const Letter& letter);

/// Takes the message that is due longest on a road that isn't busy; nobody else takes it until the
/// lease ends.
Result<std::optional<Due>> take_due(Database& db, Time now, const std::set<Road>& busy = {});

/// One try, with all that it needs: it asks nothing of the database.
struct Attempt {
  std::string host;  // whom it goes to
  std::function<Sent(const std::stop_token& quit)> send;
};
Result<Attempt> attempt_of(Database& db, const ServerOptions& options, const Due& due);

/// Keeps what came of it, for the next try, the audit log and the operator.
Result<void> note(Database& db, const ServerOptions& options, const Due& due,
                  const std::string& host, const Sent& sent);

}  // namespace sekisho
