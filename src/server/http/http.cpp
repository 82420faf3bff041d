#include "server/http/http.h"

#include <array>
#include <atomic>

#include <fmt/format.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include "base/crypto.h"

namespace sekisho {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds kIdle{60};
constexpr std::chrono::seconds kTransfer{30};
constexpr std::chrono::seconds kDrain{2};
constexpr std::size_t kMostDrained = std::size_t{16} << 20U;

struct Peer {
  std::string address;
  std::string certificate;  // its fingerprint
};

/// Nothing when the target is no clean path.
std::optional<HttpRequest> plain(const http::request<http::string_body>& request,
                                 const Peer& peer) {
  HttpRequest out;
  out.method = request.method_string();
  const std::string_view target = request.target();
  const std::size_t question = target.find('?');
  auto path = percent_decoded(target.substr(0, question));
  if (!path || !path->starts_with('/')) return std::nullopt;
  out.path = std::move(*path);
  if (question != std::string_view::npos) out.query = target.substr(question + 1);
  for (const auto& field : request) {
    const std::string_view name = field.name_string();
    out.headers.emplace_back(lower(name), std::string(field.value()));
  }
  out.peer = peer.address;
  out.peer_certificate = peer.certificate;
  return out;
}

/// Of the certificate that the client showed, if it did; the handshake has verified it.
std::string fingerprint_of_peer(SSL* ssl) {
  const std::unique_ptr<X509, decltype([](X509* x) { X509_free(x); })> shown(
      SSL_get1_peer_certificate(ssl));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (!shown || X509_digest(shown.get(), EVP_sha256(), digest.data(), &size) != 1) return {};
  return hex({reinterpret_cast<const char*>(digest.data()), size});
}

/// Takes the certificate, key and authority of `own`.
bool set_own_tls(asio::ssl::context& tls, const ListenOptions::OwnTls& own,
                 boost::system::error_code& error) {
  const auto buffer = [](const std::string& text) { return asio::buffer(text); };
  if (tls.use_certificate_chain(buffer(own.certificate), error) ||
      tls.use_private_key(buffer(own.key), asio::ssl::context::pem, error) ||
      tls.add_certificate_authority(buffer(own.authority), error))
    return false;
  // Whether one has to be shown is for the handler: enrolling comes before having one.
  (void)tls.set_verify_mode(asio::ssl::verify_peer, error);
  constexpr std::string_view kContext = "sekisho-agents";  // sessions can't be resumed elsewhere
  return SSL_CTX_set_session_id_context(tls.native_handle(),
                                        reinterpret_cast<const unsigned char*>(kContext.data()),
                                        kContext.size()) == 1;
}

}  // namespace

struct HttpServer::Impl {
  Impl(const ListenOptions& options, Handler handle, BodyLimit body_limit)
      : handler(std::move(handle)), limit(std::move(body_limit)), pool(options.threads) {}

  Handler handler;
  BodyLimit limit;
  asio::io_context io{1};
  asio::thread_pool pool;
  tcp::acceptor acceptor{io};
  asio::signal_set signals{io, SIGINT, SIGTERM};  // from the start: one that comes early waits
  std::optional<asio::ssl::context> tls;
  std::atomic<std::size_t> connections{0};

  asio::awaitable<HttpReply> answer(const HttpRequest& request) {
    // Handlers wait for the database and hash passwords: they run elsewhere, so that others go on.
    co_return co_await asio::co_spawn(
        pool,
        [this, &request]() -> asio::awaitable<HttpReply> {
          HttpReply reply;
          try {
            reply = handler(request);
          } catch (const std::exception&) {
            reply = {500,
                     {{"content-type", "application/problem+json"}},
                     R"({"status":500,"title":"Internal error"})",
                     {}};
          }
          co_return reply;
        },
        asio::use_awaitable);
  }

