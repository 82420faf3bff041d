// Persons as the API reads and writes them.
#pragma once

#include "server/call.h"

namespace sekisho {

inline constexpr std::size_t kLongestName = 100;   // bytes, as are all below
inline constexpr std::size_t kLongestEmail = 254;  // RFC 5321, 4.5.3.1.3
inline constexpr std::size_t kLongestText = 4000;

std::string read_email(const Node& node);
std::string read_password(const Node& node);
std::string read_lang(const Node& node);
/// base64url
std::string read_bytes(const Node& node);
/// Roles by spaces, each known and none twice.
std::string read_roles(const Node& node);
boost::json::array roles_json(const std::string& roles);

struct NewPerson {
  std::string email;
  std::string name;
  std::string roles;
  std::string lang;
  std::string password_hash;  // empty: none
  std::string oidc;           // empty: none
};
Result<std::int64_t> add_person(Database& db, const NewPerson& person, Time now);

/// Stops a write that names somebody who isn't there.
Result<void> must_be_person(Call& call, std::optional<std::int64_t> person, Problem& why);

/// {"id", "name"} or null.
boost::json::value person_json(const Row& row, std::size_t id, std::size_t name);
std::string recovery_hash(std::string_view code);
/// The relying party's id: the host that the person sees, without a port.
std::string relying_party(const Call& call);

}  // namespace sekisho
