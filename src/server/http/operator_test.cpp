// SPDX-License-Identifier: Apache-2.0
// What the operator is shown: the log, the figures, files that may be renewed, pages and TLS.
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <future>
#include <memory>
#include <regex>
#include <utility>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "server/http/journal.h"
#include "server/http/meter.h"
#include "server/http/pages.h"
#include "server/http/tls.h"
#include "server/http/watched.h"
#include "temp_root.h"

namespace sekisho {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Time second(std::int64_t count) { return Time(seconds(count)); }

TEST(Journal, ALineStaysOneWhateverIsInIt) {
  const LogLine line{Severity::warning,
                     "refused",
                     {{"path", "/a-b_c.d:e@f+g%[h]09AZ"},
                      {"none", ""},
                      {"words", "a b"},
                      {"quoted", "say \"\\\""},
                      {"equals", "a=b"},
                      {"lines", "a\nlevel=error"},
                      {"long", std::string(1000, 'x')}}};
  const std::string plain = written(line, second(0), {});
  EXPECT_TRUE(
      plain.starts_with("time=1970-01-01T00:00:00Z level=warning event=refused "
                        "path=/a-b_c.d:e@f+g%[h]09AZ words=\"a b\" quoted=\"say \\\"\\\\\\\"\" "
                        "equals=\"a=b\" lines=\"a"))
      << plain;
  EXPECT_EQ(std::ranges::count(plain, '\n'), 1);
  EXPECT_EQ(plain.back(), '\n');
  EXPECT_EQ(plain.find(std::string(401, 'x')), std::string::npos) << "bounded";
  EXPECT_NE(plain.find(std::string(390, 'x')), std::string::npos);
  EXPECT_EQ(written(line, second(0), {.json = false, .prefixed = true}), "<4>" + plain);

  const std::string object = written(line, second(0), {.json = true, .prefixed = false});
  EXPECT_EQ(std::ranges::count(object, '\n'), 1);
  const auto fields = boost::json::parse(object).as_object();
  EXPECT_EQ(fields.at("level"), "warning");
  EXPECT_EQ(fields.at("quoted"), "say \"\\\"");
  EXPECT_FALSE(fields.contains("none"));
  EXPECT_EQ(written(line, second(0), {.json = true, .prefixed = true}), "<4>" + object);
  // By the numbers of syslog.
  for (const auto& [severity, start] :
       {std::pair(Severity::error, "<3>time=1970-01-01T00:00:00Z level=error event=e\n"),
        {Severity::warning, "<4>time=1970-01-01T00:00:00Z level=warning event=e\n"},
        {Severity::notice, "<5>time=1970-01-01T00:00:00Z level=notice event=e\n"},
        {Severity::info, "<6>time=1970-01-01T00:00:00Z level=info event=e\n"}})
    EXPECT_EQ(written({severity, "e"}, second(0), {.json = false, .prefixed = true}), start);
}

/// Tells so many lines of an event at a moment.
void tell(Journal& journal, int count, Severity severity, const std::string& event,
          Journal::Moment now) {
  for (int i = 0; i < count; ++i) journal.tell({severity, event}, now);
}

TEST(Journal, OfAFloodOfOneKindSomeAreWrittenAndTheRestIsCounted) {
  std::string all;
  {
    Journal journal({}, [&](std::string_view line) { all += line; });
    const Journal::Moment start = std::chrono::steady_clock::now() - std::chrono::hours(2);
    tell(journal, 150, Severity::warning, "flood", start);
    EXPECT_EQ(journal.left_out(), 50U);
    EXPECT_EQ(journal.told(Severity::warning), 150U) << "counted whether written or not";
    EXPECT_EQ(journal.told(Severity::error), 0U);
    // Neither another event nor the same of another severity pays for it.
    tell(journal, 3, Severity::warning, "other", start);
    tell(journal, 3, Severity::error, "flood", start);
    EXPECT_EQ(journal.left_out(), 50U);
    // Five a second drain, by a clock that may not go back.
    tell(journal, 10, Severity::warning, "flood", start - seconds(100));
    EXPECT_EQ(journal.left_out(), 60U);
    tell(journal, 10, Severity::warning, "flood", start - seconds(98));
    EXPECT_EQ(journal.left_out(), 60U);
    tell(journal, 11, Severity::warning, "flood", start - seconds(96));
    EXPECT_EQ(journal.left_out(), 61U);
    tell(journal, 101, Severity::warning, "flood", start + std::chrono::hours(1));
    EXPECT_EQ(journal.left_out(), 62U) << "no more at once for having waited";
  }
  // All is written by the end, and how many of what were not.
  const std::regex flood("level=warning event=flood\n");
  const std::regex left("event=left-out of=flood of_level=warning lines=(\\d+)\n");
  EXPECT_EQ(std::distance(std::sregex_iterator(all.begin(), all.end(), flood), {}), 220);
  long left_out = 0;
  for (std::sregex_iterator one(all.begin(), all.end(), left); one != std::sregex_iterator(); ++one)
    left_out += std::stol((*one)[1]);
  EXPECT_EQ(left_out, 62);
  EXPECT_EQ(all.find("of_level=error"), std::string::npos);
}

TEST(Journal, WhoTellsNeverWaitsForWhoWrites) {
  std::promise<void> begun;
  std::promise<void> go_on;
  std::string all;
  {
    Journal journal({}, [&, first = true](std::string_view line) mutable {
      if (std::exchange(first, false)) {
        begun.set_value();
        go_on.get_future().wait();
      }
      all += line;
    });
    journal.tell({Severity::info, "first"});
    begun.get_future().wait();
    tell(journal, 90, Severity::info, "next", std::chrono::steady_clock::now());
    EXPECT_EQ(journal.told(Severity::info), 91U);
    go_on.set_value();
  }
  EXPECT_EQ(std::ranges::count(all, '\n'), 91);
}

TEST(Meter, CountsAsPrometheusReadsIt) {
  Meter meter;
  meter.answered("console", "getHome", 200, milliseconds(5));
  meter.answered("console", "getHome", 200, milliseconds(6));
  meter.answered("console", "getHome", 404, seconds(11));
  meter.answered("agents", "say \"\\\n", 200, seconds(10));
  meter.worked("tidy", true, second(7));
  meter.worked("tidy", false, second(8));
  meter.worked("tidy", false, second(9));
  Exposition out;
  meter.add_to(out);
  out.one("alone", "gauge", "One.", 3);
  EXPECT_EQ(
      out.take(),
      R"(# HELP sekisho_http_requests_total Requests that were answered, by listener, operation and status.
# TYPE sekisho_http_requests_total counter
sekisho_http_requests_total{listener="agents",operation="say \"\\\n",code="200"} 1
sekisho_http_requests_total{listener="console",operation="getHome",code="200"} 2
sekisho_http_requests_total{listener="console",operation="getHome",code="404"} 1
# HELP sekisho_http_request_duration_seconds Time from a request's head to its answer.
# TYPE sekisho_http_request_duration_seconds histogram
sekisho_http_request_duration_seconds_bucket{listener="agents",le="0.005"} 0
sekisho_http_request_duration_seconds_bucket{listener="agents",le="0.025"} 0
sekisho_http_request_duration_seconds_bucket{listener="agents",le="0.1"} 0
sekisho_http_request_duration_seconds_bucket{listener="agents",le="0.5"} 0
sekisho_http_request_duration_seconds_bucket{listener="agents",le="2.5"} 0
sekisho_http_request_duration_seconds_bucket{listener="agents",le="10"} 1
sekisho_http_request_duration_seconds_bucket{listener="agents",le="+Inf"} 1
sekisho_http_request_duration_seconds_sum{listener="agents"} 10
sekisho_http_request_duration_seconds_count{listener="agents"} 1
sekisho_http_request_duration_seconds_bucket{listener="console",le="0.005"} 1
sekisho_http_request_duration_seconds_bucket{listener="console",le="0.025"} 2
sekisho_http_request_duration_seconds_bucket{listener="console",le="0.1"} 2
sekisho_http_request_duration_seconds_bucket{listener="console",le="0.5"} 2
sekisho_http_request_duration_seconds_bucket{listener="console",le="2.5"} 2
sekisho_http_request_duration_seconds_bucket{listener="console",le="10"} 2
sekisho_http_request_duration_seconds_bucket{listener="console",le="+Inf"} 3
sekisho_http_request_duration_seconds_sum{listener="console"} 11.011
sekisho_http_request_duration_seconds_count{listener="console"} 3
# HELP sekisho_job_runs_total Runs of what the server does by itself.
# TYPE sekisho_job_runs_total counter
sekisho_job_runs_total{job="tidy",result="success"} 1
sekisho_job_runs_total{job="tidy",result="failure"} 2
# HELP sekisho_job_last_run_timestamp_seconds When each last ended.
# TYPE sekisho_job_last_run_timestamp_seconds gauge
sekisho_job_last_run_timestamp_seconds{job="tidy"} 9
# HELP alone One.
# TYPE alone gauge
alone 3
)");
}

TEST(Watched, ASecretIsReadAgainUntilItCanBe) {
  const TempRoot root;
  const std::string path = root.at("/secret").string();
  const auto write = [&](const std::string& text) {
    ASSERT_TRUE(write_file_atomically(path, text, 0600));
  };
  EXPECT_FALSE(SecretFile::open(path)) << "no file";
  write(" \n");
  EXPECT_FALSE(SecretFile::open(path)) << "nothing in it";
  write("first\n");
  const auto file = SecretFile::open(path);
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->value(), "first");
  write("second\n");
  EXPECT_TRUE((*file)->refresh(false));
  EXPECT_EQ((*file)->value(), "second");
  // Something that can't be read stands there for a while, then the very file from before.
  const std::string aside = root.at("/aside").string();
  std::filesystem::rename(path, aside);
  std::filesystem::create_directory(path);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE((*file)->refresh(false)) << "told each time";
  EXPECT_EQ((*file)->value(), "second");
  std::filesystem::remove(path);
  std::filesystem::rename(aside, path);
  EXPECT_TRUE((*file)->refresh(false));
  EXPECT_EQ((*file)->value(), "second");
}

