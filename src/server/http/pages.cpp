// SPDX-License-Identifier: Apache-2.0
#include "server/http/pages.h"

#include <algorithm>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "server/http/secrets.h"

extern "C" {
extern const char console_pack_begin[];  // NOLINT(modernize-avoid-c-arrays): a linker symbol
extern const char console_pack_end[];    // NOLINT(modernize-avoid-c-arrays): a linker symbol
}

namespace sekisho {
namespace {

constexpr std::string_view kNonceMark = "__NONCE__";

}  // namespace

Result<Pages> Pages::load() {
  const std::string_view pack(console_pack_begin,
                              static_cast<std::size_t>(console_pack_end - console_pack_begin));
  const std::size_t line = pack.find('\n');
  const auto index = parse_json("console.pack", pack.substr(0, line));
  if (!index) return std::unexpected(index.error());
  const std::string_view bytes = pack.substr(line + 1);
  const auto part = [&](const boost::json::value& place) {
    return bytes.substr(static_cast<std::size_t>(place.at(0).as_int64()),
                        static_cast<std::size_t>(place.at(1).as_int64()));
  };
  Pages pages;
  for (const auto& route : index->root.at("routes").as_array()) {
    std::vector<std::string> parts;
    for (const std::string_view one : split(std::string_view(route.as_string()).substr(1), '/'))
      parts.emplace_back(one);
    pages.routes_.push_back(std::move(parts));
  }
  for (const auto& entry : index->root.at("files").as_array()) {
    File file{std::string(entry.at("type").as_string()),
              std::string(entry.at("etag").as_string()),
              part(entry.at("bytes")),
              {}};
    for (const std::string_view coding : {"br", "gzip"})
      if (!entry.at(coding).is_null()) file.coded.emplace_back(coding, part(entry.at(coding)));
    pages.files_.emplace(entry.at("path").as_string(), std::move(file));
  }
  return pages;
}

std::string_view Pages::file(const std::string& path) const {
  const auto found = files_.find(path);
  return found == files_.end() ? std::string_view() : found->second.bytes;
}

HttpReply Pages::reply(const HttpRequest& request) const {
  if (request.method != "GET") return {405, {{"allow", "GET, HEAD"}}, "", {}};
  const auto found = files_.find(request.path);
  if (found != files_.end() && request.path != "/index.html") {
    const File& file = found->second;
    HttpReply reply{200,
                    {{"content-type", file.type}, {"etag", file.etag}, {"vary", "accept-encoding"}},
                    "",
                    file.bytes};
    // The builder puts a hash into the names under /assets: those never change.
    reply.headers.emplace_back("cache-control", request.path.starts_with("/assets/")
                                                    ? "public, max-age=31536000, immutable"
                                                    : "no-cache");
    if (request.header("if-none-match") == file.etag) return {304, {{"etag", file.etag}}, "", {}};
    for (const auto& [coding, bytes] : file.coded)
      if (request.header("accept-encoding").find(coding) != std::string_view::npos) {
        reply.headers.emplace_back("content-encoding", coding);
        reply.fixed = bytes;
        break;
      }
    return reply;
  }
  if (is_route(request.path)) return console(200);
  // What a person followed to nowhere is told in their words; programs are told plainly.
  const bool browser = request.header("accept").find("text/html") != std::string_view::npos;
  if (browser && !request.path.starts_with("/assets/")) return console(404);
  return {404,
          {{"content-type", "text/plain; charset=utf-8"}, {"cache-control", "no-store"}},
          "not found\n",
          {}};
}

bool Pages::is_route(std::string_view path) const {
  const auto asked = split(path.substr(1), '/');
  return std::ranges::any_of(routes_, [&](const std::vector<std::string>& route) {
    return std::ranges::equal(asked, route, [](std::string_view part, const std::string& known) {
      return known.starts_with(':') ? !part.empty() : part == known;
    });
  });
}

HttpReply Pages::console(unsigned status) const {
  const auto index = files_.find("/index.html");
  if (index == files_.end())
    return {503,
            {{"content-type", "text/plain; charset=utf-8"}},
            "The console was not built into this program.\n",
            {}};
  const std::string nonce = random_token(16);
  std::string page(index->second.bytes);
  for (std::size_t at = page.find(kNonceMark); at != std::string::npos;
       at = page.find(kNonceMark, at))
    page.replace(at, kNonceMark.size(), nonce);
  return {status,
          {{"content-type", "text/html; charset=utf-8"},
           {"cache-control", "no-store"},
           {"content-security-policy",
            fmt::format("default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{}'; "
                        "img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src "
                        "'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
                        nonce)}},
          std::move(page),
          {}};
}

}  // namespace sekisho
