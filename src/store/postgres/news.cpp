// SPDX-License-Identifier: Apache-2.0
#include "store/news.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>

#include "store/postgres/patience.h"

namespace sekisho {
namespace {

struct NotifyEnd {
  void operator()(PGnotify* told) const { PQfreemem(told); }
};

std::unexpected<Error> deaf(PGconn* connection) {
  return std::unexpected(Error{{"データベースを使えません。", "the database cannot be used."},
                               {},
                               Fault::unavailable,
                               printable(PQerrorMessage(connection), 300)});
}

class PostgresNews : public News {
 public:
  explicit PostgresNews(PostgresHandle connection) : connection_(std::move(connection)) {}

  Result<bool> wait(std::chrono::milliseconds most) override {
    if (told()) return true;
    pollfd waiting{PQsocket(connection_.get()), POLLIN, 0};
    if (waiting.fd < 0) return deaf(connection_.get());
    if (::poll(&waiting, 1, static_cast<int>(most.count())) <= 0) return false;
    if (PQconsumeInput(connection_.get()) == 0) return deaf(connection_.get());
    return told();
  }

 private:
  /// All that has come, at once.
  bool told() {
    bool any = false;
    while (std::unique_ptr<PGnotify, NotifyEnd>(PQnotifies(connection_.get()))) any = true;
    return any;
  }

  PostgresHandle connection_;
};

}  // namespace

Result<std::unique_ptr<News>> listen_for_news(const std::string& address,
                                              const std::string& channel) {
  PostgresHandle connection = connect_postgres(address);
  if (PQstatus(connection.get()) != CONNECTION_OK) return deaf(connection.get());
  PQsetNoticeProcessor(connection.get(), [](void*, const char*) {}, nullptr);
  Patience patience(connection.get(), std::chrono::seconds(10));
  const PostgresAnswer answer = patience.exec(("LISTEN " + channel).c_str());
  if (PQresultStatus(answer.get()) != PGRES_COMMAND_OK) return deaf(connection.get());
  return std::make_unique<PostgresNews>(std::move(connection));
}

}  // namespace sekisho
