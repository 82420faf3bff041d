// SPDX-License-Identifier: Apache-2.0
#include "collect/agent/agent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/crypto.h"
#include "base/gzip.h"
#include "temp_root.h"

namespace sekisho {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Time kNow = *parse_time("2026-11-24T09:00:00Z");

AgentReport report_example() {
  return {"0123456789abcdef",
          17,
          kNow,
          "pc-17",
          std::string(64, 'a'),
          {"debian", "12", "Debian GNU/Linux 12"},
          {{"disk-encryption", Verdict::fail, {"暗号化なし", "not encrypted"}},
           {"firewall", Verdict::unknown, {"", ""}}}};
}

TEST(Report, ComesBackAsItWas) {
  const AgentReport report = report_example();
  const auto again = read_report(write_report(report));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->device, report.device);
  EXPECT_EQ(again->sequence, 17);
  EXPECT_EQ(again->observed_at, kNow);
  EXPECT_EQ(again->host, "pc-17");
  EXPECT_EQ(again->machine, report.machine);
  EXPECT_EQ(again->system, report.system);
  EXPECT_EQ(again->records, report.records);
}

TEST(Report, RefusesWhatIsNotOne) {
  const std::string good = write_report(report_example());
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  EXPECT_TRUE(read_report(good));
  for (const std::string& bad :
       {std::string(), std::string("[]"), std::string("{}"), good.substr(0, good.size() - 1),
        changed("\"sequence\":17", "\"sequence\":0"), changed("\"sequence\":17", "\"sequence\":-1"),
        changed("\"sequence\":17", "\"sequence\":9223372036854775807"),
        changed("\"sequence\":17", "\"sequence\":1.5"), changed("\"fail\"", "\"good\""),
        changed("2026-11-24T09:00:00Z", "yesterday"), changed("aaaaaaaa", "AAAAAAAA"),
        changed("\"host\":\"pc-17\"", "\"host\":\"\""),
        changed("\"host\":\"pc-17\"", "\"host\":\"pc-17\",\"more\":1")})
    EXPECT_FALSE(read_report(bad)) << bad;
  AgentReport many = report_example();
  many.records.resize(kMostRecords + 1, many.records.front());
  EXPECT_FALSE(read_report(write_report(many)));
}

TEST(Report, TakesControlsOutOfWhatPeopleWillRead) {
  AgentReport report = report_example();
  report.host = "pc\x1b[31m";
  report.records[0].detail.en = "a\u202eb";
  const auto again = read_report(write_report(report));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->host, "pc?[31m");
  EXPECT_EQ(again->records[0].detail.en, "a?b");
}

TEST(Report, MaySayWhatARecordRestsOn) {
  AgentReport report = report_example();
  EXPECT_FALSE(write_report(report).contains("basis")) << "an older server would refuse it";
  report.records[0].basis.add({.place = "/etc/x:3", .seen = "no", .limit = "no"});
  const auto again = read_report(write_report(report));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->records, report.records);
}

TEST(Protocol, IsToldByTheServersContent) {
  EXPECT_EQ(read_protocol(write_protocol()), kProtocol);
  EXPECT_GE(kProtocol, kBasisSince);
  for (const char* text : {"", "{}", R"({"version":"3"})", R"({"version":0})"})
    EXPECT_EQ(read_protocol(text), 1) << text;
  EXPECT_TRUE(read_content_files(write_content_files({{kProtocolFile, write_protocol()}})));
}

TEST(Delivery, AndReceiptComeBackAsTheyWere) {
  const auto delivery = read_delivery(write_delivery({kNow, "turn", {{"body", "signature"}}}));
  ASSERT_TRUE(delivery);
  EXPECT_EQ(delivery->sent_at, kNow);
  EXPECT_EQ(delivery->turn, "turn");
  ASSERT_EQ(delivery->reports.size(), 1U);
  EXPECT_EQ(delivery->reports[0].body, "body");
  EXPECT_EQ(delivery->reports[0].signature, "signature");
  EXPECT_FALSE(
      read_delivery(write_delivery({kNow, "turn", std::vector<SignedReport>(kMostReports + 1)})));

  const auto receipt = read_receipt(write_receipt({"next", 9, {{8, {"だめ", "no"}}}, "v", "s"}));
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->turn, "next");
  EXPECT_EQ(receipt->up_to, 9);
  ASSERT_EQ(receipt->refused.size(), 1U);
  EXPECT_EQ(receipt->refused[0].sequence, 8);
  EXPECT_EQ(receipt->refused[0].reason.en, "no");
  EXPECT_EQ(receipt->content, "v");
  EXPECT_EQ(receipt->software, "s");
}

