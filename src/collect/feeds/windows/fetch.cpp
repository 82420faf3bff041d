// SPDX-License-Identifier: Apache-2.0
// By WinHTTP: the proxy is the one that Windows has, and whom TLS trusts is Windows' to say.
#include "collect/feeds/fetch.h"

#include <windows.h>
// After windows.h.
#include <winhttp.h>

#include <memory>

#include <fmt/format.h>

#include "collect/feeds/unfetched.h"

namespace sekisho {
namespace {

using Handle = std::unique_ptr<void, decltype([](HINTERNET h) { ::WinHttpCloseHandle(h); })>;
constexpr DWORD kNotModified = 304;

/// What is asked for is ASCII: an address, a name of a header.
std::wstring widened(std::string_view text) { return {text.begin(), text.end()}; }

Text words_of(DWORD error) {
  const std::string number = fmt::format("WinHTTP {}", error);
  switch (error) {
    case ERROR_WINHTTP_NAME_NOT_RESOLVED:
      return {"相手の名前を引けません", "its name is not known"};
    case ERROR_WINHTTP_CANNOT_CONNECT: return {"つながりません", "it can't be connected to"};
    case ERROR_WINHTTP_TIMEOUT: return {"時間内に終わりません", "it took too long"};
    case ERROR_WINHTTP_SECURE_FAILURE:
      return {"相手の TLS 証明書を確かめられません", "the TLS certificate could not be verified"};
    case ERROR_WINHTTP_CONNECTION_ERROR: return {"途中で切れました", "it broke off"};
    case ERROR_WINHTTP_REDIRECT_FAILED:
      return {"https でない場所へ転送されたか、転送が多すぎます",
              "it leads to what is not https, or there are too many redirects"};
    default: return {number, number};
  }
}

/// The folder may be reached by links; what lies in it may not be one.
Result<FetchedFeed> from_mirror(const FeedAddress& address, const std::filesystem::path& folder) {
  const auto path = folder / address.file;
  const DWORD kind = ::GetFileAttributesW(path.c_str());
  if (kind != INVALID_FILE_ATTRIBUTES && (kind & FILE_ATTRIBUTE_REPARSE_POINT) != 0)
    return not_fetched({"リンクは読みません", "a link is not read"}, path.string());
  auto text = read_regular_file(path, address.most);
  if (text) return FetchedFeed{false, std::move(*text), {}};
  if (text.error() == FileProblem::too_large) return too_large(address.most, path.string());
  return not_fetched(
      {"フォルダーにないか、読めません", "it is not in the folder, or can't be read"},
      path.string());
}

struct Way {
  Handle session, connection, request;
};

/// Ready to be sent; the error of Windows where it can't be.
Result<Way> open_request(const std::string& url, const FeedWay& way) {
  const std::wstring address = widened(url);
  URL_COMPONENTS parts{};
  parts.dwStructSize = sizeof(parts);
  parts.dwHostNameLength = parts.dwUrlPathLength = parts.dwExtraInfoLength = static_cast<DWORD>(-1);
  const auto failed = [&] { return not_fetched(words_of(::GetLastError()), url); };
  if (::WinHttpCrackUrl(address.c_str(), 0, 0, &parts) == 0 || parts.lpszHostName == nullptr)
    return failed();
  const std::wstring proxy = widened(way.proxy);
  Way made;
  made.session.reset(::WinHttpOpen(
      L"sekisho",
      proxy.empty() ? WINHTTP_ACCESS_TYPE_AUTOMATIC_PROXY : WINHTTP_ACCESS_TYPE_NAMED_PROXY,
      proxy.empty() ? WINHTTP_NO_PROXY_NAME : proxy.c_str(), WINHTTP_NO_PROXY_BYPASS, 0));
  if (!made.session) return failed();
  const auto patience =
      static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(way.patience).count());
  ::WinHttpSetTimeouts(made.session.get(), patience, patience, patience, patience);
  const std::wstring host(parts.lpszHostName, parts.dwHostNameLength);
  made.connection.reset(::WinHttpConnect(made.session.get(), host.c_str(), parts.nPort, 0));
  if (!made.connection) return failed();
  const std::wstring path(parts.lpszUrlPath, parts.dwUrlPathLength + parts.dwExtraInfoLength);
  made.request.reset(::WinHttpOpenRequest(made.connection.get(), L"GET", path.c_str(), nullptr,
                                          WINHTTP_NO_REFERER, WINHTTP_DEFAULT_ACCEPT_TYPES,
                                          WINHTTP_FLAG_SECURE));
  if (!made.request) return failed();
  DWORD redirects = 5;
  ::WinHttpSetOption(made.request.get(), WINHTTP_OPTION_MAX_HTTP_AUTOMATIC_REDIRECTS, &redirects,
                     sizeof(redirects));
  DWORD policy = WINHTTP_OPTION_REDIRECT_POLICY_DISALLOW_HTTPS_TO_HTTP;
  ::WinHttpSetOption(made.request.get(), WINHTTP_OPTION_REDIRECT_POLICY, &policy, sizeof(policy));
  return made;
}

DWORD status_of(HINTERNET request) {
  DWORD status = 0;
  DWORD size = sizeof(status);
  ::WinHttpQueryHeaders(request, WINHTTP_QUERY_STATUS_CODE | WINHTTP_QUERY_FLAG_NUMBER,
                        WINHTTP_HEADER_NAME_BY_INDEX, &status, &size, WINHTTP_NO_HEADER_INDEX);
  return status;
}

std::string tag_of(HINTERNET request) {
  constexpr DWORD kLongest = 200;
  std::wstring tag(kLongest, L'\0');
  DWORD size = kLongest * sizeof(wchar_t);
  if (::WinHttpQueryHeaders(request, WINHTTP_QUERY_ETAG, WINHTTP_HEADER_NAME_BY_INDEX, tag.data(),
                            &size, WINHTTP_NO_HEADER_INDEX) == 0)
    return {};
  std::string plain;
  for (const wchar_t c : tag.substr(0, size / sizeof(wchar_t)))
    if (c < 0x20 || c > 0x7E)
      return {};
    else
      plain += static_cast<char>(c);
  return plain;
}

}  // namespace

