// SPDX-License-Identifier: Apache-2.0
// A signed report from a stranger.
#include "server/api/signed.h"

#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view text = text_of(data, size);
  if (const auto by = verify_signed(text)) require(by->fingerprint.size() == 29);
  static const SigningKey key = new_signing_key();
  const auto by = verify_signed(signed_file(std::string(text), key));
  require(by && by->public_key == key.public_key);
  return 0;
}
