// SPDX-License-Identifier: Apache-2.0
// Internal to the room: asking PostgreSQL without waiting for ever. libpq's own calls wait for as
// long as the connection stands, and it stands although the server is frozen, its disk hangs, its
// standby does not confirm or the network is gone without a word.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <string>

#include "base/base.h"

namespace sekisho {

struct PostgresEnd {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* answer) const { PQclear(answer); }
};
using PostgresHandle = std::unique_ptr<PGconn, PostgresEnd>;
using PostgresAnswer = std::unique_ptr<PGresult, PostgresEnd>;

/// One connection's questions, each waited for as long as `silence` at most. After that it is
/// closed: whether what was asked has been done, nobody knows.
class Patience {
 public:
  Patience(PGconn* connection, std::chrono::milliseconds silence);

  /// As PQexec, PQprepare and PQexecPrepared do.
  PostgresAnswer exec(const char* sql);
  PostgresAnswer prepare(const char* name, const char* sql);
  PostgresAnswer exec_prepared(const char* name, int count, const char* const* values,
                               const int* lengths, const int* formats);
  /// Sends the same, for rows that are then taken one by one with next().
  bool send_prepared(const char* name, int count, const char* const* values, const int* lengths,
                     const int* formats);
  /// As PQgetResult does; null at the end.
  PostgresAnswer next();
  /// What is left of an answer is read to its end: to cancel it could hit the statement that
  /// follows.
  void drain();
  /// As PQputCopyData and PQputCopyEnd do; `why` null: all of it came.
  bool put(const std::string& data);
  bool put_end(const char* why);
  /// Whether it was closed because the server was silent.
  bool ran_out() const { return ran_out_; }

 private:
  PostgresAnswer last_of(int sent);
  bool wait_for(short events);
  bool flush();

  PGconn* connection_;
  std::chrono::milliseconds silence_;
  bool ran_out_ = false;
};

/// Opens a connection by libpq's URI form; an address that says nothing else waits ten seconds for
/// each server that it names, and of several takes the one that can be written to.
PostgresHandle connect_postgres(const std::string& address);

}  // namespace sekisho
