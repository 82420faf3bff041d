// SPDX-License-Identifier: Apache-2.0
// Connections that several threads take and give back. Only one on which nothing is left open is
// given to the next: any other is closed, and whatever was open on it is rolled back.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "store/database.h"

namespace sekisho {

class Pool {
 public:
  using Open = std::function<Result<std::unique_ptr<Database>>()>;
  explicit Pool(Open open) : open_(std::move(open)) {}

  /// A connection for as long as it lives.
  class Lease {
   public:
    Lease(Pool& pool, std::unique_ptr<Database> db) : pool_(pool), db_(std::move(db)) {}
    ~Lease() { pool_.give_back(std::move(db_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Database& operator*() { return *db_; }

   private:
    Pool& pool_;
    std::unique_ptr<Database> db_;
  };

  Result<std::unique_ptr<Lease>> take();
  /// How many wait to be taken.
  std::size_t waiting() const;

 private:
  void give_back(std::unique_ptr<Database> db) noexcept;

  Open open_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Database>> free_;
};

}  // namespace sekisho
