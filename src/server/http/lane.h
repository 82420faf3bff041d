// Where handlers run: threads, and how many may wait for them. For http.cpp alone, on whose one
// thread it is asked who may enter.
#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include <boost/asio/thread_pool.hpp>

namespace sekisho {

struct Workers {
  enum class Manner : std::uint8_t { usual, gentle };
  explicit Workers(unsigned count, Manner how = Manner::usual) : threads(count), manner(how) {}
  /// In a thread, before its work: what computes for long leaves the cores to who does not.
  void begin() const {
    static thread_local bool gentle = false;
    if (manner != Manner::gentle || std::exchange(gentle, true)) return;
    constexpr int kLess = 5;
    // Of Linux, where it is this thread alone; where it may not be set, all are alike.
    (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kLess);
  }
  boost::asio::thread_pool threads;
  Manner manner;
};

class Lane {
 public:
  struct Bounds {
    std::size_t all = 0;
    std::size_t of_one = 0;
  };
  Lane(Workers& pool, Bounds bounds) : pool_(pool), bounds_(bounds) {}

  /// Held from when a request is taken in until it is answered.
  class Place {
   public:
    Place(Lane& lane, std::string who) : lane_(&lane), who_(std::move(who)) {}
    ~Place() { lane_->leave(who_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    Lane* lane_;
    std::string who_;
  };

  /// Nothing when too many are there, or too many of this one; who is empty is anybody.
  std::unique_ptr<Place> enter(const std::string& who) {
    if (!has_room(who)) return nullptr;
    if (!who.empty()) ++of_[who];
    ++count_;
    return std::make_unique<Place>(*this, who);
  }
  bool is_full() const { return count_ >= bounds_.all; }
  bool has_room(const std::string& who) const {
    if (is_full()) return false;
    const auto found = of_.find(who);
    return found == of_.end() || found->second < bounds_.of_one;
  }
  Workers& workers() { return pool_; }

 private:
  void leave(const std::string& who) {
    --count_;
    if (who.empty()) return;
    const auto found = of_.find(who);
    if (--found->second == 0) of_.erase(found);
  }

  Workers& pool_;
  Bounds bounds_;
  std::size_t count_ = 0;
  std::unordered_map<std::string, std::size_t> of_;
};

}  // namespace sekisho
