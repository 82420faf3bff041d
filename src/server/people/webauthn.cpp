// SPDX-License-Identifier: Apache-2.0
#include "server/people/webauthn.h"

#include <array>
#include <memory>

#include <cbor.h>
#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>

#include "server/http/secrets.h"
#include "server/people/openssl_owned.h"

namespace sekisho {
namespace {

constexpr std::size_t kMost = 16'384;  // of any part, in bytes
constexpr unsigned char kUserPresent = 0x01;
constexpr unsigned char kUserVerified = 0x04;

std::string text_of(const unsigned char* bytes, std::size_t size) {
  return bytes == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(bytes), size);
}

std::unexpected<Error> refused() {
  return failure("パスキーを確かめられませんでした。もう一度試してください。",
                 "the passkey could not be verified; try again.");
}

bool client_data_matches(const PasskeyExpectation& expected, std::string_view client_data,
                         std::string_view type) {
  const auto document = parse_json("clientDataJSON", client_data, {kMost, 200, 8});
  if (!document) return false;
  const auto* object = document->root.if_object();
  if (object == nullptr) return false;
  const auto is = [&](std::string_view key, std::string_view value) {
    const auto* found = object->if_contains(key);
    return found != nullptr && found->is_string() && found->get_string() == value;
  };
  const auto* cross = object->if_contains("crossOrigin");
  return is("type", type) && is("challenge", expected.challenge) && is("origin", expected.origin) &&
         (cross == nullptr || *cross == boost::json::value(false));
}

/// Takes one well-formed CBOR item off the front (RFC 8949, appendix C). libcbor makes room for as
/// many elements as a length says before it looks for them: what goes there has been here first.
bool take_item(std::string_view& bytes, int depth = 0) {
  constexpr int kDeepest = 8;
  if (bytes.empty() || depth > kDeepest) return false;
  const auto first = static_cast<unsigned char>(bytes.front());
  bytes.remove_prefix(1);
  const unsigned type = first >> 5U;
  std::uint64_t value = first & 0x1FU;
  if (value > 27) return false;  // reserved, or of no definite length, which CTAP2 forbids
  if (value >= 24) {
    const std::size_t width = std::size_t{1} << (value - 24);
    if (bytes.size() < width) return false;
    value = 0;
    for (const char c : bytes.substr(0, width)) value = value << 8U | static_cast<unsigned char>(c);
    bytes.remove_prefix(width);
  }
  if (type == 2 || type == 3) {
    if (value > bytes.size()) return false;
    bytes.remove_prefix(value);
    return true;
  }
  if ((type == 4 || type == 5) && value > bytes.size()) return false;
  std::uint64_t items = type == 4 ? value : type == 5 ? 2 * value : type == 6 ? 1 : 0;
  for (; items > 0; --items)
    if (!take_item(bytes, depth + 1)) return false;
  return true;
}

/// Authenticator data (6.1) whose CBOR parts are well formed, with nothing after them.
bool is_well_formed(std::string_view data) {
  constexpr unsigned char kHasCredential = 0x40;
  constexpr unsigned char kHasExtensions = 0x80;
  constexpr std::size_t kFixed = 37;
  constexpr std::size_t kCredential = 18;  // AAGUID and the length of the id
  if (data.size() < kFixed) return false;
  const auto flags = static_cast<unsigned char>(data[32]);
  data.remove_prefix(kFixed);
  if ((flags & kHasCredential) != 0) {
    if (data.size() < kCredential) return false;
    const std::size_t id = static_cast<std::size_t>(static_cast<unsigned char>(data[16])) << 8U |
                           static_cast<unsigned char>(data[17]);
    if (data.size() < kCredential + id) return false;
    data.remove_prefix(kCredential + id);
    if (!take_item(data)) return false;
  }
  if ((flags & kHasExtensions) != 0 && !take_item(data)) return false;
  return data.empty();
}

/// rpIdHash and flags, the first bytes of authenticator data (6.1).
bool data_is_for(const PasskeyExpectation& expected, std::string_view data) {
  if (!is_well_formed(data) || data.substr(0, 32) != sha256(expected.host)) return false;
  const auto flags = static_cast<unsigned char>(data[32]);
  return (flags & kUserPresent) != 0 && (flags & kUserVerified) != 0;
}

/// "authData" of the attestation object, a CBOR map (6.5).
std::string authenticator_data_of(std::string_view object) {
  std::string_view rest = object;
  if (!take_item(rest) || !rest.empty()) return {};
  cbor_load_result result{};
  const std::unique_ptr<cbor_item_t, decltype([](cbor_item_t* item) { cbor_decref(&item); })> root(
      cbor_load(bytes_of(object), object.size(), &result));
  if (!root || !cbor_isa_map(root.get())) return {};
  const cbor_pair* pairs = cbor_map_handle(root.get());
  for (std::size_t i = 0; i < cbor_map_size(root.get()); ++i) {
    const cbor_item_t* key = pairs[i].key;
    const cbor_item_t* value = pairs[i].value;
    if (!cbor_isa_string(key) || !cbor_string_is_definite(key)) continue;
    if (text_of(cbor_string_handle(key), cbor_string_length(key)) != "authData") continue;
    if (!cbor_isa_bytestring(value) || !cbor_bytestring_is_definite(value)) return {};
    return text_of(cbor_bytestring_handle(value), cbor_bytestring_length(value));
  }
  return {};
}

using Credential =
    std::unique_ptr<fido_cred_t, decltype([](fido_cred_t* c) { fido_cred_free(&c); })>;
using Assertion =
    std::unique_ptr<fido_assert_t, decltype([](fido_assert_t* a) { fido_assert_free(&a); })>;

void start() {
  static const int started = [] {
    fido_init(0);
    return 0;
  }();
  (void)started;
}

template <typename Key, typename New, typename From, typename Free>
bool verify_with(const Passkey& passkey, const fido_assert_t* assertion, New make, From from,
                 Free free_key) {
  Key* key = make();
  if (key == nullptr) return false;
  const bool good = from(key, passkey.public_key.data(), passkey.public_key.size()) == FIDO_OK &&
                    fido_assert_verify(assertion, 0, passkey.algorithm, key) == FIDO_OK;
  free_key(&key);
  return good;
}

}  // namespace

