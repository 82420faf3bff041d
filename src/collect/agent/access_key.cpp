// SPDX-License-Identifier: Apache-2.0
#include "collect/agent/access_key.h"

#include "collect/agent/state.h"

namespace sekisho {

namespace fs = std::filesystem;

fs::path access_folder(const fs::path& folder) { return folder / "access"; }
fs::path access_key_file(const fs::path& folder) { return access_folder(folder) / "key.pem"; }
fs::path access_certificate_file(const fs::path& folder) {
  return access_folder(folder) / "certificate.pem";
}

Result<AccessKey> read_access_key(Disk& disk, const fs::path& folder) {
  const auto none = [&] {
    return failure(
        "ブラウザと SSH のための鍵がまだありません。エージェントが動いていれば、次の報告のときに"
        "サーバーから証明書を受け取ります。",
        "there is no key for browsers and SSH yet; the agent, if it runs, gets its certificate "
        "with the next report.",
        access_folder(folder).string());
  };
  const auto key_pem = disk.read(access_key_file(folder), kMostStateBytes);
  const auto certificate_pem = disk.read(access_certificate_file(folder), kMostStateBytes);
  if (!key_pem || !certificate_pem) return none();
  auto key = KeyPair::from_pem(*key_pem);
  if (!key) return std::unexpected(key.error());
  auto certificate = read_certificate(*certificate_pem);
  if (!certificate) return std::unexpected(certificate.error());
  // Another key was made since, and the power went before its certificate came.
  if (certificate->public_key != key->public_key()) return none();
  return AccessKey{std::move(*key), std::move(*certificate)};
}

Result<std::optional<AccessKey>> read_newer_access_key(Disk& disk, const fs::path& folder,
                                                       const std::string& known_fingerprint) {
  if (const auto pem = disk.read(access_certificate_file(folder), kMostStateBytes))
    if (const auto there = read_certificate(*pem); there && there->fingerprint == known_fingerprint)
      return std::nullopt;
  auto key = read_access_key(disk, folder);
  if (!key) return std::unexpected(key.error());
  return std::move(*key);
}

Result<KeyPair> access_key_to_certify(Disk& disk, const fs::path& folder) {
  if (const auto pem = disk.read(access_key_file(folder), kMostStateBytes)) {
    if (auto kept = KeyPair::from_pem(*pem)) return kept;
  } else if (pem.error() != FileProblem::missing) {
    return failure("鍵を今は読めません。", "the key cannot be read now.",
                   access_key_file(folder).string());
  }
  auto in_tpm = KeyPair::make_in_tpm();
  auto key = in_tpm ? Result<KeyPair>(std::move(*in_tpm)) : KeyPair::make();
  if (!key) return key;
  if (auto made = disk.make_folder(access_folder(folder)); !made)
    return std::unexpected(made.error());
  if (auto kept = disk.write(access_key_file(folder), key->pem()); !kept)
    return std::unexpected(kept.error());
  return key;
}

void forget_access_key(Disk& disk, const fs::path& folder) {
  disk.remove(access_certificate_file(folder));
  disk.remove(access_key_file(folder));
}

}  // namespace sekisho
