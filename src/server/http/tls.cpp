// SPDX-License-Identifier: Apache-2.0
#include "server/http/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

namespace sekisho {
namespace {

constexpr std::size_t kMostPem = std::size_t{1} << 20U;

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* x509) const { X509_free(x509); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Certificate = std::unique_ptr<X509, Free>;

Bio reader_of(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// Nobody is asked for a passphrase: a server starts without anyone there.
int no_passphrase(char* /*into*/, int /*size*/, int /*writing*/, void* /*with*/) { return -1; }

Certificate next_certificate(BIO* from) {
  return Certificate(PEM_read_bio_X509_AUX(from, nullptr, no_passphrase, nullptr));
}

std::unexpected<Error> unreadable() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  const std::string why = printable(reason == nullptr ? "no PEM" : reason, 80);
  return failure(fmt::format("TLS の証明書か鍵を読めません（{}）。", why),
                 fmt::format("the TLS certificate or key cannot be read ({}).", why));
}

bool set_certificates(SSL_CTX* tls, const std::string& pem) {
  const Bio bio = reader_of(pem);
  const Certificate own = next_certificate(bio.get());
  if (!own || SSL_CTX_use_certificate(tls, own.get()) != 1) return false;
  while (const Certificate above = next_certificate(bio.get()))
    if (SSL_CTX_add1_chain_cert(tls, above.get()) != 1) return false;
  ERR_clear_error();  // the end of the file
  return true;
}

bool set_key(SSL_CTX* tls, const std::string& pem) {
  const std::unique_ptr<EVP_PKEY, Free> key(
      PEM_read_bio_PrivateKey(reader_of(pem).get(), nullptr, no_passphrase, nullptr));
  return key && SSL_CTX_use_PrivateKey(tls, key.get()) == 1 && SSL_CTX_check_private_key(tls) == 1;
}

bool set_authority(SSL_CTX* tls, const std::string& pem) {
  const Bio bio = reader_of(pem);
  bool any = false;
  while (const Certificate authority = next_certificate(bio.get())) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(tls), authority.get()) != 1) return false;
    any = true;
  }
  ERR_clear_error();
  // Whether one has to be shown is for the handler: enrolling comes before having one.
  SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, nullptr);
  constexpr std::string_view kContext = "sekisho-agents";  // sessions can't be resumed elsewhere
  return any &&
         SSL_CTX_set_session_id_context(
             tls, reinterpret_cast<const unsigned char*>(kContext.data()), kContext.size()) == 1;
}

}  // namespace

Result<TlsIdentity> read_tls_files(const std::string& certificate, const std::string& key) {
  auto shown = read_input_file(certificate, kMostPem);
  if (!shown) return std::unexpected(shown.error());
  auto secret = read_input_file(key, kMostPem);
  if (!secret) return std::unexpected(secret.error());
  return TlsIdentity{std::move(*shown), std::move(*secret), {}};
}

Result<std::shared_ptr<SSL_CTX>> make_tls(const TlsIdentity& identity) {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> tls(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!tls) return unreadable();
  SSL_CTX_set_options(
      tls.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  if (SSL_CTX_set_min_proto_version(tls.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(tls.get(), "ECDHE+AESGCM:ECDHE+CHACHA20") != 1 ||
      !set_certificates(tls.get(), identity.certificate) || !set_key(tls.get(), identity.key) ||
      (!identity.authority.empty() && !set_authority(tls.get(), identity.authority)))
    return unreadable();
  return tls;
}

}  // namespace sekisho
