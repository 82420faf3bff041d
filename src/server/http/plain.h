// SPDX-License-Identifier: Apache-2.0
// A request's head as handlers see it.
#pragma once

#include <optional>

#include "server/http/http.h"

namespace sekisho {

/// Nothing when the target is no clean path. `fields` are those of the head. Its body, and the
/// certificate that was shown, are still to be added.
std::optional<HttpRequest> plain_request(const RequestHead& head,
                                         std::vector<std::pair<std::string, std::string>> fields,
                                         const IpAddress& peer, const Fronts& fronts);

}  // namespace sekisho
