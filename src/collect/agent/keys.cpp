// SPDX-License-Identifier: Apache-2.0
#include "collect/agent/keys.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/crypto.h"
#include "collect/agent/tpm.h"

namespace sekisho {
namespace {

using Bio = std::unique_ptr<BIO, decltype([](BIO* bio) { BIO_free(bio); })>;
using Key = std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY* key) { EVP_PKEY_free(key); })>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype([](EVP_MD_CTX* c) { EVP_MD_CTX_free(c); })>;
using Request = std::unique_ptr<X509_REQ, decltype([](X509_REQ* r) { X509_REQ_free(r); })>;
using X509Holder = std::unique_ptr<X509, decltype([](X509* x) { X509_free(x); })>;

constexpr std::chrono::days kAuthorityLasts{3650};
constexpr std::chrono::days kServerCertificateLasts{90};
constexpr std::chrono::hours kBackdated{1};  // for clocks that are a little behind

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::unexpected<Error> broken_key() {
  ERR_clear_error();
  return failure("鍵または証明書を作れないか、読めません。",
                 "a key or certificate cannot be made or read.");
}

/// A BIO that reads `text`, which must outlive it.
Bio reader(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string written(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

/// The DER that `write` (an i2d_ function bound to its object) gives.
template <typename Write>
std::string der(Write write) {
  unsigned char* out = nullptr;
  const int size = write(&out);
  if (size <= 0) return {};
  std::string bytes(reinterpret_cast<char*>(out), static_cast<std::size_t>(size));
  CRYPTO_free(out, "", 0);  // OPENSSL_free writes the path of this file into the program
  return bytes;
}

/// Nobody is asked for a passphrase.
int no_passphrase(char*, int, int, void*) { return 0; }

bool is_p256(const EVP_PKEY* key) {
  std::array<char, 32> group{};
  std::size_t size = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1 &&
         std::string_view(group.data(), size) == "prime256v1";
}

Time time_of(const ASN1_TIME* time) {
  int days = 0;
  int seconds = 0;
  const std::unique_ptr<ASN1_TIME, decltype([](ASN1_TIME* t) { ASN1_TIME_free(t); })> epoch(
      ASN1_TIME_set(nullptr, 0));
  ASN1_TIME_diff(&days, &seconds, epoch.get(), time);
  return Time(std::chrono::days(days)) + std::chrono::seconds(seconds);
}

Certificate plain(X509* x509) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), x509);
  const std::string bytes = der([&](unsigned char** out) { return i2d_X509(x509, out); });
  const std::string key =
      der([&](unsigned char** out) { return i2d_PUBKEY(X509_get0_pubkey(x509), out); });
  return {written(bio.get()), hex(sha256(bytes)), key, time_of(X509_get0_notAfter(x509))};
}

bool set_name(X509_NAME* name, const std::string& common) {
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, bytes_of(common),
                                    static_cast<int>(common.size()), -1, 0) == 1;
}

bool add_extension(X509* x509, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
  X509V3_set_ctx_nodb(&context);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) return false;
  const bool added = X509_add_ext(x509, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

using Extensions = std::vector<std::pair<int, std::string>>;

/// A certificate of `name` for `subject_key`, signed by `issuer_key`; `issuer` null: by itself.
X509Holder issue(EVP_PKEY* subject_key, const std::string& name, X509* issuer, EVP_PKEY* issuer_key,
                 Time now, std::chrono::days lasts, const Extensions& extensions) {
  X509Holder x509(X509_new());
  std::array<unsigned char, 16> serial{};
  if (!x509 || RAND_bytes(serial.data(), serial.size()) != 1) return nullptr;
  serial[0] &= 0x7FU;  // positive (RFC 5280, 4.1.2.2)
  serial[0] |= 0x40U;
  const std::unique_ptr<BIGNUM, decltype([](BIGNUM* n) { BN_free(n); })> number(
      BN_bin2bn(serial.data(), serial.size(), nullptr));
  X509* signer = issuer == nullptr ? x509.get() : issuer;
  const auto seconds = [](Time time) { return time.time_since_epoch().count(); };
  const bool made =
      number && X509_set_version(x509.get(), X509_VERSION_3) == 1 &&
      BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509.get())) != nullptr &&
      set_name(X509_get_subject_name(x509.get()), name) &&
      X509_set_issuer_name(x509.get(), X509_get_subject_name(signer)) == 1 &&
      ASN1_TIME_set(X509_getm_notBefore(x509.get()), seconds(now - kBackdated)) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(x509.get()), seconds(now + lasts)) != nullptr &&
      X509_set_pubkey(x509.get(), subject_key) == 1 &&
      std::ranges::all_of(extensions,
                          [&](const auto& extension) {
                            return add_extension(x509.get(), signer, extension.first,
                                                 extension.second);
                          }) &&
      X509_sign(x509.get(), issuer_key, EVP_sha256()) > 0;
  if (!made) return nullptr;
  return x509;
}

