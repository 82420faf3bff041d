// SPDX-License-Identifier: Apache-2.0
#include "collect/observe/said.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace sekisho {
namespace {

using namespace std::string_literals;

/// The first word of all that came, without the marks that answers are known by.
Spoken over_tcp(const std::string& text) {
  // Of its own, so that reading beyond it is found.
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  for (std::span<const std::uint8_t> rest(bytes); !rest.empty();) {
    const Heard heard = said_over_tcp(rest, true);
    if (heard.how != Heard::How::message) return {};
    if (heard.said.word != Word::none) return {heard.said.word, heard.said.speech};
    rest = rest.subspan(std::min(heard.taken, rest.size()));
  }
  return {};
}
Spoken over_udp(const std::string& text) {
  const Spoken said = said_over_udp(std::vector<std::uint8_t>(text.begin(), text.end()));
  return {said.word, said.speech};
}

struct Case {
  std::string text;
  Spoken said;
};

TEST(SaidOf, KnowsBeginningsPasswordsAndAnswers) {
  const Case cases[] = {
      {"SSH-2.0-Go\r\n", {Word::begins, Speech::ssh}},
      {"RFB 003.008\n", {Word::begins, Speech::vnc}},
      {"\x03\0\0\x13\x0e\xe0\0\0\0\0"s, {Word::begins, Speech::rdp}},
      {"\x16\x03\x01\x02\0\x01\0\0"s, {Word::begins, Speech::tls}},
      {"\0\0\0\x40\xfeSMB@\0"s, {Word::begins, Speech::smb}},
      {"\0\0\0\x49\xfeSMB@\0\x01\0\x6d\0\0\xc0\x01\0\x01\0\x01\0\0\0"s,
       {Word::refused, Speech::smb}},
      {"\0\0\0\x49\xfeSMB@\0\x01\0\x16\0\0\xc0\x01\0\x01\0\x01\0\0\0"s,
       {Word::begins, Speech::smb}},
      {"\0\0\0\x49\xfeSMB@\0\x01\0\0\0\0\0\x01\0\x01\0\x01\0\0\0"s, {Word::accepted, Speech::smb}},
      {"\0\0\0\x23\xffSMBs\x6d\0\0\xc0\x88\x01\x40"s, {Word::refused, Speech::smb}},
      {"PASS secret\r\n", {Word::guess, Speech::pass}},
      {"530 Login incorrect.\r\n", {Word::refused, Speech::ftp}},
      {"230-Welcome\r\n", {Word::accepted, Speech::ftp}},
      {"331 Please specify the password.\r\n", {Word::goes_on, Speech::auth}},
      {"530 Too many connections\r\n", {Word::declined, Speech::ftp}},
      {"530 5.7.0 Must issue a STARTTLS command first\r\n", {Word::declined, Speech::auth}},
      {"454 4.7.0 Temporary authentication failure\r\n", {Word::declined, Speech::auth}},
      {"USER anonymous\r\n", {Word::nobody, Speech::pass}},
      {"USER anonymouse\r\n", {Word::names, Speech::pass}},
      {"-ERR [SYS/TEMP] later\r\n", {Word::declined, Speech::pop3}},
      {"-ERR Plaintext authentication disallowed\r\n", {Word::declined, Speech::pop3}},
      {"a1 NO [UNAVAILABLE] Temporary authentication failure\r\n", {Word::declined, Speech::imap}},
      {"a1 NO [LIMIT] Maximum number of connections\r\n", {Word::declined, Speech::imap}},
      {"a1 NO Login failed\r\n", {Word::refused, Speech::imap}},
      {"a1 NO [ALERT] Invalid credentials\r\n", {Word::refused, Speech::imap}},
      {"a1 OK\r\n", {Word::accepted, Speech::imap}},
      {"a1 BAD what\r\n", {Word::declined, Speech::imap}},
      {"-ERR [AUTH] failed\r\n", {Word::refused, Speech::pop3}},
      {"+OK Logged in.\r\n", {Word::accepted, Speech::pop3}},
      {"a1 LOGIN worker x\r\n", {Word::guess, Speech::auth}},
      {"1 AUTHENTICATE PLAIN\r\n", {Word::guess, Speech::auth}},
      {"AUTH LOGIN\r\n", {Word::guess, Speech::auth}},
      {"a1 NO [AUTHENTICATIONFAILED] no\r\n", {Word::refused, Speech::imap}},
      {"* CAPABILITY IMAP4rev1\r\na1 OK in\r\n", {Word::accepted, Speech::imap}},
      {"535 5.7.8 Error: authentication failed\r\n", {Word::refused, Speech::smtp}},
      {"235 2.7.0 in\r\n", {Word::accepted, Speech::smtp}},
      {"GET / HTTP/1.1\r\nAuthorization: Basic eDp5\r\n\r\n", {Word::guess, Speech::http}},
      {"GET / HTTP/1.1\r\nauthorization: Bearer x\r\n\r\n", {Word::asks, Speech::http}},
      {"POST /wsman HTTP/1.1\r\nAuthorization: Negotiate TlRMTVNTUAADAAAA\r\n\r\n",
       {Word::guess, Speech::http}},
      {"POST /wsman HTTP/1.1\r\nAuthorization: Negotiate TlRMTVNTUAABAAAA\r\n\r\n",
       {Word::asks, Speech::http}},
      {"HTTP/1.1 401 Unauthorized\r\n", {Word::refused, Speech::http}},
      {"HTTP/1.1 200 OK\r\n", {Word::accepted, Speech::http}},
      {"HTTP/1.1 503 Busy\r\n", {Word::declined, Speech::http}},
      {"HTTP/1.1 401 no\r\nWWW-Authenticate: Digest nonce=\"b\", stale=true\r\n\r\n",
       {Word::declined, Speech::http}},
      {"\r\nLogin incorrect\r\n", {Word::refused, Speech::telnet}},
      // LDAP: a bind with a password, one of nobody, and answers.
      {"\x30\x10\x02\x01\x01\x60\x0b\x02\x01\x03\x04\x02"
       "cn\x80\x02xy"s,
       {Word::guess, Speech::ldap}},
      {"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0"s, {}},
      {"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x31\x04\0\x04\0"s, {Word::refused, Speech::ldap}},
      {"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0"s, {Word::accepted, Speech::ldap}},
      {"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x33\x04\0\x04\0"s, {Word::declined, Speech::ldap}},
      // MySQL: with an answer to the challenge, without one, and the server's answers.
      {"\x40\0\0\x01\x85\xa6\x3f\x20\0\0\0\x01\x2d"s + std::string(23, '\0') + "worker\0\x14"s +
           std::string(20, 'x'),
       {Word::guess, Speech::mysql}},
      {"\x30\0\0\x01\x85\xa6\x3f\x20\0\0\0\x01\x2d"s + std::string(23, '\0') + "monitor\0\0"s, {}},
      {"\x1a\0\0\x02\xff\x15\x04#28000Access denied for"s, {Word::refused, Speech::mysql}},
      {"\x1a\0\0\x02\xff\x19\x04#42000Unknown database x"s, {Word::declined, Speech::mysql}},
      {"\x07\0\0\x02\0\0\0\x02\0\0\0"s, {Word::accepted, Speech::mysql}},
      // SQL Server.
      {"\x12\x01\0\x1a\0\0\x01\0\0\0\x0b"s, {Word::begins, Speech::mssql}},
      {"\x10\x01\0\x90\0\0\x01\0\x88"s, {Word::guess, Speech::mssql}},
      {"\x04\x01\0\x40\0\x33\x01\0\xaa\x30\0\x18\x48\0\0\x01"s, {Word::refused, Speech::mssql}},
      {"\x04\x01\0\x40\0\x33\x01\0\xe3\x1b\0\x01"s, {Word::accepted, Speech::mssql}},
      // PostgreSQL.
      {"p\0\0\0\x08wxyz"s, {Word::guess, Speech::postgresql}},
      {"R\0\0\0\x08\0\0\0\x0a"s, {}},
      {"R\0\0\0\x08\0\0\0\x0c"
       "R\0\0\0\x08\0\0\0\0S"s,
       {Word::accepted, Speech::postgresql}},
      {"R\0\0\0\x08\0\0\0\0S\0\0\0\x10"s, {Word::accepted, Speech::postgresql}},
      {"p\0\0\0\x24SCRAM-SHA-256\0\0\0\0\x0en,,n=,r=abcdef"s, {}},
      {"E\0\0\0\x20SFATAL\0VFATAL\0C53300\0Mno\0\0"s, {Word::declined, Speech::postgresql}},
      {"E\0\0\0\x20SFATAL\0VFATAL\0C28P01\0Mno\0\0"s, {Word::refused, Speech::postgresql}},
  };
  for (const auto& [text, said] : cases) {
    const Spoken found = over_tcp(text);
    EXPECT_TRUE(found == said) << text << ": " << int(found.word) << " " << int(found.speech);
    // Half of it is told of as little as it deserves, and never read beyond.
    for (std::size_t size = 0; size < text.size(); ++size) (void)over_tcp(text.substr(0, size));
  }
  const std::string request = "REGISTER sip:example SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n";
  EXPECT_EQ(over_udp(request), Spoken{});
  EXPECT_EQ(over_udp(request + "Authorization: Digest username=\"a\"\r\n"),
            (Spoken{Word::guess, Speech::sip}));
  EXPECT_EQ(over_udp("SIP/2.0 401 Unauthorized\r\n"), (Spoken{Word::refused, Speech::sip}));
  EXPECT_EQ(over_udp("SIP/2.0 100 Trying\r\n\r\n"), Spoken{});
}

}  // namespace
}  // namespace sekisho