TEST(Watched, AFileHasChangedOnceWhenItsContentOrItsPlaceHas) {
  const TempRoot root;
  const std::string path = root.at("/one").string();
  WatchedFiles watched({path, root.at("/two").string()});
  EXPECT_FALSE(watched.changed());
  for (const char* text : {"a", "bb"}) {
    ASSERT_TRUE(write_file_atomically(path, text, 0600));
    EXPECT_TRUE(watched.changed()) << text;
    EXPECT_FALSE(watched.changed()) << text;
  }
  ASSERT_TRUE(write_file_atomically(root.at("/two").string(), "x", 0600));
  EXPECT_TRUE(watched.changed());
  watched.forget();
  EXPECT_TRUE(watched.changed());
  std::filesystem::remove(path);
  EXPECT_TRUE(watched.changed());
  EXPECT_FALSE(watched.changed());
}

TEST(Watched, ASecretIsReadAnewWhenToldAndNeverBeyondItsBound) {
  const TempRoot root;
  const std::string path = root.at("/secret").string();
  ASSERT_TRUE(write_file_atomically(path, "s", 0600));
  const auto file = SecretFile::open(path);
  ASSERT_TRUE(file);
  EXPECT_TRUE((*file)->refresh(false));
  EXPECT_TRUE((*file)->refresh(true));
  EXPECT_EQ((*file)->value(), "s");
  ASSERT_TRUE(write_file_atomically(path, std::string(16'385, 'x'), 0600));
  EXPECT_FALSE((*file)->refresh(true));
  EXPECT_EQ((*file)->value(), "s");
  ASSERT_TRUE(write_file_atomically(path, std::string(16'384, 'x'), 0600));
  EXPECT_TRUE((*file)->refresh(false));
  EXPECT_EQ((*file)->value().size(), 16'384U);
}

HttpReply get(const Pages& pages, std::string path,
              std::vector<std::pair<std::string, std::string>> headers = {}) {
  HttpRequest request;
  request.method = "GET";
  request.path = std::move(path);
  request.headers = std::move(headers);
  return pages.reply(request);
}
std::string header_in(const HttpReply& reply, std::string_view name) {
  for (const auto& [key, value] : reply.headers)
    if (key == name) return value;
  return {};
}

TEST(Pages, OnlyRoutesAreThePageAndElsewhereProgramsAreToldPlainly) {
  const auto pages = Pages::load();
  ASSERT_TRUE(pages) << pages.error().describe(Lang::en);
  HttpRequest post;
  post.method = "POST";
  post.path = "/";
  EXPECT_EQ(pages->reply(post).status, 405U);
  EXPECT_EQ(header_in(pages->reply(post), "allow"), "GET, HEAD");
  const bool built = !pages->file("/index.html").empty();
  const unsigned page = built ? 200 : 503;
  const unsigned nowhere = built ? 404 : 503;
  EXPECT_EQ(get(*pages, "/").status, page);
  for (const char* none : {"/nowhere", "/assets/x.js", "/index.html", "//", "/devices/1/2"}) {
    const HttpReply reply = get(*pages, none);
    EXPECT_EQ(reply.status, 404U) << none;
    EXPECT_EQ(reply.body, "not found\n") << none;
    EXPECT_EQ(header_in(reply, "cache-control"), "no-store") << none;
  }
  EXPECT_EQ(get(*pages, "/nowhere", {{"accept", "text/html,*/*"}}).status, nowhere);
  EXPECT_EQ(get(*pages, "/assets/x.js", {{"accept", "text/html,*/*"}}).body, "not found\n");
  if (!built) return;  // lint and fuzzing have no console
  EXPECT_EQ(get(*pages, "/devices").status, 200U);
  EXPECT_EQ(get(*pages, "/devices/7").status, 200U);
  EXPECT_EQ(get(*pages, "/devices/").status, 404U) << "an id is never empty";
}

TEST(Pages, EachHasANonceOfItsOwnAndFilesGoOutAsTheyCanBeRead) {
  const auto pages = Pages::load();
  ASSERT_TRUE(pages);
  if (pages->file("/index.html").empty()) GTEST_SKIP() << "built without the console";
  const HttpReply first = get(*pages, "/");
  const HttpReply second = get(*pages, "/");
  const auto nonce_of = [](const HttpReply& reply) {
    const std::string policy = header_in(reply, "content-security-policy");
    std::smatch found;
    return std::regex_search(policy, found, std::regex("'nonce-([^']+)'")) ? found[1].str() : "";
  };
  EXPECT_EQ(first.body.find("__NONCE__"), std::string::npos);
  EXPECT_NE(first.body.find(nonce_of(first)), std::string::npos);
  EXPECT_GE(nonce_of(first).size(), 20U);
  EXPECT_NE(nonce_of(first), nonce_of(second));
  EXPECT_EQ(header_in(first, "cache-control"), "no-store");

  std::smatch found;
  ASSERT_TRUE(std::regex_search(first.body, found, std::regex("\"(/assets/[^\"]+\\.js)\"")));
  const std::string path = found[1];
  const HttpReply raw = get(*pages, path);
  EXPECT_EQ(raw.status, 200U);
  EXPECT_EQ(raw.fixed, pages->file(path));
  EXPECT_EQ(header_in(raw, "cache-control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(header_in(raw, "content-encoding"), "");
  EXPECT_EQ(header_in(raw, "vary"), "accept-encoding");
  for (const auto& [accepted, used] :
       {std::pair("gzip", "gzip"), {"gzip, br", "br"}, {"br", "br"}, {"deflate", ""}}) {
    const HttpReply coded = get(*pages, path, {{"accept-encoding", accepted}});
    EXPECT_EQ(header_in(coded, "content-encoding"), used);
    EXPECT_EQ(coded.fixed.size() < raw.fixed.size(), std::string_view(used) != "") << accepted;
  }
  const std::string tag = header_in(raw, "etag");
  ASSERT_FALSE(tag.empty());
  const HttpReply same = get(*pages, path, {{"if-none-match", tag}});
  EXPECT_EQ(same.status, 304U);
  EXPECT_EQ(header_in(same, "etag"), tag);
  EXPECT_TRUE(same.body.empty() && same.fixed.empty());
  EXPECT_EQ(get(*pages, path, {{"if-none-match", "\"other\""}}).status, 200U);
}

struct FreeTls {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
/// A key with a certificate that it signed itself, both as PEM.
struct OwnName {
  explicit OwnName(const char* passphrase = nullptr)
      : pair(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")), shown(X509_new()) {
    ASN1_INTEGER_set(X509_get_serialNumber(shown.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(shown.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(shown.get()), 3600);
    X509_set_pubkey(shown.get(), pair.get());
    X509_sign(shown.get(), pair.get(), EVP_sha256());
    certificate = text([&](BIO* to) { PEM_write_bio_X509(to, shown.get()); });
    key = text([&](BIO* to) {
      PEM_write_bio_PKCS8PrivateKey(to, pair.get(), passphrase ? EVP_aes_128_cbc() : nullptr,
                                    passphrase, passphrase ? 6 : 0, nullptr, nullptr);
    });
  }
  static std::string text(const auto& write) {
    const std::unique_ptr<BIO, FreeTls> bio(BIO_new(BIO_s_mem()));
    write(bio.get());
    std::string out(static_cast<std::size_t>(BIO_pending(bio.get())), '\0');
    BIO_read(bio.get(), out.data(), static_cast<int>(out.size()));
    return out;
  }
  std::unique_ptr<EVP_PKEY, FreeTls> pair;
  std::unique_ptr<X509, FreeTls> shown;
  std::string certificate;
  std::string key;
};

/// What a handshake between a client up to `version` and the server agreed on; 0: on nothing.
int agreed(SSL_CTX* server, int version) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> client(SSL_CTX_new(TLS_client_method()),
                                                                 SSL_CTX_free);
  SSL_CTX_set_security_level(client.get(), 0);
  SSL_CTX_set_min_proto_version(client.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(client.get(), version);
  BIO* one = nullptr;
  BIO* other = nullptr;
  BIO_new_bio_pair(&one, 0, &other, 0);
  const std::unique_ptr<SSL, FreeTls> asks(SSL_new(client.get()));
  const std::unique_ptr<SSL, FreeTls> answers(SSL_new(server));
  SSL_set_bio(asks.get(), one, one);
  SSL_set_bio(answers.get(), other, other);
  SSL_set_connect_state(asks.get());
  SSL_set_accept_state(answers.get());
  for (int i = 0; i < 10; ++i) {
    SSL_do_handshake(asks.get());
    SSL_do_handshake(answers.get());
  }
  ERR_clear_error();
  return SSL_is_init_finished(asks.get()) && SSL_is_init_finished(answers.get())
             ? SSL_version(answers.get())
             : 0;
}

TEST(Tls, IsMadeOfACertificateWithItsOwnKeyAndNeverOld) {
  const OwnName own;
  const OwnName other;
  const auto tls = make_tls({own.certificate, own.key, {}});
  ASSERT_TRUE(tls) << tls.error().describe(Lang::en);
  EXPECT_EQ(agreed(tls->get(), TLS1_3_VERSION), TLS1_3_VERSION);
  EXPECT_EQ(agreed(tls->get(), TLS1_2_VERSION), TLS1_2_VERSION);
  EXPECT_EQ(agreed(tls->get(), TLS1_1_VERSION), 0);
  EXPECT_EQ(SSL_CTX_get_min_proto_version(tls->get()), TLS1_2_VERSION);
  EXPECT_EQ(SSL_CTX_get_verify_mode(tls->get()), SSL_VERIFY_NONE) << "nobody is asked for one";
  EXPECT_NE(SSL_CTX_get_options(tls->get()) & SSL_OP_NO_RENEGOTIATION, 0U);

  const auto chain = make_tls({own.certificate + other.certificate, own.key, {}});
  ASSERT_TRUE(chain);
  STACK_OF(X509)* above = nullptr;
  SSL_CTX_get0_chain_certs(chain->get(), &above);
  EXPECT_EQ(sk_X509_num(above), 1);

  const auto agents = make_tls({own.certificate, own.key, other.certificate});
  ASSERT_TRUE(agents);
  EXPECT_EQ(SSL_CTX_get_verify_mode(agents->get()), SSL_VERIFY_PEER) << "and none need be shown";
  EXPECT_EQ(agreed(agents->get(), TLS1_3_VERSION), TLS1_3_VERSION);

  for (const TlsIdentity& bad :
       {TlsIdentity{"", own.key, {}}, TlsIdentity{own.certificate, "", {}},
        TlsIdentity{"x", own.key, {}}, TlsIdentity{own.key, own.key, {}},
        TlsIdentity{own.certificate, other.key, {}}, TlsIdentity{own.certificate, own.key, "x"},
        TlsIdentity{own.certificate, OwnName("secret").key, {}}}) {
    const auto refused = make_tls(bad);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().describe(Lang::en).find("TLS"), std::string::npos);
  }
  EXPECT_TRUE(make_tls({own.certificate, own.key, {}})) << "no error is left behind";
}

TEST(Tls, FilesAreReadWholeOrNotAtAll) {
  const TempRoot root;
  root.add("/certificate", "c");
  root.add("/key", "k");
  root.add("/long", std::string((std::size_t{1} << 20U) + 1, 'x'));
  const auto path = [&](const char* name) { return root.at(name).string(); };
  const auto both = read_tls_files(path("/certificate"), path("/key"));
  ASSERT_TRUE(both);
  EXPECT_EQ(both->certificate, "c");
  EXPECT_EQ(both->key, "k");
  EXPECT_EQ(both->authority, "");
  for (const char* bad : {"/none", "/long"}) {
    EXPECT_FALSE(read_tls_files(path(bad), path("/key"))) << bad;
    EXPECT_FALSE(read_tls_files(path("/certificate"), path(bad))) << bad;
  }
}

}  // namespace
}  // namespace sekisho
