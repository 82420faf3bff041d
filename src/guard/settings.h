// What the guard of a server is told (/etc/sekisho/guard.yaml).
#pragma once

#include <filesystem>
#include <map>

#include "server/enforcers/message.h"

namespace sekisho {

struct GuardSettings {
  EnforcerId enforcer;
  ResourceId resource;
  std::filesystem::path server;  // the socket of Sekisho's server
  std::map<std::string, PersonAddress, std::less<>> logins{};
  std::string domain{};              // of logins that aren't named; empty: nobody owns them
  std::chrono::seconds outage{120};  // how long who is in stays in without the server

  /// Who owns a login; nobody owns one that is neither named nor a plain name.
  std::optional<PersonAddress> owner(std::string_view login) const;
};

Result<GuardSettings> read_guard_settings(std::string name, std::string_view text);
inline constexpr DocumentLimits kGuardLimits{std::size_t{1} << 20U, 50'000, 6};

}  // namespace sekisho
