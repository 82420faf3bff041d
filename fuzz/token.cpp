// SPDX-License-Identifier: Apache-2.0
// An ID token and the keys of a provider: a line of JSON (the key set), then the token.
#include "fuzz.h"
#include "server/people/id_token.h"
#include "server/people/oidc_claims.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view text = text_of(data, size);
  const std::size_t line = text.find('\n');
  const auto keys = parse_json("", text.substr(0, line), {65'536, 2000, 12});
  if (!keys || line == std::string_view::npos) return 0;
  const auto claims = verified_claims(std::string(text.substr(line + 1)), keys->root);
  if (claims) (void)wrong_claims(*claims, {"https://id.example", "client", nullptr}, "n", Time());
  // As userinfo, and of whatever a token says.
  const boost::json::value all =
      with_userinfo(claims ? *claims : boost::json::value(), keys->root, "realm_access.roles");
  for (const bool trusted : {false, true}) {
    const SaidAddress said = address_in(all, trusted);
    require(said.email.empty() != said.why.empty());
  }
  (void)groups_in(all, "realm_access.roles");
  (void)wrong_claims(keys->root, {"https://id.example", "client", nullptr}, "n", Time());
  return 0;
}
