// SPDX-License-Identifier: Apache-2.0
#include "collect/feeds/fetch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include <fmt/format.h>

#include "collect/feeds/unfetched.h"
#include "net/net.h"

namespace sekisho {
namespace {

constexpr long kNotModified = 304;

/// Of several answers, after redirects, the last one's tag counts.
void note_tag(std::string_view line, std::string& tag) {
  if (line.starts_with("HTTP/")) tag.clear();
  constexpr std::string_view kName = "etag:";
  if (lower(line.substr(0, kName.size())) == kName)
    tag = std::string(trim(line.substr(kName.size())));
  constexpr std::size_t kLongest = 200;
  if (tag.size() > kLongest || tag.contains('\r') || tag.contains('\n')) tag.clear();
}

/// The folder may be reached by links; what lies in it may not be one.
Result<FetchedFeed> from_mirror(const FeedAddress& address, const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / address.file;
  struct Open {
    int file;
    ~Open() {
      if (file >= 0) ::close(file);
    }
  };
  const Open open{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
  struct ::stat about{};
  if (open.file < 0)
    return errno == ELOOP
               ? not_fetched({"シンボリックリンクは読みません", "a symbolic link is not read"},
                             path)
               : not_fetched({"フォルダーにないか、読めません",
                              "it is not in the folder, or can't be read"},
                             path);
  if (::fstat(open.file, &about) != 0 || !S_ISREG(about.st_mode))
    return not_fetched({"ふつうのファイルではありません", "it is no regular file"}, path);
  FetchedFeed fetched;
  std::array<char, 65'536> buffer{};
  for (;;) {
    const ssize_t got = ::read(open.file, buffer.data(), buffer.size());
    if (got < 0) return not_fetched({"読めません", "it can't be read"}, path);
    if (got == 0) return fetched;
    if (fetched.text.size() + static_cast<std::size_t>(got) > address.most)
      return too_large(address.most, path);
    fetched.text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

bool is_proxy_url(const std::string& url) {
  const auto parts = parts_of(url);
  return parts && (parts->scheme == "http" || parts->scheme == "https") && parts->user.empty() &&
         parts->password.empty() && parts->query.empty() && parts->fragment.empty() &&
         (parts->path.empty() || parts->path == "/");
}

Result<FetchedFeed> fetch_feed(const FeedAddress& address, const FeedWay& way,
                               const std::string& tag, const std::stop_token& quit) {
  if (!way.mirror.empty()) return from_mirror(address, way.mirror);
  const std::string& url = address.url;
  if (!url.starts_with("https://"))
    return failure("https:// で始まる場所だけを使えます。",
                   "only addresses that begin with https:// are used.", printable(url, 200));
  FetchedFeed fetched;
  Outgoing question{.url = url,
                    .redirects = 5,
                    .most = address.most,
                    .packed = true,
                    .patience = {way.patience, way.longest, way.patience},
                    .quit = quit};
  if (!way.proxy.empty())
    question.proxy = {Proxy::Which::named, way.proxy, way.proxy_user, way.proxy_password};
  if (!tag.empty()) question.headers = {"If-None-Match: " + tag};
  question.take_header = [&](std::string_view line) { note_tag(line, fetched.tag); };
  auto answer = ask(question);
  if (!answer && answer.error().why == NotReached::Why::too_large)
    return too_large(address.most, url);
  if (!answer) return not_fetched(answer.error().text, url);
  fetched.unchanged = answer->status == kNotModified && !tag.empty();
  if (!fetched.unchanged && (answer->status < 200 || answer->status > 299))
    return not_fetched({fmt::format("サーバーが {} を返しました", answer->status),
                        fmt::format("the server answered {}", answer->status)},
                       url);
  fetched.text = std::move(answer->body);
  return fetched;
}

}  // namespace sekisho
