#include "server/http/recognised.h"

#include <sodium.h>

#include <array>
#include <cstdlib>
#include <cstring>

namespace sekisho {

Recognised::Recognised() : key_(crypto_shorthash_KEYBYTES, '\0') {
  if (sodium_init() < 0) std::abort();
  randombytes_buf(key_.data(), key_.size());
}

std::uint64_t Recognised::mark(const HttpRequest& request) const {
  std::string shown(request.header("cookie"));
  shown.append(1, '\n').append(request.header("authorization"));
  if (shown.size() == 1) return 0;
  std::array<unsigned char, crypto_shorthash_BYTES> hash{};
  crypto_shorthash(hash.data(), reinterpret_cast<const unsigned char*>(shown.data()), shown.size(),
                   reinterpret_cast<const unsigned char*>(key_.data()));
  std::uint64_t number = 0;
  std::memcpy(&number, hash.data(), sizeof number);
  return number == 0 ? 1 : number;
}

std::string Recognised::owner(const HttpRequest& request) const {
  // A certificate was verified by the handshake.
  if (!request.peer_certificate.empty()) return "certificate " + request.peer_certificate;
  const auto found = known_.find(mark(request));
  return found == known_.end() ? std::string() : found->second.owner;
}

void Recognised::keep(const HttpRequest& request, const std::string& owner) {
  const std::uint64_t number = mark(request);
  if (number == 0) return;
  if (const auto found = known_.find(number); found != known_.end()) {
    found->second.owner = owner;
    oldest_first_.splice(oldest_first_.end(), oldest_first_, found->second.at);
    return;
  }
  if (known_.size() == kMost) {
    known_.erase(oldest_first_.front());
    oldest_first_.pop_front();
  }
  known_.emplace(number, Known{owner, oldest_first_.insert(oldest_first_.end(), number)});
}

void Recognised::forget(const HttpRequest& request) {
  const auto found = known_.find(mark(request));
  if (found == known_.end()) return;
  oldest_first_.erase(found->second.at);
  known_.erase(found);
}

}  // namespace sekisho
