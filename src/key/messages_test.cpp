// SPDX-License-Identifier: Apache-2.0
// What is asked of the key: read whole, or not at all.
#include "key/messages.h"

#include <gtest/gtest.h>

#include <random>

namespace sekisho {
namespace {

/// As a client builds it, apart from how it is read.
std::string ssh_string(const std::string& bytes) {
  const auto size = static_cast<std::uint32_t>(bytes.size());
  std::string out;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) out.push_back(static_cast<char>(size >> shift));
  return out + bytes;
}

struct SignIn {
  std::string session = std::string(32, 's');
  char message = 50;
  std::string user = "aoki";
  std::string service = "ssh-connection";
  std::string method = "publickey";
  char has_signature = 1;
  std::string algorithm = "ecdsa-sha2-nistp256";
  std::string key;
  std::string rest;

  std::string bytes() const {
    return ssh_string(session) + message + ssh_string(user) + ssh_string(service) +
           ssh_string(method) + has_signature + ssh_string(algorithm) + ssh_string(key) + rest;
  }
};

const std::string kOwn = ssh_key(std::string(65, 'p'));

SignIn good_sign_in() {
  SignIn one;
  one.key = kOwn;
  return one;
}

TEST(KeyMessages, WhatAClientSignsToSignInIsOne) {
  EXPECT_TRUE(is_ssh_sign_in(good_sign_in().bytes(), kOwn));
  SignIn bound = good_sign_in();
  bound.method = "publickey-hostbound-v00@openssh.com";
  bound.rest = ssh_string("the server's key");
  EXPECT_TRUE(is_ssh_sign_in(bound.bytes(), kOwn));
  for (const std::size_t size : {20U, 32U, 48U, 64U}) {
    SignIn one = good_sign_in();
    one.session.assign(size, 'x');
    EXPECT_TRUE(is_ssh_sign_in(one.bytes(), kOwn)) << size;
  }
}

TEST(KeyMessages, WhatDiffersInAnythingIsNone) {
  const auto differs = [](auto change) {
    SignIn one = good_sign_in();
    change(one);
    return is_ssh_sign_in(one.bytes(), kOwn);
  };
  EXPECT_FALSE(differs([](SignIn& s) { s.session = "short"; }));
  EXPECT_FALSE(differs([](SignIn& s) { s.session.clear(); }));
  EXPECT_FALSE(differs([](SignIn& s) { s.message = 51; }));
  EXPECT_FALSE(differs([](SignIn& s) { s.service = "ssh-userauth"; }));
  EXPECT_FALSE(differs([](SignIn& s) { s.method = "hostbased"; }));
  EXPECT_FALSE(differs([](SignIn& s) { s.method = "publickey "; }));
  EXPECT_FALSE(differs([](SignIn& s) { s.has_signature = 0; }));
  EXPECT_FALSE(differs([](SignIn& s) { s.has_signature = 2; }));
  EXPECT_FALSE(
      differs([](SignIn& s) { s.algorithm = "ecdsa-sha2-nistp256-cert-v01@openssh.com"; }));
  EXPECT_FALSE(differs([](SignIn& s) { s.key = ssh_key(std::string(65, 'q')); }));
  EXPECT_FALSE(differs([](SignIn& s) { s.rest = ssh_string("more"); }));
  EXPECT_FALSE(differs([](SignIn& s) { s.method = "publickey-hostbound-v00@openssh.com"; }));
  // What `ssh-keygen -Y sign` asks for: a file's signature, a commit's.
  EXPECT_FALSE(is_ssh_sign_in("SSHSIG" + ssh_string("file") + ssh_string("") +
                                  ssh_string("sha512") + ssh_string(std::string(64, 'h')),
                              kOwn));
  EXPECT_FALSE(is_ssh_sign_in("", kOwn));
}

TEST(KeyMessages, ASignInCutAnywhereIsNone) {
  const std::string whole = good_sign_in().bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(is_ssh_sign_in(whole.substr(0, size), kOwn)) << size;
    EXPECT_FALSE(is_ssh_sign_in(whole.substr(whole.size() - size), kOwn)) << size;
  }
}

