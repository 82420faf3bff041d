#include "server/people/id_token.h"

#include <cjose/cjose.h>

#include <algorithm>
#include <array>
#include <memory>

#include "server/http/secrets.h"
#include "server/outbox/mail.h"

namespace sekisho {
namespace {

namespace json = boost::json;
constexpr std::size_t kLongestNumber = 1400;  // of a key, in base64url: RSA with 8,192 bits

using Jws =
    std::unique_ptr<cjose_jws_t, decltype([](cjose_jws_t* jws) { cjose_jws_release(jws); })>;
using Jwk =
    std::unique_ptr<cjose_jwk_t, decltype([](cjose_jwk_t* jwk) { cjose_jwk_release(jwk); })>;

std::int64_t number_at(const json::value& value, std::string_view key) {
  const json::object* object = value.if_object();
  const json::value* found = object == nullptr ? nullptr : object->if_contains(key);
  return found != nullptr && found->is_int64() ? found->get_int64() : 0;
}

/// cjose ends the program at some texts that are no base64url, so that nothing else comes near it.
bool is_base64url(std::string_view text) {
  return !text.empty() && text.find('=') == std::string_view::npos && from_base64url(text);
}

/// RFC 7515, 3.1: header, payload and signature.
bool is_compact(std::string_view token) {
  const auto parts = split(token, '.');
  return parts.size() == 3 && std::ranges::all_of(parts, is_base64url);
}

/// The key as cjose takes it, with what a public key of the type needs and nothing else (RFC 7518,
/// 6.2.1 and 6.3.1); empty where it is none.
std::string public_key(const json::value& key, std::string_view type) {
  if (text_at(key, "kty") != type) return {};
  json::object out{{"kty", type}};
  for (const char* name : type == "EC" ? std::array{"x", "y"} : std::array{"n", "e"}) {
    const std::string number = text_at(key, name);
    if (number.size() > kLongestNumber || !is_base64url(number)) return {};
    out[name] = number;
  }
  if (type == "EC") out["crv"] = "P-256";
  return json::serialize(out);
}

/// RFC 3986's characters and no others: no blank, no control character, nothing that ends a header
/// or an attribute. Without a name and password before the host, and without a fragment.
bool is_endpoint(const std::string& url, bool local_too) {
  constexpr std::string_view kSigns = "-._~:/?[]@!$&'()*+,;=%";
  const bool clean = std::ranges::all_of(url, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kSigns.find(c) != std::string_view::npos;
  });
  const bool local = url.starts_with("http://");
  if (!clean || !(url.starts_with("https://") || (local && local_too)) || !hook_url_allowed(url))
    return false;
  const std::size_t host = url.find("//") + 2;
  return url.substr(host, url.find_first_of("/?", host) - host).find('@') == std::string::npos;
}

}  // namespace

Result<Provider> read_provider(const json::value& document, const std::string& issuer) {
  if (text_at(document, "issuer") != issuer)
    return failure("発行者の名前が違います", "it names another issuer");
  Provider provider{text_at(document, "authorization_endpoint"),
                    text_at(document, "token_endpoint"), text_at(document, "jwks_uri")};
  for (const std::string& url : {provider.authorization, provider.token, provider.keys})
    if (!is_endpoint(url, issuer.starts_with("http://")))
      return failure("使えない場所を示しています", "it names an address that can't be used");
  return provider;
}

std::string text_at(const json::value& value, std::string_view key) {
  const json::object* object = value.if_object();
  const json::value* found = object == nullptr ? nullptr : object->if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

Result<json::value> verified_claims(const std::string& token, const json::value& keys) {
  const auto refuse = [](const char* why) { return failure(why, why); };
  if (!is_compact(token)) return refuse("the token is malformed");
  const auto header =
      parse_json("", *from_base64url(token.substr(0, token.find('.'))), {4096, 100, 4});
  if (!header || !header->root.is_object()) return refuse("the token's header is malformed");
  const std::string algorithm = text_at(header->root, "alg");
  if (algorithm != "RS256" && algorithm != "PS256" && algorithm != "ES256")
    return refuse("the token's algorithm is not allowed");
  if (header->root.get_object().contains("crit"))
    return refuse("the token's header wants something to be understood that isn't");
  const std::string wanted = text_at(header->root, "kid");
  cjose_err error{};
  const Jws jws(cjose_jws_import(token.data(), token.size(), &error));
  if (!jws) return refuse("the token is malformed");
  const json::object* set = keys.if_object();
  const json::value* list = set == nullptr ? nullptr : set->if_contains("keys");
  if (list == nullptr || !list->is_array()) return refuse("there are no keys");
  for (const json::value& key : list->get_array()) {
    if (!wanted.empty() && text_at(key, "kid") != wanted) continue;
    const std::string serialized = public_key(key, algorithm == "ES256" ? "EC" : "RSA");
    if (serialized.empty()) continue;
    const Jwk jwk(cjose_jwk_import(serialized.data(), serialized.size(), &error));
    if (!jwk || !cjose_jws_verify(jws.get(), jwk.get(), &error)) continue;
    std::uint8_t* bytes = nullptr;
    std::size_t size = 0;
    if (!cjose_jws_get_plaintext(jws.get(), &bytes, &size, &error)) break;
    auto document =
        parse_json("", {reinterpret_cast<const char*>(bytes), size}, {65'536, 2000, 12});
    if (!document) return std::unexpected(document.error());
    return std::move(document->root);
  }
  return refuse("no key fits the token's signature");
}

std::optional<std::string> wrong_claims(const json::value& claims, const OidcOptions& oidc,
                                        const std::string& nonce, Time now) {
  if (text_at(claims, "iss") != oidc.issuer) return "another issuer";
  bool meant = text_at(claims, "aud") == oidc.client_id;
  if (const json::object* object = claims.if_object())
    if (const json::value* audience = object->if_contains("aud");
        audience != nullptr && audience->is_array())
      for (const json::value& one : audience->get_array())
        meant = meant || (one.is_string() && one.get_string() == oidc.client_id);
  if (!meant) return "meant for another client";
  if (const std::string party = text_at(claims, "azp"); !party.empty() && party != oidc.client_id)
    return "meant for another client";
  const std::int64_t seconds = now.time_since_epoch().count();
  if (number_at(claims, "exp") < seconds - 60) return "it has run out";
  if (number_at(claims, "iat") > seconds + 300) return "it is from the future";
  if (text_at(claims, "nonce") != nonce) return "another sign-in's";
  if (text_at(claims, "sub").empty()) return "without a subject";
  return std::nullopt;
}

}  // namespace sekisho
