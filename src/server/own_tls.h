// SPDX-License-Identifier: Apache-2.0
// TLS by an authority of one's own (`sekisho serve --tls self`): made once, kept in a folder beside
// the database, and used for nothing but this server. People trust it on each device; what it
// certifies is renewed by itself. It can certify no name but those it was made for and addresses
// inside networks, so whoever stole its key could stand for no other site.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/base.h"

namespace sekisho {

struct OwnTls {
  std::filesystem::path authority;    // PEM: what people trust
  std::filesystem::path certificate;  // PEM, of the server
  std::filesystem::path key;
  bool made_anew = false;  // the authority: what was trusted before no longer helps
};

/// Sees that all is there, holds for `hosts` and lasts; makes what isn't. To be called now and
/// then.
Result<OwnTls> keep_own_tls(const std::filesystem::path& folder,
                            const std::vector<std::string>& hosts, Time now);

}  // namespace sekisho
