// SPDX-License-Identifier: Apache-2.0
// What an authenticator sends: the attestation object (CBOR), authenticator data and signature.
#include "fuzz.h"
#include "server/http/secrets.h"
#include "server/people/webauthn.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view text = text_of(data, size);
  const PasskeyExpectation expected{"Y2hhbGxlbmdl", "http://localhost:8480", "localhost"};
  const auto client = [](const char* type) {
    return R"({"type":"webauthn.)" + std::string(type) +
           R"(","challenge":"Y2hhbGxlbmdl","origin":"http://localhost:8480","crossOrigin":false})";
  };
  // No attestation is looked at, so whatever is well formed registers.
  const auto made = register_passkey(expected, client("create"), text);
  if (made) require(!made->credential.empty() && !made->public_key.empty());
  (void)register_passkey(expected, text, text);

  static const Passkey kept{"aWQ", -7, std::string(64, '\1'), 0};
  const std::size_t half = size / 2;
  // Without the key nothing verifies.
  require(!verify_passkey(expected, made ? *made : kept, client("get"), text.substr(0, half),
                          text.substr(half)));
  const std::string known = sha256("localhost") + '\5' + std::string(text.substr(0, half));
  require(!verify_passkey(expected, kept, client("get"), known, text.substr(half)));
  return 0;
}
