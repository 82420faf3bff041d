// SPDX-License-Identifier: Apache-2.0
// A connection's bytes, from the first to the last, beside a slow reading of RFC 9112 by the letter
// of its grammar: what the server takes for requests are the same requests, however the bytes
// arrive, or it refuses and hangs up. Then paths, queries, cookies, addresses and the encodings in
// them.
#include "server/http/http.h"

#include <algorithm>
#include <regex>

#include "fuzz.h"
#include "server/http/secrets.h"

namespace sekisho {
namespace {

constexpr std::size_t kMost = 300;     // of a body
constexpr std::size_t kLonger = 2000;  // than this the grammar takes too long

struct Told {
  std::vector<std::string> requests;
  bool refused = false;
  bool operator==(const Told&) const = default;
};

/// As the server reads, `at_once` bytes at a time.
Told as_served(std::string_view bytes, std::size_t at_once) {
  Told told;
  RequestReader reader;
  for (;;) {
    switch (reader.next()) {
      case RequestReader::Step::more:
        if (bytes.empty()) return told;
        reader.feed(bytes.substr(0, at_once));
        bytes.remove_prefix(std::min(at_once, bytes.size()));
        break;
      case RequestReader::Step::head:
        require(!reader.head().host.empty() || reader.head().raw_path.starts_with('/') ||
                reader.head().raw_path == "*");
        reader.take_body(kMost);
        break;
      case RequestReader::Step::done:
        told.requests.push_back(reader.head().method + "|" + reader.head().raw_path + "|" +
                                reader.head().query + "|" + reader.body());
        reader.again();
        break;
      case RequestReader::Step::refused:
        require(reader.status() >= 400 && reader.status() < 600);
        told.refused = true;
        return told;
    }
  }
}

/// Header fields up to the empty line; false when there is something else, nothing when they don't
/// end.
std::optional<bool> take_fields(std::string& rest,
                                std::vector<std::pair<std::string, std::string>>& fields) {
  static const std::regex field(
      R"(([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\x21-\x7e\x80-\xff \t]*[\x21-\x7e\x80-\xff])?)?)[ \t]*)");
  for (;;) {
    const std::size_t end = rest.find("\r\n");
    if (end == std::string::npos) return std::nullopt;
    const std::string line = rest.substr(0, end);
    rest.erase(0, end + 2);
    if (line.empty()) return true;
    std::smatch parts;
    if (!std::regex_match(line, parts, field)) return false;
    fields.emplace_back(lower(parts[1].str()), parts[2].str());
  }
}

std::vector<std::string> values(const std::vector<std::pair<std::string, std::string>>& fields,
                                std::string_view name) {
  std::vector<std::string> found;
  for (const auto& [key, value] : fields)
    if (key == name) found.push_back(value);
  return found;
}

/// The chunks of a body; as take_fields().
std::optional<bool> take_chunks(std::string& rest, std::string& body) {
  static const std::regex size(
      R"(([0-9A-Fa-f]+)(?:;[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:=(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+|"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)*)");
  for (;;) {
    const std::size_t end = rest.find("\r\n");
    if (end == std::string::npos) return std::nullopt;
    const std::string line = rest.substr(0, end);
    rest.erase(0, end + 2);
    std::smatch parts;
    if (!std::regex_match(line, parts, size)) return false;
    std::string digits = parts[1].str();
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
    if (digits.size() > 8) return false;
    const std::size_t count = digits.empty() ? 0 : std::stoul(digits, nullptr, 16);
    if (body.size() + count > kMost) return false;
    if (count == 0) {
      std::vector<std::pair<std::string, std::string>> trailers;
      return take_fields(rest, trailers);
    }
    if (rest.size() < count + 2) return std::nullopt;
    body += rest.substr(0, count);
    if (rest.substr(count, 2) != "\r\n") return false;
    rest.erase(0, count + 2);
  }
}

/// One request by the grammar; as take_fields().
std::optional<bool> take_request(std::string& rest, std::vector<std::string>& requests) {
  static const std::regex line(
      R"(([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21\x22\x24-\x7e]+) HTTP/1\.([01]))");
  static const std::regex target(
      R"((?:[Hh][Tt][Tt][Pp][Ss]?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]*))?(?=[/?]|$))?(/[^?]*|)(?:\?(.*))?)");
  if (rest.starts_with("\r\n")) rest.erase(0, 2);
  const std::size_t end = rest.find("\r\n");
  if (end == std::string::npos) return std::nullopt;
  const std::string first = rest.substr(0, end);
  rest.erase(0, end + 2);
  std::smatch parts;
  if (!std::regex_match(first, parts, line)) return false;
  const std::string method = parts[1].str();
  const std::string asked = parts[2].str();
  const bool old = parts[3] == "0";
  std::string path = asked;
  std::string query;
  if (asked != "*") {
    std::smatch where;
    if (!std::regex_match(asked, where, target)) return false;
    if (!where[1].matched && where[3].length() == 0) return false;
    path = where[3].length() == 0 ? "/" : where[3].str();
    query = where[4].str();
  } else if (method != "OPTIONS") {
    return false;
  }
  std::vector<std::pair<std::string, std::string>> fields;
  if (const auto whole = take_fields(rest, fields); !whole || !*whole) return whole;
  const auto hosts = values(fields, "host");
  if (hosts.size() > 1 || (hosts.empty() && !old)) return false;
  const auto coding = values(fields, "transfer-encoding");
  const auto length = values(fields, "content-length");
  if (coding.size() > 1 || length.size() > 1 || (!coding.empty() && (old || !length.empty())))
    return false;
  std::string body;
  if (!coding.empty()) {
    if (lower(coding.front()) != "chunked") return false;
    if (const auto whole = take_chunks(rest, body); !whole || !*whole) return whole;
  } else if (!length.empty()) {
    std::string digits = length.front();
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) return false;
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
    if (digits.size() > 6) return false;
    const std::size_t count = digits.empty() ? 0 : std::stoul(digits);
    if (count > kMost) return false;
    if (rest.size() < count) return std::nullopt;
    body = rest.substr(0, count);
    rest.erase(0, count);
  }
  requests.push_back(method + "|" + path + "|" + query + "|" + body);
  return true;
}

