// SPDX-License-Identifier: Apache-2.0
#include "server/http/recognised.h"

#include <sodium.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace sekisho {

Recognised::Recognised(std::function<std::string(const HttpRequest&)> shown)
    : shown_(std::move(shown)), key_(crypto_shorthash_KEYBYTES, '\0') {
  if (sodium_init() < 0) std::abort();
  randombytes_buf(key_.data(), key_.size());
}

std::uint64_t Recognised::keyed(std::string_view text) const {
  std::array<unsigned char, crypto_shorthash_BYTES> hash{};
  crypto_shorthash(hash.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                   reinterpret_cast<const unsigned char*>(key_.data()));
  std::uint64_t number = 0;
  std::memcpy(&number, hash.data(), sizeof number);
  return number == 0 ? 1 : number;
}

std::uint64_t Recognised::mark(const HttpRequest& request) const {
  std::string shown(request.header("cookie"));
  shown.append(1, '\n').append(request.header("authorization"));
  return shown.size() == 1 ? 0 : keyed(shown);
}

std::uint64_t Recognised::introduced(const HttpRequest& request) const {
  const std::string hash = shown_ ? shown_(request) : std::string();
  // A header never has two line breaks: no request has the mark of an introduction.
  return hash.empty() ? 0 : keyed("\n\n" + hash);
}

std::string Recognised::owner(const HttpRequest& request) const {
  // A certificate was verified by the handshake.
  if (!request.peer_certificate.empty()) return "certificate " + request.peer_certificate;
  const std::uint64_t number = mark(request);
  if (number == 0) return {};
  auto found = known_.find(number);
  if (found == known_.end()) found = known_.find(introduced(request));
  return found == known_.end() ? std::string() : found->second.owner;
}

void Recognised::put(std::uint64_t number, const std::string& owner) {
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

void Recognised::remove(std::uint64_t number) {
  const auto found = known_.find(number);
  if (found == known_.end()) return;
  oldest_first_.erase(found->second.at);
  known_.erase(found);
}

void Recognised::keep(const HttpRequest& request, const std::string& owner) {
  const std::uint64_t number = mark(request);
  if (number == 0) return;
  // From now on known without a hash, and in one place.
  if (!known_.contains(number)) remove(introduced(request));
  put(number, owner);
}

void Recognised::forget(const HttpRequest& request) {
  remove(mark(request));
  remove(introduced(request));
}

void Recognised::introduce(const HttpIntroduction& who) {
  if (!who.hash.empty()) put(keyed("\n\n" + who.hash), who.owner);
}

}  // namespace sekisho
