#include <curl/curl.h>
#include <fmt/format.h>

#include "cli/app.h"

namespace sekisho {
namespace {

struct Body {
  std::string bytes;
  std::size_t most = 0;
};

std::size_t receive(const char* data, std::size_t size, std::size_t count, void* into) {
  auto& body = *static_cast<Body*>(into);
  if (body.bytes.size() + size * count > body.most) return 0;  // ends the transfer
  body.bytes.append(data, size * count);
  return size * count;
}

}  // namespace

Result<std::string> download(const std::string& url, std::size_t max_bytes) {
  const std::string shown = printable(url, 200);
  if (!url.starts_with("https://"))
    return failure("https:// で始まる場所だけを使えます。",
                   "only addresses that begin with https:// are used.", shown);
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 curl_easy_cleanup);
  if (!curl) return failure("通信を始められません。", "the transfer could not be started.", shown);
  Body body{{}, max_bytes};
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl.get(), CURLOPT_REDIR_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 120L);
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, 15L);
  curl_easy_setopt(curl.get(), CURLOPT_USERAGENT, "sekisho/" SEKISHO_VERSION);
  curl_easy_setopt(curl.get(), CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code == CURLE_WRITE_ERROR)
    return failure(fmt::format("大きすぎます（上限 {} バイト）。", max_bytes),
                   fmt::format("it is too large (at most {} bytes).", max_bytes), shown);
  if (code != CURLE_OK)
    return failure(fmt::format("取れませんでした（{}）。", curl_easy_strerror(code)),
                   fmt::format("it could not be fetched ({}).", curl_easy_strerror(code)), shown);
  return std::move(body.bytes);
}

}  // namespace sekisho
