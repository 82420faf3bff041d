// SPDX-License-Identifier: Apache-2.0
#include "net/net.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "net/mail_reply.h"

namespace sekisho {
namespace {

using Curl = std::unique_ptr<CURL, decltype([](CURL* c) { curl_easy_cleanup(c); })>;
using List = std::unique_ptr<curl_slist, decltype([](curl_slist* l) { curl_slist_free_all(l); })>;
using Refused = std::unexpected<NotReached>;

constexpr std::size_t kMostHeader = std::size_t{256} << 10U;
/// TLS failed, and the certificate's time is why (OpenSSL's x509_vfy.h).
constexpr long kNotYetValid = 9;
constexpr long kHasExpired = 10;

/// What curl's functions work on.
struct Transfer {
  const Outgoing& question;
  CURL* curl;
  std::string_view to_give;  // of a mail
  std::size_t header = 0;
  Incoming answer;
  bool too_large = false;
  MailReply reply = {};
};

std::size_t receive(const char* data, std::size_t size, std::size_t count, void* into) {
  auto& transfer = *static_cast<Transfer*>(into);
  const std::string_view piece(data, size * count);
  if (transfer.question.take) {
    long status = 0;
    curl_easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, &status);
    return transfer.question.take(status, piece) ? piece.size() : 0;
  }
  std::string& body = transfer.answer.body;
  transfer.too_large = piece.size() > transfer.question.most - body.size();
  if (transfer.too_large) return 0;  // ends the transfer
  body.append(piece);
  return piece.size();
}

std::size_t receive_header(const char* data, std::size_t size, std::size_t count, void* into) {
  auto& transfer = *static_cast<Transfer*>(into);
  const std::string_view line(data, size * count);
  transfer.header += line.size();
  transfer.too_large = transfer.header > kMostHeader;
  if (transfer.too_large) return 0;
  if (transfer.question.mail) transfer.reply.hear(line);
  if (transfer.question.take_header) transfer.question.take_header(line);
  return line.size();
}

std::size_t give(char* into, std::size_t size, std::size_t count, void* from) {
  auto& left = static_cast<Transfer*>(from)->to_give;
  const std::size_t taken = std::min(size * count, left.size());
  left.copy(into, taken);
  left.remove_prefix(taken);
  return taken;
}

/// Anything but 0 ends the transfer.
int asked_to_quit(void* quit, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::stop_token*>(quit)->stop_requested() ? 1 : 0;
}

CURLcode identify(CURL* /*curl*/, void* tls, void* question) {
  return static_cast<const Outgoing*>(question)->identify(tls) ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
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
    case CURLE_USE_SSL_FAILED: return {"相手が TLS を使えません", "the server does not offer TLS"};
    case CURLE_LOGIN_DENIED: return {"相手がサインインを断りました", "signing in was refused"};
    case CURLE_TOO_MANY_REDIRECTS: return {"転送が多すぎます", "there are too many redirects"};
    case CURLE_UNSUPPORTED_PROTOCOL:
      return {"使えない種類の場所です", "it leads to what is not https"};
    case CURLE_WEIRD_SERVER_REPLY:
      return {"相手の応答を読めません", "what it answered cannot be read"};
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING: return {"途中で切れました", "it broke off"};
    case CURLE_ABORTED_BY_CALLBACK: return {"やめました", "it was called off"};
    default: return {en, en};
  }
}

Refused refused(Text text) { return Refused({.text = std::move(text)}); }

std::chrono::seconds wait_of(CURL* curl) {
  curl_off_t seconds = 0;
  curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds);
  return std::chrono::seconds(std::max<curl_off_t>(seconds, 0));
}

/// A mail that its server refused.
Refused not_taken(const MailReply& reply, CURLcode code) {
  Text text = code == CURLE_LOGIN_DENIED || code == CURLE_USE_SSL_FAILED
                  ? words_of(code)
                  : Text{"相手が断りました", "the server refused it"};
  text.ja += fmt::format(": {}", reply.code);
  text.en += fmt::format(": {}", reply.code);
  return Refused({.text = std::move(text), .status = reply.code, .said = reply.words});
}

Refused not_reached(const Transfer& transfer, CURLcode code) {
  using Why = NotReached::Why;
  if (transfer.question.mail && transfer.reply.code >= 400) return not_taken(transfer.reply, code);
  if (transfer.too_large)
    return Refused(
        {.why = Why::too_large,
         .text = {fmt::format("大きすぎます（上限 {} バイト）", transfer.question.most),
                  fmt::format("it is too large (at most {} bytes)", transfer.question.most)}});
  long connect_status = 0;
  curl_easy_getinfo(transfer.curl, CURLINFO_HTTP_CONNECTCODE, &connect_status);
  if (connect_status >= 300)
    return refused({fmt::format("プロキシが {} を返しました", connect_status),
                    fmt::format("the proxy answered {}", connect_status)});
  long verified = 0;
  curl_easy_getinfo(transfer.curl, CURLINFO_SSL_VERIFYRESULT, &verified);
  Why why = Why::other;
  if (code == CURLE_PEER_FAILED_VERIFICATION)
    why = verified == kNotYetValid || verified == kHasExpired ? Why::out_of_date : Why::untrusted;
  NotReached no{.why = why, .text = words_of(code)};
  if (!transfer.question.mail) {
    curl_easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, &no.status);
    no.wait = wait_of(transfer.curl);
  }
  return Refused(std::move(no));
}

