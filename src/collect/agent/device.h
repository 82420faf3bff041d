// SPDX-License-Identifier: Apache-2.0
// An enrolled device: what it keeps in its folder, and what it says to the server.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>

#include "collect/agent/disk.h"
#include "collect/agent/keys.h"
#include "collect/agent/net.h"
#include "collect/agent/queue.h"

namespace sekisho {

/// What is told of a machine beside its checks.
struct MachineFacts {
  std::string host;
  std::string machine;  // hexadecimal SHA-256
  AgentSystem system;
};

class Device {
 public:
  enum class Enrolling : std::uint8_t {
    first,  // a folder that holds a device already is refused
    again,  // the new device takes the place of the one before, once the server has taken it
  };
  /// Enrols with a link of the console: believes only the authority that the link names, makes the
  /// key, and keeps what comes back in `folder`, for its owner alone.
  static Result<Device> enrol(const std::filesystem::path& folder, const EnrolmentLink& link,
                              const MachineFacts& facts, Enrolling how = Enrolling::first,
                              Disk& disk = real_disk(), Net& net = real_net());
  /// The device that was enrolled here. Only one process may have it open.
  static Result<Device> open(const std::filesystem::path& folder, Disk& disk = real_disk(),
                             Net& net = real_net());
  /// What the device in `folder` is, beside the agent that has it open: nothing is changed.
  struct Glance {
    std::string id;
    std::string server;
    bool key_in_tpm = false;
    Time certificate_ends;
    std::size_t waiting = 0;
    bool running = false;        // an agent has it open
    std::optional<Told> told{};  // by the server, of late
  };
  static Result<Glance> glance(const std::filesystem::path& folder, Disk& disk = real_disk());
  ~Device();
  Device(Device&&) noexcept;
  Device& operator=(Device&&) noexcept;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const std::string& id() const;
  const std::string& server() const;
  bool key_in_tpm() const;
  Time certificate_ends() const;
  Result<std::size_t> waiting() const;

  /// Signs what was seen and queues it; durable when it returns. What the disk has no room for is
  /// held until the next one or the end of the process, and sent with the rest: then this is an
  /// error all the same.
  Result<void> add(const MachineFacts& facts, Time observed_at, std::vector<AgentRecord> records);

  struct Sent {
    std::size_t reports = 0;
    std::vector<Receipt::Refused> refused;
    std::vector<Error> troubles;   // with the disk; what was sent was sent all the same
    bool content_changed = false;  // the server has other content than this device took last
    std::string software;          // as in a Receipt
  };
  /// Sends all that waits. What the server has is taken off the queue; after an error all the rest
  /// still waits. What can't be read at the moment waits too, with all that is newer: the server
  /// takes nothing that is older than what it has.
  Result<Sent> send(Time now);
  /// Sends the list of installed software (CycloneDX, JSON).
  Result<void> send_software(const std::string& sbom, Time now);
  /// Asks for what the server has to tell that is another than `since`, and waits until it does:
  /// beside all else, on another thread.
  Result<ServerReply> wait_for_word(const std::string& since, const std::stop_token& quit) const;
  /// For whoever glances: what was told; none: nothing is known any more.
  Result<void> keep_told(const std::optional<Told>& told);
  /// Gets a new certificate for the same key when the one it has ends soon.
  Result<bool> renew_if_due(Time now);
  /// The same for the access key, which is made where there is none. False also where the server is
  /// older and certifies none.
  Result<bool> renew_access_if_due(Time now);

  struct Fetched {
    std::vector<ContentFile> files;
    std::string version;
  };
  /// Fetches what to check by, if it bears the signature of the server that this device was
  /// enrolled with. It is fetched again with the next sending until it was said to be taken.
  Result<Fetched> fetch_content(Time now);
  /// All files of this version are in place.
  Result<void> took_content(const std::string& version);
  /// As if none had been taken: it will be fetched again, even if the disk doesn't learn of it.
  Result<void> forget_content();

 private:
  struct Impl;
  explicit Device(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Asks the server of the device that was enrolled in `folder`, as that device, beside the agent
/// that runs there. `body` is sent compressed; none is a GET. The reply's body has at most `most`
/// bytes.
Result<ServerReply> ask_as_device(const std::filesystem::path& folder, const std::string& path,
                                  const std::string& body, std::size_t most);

}  // namespace sekisho
