// SPDX-License-Identifier: Apache-2.0
#include "server/http/budget.h"

#include <algorithm>

namespace sekisho {

bool Budget::fits(const Body& body, std::size_t bytes) const {
  const std::size_t more = bytes - body.bytes;
  if (!body.known) return of_strangers_ + more <= bounds_.of_strangers;
  const std::size_t large = bytes > kLarge ? bytes - (body.bytes > kLarge ? body.bytes : 0) : 0;
  if (of_known_ + more > bounds_.of_known || of_large_ + large > bounds_.of_large) return false;
  const auto share = shares_.find(body.who);
  return share == shares_.end() || share->second.bytes + more <= bounds_.of_one;
}

void Budget::set(Body& body, std::size_t bytes) {
  const auto change = [&](std::size_t& sum) { sum = sum - body.bytes + bytes; };
  change(body.known ? of_known_ : of_strangers_);
  if (body.known) {
    if (body.bytes > kLarge) of_large_ -= body.bytes;
    if (bytes > kLarge) of_large_ += bytes;
  }
  if (!body.who.empty()) change(shares_[body.who].bytes);
  body.bytes = bytes;
}

bool Budget::give_way(Id id, const std::string* who, Room& room) {
  for (const auto& [turn, other] : strangers_) {
    if (other == id || (who != nullptr && bodies_.at(other).who != *who)) continue;
    const Id gone = other;
    room.give_way.push_back(gone);
    end(gone);
    return true;
  }
  return false;
}

Budget::Room Budget::begin(Id id, const std::string& who, bool known, std::size_t announced) {
  Room room;
  if (!who.empty()) {
    const auto share = shares_.find(who);
    if (share != shares_.end() && share->second.count >= bounds_.at_once_of_one &&
        (known || !give_way(id, &who, room)))
      return room;
  }
  Body body{who, known, 0, ++turns_};
  if (known && !fits(body, announced)) return room;
  if (!who.empty()) ++shares_[who].count;
  if (!known) strangers_.emplace(body.turn, id);
  if (known) set(body, announced);
  bodies_.emplace(id, std::move(body));
  room.there = true;
  return room;
}

Budget::Room Budget::hold(Id id, std::size_t bytes) {
  Room room;
  const auto found = bodies_.find(id);
  if (found == bodies_.end()) return room;
  Body& body = found->second;
  room.there = true;
  if (bytes <= body.bytes) return room;
  while (!fits(body, bytes))
    if (body.known || !give_way(id, nullptr, room)) {
      room.there = false;
      return room;
    }
  set(body, bytes);
  return room;
}

void Budget::whole(Id id) {
  if (const auto found = bodies_.find(id); found != bodies_.end())
    strangers_.erase(found->second.turn);
}

void Budget::end(Id id) {
  const auto found = bodies_.find(id);
  if (found == bodies_.end()) return;
  Body& body = found->second;
  set(body, 0);
  strangers_.erase(body.turn);
  if (!body.who.empty())
    if (const auto share = shares_.find(body.who); --share->second.count == 0) shares_.erase(share);
  bodies_.erase(found);
}

void TransferPace::moved(std::size_t bytes, Moment now) {
  // In microseconds: a second is 4096 bytes, so nothing is lost to rounding that would matter.
  const std::chrono::microseconds bought(static_cast<std::int64_t>(bytes) * 1'000'000 /
                                         static_cast<std::int64_t>(kLeastRate));
  until_ = std::min(now + kGrace, until_ + bought);
}

}  // namespace sekisho
