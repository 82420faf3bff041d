// directory: the company's directory tells who is there and who has left (SCIM 2.0, RFC 7643 and
// RFC 7644), with a token of its own.
//
// May enter: what a directory says of people, how it is read, and what follows for them here.
// May not enter: how people sign in, and roles beyond teleworker: a directory's token makes nobody
// administrator.
#pragma once

#include <optional>

#include "server/api/router.h"

namespace sekisho {

void add_directory(Handlers& handlers);

inline constexpr std::string_view kScimPath = "/scim/v2/";

/// The directory whose token a request brings; nothing when it brings none that is good.
struct Directory {
  std::int64_t id = 0;
  std::string name;
};
Result<std::optional<Directory>> directory_of(Database& db, const HttpRequest& request, Time now);

/// The reply to a request below kScimPath: to who is no directory a 401.
HttpReply answer_scim(const Shop& shop, Database& db, const HttpRequest& request, Time now);

}  // namespace sekisho
