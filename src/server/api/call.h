// SPDX-License-Identifier: Apache-2.0
// One request on its way through the API: who asks, what for, and what it may use.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "assess/fleet.h"
#include "base/base.h"
#include "server/api/board.h"
#include "server/api/kept_answers.h"
#include "server/api/options.h"
#include "server/http/http.h"
#include "store/id.h"
#include "store/store.h"

namespace sekisho {

using SealId = Id<struct EmergencySeal_>;

/// Who a request speaks for.
struct Identity {
  PersonId person;  // nobody where there is none
  SessionId session;
  TokenId token;
  std::string name;
  std::string email;
  std::string stage;   // of the session: second, enrol, full
  std::string secret;  // the cookie's value
  SealId seal;         // of the code for emergencies that opened the session
  Time proved_at;      // when password or second factor was last shown in this session
  std::set<std::string, std::less<>> roles;
  std::set<std::string, std::less<>> scopes;  // of a token
  Lang lang = Lang::ja;

  bool has(std::string_view role) const { return roles.contains(role); }
  /// Sees the whole organisation, not only what is theirs.
  bool sees_all() const { return has("administrator") || has("executive") || has("auditor"); }
};

/// An error that ends a request: an HTTP status and what to show.
struct Problem {
  unsigned status = 400;
  Text text;
  std::vector<Error> fields;  // what is wrong where, in a body
  std::string reason = {};    // NOLINT(*-redundant-member-init): for the operator alone
  /// RFC 9457, 3.1.1: what a program may act upon.
  std::string type = "about:blank";
  /// The same for one of its status' kinds; empty: the word of the type or the status.
  std::string code = {};  // NOLINT(*-redundant-member-init): of an aggregate
};

/// A reply, or why there is none.
struct Reply {
  unsigned status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  /// Of a list: where the next page begins; empty where there is none.
  std::string next = {};  // NOLINT(*-redundant-member-init): of an aggregate
};
using Outcome = std::expected<Reply, Problem>;

std::unexpected<Problem> problem(unsigned status, std::string ja, std::string en);
std::unexpected<Problem> not_found();
/// The same, by a word of its own.
Problem coded(Problem problem, std::string code);
std::unexpected<Problem> forbidden();
/// What came of an error inside: a status by its kind, its words, and what the operator sees.
std::unexpected<Problem> broken(const Error& error);
/// Something that the sender has to change.
std::unexpected<Problem> invalid(const Error& error);

class LiveDesk;  // of the room access

/// What all requests share. Everything in it may be used by several threads at once.
struct Shop {
  const Guideline& guideline;
  const ServerOptions& options;
  Board& board;
  KeptAnswers& elsewhere;    // of other servers, by GET
  LiveDesk* desk = nullptr;  // who is in; none only in tests of parts
};

struct Call {
  const Shop& shop;
  const HttpRequest& request;
  Database& db;
  Identity who;
  std::vector<std::string> parameters;  // of the path, in order
  Time now;
  HttpIntroduction let_in = {};  // whom it has wholly signed in

  const Guideline& guideline() const { return shop.guideline; }
  const std::string& parameter(std::size_t i) const { return parameters.at(i); }
  /// A path's parameter as an id; none for what is no number.
  template <typename Id>
  Id id(std::size_t i) const {
    return Id(std::max<std::int64_t>(whole_number(parameter(i)), 0));
  }
  std::optional<std::string> query(std::string_view name) const {
    return query_value(request.query, name);
  }
  /// The scheme and host that the person sees, for links.
  std::string origin() const;
};

/// `value` as JSON.
Reply reply_json(const boost::json::value& value, unsigned status = 200);
inline Reply reply_nothing() { return {204, "", "", {}}; }

/// Reads a JSON body: `read` takes what it needs from the document and notes what is wrong.
template <typename T>
std::expected<T, Problem> read_body(const Call& call, T (*read)(const Node&)) {
  const auto document = parse_json("", call.request.body, {kMaxBodyBytes, 20'000, 12});
  if (!document) return invalid(document.error());
  std::vector<Error> problems;
  T value = read(Node(*document, problems));
  if (!problems.empty()) {
    Problem wrong{422, {"入力に誤りがあります。", "something in the input is wrong."}, {}};
    wrong.fields = std::move(problems);
    return std::unexpected(std::move(wrong));
  }
  return value;
}

/// Clean text of at most `most` characters: no control characters (of C1 and of directions neither)
/// but line breaks; empty is noted as wrong unless `may_be_empty`.
std::string clean_text(const Node& node, std::size_t most, bool may_be_empty = false);

/// The rows from `after` on, one more than the page to know whether there is another.
struct Page {
  std::size_t limit = 50;
  std::int64_t after = 0;
};
std::expected<Page, Problem> page_of(const Call& call, std::size_t limit = 50,
                                     std::size_t most = 500);
/// {"items": […], "next": …}; cuts `items` to the page and gives the place to go on from.
template <typename Cursor>
boost::json::object paged(boost::json::array items, const Page& page, Cursor cursor) {
  boost::json::value next = nullptr;
  if (items.size() > page.limit) {
    items.resize(page.limit);
    next = cursor(items.back());
  }
  return {{"items", std::move(items)}, {"next", std::move(next)}};
}

boost::json::object json_text(const Text& text);
boost::json::value json_time(Time time);
boost::json::value json_time(std::optional<Time> time);  // null for none
boost::json::value json_time_or_null(const Row& row, std::size_t at);

/// Appends to the audit log, in the transaction that is open.
Result<void> audit(Call& call, std::string_view action, std::string_view item,
                   boost::json::object detail = {});

/// Turns the Result of a write into an answer.
Outcome written(const Result<void>& done, Reply reply);
/// Stops a transaction with a problem that the caller gives back.
std::unexpected<Error> stop(Problem& into, Problem problem);

}  // namespace sekisho
