// SPDX-License-Identifier: Apache-2.0
// The lists of the world as all requests see them. One thread reads and parses what lies in the
// folder, and puts it in place whole; who asks takes what is there, and never reads or waits.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "base/base.h"
#include "collect/vuln/vuln.h"

namespace sekisho {

class FeedsInUse {
 public:
  using Newest = Result<std::shared_ptr<const Feeds>>;
  /// Reads once before it is there. `read` may take as long as it wants, and is cheap when nothing
  /// has changed.
  explicit FeedsInUse(std::function<Newest()> read);

  /// What was read last, or why it couldn't be: lists in pieces judge nothing.
  Newest newest() const;
  /// Puts in place what there is to read now.
  void refresh();

  /// Held by whoever writes new lists: when it goes, they are in use.
  class Renewing {
   public:
    explicit Renewing(FeedsInUse& feeds) : feeds_(feeds) { ++feeds_.renewing_; }
    ~Renewing() {
      feeds_.refresh();
      --feeds_.renewing_;
    }
    Renewing(const Renewing&) = delete;
    Renewing& operator=(const Renewing&) = delete;

   private:
    FeedsInUse& feeds_;
  };
  /// Whether lists may have been written that aren't in use yet. Who shows how far a renewal is
  /// asks first what was written, then this, then for the newest.
  bool renewing() const { return renewing_ > 0; }

 private:
  const std::function<Newest()> read_;
  std::mutex reading_;
  std::atomic<int> renewing_{0};
  std::atomic<std::shared_ptr<const Newest>> published_;
};

}  // namespace sekisho
