// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "collect/cloudread/cloudread.h"

namespace sekisho {
namespace {

constexpr std::size_t kMostCredential = 64'000;  // bytes

/// A secret that others may read is none.
Result<std::string> read_secret(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0 && errno == ENOENT)
    return failure("資格情報のファイルがありません。", "there is no such file.", path);
  if (file < 0 && errno == ELOOP)
    return failure("リンクは読みません。ファイルそのものを置いてください。",
                   "a link isn't followed: put the file itself there.", path);
  if (file < 0) return failure("資格情報のファイルを開けません。", "can't open it.", path);
  struct stat found{};
  const bool plain = ::fstat(file, &found) == 0 && S_ISREG(found.st_mode);
  const bool own = plain && found.st_uid == ::geteuid();
  const bool shut = own && (found.st_mode & 077U) == 0;
  std::string text(kMostCredential + 1, '\0');
  const ssize_t size = shut ? ::read(file, text.data(), text.size()) : -1;
  ::close(file);
  if (!plain) return failure("ファイルではありません。", "it is no plain file.", path);
  if (!own)
    return failure("別のユーザーのファイルです。chown で、Sekisho のユーザーのものにしてください。",
                   "it is another user's: make it the user's that Sekisho runs as (chown).", path);
  if (!shut)
    return failure(
        "ほかの人も読めるファイルです。chmod 600 で、自分だけが読めるようにしてください。",
        "others may read it: make it yours alone with chmod 600.", path);
  if (size < 0) return failure("資格情報のファイルを読めません。", "can't read it.", path);
  if (static_cast<std::size_t>(size) > kMostCredential)
    return failure("資格情報のファイルが大きすぎます。", "it is too large.", path);
  text.resize(static_cast<std::size_t>(size));
  return text;
}

}  // namespace

Result<CloudCredential> read_credential_file(const std::string& path, std::string_view service) {
  const auto text = read_secret(path);
  if (!text) return std::unexpected(text.error());
  std::string at = path;  // the file at fault: this one, or one that it names
  auto credential = read_cloud_credential(*text, [&](const std::string& named) {
    auto secret = read_secret(named);
    if (!secret) at = named;
    return secret;
  });
  if (!credential) return std::unexpected(Error{credential.error().message, at});
  if (service_of(*credential) != service)
    return failure("別のサービスの資格情報です。", "it is a credential of another service.", path);
  return credential;
}

}  // namespace sekisho
