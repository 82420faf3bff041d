// SPDX-License-Identifier: Apache-2.0
// Who may be connected: a table with room for everybody who is known, and rules for whose place
// goes when it is full. Without a socket; used by one thread.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

namespace sekisho {

class Connections {
 public:
  using Id = std::uint64_t;
  struct Bounds {
    std::size_t all = 4096;
    std::size_t reserved = 1024;  // of these, for those who are known
    std::size_t of_client = 256;  // that are not known, from one address
    std::size_t of_owner = 128;   // of one person or device
  };

  /// The owner of a connection from a proxy that is named: many share it, and it isn't bounded.
  static constexpr const char* kFront = "front";

  explicit Connections(Bounds bounds) : bounds_(bounds) {}

  /// A connection that begins, and waits; `client` is empty when it says nothing (a proxy). Gives
  /// whose place it takes, which may be its own: that one is to be closed, and remove()d then.
  std::optional<Id> add(Id id, const std::string& client);
  /// It turned out to be this person's or device's; gives whose place it takes.
  std::optional<Id> known(Id id, const std::string& owner);
  /// A handler is at work for it: it doesn't go.
  void works(Id id);
  /// It waits for the other side, from now on.
  void waits(Id id);
  void remove(Id id);

  std::size_t size() const { return all_.size(); }

 private:
  struct Group {
    std::size_t count = 0;
    std::list<Id> waiting;  // since the longest first
  };
  struct Entry {
    std::string client;
    std::string owner;
    bool waiting = false;
    std::list<Id>::iterator in_kind;   // in strangers_ or known_
    std::list<Id>::iterator in_group;  // in the client's or owner's
  };
  Group& kind(const Entry& entry) { return entry.owner.empty() ? strangers_ : known_; }
  Group* group(const Entry& entry);
  void leave(Entry& entry);
  void join(Id id, Entry& entry, bool waiting);
  static std::optional<Id> longest(const Group& group, Id but);

  Bounds bounds_;
  std::unordered_map<Id, Entry> all_;
  Group strangers_;
  Group known_;
  std::unordered_map<std::string, Group> clients_;
  std::unordered_map<std::string, Group> owners_;
};

}  // namespace sekisho