void set_trust(CURL* curl, const Outgoing& question) {
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (question.identify) {
    curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, identify);
    curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, &question);
  }
  switch (question.trust.in) {
    case Trust::In::system:
      // Nothing changes the environment.
      if (const char* file = std::getenv("SSL_CERT_FILE");  // NOLINT(concurrency-mt-unsafe)
          file != nullptr && *file != '\0')
        curl_easy_setopt(curl, CURLOPT_CAINFO, file);
      return;
    case Trust::In::authority: {
      curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
      curl_easy_setopt(curl, CURLOPT_CAINFO, nullptr);
      const std::string& pem = question.trust.authority;
      curl_blob blob{const_cast<char*>(pem.data()), pem.size(), CURL_BLOB_NOCOPY};  // NOLINT: read
      curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
      return;
    }
    case Trust::In::anybody:
      curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
      curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
      return;
  }
}

void set_proxy(CURL* curl, const UrlParts& url, const Proxy& proxy) {
  if (proxy.which == Proxy::Which::none || url.scheme == "http") {
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    return;
  }
  if (proxy.which == Proxy::Which::environment) return;
  curl_easy_setopt(curl, CURLOPT_PROXY, proxy.url.c_str());
  curl_easy_setopt(curl, CURLOPT_NOPROXY, "");
  if (proxy.user.empty()) return;
  curl_easy_setopt(curl, CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_ANY));
  curl_easy_setopt(curl, CURLOPT_PROXYUSERNAME, proxy.user.c_str());
  curl_easy_setopt(curl, CURLOPT_PROXYPASSWORD, proxy.password.c_str());
}

void set_bounds(CURL* curl, const Outgoing& question) {
  const NetPatience& patience = question.patience;
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(patience.connect.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(patience.whole.count()));
  if (patience.silent.count() > 0) {
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 100L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(patience.silent.count()));
  }
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, question.protocols.c_str());
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, question.redirects > 0 ? 1L : 0L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, question.redirects);
  if (question.packed) curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, asked_to_quit);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &question.quit);
}

List list_of(const std::vector<std::string>& lines) {
  List list;
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) return nullptr;
    (void)list.release();
    list.reset(longer);
  }
  return list;
}

/// A line that would be two, or end early, says what nobody wrote.
bool is_one_line(const std::string& text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool sound(const Outgoing& question) {
  if (!is_one_line(question.url) || !std::ranges::all_of(question.headers, is_one_line))
    return false;
  return !question.mail || (is_one_line(question.mail->from) && is_one_line(question.mail->to));
}

}  // namespace

std::expected<Incoming, NotReached> ask(const Outgoing& question) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  const Curl owned(started == CURLE_OK ? curl_easy_init() : nullptr);
  CURL* curl = owned.get();
  if (curl == nullptr)
    return refused({"通信を始められません", "the transfer could not be started"});
  if (!sound(question)) return refused({"改行は送れません", "a line break can't be sent there"});
  const auto url = parts_of(question.url);
  if (!url) return refused({"URL ではありません", "it is no URL"});
  Transfer transfer{.question = question, .curl = curl, .to_give = {}, .answer = {}};
  set_bounds(curl, question);
  set_trust(curl, question);
  set_proxy(curl, *url, question.proxy);
  curl_easy_setopt(curl, CURLOPT_URL, question.url.c_str());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, question.agent.c_str());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, receive_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  const Mail mail = question.mail.value_or(Mail{});
  const List headers = list_of(question.mail ? std::vector{"<" + mail.to + ">"} : question.headers);
  if (!headers && (question.mail || !question.headers.empty()))
    return refused({"通信を始められません", "the transfer could not be started"});
  const std::string from = "<" + mail.from + ">";
  if (question.mail) {
    transfer.to_give = mail.text;
    curl_easy_setopt(curl, CURLOPT_USE_SSL,
                     static_cast<long>(mail.tls_required ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from.c_str());
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, headers.get());
    if (!mail.user.empty()) {
      curl_easy_setopt(curl, CURLOPT_USERNAME, mail.user.c_str());
      curl_easy_setopt(curl, CURLOPT_PASSWORD, mail.password.c_str());
    }
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(curl, CURLOPT_READDATA, &transfer);
  } else if (headers) {
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  }
  if (!question.body.empty()) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, question.body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(question.body.size()));
  }
  if (const CURLcode code = curl_easy_perform(curl); code != CURLE_OK)
    return not_reached(transfer, code);
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &transfer.answer.status);
  transfer.answer.wait = wait_of(curl);
  return std::move(transfer.answer);
}

}  // namespace sekisho
