// Memory for bodies that are on their way, and how slow they may be. Without a socket; used by one
// thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <unordered_map>

namespace sekisho {

/// What all bodies in flight may take together.
class Budget {
 public:
  struct Bounds {
    std::size_t all = std::size_t{128} << 20U;
    std::size_t of_large = std::size_t{96} << 20U;  // of bodies that are files, say
    std::size_t of_strangers = std::size_t{32} << 20U;
    std::size_t of_one = std::size_t{48} << 20U;
    unsigned at_once_of_one = 64;
  };
  static constexpr std::size_t kLarge = std::size_t{1} << 20U;

  explicit Budget(Bounds bounds) : bounds_(bounds) {}

  /// Whether `bytes` may come for `who`; give() them back then. An empty `who` is a stranger who
  /// may be any number of people.
  bool take(const std::string& who, bool known, std::size_t bytes);
  void give(const std::string& who, bool known, std::size_t bytes);

 private:
  struct Share {
    std::size_t bytes = 0;
    unsigned count = 0;
  };
  Bounds bounds_;
  std::size_t used_ = 0;
  std::size_t of_large_ = 0;
  std::size_t of_strangers_ = 0;
  std::unordered_map<std::string, Share> shares_;
};

/// How long a transfer may take: each byte buys time, so that a slow line gets there and one that
/// only pretends does not.
class TransferPace {
 public:
  using Moment = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kLeastRate = std::size_t{4} << 10U;  // bytes a second
  static constexpr std::chrono::seconds kGrace{15};

  explicit TransferPace(Moment now) : until_(now + kGrace) {}
  void moved(std::size_t bytes, Moment now);
  Moment until() const { return until_; }

 private:
  Moment until_;
};

}  // namespace sekisho
