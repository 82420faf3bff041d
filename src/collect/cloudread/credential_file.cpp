#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/cloudread/cloudread.h"

namespace sekisho {
namespace {

constexpr std::size_t kMostCredential = 64'000;  // bytes

/// A secret that others may read is none.
Result<std::string> read_secret(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return failure("資格情報のファイルを開けません。", "can't open it.", path);
  struct stat found{};
  const bool plain = ::fstat(file, &found) == 0 && S_ISREG(found.st_mode);
  const bool own = plain && found.st_uid == ::geteuid() && (found.st_mode & 077U) == 0;
  std::string text(kMostCredential + 1, '\0');
  const ssize_t size = own ? ::read(file, text.data(), text.size()) : -1;
  ::close(file);
  if (!own)
    return failure(
        "ほかの人も読めるファイルです。chmod 600 で、自分だけが読めるようにしてください。",
        "others may read it: make it yours alone with chmod 600.", path);
  if (size < 0 || static_cast<std::size_t>(size) > kMostCredential)
    return failure("資格情報のファイルを読めません。", "can't read it.", path);
  text.resize(static_cast<std::size_t>(size));
  return text;
}

}  // namespace

Result<CloudCredential> read_credential_file(const std::string& path, std::string_view service) {
  const auto text = read_secret(path);
  if (!text) return std::unexpected(text.error());
  auto credential = read_cloud_credential(*text, read_secret);
  if (!credential) return std::unexpected(Error{credential.error().message, path});
  if (service_of(*credential) != service)
    return failure("別のサービスの資格情報です。", "it is a credential of another service.", path);
  return credential;
}

}  // namespace sekisho
