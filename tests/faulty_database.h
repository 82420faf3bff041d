// SPDX-License-Identifier: Apache-2.0
// A database that fails where the test says: its n-th statement from now on, or by throwing.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "store/database.h"
#include "store/open.h"

namespace sekisho {

/// What all connections of one test share: how many statements ran, and which fails.
struct FaultPlan {
  enum class How : std::uint8_t { fails, throws };
  std::atomic<std::size_t> ran = 0;
  std::size_t fail_at = 0;  // 0: never
  How how = How::fails;
  bool struck = false;
  /// Once, just before a change begins: what somebody else does at the worst moment.
  std::function<void()> before_change;
  /// Of every statement, when it is asked for.
  std::function<void(std::string_view sql, const Values& values)> heard;

  void fail_next(std::size_t statement, How in = How::fails) {
    ran = 0;
    struck = false;
    fail_at = statement;
    how = in;
  }
  void calm() { fail_next(0); }
};

class FaultyConnection : public Connection {
 public:
  FaultyConnection(std::unique_ptr<Connection> inner, FaultPlan& plan)
      : inner_(std::move(inner)), plan_(plan) {}

  Kind kind() const override { return inner_->kind(); }
  State state() const override { return inner_->state(); }
  Result<Rows> query(std::string_view sql, const Values& values) override {
    if (plan_.heard) plan_.heard(sql, values);
    if (auto met = next(); !met) return std::unexpected(met.error());
    return inner_->query(sql, values);
  }
  Result<void> each(std::string_view sql, const Values& values, const Take& row) override {
    if (plan_.heard) plan_.heard(sql, values);
    if (auto met = next(); !met) return met;
    return inner_->each(sql, values, row);
  }
  Result<void> script(const std::string& sql) override {
    if (auto met = next(); !met) return met;
    return inner_->script(sql);
  }
  Result<std::unique_ptr<Loader>> load(const std::string& table,
                                       const std::vector<std::string>& columns) override {
    if (auto met = next(); !met) return std::unexpected(met.error());
    return inner_->load(table, columns);
  }
  Result<void> begin_change() override {
    if (auto met = next(); !met) return met;
    if (const auto first = std::exchange(plan_.before_change, nullptr)) first();
    return inner_->begin_change();
  }
  Result<void> begin_snapshot() override {
    if (auto met = next(); !met) return met;
    return inner_->begin_snapshot();
  }
  Result<void> commit() override {
    if (auto met = next(); !met) return met;
    return inner_->commit();
  }
  Result<void> roll_back() override { return inner_->roll_back(); }
  Result<std::size_t> version() override { return inner_->version(); }
  Result<void> set_version(std::size_t version) override { return inner_->set_version(version); }

 private:
  Result<void> next() {
    if (++plan_.ran != plan_.fail_at) return {};
    plan_.struck = true;
    if (plan_.how == FaultPlan::How::throws) throw std::runtime_error("a fault of the test");
    return std::unexpected(Error{{"試験の誤り", "a fault of the test"}, {}, Fault::unavailable});
  }

  std::unique_ptr<Connection> inner_;
  FaultPlan& plan_;
};

/// As ServerOptions::connect takes it.
inline auto faulty(FaultPlan& plan) {
  return [&plan](const std::string& where) -> Result<std::unique_ptr<Database>> {
    auto inner = is_postgres(where) ? open_postgres(where) : open_sqlite_file(where);
    if (!inner) return std::unexpected(inner.error());
    return std::make_unique<Database>(std::make_unique<FaultyConnection>(std::move(*inner), plan));
  };
}

}  // namespace sekisho
