// SPDX-License-Identifier: Apache-2.0
// Keys of devices and of the authority that certifies them: P-256 (FIPS 186-5), ECDSA with SHA-256,
// certificates by RFC 5280. Thin over OpenSSL.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"

struct evp_pkey_st;
struct x509_st;

namespace sekisho {

/// A private key and its public half.
class KeyPair {
 public:
  static Result<KeyPair> make();
  /// In the machine's TPM 2.0, which alone can use it; nothing where there is none, or on Linux
  /// OpenSSL's provider for it (tpm2-openssl) is not installed. TPM2OPENSSL_TCTI names another TPM.
  static std::optional<KeyPair> make_in_tpm();
  /// Of either kind: a key of a TPM can be read only on its machine.
  static Result<KeyPair> from_pem(const std::string& pem);

  /// PKCS #8, not encrypted: for a file or a setting that only its owner reads. Of a key in a TPM
  /// what only that TPM can open.
  std::string pem() const;
  bool in_tpm() const { return !tpm_pem_.empty(); }
  /// SubjectPublicKeyInfo (RFC 5280, 4.1.2.7), DER.
  std::string public_key() const;
  /// ECDSA-Sig-Value (RFC 3279, 2.2.3), DER.
  std::string sign(std::string_view message) const;
  /// Of a digest of 32 bytes: r and s, 32 bytes each. Empty where it can't be made.
  std::string sign_digest(std::string_view digest) const;
  /// A certification request (PKCS #10, RFC 2986), PEM.
  std::string request() const;

  evp_pkey_st* get() const { return key_.get(); }

 private:
  explicit KeyPair(evp_pkey_st* key);
  KeyPair(std::shared_ptr<evp_pkey_st> key, std::string tpm_pem);
  std::shared_ptr<evp_pkey_st> key_;
  std::string tpm_pem_;  // empty: it is in no TPM
};

/// Whether `signature` over `message` is of the key whose SubjectPublicKeyInfo is `public_key`.
/// Only P-256 keys count.
bool signature_holds(std::string_view public_key, std::string_view message,
                     std::string_view signature);

struct Certificate {
  std::string pem;
  std::string fingerprint;  // hexadecimal SHA-256 of its DER
  std::string public_key;   // SubjectPublicKeyInfo, DER
  Time not_after;
};
Result<Certificate> read_certificate(const std::string& pem);

/// What PKCS #11 and SSH want of a certificate, in DER where nothing else is said.
struct CertificateParts {
  std::string whole;
  std::string subject;
  std::string issuer;
  std::string serial;
  std::string point;  // the public key: 0x04, x and y
  std::string name;   // of the subject
};
Result<CertificateParts> parts_of(const Certificate& certificate);

/// The server's own certificate authority. Its certificates serve its own devices and nobody else.
class Authority {
 public:
  static Result<Authority> make(Time now);
  /// One that can certify nothing but `names`, what is below them, and addresses inside networks.
  static Result<Authority> make(Time now, const std::vector<std::string>& names);
  static Result<Authority> from_pem(const std::string& key_pem, const std::string& certificate_pem);

  const std::string& key_pem() const { return key_pem_; }
  const Certificate& certificate() const { return certificate_; }

  /// A certificate for the key of a request whose own signature holds and which is P-256; only the
  /// key is taken from it. `name` becomes the subject.
  Result<Certificate> certify(const std::string& request_pem, const std::string& name,
                              Time now) const;
  /// The same for the device's access key: it names the device, in the subject and as the URI
  /// urn:sekisho:device:NAME, and no person.
  Result<Certificate> certify_access(const std::string& request_pem, const std::string& name,
                                     Time now) const;
  /// The same for one that enforces decisions on another machine: it bears the URI
  /// urn:sekisho:enforcer:NAME, by which nobody takes it for a device's.
  Result<Certificate> certify_enforcer(const std::string& request_pem, const std::string& name,
                                       Time now) const;
  /// A certificate for the server, good for these host names and addresses.
  Result<Certificate> certify_server(const KeyPair& key, const std::vector<std::string>& hosts,
                                     Time now) const;

 private:
  static Result<Authority> make_for(Time now, const std::string& only);
  Result<Certificate> certify_also(const std::string& request_pem, const std::string& name,
                                   const std::string& alternative, Time now) const;
  Authority(KeyPair key, std::shared_ptr<x509_st> x509, Certificate certificate);
  std::string key_pem_;
  KeyPair key_;
  std::shared_ptr<x509_st> x509_;
  Certificate certificate_;
};

/// Whether `host` is an address inside networks (RFC 1918, RFC 4193), of a link or of this machine.
bool is_inside_address(const std::string& host);

/// How long a device's certificate lasts, and when its agent asks for the next: three hold at a
/// time, so that a server that is restored from a backup of two months ago knows one of them.
inline constexpr std::chrono::days kDeviceCertificateLasts{90};
inline constexpr std::chrono::days kRenewBefore{60};

}  // namespace sekisho
