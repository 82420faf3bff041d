// SPDX-License-Identifier: Apache-2.0
#include "server/http/problem.h"

namespace sekisho {

std::string_view problem_code(unsigned status) {
  switch (status) {
    case 400: return "bad-request";
    case 401: return "not-signed-in";
    case 403: return "forbidden";
    case 404: return "not-found";
    case 405: return "method-not-allowed";
    case 408: return "too-slow";
    case 409: return "conflict";
    case 412: return "changed";
    case 413:
    case 414:
    case 431: return "too-large";
    case 415: return "wrong-type";
    case 421: return "wrong-name";
    case 422: return "invalid";
    case 429: return "too-many";
    case 503: return "unavailable";
    default: return status >= 500 ? "internal" : "refused";
  }
}

}  // namespace sekisho
