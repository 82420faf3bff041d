// SPDX-License-Identifier: Apache-2.0
#include "guard/identity.h"

#include "base/file.h"

namespace sekisho {
namespace {

constexpr std::size_t kMostIdentity = std::size_t{64} << 10U;
constexpr std::string_view kCertificateBegins = "-----BEGIN CERTIFICATE-----";

}  // namespace

Result<GuardIdentity> GuardIdentity::read(const std::filesystem::path& file) {
  const auto text = read_input_file(file, kMostIdentity);
  if (!text) return std::unexpected(text.error());
  const auto own = text->find(kCertificateBegins);
  const auto others = own == std::string::npos
                          ? std::string::npos
                          : text->find(kCertificateBegins, own + kCertificateBegins.size());
  if (others == std::string::npos)
    return failure(
        "鍵、証明書、認証局の順に入っていません。sekisho access enforcer add の出力を"
        "そのまま置いてください。",
        "this is not a key, a certificate and authorities; put here what sekisho access "
        "enforcer add printed.",
        file.string());
  const auto key = KeyPair::from_pem(text->substr(0, own));
  if (!key) {
    auto refused = key.error();
    refused.where = file.string();
    return std::unexpected(refused);
  }
  return of(*key, text->substr(own, others - own), text->substr(others));
}

Result<GuardIdentity> GuardIdentity::of(const KeyPair& key, const std::string& certificate,
                                        const std::string& authorities) {
  const auto read = read_certificate(certificate);
  if (!read) return std::unexpected(read.error());
  if (const auto authority = read_certificate(authorities); !authority)
    return std::unexpected(authority.error());
  if (read->public_key != key.public_key())
    return failure("証明書が鍵のものではありません。", "the certificate is of another key.");
  return GuardIdentity({read->pem, key.pem(), authorities}, read->not_after);
}

Result<void> GuardIdentity::keep(const std::filesystem::path& file) const {
  return write_file_atomically(file, tls_.key + tls_.certificate + tls_.authority, 0600);
}

bool GuardIdentity::is_due(Time now) const { return until_ < now + kRenewBefore; }

}  // namespace sekisho
