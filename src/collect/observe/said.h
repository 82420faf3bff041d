// SPDX-License-Identifier: Apache-2.0
// What is said where people sign in: how a client begins, that it says a password, or the server's
// answer to one. Read message by message (a line, a head of HTTP, a frame of a protocol of numbers)
// from the bytes of one direction, whatever the port. Which answer belongs to what is told from the
// order of them (Talks), and what that means, by Attempts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sekisho {

/// What kind of thing is said.
enum class Word : std::uint8_t {
  none,
  begins,    // as clients (or both ends) of this kind begin
  asks,      // a client asks for something else, which is answered in its turn
  names,     // a client says who it is
  nobody,    // a client says that it is nobody: let in or not, that is no password
  guess,     // a client says a password, or what stands for it
  refused,   // a server's answer: that was not it
  accepted,  // a server's answer: come in
  declined,  // a server's answer that says nothing of the password: busy, elsewhere, not like this
  goes_on,   // a server's answer to what comes before the password
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
  /// What an answer has in common with what it answers: a hash of IMAP's tag, of SIP's call and
  /// number; LDAP's number. Of HTTP's requests one of the path.
  std::uint32_t tag = 0;
  /// Of HTTP's requests: a hash of the folder that the path is in; 0 where it is the topmost. Of
  /// SIP's one of the password's digest: some programs number all they send alike.
  std::uint32_t folder = 0;
  bool operator==(const Spoken&) const = default;
};

/// What stands at the beginning of some bytes.
struct Heard {
  enum class How : std::uint8_t {
    foreign,  // nothing that is known here
    more,     // what may become something
    message,  // one message, of `taken` bytes, perhaps of more than are there
  };
  How how = How::foreign;
  Spoken said;  // none of most messages
  std::size_t taken = 0;
};

/// No message is waited for beyond so many bytes.
inline constexpr std::size_t kLongestMessage = 4096;

/// Of what one end sent by TCP, from where a message begins. `last`: no more will be seen of it, so
/// what is there has to do. Each protocol's source stands beside its reader.
Heard said_over_tcp(std::span<const std::uint8_t> bytes, bool last);
/// Of a UDP datagram: SIP.
Spoken said_over_udp(std::span<const std::uint8_t> payload);
/// What login(1) says, and most that are like it. Telnet has no form: anywhere in what came at
/// once.
bool login_incorrect(std::span<const std::uint8_t> bytes);

/// Whether what was said in `guess` may be answered in `answer`.
bool answers(Speech guess, Speech answer);

/// Whether the answers of the protocol come in the order of what they answer, and bear no mark of
/// it.
bool in_order(Speech answer);

}  // namespace sekisho
