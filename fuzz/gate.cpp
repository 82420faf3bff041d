// SPDX-License-Identifier: Apache-2.0
// A request as a proxy names it: what is understood has one reading, and cookies of ours are kept
// from applications. Lines: the proxy, target, host, cookies, client, certificate.
#include "fuzz.h"
#include "server/gate/applications.h"
#include "server/gate/cookies.h"

namespace sekisho {
namespace {

void look_at_path(const std::string& path) {
  const auto reading = read_asked_path(path);
  if (!reading || reading->doubtful) return;
  for (const char* hidden : {"/../", "/./", "//", "\\", ";", "%"})
    require(reading->text.find(hidden) == std::string::npos);
  require(reading->text.starts_with('/') && !reading->text.ends_with("/.."));
}

}  // namespace
}  // namespace sekisho

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  static const auto applications =
      *Applications::read({"www.example.jp=site", "www.example.jp/admin=admin", "a.test=a"});
  const std::string text(text_of(data, size));
  std::vector<std::string> lines;
  for (const std::string_view line : split(std::string_view(text), '\n')) lines.emplace_back(line);
  lines.resize(6);
  const ProxyKind kind = lines[0] == "n"   ? ProxyKind::nginx
                         : lines[0] == "c" ? ProxyKind::caddy
                                           : ProxyKind::haproxy;
  HttpRequest request;
  for (const auto& [target, method, host] :
       {std::array{"x-original-uri", "x-original-method", "host"},
        std::array{"x-forwarded-uri", "x-forwarded-method", "x-forwarded-host"},
        std::array{"x-sekisho-uri", "x-sekisho-method", "x-sekisho-host"}}) {
    request.headers.emplace_back(target, lines[1]);
    request.headers.emplace_back(method, "GET");
    request.headers.emplace_back(host, lines[2]);
  }
  request.headers.emplace_back("cookie", lines[3]);
  request.headers.emplace_back("x-sekisho-client", lines[4]);
  request.headers.emplace_back("x-sekisho-certificate", lines[5]);
  look_at_path(lines[1]);
  const Cookies cookies = read_cookies(request, "__Host-sekisho-site");
  require(lower(cookies.rest).find("__host-sekisho-") != 0);
  const auto original = original_request(kind, request);
  if (!original) return 0;
  require(original->path.starts_with('/') && !original->host.empty());
  require(canonical_host(original->host) == original->host);
  const auto found = applications->find(*original);
  require((found.application != nullptr) == (found.why == Applications::Why::found));
  if (found.application != nullptr) require(found.application->host == original->host);
  return 0;
}
