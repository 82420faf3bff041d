// What one piece of payload says where people sign in: how a client begins, that it says a
// password, or the server's answer to one. Told from the piece alone, whatever the port, so that it
// can be read by many at once; what it means is told from the order of them (Attempts).
#pragma once

#include <cstdint>
#include <span>

namespace sekisho {

/// What kind of thing is said.
enum class Word : std::uint8_t {
  none,
  begins,    // as clients (or both ends) of this kind begin
  guess,     // a client says a password, or what stands for it
  refused,   // a server's answer: that was not it
  accepted,  // a server's answer: come in
};

/// In which language. Of `pass` (PASS) and `auth` (AUTH, AUTHENTICATE, LOGIN) the answer tells
/// which protocol it is.
enum class Speech : std::uint8_t {
  none,
  ssh,
  rdp,
  tls,
  smb,
  vnc,
  telnet,
  ftp,
  pop3,
  imap,
  smtp,
  ldap,
  mysql,
  mssql,
  postgresql,
  http,
  sip,
  pass,
  auth,
};
inline constexpr std::size_t kSpeeches = 19;

struct Spoken {
  Word word = Word::none;
  Speech speech = Speech::none;
  bool operator==(const Spoken&) const = default;
};

/// Of a TCP segment. Each protocol's source stands beside its reader.
Spoken said_over_tcp(std::span<const std::uint8_t> payload);
/// Of a UDP datagram: SIP.
Spoken said_over_udp(std::span<const std::uint8_t> payload);

/// Whether what was said in `guess` may be answered in `answer`.
bool answers(Speech guess, Speech answer);

}  // namespace sekisho
