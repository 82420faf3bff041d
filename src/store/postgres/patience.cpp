// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/patience.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace sekisho {
namespace {

using Options =
    std::unique_ptr<PQconninfoOption, decltype([](PQconninfoOption* o) { PQconninfoFree(o); })>;

bool names_several(const std::string& address) {
  const Options parsed(PQconninfoParse(address.c_str(), nullptr));
  for (const PQconninfoOption* one = parsed.get(); one != nullptr && one->keyword != nullptr; ++one)
    if (one->val != nullptr && std::strncmp(one->keyword, "host", 4) == 0 &&
        std::strchr(one->val, ',') != nullptr)
      return true;
  return false;
}

}  // namespace

PostgresHandle connect_postgres(const std::string& address) {
  // What stands before the address gives way to what it says.
  const std::array<const char*, 8> names{"connect_timeout",
                                         "keepalives_idle",
                                         "keepalives_interval",
                                         "keepalives_count",
                                         "tcp_user_timeout",
                                         "target_session_attrs",
                                         "dbname",
                                         nullptr};
  const std::array<const char*, 8> values{"10",
                                          "30",
                                          "10",
                                          "3",
                                          "60000",
                                          names_several(address) ? "read-write" : "any",
                                          address.c_str(),
                                          nullptr};
  return PostgresHandle(PQconnectdbParams(names.data(), values.data(), 1));
}

Patience::Patience(PGconn* connection, std::chrono::milliseconds silence)
    : connection_(connection), silence_(silence) {
  PQsetnonblocking(connection_, 1);
}

/// False when the server was silent for too long: then the connection is closed.
bool Patience::wait_for(short events) {
  pollfd waiting{PQsocket(connection_), events, 0};
  if (waiting.fd < 0) return false;
  const auto until = std::chrono::steady_clock::now() + silence_;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    const int ready = left.count() <= 0 ? 0 : ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno == EINTR) continue;
    ran_out_ = true;
    // libpq learns of it as of any end.
    ::shutdown(waiting.fd, SHUT_RDWR);
    (void)PQconsumeInput(connection_);
    return false;
  }
}

bool Patience::flush() {
  for (;;) {
    const int left = PQflush(connection_);
    if (left <= 0) return left == 0;
    // The server may want to be read before it reads on.
    if (!wait_for(POLLIN | POLLOUT) || PQconsumeInput(connection_) == 0) return false;
  }
}

PostgresAnswer Patience::next() {
  if (!flush()) return PostgresAnswer(PQgetResult(connection_));
  while (PQisBusy(connection_) == 1)
    if (!wait_for(POLLIN) || PQconsumeInput(connection_) == 0) break;
  // What broke on the way is said by an answer too.
  return PostgresAnswer(PQgetResult(connection_));
}

void Patience::drain() {
  while (next()) {
  }
}

PostgresAnswer Patience::last_of(int sent) {
  PostgresAnswer last;
  if (sent != 1) return last;
  while (auto one = next()) {
    last = std::move(one);
    if (PQresultStatus(last.get()) == PGRES_COPY_IN) break;
  }
  return last;
}

PostgresAnswer Patience::exec(const char* sql) { return last_of(PQsendQuery(connection_, sql)); }

PostgresAnswer Patience::prepare(const char* name, const char* sql) {
  return last_of(PQsendPrepare(connection_, name, sql, 0, nullptr));
}

PostgresAnswer Patience::exec_prepared(const char* name, int count, const char* const* values,
                                       const int* lengths, const int* formats) {
  return last_of(send_prepared(name, count, values, lengths, formats) ? 1 : 0);
}

bool Patience::send_prepared(const char* name, int count, const char* const* values,
                             const int* lengths, const int* formats) {
  return PQsendQueryPrepared(connection_, name, count, values, lengths, formats, 0) == 1;
}

bool Patience::put(const std::string& data) {
  for (;;) {
    const int taken = PQputCopyData(connection_, data.data(), static_cast<int>(data.size()));
    if (taken != 0) return taken == 1 && flush();
    if (!flush()) return false;
  }
}

bool Patience::put_end(const char* why) {
  for (;;) {
    const int taken = PQputCopyEnd(connection_, why);
    if (taken != 0) return taken == 1;
    if (!flush()) return false;
  }
}

}  // namespace sekisho
