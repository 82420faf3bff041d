// SPDX-License-Identifier: Apache-2.0
// The routes, as the rooms' api.yaml (OpenAPI 3.1) have them: which operation a request means, who
// may call it and with what scope. The documents are the only place that says so; an operation
// without a handler, or a handler without an operation, stops the server from starting.
#pragma once

#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/api/condition.h"

namespace sekisho {

using Handler = Outcome (*)(Call&);
using Handlers = std::unordered_map<std::string, Handler>;

struct Operation {
  std::string id;
  std::string method;
  std::vector<std::string> path;       // segments; "{…}" takes any
  std::vector<std::string> roles;      // public, half, any, or names of roles
  std::string scope;                   // read, evidence, manage, or none: not with a token
  std::vector<std::string> media;      // the types of a body, the usual one first; may be empty
  bool upload = false;                 // takes bytes, not JSON
  bool large = false;                  // takes JSON with whole files in it
  bool hashes = false;                 // a password, which takes its time
  std::string waits;                   // for others: always, or only for this query (format=pdf)
  const Versioned* version = nullptr;  // of what it gives or changes; null: it has none
  bool proof = false;                  // wants password or second factor shown anew
  std::string emergency;               // to whom it isn't open in emergencies: never, others; empty
  Handler handler = nullptr;
  std::set<std::string, std::less<>> queries = {};  // the names that it knows
  bool others_queries = false;                      // who sends people here adds names of their own

  /// What it does for long when it is asked with `query`.
  HttpHandlers::Work work_of(std::string_view query) const;
};

class Router {
 public:
  /// Joins the documents: the first says what the API is, all add paths and components.
  static Result<Router> make(const std::vector<std::string_view>& documents,
                             const Handlers& handlers);

  struct Match {
    const Operation* operation = nullptr;
    std::vector<std::string> parameters;
    std::vector<std::string>
        allowed;  // methods of other operations of this path, as Allow has them
  };
  Match match(std::string_view method, std::string_view path) const;
  const std::string& document() const { return document_; }
  const std::vector<Operation>& operations() const { return operations_; }

 private:
  /// Whether the GET of the same path gives the version that this one asks for.
  bool shows_version(const Operation& change) const;

  std::vector<Operation> operations_;
  std::string document_;  // all of api.yaml as JSON
};

/// Whether it makes something for whoever is signed in, and an Idempotency-Key keeps it from being
/// made twice.
bool takes_once(const Operation& operation);

/// Whether `who` may call it.
bool may_call(const Operation& operation, const Identity& who);

/// How long a password or second factor that was shown stands for changes of the account itself.
inline constexpr std::chrono::minutes kProofLasts{10};
/// Whether `who` has to show one anew before this operation.
bool needs_proof(const Operation& operation, const Identity& who, Time now);

/// Whether `who` came in by a code for emergencies, and what it does here would outlast that.
bool outlasts_emergency(const Operation& operation, const Identity& who,
                        const std::vector<std::string>& parameters);

/// Every room's api.yaml, and every handler by its operation's id.
std::vector<std::string_view> all_documents();
Handlers all_handlers();

}  // namespace sekisho