  template <typename Stream>
  static asio::awaitable<bool> send(Stream& stream, const HttpReply& reply, unsigned version,
                                    bool keep_alive, bool head) {
    http::response<http::span_body<const char>> response;
    response.version(version);
    response.result(reply.status);
    for (const auto& [name, value] : reply.headers) response.insert(name, value);
    const std::string_view body = reply.fixed.empty() ? std::string_view(reply.body) : reply.fixed;
    response.keep_alive(keep_alive);
    response.body() = {body.data(), head ? 0 : body.size()};
    if (reply.status != 304 && reply.status != 204)
      response.set(http::field::content_length, std::to_string(body.size()));
    auto [error, bytes] = co_await http::async_write(stream, response, kTuple);
    co_return !error && keep_alive;
  }

  /// What was refused is read on for a moment: a connection that is closed with bytes unread is
  /// reset, and the reply lost with it (RFC 9112, 9.6).
  template <typename Stream>
  static asio::awaitable<void> drain(Stream& stream) {
    std::vector<char> ignored(std::size_t{64} << 10U);
    beast::get_lowest_layer(stream).expires_after(kDrain);
    for (std::size_t left = kMostDrained; left > 0;) {
      auto [error, count] = co_await stream.async_read_some(asio::buffer(ignored), kTuple);
      if (error) co_return;
      left -= std::min(left, count);
    }
  }

  static HttpReply refusal(unsigned status, std::string_view title) {
    return {status,
            {{"content-type", "application/problem+json"}},
            fmt::format(R"({{"type":"about:blank","status":{},"title":"{}"}})", status, title),
            {}};
  }

  template <typename Stream>
  asio::awaitable<void> serve(Stream& stream, Peer peer) {
    beast::flat_buffer buffer(kMaxHeaderBytes + (std::size_t{64} << 10U));
    for (bool more = true; more;) {
      http::request_parser<http::string_body> parser;
      parser.header_limit(kMaxHeaderBytes);
      parser.body_limit(kMaxUploadBytes);
      beast::get_lowest_layer(stream).expires_after(kIdle);
      auto [failed, got] = co_await http::async_read_header(stream, buffer, parser, kTuple);
      if (failed == http::error::header_limit || failed == http::error::body_limit) {
        const unsigned status = failed == http::error::header_limit ? 431 : 413;
        co_await send(stream, refusal(status, "Too large"), 11, false, false);
        co_await drain(stream);
        co_return;
      }
      if (failed == http::error::end_of_stream || failed == beast::error::timeout) co_return;
      if (failed) {
        if (failed.category() == make_error_code(http::error::bad_method).category())
          co_await send(stream, refusal(400, "Bad request"), 11, false, false);
        co_return;
      }
      beast::get_lowest_layer(stream).expires_after(kTransfer);
      const auto& message = parser.get();
      const std::size_t most = limit(message.method_string(), message.target());
      parser.body_limit(most);
      if (parser.content_length() && *parser.content_length() > most) {
        co_await send(stream, refusal(413, "Too large"), message.version(), false, false);
        co_await drain(stream);
        co_return;
      }
      if (beast::iequals(message[http::field::expect], "100-continue")) {
        http::response<http::empty_body> go(http::status::continue_, message.version());
        co_await http::async_write(stream, go, kTuple);
      }
      auto [broke, read] = co_await http::async_read(stream, buffer, parser, kTuple);
      if (broke) {
        if (broke == http::error::body_limit) {
          co_await send(stream, refusal(413, "Too large"), 11, false, false);
          co_await drain(stream);
        }
        co_return;
      }
      auto request = plain(parser.get(), peer);
      const bool head = parser.get().method() == http::verb::head;
      HttpReply reply = refusal(400, "Bad request");
      if (request) {
        request->body = std::move(parser.get().body());
        if (head) request->method = "GET";
        reply = co_await answer(*request);
      }
      beast::get_lowest_layer(stream).expires_after(kTransfer);
      more = co_await send(stream, reply, parser.get().version(), parser.get().keep_alive(), head);
    }
  }

