// SPDX-License-Identifier: Apache-2.0
#include "server/api/links.h"

#include "base/crypto.h"
#include "base/durable.h"
#include "base/file.h"
#include "server/http/secrets.h"

namespace sekisho {
namespace {

constexpr std::size_t kSecretBytes = 32;

/// As long as codes were that were random: an enrolment's is typed now and then.
std::string code_of(const ServerOptions& options, LinkKind kind, std::string_view salt) {
  const bool enrols = kind == LinkKind::enrolment;
  const std::string whole = keyed_hash(
      options.link_secret, std::string(enrols ? "enrolment|" : "invitation|") + std::string(salt));
  constexpr std::size_t k128Bits = 22;
  return enrols ? whole.substr(0, k128Bits) : whole;
}

}  // namespace

NewLink new_link(const ServerOptions& options, LinkKind kind) {
  std::string salt = random_token(16);
  std::string code = code_of(options, kind, salt);
  return {std::move(salt), std::move(code)};
}

std::string shown_again(const ServerOptions& options, LinkKind kind, std::string_view salt,
                        std::string_view hash) {
  if (salt.empty()) return {};
  std::string code = code_of(options, kind, salt);
  return equal_in_constant_time(secret_hash(code), hash) ? code : std::string();
}

Result<std::string> link_secret_in(const std::string& file) {
  std::error_code error;
  if (std::filesystem::exists(file, error)) {
    auto kept = read_input_file(file, 1000);
    if (!kept) return std::unexpected(kept.error());
    const auto secret = from_base64url(trim(*kept));
    if (secret && secret->size() == kSecretBytes) return *secret;
    return failure("リンクの秘密を読めません。消すと、新しいものを作ります。",
                   "the secret of links cannot be read; without the file a new one is made.", file);
  }
  std::filesystem::create_directories(std::filesystem::path(file).parent_path(), error);
  std::string secret = random_bytes(kSecretBytes);
  if (auto kept = write_file_atomically(file, base64url(secret) + "\n", 0600); !kept)
    return std::unexpected(kept.error());
  return secret;
}

}  // namespace sekisho