Result<FetchedFeed> fetch_feed(const FeedAddress& address, const FeedWay& way,
                               const std::string& tag, const std::stop_token& quit) {
  if (!way.mirror.empty()) return from_mirror(address, way.mirror);
  const std::string& url = address.url;
  if (!url.starts_with("https://"))
    return failure("https:// で始まる場所だけを使えます。",
                   "only addresses that begin with https:// are used.", printable(url, 200));
  const auto ends = std::chrono::steady_clock::now() + way.longest;
  auto opened = open_request(url, way);
  if (!opened) return std::unexpected(opened.error());
  const HINTERNET request = opened->request.get();
  const auto failed = [&] { return not_fetched(words_of(::GetLastError()), url); };
  const std::wstring headers = tag.empty() ? L"" : L"If-None-Match: " + widened(tag);
  if (::WinHttpSendRequest(request, headers.empty() ? nullptr : headers.c_str(),
                           headers.empty() ? 0 : static_cast<DWORD>(-1), WINHTTP_NO_REQUEST_DATA, 0,
                           0, 0) == 0 ||
      ::WinHttpReceiveResponse(request, nullptr) == 0)
    return failed();
  const DWORD status = status_of(request);
  if (status == kNotModified && !tag.empty()) return FetchedFeed{true, {}, tag};
  if (status != 200)
    return not_fetched({fmt::format("サーバーが {} を返しました", status),
                        fmt::format("the server answered {}", status)},
                       url);
  FetchedFeed fetched{false, {}, tag_of(request)};
  std::string block(std::size_t{1} << 16U, '\0');
  for (;;) {
    DWORD count = 0;
    if (::WinHttpReadData(request, block.data(), static_cast<DWORD>(block.size()), &count) == 0)
      return failed();
    if (count == 0) return fetched;
    if (fetched.text.size() + count > address.most) return too_large(address.most, url);
    if (quit.stop_requested() || std::chrono::steady_clock::now() > ends)
      return not_fetched({"時間内に終わりません", "it took too long"}, url);
    fetched.text.append(block.data(), count);
  }
}

}  // namespace sekisho
