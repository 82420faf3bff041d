// SPDX-License-Identifier: Apache-2.0
// What the guard of a server is told (/etc/sekisho/guard.yaml).
#pragma once

#include <filesystem>
#include <map>

#include "server/enforcers/message.h"

namespace sekisho {

/// A socket on this machine, or a host (a name or an address) and its port.
struct ServerPlace {
  std::filesystem::path socket{};
  std::string host{};
  unsigned short port = 0;

  bool remote() const { return !host.empty(); }
  static std::optional<ServerPlace> parse(std::string_view text);
};

inline constexpr const char* kUsualIdentity = "/var/lib/sekisho-guard/enforcer.pem";

struct GuardSettings {
  EnforcerId enforcer;
  ResourceId resource;
  /// Where Sekisho's servers are: whichever answers is asked.
  std::vector<ServerPlace> servers{};
  /// Where what is shown to servers on other machines is kept: key, certificate and authorities.
  std::filesystem::path identity = kUsualIdentity;
  std::map<std::string, PersonAddress, std::less<>> logins{};
  std::string domain{};              // of logins that aren't named; empty: nobody owns them
  std::chrono::seconds outage{120};  // how long who is in stays in without the server

  /// Who owns a login; nobody owns one that is neither named nor a plain name.
  std::optional<PersonAddress> owner(std::string_view login) const;
};

Result<GuardSettings> read_guard_settings(std::string name, std::string_view text);
inline constexpr DocumentLimits kGuardLimits{std::size_t{1} << 20U, 50'000, 6};

}  // namespace sekisho