Result<Passkey> register_passkey(const PasskeyExpectation& expected, std::string_view client_data,
                                 std::string_view attestation_object) {
  start();
  if (attestation_object.size() > kMost) return refused();
  if (!client_data_matches(expected, client_data, "webauthn.create")) return refused();
  const std::string data = authenticator_data_of(attestation_object);
  if (!data_is_for(expected, data)) return refused();
  for (const int algorithm : {COSE_ES256, COSE_EDDSA, COSE_RS256}) {
    const Credential credential(fido_cred_new());
    if (!credential || fido_cred_set_type(credential.get(), algorithm) != FIDO_OK) continue;
    if (fido_cred_set_authdata_raw(credential.get(), bytes_of(data), data.size()) != FIDO_OK)
      continue;
    const std::string id =
        text_of(fido_cred_id_ptr(credential.get()), fido_cred_id_len(credential.get()));
    std::string key =
        text_of(fido_cred_pubkey_ptr(credential.get()), fido_cred_pubkey_len(credential.get()));
    if (id.empty() || key.empty()) return refused();
    return Passkey{base64url(id), algorithm, std::move(key), fido_cred_sigcount(credential.get())};
  }
  return refused();
}

Result<std::uint32_t> verify_passkey(const PasskeyExpectation& expected, const Passkey& passkey,
                                     std::string_view client_data,
                                     std::string_view authenticator_data,
                                     std::string_view signature) {
  start();
  if (authenticator_data.size() > kMost || signature.size() > kMost) return refused();
  if (!client_data_matches(expected, client_data, "webauthn.get")) return refused();
  if (!data_is_for(expected, authenticator_data)) return refused();
  const Assertion assertion(fido_assert_new());
  const std::string hash = sha256(client_data);
  fido_assert_t* a = assertion.get();
  if (a == nullptr || fido_assert_set_clientdata_hash(a, bytes_of(hash), hash.size()) != FIDO_OK ||
      fido_assert_set_rp(a, expected.host.c_str()) != FIDO_OK ||
      fido_assert_set_count(a, 1) != FIDO_OK ||
      fido_assert_set_authdata_raw(a, 0, bytes_of(authenticator_data), authenticator_data.size()) !=
          FIDO_OK ||
      fido_assert_set_up(a, FIDO_OPT_TRUE) != FIDO_OK ||
      fido_assert_set_uv(a, FIDO_OPT_TRUE) != FIDO_OK ||
      fido_assert_set_sig(a, 0, bytes_of(signature), signature.size()) != FIDO_OK)
    return refused();
  bool good = false;
  if (passkey.algorithm == COSE_ES256)
    good = verify_with<es256_pk_t>(passkey, a, es256_pk_new, es256_pk_from_ptr, es256_pk_free);
  else if (passkey.algorithm == COSE_EDDSA)
    good = verify_with<eddsa_pk_t>(passkey, a, eddsa_pk_new, eddsa_pk_from_ptr, eddsa_pk_free);
  else if (passkey.algorithm == COSE_RS256)
    good = verify_with<rs256_pk_t>(passkey, a, rs256_pk_new, rs256_pk_from_ptr, rs256_pk_free);
  if (!good) return refused();
  const std::uint32_t counter = fido_assert_sigcount(a, 0);
  // 7.2, step 21: 0 on both sides means that the authenticator doesn't count.
  if ((counter != 0 || passkey.counter != 0) && counter <= passkey.counter) return refused();
  return counter;
}

}  // namespace sekisho
