// Who was recognised by what they show, of late: whose turn it is, and nothing else, goes by it. A
// cookie that nobody was known by is worth as much as none. Without a socket; used by one thread.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>

#include "server/http/http.h"

namespace sekisho {

class Recognised {
 public:
  static constexpr std::size_t kMost = 8192;

  Recognised();
  /// Empty when nobody is known by it.
  std::string owner(const HttpRequest& request) const;
  void keep(const HttpRequest& request, const std::string& owner);
  void forget(const HttpRequest& request);

 private:
  /// Keyed: nobody can look for something that is taken for another's. 0: it shows nothing.
  std::uint64_t mark(const HttpRequest& request) const;

  struct Known {
    std::string owner;
    std::list<std::uint64_t>::iterator at;
  };
  std::string key_;
  std::unordered_map<std::uint64_t, Known> known_;
  std::list<std::uint64_t> oldest_first_;
};

}  // namespace sekisho