TEST(Software, IsTheSameTextForTheSamePrograms) {
  const std::string list = write_sbom({{"b", "2", "pkg:deb/debian/b@2"}, {"a\x1b", "1", ""}, {}});
  EXPECT_EQ(list,
            R"({"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"components":[)"
            R"({"type":"application","name":"a?","version":"1"},)"
            R"({"type":"application","name":"b","version":"2","purl":"pkg:deb/debian/b@2"}]})");
  EXPECT_EQ(write_sbom({{"a\x1b", "1", ""}, {"b", "2", "pkg:deb/debian/b@2"}}), list);
  EXPECT_EQ(write_sbom({}), "");
  const auto again = read_software_list(write_software_list({"id", kNow, list}));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->device, "id");
  EXPECT_EQ(again->observed_at, kNow);
  EXPECT_EQ(again->sbom, list);
  EXPECT_FALSE(read_software_list(R"({"device":"id","observed_at":"today","sbom":""})"));
}

TEST(Software, IsBounded) {
  std::vector<InstalledSoftware> many;
  for (std::size_t i = 0; i < kMostSoftware + 7; ++i)
    many.push_back({"program " + std::to_string(i), "1", ""});
  const std::string list = write_sbom(many);
  std::size_t components = 0;
  for (std::size_t at = list.find("\"name\""); at != std::string::npos;
       at = list.find("\"name\"", at + 1))
    ++components;
  EXPECT_EQ(components, kMostSoftware);
}

TEST(Content, NamesOnlyPlainFiles) {
  const auto files = read_content_files(write_content_files({{"end-of-life.json", "{}"}}));
  ASSERT_TRUE(files);
  EXPECT_EQ(files->at(0).name, "end-of-life.json");
  for (const char* name : {"../x", "/etc/passwd", ".hidden", "", "A", "a b", "a\n"})
    EXPECT_FALSE(read_content_files(write_content_files({{name, "x"}}))) << name;
}

TEST(Link, IsTakenWholeOrNotAtAll) {
  const std::string fingerprint(64, 'f');
  const auto link = read_link("https://sekisho.example.jp:8490/#Code-_1." + fingerprint);
  ASSERT_TRUE(link);
  EXPECT_EQ(link->server, "https://sekisho.example.jp:8490");
  EXPECT_EQ(link->code, "Code-_1");
  EXPECT_EQ(link->authority, fingerprint);
  EXPECT_EQ(write_link(*link), "https://sekisho.example.jp:8490/#Code-_1." + fingerprint);
  EXPECT_TRUE(read_link("https://[::1]:8490/#x." + fingerprint));
  for (const std::string& bad :
       {std::string(), std::string("https://"), "http://a:1/#x." + fingerprint,
        "https://a:1/x." + fingerprint, "https:///#x." + fingerprint,
        "https://a:1/#." + fingerprint, "https://a:1/#x." + fingerprint.substr(1),
        "https://a@b/#x." + fingerprint, "https://a/b/#x." + fingerprint,
        "https://a:1/#x y." + fingerprint})
    EXPECT_FALSE(read_link(bad)) << bad;
}

TEST(Keys, SignAndAreKnownAgain) {
  const auto key = KeyPair::make();
  ASSERT_TRUE(key);
  const auto again = KeyPair::from_pem(key->pem());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->public_key(), key->public_key());
  std::string signature = again->sign("message");
  EXPECT_TRUE(signature_holds(key->public_key(), "message", signature));
  EXPECT_FALSE(signature_holds(key->public_key(), "massage", signature));
  signature.back() = static_cast<char>(signature.back() ^ 1);
  EXPECT_FALSE(signature_holds(key->public_key(), "message", signature));
  EXPECT_FALSE(signature_holds(KeyPair::make()->public_key(), "message", again->sign("message")));
  EXPECT_FALSE(signature_holds("", "message", signature));
  EXPECT_FALSE(KeyPair::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
}

TEST(Authority, CertifiesOnlyWhoHoldsTheKey) {
  const auto authority = Authority::make(kNow);
  ASSERT_TRUE(authority);
  const auto again = Authority::from_pem(authority->key_pem(), authority->certificate().pem);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->certificate().fingerprint, authority->certificate().fingerprint);
  const auto key = KeyPair::make();
  const auto certificate = again->certify(key->request(), "device", kNow);
  ASSERT_TRUE(certificate);
  EXPECT_EQ(certificate->public_key, key->public_key());
  EXPECT_EQ(certificate->not_after, kNow + kDeviceCertificateLasts);
  EXPECT_EQ(read_certificate(certificate->pem)->fingerprint, certificate->fingerprint);

  // A request whose signature was touched: its last characters before the end line.
  std::string request = key->request();
  const std::size_t end = request.find("\n-----END");
  request[end - 6] = request[end - 6] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(again->certify(request, "device", kNow));
  EXPECT_FALSE(again->certify("", "device", kNow));
  EXPECT_FALSE(Authority::from_pem(key->pem(), authority->certificate().pem));
  EXPECT_FALSE(again->certify_server(*key, {}, kNow));
  EXPECT_FALSE(again->certify_server(*key, {"a,DNS:evil.example"}, kNow));
  EXPECT_TRUE(again->certify_server(*key, {"127.0.0.1", "::1", "sekisho.example.jp"}, kNow));
}