std::shared_ptr<X509> shared(X509Holder x509) {
  return {x509.release(), [](X509* x) { X509_free(x); }};
}

using AddressFree = decltype([](ASN1_OCTET_STRING* a) { ASN1_OCTET_STRING_free(a); });

/// Networks and their masks that no public site is in.
constexpr std::array<std::pair<const char*, const char*>, 8> kInside{
    {{"10.0.0.0", "255.0.0.0"},
     {"172.16.0.0", "255.240.0.0"},
     {"192.168.0.0", "255.255.0.0"},
     {"169.254.0.0", "255.255.0.0"},
     {"127.0.0.0", "255.0.0.0"},
     {"::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
     {"fc00::", "fe00::"},
     {"fe80::", "ffc0::"}}};

/// "IP:…" or "DNS:…" of a host; nothing for what could be neither.
std::optional<std::string> alternative_name(const std::string& host) {
  const std::unique_ptr<ASN1_OCTET_STRING, AddressFree> address(a2i_IPADDRESS(host.c_str()));
  if (address) return "IP:" + host;
  const bool clean = !host.empty() && host.size() < 254 &&
                     std::ranges::all_of(
                         host,
                         [](char c) {
                           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                  (c >= '0' && c <= '9') || c == '-' || c == '.';
                         });
  if (!clean) return std::nullopt;
  return "DNS:" + host;
}

}  // namespace

KeyPair::KeyPair(EVP_PKEY* key) : key_(key, [](EVP_PKEY* k) { EVP_PKEY_free(k); }) {}
KeyPair::KeyPair(std::shared_ptr<EVP_PKEY> key, std::string tpm_pem)
    : key_(std::move(key)), tpm_pem_(std::move(tpm_pem)) {}

Result<KeyPair> KeyPair::make() {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  if (key == nullptr) return broken_key();
  return KeyPair(key);
}

std::optional<KeyPair> KeyPair::make_in_tpm() {
  TpmKey made = make_tpm_key();
  if (!made.key) return std::nullopt;
  return KeyPair(std::move(made.key), std::move(made.pem));
}

Result<KeyPair> KeyPair::from_pem(const std::string& pem) {
  if (is_tpm_key(pem)) {
    TpmKey opened = open_tpm_key(pem);
    if (!opened.key)
      return failure(
          "この端末の鍵は TPM の中にあり、ここでは使えません。Linux なら tpm2-openssl を入れるか、"
          "登録し直してください。",
          "the key of this device is in a TPM and cannot be used here; on Linux install "
          "tpm2-openssl, or enrol it again.");
    return KeyPair(std::move(opened.key), std::move(opened.pem));
  }
  Key key(PEM_read_bio_PrivateKey(reader(pem).get(), nullptr, no_passphrase, nullptr));
  if (!key || !is_p256(key.get())) return broken_key();
  return KeyPair(key.release());
}

std::string KeyPair::pem() const {
  if (in_tpm()) return tpm_pem_;
  const Bio bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
      1)
    return {};
  return written(bio.get());
}

std::string KeyPair::public_key() const {
  return der([this](unsigned char** out) { return i2d_PUBKEY(key_.get(), out); });
}

std::string KeyPair::sign(std::string_view message) const {
  const Context context(EVP_MD_CTX_new());
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
  std::size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     bytes_of(message), message.size()) != 1)
    return {};
  signature.resize(size);
  return signature;
}

std::string KeyPair::sign_digest(std::string_view digest) const {
  constexpr int kHalf = 32;
  const std::unique_ptr<EVP_PKEY_CTX, decltype([](EVP_PKEY_CTX* c) { EVP_PKEY_CTX_free(c); })>
      context(EVP_PKEY_CTX_new(key_.get(), nullptr));
  std::array<unsigned char, 128> made{};
  std::size_t size = made.size();
  const bool signs =
      digest.size() == kHalf && context && EVP_PKEY_sign_init(context.get()) == 1 &&
      EVP_PKEY_sign(context.get(), made.data(), &size, bytes_of(digest), digest.size()) == 1;
  const unsigned char* at = made.data();
  const std::unique_ptr<ECDSA_SIG, decltype([](ECDSA_SIG* s) { ECDSA_SIG_free(s); })> signature(
      signs ? d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)) : nullptr);
  std::array<unsigned char, std::size_t{2} * kHalf> out{};
  const bool whole =
      signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out.data(), kHalf) == kHalf &&
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out.data() + kHalf, kHalf) == kHalf;
  ERR_clear_error();
  return whole ? std::string(out.begin(), out.end()) : std::string();
}

