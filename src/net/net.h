// SPDX-License-Identifier: Apache-2.0
// net: asking another machine something by HTTP, or handing it a mail.
//
// May enter: curl, and nothing else that includes it; how a URL is read; bounds on time, size,
// redirects and protocols; why nothing came, in words.
// May not enter: what the question means, whom one may ask, when to ask again.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"

namespace sekisho {

/// An absolute URL as curl itself reads it, so that what is judged is what is called.
struct UrlParts {
  std::string scheme;
  std::string host;            // in small letters
  std::string port;            // the scheme's own where none is written
  std::string user, password;  // decoded
  std::string path;            // "/" where none is written
  std::string query, fragment;

  bool operator==(const UrlParts&) const = default;
};
std::optional<UrlParts> parts_of(const std::string& url);

/// Whether two URLs speak of the same server: scheme, host and port. What was entered for one is
/// not for the other, and what is no URL is of no server.
bool same_server(const std::string& one, const std::string& other);
/// Whether a host, as in UrlParts, can be nothing but this machine.
bool is_this_machine(std::string_view host);
/// A URL as it may be shown: without who signs in.
std::string shown_url(const std::string& url, std::size_t max_bytes = 200);

struct NetPatience {
  std::chrono::milliseconds connect{5'000};
  std::chrono::milliseconds whole{10'000};
  std::chrono::seconds silent{0};  // with fewer than 100 bytes a second; 0: only `whole` counts
};

/// What stands between. Plain HTTP, which is for this machine and for neighbours, goes past it.
struct Proxy {
  enum class Which : std::uint8_t { environment, none, named } which = Which::environment;
  std::string url{};
  std::string user{};
  std::string password{};
};

/// Whose word counts for a server of TLS.
struct Trust {
  /// `system`: SSL_CERT_FILE where it is set, as OpenSSL and curl's program take it.
  enum class In : std::uint8_t { system, authority, anybody } in = In::system;
  std::string authority{};  // PEM
};

struct Mail {
  std::string from{}, to{};  // addresses
  std::string text{};        // header and body
  bool tls_required = true;
  std::string user{}, password{};  // empty: without signing in
};

/// One question. TLS is of version 1.2 or later.
struct Outgoing {
  std::string url{};
  std::string protocols = "https";  // others are refused; several with commas between
  long redirects = 0;               // followed, to https alone
  std::vector<std::string> headers{};
  std::string body{};                        // none is a GET
  std::size_t most = std::size_t{1} << 20U;  // bytes of the answer, unpacked
  bool packed = false;                       // whether it may come compressed
  NetPatience patience{};
  Proxy proxy{};
  Trust trust{};
  std::string agent = "sekisho";
  std::stop_token quit{};
  std::optional<Mail> mail{};  // instead of a question

  /// Puts a certificate of one's own into OpenSSL's SSL_CTX; false ends it.
  std::function<bool(void* ssl_ctx)> identify{};
  /// Each line of each answer's header, after redirects too.
  std::function<void(std::string_view line)> take_header{};
  /// Takes the answer piece by piece instead of Incoming::body, without `most`; false ends it.
  std::function<bool(long status, std::string_view piece)> take{};
};

struct Incoming {
  long status = 0;
  std::string body;
  std::chrono::seconds wait{0};  // for which it asks to be left alone (Retry-After); 0: it doesn't
};

/// Why nothing came, in words that name no secret.
struct NotReached {
  enum class Why : std::uint8_t { other, untrusted, out_of_date, too_large } why = Why::other;
  Text text;        // without a full stop, to stand in brackets
  long status = 0;  // of the answer that broke off, or with which a mail was refused; 0: none came
  std::chrono::seconds wait{0};  // as Incoming's
  /// What a mail server said behind that number, on one line: in its own words, which may name who
  /// was to have the mail.
  std::string said{};
};

/// Waits for the answer, whatever its status.
std::expected<Incoming, NotReached> ask(const Outgoing& question);

}  // namespace sekisho
