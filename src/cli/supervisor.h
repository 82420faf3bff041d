// SPDX-License-Identifier: Apache-2.0
// What starts and watches the program (systemd) is told how it goes: sd_notify(3), one datagram
// each. Written here: it is less than what a library for it would bring.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace sekisho {

class Supervisor {
 public:
  /// None where nobody asked to be told (NOTIFY_SOCKET).
  static std::shared_ptr<Supervisor> of_this_process();
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// READY=1 and the like. WATCHDOG=1 as often as one likes: it is sent as often as it is wanted,
  /// and not at all to who has no room for it. For what is said once room is waited, two seconds at
  /// most.
  void tell(std::string_view what);

 private:
  explicit Supervisor(std::string address);
  void send(std::string_view text, int how) const;

  std::string address_;
  int socket_ = -1;
  long long watchdog_every_ = 0;  // microseconds; 0: nobody waits for it
  long long watched_at_ = 0;
};

}  // namespace sekisho
