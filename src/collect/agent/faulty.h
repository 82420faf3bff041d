// SPDX-License-Identifier: Apache-2.0
// For tests: a disk and a net of which any step may fail, and a server that takes what comes as
// docs/agent-protocol.md says, written apart from the real one.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/crypto.h"
#include "base/gzip.h"
#include "collect/agent/agent.h"

namespace sekisho {

/// The process or the power ended.
struct Died {};

enum class DiskFault : std::uint8_t {
  none,
  fails,        // nothing was done, and an error says so
  fails_after,  // all was done, and an error says that it wasn't
  dies,         // the power goes before it
  dies_after,   // the power goes after it
};

class FaultyDisk : public Disk {
 public:
  std::map<std::string, std::string> files;
  std::set<std::int64_t> queued;  // what was said to be in the queue
  int steps = 0;
  int fault_at = 0;  // the step that fails; 0: none
  DiskFault fault = DiskFault::none;
  bool full = false;
  bool held = false;

  std::expected<std::string, FileProblem> read(const std::filesystem::path& file,
                                               std::size_t /*most*/) override {
    if (!step()) return std::unexpected(FileProblem::unreadable);
    const auto found = files.find(file.string());
    if (found == files.end()) return std::unexpected(FileProblem::missing);
    return found->second;
  }
  Result<void> write(const std::filesystem::path& file, std::string_view content) override {
    if (full || !change([&] { files[file.string()] = content; }))
      return failure("", "cannot be written", file.string());
    if (file.parent_path().filename() == "queue")
      queued.insert(std::stoll(file.filename().string()));
    return {};
  }
  Result<void> rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    if (!change([&] {
          const auto found = files.find(from.string());
          if (found == files.end()) return;
          files[to.string()] = found->second;
          files.erase(from.string());
        }))
      return failure("", "cannot be renamed", from.string());
    return {};
  }
  void remove(const std::filesystem::path& file) override {
    (void)change([&] { files.erase(file.string()); });
  }
  Result<void> make_folder(const std::filesystem::path& folder) override {
    if (!step()) return failure("", "cannot be made", folder.string());
    return {};
  }
  Result<std::vector<std::string>> list(const std::filesystem::path& folder) override {
    if (!step()) return failure("", "cannot be read", folder.string());
    std::vector<std::string> names;
    for (const auto& [name, content] : files)
      if (std::filesystem::path(name).parent_path() == folder)
        names.push_back(std::filesystem::path(name).filename().string());
    return names;
  }
  std::shared_ptr<void> lock(const std::filesystem::path& /*file*/) override {
    if (held) return nullptr;
    held = true;
    return std::shared_ptr<void>(this,
                                 [](void* disk) { static_cast<FaultyDisk*>(disk)->held = false; });
  }
  void tidy(const std::filesystem::path& /*folder*/) override {}

 private:
  bool step() {
    if (++steps != fault_at) return true;
    if (fault == DiskFault::dies || fault == DiskFault::dies_after) throw Died();
    return fault == DiskFault::none;
  }
  template <typename Change>
  bool change(Change done) {
    const bool faulty = ++steps == fault_at;
    if (faulty && fault == DiskFault::dies) throw Died();
    if (faulty && fault == DiskFault::fails) return false;
    done();
    if (faulty && fault == DiskFault::dies_after) throw Died();
    return !(faulty && fault == DiskFault::fails_after);
  }
};

/// What an organisation's server keeps of one device, and says to it.
class FakeServer {
 public:
  FakeServer(const Authority& authority, const SigningKey& signer)
      : authority_(&authority), signer_(signer) {}

  std::map<std::int64_t, std::string> taken;  // reports by number
  std::map<std::int64_t, std::string> shown;  // all that ever came, also what was not taken
  bool copied = false;
  bool renews = true;
  bool gives_access = true;          // older servers don't
  std::string access;                // the fingerprint of the certificate that it gave for programs
  bool signs = true;                 // as the server that the device knows
  bool certifies_others = false;     // gives certificates for another key
  std::set<std::string> forgot;      // fingerprints that a restored server doesn't know
  bool says_whom_to_believe = true;  // older servers don't
  std::string garbage;               // after what it gives
  std::string software;
  std::vector<ContentFile> files{{"a.json", "1"}};
  Time clock;

  ServerReply answer(const Peer& peer, const NetRequest& request) {
    std::string body =
        request.gzipped ? gunzip(request.body, kMostDeliveryBytes).value_or("") : request.body;
    if (request.path == "/agent/v1/authority") return {200, authority_->certificate().pem};
    // Whoever does not believe its authority breaks the connection off.
    if (peer.authority.find(authority_->certificate().pem) == std::string::npos) return {495, ""};
    if (request.path == "/agent/v1/enrol") return enrol(body);
    const auto certificate = read_certificate(peer.certificate);
    if (!certificate || certificate->not_after <= clock ||
        !known_.contains(certificate->fingerprint) || forgot.contains(certificate->fingerprint))
      return {403, R"({"reason":{"ja":"","en":"not valid here"}})"};
    if (request.path == "/agent/v1/reports") return take(body);
    if (request.path == "/agent/v1/renew") return renew(body);
    if (request.path == "/agent/v1/access" && gives_access) return certify_access(body);
    if (request.path == "/agent/v1/content") return {200, content()};
    if (request.path == "/agent/v1/software") {
      software = content_version(read_software_list(read_signed(body)->body)->sbom);
      return {200, "{}"};
    }
    return {404, ""};
  }
  std::string version() const { return content_version(write_content_files(files)); }
  /// Goes on with the authority that was offered.
  void succeed() {
    before = std::exchange(authority_, next);
    next = nullptr;
  }
  const Authority* next = nullptr;    // offered
  const Authority* before = nullptr;  // still believed
  std::string believed() const {
    std::string all = authority_->certificate().pem;
    for (const Authority* one : {next, before})
      if (one != nullptr) all += one->certificate().pem;
    return all;
  }