  asio::awaitable<void> connection(tcp::socket socket) {
    ++connections;
    const std::unique_ptr<Impl, decltype([](Impl* impl) { --impl->connections; })> counted(this);
    boost::system::error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error) co_return;
    (void)socket.set_option(tcp::no_delay(true), error);
    Peer peer{endpoint.address().to_string(), {}};
    if (tls) {
      TlsStream stream(std::move(socket), *tls);
      beast::get_lowest_layer(stream).expires_after(kTransfer);
      auto [failed] = co_await stream.async_handshake(asio::ssl::stream_base::server, kTuple);
      if (failed) co_return;
      peer.certificate = fingerprint_of_peer(stream.native_handle());
      co_await serve(stream, std::move(peer));
      beast::get_lowest_layer(stream).expires_after(std::chrono::seconds(2));
      co_await stream.async_shutdown(kTuple);
    } else {
      beast::tcp_stream stream(std::move(socket));
      co_await serve(stream, std::move(peer));
      (void)stream.socket().shutdown(tcp::socket::shutdown_send, error);
    }
  }

  asio::awaitable<void> accept() {
    for (;;) {
      auto [error, socket] = co_await acceptor.async_accept(kTuple);
      if (error == asio::error::operation_aborted) co_return;
      if (error) {  // out of descriptors, say: wait for some to come back
        asio::steady_timer pause(io, std::chrono::milliseconds(50));
        co_await pause.async_wait(kTuple);
        continue;
      }
      if (connections >= kMaxConnections) continue;  // closes it
      asio::co_spawn(io, connection(std::move(socket)), asio::detached);
    }
  }

  asio::awaitable<void> tick(const std::function<void()>& what, std::chrono::seconds every) {
    for (;;) {
      asio::steady_timer timer(io, every);
      auto [error] = co_await timer.async_wait(kTuple);
      if (error) co_return;
      co_await asio::co_spawn(
          pool,
          [&what]() -> asio::awaitable<void> {
            what();
            co_return;
          },
          asio::use_awaitable);
    }
  }
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() {
  impl_->io.stop();
  impl_->pool.join();
}

Result<std::unique_ptr<HttpServer>> HttpServer::listen(const ListenOptions& options,
                                                       Handler handler, BodyLimit limit) {
  auto impl = std::make_unique<Impl>(options, std::move(handler), std::move(limit));
  boost::system::error_code error;
  if (!options.tls_cert.empty() || options.own_tls) {
    impl->tls.emplace(asio::ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(impl->tls->native_handle(), TLS1_2_VERSION);
    SSL_CTX_set_options(impl->tls->native_handle(), SSL_OP_NO_COMPRESSION |
                                                        SSL_OP_NO_RENEGOTIATION |
                                                        SSL_OP_CIPHER_SERVER_PREFERENCE);
    const bool set =
        options.own_tls
            ? set_own_tls(*impl->tls, *options.own_tls, error)
            : !impl->tls->use_certificate_chain_file(options.tls_cert, error) &&
                  !impl->tls->use_private_key_file(options.tls_key, asio::ssl::context::pem, error);
    if (!set)
      return failure(
          fmt::format("TLS の証明書か鍵を読めません（{}）。", error.message()),
          fmt::format("the TLS certificate or key cannot be read ({}).", error.message()),
          options.tls_cert);
  }
  const auto address = asio::ip::make_address(options.address, error);
  if (error)
    return failure("待ち受けるアドレスの形が違います。", "that is no address to listen on.",
                   printable(options.address, 80));
  const tcp::endpoint endpoint(address, options.port);
  if (impl->acceptor.open(endpoint.protocol(), error) ||
      impl->acceptor.set_option(asio::socket_base::reuse_address(true), error) ||
      impl->acceptor.bind(endpoint, error) || impl->acceptor.listen(1024, error))
    return failure(fmt::format("待ち受けられません（{}）。", error.message()),
                   fmt::format("cannot listen ({}).", error.message()),
                   fmt::format("{}:{}", options.address, options.port));
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

unsigned short HttpServer::port() const { return impl_->acceptor.local_endpoint().port(); }

void HttpServer::run(const std::function<void()>& tick, std::chrono::seconds every) {
  impl_->signals.async_wait([this](const boost::system::error_code& error, int) {
    if (!error) stop();
  });
  asio::co_spawn(impl_->io, impl_->accept(), asio::detached);
  asio::co_spawn(impl_->io, impl_->tick(tick, every), asio::detached);
  impl_->io.run();
  // A tick or a handler may still be at work with what the caller's `tick` refers to.
  impl_->pool.join();
}

void HttpServer::stop() { impl_->io.stop(); }

}  // namespace sekisho