/// How many requests the grammar finds, and whether it stops at something that is none.
Told by_the_grammar(std::string rest) {
  Told told;
  while (!rest.empty()) {
    const auto whole = take_request(rest, told.requests);
    if (!whole) return told;
    if (!*whole) {
      told.refused = true;
      return told;
    }
  }
  return told;
}

void hold_against_the_grammar(std::string_view bytes) {
  const Told served = as_served(bytes, bytes.size());
  for (const std::size_t at_once : {std::size_t{1}, std::size_t{3}})
    require(as_served(bytes, at_once) == served);
  const Told meant = by_the_grammar(std::string(bytes));
  // Never a request that isn't one, and never another: refusing early is all that is free.
  require(served.requests.size() <= meant.requests.size());
  require(std::equal(served.requests.begin(), served.requests.end(), meant.requests.begin()));
  if (!served.refused) require(served.requests.size() == meant.requests.size());
}

void read_texts(std::string_view text) {
  if (const auto decoded = percent_decoded(text)) {
    require(is_valid_utf8(*decoded));
    require(percent_decoded(percent_encoded(*decoded)) == decoded);
  }
  if (const auto path = plain_path(text))
    require(std::ranges::count(*path, '/') == std::ranges::count(text, '/'));
  if (const auto value = query_value(text, "after")) require(is_valid_utf8(*value));
  HttpRequest request;
  request.headers.emplace_back("cookie", text);
  require(request.cookie("sekisho").find(';') == std::string_view::npos);
  if (const auto bytes = from_base64url(text)) require(from_base64url(base64url(*bytes)) == bytes);
  if (const auto site = read_site(text)) {
    require(read_site(site->url())->url() == site->url());
    require(site->is_named_by(site->url().substr(site->url().find("//") + 2)));
  }
  if (const auto head = write_reply_head(200, {{"location", std::string(text)}}, 0, "", "now"))
    require(std::ranges::count(*head, '\n') == 5);
  const Fronts fronts{{*read_subnet("10.0.0.0/8")}, false};
  const Client client = client_of(*read_ip("10.0.0.1"), fronts, {text}, {text});
  require(read_ip(client.address).has_value());
}

}  // namespace
}  // namespace sekisho

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sekisho;
  const std::string_view text = text_of(data, size);
  if (text.size() <= kLonger && !text.empty()) hold_against_the_grammar(text);
  read_texts(text);
  return 0;
}
