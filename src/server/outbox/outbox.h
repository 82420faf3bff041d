// SPDX-License-Identifier: Apache-2.0
// What leaves the house by itself: mail and webhooks. Each message is kept until its receiver took
// it, so that a mail server that is away for an hour costs nobody a notice, and no request waits
// for one.
//
// May enter: messages, how they are sent, and when again.
// May not enter: what is worth telling.
#pragma once

#include <boost/json.hpp>

#include "server/api/call.h"
#include "server/outbox/hooks.h"

namespace sekisho {

struct Letter {
  std::string way;     // mail, or a webhook's kind
  std::string target;  // an address, or a webhook's
  std::string event;   // what it is about, for programs
  Text subject;
  Text body;
  std::string data = "{}";  // for programs: a JSON object
  /// Where it leads: a page ("/incidents/7"), which needs a public address, or an address. Empty:
  /// to the page of its event where that has one. In the texts nothing is a link.
  std::string link = {};
};

/// Keeps it in the transaction that is open: it goes out if, and only if, that is committed.
Result<void> put_out(Database& db, Time now, const Letter& letter);

/// One for each way that is set up, in the transaction that is open: mail to administrators and
/// executives, webhooks.
Result<void> tell(Database& db, Time now, std::string_view event, const Text& subject,
                  const Text& body, const boost::json::object& data, const std::string& link = {});

/// The same for one person, by mail alone; nothing where no mail server is set up.
Result<void> tell_person(Database& db, Time now, PersonId person, std::string_view event,
                         const Text& subject, const Text& body, const std::string& link = {});

/// Drops what waits for webhooks other than these, in the transaction that is open.
Result<void> forget_other_hooks(Database& db, const std::vector<Hook>& hooks);

struct Waiting {
  std::int64_t count = 0;     // messages that failed at least once
  std::optional<Time> since;  // the oldest
  std::string error;          // of its last try, in English
};
Result<Waiting> waiting_letters(Database& db);

}  // namespace sekisho
