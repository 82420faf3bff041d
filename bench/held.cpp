// SPDX-License-Identifier: Apache-2.0
// What it costs to have ten thousand devices within call: their connections, which the server
// holds until there is word for them, in its memory and in the kernel's; how soon word comes to
// one, and to all of them.
//   sekisho_held DATABASE SERVER DEVICES PID-OF-THE-SERVER
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "collect/agent/agent.h"
#include "server/devices/authority.h"

namespace {

using namespace sekisho;
using Clock = std::chrono::steady_clock;
constexpr double kLimit = 100;  // MB

template <typename T>
T must(Result<T> result) {
  if (!result) {
    fmt::print(stderr, "{}\n", result.error().describe(Lang::en));
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}
void must(bool good, const char* what) {
  if (good) return;
  fmt::print(stderr, "{} failed\n", what);
  std::exit(1);
}

/// Of a process, in MB: what it holds in memory.
double resident(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}
double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Free {
  void operator()(SSL_CTX* one) const { SSL_CTX_free(one); }
  void operator()(SSL* one) const { SSL_free(one); }
  void operator()(X509* one) const { X509_free(one); }
  void operator()(BIO* one) const { BIO_free(one); }
};

struct Remote {
  std::string certificate;
  int socket = -1;
  std::unique_ptr<SSL, Free> tls;
};

class Crowd {
 public:
  Crowd(std::string database, std::string_view server, std::size_t devices)
      : db_(must(open_database(database))),
        port_(static_cast<std::uint16_t>(
            std::stoi(std::string(server.substr(server.rfind(':') + 1))))),
        key_(must(KeyPair::make())),
        remotes_(devices) {
    const auto authorities = must(organisation_authorities(*db_, now()));
    // One key is enough for all, since nobody holds it against another here.
    const std::string request = key_.request();
    must(db_->write([&]() -> Result<void> {
      for (std::size_t i = 0; i < devices; ++i) {
        const std::string name = fmt::format("{:016x}", i);
        const Certificate made = must(authorities.current.certify(request, name, now()));
        remotes_[i].certificate = made.pem;
        const auto row = must(db_->query(
            "INSERT INTO device (subject, name, state, created_at, machine) VALUES (?, ?, "
            "'active', 0, ?) RETURNING id",
            {"device:" + name, "pc-" + name, name}));
        must(
            db_->execute("INSERT INTO device_certificate (device_id, fingerprint, public_key, "
                         "issued_at, expires_at, purpose) VALUES (?, ?, ?, ?, ?, 'reports')",
                         {row.front().integer(0), made.fingerprint, name, value_of(now()),
                          value_of(made.not_after)}));
      }
      return {};
    }));
    context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_mode(context_.get(), SSL_MODE_RELEASE_BUFFERS);
  }

  /// Each connects, asks, and waits.
  double connect() {
    const auto start = Clock::now();
    spread([&](Remote& one) {
      begin(one);
      must(answer(one).starts_with("HTTP/1.1 202"), "being held");
    });
    return since(start);
  }
  void ask(Remote& one) const {
    const std::string question = fmt::format(
        "GET /agent/v1/wait?since={} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: "
        "sekisho-agent\r\nAccept: */*\r\n\r\n",
        word_);
    must(SSL_write(one.tls.get(), question.data(), static_cast<int>(question.size())) > 0, "ask");
  }
  std::string answer(Remote& one) const {
    std::string text(4096, '\0');
    const int count = SSL_read(one.tls.get(), text.data(), static_cast<int>(text.size()));
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
  }
  /// Seconds until it was told to one, and to all.
  double tell_one() {
    const auto start = Clock::now();
    must(db_->execute("UPDATE device SET looks_asked = looks_asked + 1 WHERE subject = ?",
                      {fmt::format("device:{:016x}", remotes_.size() - 1)}));
    hear(remotes_.back());
    return since(start);
  }
  double tell_all() {
    const auto start = Clock::now();
    must(db_->execute("UPDATE device SET looks_asked = looks_asked + 1", {}));
    remotes_.pop_back();
    spread([&](Remote& one) { hear(one); });
    return since(start);
  }

 private:
  template <typename Work>
  void spread(Work work) {
    std::atomic<std::size_t> next{0};
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (std::size_t i = next++; i < remotes_.size(); i = next++) work(remotes_[i]);
      });
  }
  /// The connection ends, and the device asks anew.
  void hear(Remote& one) {
    must(answer(one).empty(), "the end of what was held");
    begin(one);
    must(answer(one).starts_with("HTTP/1.1 200"), "word");
  }
  void begin(Remote& one) {
    one.tls.reset();
    if (one.socket >= 0) ::close(one.socket);
    one.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // From several addresses, as no one may have all places.
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr =
        htonl(INADDR_LOOPBACK + 1 + static_cast<std::uint32_t>(&one - remotes_.data()) % 8);
    must(::bind(one.socket, reinterpret_cast<const sockaddr*>(&from), sizeof from) == 0, "bind");
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port_);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(::connect(one.socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0, "connect");
    one.tls.reset(SSL_new(context_.get()));
    const std::unique_ptr<BIO, Free> pem(
        BIO_new_mem_buf(one.certificate.data(), static_cast<int>(one.certificate.size())));
    const std::unique_ptr<X509, Free> shown(
        PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr));
    must(shown && SSL_use_certificate(one.tls.get(), shown.get()) == 1 &&
             SSL_use_PrivateKey(one.tls.get(), key_.get()) == 1,
         "certificate");
    SSL_set_fd(one.tls.get(), one.socket);
    must(SSL_connect(one.tls.get()) == 1, "TLS");
    ask(one);
  }

  std::unique_ptr<Database> db_;
  std::uint16_t port_;
  KeyPair key_;
  const std::string word_ = read_told(write_told({})).value_or(Told()).word;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::vector<Remote> remotes_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const std::size_t devices = std::stoul(argv[3]);
  const std::string pid = argv[4];
  const auto settle = [] { std::this_thread::sleep_for(std::chrono::seconds(3)); };
  Crowd crowd(argv[1], argv[2], devices);
  settle();
  const double before = resident(pid);
  const double connecting = crowd.connect();
  settle();
  const double after = resident(pid);
  const double held = after - before;
  const double one = crowd.tell_one();
  const double all = crowd.tell_all();
  fmt::print(
      "{} devices within call: {:.0f} MB more ({:.0f}, {:.0f} before), {:.1f} KB each (limit: "
      "{:.0f} "
      "MB); connected in {:.1f} s; word for one comes after {:.0f} ms, for all after {:.2f} s\n",
      devices, held, after, before, held * 1024 / static_cast<double>(devices), kLimit, connecting,
      one * 1000, all);
  return 0;
}
