// SPDX-License-Identifier: Apache-2.0
// What comes to the guard of an SSH server: a packet of PAM's, an answer to it, sshd's account of
// the keys that were used, and the guard's settings.
#include "fuzz.h"
#include "guard/knock.h"
#include "guard/settings.h"
#include "guard/ssh_key.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view text = text_of(data, size);
  if (const auto knock = read_knock(text)) {
    require(!knock->login.empty() && !knock->login.contains('\0'));
    require(knock_packet(*knock) == text);
    (void)key_used(knock->auth_info);
  }
  if (const auto answer = read_answer(text)) require(answer_packet(*answer) == text);
  if (const auto key = key_used(text)) {
    const auto blob = ssh_of_public_key(*key);
    require(blob && public_key_of_ssh(*blob) == key);
    require(text.contains(ssh_key_line(*blob)));
  }
  if (const auto settings = read_guard_settings("guard.yaml", text)) {
    require(settings->outage.count() > 0 && !settings->servers.empty());
    for (const ServerPlace& place : settings->servers)
      require(place.remote() ? place.port != 0 : place.socket.is_absolute());
    if (const auto owner = settings->owner(text)) require(owner->text().contains('@'));
  }
  return 0;
}
