// SPDX-License-Identifier: Apache-2.0
// VPN settings, keys and Wi-Fi.
#include "collect/host/parse.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view text = text_of(data, size);
  key_kind(text);
  read_openvpn(text);
  wifi_security(text);
  parse_nmcli_wifi(text);
  parse_wpa_status(text);
  parse_nm_keyfile(text);
  parse_wpa_supplicant(text);
  return 0;
}
