#include "collect/feeds/fetch.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>

#include <fmt/format.h>

namespace sekisho {
namespace {

using Curl = std::unique_ptr<CURL, decltype([](CURL* c) { curl_easy_cleanup(c); })>;
using List = std::unique_ptr<curl_slist, decltype([](curl_slist* l) { curl_slist_free_all(l); })>;
constexpr long kNotModified = 304;

struct Body {
  std::string bytes;
  std::size_t most = 0;
  bool too_large = false;
};

std::size_t receive(const char* data, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<Body*>(into);
  body.too_large = body.bytes.size() + size * count > body.most;
  if (body.too_large) return 0;  // ends the transfer
  body.bytes.append(data, size * count);
  return size * count;
}

/// Of several answers, after redirects, the last one's tag counts.
std::size_t note_tag(const char* data, std::size_t size, std::size_t count, void* into) {
  auto& tag = *static_cast<std::string*>(into);
  const std::string_view line(data, size * count);
  if (line.starts_with("HTTP/")) tag.clear();
  constexpr std::string_view kName = "etag:";
  if (lower(line.substr(0, kName.size())) == kName)
    tag = std::string(trim(line.substr(kName.size())));
  constexpr std::size_t kLongest = 200;
  if (tag.size() > kLongest || tag.contains('\r') || tag.contains('\n')) tag.clear();
  return size * count;
}

/// Anything but 0 ends the transfer.
int asked_to_quit(void* quit, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(quit)->stop_requested() ? 1 : 0;
}

Text words_of(CURLcode code) {
  const std::string en = curl_easy_strerror(code);
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return {"相手の名前を引けません", en};
    case CURLE_COULDNT_RESOLVE_PROXY: return {"プロキシの名前を引けません", en};
    case CURLE_COULDNT_CONNECT: return {"つながりません", en};
    case CURLE_OPERATION_TIMEDOUT: return {"時間内に終わりません", "it took too long"};
    case CURLE_PEER_FAILED_VERIFICATION:
      return {"相手の TLS 証明書を確かめられません", "the TLS certificate could not be verified"};
    case CURLE_SSL_CONNECT_ERROR: return {"TLS でつながりません", en};
    case CURLE_TOO_MANY_REDIRECTS: return {"転送が多すぎます", "there are too many redirects"};
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {"https でない場所へ転送されました", "it leads to what is not https"};
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING: return {"途中で切れました", "it broke off"};
    default: return {en, en};
  }
}

std::unexpected<Error> not_fetched(const Text& why, const std::string& from) {
  return failure(fmt::format("取れませんでした（{}）。", why.ja),
                 fmt::format("it could not be fetched ({}).", why.en), printable(from, 200));
}

std::unexpected<Error> too_large(std::size_t most, const std::string& from) {
  return failure(fmt::format("大きすぎます（上限 {} バイト）。", most),
                 fmt::format("it is too large (at most {} bytes).", most), printable(from, 200));
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

void set_way(CURL* curl, const FeedWay& way) {
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, static_cast<long>(way.patience.count()));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 100L);  // bytes a second
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(way.patience.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, static_cast<long>(way.longest.count()));
  // As curl and OpenSSL themselves take it: libcurl alone doesn't.
  // Nothing changes the environment.
  if (const char* file = std::getenv("SSL_CERT_FILE");  // NOLINT(concurrency-mt-unsafe)
      file != nullptr && *file != '\0')
    curl_easy_setopt(curl, CURLOPT_CAINFO, file);
  if (way.proxy.empty()) return;
  curl_easy_setopt(curl, CURLOPT_PROXY, way.proxy.c_str());
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "");
  if (way.proxy_user.empty()) return;
  curl_easy_setopt(curl, CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_ANY));
  curl_easy_setopt(curl, CURLOPT_PROXYUSERNAME, way.proxy_user.c_str());
  curl_easy_setopt(curl, CURLOPT_PROXYPASSWORD, way.proxy_password.c_str());
}

struct Parts {
  std::string scheme, host, port, rest;
  bool operator==(const Parts&) const = default;
};

/// By curl's own parser, so that what is judged is what is called; all empty where it is no URL.
Parts parts_of(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), &curl_url_cleanup);
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return {};
  const auto part = [&](CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(parsed.get(), which, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
      return std::string();
    const std::unique_ptr<char, decltype(&curl_free)> owned(text, &curl_free);
    return std::string(text);
  };
  const std::string path = part(CURLUPART_PATH);
  return {part(CURLUPART_SCHEME), lower(part(CURLUPART_HOST)), part(CURLUPART_PORT),
          part(CURLUPART_USER) + part(CURLUPART_PASSWORD) + part(CURLUPART_QUERY) +
              part(CURLUPART_FRAGMENT) + (path == "/" ? "" : path)};
}

}  // namespace

bool is_proxy_url(const std::string& url) {
  const Parts parts = parts_of(url);
  return (parts.scheme == "http" || parts.scheme == "https") && !parts.host.empty() &&
         parts.rest.empty();
}

bool same_proxy(const std::string& one, const std::string& other) {
  return parts_of(one) == parts_of(other);
}

Result<FetchedFeed> fetch_feed(const FeedAddress& address, const FeedWay& way,
                               const std::string& tag, const std::stop_token& quit) {
  if (!way.mirror.empty()) return from_mirror(address, way.mirror);
  const std::string& url = address.url;
  if (!url.starts_with("https://"))
    return failure("https:// で始まる場所だけを使えます。",
                   "only addresses that begin with https:// are used.", printable(url, 200));
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  const Curl curl(started == CURLE_OK ? curl_easy_init() : nullptr);
  if (!curl) return not_fetched({"通信を始められません", "the transfer could not start"}, url);
  Body body{{}, address.most};
  FetchedFeed fetched;
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl.get(), CURLOPT_REDIR_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(curl.get(), CURLOPT_USERAGENT, "sekisho");
  curl_easy_setopt(curl.get(), CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, note_tag);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &fetched.tag);
  curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, asked_to_quit);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, &quit);
  set_way(curl.get(), way);
  List headers;
  if (!tag.empty()) {
    headers.reset(curl_slist_append(nullptr, ("If-None-Match: " + tag).c_str()));
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  }
  const CURLcode code = curl_easy_perform(curl.get());
  if (body.too_large) return too_large(address.most, url);
  long connect_status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_HTTP_CONNECTCODE, &connect_status);
  if (code != CURLE_OK && connect_status >= 300)
    return not_fetched({fmt::format("プロキシが {} を返しました", connect_status),
                        fmt::format("the proxy answered {}", connect_status)},
                       url);
  if (code != CURLE_OK) return not_fetched(words_of(code), url);
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  fetched.unchanged = status == kNotModified && !tag.empty();
  if (!fetched.unchanged && (status < 200 || status > 299))
    return not_fetched({fmt::format("サーバーが {} を返しました", status),
                        fmt::format("the server answered {}", status)},
                       url);
  fetched.text = std::move(body.bytes);
  return fetched;
}

}  // namespace sekisho
