// SPDX-License-Identifier: Apache-2.0
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
/// Whether a request is a directory's: also one for the root itself.
inline bool is_scim(std::string_view path) {
  return path.starts_with(kScimPath) || path == kScimPath.substr(0, kScimPath.size() - 1);
}

/// The directory whose token a request brings; nothing when it brings none that is good.
struct Directory {
  std::int64_t id = 0;
  std::string name;
};
Result<std::optional<Directory>> directory_of(Database& db, const HttpRequest& request, Time now);

/// In the form of errors of SCIM: 413, 429 or 503.
HttpReply scim_refusal(unsigned status, const HttpRequest& request);
/// The reply to a request that is_scim: to who is no directory a 401.
HttpReply answer_scim(const Shop& shop, Database& db, const HttpRequest& request, Time now);

}  // namespace sekisho
