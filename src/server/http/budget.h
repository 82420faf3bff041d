// SPDX-License-Identifier: Apache-2.0
// Memory for bodies that are on their way, and how slow they may be. Without a socket; used by one
// thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace sekisho {

/// What all bodies in flight take together: each as much as has come of it, whatever it says that
/// it will be. Those who are known and strangers have a room each, so that neither fills the
/// other's.
class Budget {
 public:
  /// Of the connection on which the body comes.
  using Id = std::uint64_t;
  struct Bounds {
    std::size_t of_known = std::size_t{128} << 20U;
    std::size_t of_large = std::size_t{96} << 20U;  // of these, of bodies that are files, say
    std::size_t of_strangers = std::size_t{32} << 20U;
    std::size_t of_one = std::size_t{48} << 20U;
    unsigned at_once_of_one = 64;
  };
  static constexpr std::size_t kLarge = std::size_t{1} << 20U;

  explicit Budget(Bounds bounds) : bounds_(bounds) {}

  struct Room {
    bool there = false;
    std::vector<Id> give_way = {};  // whose bodies go instead: nothing is kept for them any more
  };
  /// A body of `who`'s begins, which may be up to `announced` bytes: a person's are kept for it,
  /// where it says so before; a stranger's word is worth nothing. end() it then. An empty `who` is
  /// a stranger who may be any number of people.
  Room begin(Id id, const std::string& who, bool known, std::size_t announced);
  /// So much of it is here by now.
  Room hold(Id id, std::size_t bytes);
  /// All of it is here, and is worked on: it doesn't give way any more.
  void whole(Id id);
  void end(Id id);

 private:
  struct Body {
    std::string who;
    bool known = false;
    std::size_t bytes = 0;
    std::uint64_t turn = 0;  // in which they began
  };
  struct Share {
    std::size_t bytes = 0;
    unsigned count = 0;
  };
  bool fits(const Body& body, std::size_t bytes) const;
  void set(Body& body, std::size_t bytes);
  /// Of strangers, the one that began first, but `id`; of `who` alone where it says so.
  bool give_way(Id id, const std::string* who, Room& room);

  Bounds bounds_;
  std::size_t of_known_ = 0;
  std::size_t of_large_ = 0;
  std::size_t of_strangers_ = 0;
  std::uint64_t turns_ = 0;
  std::unordered_map<Id, Body> bodies_;
  std::map<std::uint64_t, Id> strangers_;  // that are on their way, by when they began
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