std::string KeyPair::request() const {
  const Request request(X509_REQ_new());
  const Bio bio(BIO_new(BIO_s_mem()));
  if (X509_REQ_set_pubkey(request.get(), key_.get()) != 1 ||
      X509_REQ_sign(request.get(), key_.get(), EVP_sha256()) <= 0 ||
      PEM_write_bio_X509_REQ(bio.get(), request.get()) != 1)
    return {};
  return written(bio.get());
}

bool signature_holds(std::string_view public_key, std::string_view message,
                     std::string_view signature) {
  const unsigned char* at = bytes_of(public_key);
  const Key key(d2i_PUBKEY(nullptr, &at, static_cast<long>(public_key.size())));
  const Context context(EVP_MD_CTX_new());
  const bool holds =
      key && is_p256(key.get()) &&
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                       message.size()) == 1;
  ERR_clear_error();
  return holds;
}

Result<Certificate> read_certificate(const std::string& pem) {
  const X509Holder x509(PEM_read_bio_X509(reader(pem).get(), nullptr, no_passphrase, nullptr));
  if (!x509 || X509_get0_pubkey(x509.get()) == nullptr) return broken_key();
  return plain(x509.get());
}

Result<CertificateParts> parts_of(const Certificate& certificate) {
  const X509Holder x509(
      PEM_read_bio_X509(reader(certificate.pem).get(), nullptr, no_passphrase, nullptr));
  EVP_PKEY* key = x509 ? X509_get0_pubkey(x509.get()) : nullptr;
  if (key == nullptr || !is_p256(key)) return broken_key();
  CertificateParts parts;
  const auto name_of = [](const X509_NAME* name) {
    return der([name](unsigned char** out) { return i2d_X509_NAME(name, out); });
  };
  parts.whole = der([&](unsigned char** out) { return i2d_X509(x509.get(), out); });
  parts.subject = name_of(X509_get_subject_name(x509.get()));
  parts.issuer = name_of(X509_get_issuer_name(x509.get()));
  parts.serial = der([&](unsigned char** out) {
    return i2d_ASN1_INTEGER(X509_get0_serialNumber(x509.get()), out);
  });
  parts.point = der([&](unsigned char** out) {
    return static_cast<int>(EVP_PKEY_get1_encoded_public_key(key, out));
  });
  std::array<char, 256> name{};
  const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(x509.get()), NID_commonName,
                                             name.data(), static_cast<int>(name.size()));
  if (size > 0) parts.name.assign(name.data(), static_cast<std::size_t>(size));
  if (parts.whole.empty() || parts.point.empty() || parts.name.empty()) return broken_key();
  return parts;
}

Authority::Authority(KeyPair key, std::shared_ptr<X509> x509, Certificate certificate)
    : key_pem_(key.pem()),
      key_(std::move(key)),
      x509_(std::move(x509)),
      certificate_(std::move(certificate)) {}

Result<Authority> Authority::make(Time now) { return make_for(now, ""); }

Result<Authority> Authority::make(Time now, const std::vector<std::string>& names) {
  // Without a name of a kind, all of that kind would be permitted.
  std::string only = "critical,permitted;DNS:localhost";
  for (const auto& [network, mask] : kInside)
    only += fmt::format(",permitted;IP:{}/{}", network, mask);
  for (const std::string& name : names) {
    const auto written = alternative_name(name);
    if (!written) continue;
    const bool address = written->starts_with("IP:");
    only += ",permitted;" + *written;
    if (address)
      only += name.find(':') == std::string::npos ? "/255.255.255.255"
                                                  : "/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
  }
  return make_for(now, only);
}

