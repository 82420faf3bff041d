// SPDX-License-Identifier: Apache-2.0
// Where handlers run: threads, how many may wait for them, and whose turn it is. For http.cpp
// alone, on whose one thread all of it is asked.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include <boost/asio/thread_pool.hpp>

namespace sekisho {

struct Workers {
  enum class Manner : std::uint8_t { usual, gentle };
  explicit Workers(unsigned many, Manner how = Manner::usual)
      : threads(many), count(many), manner(how) {}
  /// In a thread, before its work: what computes for long leaves the cores to who does not.
  void begin() const {
    static thread_local bool gentle = false;
    if (manner != Manner::gentle || std::exchange(gentle, true)) return;
    constexpr int kLess = 5;
    // Of Linux, where it is this thread alone; where it may not be set, all are alike.
    (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kLess);
  }
  boost::asio::thread_pool threads;
  unsigned count;
  Manner manner;
};

/// A line for threads in which everybody is as long as the next: whoever has a hundred requests in
/// it waits for one of each of the others between two of them.
class Lane {
 public:
  struct Bounds {
    std::size_t all = 0;
    std::size_t of_one = 0;
    unsigned at_once_of_one = 0;  // of the threads, how many one may have; 0: all of them
  };
  Lane(Workers& pool, Bounds bounds) : pool_(pool), bounds_(bounds) {}

  /// Held from when a request is taken in until it is answered.
  class Place {
   public:
    Place(Lane& lane, std::string who) : lane_(&lane), who_(std::move(who)) {}
    ~Place() { lane_->leave(*this); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    /// Whether a thread is there for it.
    bool has_turn() const { return has_turn_; }
    /// Called when there is; nothing is called any more when it is empty.
    void when_turn_comes(std::function<void()> wake) { wake_ = std::move(wake); }

   private:
    friend class Lane;
    Lane* lane_;
    std::string who_;
    bool has_turn_ = false;
    std::list<Place*>::iterator at_;  // in the line of who it is, until it has its turn
    std::function<void()> wake_;
  };

  /// Nothing when too many are there, or too many of this one; who is empty is anybody.
  std::unique_ptr<Place> enter(const std::string& who) {
    if (!has_room(who)) return nullptr;
    auto place = std::make_unique<Place>(*this, who);
    One& one = of_[who];
    ++one.count;
    ++count_;
    if (one.line.empty()) turns_.push_back(who);
    place->at_ = one.line.insert(one.line.end(), place.get());
    go_on();
    return place;
  }
  bool is_full() const { return count_ >= bounds_.all; }
  bool has_room(const std::string& who) const {
    if (is_full()) return false;
    const auto found = of_.find(who);
    return who.empty() || found == of_.end() || found->second.count < bounds_.of_one;
  }
  Workers& workers() { return pool_; }
  /// Nobody is called any more.
  void close() { closed_ = true; }

 private:
  struct One {
    std::size_t count = 0;
    unsigned at_work = 0;
    std::list<Place*> line;
  };

  bool may_work(const std::string& who, const One& one) const {
    return who.empty() || bounds_.at_once_of_one == 0 || one.at_work < bounds_.at_once_of_one;
  }
  void go_on() {
    for (auto turn = turns_.begin(); at_work_ < pool_.count && turn != turns_.end();) {
      One& one = of_.at(*turn);
      if (!may_work(*turn, one)) {
        ++turn;
        continue;
      }
      Place& next = *one.line.front();
      one.line.pop_front();
      ++one.at_work;
      ++at_work_;
      next.has_turn_ = true;
      if (one.line.empty())
        turns_.erase(turn);
      else
        turns_.splice(turns_.end(), turns_, turn);  // behind the others
      turn = turns_.begin();
      if (next.wake_ && !closed_) next.wake_();
    }
  }
  void leave(Place& place) {
    const auto found = of_.find(place.who_);
    One& one = found->second;
    --count_;
    --one.count;
    if (place.has_turn_) {
      --at_work_;
      --one.at_work;
    } else {
      one.line.erase(place.at_);
      if (one.line.empty()) turns_.remove(place.who_);
    }
    if (one.count == 0) of_.erase(found);
    go_on();
  }

  Workers& pool_;
  Bounds bounds_;
  std::size_t count_ = 0;
  unsigned at_work_ = 0;
  bool closed_ = false;
  std::unordered_map<std::string, One> of_;
  std::list<std::string> turns_;  // of those who wait, the next one first
};

}  // namespace sekisho
