// SPDX-License-Identifier: Apache-2.0
// Where requests begin and end: what has one reading, and what has two and is refused.
#include "server/http/framing.h"

#include <gtest/gtest.h>

namespace sekisho {
namespace {

struct Seen {
  std::vector<std::string> bodies;  // of whole requests, after "METHOD path "
  unsigned status = 0;              // of a refusal
  bool operator==(const Seen&) const = default;
};

/// What comes of bytes that arrive `at_once` at a time.
Seen read(std::string_view bytes, std::size_t at_once) {
  Seen seen;
  RequestReader reader;
  for (;;) {
    const auto step = reader.next();
    if (step == RequestReader::Step::more) {
      if (bytes.empty()) return seen;
      reader.feed(bytes.substr(0, at_once));
      bytes.remove_prefix(std::min(at_once, bytes.size()));
    } else if (step == RequestReader::Step::head) {
      reader.take_body(1000);
    } else if (step == RequestReader::Step::done) {
      seen.bodies.push_back(reader.head().method + " " + reader.head().raw_path + " " +
                            reader.body());
      reader.again();
    } else {
      seen.status = reader.status();
      return seen;
    }
  }
}

/// The same however they arrive.
Seen seen(std::string_view bytes) {
  const Seen whole = read(bytes, bytes.size() + 1);
  for (const std::size_t at_once : {std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
    const Seen other = read(bytes, at_once);
    EXPECT_EQ(other.bodies, whole.bodies) << bytes;
    EXPECT_EQ(other.status != 0, whole.status != 0) << bytes;
  }
  return whole;
}

const std::string kNext = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(Framing, WhatHasOneReadingIsTaken) {
  const auto one = [](const std::string& text, const std::string& wanted) {
    EXPECT_EQ(seen(text + kNext), (Seen{{wanted, "GET /next "}, 0})) << text;
  };
  const std::string start = "POST /a HTTP/1.1\r\nHost: a\r\n";
  one("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / ");
  one("\r\nGET / HTTP/1.1\r\nHost:a\r\n\r\n", "GET / ");
  one("GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / ");
  one("GET http://A.example:80/x?y HTTP/1.1\r\nHost: b\r\n\r\n", "GET /x ");
  one("GET http://a HTTP/1.1\r\nHost: b\r\n\r\n", "GET / ");
  one("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * ");
  one("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / ");
  one("GET / HTTP/1.1\r\nHost: [::1]:80\r\nX: \xC3\xA9\t \r\n\r\n", "GET / ");
  one(start + "Content-Length: 3\r\n\r\nabc", "POST /a abc");
  one(start + "Content-Length: 0003\r\n\r\nabc", "POST /a abc");
  one(start + "Content-Length: 0\r\n\r\n", "POST /a ");
  one(start + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "POST /a abc");
  one(start +
          "tRANSFER-eNCODING:\tcHUNKED \r\n\r\nA\r\n0123456789\r\n00a\r\n0123456789\r\n00\r\n\r\n",
      "POST /a 01234567890123456789");
  one(start +
          "Transfer-Encoding: chunked\r\n\r\n1;a\r\nx\r\n1;b=c;d=\"e\\\"\t;\"\r\ny\r\n0\r\n\r\n",
      "POST /a xy");
  one(start + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nCookie: y\r\nHost: z\r\n\r\n",
      "POST /a x");
}

/// By names under which lists of such requests know them; each has two readings somewhere.
TEST(Framing, WhatHasTwoReadingsIsRefused) {
  const std::string start = "POST /a HTTP/1.1\r\nHost: a\r\n";
  const std::string body = "\r\n0\r\n\r\n";
  const std::vector<std::string> codings{"Transfer-Encoding: identity",
                                         "Transfer-Encoding: xchunked",
                                         "Transfer-Encoding: chunk",
                                         "Transfer-Encoding: gzip",
                                         "Transfer-Encoding: \"chunked\"",
                                         "Transfer-Encoding: 'chunked'",
                                         "Transfer-Encoding: chunked, identity",
                                         "Transfer-Encoding: identity, chunked",
                                         "Transfer-Encoding: gzip, chunked",
                                         "Transfer-Encoding: chunked, chunked",
                                         "Transfer-Encoding: chunked,",
                                         "Transfer-Encoding: ,chunked",
                                         "Transfer-Encoding: chunked;q=1",
                                         "Transfer-Encoding:",
                                         "Transfer-Encoding: ",
                                         "Transfer-Encoding",
                                         "Transfer-Encoding : chunked",
                                         "Transfer-Encoding\t: chunked",
                                         " Transfer-Encoding: chunked",
                                         "\tTransfer-Encoding: chunked",
                                         "X: y\r\n Transfer-Encoding: chunked",
                                         "Transfer-Encoding:\r\n chunked",
                                         "Transfer-Encoding: chunked\r\n x",
                                         "Transfer-Encoding:\x0B"
                                         "chunked",
                                         "Transfer-Encoding: chunked\x0B",
                                         "Transfer-Encoding:\x0C"
                                         "chunked",
                                         "Transfer-Encoding: \xC2\xA0"
                                         "chunked",
                                         "Transfer-Encoding: chunked\r",
                                         "Transfer-Encoding:\rchunked",
                                         "Transfer-Encoding: chunked\nX: y",
                                         "X: y\nTransfer-Encoding: chunked",
                                         "X: y\rTransfer-Encoding: chunked",
                                         std::string("Transfer-Encoding: chunked\0", 27),
                                         std::string("Transfer-Encoding:\0chunked", 26),
                                         std::string("X\0: y", 5),
                                         std::string("X: y\0z", 6),
                                         "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                                         "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
                                         "Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
                                         "Transfer Encoding: chunked",
                                         "\xFFTransfer-Encoding: chunked",
                                         "Transfer-Encoding\xE2\x84\xAA: chunked",
                                         "Transfer-Encoding: chunked\r\nContent-Length: 5",
                                         "Content-Length: 5\r\nTransfer-Encoding: chunked",
                                         "Content-Length: 0\r\nTransfer-Encoding: chunked",
                                         ": chunked",
                                         "(x): y",
                                         "X@: y",
                                         "X: \x7F",
                                         "X: \x01"};
  for (const std::string& coding : codings) {
    const Seen got = seen(start + coding + "\r\n" + body + kNext);
    EXPECT_TRUE(got.bodies.empty()) << coding;
    EXPECT_EQ(got.status, 400U) << coding;
  }
  const std::vector<std::string> lengths{"+5",
                                         "-5",
                                         "0x5",
                                         "5 5",
                                         "5,5",
                                         "5, 5",
                                         "5;5",
                                         "5.0",
                                         "5e0",
                                         "0_5",
                                         "\"5\"",
                                         "",
                                         " ",
                                         "5\x0B",
                                         "5\xC2\xA0",
                                         "\xD9\xA5",
                                         "5\r\nContent-Length: 5",
                                         "5\r\nContent-Length: 6",
                                         "5\r\ncontent-length:",
                                         "5\r\n 6",
                                         "5\nX: y",
                                         "5\rX: y",
                                         "five"};
  for (const std::string& length : lengths) {
    const Seen got = seen(start + "Content-Length: " + length + "\r\n\r\nabcde" + kNext);
    EXPECT_TRUE(got.bodies.empty()) << length;
    EXPECT_EQ(got.status, 400U) << length;
  }
  EXPECT_EQ(seen(start + "Content-Length : 5\r\n\r\nabcde").status, 400U);
  EXPECT_EQ(seen(start + "Content-Length: 1001\r\n\r\n").status, 413U);
  EXPECT_EQ(seen(start + "Content-Length: 18446744073709551621\r\n\r\nabcde").status, 413U);
}

TEST(Framing, AChunkHasOneReading) {
  const std::string start = "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::vector<std::string> bodies{"+1\r\nx\r\n0\r\n\r\n",
                                        "-1\r\nx\r\n0\r\n\r\n",
                                        "0x1\r\nx\r\n0\r\n\r\n",
                                        "1_0\r\nx\r\n0\r\n\r\n",
                                        " 1\r\nx\r\n0\r\n\r\n",
                                        "1 \r\nx\r\n0\r\n\r\n",
                                        "1\t\r\nx\r\n0\r\n\r\n",
                                        "1 ;a\r\nx\r\n0\r\n\r\n",
                                        "1;\r\nx\r\n0\r\n\r\n",
                                        "1; a\r\nx\r\n0\r\n\r\n",
                                        "1;a =b\r\nx\r\n0\r\n\r\n",
                                        "1;a=\r\nx\r\n0\r\n\r\n",
                                        "1;a=\"b\r\nx\r\n0\r\n\r\n",
                                        "1;a=\"\nb\"\r\nx\r\n0\r\n\r\n",
                                        "1;a\nx\r\n0\r\n\r\n",
                                        "1\nx\r\n0\r\n\r\n",
                                        "1\rx\r\n0\r\n\r\n",
                                        "1\r\r;a\r\nx\r\n0\r\n\r\n",
                                        "\r\n1\r\nx\r\n0\r\n\r\n",
                                        "1\r\nxX0\r\n\r\n",
                                        "1\r\nx\n0\r\n\r\n",
                                        "1\r\nx0\r\n\r\n",
                                        "1\r\nxx\r\n0\r\n\r\n",
                                        "g\r\nx\r\n0\r\n\r\n",
                                        ";a\r\nx\r\n0\r\n\r\n",
                                        "1\r\nx\r\n0\n\r\n",
                                        "1\r\nx\r\n0\r\n\n",
                                        "1\r\nx\r\n0\r\nX y\r\n\r\n",
                                        "1\r\nx\r\n0\r\n X: y\r\n\r\n",
                                        "1\r\nx\r\n0\r\nX : y\r\n\r\n",
                                        "1\r\nx\r\n0\r\nX: y\n\r\n",
                                        "1\r\nx\r\n0\r\nX: y\r\rz\r\n\r\n",
                                        "Z\r\nZZ\r\nZZZ\r\n\r\n"};
  for (const std::string& body : bodies) {
    const Seen got = seen(start + body + kNext);
    EXPECT_TRUE(got.bodies.empty()) << body;
    EXPECT_EQ(got.status, 400U) << body;
  }
  for (const std::string big : {"10000000000000001", "ffffffffffffffff", "FFFFFFFFF", "3e9"}) {
    const Seen got = seen(start + big + "\r\nx\r\n0\r\n\r\n" + kNext);
    EXPECT_TRUE(got.bodies.empty()) << big;
    EXPECT_NE(got.status, 0U) << big;
  }
  EXPECT_EQ(seen(start + "1;" + std::string(300, 'a') + "\r\nx\r\n0\r\n\r\n").status, 400U);
  EXPECT_EQ(seen(start + "0\r\nX: " + std::string(5000, 'a') + "\r\n\r\n").status, 431U);
}

TEST(Framing, ARequestLineAndAHostHaveOneReading) {
  const std::vector<std::string> heads{"GET  / HTTP/1.1\r\nHost: a",
                                       "GET /  HTTP/1.1\r\nHost: a",
                                       "GET\t/ HTTP/1.1\r\nHost: a",
                                       "GET / HTTP/1.1 \r\nHost: a",
                                       " GET / HTTP/1.1\r\nHost: a",
                                       "GET / http/1.1\r\nHost: a",
                                       "GET / HTTP/01.1\r\nHost: a",
                                       "GET / HTTP/1.\r\nHost: a",
                                       "GET / HTTP/1.1x\r\nHost: a",
                                       "GET / ICE/1.1\r\nHost: a",
                                       "GET /\r\nHost: a",
                                       "GET\r\nHost: a",
                                       "GET /a b HTTP/1.1\r\nHost: a",
                                       "GET /\x01 HTTP/1.1\r\nHost: a",
                                       "GET /\xC3\xA9 HTTP/1.1\r\nHost: a",
                                       "GET /#x HTTP/1.1\r\nHost: a",
                                       "GET a HTTP/1.1\r\nHost: a",
                                       "GET * HTTP/1.1\r\nHost: a",
                                       "GET a:80 HTTP/1.1\r\nHost: a",
                                       "CONNECT a:80 HTTP/1.1\r\nHost: a",
                                       "GET ftp://a/ HTTP/1.1\r\nHost: a",
                                       "GET http:///x HTTP/1.1\r\nHost: a",
                                       "GET http://u@a/ HTTP/1.1\r\nHost: a",
                                       "G@T / HTTP/1.1\r\nHost: a",
                                       "GET / HTTP/1.1",
                                       "GET / HTTP/1.1\r\nX: y",
                                       "GET / HTTP/1.1\r\nHost: a\r\nHost: a",
                                       "GET / HTTP/1.1\r\nHost: a\r\nhost: b",
                                       "GET / HTTP/1.1\r\nHost: a b",
                                       "GET / HTTP/1.1\r\nHost: a, b",
                                       "GET / HTTP/1.1\r\nHost: a/b",
                                       "GET / HTTP/1.1\r\nHost: u@a",
                                       "GET / HTTP/1.1\r\nHost: a:b",
                                       "GET / HTTP/1.1\r\nHost: a:99999",
                                       "GET / HTTP/1.1\r\nHost: [::1",
                                       "GET / HTTP/1.1\r\nHost : a",
                                       "GET / HTTP/1.1\r\n Host: a",
                                       "GET / HTTP/1.0\r\nTransfer-Encoding: chunked"};
  for (const std::string& head : heads) {
    const Seen got = seen(head + "\r\n\r\n" + kNext);
    EXPECT_TRUE(got.bodies.empty()) << head;
    EXPECT_EQ(got.status, 400U) << head;
  }
  EXPECT_EQ(seen("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").status, 400U);
  EXPECT_EQ(seen("GET / HTTP/1.1\nHost: a\n\n" + kNext).status, 400U);
  for (const char* version : {"2.0", "0.9", "1.2", "3.1"})
    EXPECT_EQ(seen(std::string("GET / HTTP/") + version + "\r\nHost: a\r\n\r\n" + kNext).status,
              505U);
  EXPECT_EQ(seen("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").status, 505U);
  EXPECT_EQ(seen("POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n").status, 417U);
  EXPECT_EQ(seen("GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n").status, 414U);
  EXPECT_EQ(seen("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(17000, 'a') + "\r\n\r\n").status,
            431U);
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 101; ++i) many += "X: y\r\n";
  EXPECT_EQ(seen(many + "\r\n").status, 431U);
}

TEST(Framing, TrailersAreNoHeadersAndAnAbsoluteTargetNamesTheHost) {
  RequestReader reader;
  reader.feed(
      "POST http://B.example:8080/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0\r\nCookie: sekisho=x\r\nHost: c\r\n\r\n");
  ASSERT_EQ(reader.next(), RequestReader::Step::head);
  reader.take_body(10);
  ASSERT_EQ(reader.next(), RequestReader::Step::done);
  EXPECT_EQ(reader.head().find("cookie"), nullptr);
  EXPECT_EQ(reader.head().host, "B.example:8080");
}

TEST(Framing, ABodyWaitsForLeaveAndAConnectionEndsWhenSaid) {
  const auto head = [](const std::string& fields) {
    return *read_request_head("POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n").head;
  };
  EXPECT_TRUE(head("Expect: 100-Continue\r\nContent-Length: 1\r\n").expects_leave);
  EXPECT_FALSE(head("Expect: 100-continue\r\n").expects_leave);
  EXPECT_TRUE(head("").keep_alive);
  EXPECT_FALSE(head("Connection: X, Close\r\n").keep_alive);
  EXPECT_FALSE(read_request_head("GET / HTTP/1.0\r\n\r\n").head->keep_alive);
}

TEST(Framing, NoHeaderOfAReplyBreaksOutOfItsLine) {
  const auto written = [](std::string name, std::string value) {
    return write_reply_head(200, {{std::move(name), std::move(value)}}, 0, "", "now").has_value();
  };
  EXPECT_TRUE(written("location", "https://a.example/\xE3\x81\x82"));
  for (const char* value : {"a\r\nSet-Cookie: b", "a\nb", "a\rb", "a\x01", "a\x7F"})
    EXPECT_FALSE(written("location", value)) << value;
  EXPECT_FALSE(written("location", std::string("a\0b", 3)));
  for (const char* name : {"", "a b", "a:b", "a\r\nb"}) EXPECT_FALSE(written(name, "x")) << name;
}

TEST(Framing, ManySmallChunksTakeLittle) {
  // Half a million chunks of a byte at once: neither a deep stack nor a quadratic time.
  RequestReader reader;
  reader.feed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  ASSERT_EQ(reader.next(), RequestReader::Step::head);
  reader.take_body(1'000'000);
  std::string chunks;
  for (int i = 0; i < 500'000; ++i) chunks += "1\r\nx\r\n";
  reader.feed(chunks + "0\r\n\r\n");
  EXPECT_EQ(reader.next(), RequestReader::Step::done);
  EXPECT_EQ(reader.body().size(), 500'000U);
}

}  // namespace
}  // namespace sekisho