/// A report's text, what TLS signs and random bytes: whatever isn't a sign-in isn't signed by SSH's
/// way, which a forwarded agent leaves open to others.
TEST(KeyMessages, NothingElseIsASignIn) {
  EXPECT_FALSE(is_ssh_sign_in(R"({"device":"a","sequence":1})", kOwn));
  EXPECT_FALSE(is_ssh_sign_in(
      std::string(64, ' ') + "TLS 1.3, client CertificateVerify" + std::string(33, '\0'), kOwn));
  std::mt19937 random(1);
  const std::string whole = good_sign_in().bytes();
  for (int i = 0; i < 20'000; ++i) {
    std::string one = whole;
    const std::size_t at = random() % one.size();
    const char before = one[at];
    one[at] = static_cast<char>(random());
    // Only who and in which session may be anything.
    const bool session = at >= 4 && at < 36;
    const bool user = at >= 41 && at < 45;
    if (one[at] != before && !session && !user) {
      EXPECT_FALSE(is_ssh_sign_in(one, kOwn)) << at;
    }
  }
}

TEST(KeyMessages, QuestionsComeOutAsTheyWentInHoweverTheBytesCome) {
  std::mt19937 random(2);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> sent(1 + random() % 5);
    std::string stream;
    for (std::string& one : sent) {
      one.assign(1 + random() % 300, static_cast<char>(random()));
      stream += framed(one);
    }
    Frames frames;
    std::vector<std::string> got;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t size = 1 + random() % 40;
      frames.add(std::string_view(stream).substr(at, size));
      at += size;
      while (auto one = frames.next()) got.push_back(std::move(*one));
    }
    EXPECT_EQ(got, sent);
    EXPECT_FALSE(frames.begun());
    EXPECT_FALSE(frames.broken());
  }
}

TEST(KeyMessages, AnEmptyOrEndlessQuestionEndsIt) {
  for (const std::string_view length :
       {std::string_view("\0\0\0\0", 4), std::string_view("\xff\xff\xff\xff"),
        std::string_view("\0\0\x40\x01", 4)}) {
    Frames frames;
    frames.add(length);
    EXPECT_FALSE(frames.next());
    EXPECT_TRUE(frames.broken());
    frames.add(framed("good"));
    EXPECT_FALSE(frames.next());
  }
}

TEST(KeyMessages, OfTheModuleOnlyTwoQuestionsAreKnown) {
  EXPECT_EQ(read_module_question("\1")->what, key_wire::Ask::identity);
  const std::string digest(32, 'd');
  EXPECT_EQ(read_module_question("\2" + digest)->digest, digest);
  for (const std::string& wrong :
       {std::string(), std::string("\1x"), std::string("\2"), "\2" + std::string(31, 'd'),
        "\2" + std::string(33, 'd'), std::string("\3"), std::string(1, '\0'), std::string("\xff")})
    EXPECT_FALSE(read_module_question(wrong)) << wrong.size();
}

TEST(KeyMessages, OfSshOnlyTwoQuestionsAreKnown) {
  EXPECT_EQ(read_ssh_question("\x0b").what, SshQuestion::What::list);
  const std::string sign = "\x0d" + ssh_string("key") + ssh_string("data") + std::string(4, '\0');
  EXPECT_EQ(read_ssh_question(sign).what, SshQuestion::What::sign);
  EXPECT_EQ(read_ssh_question(sign).key, "key");
  EXPECT_EQ(read_ssh_question(sign).data, "data");
  const std::string flagged =
      "\x0d" + ssh_string("key") + ssh_string("data") + std::string("\0\0\0\2", 4);
  for (const std::string& other : {std::string("\x0b\x0b"), sign.substr(0, sign.size() - 1),
                                   sign + "x", flagged, std::string("\x11"), std::string()})
    EXPECT_EQ(read_ssh_question(other).what, SshQuestion::What::other) << other.size();
}

TEST(KeyMessages, ASignatureForSshHasNoNeedlessZeros) {
  // r begins with zeros, s with a bit that would be a sign.
  const std::string r = std::string(2, '\0') + std::string(30, '\x11');
  const std::string s = "\x80" + std::string(31, '\x22');
  const std::string expected =
      "\x0e" + ssh_string(ssh_string("ecdsa-sha2-nistp256") +
                          ssh_string(ssh_string(std::string(30, '\x11')) +
                                     ssh_string(std::string(1, '\0') + s)));
  EXPECT_EQ(write_ssh_signature(r + s), expected);
}

}  // namespace
}  // namespace sekisho