Result<Authority> Authority::make_for(Time now, const std::string& only) {
  auto key = KeyPair::make();
  if (!key) return std::unexpected(key.error());
  Extensions extensions{{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                        {NID_key_usage, "critical,keyCertSign,cRLSign"},
                        {NID_subject_key_identifier, "hash"}};
  if (!only.empty()) extensions.emplace_back(NID_name_constraints, only);
  // A name of its own, so that two authorities are never taken for one another.
  X509Holder x509 = issue(key->get(), "Sekisho CA " + hex(random_bytes(4)), nullptr, key->get(),
                          now, kAuthorityLasts, extensions);
  if (!x509) return broken_key();
  Certificate certificate = plain(x509.get());
  return Authority(std::move(*key), shared(std::move(x509)), std::move(certificate));
}

bool is_inside_address(const std::string& host) {
  const std::unique_ptr<ASN1_OCTET_STRING, AddressFree> address(a2i_IPADDRESS(host.c_str()));
  if (!address) return false;
  const std::string bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(address.get())),
                          static_cast<std::size_t>(ASN1_STRING_length(address.get())));
  return std::ranges::any_of(kInside, [&](const auto& one) {
    const std::unique_ptr<ASN1_OCTET_STRING, AddressFree> network(a2i_IPADDRESS(one.first));
    const std::unique_ptr<ASN1_OCTET_STRING, AddressFree> mask(a2i_IPADDRESS(one.second));
    if (!network || !mask ||
        static_cast<std::size_t>(ASN1_STRING_length(mask.get())) != bytes.size())
      return false;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      if ((static_cast<unsigned char>(bytes[i]) & ASN1_STRING_get0_data(mask.get())[i]) !=
          ASN1_STRING_get0_data(network.get())[i])
        return false;
    return true;
  });
}

Result<Authority> Authority::from_pem(const std::string& key_pem,
                                      const std::string& certificate_pem) {
  auto key = KeyPair::from_pem(key_pem);
  if (!key) return std::unexpected(key.error());
  X509Holder x509(
      PEM_read_bio_X509(reader(certificate_pem).get(), nullptr, no_passphrase, nullptr));
  if (!x509 || X509_check_private_key(x509.get(), key->get()) != 1) return broken_key();
  Certificate certificate = plain(x509.get());
  return Authority(std::move(*key), shared(std::move(x509)), std::move(certificate));
}

Result<Certificate> Authority::certify(const std::string& request_pem, const std::string& name,
                                       Time now) const {
  return certify_also(request_pem, name, "", now);
}

Result<Certificate> Authority::certify_access(const std::string& request_pem,
                                              const std::string& name, Time now) const {
  return certify_also(request_pem, name, "URI:urn:sekisho:device:" + name, now);
}

Result<Certificate> Authority::certify_enforcer(const std::string& request_pem,
                                                const std::string& name, Time now) const {
  return certify_also(request_pem, name, "URI:urn:sekisho:enforcer:" + name, now);
}

Result<Certificate> Authority::certify_also(const std::string& request_pem, const std::string& name,
                                            const std::string& alternative, Time now) const {
  const Request request(
      PEM_read_bio_X509_REQ(reader(request_pem).get(), nullptr, no_passphrase, nullptr));
  EVP_PKEY* key = request ? X509_REQ_get0_pubkey(request.get()) : nullptr;
  if (key == nullptr || !is_p256(key) || X509_REQ_verify(request.get(), key) != 1) {
    ERR_clear_error();
    return failure("証明書の申請が正しくありません。", "the certification request is not valid.");
  }
  Extensions extensions{{NID_basic_constraints, "critical,CA:FALSE"},
                        {NID_key_usage, "critical,digitalSignature"},
                        {NID_ext_key_usage, "clientAuth"},
                        {NID_authority_key_identifier, "keyid"}};
  if (!alternative.empty()) extensions.emplace_back(NID_subject_alt_name, alternative);
  const X509Holder x509 =
      issue(key, name, x509_.get(), key_.get(), now, kDeviceCertificateLasts, extensions);
  if (!x509) return broken_key();
  return plain(x509.get());
}

Result<Certificate> Authority::certify_server(const KeyPair& key,
                                              const std::vector<std::string>& hosts,
                                              Time now) const {
  std::string names;
  for (const std::string& host : hosts)
    if (const auto name = alternative_name(host)) names += (names.empty() ? "" : ",") + *name;
  if (names.empty())
    return failure("サーバーの名前がありません。", "the server has no name to be certified by.");
  const X509Holder x509 =
      issue(key.get(), "Sekisho", x509_.get(), key_.get(), now, kServerCertificateLasts,
            {{NID_basic_constraints, "critical,CA:FALSE"},
             {NID_key_usage, "critical,digitalSignature"},
             {NID_ext_key_usage, "serverAuth"},
             {NID_subject_alt_name, names},
             {NID_authority_key_identifier, "keyid"}});
  if (!x509) return broken_key();
  return plain(x509.get());
}

}  // namespace sekisho
