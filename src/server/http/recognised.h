// SPDX-License-Identifier: Apache-2.0
// Who was recognised by what they show, of late: whose turn it is, and nothing else, goes by it. A
// cookie that nobody was known by is worth as much as none. Whoever signed in before this server
// began, or just now, is introduced by the hash of what they will show. Without a socket; used by
// one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <unordered_map>

#include "server/http/http.h"

namespace sekisho {

class Recognised {
 public:
  static constexpr std::size_t kMost = 8192;

  /// `shown` is the hash of what proves who somebody is in a request; empty where nothing does.
  explicit Recognised(std::function<std::string(const HttpRequest&)> shown = {});
  /// Empty when nobody is known by it.
  std::string owner(const HttpRequest& request) const;
  void keep(const HttpRequest& request, const std::string& owner);
  void forget(const HttpRequest& request);
  /// Whoever comes and shows what has this hash.
  void introduce(const HttpIntroduction& who);

 private:
  struct Known {
    std::string owner;
    std::list<std::uint64_t>::iterator at;
  };

  std::uint64_t keyed(std::string_view text) const;
  /// Keyed: nobody can look for something that is taken for another's. 0: it shows nothing.
  std::uint64_t mark(const HttpRequest& request) const;
  std::uint64_t introduced(const HttpRequest& request) const;
  void put(std::uint64_t number, const std::string& owner);
  void remove(std::uint64_t number);

  std::function<std::string(const HttpRequest&)> shown_;
  std::string key_;
  std::unordered_map<std::uint64_t, Known> known_;
  std::list<std::uint64_t> oldest_first_;
};

}  // namespace sekisho