 private:
  ServerReply enrol(const std::string& body) {
    const auto asked = read_enrolment(body);
    if (!asked || used_.contains(asked->code)) return {403, ""};
    const std::string device = "device" + std::to_string(++devices_);
    const auto certificate = authority_->certify(asked->request, device, clock);
    if (!certificate) return {400, ""};
    used_.insert(asked->code);
    device_ = device;
    known_ = {certificate->fingerprint};
    public_key_ = certificate->public_key;
    turn_ = random_token(8);
    last_turn_.clear();
    up_to_ = 0;
    taken.clear();
    shown.clear();
    return {200,
            write_enrolled({device, certificate->pem + believed(), turn_, signer_.public_key})};
  }
  ServerReply take(const std::string& body) {
    const auto delivery = read_delivery(body);
    if (!delivery) return {400, ""};
    Receipt receipt;
    for (const SignedReport& sent : delivery->reports) note(sent);
    if (std::chrono::abs(delivery->sent_at - clock) > kMostSkew) return {422, ""};
    if (delivery->turn != turn_ && delivery->turn != last_turn_) copied = true;
    if (copied) return {409, ""};
    for (const SignedReport& sent : delivery->reports) {
      const auto report = read_report(sent.body);
      EXPECT_TRUE(
          report && report->device == device_ &&
          signature_holds(public_key_, sent.body, from_base64url(sent.signature).value_or("")));
      if (report->observed_at > clock + kMostSkew) {
        receipt.refused.push_back({report->sequence, {"未来", "in the future"}});
        continue;
      }
      if (report->sequence <= up_to_) continue;
      taken[report->sequence] = sent.body;
      up_to_ = report->sequence;
    }
    last_turn_ = delivery->turn;
    turn_ = random_token(8);
    receipt.turn = turn_;
    receipt.up_to = up_to_;
    receipt.content = version();
    receipt.software = software;
    return {200, write_receipt(receipt)};
  }
  void note(const SignedReport& sent) {
    const auto report = read_report(sent.body);
    if (!report) return;
    const auto [at, fresh] = shown.emplace(report->sequence, sent.body);
    EXPECT_TRUE(fresh || at->second == sent.body) << report->sequence << " was used twice";
  }
  ServerReply renew(const std::string& body) {
    const auto request = read_renewal(body);
    if (!renews || !request) return {422, ""};
    const auto certificate = authority_->certify(
        certifies_others ? KeyPair::make()->request() : *request, device_, clock);
    if (!certificate) return {400, ""};
    known_.insert(certificate->fingerprint);
    return {200, certificate->pem + (says_whom_to_believe ? believed() : "") + garbage};
  }
  ServerReply certify_access(const std::string& body) {
    const auto request = read_renewal(body);
    if (!request) return {422, ""};
    const auto certificate = authority_->certify_access(
        certifies_others ? KeyPair::make()->request() : *request, device_, clock);
    if (!certificate || certificate->public_key == public_key_) return {422, ""};
    access = certificate->fingerprint;
    return {200, certificate->pem};
  }
  std::string content() const {
    const std::string body = write_content_files(files);
    return write_content({body, sign(signs ? signer_.seed : new_signing_key().seed, body)});
  }

  const Authority* authority_;
  SigningKey signer_;
  std::set<std::string> used_;
  std::set<std::string> known_;
  std::string device_;
  std::string public_key_;
  std::string turn_;
  std::string last_turn_;
  std::int64_t up_to_ = 0;
  int devices_ = 0;
};

enum class NetFault : std::uint8_t { none, nothing_sent, nothing_back, refused, garbled };

class FaultyNet : public Net {
 public:
  explicit FaultyNet(FakeServer& server) : server_(server) {}
  int questions = 0;
  int fault_at = 0;
  NetFault fault = NetFault::none;
  bool away = false;

  Result<ServerReply> exchange(const Peer& peer, const NetRequest& request) override {
    const NetFault now = ++questions == fault_at ? fault : NetFault::none;
    if (away || now == NetFault::nothing_sent) return failure("", "no way there");
    if (now == NetFault::refused) return ServerReply{503, ""};
    ServerReply reply = server_.answer(peer, request);
    if (now == NetFault::nothing_back) return failure("", "no way back");
    if (now == NetFault::garbled) reply.body = "{";
    return reply;
  }

 private:
  FakeServer& server_;
};

}  // namespace sekisho