/// A request (PKCS #10, PEM) of a key of another kind, signed by it as it should be.
std::string request_of(EVP_PKEY* made) {
  const std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY* k) { EVP_PKEY_free(k); })> key(made);
  const std::unique_ptr<X509_REQ, decltype([](X509_REQ* r) { X509_REQ_free(r); })> request(
      X509_REQ_new());
  const std::unique_ptr<BIO, decltype([](BIO* b) { BIO_free(b); })> bio(BIO_new(BIO_s_mem()));
  EXPECT_EQ(X509_REQ_set_pubkey(request.get(), key.get()), 1);
  EXPECT_GT(X509_REQ_sign(request.get(), key.get(), EVP_sha256()), 0);
  EXPECT_EQ(PEM_write_bio_X509_REQ(bio.get(), request.get()), 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

TEST(Authority, CertifiesKeysOfOneKindAlone) {
  const auto authority = Authority::make(kNow);
  ASSERT_TRUE(authority);
  EXPECT_TRUE(authority->certify(request_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")),
                                 "device", kNow));
  for (EVP_PKEY* key : {EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384"),
                        EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "secp256k1"),
                        EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})})
    EXPECT_FALSE(authority->certify(request_of(key), "device", kNow));
}

TEST(Authority, HasNoOtherAuthoritiesBelowIt) {
  const auto authority = Authority::make(kNow);
  ASSERT_TRUE(authority);
  const auto read = [](const std::string& pem) {
    const std::unique_ptr<BIO, decltype([](BIO* b) { BIO_free(b); })> bio(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    return std::unique_ptr<X509, decltype([](X509* x) { X509_free(x); })>(
        PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  };
  const auto own = read(authority->certificate().pem);
  EXPECT_EQ(X509_check_ca(own.get()), 1);
  EXPECT_EQ(X509_get_pathlen(own.get()), 0);
  const auto key = KeyPair::make();
  for (const auto& given : {authority->certify(key->request(), "device", kNow),
                            authority->certify_server(*key, {"127.0.0.1"}, kNow)}) {
    const auto certificate = read(given->pem);
    EXPECT_EQ(X509_check_ca(certificate.get()), 0);
    EXPECT_EQ(X509_get_key_usage(certificate.get()), std::uint32_t{KU_DIGITAL_SIGNATURE});
  }
}

TEST(Queue, KeepsOrderAndForgetsOnlyWhatIsRemoved) {
  const TempRoot root;
  const ReportQueue queue(root.path() / "queue", real_disk());
  EXPECT_THAT(*queue.waiting(), IsEmpty());
  for (const std::int64_t sequence : {10, 9, 200})
    ASSERT_TRUE(queue.add(sequence, {"body " + std::to_string(sequence), "s"}));
  EXPECT_THAT(*queue.waiting(), ElementsAre(9, 10, 200));
  EXPECT_EQ(ReportQueue(root.path() / "queue", real_disk()).at(10)->body, "body 10");
  queue.remove(9);
  EXPECT_THAT(*queue.waiting(), ElementsAre(10, 200));
  // What the disk garbled is not taken for a report.
  root.add("/queue/000000000010.json.gz", "garbled");
  root.add("/queue/notes.txt", "not ours");
  EXPECT_EQ(queue.at(10).error(), Unsendable::broken);
  EXPECT_EQ(queue.at(11).error(), Unsendable::gone);
  root.add("/queue/000000000012.json.gz -> 000000000012.json.gz");
  EXPECT_EQ(queue.at(12).error(), Unsendable::not_now) << "as without a descriptor that is free";
  queue.remove(12);
  EXPECT_THAT(*queue.waiting(), ElementsAre(10, 200));
}

TEST(Device, SaysWhenItIsNotEnrolled) {
  const TempRoot root;
  const auto device = Device::open(root.path());
  ASSERT_FALSE(device);
  EXPECT_THAT(device.error().message.en, HasSubstr("not enrolled"));
}

TEST(Gzip, IsBoundedOnTheWayOut) {
  const std::string zeros(std::size_t{10} << 20U, '0');
  const std::string small = gzip(zeros, 6);
  EXPECT_LT(small.size(), 20'000U);
  EXPECT_EQ(gunzip(small, zeros.size()), zeros);
  EXPECT_FALSE(gunzip(small, zeros.size() - 1));
  EXPECT_FALSE(gunzip(small.substr(0, small.size() - 1), zeros.size()));
  EXPECT_FALSE(gunzip(small + "x", zeros.size()));
  EXPECT_FALSE(gunzip("", 100));
  EXPECT_EQ(gunzip(gzip("", 1), 0), "");
}

}  // namespace
}  // namespace sekisho
